/* Public face of src/hooks: engines, hook dispatch, plugins, options and config. */
#ifndef HOOKS_HOOKS_H
#define HOOKS_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks/hookspec.h"
#include "model/plugin_names.h"
#include "py/py.h"

/*
 * All state of one pytest run: one per Config, which owns it. Runs nest in one interpreter, so nothing about a run
 * is kept anywhere else. Each folder hangs its own struct into its room.
 */
struct engine {
    struct state *state;
    PyObject *config;               /* borrowed: the Config owns this struct */
    PyObject *pluginmanager;        /* owned: PytestPluginManager */
    PyObject *relay;                /* owned: config.hook */
    PyObject *options;              /* owned: config.option, a namespace object */
    PyObject *session;              /* borrowed: the Session registers and unregisters itself */
    PyObject *cache_folder;         /* borrowed: a str, .pytest_cache as configured; NULL: there is no cache plugin */
    PyObject *collection_warnings;  /* borrowed: the list of what is recorded while tests are collected; else NULL */
    const struct hook_watch *watch; /* borrowed: who looks at what others do in a hook; NULL: nobody */
    int64_t started_ns;             /* clock_file_ns() */
    uint64_t variables_hash; /* ends_with_process: of the environment at the start, but for what always differs */
    bool ends_with_process;  /* the run of a command line: nobody asks for its session when it is over */
    struct engine_room {
        void *data;
        int (*traverse)(void *data, visitproc visit, void *arg); /* NULL: holds no Python references */
        void (*release)(void *data);                             /* drops references, frees */
    } rooms[ROOM_COUNT];
};

struct engine *engine_from_config(PyObject *config); /* never NULL; `config` must be a Config */

static inline void *
engine_room(struct engine *engine, enum room room)
{
    return engine->rooms[room].data;
}

/* ---- Outcomes: the exceptions Failed, Skipped, Exit (`_pytest.outcomes`) ---- */

struct hooks_types {
    PyObject *outcome_exception; /* all exceptions of this block */
    PyObject *failed;
    PyObject *skipped;
    PyObject *exit;
    PyObject *usage_error;
    PyTypeObject *config;
    PyTypeObject *plugin_manager;        /* pluggy.PluginManager */
    PyTypeObject *pytest_plugin_manager; /* PytestPluginManager */
    PyTypeObject *hook_relay;
    PyTypeObject *hook_caller;
    PyTypeObject *hook_impl;
    PyTypeObject *namespace_type;
    PyTypeObject *parser;
    PyTypeObject *stash;
    PyTypeObject *stash_key;
};
/* The first members of the room: struct hooks_room { struct hooks_types types; ... }. */
static inline struct hooks_types *
hooks_types(struct state *state)
{
    return state_room(state, ROOM_HOOKS);
}

/*
 * pytest.fail(msg, pytrace=with_traceback), pytest.skip(reason) and raising a UsageError, from C: they set the
 * exception and return NULL. The formats are PyUnicode_FromFormat's.
 */
PyObject *outcome_fail(struct state *state, bool with_traceback, const char *fmt, ...);
PyObject *outcome_skip(struct state *state, PyObject *reason);
PyObject *usage_error(struct state *state, const char *fmt, ...);

/* ---- Calling hooks ---- */

/*
 * Calls a hook on a relay (config.hook, or a node's ihook). `args` are the hook's arguments in the order of
 * hookspec.h, borrowed. Returns a new reference: the list of results that are not None; for a firstresult hook the
 * first such result, or None. NULL with an exception.
 *
 * Semantics are pluggy's: LIFO order, tryfirst/trylast, wrappers of both kinds. While the list holds only built-ins
 * no Python object is made and no frame entered; an empty list costs a branch.
 *
 * A path argument is passed as a str to built-ins, and made a pathlib.Path before the first foreign implementation is
 * called: callers pass the str.
 */
PyObject *hook_call(PyObject *relay, enum hook_id id, PyObject *const *args);

/*
 * hook_call, dropping the result: 0 or -1. For a historic hook both are call_historic() without a callback: the call
 * is remembered, and replayed for plugins registered later.
 */
int hook_notify(PyObject *relay, enum hook_id id, PyObject *const *args);

/* hook._call_history = [], for a historic hook: what was called is not replayed any more. */
void hook_forget_history(PyObject *relay, enum hook_id id);

/*
 * While engine->watch is set, `look` runs before and after each stretch of an implementation that is not native: once
 * around a plain one, twice around a wrapper; not after an exception of a plain one. `value` is what a plain one
 * returned, when it is over; else NULL.
 */
struct hook_watch {
    void (*look)(struct engine *engine, int id, bool is_over, PyObject *value);
};

/* Whether only built-ins implement it (then what they would be given need not exist, see the hook's own notes). */
bool hook_is_native(PyObject *relay, enum hook_id id);
bool hook_is_empty(PyObject *relay, enum hook_id id);
/* Whether nobody but pytest's own plugins implements it, those that are Python included. */
bool hook_is_pytests(PyObject *relay, enum hook_id id);

/* Changes whenever any plugin of this engine is registered or unregistered: cached answers of the above expire. */
unsigned hook_generation(struct engine *engine);

/*
 * The relay that calls only the conftests visible from `directory` (str): borrowed, cached per directory and
 * generation; config.hook itself when no conftest is excluded.
 */
PyObject *hook_relay_for_directory(struct engine *engine, PyObject *directory);

/* ---- Built-in plugins ---- */

enum native_flags { NATIVE_TRYFIRST = 1, NATIVE_TRYLAST = 2, NATIVE_WRAPPER = 4 };

struct native_hook {
    enum hook_id id;
    unsigned flags; /* enum native_flags */
    /*
     * The implementation: `args` in the order of hookspec.h, borrowed; `self` is the plugin object. A new reference
     * (None: no result), or NULL with an exception.
     */
    PyObject *(*call)(struct engine *engine, PyObject *self, PyObject *const *args);
    /* With NATIVE_WRAPPER instead: `before` runs first; 0, or -1 with an exception (then `after` is not called). */
    int (*before)(struct engine *engine, PyObject *self, PyObject *const *args, void **memory);
    /*
     * ... and `after` when the inner call is done: takes the reference `result`, NULL when it raised (the exception
     * is set: take it with py_error_take() before running anything). Returns the result to pass on, or NULL with the
     * exception to pass on. Always called once after a successful `before`.
     */
    PyObject *(*after)(struct engine *engine, PyObject *self, PyObject *const *args, void *memory, PyObject *result);
};

enum option_action {
    OPTION_STORE,
    OPTION_STORE_TRUE,
    OPTION_STORE_FALSE,
    OPTION_STORE_CONST, /* const_text */
    OPTION_APPEND,
    OPTION_COUNT,
    OPTION_CUSTOM, /* custom_action: "module:ClassName" of an argparse.Action, "... NAME=VALUE" for OverrideIniAction */
};
enum option_type { OPTION_TEXT, OPTION_INT, OPTION_FLOAT, OPTION_CUSTOM_TYPE /* custom_type: "module:function" */ };

/* One row per option of a built-in plugin. No Python object is made from it until somebody looks. */
struct option_spec {
    const char *group;    /* as passed to getgroup(): "general", "terminal reporting", ... */
    const char *names[4]; /* "-k", "--ignore", ...; NULL-terminated unless 4 */
    const char *dest;
    enum option_action action;
    enum option_type type;
    const char *default_text; /* Python literal: "None", "''", "[]", "0", "'auto'"; NULL for argparse's own default */
    const char *metavar;
    const char *help;
    const char *choices[8]; /* NULL-terminated unless 8 */
    const char *nargs;      /* "?" or NULL */
    const char *const_text; /* Python literal for nargs="?" and OPTION_STORE_CONST */
    const char *custom_action;
    const char *custom_type;
};

struct ini_spec {
    const char *name;
    /* "string", "paths", "pathlist", "args", "linelist", "bool", "int", "float", NULL; a union "int | 'auto'" */
    const char *type;
    const char *default_text; /* Python literal; NULL: none given */
    const char *help;
    const char *aliases[2];
    const char *folder_variable; /* the default is a path within the folder that this environment variable names */
};

/* A built-in plugin, under pytest's name for it. */
struct native_plugin {
    const char *name;   /* "runner", "capturemanager" */
    const char *module; /* "_pytest.runner": what get_plugin() returns when no object is given; imported when touched */
    const struct native_hook *hooks;
    size_t hook_count;
    const struct option_spec *options;
    size_t option_count;
    const struct ini_spec *inis;
    size_t ini_count;
};

/*
 * Registers it; `object` is what the plugin manager shows (NULL: the lazily imported module). 0, also when its name is
 * blocked (-p no:NAME; a later `-p NAME` then registers it), or -1.
 */
int plugin_register_native(struct engine *engine, const struct native_plugin *plugin, PyObject *object);

/* pm.register(plugin, name): 0, also when the name is blocked, or -1. */
int plugin_register(struct engine *engine, PyObject *plugin, PyObject *name);
/* pm.get_plugin(name): a new reference; NULL without an exception when there is none. */
PyObject *plugin_find(struct engine *engine, const char *name);

/* Whether the plugin of that name is a built-in one: there are no fixtures, options or plugin names to look for in it.
 */
bool plugin_is_native(struct engine *engine, PyObject *name);

/* The plugins that are neither built in, nor ours, nor conftests: a new list of (name, plugin, name of its module). */
PyObject *plugins_list_foreign(struct engine *engine);
/* The modules of all conftests: a new list. */
PyObject *plugins_list_conftests(struct engine *engine);
/* records_plugin_key() of what is installed, and records_steering_key() unless it is NULL. 0 or -1. */
int plugins_environment_key(struct engine *engine, unsigned char key_out[16], unsigned char *steering_key_out);

/* Loads the conftests of `directory` (str) and its parents up to confcutdir, as collection does. 0 or -1. */
int plugin_load_conftests(struct engine *engine, PyObject *directory);
/* --confcutdir, absolute: a borrowed str; NULL when there is none. */
PyObject *plugin_confcutdir(struct engine *engine);

/* The import hook, if there is one, asks the session (NULL: none) which files the command line names. */
void import_hook_set_session(struct engine *engine, PyObject *session);

/* ---- Options and ini values ---- */

/* config.option.<dest>: a new reference; None when there is no such option. NULL with an exception. */
PyObject *option_get(struct engine *engine, const char *dest);
/* Truth of it; -1 with an exception. */
int option_is_true(struct engine *engine, const char *dest);
/* As an int; `otherwise` when it is None, or nothing that is a number. */
long option_int(struct engine *engine, const char *dest, long otherwise);
/* Changes whenever an option is assigned through the namespace: cached answers of the above expire. */
unsigned option_generation(struct engine *engine);

/* config.getini(name): a new reference, cached by the config. */
PyObject *ini_get(struct engine *engine, const char *name);
int ini_is_true(struct engine *engine, const char *name); /* 1, 0, -1 */

/* config.get_verbosity(type or NULL); 0 when that is no number. */
int config_verbosity(struct engine *engine, const char *type);
/* Whether that is a number: 0, or -1 with the usage error. */
int config_check_verbosity(struct engine *engine, const char *type);

/* Absolute paths as str, borrowed. */
PyObject *config_rootpath(struct engine *engine);
PyObject *config_invocation_dir(struct engine *engine);
PyObject *config_inipath(struct engine *engine); /* None: there is no config file */

/* Whether config.args come from the ini value testpaths: 1, 0, -1. */
int config_args_are_testpaths(struct engine *engine);

/* config.add_cleanup with a C function; run in LIFO order with Python's own. */
int config_add_cleanup(struct engine *engine, void (*run)(struct engine *engine, void *memory), void *memory);

/* warnings.warn(category(message)) located like config.issue_config_time_warning(); 0 or -1. */
int config_warn(struct engine *engine, const char *category, const char *fmt, ...);

/*
 * Adds the filters of the configuration and of -W to warnings.filters, as pytest's apply_warning_filters() does. 0 or
 * -1 (UsageError for a filter that is wrong).
 */
int config_apply_warning_filters(struct engine *engine);

/*
 * Makes sys.meta_path what it was at first if a test took our finder off it: pytest has imported all that it needs by
 * then, we import late. 0 or -1.
 */
int finder_restore(struct state *state);
/* Whether the object is the module `pytest` of ours. */
bool finder_is_pytest(struct state *state, PyObject *object);

/* Registers types and functions of this folder with the module. 0 or -1. */
int hooks_add(PyObject *module, struct state *state);

#endif
