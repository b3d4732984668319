/* The plugin "stepwise". */
#ifndef PLUGINS_STEPWISE_H
#define PLUGINS_STEPWISE_H

#include "hooks/hooks.h"

extern const struct native_plugin STEPWISE_PLUGIN;

#endif
