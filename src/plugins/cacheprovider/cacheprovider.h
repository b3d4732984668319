/* Public face of the room cacheprovider: values kept from run to run (`_pytest.cacheprovider`). */
#ifndef PLUGINS_CACHEPROVIDER_CACHEPROVIDER_H
#define PLUGINS_CACHEPROVIDER_CACHEPROVIDER_H

#include "run/run.h"

extern const struct native_plugin CACHEPROVIDER_PLUGIN;

int cacheprovider_add(PyObject *module, struct state *state);

#endif
