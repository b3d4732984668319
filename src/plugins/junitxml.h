/* The plugin "junitxml". */
#ifndef PLUGINS_JUNITXML_H
#define PLUGINS_JUNITXML_H

#include "hooks/hooks.h"

extern const struct native_plugin JUNITXML_PLUGIN;

#endif
