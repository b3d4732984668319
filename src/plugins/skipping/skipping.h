/* The built-in plugin "skipping", as plugins.c registers it. */
#ifndef PLUGINS_SKIPPING_SKIPPING_H
#define PLUGINS_SKIPPING_SKIPPING_H

#include "hooks/hooks.h"

extern const struct native_plugin SKIPPING_PLUGIN;

int skipping_add(PyObject *module, struct state *state);

#endif
