/*
 * An event loop: timers, signals, watched folders, an output that never blocks the rest. The one header over libuv; for
 * the executable alone, never linked into the extension. Everything happens in the thread that runs the loop.
 */
#ifndef OS_LOOP_H
#define OS_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct loop; /* loop.c */

/* Fails in a build without libuv, too. */
MUST_CHECK bool loop_new(struct loop **loop_out, struct error *error);
/* Ends what is still going on: timers, signals, folders. Outputs are closed before. NULL is allowed. */
void loop_free(struct loop *loop);
/* Waits, and calls back, until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* ---- Timers ---- */

struct loop_timer;

/* Lives as long as the loop. */
struct loop_timer *loop_timer_new(struct loop *loop, void (*fire)(void *context), void *context);
/* Fires once; one that runs already begins anew. */
void loop_timer_start(struct loop_timer *timer, unsigned delay_ms);
void loop_timer_stop(struct loop_timer *timer);

/* ---- Signals ---- */

/* From here on the signal does nothing but call `handle`. */
MUST_CHECK bool loop_signal_handle(struct loop *loop, int signal_number,
                                   void (*handle)(void *context, int signal_number), void *context,
                                   struct error *error);

/* ---- Folders ---- */

struct folder_watch;

/*
 * Tells of each entry of the folder that comes, goes or changes, but of nothing below those; more than once for one
 * change, and too often rather than not at all. `name` NULL: something happened to the folder itself. Returns 0, or the
 * errno: ENOSPC and EMFILE when the system watches no more for this user.
 */
int folder_watch_start(struct loop *loop, const char *path, void (*changed)(void *context, const char *name),
                       void *context, struct folder_watch **watch_out);
void folder_watch_stop(struct folder_watch *watch);
/* Whether what is watched is still what has the path now. */
bool folder_watch_is_current(const struct folder_watch *watch);

/* ---- Output ---- */

struct loop_output;

/*
 * Output through a descriptor whose reader may be slow, or go: what it does not take at once is kept, and `closed` is
 * called once when nobody can read any more, be there something to write or not (also from within loop_output_add). The
 * descriptor's flags stay as they are: other processes share them. While one is open, SIGPIPE is ignored.
 */
struct loop_output *loop_output_open(struct loop *loop, int fd, void (*closed)(void *context), void *context);
void loop_output_close(struct loop_output *output); /* what was not taken is dropped. NULL is allowed */
void loop_output_add(struct loop_output *output, const char *bytes, size_t length);

#endif
