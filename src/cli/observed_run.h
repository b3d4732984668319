/* A session that a plugin of ours writes down: for commands that compare. */
#ifndef CLI_OBSERVED_RUN_H
#define CLI_OBSERVED_RUN_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "os/process.h"

struct observed_run {
    const char *const *head;  /* the program and its first words; ends with NULL */
    const char *plugin;       /* loaded with -p; writes into the file that `variable` names */
    const char *variable;     /* of the environment */
    const char *const *words; /* behind that */
    size_t word_count;
    const char *const *environment;
};

/* Runs it to its end. Adds what the plugin wrote to `record`, and what was printed to `output`. */
MUST_CHECK bool observed_run(const struct observed_run *run, struct text *record, struct text *output,
                             struct process_status *status_out, struct error *error);

#endif
