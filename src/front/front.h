/* Public face of src/front: runs the host, a whole pytest in the project's own interpreter, and supervises it. */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/table.h"
#include "base/text.h"
#include "os/process.h"

/* An interpreter, and a phrase that says why it is this one. Zero-initialised is empty. */
struct interpreter {
    struct text path;
    struct text reason;
};
void interpreter_release(struct interpreter *interpreter);

/*
 * Chooses the interpreter; `option` is the value of --python, or NULL. Starts none: whether it is too old shows when it
 * runs (fastest/_refuse.py). Fails with ERROR_USAGE, and a sentence that names everything that was tried, when there is
 * none.
 */
MUST_CHECK bool interpreter_choose(const char *option, struct interpreter *interpreter, struct error *error);

/* Adds the folder that holds our Python package (`fastest`): beside this executable, or in its environment. */
MUST_CHECK bool package_find(struct text *folder, struct error *error);

struct run_request {
    const struct interpreter *interpreter;
    const char *const *arguments; /* for the host, untouched */
    size_t argument_count;
    const char *const *environment; /* NULL-terminated */
    /* What a host wrote as it died. */
    void (*show_stacks)(const struct text *stacks);
};

/*
 * Runs the host to its end, passing signals on; a host that crashes in mid-run is replaced by one that takes over.
 * Fails when it cannot be started, or crashes too often.
 */
MUST_CHECK bool host_run(const struct run_request *request, struct process_status *status_out, struct error *error);

/* Runs any program to its end, passing signals on. */
MUST_CHECK bool program_run(const struct process_request *request, struct process_status *status_out,
                            struct error *error);

/* ---- Comparing two runs: what the plugin fastest._recorder has written about each ---- */

struct recorded_test {
    const char *nodeid; /* escaped, NUL-terminated; borrowed from the recording */
    struct text outcomes;
};

/* Zero-initialised is the empty recording. */
struct recording {
    struct text bytes;
    struct recorded_test *tests; /* in the order of their first report */
    size_t test_count;
    struct table by_nodeid;
    const char *pytest_version; /* NULL: the run did not get that far */
    int exit_status;            /* of the session; -1: it did not come to its end */
};

/* Reads `recording->bytes`, which must not change afterwards. Lines that it does not know are left out. */
void recording_parse(struct recording *recording);
void recording_release(struct recording *recording);

/*
 * Ids made from the clock or an address are new in every run. An id of `expected` that pytest itself did not have in
 * another run (`again`) is given to the test of `found` whose id differs in digits alone. Returns how many were.
 */
size_t recording_settle(const struct recording *expected, const struct recording *again, struct recording *found);

/* Adds a line for every difference, both sides in it; returns how many there are. */
size_t recording_compare(const struct recording *expected, const struct recording *found, struct text *report);

#endif
