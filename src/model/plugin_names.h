/* The plugins that pytest brings, by name: data that both towers need. */
#ifndef MODEL_PLUGIN_NAMES_H
#define MODEL_PLUGIN_NAMES_H

#include <stdbool.h>

/*
 * The names of pytest's own plugins, in its order of registration: first those that `-p no:NAME` cannot block, then the
 * others that every run has, then those that only `-p NAME` loads.
 */
enum { ESSENTIAL_PLUGIN_COUNT = 5, DEFAULT_PLUGIN_COUNT = 30, PLUGIN_NAME_COUNT = 33 };
extern const char *const PLUGIN_NAMES[PLUGIN_NAME_COUNT];

/* Whether the module is of pytest-xdist, whose options are our own: none of its entry points is ever loaded. */
bool plugin_is_replaced(const char *module);

#endif
