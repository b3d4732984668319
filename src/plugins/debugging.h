/* The plugin "debugging". */
#ifndef PLUGINS_DEBUGGING_H
#define PLUGINS_DEBUGGING_H

#include "hooks/hooks.h"

extern const struct native_plugin DEBUGGING_PLUGIN;

#endif
