/* What the files that read the settings share. Private to settings*.c. */
#ifndef DISCOVER_SETTINGS_PARTS_H
#define DISCOVER_SETTINGS_PARTS_H

#include "discover/ini_values.h"
#include "discover/internal.h"
#include "discover/options.h"
#include "discover/string_list.h"

/* On the way from the question to the settings. */
struct reading {
    const struct discover_question *question;
    struct arena *arena;
    struct discover_settings *settings;
    struct error *error;
    struct string_list words; /* of the command line, PYTEST_ADDOPTS and, once known, addopts */
    struct given_words given;
    struct ini_values values;
};

/* The first reason counts. */
void reading_add_reason(struct reading *reading, const char *subject, const char *detail);

/* settings_ini.c: what the configuration says about collection; settings.key. */
MUST_CHECK bool settings_read_ini(struct reading *reading);
void settings_make_key(struct reading *reading);

/* settings_plugins.c: -p and PYTEST_PLUGINS. */
MUST_CHECK bool settings_read_plugins(struct reading *reading);

/* settings_modules.c: puts the paths of modules in place of their names. */
void arguments_find_modules(const struct reading *reading, struct string_list *arguments);

#endif
