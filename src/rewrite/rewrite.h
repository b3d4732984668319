/* Public face of src/rewrite: assertion rewriting and what a failed assertion says. */
#ifndef REWRITE_REWRITE_H
#define REWRITE_REWRITE_H

#include "os/source_file.h"
#include "run/run.h"

extern const struct native_plugin ASSERTION_PLUGIN;

/* The content that a module was made from, as far as it is known. */
struct loaded_source {
    struct file_stamp stamp; /* all zero: not to be relied on */
    unsigned char hash[16];
};
/* What this run loaded from a path, through the rewriter's cache or past it; NULL: nothing. */
const struct loaded_source *source_find_loaded(struct engine *engine, const char *path);

int rewrite_add(PyObject *module, struct state *state);

#endif
