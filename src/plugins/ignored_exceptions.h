/* The plugins "unraisableexception" and "threadexception". */
#ifndef PLUGINS_IGNORED_EXCEPTIONS_H
#define PLUGINS_IGNORED_EXCEPTIONS_H

#include "hooks/hooks.h"

extern const struct native_plugin UNRAISABLE_PLUGIN;
extern const struct native_plugin THREAD_EXCEPTION_PLUGIN;

#endif
