/* Public face of src/rewrite: assertion rewriting and what a failed assertion says. */
#ifndef REWRITE_REWRITE_H
#define REWRITE_REWRITE_H

#include "run/run.h"

extern const struct native_plugin ASSERTION_PLUGIN;

int rewrite_add(PyObject *module, struct state *state);

#endif
