/* What the files of src/collect share. */
#ifndef COLLECT_INTERNAL_H
#define COLLECT_INTERNAL_H

#include "base/arena.h"
#include "base/table.h"
#include "collect/collect.h"
#include "os/folder.h"

/* A resolved argument: "path::names[params]". */
struct argument {
    PyObject *text;        /* as given */
    PyObject *path;        /* str, absolute and normalised */
    PyObject *names;       /* list of str */
    PyObject *params;      /* "[...]" or NULL */
    PyObject *module_name; /* --pyargs: str; NULL */
    size_t index;
};

struct arguments {
    struct argument *items;
    size_t count;
};

/* Shell patterns of an ini value, in UTF-8; remade when the value is another object. */
struct patterns {
    PyObject *value;    /* owned: list of str */
    const char **texts; /* borrowed from the strings in `value` */
    size_t count;
};

struct left_out; /* leave_out.c */

struct whole_files {
    struct arena arena; /* the paths, and what hooks left */
    struct whole_file *items;
    size_t count, capacity;
};

/* What the hooks of others do to a collection: hooks_seen.c. */
struct hooks_seen {
    PyObject *collected; /* owned list: all items before pytest_collection_modifyitems; NULL: that is not going on */
    Py_ssize_t collected_count;
    PyObject **before; /* the items when an implementation of others began; only compared */
    Py_ssize_t before_count;
    size_t before_capacity;
    bool others_changed;      /* one of these changed the list */
    bool others_saw_all;      /* all of them began with all items */
    bool others_decide_files; /* one of these may have had files collected that are not otherwise */
    bool has_order;           /* what is left of `collected` is in its order */
    bool has_told;            /* of each file as far as it can be told, and nothing has changed since */
    unsigned count;           /* of collections: a second one mixes its files with the first's */
};

/* What collection remembers per run. */
struct collect_engine {
    long tests_failed;
    long tests_collected;
    PyObject *should_stop; /* str, or NULL for False */
    PyObject *should_fail;
    PyObject *items;                      /* list */
    PyObject *initial_paths;              /* set of str */
    PyObject *initial_paths_with_parents; /* set of str */
    PyObject *not_found;                  /* list of (argument text, list of collectors) */
    PyObject *reports;                    /* dict: collector -> report */
    PyObject *trace;
    PyObject *relative_paths; /* dict: path -> relative to rootdir (both str) */
    struct arguments arguments;
    /* ignore rules of the directory asked about last */
    PyObject *rules_directory;
    PyObject *rules_paths; /* set of str */
    PyObject *rules_globs; /* list of str */
    unsigned rules_generation;
    struct left_out *left_out; /* NULL: nothing can be */
    struct records *records;   /* of collections; see collect_records() */
    bool has_asked_for_records;
    struct whole_files whole_files;
    struct hooks_seen hooks_seen;
    size_t failed_report_count; /* reports of collectors that did not pass */
    bool keeps_duplicates;      /* --keep-duplicates: arguments may lie inside of others */
    Node *passed_through; /* borrowed during the call: the directory of which only the arguments' entries matter */
    /* what a directory scan knows already about the path it asks about */
    PyObject *hint_path; /* borrowed during the call */
    bool hint_is_folder;
    struct patterns norecurse, python_files, python_classes, python_functions;
    unsigned walk_depth;         /* while an object's attributes are walked, its patterns are not asked for anew */
    PyObject *generators_holder; /* borrowed during a walk: the module known to have no pytest_generate_tests */
    /* imports */
    PyObject *package_roots; /* dict: directory -> (root directory, dotted prefix) */
    PyObject *module_spec_type, *loader_type;
    PyObject *plain_finders; /* tuple: sys.meta_path as it was when it was found to be plain */
    PyObject *builtin_names; /* frozenset */
};

struct collect_engine *collect_engine(struct engine *engine);

/* The room of cached types and objects. */
struct collect_room {
    struct collect_types types;
    PyTypeObject *xunit_fixture;
    PyObject *import_mismatch; /* ImportPathMismatchError */
    PyObject *object_init, *object_new;
    PyObject *ignored_attributes; /* frozenset of names that collection never looks at */
};

static inline struct collect_room *
collect_room(struct state *state)
{
    return state_room(state, ROOM_COLLECT);
}

/* ---- Arguments ---- */

/* Resolves `args` (a sequence of str) into `arguments`: 0, or -1 with a UsageError. */
int arguments_resolve(struct engine *engine, PyObject *args, struct arguments *arguments);
/* Drops what another argument contains already, keeping the order. */
void arguments_normalize(struct arguments *arguments);
void arguments_release(struct arguments *arguments);

/* os.path.abspath(os.path.join(directory, path)): a new reference. */
PyObject *path_absolute(PyObject *directory, PyObject *path);

/* ---- Collecting ---- */

/* What a path is, links followed; FILE_MISSING also for what cannot be asked about. */
enum file_kind path_kind(PyObject *path);

/* session._collect_one_node(): a new report, or the one made before (*is_duplicate). */
PyObject *collect_cached(Node *collector, bool handles_duplicates, bool *is_duplicate);
int report_passed(struct engine *engine, PyObject *report); /* 1, 0, -1 */
int notify_report(Node *collector, PyObject *report);       /* pytest_collectreport: 0 or -1 */
/* The nodes that the run's arguments name: a new list. */
PyObject *session_collect_list(Node *session);

/* runner.collect_one_node(): the collector's report, its hooks called. A new reference. */
PyObject *collect_one_node(Node *collector);
/* session.gethookproxy(path): borrowed. */
PyObject *relay_for_path(struct engine *engine, PyObject *path);

/* Hooks of the plugin "python" that live with their classes. */
PyObject *python_collect_directory(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *python_collect_file(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *python_makemodule(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *python_makeitem(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *python_pyfunc_call(struct engine *engine, PyObject *self, PyObject *const *args);

/*
 * Whether nobody could tell if a directory on the way to the arguments collected nothing but what they name: then its
 * other entries are not even looked at.
 */
bool directory_is_passed_through(Node *directory);

/* ---- clean.c ---- */

/* Before and after the tests of a whole file are collected into `items`. */
struct clean_watch {
    bool is_active;
    Py_ssize_t item_count, warning_count;
    size_t failed_report_count;
    unsigned generation;
};
void clean_watch_start(Node *node, PyObject *items, struct clean_watch *watch);
int clean_watch_end(Node *node, PyObject *report, PyObject *items, const struct clean_watch *watch); /* 0 or -1 */
void whole_files_release(struct whole_files *files);

/* ---- hooks_seen.c ---- */

/* Around a whole collection: what others' hooks do is looked at meanwhile. */
void hooks_seen_start(struct engine *engine);
void hooks_seen_stop(struct engine *engine);
/* Around pytest_collection_modifyitems: what the hooks of others have left of each whole file. 0 or -1. */
int hooks_seen_before(struct engine *engine, PyObject *items);
int hooks_seen_after(struct engine *engine, PyObject *items);
void hooks_seen_release(struct hooks_seen *seen);

/* ---- loaded_modules.c ---- */

int loaded_modules_read(struct state *state, struct arena *arena, struct table *paths_out); /* 0 or -1 */

/* ---- failures.c ---- */

/* What --lf of a later run would look at. Zeroed at first. */
struct remembered_failures {
    struct arena arena;
    struct table files; /* what ids begin with, up to "::" -> struct failure */
};
int failures_read(struct engine *engine, struct remembered_failures *failures_out); /* 0 or -1 */
/* Whether collecting the file may settle one: a passed collector's failure becomes those of what it holds. */
bool failures_concern(const struct remembered_failures *failures, const struct discovered_file *file);
void failures_release(struct remembered_failures *failures);

/* ---- leave_out.c ---- */

/* What this run would ask a discovery, in the arena. 0 or -1. */
int question_fill(struct engine *engine, struct arena *arena, struct discover_question *question);

/* Before collecting: asks the index what need not be imported. 0 or -1. */
int leave_out_prepare(struct engine *engine);
/* Whether a collector's items are not collected into `items`: it is a file of which none would be left. */
int leave_out(Node *node, PyObject *items); /* 1, 0, -1 */
/* After collecting: collects all the same what hooks that came meanwhile have to see. 0 or -1. */
int leave_out_settle(struct engine *engine, PyObject *items);
/* How many selected tests --collect-only knows without having collected them. */
long leave_out_selected_count(struct engine *engine);
void left_out_free(struct left_out *left_out);
int left_out_traverse(struct left_out *left_out, visitproc visit, void *arg); /* NULL is allowed */

/* session.genitems() into a list: 0 or -1. */
int session_generate_items(Node *node, PyObject *items);

/* ---- Files ---- */

bool session_is_initial(struct engine *engine, PyObject *path, bool with_parents);
/* Whether any of the patterns matches: 1, 0 or -1. */
int patterns_match_path(struct engine *engine, struct patterns *patterns, const char *ini, PyObject *path);
int patterns_load(struct engine *engine, struct patterns *patterns, const char *ini);

/* ---- Python objects ---- */

/* node.obj, respecting overrides: a new reference. */
PyObject *node_object(Node *node);
PyObject *function_instance(Node *function); /* new reference, None for functions outside of classes */

/* PyCollector.collect(): a new list. */
PyObject *py_collector_collect(Node *collector);
/* pytest_pycollect_makeitem of the plugin "python", native: new reference (None, node or list). */
PyObject *python_make_item(Node *collector, PyObject *name, PyObject *object);
/* ... of the plugin "unittest". */
PyObject *unittest_make_item(Node *collector, PyObject *name, PyObject *object);
int name_matches(struct engine *engine, struct patterns *patterns, const char *ini, PyObject *name);

/* getattr(object, name, NULL) where any exception or outcome means "none": 1, 0, -1 (exits only). */
int safe_find_attr(struct state *state, PyObject *object, PyObject *name, PyObject **value_out);
/* get_real_func(object): a new reference. */
PyObject *real_function(struct state *state, PyObject *object);
/* The function, without making the instance whose method it is: a new reference. */
PyObject *function_raw_object(Node *function);
PyObject *function_traceback_filter(PyObject *op, PyObject *excinfo); /* Function._traceback_filter() */
PyObject *function_repr_failure(PyObject *op, PyObject *excinfo);     /* Function.repr_failure() */
bool is_plain_function(struct state *state, PyObject *object);
/* co_flags of a function; 0 when it has none. -1 with an exception. */
long function_code_flags(struct state *state, PyObject *function);
bool code_flags_are_async(long flags);
int is_async_function(struct state *state, PyObject *object);
int is_abstract_class(PyObject *object);

/* A function item made without Python, of the function `raw_object`. These all return a new reference. */
Node *function_new(Node *parent, PyObject *name, PyObject *raw_object);
/* The same of a subclass of Function. */
Node *function_new_of(PyTypeObject *cls, Node *parent, PyObject *name, PyObject *raw_object);
/* The same with `name` for one set of parameters of the function `original_name`. */
Node *function_new_named(PyTypeObject *cls, Node *parent, PyObject *name, PyObject *original_name, PyObject *object);
/* Another of the same function, with a copy of its marks. */
Node *function_new_like(Node *model, PyObject *name);
int function_take_callspec(Node *self, PyObject *callspec); /* with its marks: 0 or -1 */
/* "name[id]", or the bare name when every part of the id is hidden: a new reference. */
PyObject *function_parametrized_name(struct state *state, PyObject *name, PyObject *callspec);

/* ---- Imports ---- */

PyObject *module_import_path(struct engine *engine, PyObject *path, const char *mode); /* upcalls.import_path */
/* What importing the file by its path would do to sys.path, other files may rely on it. 0 or -1. */
int module_prepare_path(struct engine *engine, PyObject *path);
PyObject *import_test_module(struct engine *engine, PyObject *path); /* importtestmodule() */

/* ---- xunit ---- */

int module_register_xunit(Node *module, PyObject *object);
int class_register_xunit(Node *cls, PyObject *object);
int class_register_xunit_class(Node *cls, PyObject *object);
/* func(argument) when it takes one, else func(). 0 or -1. */
int call_with_optional_argument(struct state *state, PyObject *function, PyObject *argument);
/* The first attribute of `names` that is no fixture: 1 and a new reference, 0 or -1. */
int find_non_fixture(struct state *state, PyObject *object, const char *const *names, PyObject **function_out);
/* request.addfinalizer() with a C function whose self is `memory`. Takes the memory; NULL fails at once. 0 or -1. */
int request_add_teardown_take(struct state *state, PyObject *request, PyMethodDef *teardown, PyObject *memory);
int xunit_add(PyObject *module, struct state *state);

/* Kind bits of our own: a function that is neither a coroutine nor anything else unusual. */
enum { FUNCTION_IS_PLAIN = 1 << 30 };

void patterns_release(struct patterns *patterns);
PyObject *collector_generate_native(Node *collector, PyObject *name, PyObject *object);
/* node.getmodpath(): a new reference. */
PyObject *node_module_path(Node *node, bool stops_at_module, bool includes_module);
PyObject *function_location(Node *function);

Node *class_node_new(PyTypeObject *cls, Node *parent, PyObject *name, PyObject *object);
PyObject *class_new_instance(Node *cls);
int class_is_wanted(Node *cls, PyObject *object); /* not `__test__ = False`: 1, 0, -1 */
int class_parse_fixtures(Node *cls);

/* ---- Registration ---- */

int hook_functions_add(PyObject *module, struct state *state);
int class_add(PyObject *module, struct state *state);
extern PyMethodDef TEST_RULE_METHODS[];

int session_add(PyObject *module, struct state *state);
int directory_classes_add(PyObject *module, struct state *state);
int python_classes_add(PyObject *module, struct state *state);
int function_classes_add(PyObject *module, struct state *state);
int unittest_classes_add(PyObject *module, struct state *state);

extern PyMethodDef SESSION_COLLECT_METHODS[];

#endif
