/* The plugin "doctest". */
#ifndef PLUGINS_DOCTEST_H
#define PLUGINS_DOCTEST_H

#include "hooks/hooks.h"

extern const struct native_plugin DOCTEST_PLUGIN;

#endif
