/* Public face of the room logging: log records of tests (`_pytest.logging`). */
#ifndef PLUGINS_LOGGING_LOGGING_H
#define PLUGINS_LOGGING_LOGGING_H

#include "run/run.h"

extern const struct native_plugin LOGGING_PLUGIN;

int logging_add(PyObject *module, struct state *state);

#endif
