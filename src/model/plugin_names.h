/* The plugins that pytest brings, by name: data that both towers need. */
#ifndef MODEL_PLUGIN_NAMES_H
#define MODEL_PLUGIN_NAMES_H

/*
 * The names of pytest's own plugins, in its order of registration: first those that `-p no:NAME` cannot block, then the
 * others that every run has, then those that only `-p NAME` loads.
 */
enum { ESSENTIAL_PLUGIN_COUNT = 5, DEFAULT_PLUGIN_COUNT = 30, PLUGIN_NAME_COUNT = 33 };
extern const char *const PLUGIN_NAMES[PLUGIN_NAME_COUNT];

#endif
