/*
 * The event log: what a run has done so far, in memory that the front and the host share. One process appends; the
 * front reads it when that process has died, and a host that takes over reads it to go on.
 */
#ifndef WIRE_EVENT_LOG_H
#define WIRE_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "model/event.h"

struct event_log;

/* The environment variable by which the front tells the host the log's descriptor; the host removes it at once. */
#define EVENT_LOG_VARIABLE "FASTEST_EVENT_LOG"

/* ---- Both sides ---- */

/*
 * Maps the log that another process made and becomes able to append. Takes `fd`, on failure too. Fails with
 * ERROR_FORMAT for anything that is not a log of this version.
 */
MUST_CHECK bool event_log_open_from_fd(int fd, struct event_log **log_out, struct error *error);
void event_log_close(struct event_log *log); /* NULL is allowed */

/* Why the front chose this interpreter: a sentence. Borrowed from the log, never NULL. */
const char *event_log_interpreter_reason(const struct event_log *log);
/* The front's executable, for who starts another run like this one. Borrowed from the log; "" when it is unknown. */
const char *event_log_front_path(const struct event_log *log);
/* The process id of the front. */
int event_log_front_pid(const struct event_log *log);
/* The number of the host that runs now: above 1 it takes over from one that died, and reads what that did. */
uint32_t event_log_host_number(const struct event_log *log);

/*
 * Where a host that dies of a signal writes its stacks: a file that grows, kept by the front. Close-on-exec in the
 * process that made the log; -1: there is none.
 */
int event_log_stacks_fd(const struct event_log *log);

/* ---- The front ---- */

/* A new, empty log. Both texts are copied; `reason` is cut when long, and a `front_path` that is too long is "". */
MUST_CHECK bool event_log_new(const char *reason, const char *front_path, struct event_log **log_out,
                              struct error *error);
/* Close-on-exec. */
int event_log_fd(const struct event_log *log);
/* Adds what hosts have written into the file of stacks since the last call (and cuts it when long). */
void event_log_take_stacks(struct event_log *log, struct text *stacks);
/* Before each host: counts it, and lets its process claim the log. */
void event_log_next_host(struct event_log *log);
/* Maps what the host has added; the front's view is stale before. */
MUST_CHECK bool event_log_refresh(struct event_log *log, struct error *error);
/* How often EVENT_INTERRUPTED was appended: for polling, needs no refresh. */
uint32_t event_log_interrupt_count(const struct event_log *log);

/* Whether the host is within a test: an exit now takes results along. For polling, needs no refresh. */
bool event_log_is_in_test(const struct event_log *log);

/* ---- The host ---- */

/* From now on an exit within a test is what the user wants. */
void event_log_let_tests_exit(struct event_log *log);

/*
 * Claims the log for this process: true for the first that asks since event_log_next_host(). Another process (a
 * child that inherited the descriptor) must not append.
 */
bool event_log_claim(struct event_log *log);

/*
 * Each costs some ten nanoseconds. They never fail: when memory is out the log ends there, and in a child forked from
 * the claiming process they do nothing.
 */
void event_log_pause(struct event_log *log, bool is_paused); /* while paused, nothing is appended */
void event_log_append_host_started(struct event_log *log);
void event_log_append_run_started(struct event_log *log, uint32_t item_count);
void event_log_append_test_started(struct event_log *log, const char *nodeid, size_t length);
/* `report` is whatever bytes the host can make the report from again; length 0 for a plain pass. */
void event_log_append_phase_finished(struct event_log *log, enum event_phase phase, enum event_outcome outcome,
                                     const double times_s[3] /* start, stop, duration */, const char *report,
                                     size_t report_length);
void event_log_append_test_finished(struct event_log *log);
void event_log_append_interrupted(struct event_log *log);
void event_log_append_run_finished(struct event_log *log, int exit_status);
void event_log_append_run_ending(struct event_log *log);
/* `number`: see EVENT_HOST_DIED. */
void event_log_append_host_died(struct event_log *log, int number, const struct text *stacks);

/* ---- Reading ---- */

/*
 * Walks the events that were in the log when the reader was made. The log must not be appended to by this process
 * between two calls (the memory may move), so a host copies what it needs, or reads before it appends.
 */
struct event_reader {
    const struct event_log *log;
    size_t offset;
    size_t end;
};

void event_reader_init(struct event_reader *reader, const struct event_log *log);
/* False at the end. A record that does not hold together ends the log: `is_damaged_out` (may be NULL) tells. */
bool event_reader_next(struct event_reader *reader, struct event *event_out, bool *is_damaged_out);

#endif
