/* Starting one child and waiting for it while signals come in. */
#ifndef OS_PROCESS_H
#define OS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* How a process ended: one of the two is set. */
struct process_status {
    int exit_code;
    int signal_number; /* 0 when it exited */
    bool dumped_core;
};

/*
 * From here until signals_release() the signals that people and supervisors send (INT, TERM, HUP, QUIT, and the
 * terminal's TSTP, TTIN, TTOU) and those about children wait to be asked for. A hangup that was ignored (nohup) stays
 * ignored.
 */
struct signals {
    uint8_t saved_mask[128]; /* a sigset_t */
    bool ignores_hangup;
};
void signals_hold(struct signals *signals);
void signals_release(const struct signals *signals);

struct process_request {
    const char *const *argv;        /* argv[0]: the program's path */
    const char *const *environment; /* both NULL-terminated */
    int kept_fds[2];                /* inherited; -1: none */
    int output_fd;                  /* -1: descriptors 0-2 are inherited; else 1 and 2 go there, and 0 is empty */
};

/*
 * Starts a program in this process group, with default signal dispositions (but see signals_hold), an empty mask, and
 * no descriptors of ours but those of the request.
 */
MUST_CHECK bool process_start(const struct process_request *request, const struct signals *signals, int *pid_out,
                              struct error *error);

enum process_news_kind {
    PROCESS_ENDED,   /* `status` holds how */
    PROCESS_STOPPED, /* by job control; `signal_number` */
    PROCESS_SIGNAL,  /* this process received `signal_number` */
    PROCESS_TIMEOUT,
};
struct process_news {
    enum process_news_kind kind;
    struct process_status status;
    int signal_number;
    bool is_from_terminal; /* the whole foreground process group has it */
};

/* Waits for news of the child or for a held signal; `timeout_ms` -1: forever. */
void process_wait(int pid, int timeout_ms, struct process_news *news_out);

void process_signal(int pid, int signal_number);

/* Whether the process is in this process's group (then the terminal's signals reach both). */
bool process_is_in_group(int pid);

/* Stops this process as job control stopped the child, and when it goes on, the child too. */
void process_stop_with(int pid, int signal_number);

/* Ends this process as `status` says: by the same signal, or with the same code. */
NO_RETURN void process_end_like(const struct process_status *status);

/* "SIGSEGV", or "signal 77". Borrowed from `buffer` or constant. */
const char *signal_name(int signal_number, char buffer[32]);

/* ---- In the child ---- */

/*
 * Asks for this process to be killed when its parent dies. False when the parent, which should be `parent_pid`, has
 * already died; a parent that is another living process (a wrapper script) is left alone.
 */
bool process_die_with_parent(int parent_pid);

#endif
