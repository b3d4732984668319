/* Public face of src/discover: which tests there are, told from the sources; and the index that remembers it. */
#ifndef DISCOVER_DISCOVER_H
#define DISCOVER_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "discover/records.h"
#include "model/test_index.h"

struct discover_question {
    const char *folder;           /* the working folder, absolute */
    const char *const *arguments; /* pytest's arguments and options, as in a run: paths, ids, -k, -m, --ignore, ... */
    size_t argument_count;
    const char *const *environment; /* NULL-terminated: PYTEST_ADDOPTS, PYTHONPATH, ... */
    const char *interpreter;        /* the project's, absolute; NULL: unknown, and what depends on it is inexact */
    bool without_index;             /* neither read nor write it */
    bool wants_imports;             /* fill discovered_file.imports */
    bool without_records;           /* do not use recorded collections: what the sources alone say */
    unsigned thread_count;          /* 0: as many as there are processors */
};

/* A collected file in a discovery. */
struct discovered_file {
    const char *path;                  /* absolute; may hold any byte but NUL */
    const char *nodeid;                /* what its tests' ids begin with */
    const struct found_file *found;    /* texts and records are reached by blob_at(found, ...) */
    const struct found_test *selected; /* of found->tests, what -k, -m, ids and --deselect leave, in order */
    size_t selected_count;
    size_t deselected_count;
    const char *const *imports; /* wants_imports: the project's modules that the answer rests on: conftests, and of an
                                   exact file whatever it imports; absolute paths, without the file's own */
    size_t import_count;
    unsigned effects;      /* enum found_file_flags: what importing it does; also of a recorded file */
    const char *reason;    /* not NULL: no test of it is exact, since nobody has seen what this hook leaves of it */
    const char *undecided; /* not NULL: -m does not tell for some of the selected, and why */
    const char *unmatched; /* not NULL: an argument names this part of the file, and no test of it is found there */
};

/* What could not be looked at: unreadable folders, names that are no text, ... */
struct discovery_problem {
    const char *path; /* relative to the root where it is below it */
    unsigned line;    /* 0: the whole file */
    const char *message;
};

struct discovery {
    const char *root_folder;
    const char *config_file; /* NULL: none */
    const struct discovered_file *files;
    size_t file_count;
    const struct discovery_problem *problems;
    size_t problem_count;
    const char *reason; /* not NULL: nothing is exact, and why: "the plugin foo (foo 1.0) was not recorded yet" */
    size_t selected_count, deselected_count;
    size_t scanned_count;            /* files read and scanned now, as against taken from the index */
    bool is_order_exact;             /* among the exact tests of different files, too */
    struct discovery_memory *memory; /* discover/ only */
};

/*
 * Answers without starting Python. `discovery_out` is zeroed first, and released with discovery_release() also after
 * a failure. Fails with ERROR_USAGE in pytest's words for a command line or a configuration that pytest refuses.
 */
MUST_CHECK bool discovery_make(const struct discover_question *question, struct discovery *discovery_out,
                               struct error *error);
/*
 * The two halves of it: the answer; and writing to the index what of it is worth remembering. Saving may be started
 * early: another thread does it while this one reads the discovery, and discovery_save() waits for it. Between the
 * halves, the process has threads that wait.
 */
MUST_CHECK bool discovery_answer(const struct discover_question *question, struct discovery *discovery_out,
                                 struct error *error);
void discovery_save_start(const struct discovery *discovery);
MUST_CHECK bool discovery_save(const struct discovery *discovery, struct error *error);
void discovery_release(struct discovery *discovery);

/*
 * The folders that the answer rests on, in the arena: while no entry of them comes, goes or changes, it stays the same
 * (but for configuration files above them). Returns how many.
 */
size_t discovery_folders(const struct discovery *discovery, struct arena *arena, const char *const **folders_out);

/*
 * The question's arguments without paths, ids, -k, -m and --deselect: with them and a path an interpreter collects what
 * discovery looks at. Fails as discovery_make() does. Words live in `arena`.
 */
MUST_CHECK bool discover_collecting_words(const struct discover_question *question, struct arena *arena,
                                          const char *const **words_out, size_t *count_out, struct error *error);

/*
 * records_hooks_key() of a run with the question's arguments, environment and folder. False: under these a discovery
 * tells nothing.
 */
bool discover_hooks_key(const struct discover_question *question, const unsigned char steering_key[16],
                        int minor_version, unsigned char key_out[16]);

/* Whether a file is what it was: its stamp, or else its content. Reads it only where the discovery has not. */
bool discovery_is_same(const struct discovery *discovery, const char *path, const struct recorded_source *source);

/* Adds "path::Class::name[id]". */
void discovered_id_add(const struct discovered_file *file, const struct found_test *test, struct text *text);
/* Adds what of it stands behind "path::". */
void discovered_name_add(const struct discovered_file *file, const struct found_test *test, struct text *text);

/* ---- What an interpreter collected from files whose sources do not tell ---- */

struct collected_mark {
    const char *name;
    const char *arguments; /* JSON, as in struct found_mark; NULL: not all literal */
};

struct collected_item {
    const char *classes; /* "Outer::Inner"; NULL */
    const char *name;
    const char *id;   /* what stands in the brackets; NULL */
    const char *file; /* where it is defined, relative to the root; NULL: in the collected file */
    unsigned line, column, end_line;
    unsigned flags; /* enum test_flags */
    const struct collected_mark *marks;
    size_t mark_count;
    const char *const *fixtures;
    size_t fixture_count;
};

/*
 * Remembers that these are the tests of a file of the discovery, until one of `sources` (absolute paths, the file
 * itself among them) changes. False: this discovery keeps no records.
 */
bool discovery_keep_collected(const struct discovery *discovery, const struct discovered_file *file,
                              const struct collected_item *items, size_t item_count, const char *const *sources,
                              size_t source_count);
/* Writes what was kept. */
MUST_CHECK bool discovery_save_collected(const struct discovery *discovery, struct error *error);

/* ---- The cache folder ---- */

/* What stands in .pytest_cache beside the caches. The last one has no name. */
struct cache_folder_file {
    const char *name;
    const char *content;
};
extern const struct cache_folder_file CACHE_FOLDER_FILES[];

/* Makes it whole if it is not there; false: it cannot be made. */
bool cache_folder_make(const char *path);

#endif
