/* What an interpreter collects, for fastest discover --verify and --exact. */
#ifndef CLI_DISCOVER_COLLECTED_H
#define CLI_DISCOVER_COLLECTED_H

#include <stddef.h>

#include "base/arena.h"
#include "base/table.h"
#include "cli/commands.h"
#include "discover/discover.h"
#include "os/process.h"

struct interpreter; /* front/front.h */

/* What the session is to collect. */
struct collection {
    const struct command_line *line;
    const struct interpreter *interpreter;
    const char *plugin; /* fastest._collected, or fastest._collected_details */
    const char *const *words;
    size_t word_count;
};

/* What it collected. Zero-initialised is empty. */
struct collected {
    struct text bytes;
    struct text output;
    struct process_status status;
    const char **ids; /* in the arena */
    const char **paths;
    struct collected_item *items; /* with fastest._collected_details */
    size_t id_count;
    struct table places;  /* id -> its place + 1 */
    struct table failed;  /* ids of collectors */
    struct table ignored; /* paths of files that are collected only when they are named */
    const char **sources; /* files of the project that it read */
    size_t source_count;
    int exit_status; /* of the session; -1: it did not come to its end */
};

/* Fails only where no process can be started. */
MUST_CHECK bool collected_make(const struct collection *collection, struct arena *arena, struct collected *collected,
                               struct error *error);
void collected_release(struct collected *collected);

/* For a session that did not come to its end: says what it said; the exit status. */
int collected_complain(const struct collected *collected);

#endif
