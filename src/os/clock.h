/* Clocks. */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include <stdint.h>

/* Seconds by a clock that never goes back; only differences mean something. */
double clock_now_s(void);

/* Seconds since the epoch, by the wall clock. */
double clock_wall_s(void);

/* Nanoseconds since the epoch, by the clock that stamps files: what changes later has no earlier stamp. */
int64_t clock_file_ns(void);

#endif
