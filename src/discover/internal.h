/* What the files of src/discover share: the stages of a discovery, in their order. */
#ifndef DISCOVER_INTERNAL_H
#define DISCOVER_INTERNAL_H

#include "base/arena.h"
#include "base/table.h"
#include "config/config.h"
#include "discover/discover.h"
#include "discover/string_list.h"
#include "facts/facts.h"
#include "os/source_file.h"

/* ---- 1. settings.c: command line, PYTEST_ADDOPTS, configuration -> what counts here ---- */

enum import_mode { IMPORT_MODE_PREPEND, IMPORT_MODE_APPEND, IMPORT_MODE_IMPORTLIB };

/* `parametrize_long_str_id_strategy`, in the order of its words. */
enum long_id_strategy { LONG_IDS_SHORT, LONG_IDS_SHA256, LONG_IDS_LEGACY, LONG_IDS_DISALLOW };

/* `empty_parameter_set_mark` */
enum empty_set_mark { EMPTY_SET_SKIP, EMPTY_SET_XFAIL, EMPTY_SET_FAIL_AT_COLLECT };

struct discover_settings {
    struct project project;
    const char *folder;           /* the working folder: discovery_make() sets it from the question */
    const char *const *arguments; /* paths and ids, testpaths applied: never empty */
    size_t argument_count;
    bool has_arguments;              /* from the command line, not from testpaths or the folder */
    const char *const *python_files; /* patterns; each list ends with NULL */
    const char *const *python_classes;
    const char *const *python_functions;
    const char *const *norecursedirs;
    const char *const *ignored;       /* --ignore: absolute paths */
    const char *const *ignored_globs; /* --ignore-glob: absolute patterns */
    const char *const *deselected;    /* --deselect: prefixes of ids */
    const char *const *early_plugins; /* -p NAME, PYTEST_PLUGINS; "no:NAME" as written */
    const char *keyword;              /* -k; NULL */
    const char *marks;                /* -m; NULL */
    const char *confcutdir;           /* absolute */
    const char *cache_folder;         /* absolute: .pytest_cache; NULL: -p no:cacheprovider */
    const char *python_path_ini[16];  /* `pythonpath`, absolute, NULL-terminated */
    enum import_mode import_mode;
    bool collects_in_virtualenv, keeps_duplicates, has_noconftest, has_strict_parametrization_ids;
    bool loads_plugins_automatically; /* not PYTEST_DISABLE_PLUGIN_AUTOLOAD, --disable-plugin-autoload */
    bool escapes_non_ascii_ids;       /* not disable_test_id_escaping_and_forfeit_all_rights_... */
    const char *const *required_plugins;
    const char *const *use_fixtures;  /* `usefixtures`: in every closure */
    const char *const *doctest_globs; /* patterns of text files that are collected as doctests; none: -p no:doctest */
    const char *const *marks_known;   /* names in `markers`; conftests and plugins can register more */
    enum long_id_strategy long_id_strategy;
    enum empty_set_mark empty_set_mark;
    bool collects_imported_tests, considers_namespace_packages;
    bool has_strict_marks;  /* a mark that is not registered fails the collection of its file */
    bool has_error_filters; /* -W error and the like: a warning while collecting may be an error */
    const char *reason; /* not NULL: an option or setting whose effect on collection is not known: nothing is exact */
    unsigned char
        key[16]; /* XXH3-128 of all of this that the tests of a file depend on; paths, -k, -m, ignoring aside */
};

/* settings_out->project is to be released with project_release(), also after a failure. */
MUST_CHECK bool settings_read(const struct discover_question *question, struct arena *arena,
                              struct discover_settings *settings_out, struct error *error);

/* ---- 2. python_path.c: where the project's interpreter finds modules, and which plugins it loads ---- */

struct installed_plugin {
    const char *name;         /* of the entry point */
    const char *module;       /* what it loads */
    const char *distribution; /* "name 1.0" */
};

struct python_path {
    const char *const *folders; /* in sys.path's order, NULL-terminated; the project's own come from the files */
    int minor;                  /* 3.minor; 0: unknown */
    const struct installed_plugin *plugins; /* group pytest11, in the order of loading */
    size_t plugin_count;
    bool has_import_hooks;          /* a .pth file runs code: modules may be found elsewhere */
    const char *reason;             /* not NULL: it could not be found out */
    unsigned char key[16];          /* changes when plugins come, go or change */
    unsigned char plugin_key[16];   /* of records_plugin_key() */
    unsigned char steering_key[16]; /* of records_steering_key() */
};

void python_path_find(const char *interpreter, const char *const *environment, struct arena *arena,
                      struct python_path *path_out);

/* ---- 3. walk.c: the files that would be collected, in collection order, and the conftests above them ---- */

struct source_folder {
    const char *path; /* absolute */
    struct source_folder *parent;
    struct source *conftest; /* NULL: none */
    struct source *init;     /* __init__.py; NULL: none */
    const char *reason;      /* not NULL: which of its files are collected is not known, and why */
    unsigned char key[16];   /* changes when a conftest or an __init__.py on the way here comes or goes */
};

/* A file that somebody reads: a test file, a conftest, or a module that one of them imports. */
struct source {
    const char *path;             /* absolute, links not resolved */
    const char *nodeid;           /* relative to the root, with slashes */
    struct source_folder *folder; /* NULL outside of the walk */
    struct file_stamp stamp;
    bool is_moving;            /* it had just been changed when it was read: the stamp is not to be relied on */
    unsigned char hash[16];    /* XXH3-128 of the bytes, once read or taken from the index */
    const struct facts *facts; /* NULL until asked for: source_facts() */
    const char *failure;       /* it cannot be read: one clause */
    void *resolution;          /* resolve.c's own */
};

struct walked_file {
    struct source *source;
    const char *const *selectors; /* "Class::name[id]" of the arguments that name parts of it; NULL: all of it */
    size_t selector_count;
};

struct walk {
    struct walked_file *files;
    size_t file_count;
    struct source **conftests; /* all of them, outermost first */
    size_t conftest_count;
    const char **folders; /* those that were looked into, and those above them that count */
    size_t folder_count;
    struct discovery_problem *problems;
    size_t problem_count;
};

/* ---- 4. library.c: sources by path; facts from the index or by scanning, once per source, by several threads ---- */

struct library; /* library.c */
struct index;   /* index.c */

struct library *library_new(struct index *index);
void library_free(struct library *library);
/* The source of a path; NULL when there is no such regular file. The same pointer for the same path. Thread-safe. */
struct source *library_source(struct library *library, const char *path);
/* The same of a file that was seen just now; keeps `path`. `is_new`: nobody has asked for the path before. */
struct source *library_add(struct library *library, const char *path, bool is_new);
/* Whether something is there; asks the system once for each path. Thread-safe. */
bool library_has_path(struct library *library, const char *path);
/* Reads and scans unless the index knows it. Never NULL, but facts with an error. Thread-safe. */
const struct facts *source_facts(struct library *library, struct source *source);
/* Fills stamp and hash, reading the file unless the index knows it. False: it cannot be read. Thread-safe. */
bool source_identify(struct library *library, struct source *source);
/* Its bytes as they are now, to be freed with memory_free(). NULL: it cannot be read, or is no UTF-8. */
char *source_text(struct library *library, const struct source *source, size_t *length_out);
/* Whether it is Python: its name ends in ".py". */
bool source_is_python(const struct source *source);
/* Frees its facts if nobody but the caller has ever asked for them. */
void source_forget_facts(struct library *library, struct source *source);
/* Every path that was asked for so far, also of what does not exist. */
void library_each_path(struct library *library, void (*tell)(void *context, const char *path), void *context);
/* How many were read and scanned. */
size_t library_scanned_count(const struct library *library);

MUST_CHECK bool walk_sources(const struct discover_settings *settings, struct library *library, struct arena *arena,
                             struct walk *walk_out, struct error *error);

/* ---- 5. resolve.c: a file's tests, from its facts and those of what it depends on ---- */

/* Shared by all files of a discovery; read-only while threads resolve. */
struct resolver {
    const struct discover_settings *settings;
    const struct python_path *python_path;
    const struct plugin_facts *plugins; /* recorded ones; NULL: none */
    struct library *library;
    const struct walk *walk;
    /* Set by resolver_start(): */
    struct resolve_shared *shared; /* conftests.c */
    const char *reason;            /* not NULL: nothing is exact */
    bool has_hooking_conftests;    /* resolver_find_hooks() finds some for some file */
    const char *hook_reason;       /* ... and one of these for all: why */
    unsigned char key[16];         /* part of every file's key: what the answers rest on beside its own dependencies */
};

/* Reads what all files share; after the walk, before threads resolve. */
void resolver_start(struct resolver *resolver);
void resolver_stop(struct resolver *resolver);
/*
 * The conftests whose hooks concern a file, and what they import: why it is not exact where no run saw what these
 * leave; NULL: there are none.
 */
const char *resolver_find_hooks(const struct resolver *resolver, const struct source *source, struct arena *arena,
                                struct string_list *conftests, struct string_list *imports);
/* Why a conftest may have got collect_ignore by a star, which the walk does not see; NULL. After resolver_start(). */
const char *conftest_ignore_reason(const struct resolver *resolver, const struct source *source);
/* Frees what resolving keeps of a source; NULL is allowed. */
void resolution_free(void *resolution);

/* hooks_left.c: what runs saw the hooks of plugins and conftests leave. Read-only while threads ask. */
struct hooks_left {
    const char
        *reason; /* of a plugin: why a file is not exact unless this says otherwise; NULL: no plugin has such hooks
                  */
    const struct records *records; /* NULL: no run has seen anything */
    unsigned char key[16];
    bool needs_marks; /* -k or -m: marks must be the sources', too */
    bool is_random;   /* some hook shuffles: what was collected once says nothing */
    bool is_asked;    /* there are such hooks, and nothing else makes everything inexact */
};

/*
 * plugin_reason.c: why nothing is exact because of the installed plugins; NULL. `facts`: what was recorded of them;
 * NULL: nothing. Fills `left->reason` and `is_random`.
 */
const char *plugins_find_reason(const struct discover_settings *settings, const struct python_path *path,
                                const struct plugin_facts *facts, struct library *library, struct arena *arena,
                                struct hooks_left *left);

/*
 * Sets file->reason where hooks may have left something else than the sources say; returns the run after which the
 * file's exact tests were what they say, in this order, or NULL. `file->imports` are told. `kept` is for the reason.
 */
const struct recorded_run *hooks_left_file(const struct hooks_left *left, const struct resolver *resolver,
                                           const struct source *source, const struct source_check *check,
                                           struct arena *kept, struct discovered_file *file);

/*
 * required.c: what pytest refuses before it looks at tests: missing required_plugins; under strict markers, marks in
 * the expression of -m that nobody registers. Fails with ERROR_USAGE in its words; sets *reason_out, unless it is set,
 * where that cannot be told.
 */
struct selection;
MUST_CHECK bool required_plugins_check(const struct discover_settings *settings, const struct python_path *path,
                                       struct arena *arena, const char **reason_out, struct error *error);
MUST_CHECK bool required_marks_check(const struct resolver *resolver, const struct selection *selection,
                                     struct arena *arena, const char **reason_out, struct error *error);

/* doctest_text.c: as resolve_file(), of a text file: it is one test if it has examples. */
void resolve_text(struct library *library, struct source *source, struct blob *found_out);

/* What the answer rests on, beside settings and plugins: when all of it is the same, so is the answer. */
struct dependencies {
    struct source **sources; /* read ones: conftests, imported modules; not the file itself */
    size_t source_count;
    const char **missing; /* absolute paths that do not exist, and would matter if they did */
    size_t missing_count;
    bool is_unproven; /* may be told better once Python has compiled what is the same by then: not to be remembered */
};

/* Fills a blob that begins with a struct found_file. Arena and blob are the calling thread's. */
void resolve_file(const struct resolver *resolver, struct source *source, struct arena *arena, struct blob *found_out,
                  struct dependencies *dependencies_out);

/* Whether [0, size_bytes) is a well-formed found_file: for what comes from the disk. */
bool found_check(const void *bytes, size_t size_bytes);

/* ---- 6. index.c: what was found, on disk ---- */

/* Never fails: a missing, damaged or foreign one is empty. `folder`: .pytest_cache/d/fastest; NULL: no index at all. */
struct index *index_open(const char *folder);
void index_close(struct index *index);
/* Facts of a file with this content; NULL: not known. */
const struct facts *index_find_facts_by_hash(struct index *index, const char *path, const unsigned char hash[16]);
/* Stamp and hash of a file whose stamp is the one that is remembered. */
bool index_find_hash(struct index *index, const char *path, struct file_stamp *stamp_out, unsigned char hash_out[16]);
/* The answer for a file under this key, when everything it rests on is unchanged. Thread-safe, as all that find. */
const struct found_file *index_find_tests(struct index *index, struct library *library, struct source *source,
                                          const unsigned char key[16]);
/* The sources that this answer for the file rests on, in the arena: how many. */
size_t index_find_imports(struct index *index, const char *path, const struct found_file *found, struct arena *arena,
                          const char *const **paths_out);
/* About so many files will be told of: their memory is taken in one piece. */
void index_expect(struct index *index, size_t file_count);
/* Written by index_save(). Thread-safe. `found` must live until then. Of a file, the answers for two keys are kept. */
void index_keep_facts(struct index *index, const struct source *source, const void *facts, size_t size_bytes);
/* The stamp alone has changed: what is known about the content stays. */
void index_keep_stamp(struct index *index, const struct source *source);
void index_keep_tests(struct index *index, struct library *library, const struct source *source,
                      const unsigned char key[16], const struct found_file *found,
                      const struct dependencies *dependencies);
/* Appends one segment, or writes the file anew where too much of it is out of date. Losing a race is no failure. */
MUST_CHECK bool index_save(struct index *index, struct error *error);

/* ---- 6b. collected.c: what an interpreter collected, as a record ---- */

/* Fills a blob that begins with a struct recorded_tests, its key left open. */
void collected_write(const struct source *source, const struct collected_item *items, size_t item_count,
                     const char *const *sources, size_t source_count, struct blob *tests_out);

/* ---- 7. select.c: -k, -m, --deselect, ids ---- */

/* Fails with ERROR_USAGE in pytest's words: "Wrong expression passed to '-k': ...". */
MUST_CHECK bool selection_make(const struct discover_settings *settings, struct arena *arena,
                               struct selection **selection_out, struct error *error);
/* The marks that the expression of -m names: how many. */
size_t selection_mark_names(const struct selection *selection, struct arena *arena, const char *const **names_out);

/* {0, 0}, {1, 0}, ...: for all files that are FILE_IN_ORDER; it grows in an arena. */
struct tests_in_order {
    struct found_test *tests;
    size_t count;
};

/* Fills selected, selected_count and deselected_count. */
void selection_apply(const struct selection *selection, const struct walked_file *walked,
                     struct tests_in_order *in_order, struct arena *arena, struct discovered_file *file);

#endif
