/* The plugin "faulthandler". */
#ifndef PLUGINS_FAULTHANDLER_H
#define PLUGINS_FAULTHANDLER_H

#include "hooks/hooks.h"

extern const struct native_plugin FAULTHANDLER_PLUGIN;

#endif
