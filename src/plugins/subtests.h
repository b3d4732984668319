/* The plugin "subtests". */
#ifndef PLUGINS_SUBTESTS_H
#define PLUGINS_SUBTESTS_H

#include "hooks/hooks.h"

extern const struct native_plugin SUBTESTS_PLUGIN;

#endif
