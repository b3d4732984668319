/* What a command line says, as far as it matters to which tests there are. Private to discover/. */
#ifndef DISCOVER_OPTIONS_H
#define DISCOVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "discover/string_list.h"

enum option_effect {
    EFFECT_NONE,     /* changes no test and no id */
    EFFECT_KEYED,    /* of a plugin that may use it while collecting: part of settings.key */
    EFFECT_REASON,   /* nothing is exact any more; the row's detail says why */
    EFFECT_OVERRIDE, /* --strict-markers: the row's detail is a setting */
    EFFECT_OVERRIDE_GIVEN,
    EFFECT_KEYWORD,
    EFFECT_MARKS,
    EFFECT_IGNORE,
    EFFECT_IGNORE_GLOB,
    EFFECT_DESELECT,
    EFFECT_CONFCUTDIR,
    EFFECT_NOCONFTEST,
    EFFECT_KEEP_DUPLICATES,
    EFFECT_IN_VIRTUALENV,
    EFFECT_IMPORT_MODE,
    EFFECT_CONFIG_FILE,
    EFFECT_ROOT_FOLDER,
    EFFECT_PLUGIN,
    EFFECT_NO_AUTOLOAD,
    EFFECT_PYARGS,
    EFFECT_DOCTEST_GLOB,
    EFFECT_WARNING_FILTER,
};

struct given_option {
    enum option_effect effect;
    const char *name;   /* its first one */
    const char *value;  /* NULL: none */
    const char *detail; /* the row's; NULL */
};

/* In the order of the words. */
struct given_words {
    const char **positionals;
    size_t positional_count;
    struct given_option *options;
    size_t option_count;
    struct string_list collecting; /* the words of all options but those that select among what was collected */
    const char *unknown;           /* the first option that no row knows; NULL */
};

/*
 * Reads words as argparse's intermixed parse does: values in the next word or the same one, clusters of flags, `--`,
 * and @FILE, which is looked for from `folder`. Fails with ERROR_USAGE in argparse's words.
 */
MUST_CHECK bool words_read(const char *const *words, size_t count, const char *folder, struct arena *arena,
                           struct given_words *given_out, struct error *error);

#endif
