/* The plugin "pastebin". */
#ifndef PLUGINS_PASTEBIN_H
#define PLUGINS_PASTEBIN_H

#include "hooks/hooks.h"

extern const struct native_plugin PASTEBIN_PLUGIN;

#endif
