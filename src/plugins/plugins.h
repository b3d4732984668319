/* Public face of src/plugins: the built-in plugins, each a room of its own. */
#ifndef PLUGINS_PLUGINS_H
#define PLUGINS_PLUGINS_H

#include "hooks/hooks.h"

/* The plugins of this folder; pyext/builtins.c registers them in pytest's order. */
extern const struct native_plugin *const BUILTIN_PLUGINS[];
extern const size_t BUILTIN_PLUGIN_COUNT;

/* --version, --help, -p, -o, --debug, in helpconfig.c. */
extern const struct native_plugin HELPCONFIG_PLUGIN;

/* fastest's own: front_notes.c, crash_log.c. */
extern const struct native_plugin FRONT_NOTES_PLUGIN;
extern const struct native_plugin CRASH_LOG_PLUGIN;

/* Whether the engine, not yet configured, is to have CRASH_LOG_PLUGIN: there is a front, and no run around this one. */
bool crash_log_is_wanted(const struct engine *engine);

/* Types and functions of every built-in plugin. 0 or -1. */
int plugins_add(PyObject *module, struct state *state);

#endif
