/* The plugin "recwarn". */
#ifndef PLUGINS_RECWARN_H
#define PLUGINS_RECWARN_H

#include "hooks/hooks.h"

extern const struct native_plugin RECWARN_PLUGIN;

#endif
