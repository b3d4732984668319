/*
 * What hosts saw while they collected: a file beside the index, written by hosts, read by discovery and by later hosts.
 * It only ever says what was seen of files with these contents; whether it still holds is asked for each answer.
 */
#ifndef DISCOVER_RECORDS_H
#define DISCOVER_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/error.h"
#include "base/table.h"
#include "model/test_index.h"
#include "os/source_file.h"

struct entry_point; /* config/config.h */

/* The functions that take it as const may be called by several threads at once. */
struct records;

/* Never fails: a missing file has no records, of a damaged one only what lies before the damage counts. */
struct records *records_open(const char *folder); /* .pytest_cache/d/fastest */
void records_free(struct records *records);       /* NULL is allowed */

/* Appends what was added since, or writes the file anew where too much of it is out of date. Makes the folder. */
MUST_CHECK bool records_save(struct records *records, struct error *error);

/* ---- Plugins: what each one that a run loaded implements, and the fixtures it brings ---- */

/* The bits of recorded_plugin.hooks: hooks that take part in collecting. */
#define RECORDED_HOOKS                                                                                                 \
    HOOK(collection)                                                                                                   \
    HOOK(collection_modifyitems)                                                                                       \
    HOOK(collection_finish)                                                                                            \
    HOOK(ignore_collect)                                                                                               \
    HOOK(collect_directory)                                                                                            \
    HOOK(collect_file)                                                                                                 \
    HOOK(collectstart)                                                                                                 \
    HOOK(itemcollected)                                                                                                \
    HOOK(collectreport)                                                                                                \
    HOOK(deselected)                                                                                                   \
    HOOK(make_collect_report)                                                                                          \
    HOOK(pycollect_makemodule)                                                                                         \
    HOOK(pycollect_makeitem)                                                                                           \
    HOOK(generate_tests)                                                                                               \
    HOOK(make_parametrize_id)

enum recorded_hook {
#define HOOK(name) RECORDED_##name,
    RECORDED_HOOKS
#undef HOOK
        RECORDED_HOOK_COUNT,
};
/* "pytest_collection", ... */
extern const char *const RECORDED_HOOK_NAMES[RECORDED_HOOK_COUNT];

/* Of those the one that cannot change which tests there are, nor their order: it only listens. */
enum { RECORDED_LISTENERS = 1 << RECORDED_deselected };
/* And the ones whose effect on a file is seen in the file's items: see struct recorded_item. */
enum {
    RECORDED_VISIBLE = 1 << RECORDED_collection_modifyitems | 1 << RECORDED_collection_finish |
                       1 << RECORDED_ignore_collect | 1 << RECORDED_collectstart | 1 << RECORDED_itemcollected |
                       1 << RECORDED_collectreport | 1 << RECORDED_pycollect_makeitem | 1 << RECORDED_generate_tests |
                       1 << RECORDED_make_parametrize_id,
};

/* The environment's plugins: the header of a blob. */
struct plugin_facts {
    uint32_t format;
    uint32_t size_bytes;
    struct blob_range plugins; /* of struct recorded_plugin: all that were loaded in any run of this environment */
};

enum recorded_plugin_flags {
    PLUGIN_IS_ENTRY_POINT = 1, /* of the group pytest11; else loaded by -p, PYTEST_PLUGINS or another plugin */
    PLUGIN_SHUFFLES = 2,       /* its hooks use random numbers: what they did once says nothing */
};

struct recorded_plugin {
    blob_offset name;         /* under which it is registered: the entry point's */
    blob_offset module;       /* what it is, or where its class is defined: "pytest_mock" */
    blob_offset distribution; /* "pytest-mock 3.14.0"; 0: none */
    blob_offset path;         /* absolute: of its module's source; 0: none */
    struct file_stamp stamp;  /* of that source; all zero: not to be relied on */
    unsigned char hash[16];   /* of its bytes: the rest is said of these */
    uint32_t hooks;           /* bits: 1 << enum recorded_hook */
    uint32_t steady_hooks;    /* of these: what they do depends on the items alone, as far as their code tells */
    uint32_t flags;           /* enum recorded_plugin_flags */
    uint32_t unused;
    struct blob_range fixtures; /* of struct recorded_fixture */
};

enum { RECORDED_SCOPES = 5 };

enum recorded_fixture_flags {
    FIXTURE_IS_AUTOUSE = 1,
    FIXTURE_HAS_PARAMS = 2,
    FIXTURE_HAS_IDS = 4, /* `ids` are what pytest shows for its parameters */
    FIXTURE_HAS_DYNAMIC_SCOPE = 8,
};

struct recorded_fixture {
    blob_offset name;
    uint32_t scope; /* 0: function, 1: class, 2: module, 3: package, 4: session */
    uint32_t flags; /* enum recorded_fixture_flags */
    uint32_t unused;
    struct blob_range arguments; /* of blob_offset: the fixtures it takes */
    struct blob_range ids;       /* of blob_offset */
};

/*
 * The key of an environment: from the entry points of the group pytest11 that are loaded, in any order; of the folders
 * of their distributions the names alone count.
 */
void records_plugin_key(const struct entry_point *points, size_t count, unsigned char key_out[16]);

/*
 * What decides what they do, beside settings: the same, and the values of the variables PYTEST_* and of those that
 * begin with the name of a plugin's distribution. `environment`: "NAME=value", NULL-terminated.
 */
void records_steering_key(const struct entry_point *points, size_t count, const char *const *environment,
                          unsigned char key_out[16]);

/* NULL: not recorded. Borrowed; the records must not change meanwhile. */
const struct plugin_facts *records_find_plugins(const struct records *records, const unsigned char key[16]);
/* `facts` begins with a struct plugin_facts, whose format and size are filled in. */
void records_add_plugins(struct records *records, const unsigned char key[16], const struct blob *facts);

/* ---- Sources that something rests on ---- */

struct recorded_source {
    struct file_stamp stamp; /* all zero: not to be relied on */
    unsigned char hash[16];  /* XXH3-128 of its bytes */
    blob_offset path;        /* absolute */
    uint32_t flags;          /* enum recorded_source_flags */
};

enum recorded_source_flags {
    SOURCE_IS_PLUGIN = 1,     /* its hooks may concern every file */
    CONFTEST_IS_STEADY = 2,   /* what its hooks do depends on the items alone, as far as its code tells */
    CONFTEST_IS_UNSTEADY = 4, /* that cannot be told */
};

/* Whether the file is what it was: by its stamp, or else by its content. */
struct source_check {
    bool (*is_same)(const struct source_check *check, const char *path, const struct recorded_source *source);
    void *memory; /* the asker's */
};
/* The check that looks at the file itself; for askers that know no faster way. `memory` is not used. */
extern const struct source_check SOURCE_CHECK_ON_DISK;

/* What the newest run of any key says of a module; NULL: nothing. */
const struct recorded_source *records_find_source(struct records *records, const char *path);

/* ---- Tests of files that the sources alone do not tell ---- */

/* The header of a blob. */
struct recorded_tests {
    uint32_t format;
    uint32_t size_bytes;
    unsigned char key[16]; /* of the settings and the environment */
    blob_offset path;      /* the collected file */
    uint32_t found_bytes;
    blob_offset found; /* a struct found_file, whose offsets count from there */
    uint32_t unused;
    struct blob_range sources; /* of struct recorded_source: the file, its conftests, the modules it rests on */
};

/* The tests of a file under this key while all it rests on is the same; NULL otherwise. */
const struct found_file *records_find_tests(const struct records *records, const char *path,
                                            const unsigned char key[16], const struct source_check *check);
/* `tests` begins with a struct recorded_tests, whose format and size are filled in. */
void records_add_tests(struct records *records, const struct blob *tests);

/* ---- Files that a run collected as a whole ---- */

struct recorded_file {
    uint32_t source;     /* index into recorded_run.sources */
    uint32_t test_count; /* how many items it gave */
    uint32_t flags;      /* enum recorded_file_flags */
    uint32_t unused;
    struct blob_range items; /* of struct recorded_item; of a run that tells what hooks left */
};

/*
 * One run's imports, the header of a blob. There are two kinds of runs, told apart by their keys.
 * Of the clean ones: what is in `files` was collected without an error, a warning, output, a plugin that it brought, or
 * parameters that sort tests of several files.
 * Of those under records_hooks_key(): what is in `files` was collected while plugins or conftests implemented hooks.
 */
struct recorded_run {
    uint32_t format;
    uint32_t size_bytes;
    unsigned char key[16];     /* of the interpreter, the plugins, and the settings that importing depends on */
    struct blob_range sources; /* of struct recorded_source: every module of the project that was imported */
    struct blob_range files;   /* of struct recorded_file */
    uint32_t flags;            /* enum recorded_run_flags */
    uint32_t unused;
};

/*
 * Whether one run collected `path` cleanly, and imported everything in `imports` (absolute paths), all of them being
 * now what they were then. `told` (NULL: everything) holds the paths of all sources whose imports are followed: what
 * else a run imported was imported in ways that cannot be seen, and has to be the same, too; asked once for a run.
 * `test_count_out` may be NULL.
 */
bool records_is_clean(struct records *records, const unsigned char key[16], const char *path,
                      const char *const *imports, size_t import_count, const struct table *told,
                      const struct source_check *check, size_t *test_count_out);
/* `run` begins with a struct recorded_run, whose format and size are filled in. */
void records_add_run(struct records *records, const struct blob *run);
/* Whether there is any run of this key. */
bool records_have_run(const struct records *records, const unsigned char key[16]);
/* Whether an earlier run of this key says all of what `run` does. */
bool records_know_run(struct records *records, const struct blob *run);

/* ---- What hooks left of files ---- */

enum recorded_run_flags {
    RUN_KEPT_ORDER = 1, /* in the end the files' items followed each other as collected */
    RUN_LEFT_ALL = 2,   /* no hook took an item away, added one or moved one */
    RUN_IS_WHOLE = 4,   /* of all that is collected when no path is given */
};

enum recorded_file_flags {
    ITEMS_ARE_FINAL = 1, /* in their order when everything was collected; else some were deselected then, but not by
                            others' hooks, and this is the order before */
    ITEMS_VARY = 2,      /* two runs that differ in nothing found different ones, or hooks took some away */
};

/* An item as the interpreter had it after all hooks. */
struct recorded_item {
    uint64_t id;    /* hash_64() of what follows the file's node id */
    uint64_t marks; /* the sum of hash_64() of the names of its marks */
};

/* The key of what hooks were seen to do, under settings (discover_settings.key) and plugins (records_steering_key()).
 */
void records_hooks_key(const unsigned char settings_key[16], const unsigned char steering_key[16], int minor_version,
                       unsigned char key_out[16]);

/* The files that an answer is about: hooks may treat one otherwise because of another. */
struct recorded_question {
    const char *const *paths; /* absolute, sorted by nothing */
    size_t count;
    bool is_whole; /* no path was given: what RUN_IS_WHOLE says is enough */
};
/*
 * Makes the runs of a hooks key ready to be asked: those of which all plugins are what they were. A run that had less
 * than the question's files is not asked unless another one that had them saw hooks leave everything. NULL: any run is
 * asked of which all that was imported is what it was. False: there is none.
 */
bool records_prepare_hooks(struct records *records, const unsigned char key[16],
                           const struct recorded_question *question, const struct source_check *check);
/* What an answer about a file rests on; both lists are of absolute paths. */
struct recorded_rest {
    const char *const *imports; /* have to be what they were, as the file */
    size_t import_count;
    const char *const *conftests; /* these, too, and CONFTEST_IS_STEADY */
    size_t conftest_count;
};
/* What the newest such run says of a file; NULL: nothing. `run_out` is what its offsets count from. */
const struct recorded_file *records_find_hooks(const struct records *records, const unsigned char key[16],
                                               const char *path, const struct recorded_rest *rest,
                                               const struct source_check *check, const struct recorded_run **run_out);
/* What is known of the conftest with this content: CONFTEST_IS_STEADY or its opposite; 0: nothing. */
uint32_t records_find_conftest(struct records *records, const char *path, const unsigned char hash[16]);

#endif
