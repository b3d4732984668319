/* What the files of src/hooks share: the room, engines, callers, plugin managers. */
#ifndef HOOKS_INTERNAL_H
#define HOOKS_INTERNAL_H

#include "hooks/hooks.h"

/* The folder's room: owned references only, NULL until made. */
struct hooks_room {
    struct hooks_types types; /* must be first: hooks_types() */
    /* dispatch */
    PyTypeObject *subset_caller; /* _SubsetHookCaller */
    PyTypeObject *proxy_relay;   /* FSHookProxy */
    PyTypeObject *hook_spec;
    PyTypeObject *result;
    PyTypeObject *impl_marker;
    PyTypeObject *spec_marker;
    PyTypeObject *marker_decorator;
    PyTypeObject *monitored_exec;
    PyTypeObject *dist_info;
    PyTypeObject *member_type;           /* of slots */
    PyObject *hook_names[HOOK_COUNT];    /* "pytest_configure", interned */
    PyObject *hook_argnames[HOOK_COUNT]; /* tuple of interned names, made when first needed */
    /* outcomes */
    PyObject *outcome_xfailed;
    PyObject *plugin_import_failure;   /* _pytest.config.PluginImportFailure */
    PyObject *conftest_import_failure; /* _pytest.config.ConftestImportFailure */
    /* finder and lazy modules */
    PyTypeObject *lazy_module;
    PyTypeObject *public_module;
    PyTypeObject *finder;
    PyTypeObject *loader;
    PyTypeObject *rewrite_finder;
    PyObject *the_finder;     /* the one on sys.meta_path */
    PyObject *first_finders;  /* list: sys.meta_path when it was put there */
    PyObject *the_pytest;     /* the module */
    PyObject *lazy_modules;   /* dict: name -> module object, run or not */
    PyObject *lazy_pending;   /* set: names of those whose code has not run */
    PyObject *lazy_importing; /* set: names of those that an import has begun with */
    PyObject *private_folder; /* str */
    /* config, parser (config_add fills them) */
    PyTypeObject *argument;
    PyTypeObject *option_group;
    PyTypeObject *invocation_params;
    PyObject *config_slots[16]; /* config's own: see config.c */
};

static inline struct hooks_room *
hooks_room(struct state *state)
{
    return state_room(state, ROOM_HOOKS);
}

/* ---- Engines (engine.c) ---- */

/*
 * A new engine for `config` (borrowed) on `pluginmanager` (kept), whose relay it takes; `options` is left NULL. The
 * manager's native hooks run with this engine from now on. NULL with an exception when the manager has one already.
 */
struct engine *engine_new(struct state *state, PyObject *config, PyObject *pluginmanager);
int engine_traverse(struct engine *engine, visitproc visit, void *arg);
/* Drops every reference and every room, and forgets itself in the manager. */
void engine_clear(struct engine *engine); /* drops its references; the struct stays, others point to it */
void engine_free(struct engine *engine);

/* ---- What the plugin manager and the Config ask of each other ---- */

/* config: takes over the options and ini rows of a built-in plugin, at its turn in registration order. 0 or -1. */
int config_adopt_native(struct engine *engine, const struct native_plugin *plugin);
/*
 * plugin manager: puts an AssertionRewritingHook on sys.meta_path until the config's cleanup, and marks the modules of
 * installed plugins for it. 0 or -1.
 */
int rewrite_finder_install(struct engine *engine, bool marks_plugins);
/* config: registers the types and functions of its files. 0 or -1. */
int config_add(PyObject *module, struct state *state);

/*
 * plugin manager: every method of pytest's class is there under its name (consider_preparse, _set_initial_conftests,
 * ...); call them by name.
 */
PyObject *plugin_manager_new(struct state *state);

#endif
