/* Hook callers, implementations and specifications: the structs that dispatch walks. */
#ifndef HOOKS_DISPATCH_H
#define HOOKS_DISPATCH_H

#include "hooks/internal.h"

/* One implementation of one hook by one plugin. Fields are owned; those marked lazy are NULL until Python asks. */
typedef struct hook_impl {
    PyObject_HEAD
    const struct native_hook *native; /* NULL: a Python function */
    PyObject *plugin;
    PyObject *plugin_name;
    PyObject *function;   /* lazy when native */
    PyObject *opts;       /* lazy when native */
    PyObject *argnames;   /* tuple of str, lazy when native */
    PyObject *kwargnames; /* tuple of str, lazy when native */
    short *positions; /* of argnames, then kwargnames, among the specification's names; -1: not there. NULL: unbound */
    short argument_count;
    short keyword_count;
    bool wrapper;
    bool hookwrapper;
    bool optionalhook;
    bool tryfirst;
    bool trylast;
} HookImpl;

/* An immutable snapshot, so that plugins may come and go during a call. The last one is called first. */
struct hook_list {
    size_t references;
    size_t count;
    size_t foreign_count;
    HookImpl *impls[]; /* owned */
};

typedef struct hook_caller {
    PyObject_HEAD
    struct state *state;
    PyObject *name;
    PyObject *manager;  /* PluginManager; NULL in callers made by Python code */
    PyObject *hookexec; /* what Python code gave instead; NULL */
    PyObject *names;    /* tuple: the specification's argnames and kwargnames; NULL without one, and lazy for our own */
    PyObject *spec;     /* HookSpec: lazy for our own */
    PyObject *history;  /* list of (kwargs, callback) when historic, else NULL */
    struct hook_list *list; /* never NULL */
    int id;                 /* enum hook_id, or HOOK_COUNT */
    bool has_spec;
    bool firstresult;
    /* _SubsetHookCaller */
    struct hook_caller *origin; /* owned */
    PyObject *removed;          /* set of plugins */
    struct hook_list *source;   /* the origin's list that `list` was filtered from */
} HookCaller;

typedef struct hook_spec {
    PyObject_HEAD
    PyObject *namespace;
    PyObject *name;
    PyObject *function;
    PyObject *argnames;
    PyObject *kwargnames;
    PyObject *kwargdefaults; /* dict */
    PyObject *opts;
    PyObject *warn_on_impl;
    PyObject *warn_on_impl_args;
} HookSpec;

/* config.hook and, with `removed`, the FSHookProxy of a directory. */
typedef struct hook_relay {
    PyObject_HEAD
    struct state *state;
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *manager;
    PyObject *removed;               /* set of conftests that are not visible; NULL in config.hook */
    HookCaller *callers[HOOK_COUNT]; /* owned; all there in pytest's relay, made when needed in a proxy */
} HookRelay;

/* What one call hands to the implementations. */
struct hook_arguments {
    PyObject *names;         /* tuple, borrowed; NULL for a hook without specification */
    PyObject *const *values; /* in the order of `names`, borrowed, NULL where not given; or NULL */
    PyObject *kwargs;        /* dict, borrowed: what Python code gave; NULL when called from C */
    int id;                  /* enum hook_id, or HOOK_COUNT */
};

typedef struct plugin_manager {
    PyObject_HEAD
    struct state *state;
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *project_name;
    PyObject *name2plugin;    /* dict: None is a blocked name */
    PyObject *native_names;   /* set: which of them are built-in plugins */
    PyObject *hook;           /* HookRelay */
    PyObject *trace;          /* lazy */
    PyObject *distinfo;       /* list of (plugin, DistInfo) */
    PyObject *inner_hookexec; /* NULL: ours; else what add_hookcall_monitoring() put around it */
    struct engine *engine;    /* borrowed; NULL before a Config takes this manager */
    unsigned generation;
    /* PytestPluginManager */
    bool is_pytest;
    bool no_conftest;
    bool configured;
    bool using_pyargs;
    PyObject *conftest_plugins;    /* set of modules */
    PyObject *directory_conftests; /* dict: directory (str) -> list of modules */
    PyObject *confcutdir;          /* str, or NULL */
    PyObject *skipped_plugins;     /* list of (name, reason) */
    PyObject *rewrite_hook;
    PyObject *proxies;         /* dict: directory (str) -> relay, of `proxies_generation` */
    PyObject *retired_proxies; /* list: earlier ones of those */
    unsigned proxies_generation;
    struct entry_points *entry_points;   /* of the last look; NULL */
    const struct native_plugin **offers; /* built-in plugins that are not registered */
    size_t offer_count;
} PluginManager;

static inline struct engine *
caller_engine(const HookCaller *caller)
{
    return caller->manager ? ((PluginManager *)caller->manager)->engine : NULL;
}

/* ---- lists (hook_list.c) ---- */

struct hook_list *hook_list_new(size_t count); /* impls are for the caller to fill with owned references */
static inline struct hook_list *
hook_list_keep(struct hook_list *list)
{
    list->references++;
    return list;
}
void hook_list_drop(struct hook_list *list); /* NULL is allowed */
int hook_list_traverse(struct hook_list *list, visitproc visit, void *arg);
/* A list with `impl` at pluggy's place for it. */
struct hook_list *hook_list_with(const struct hook_list *list, HookImpl *impl);
/* ... as call_extra() places its temporary methods. */
struct hook_list *hook_list_with_extra(const struct hook_list *list, HookImpl *impl);
/* Without the implementations whose plugin equals `plugin` (or is in the set `removed`). NULL with an exception. */
struct hook_list *hook_list_without(const struct hook_list *list, PyObject *plugin, PyObject *removed);
PyObject *hook_list_as_list(const struct hook_list *list);

/* ---- implementations (hook_impl.c) ---- */

PyObject *hook_impl_new(struct state *state, PyObject *plugin, PyObject *plugin_name, PyObject *function,
                        PyObject *opts);
PyObject *hook_impl_new_native(struct state *state, PyObject *plugin, PyObject *plugin_name,
                               const struct native_hook *native);
/* Resolves its argument names among the specification's. */
void hook_impl_bind(HookImpl *impl, PyObject *names);
/* function(*args, **kwargs) with what it asks for: a new reference, NULL with an exception (also HookCallError). */
PyObject *hook_impl_call(HookImpl *impl, const struct hook_arguments *arguments);
int hook_impl_add_type(PyObject *module, struct state *state);

/* (positional names, names with defaults) of a callable, as pluggy's varnames(): 0 or -1. */
int varnames(struct state *state, PyObject *function, bool legacy_noself, PyObject **argnames_out,
             PyObject **kwargnames_out);
/* inspect.isroutine() */
bool object_is_routine(struct state *state, PyObject *object);
/* inspect.unwrap(): a new reference. */
PyObject *function_unwrap(struct state *state, PyObject *function);

/* ---- looking without running code (static_attr.c) ---- */

/* inspect.getattr_static(object, name, None): a new reference, NULL without an exception when absent. */
PyObject *object_find_static(struct state *state, PyObject *object, PyObject *name);
/*
 * pluggy's _static_hook_attr(): 1 with the object that may carry the marker and the function bound as getattr() would,
 * 0: no hookable attribute of that name, -1.
 */
int hook_attr_find(struct state *state, PyObject *object, PyObject *name, PyObject **holder_out,
                   PyObject **function_out);
int static_attr_init(struct state *state);

/* ---- specifications (hook_spec.c) ---- */

PyObject *hook_spec_new(struct state *state, PyObject *namespace, PyObject *name, PyObject *opts);
/* Warns about or refuses (PluginValidationError) what does not fit. 0 or -1. */
int hook_verify(struct state *state, HookCaller *caller, HookImpl *impl);
/* Raises pluggy's exception of that name, with plugin= for PluginValidationError. Returns NULL. */
PyObject *pluggy_error(const char *name, PyObject *plugin, const char *fmt, ...);
int hook_spec_add_type(PyObject *module, struct state *state);

/* ---- callers (hook_caller.c, hook_caller_type.c) ---- */

/* All three: a new reference. `id`: HOOK_COUNT for hooks that are not ours. */
HookCaller *hook_caller_alloc(struct state *state, PyTypeObject *type, PyObject *name, int id);
HookCaller *hook_caller_new(struct state *state, PyObject *manager, PyObject *name, int id);
HookCaller *hook_caller_new_subset(struct state *state, HookCaller *origin, PyObject *removed);
/* Where the data is: a subset caller is a view of another one. */
static inline HookCaller *
hook_caller_root(HookCaller *caller)
{
    return caller->origin ? caller->origin : caller;
}
int hook_caller_set_spec(struct state *state, HookCaller *caller, PyObject *namespace, PyObject *opts);
/* The names of its arguments, a tuple: borrowed. NULL without a specification, or with an exception. */
PyObject *hook_caller_names(struct state *state, HookCaller *caller);
/* The implementations as of now: borrowed, keep it for the call. NULL with an exception (subset only). */
struct hook_list *hook_caller_list(HookCaller *caller);
void hook_caller_add(struct state *state, HookCaller *caller, HookImpl *impl);
/* Those of one plugin: 0, or -1 with an exception, also when there was none; and all of them. */
int hook_caller_remove_plugin(HookCaller *caller, PyObject *plugin);
void hook_caller_forget(HookCaller *caller);
bool hook_caller_has_plugin(HookCaller *caller, PyObject *plugin);
/* Calls a new implementation with everything that a historic hook was called with. 0 or -1. */
int hook_caller_replay(struct state *state, HookCaller *caller, HookImpl *impl);
/* The call, with all arguments in order. `wants_result` false: the result may be None. A new reference. */
PyObject *hook_caller_call_values(HookCaller *caller, PyObject *const *values, bool wants_result);
/*
 * The call of `list` with a dict of arguments. `remembers`: a historic call, kept with `callback` (may be NULL) for
 * implementations to come. A new reference.
 */
PyObject *hook_caller_call_kwargs(HookCaller *caller, struct hook_list *list, PyObject *kwargs, bool remembers,
                                  PyObject *callback);
int hook_caller_add_types(PyObject *module, struct state *state);

/* ---- the call itself (multicall.c) ---- */

struct multicall {
    struct state *state;
    struct engine *engine; /* for natives */
    PyObject *hook_name;
    struct hook_list *list;
    struct hook_arguments *arguments;
    bool firstresult;
    bool wants_result;
};
PyObject *multicall(const struct multicall *call);
/* pluggy._callers._multicall(hook_name, hook_impls, caller_kwargs, firstresult) */
PyObject *multicall_from_python(struct state *state, struct engine *engine, PyObject *const *args, Py_ssize_t given);
/* names -> values for Python code, paths as Path: a new dict. */
PyObject *hook_arguments_as_dict(struct state *state, const struct hook_arguments *arguments);

/* Result(result, exception); Result.get_result() without the traceback of a frame. */
PyObject *result_new(struct state *state, PyObject *result, PyObject *exception);
PyObject *result_get(PyObject *result);
int result_add_type(PyObject *module, struct state *state);
int markers_add_types(PyObject *module, struct state *state);

/* ---- relays (relay.c) ---- */

/* The names of our own hooks: borrowed; NULL with an exception. */
PyObject *hook_argnames(struct state *state, enum hook_id id);
bool hook_id_has_flag(enum hook_id id, int flag); /* enum hook_spec_flags */
int hook_names_init(struct state *state);

PyObject *hook_relay_new(struct state *state, PyObject *manager, bool is_pytest);
PyObject *hook_proxy_new(struct state *state, PyObject *manager, PyObject *removed);
int relay_add_types(PyObject *module, struct state *state);

int outcomes_add_types(PyObject *module, struct state *state);
int rewrite_finder_add_type(PyObject *module, struct state *state);
int stash_add_types(PyObject *module, struct state *state);
int plugin_manager_add_types(PyObject *module, struct state *state);

#endif
