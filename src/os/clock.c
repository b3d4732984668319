/* Clocks by clock_gettime. */
#include "os/clock.h"

#include <time.h>

static double
clock_read(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double
clock_now_s(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

double
clock_wall_s(void)
{
    return clock_read(CLOCK_REALTIME);
}
