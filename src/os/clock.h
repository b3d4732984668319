/* Clocks. */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

/* Seconds by a clock that never goes back; only differences mean something. */
double clock_now_s(void);

/* Seconds since the epoch, by the wall clock. */
double clock_wall_s(void);

#endif
