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

int64_t
clock_file_ns(void)
{
    struct timespec now;

#ifdef CLOCK_REALTIME_COARSE
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
#else
    clock_gettime(CLOCK_REALTIME, &now);
#endif
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}
