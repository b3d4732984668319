/* The built-in plugin "tmpdir", as plugins.c registers it. */
#ifndef PLUGINS_TMPDIR_TMPDIR_H
#define PLUGINS_TMPDIR_TMPDIR_H

#include "hooks/hooks.h"

extern const struct native_plugin TMPDIR_PLUGIN;

int tmpdir_add(PyObject *module, struct state *state);

#endif
