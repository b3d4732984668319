/* The built-in plugins "setuponly" and "setupplan". */
#ifndef PLUGINS_SETUPONLY_H
#define PLUGINS_SETUPONLY_H

#include "hooks/hooks.h"

extern const struct native_plugin SETUPONLY_PLUGIN;
extern const struct native_plugin SETUPPLAN_PLUGIN;

#endif
