/* The built-in plugin "legacypath", as plugins.c registers it. */
#ifndef PLUGINS_LEGACYPATH_LEGACYPATH_H
#define PLUGINS_LEGACYPATH_LEGACYPATH_H

#include "hooks/hooks.h"

extern const struct native_plugin LEGACYPATH_PLUGIN;

#endif
