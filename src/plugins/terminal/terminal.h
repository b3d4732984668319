/* The room of the plugins "terminal" and "terminalreporter": what the user sees of a run. */
#ifndef PLUGINS_TERMINAL_TERMINAL_H
#define PLUGINS_TERMINAL_TERMINAL_H

#include "hooks/hooks.h"

/* The plugin "terminal": its options, and the hook that makes a run's TerminalReporter. */
extern const struct native_plugin TERMINAL_PLUGIN;

/* TerminalReporter, WarningReport and CallableBool. 0 or -1. */
int terminal_add(PyObject *module, struct state *state);

#endif
