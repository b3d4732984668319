/* What the files of stage 3 share: arguments, and what conftests keep out. Private to discover/. */
#ifndef DISCOVER_WALK_H
#define DISCOVER_WALK_H

#include "discover/internal.h"

/* An argument of the command line, taken apart. */
struct walk_argument {
    const char *path;     /* absolute */
    const char *selector; /* "Class::name[id]"; NULL: the whole file or folder */
    const char *names;    /* the selector without "[id]"; NULL as that */
    const char *brackets; /* "[id]"; NULL: none */
    size_t position;
    bool is_folder;
};

struct walk_arguments {
    struct walk_argument *items;
    size_t count;
    struct table initial; /* path -> its struct walk_argument */
    struct table parents; /* of the paths; the values mean nothing */
};

/* Arguments that others cover are left out, unless duplicates are kept. Fails in pytest's words. */
MUST_CHECK bool walk_arguments_read(const struct discover_settings *settings, struct arena *arena,
                                    struct walk_arguments *arguments_out, struct error *error);
void walk_arguments_release(struct walk_arguments *arguments);

/* collect_ignore or collect_ignore_glob, as it holds in a folder. */
struct ignore_list {
    const char *const *items; /* absolute; NULL-terminated; NULL: none */
    const char *reason;       /* not NULL: it is not known, and why */
};

/* What a conftest gives the name to; leaves the list alone when it says nothing about it. */
void ignore_list_read(const struct facts *facts, const char *name, const struct source *conftest, struct arena *arena,
                      struct ignore_list *list);

/* Order of names as Python sorts them when it decodes them: by characters, undecodable bytes as U+DC80 and on. */
int names_compare(const char *left, const char *right);

#endif
