/* Settings of the configuration file and of -o, as values of their types. Private to discover/. */
#ifndef DISCOVER_INI_VALUES_H
#define DISCOVER_INI_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "config/config.h"

/* Where values come from. What pytest refuses is an ERROR_USAGE in its words. */
struct ini_values {
    const struct project *project;
    const char *folder;           /* the working folder */
    const char *const *overrides; /* "name=value" of -o, each with its "="; the last one counts */
    size_t override_count;
    struct arena *arena;
};

/* Lists end with NULL; without such a setting they are `fallback`. */
MUST_CHECK bool ini_words(const struct ini_values *values, const char *name, const char *const *fallback,
                          const char *const **list_out, struct error *error);
MUST_CHECK bool ini_lines(const struct ini_values *values, const char *name, const char *const **list_out,
                          struct error *error);
/* Absolute, from the folder of the configuration file. */
MUST_CHECK bool ini_paths(const struct ini_values *values, const char *name, const char *const **list_out,
                          struct error *error);
/* -1: not set. */
MUST_CHECK bool ini_truth(const struct ini_values *values, const char *name, int *truth_out, struct error *error);
/* NULL: not set. */
MUST_CHECK bool ini_string(const struct ini_values *values, const char *name, const char **text_out,
                           struct error *error);
/* The place in `choices`, which ends with NULL; 0 when not set. */
MUST_CHECK bool ini_choice(const struct ini_values *values, const char *name, const char *const *choices,
                           unsigned *index_out, struct error *error);

#endif
