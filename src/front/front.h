/* Public face of src/front: runs the host, a whole pytest in the project's own interpreter, and supervises it. */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "os/process.h"

/* An interpreter, and a phrase that says why it is this one. Zero-initialised is empty. */
struct interpreter {
    struct text path;
    struct text reason;
};
void interpreter_release(struct interpreter *interpreter);

/*
 * Chooses the interpreter; `option` is the value of --python, or NULL. Starts none. Fails with ERROR_USAGE, and a
 * sentence that names everything that was tried, when there is none or it is too old.
 */
MUST_CHECK bool interpreter_choose(const char *option, struct interpreter *interpreter, struct error *error);

/* Adds the folder that holds our Python package (`fastest`): beside this executable, or in its environment. */
MUST_CHECK bool package_find(struct text *folder, struct error *error);

struct run_request {
    const struct interpreter *interpreter;
    const char *const *arguments; /* for the host, untouched */
    size_t argument_count;
    const char *const *environment; /* NULL-terminated */
};

/*
 * Runs the host to its end, passing signals on; a host that crashes in mid-run is replaced by one that takes over.
 * Fails when it cannot be started, or crashes too often.
 */
MUST_CHECK bool host_run(const struct run_request *request, struct process_status *status_out, struct error *error);

#endif
