/* Clocks. */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

/* Seconds by a clock that never goes back; only differences mean something. */
double clock_now_s(void);

#endif
