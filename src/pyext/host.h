/* This process as a host: its tie to the front that started it. */
#ifndef PYEXT_HOST_H
#define PYEXT_HOST_H

struct state; /* py/state.h */

/*
 * If a front started this process: opens its event log into state->event_log, asks to be killed with it, and removes
 * every trace of it from the environment. 0; -1 with SystemExit when the front has died meanwhile.
 */
int host_join_front(struct state *state);
void host_leave_front(struct state *state);

#endif
