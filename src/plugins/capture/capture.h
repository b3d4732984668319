/* Public face of the room capture: stdout, stderr and stdin of tests (`_pytest.capture`). */
#ifndef PLUGINS_CAPTURE_CAPTURE_H
#define PLUGINS_CAPTURE_CAPTURE_H

#include "run/run.h"

extern const struct native_plugin CAPTURE_PLUGIN;

int capture_add(PyObject *module, struct state *state);

#endif
