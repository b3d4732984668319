/* Public face of src/plugins: the built-in plugins, each a room of its own. */
#ifndef PLUGINS_PLUGINS_H
#define PLUGINS_PLUGINS_H

#include "py/py.h"

/* Types of every built-in plugin. 0 or -1. */
int plugins_add(PyObject *module, struct state *state);

#endif
