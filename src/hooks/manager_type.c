/* The Python type PluginManager, which is pluggy's: methods, attributes, life. */
#include "hooks/plugin_manager.h"

#include "base/arena.h"
#include "hooks/entry_points.h"

bool
manager_overrides(PluginManager *manager, const char *method)
{
    PyTypeObject *type = Py_TYPE(manager);
    struct hooks_types *types = hooks_types(manager->state);
    bool overrides = false;

    if (type == types->pytest_plugin_manager || type == types->plugin_manager) {
        return false;
    }
    PyTypeObject *ours = manager->is_pytest ? types->pytest_plugin_manager : types->plugin_manager;
    PyObject *theirs = PyObject_GetAttrString((PyObject *)type, method);
    PyObject *own = PyObject_GetAttrString((PyObject *)ours, method);
    overrides = theirs != own;
    PyErr_Clear(); /* a method that is missing there is not ours to call */
    Py_XDECREF(theirs);
    Py_XDECREF(own);
    return overrides;
}

static PluginManager *
as_manager(PyObject *op)
{
    return (PluginManager *)op;
}

static PyObject *
bool_or_null(int status)
{
    return status < 0 ? NULL : PyBool_FromLong(status);
}

/* ---- methods of pluggy's class ---- */

static PyObject *
manager_register(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"plugin", "name", NULL};
    PluginManager *manager = as_manager(op);
    PyObject *values[2];

    if (py_unpack_tuple("register", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    return manager->is_pytest ? pytest_register(manager, values[0], values[1])
                              : plugin_manager_register_base(manager, values[0], values[1]);
}

static PyObject *
manager_unregister(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"plugin", "name", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("unregister", args, kwargs, NAMES, 2, 0, values) < 0) {
        return NULL;
    }
    return plugin_manager_unregister(as_manager(op), values[0], values[1]);
}

static PyObject *
manager_set_blocked(PyObject *op, PyObject *name)
{
    return py_none_or_error(plugin_manager_block(as_manager(op), name));
}

static PyObject *
manager_is_blocked(PyObject *op, PyObject *name)
{
    return bool_or_null(plugin_manager_is_blocked(as_manager(op), name));
}

static PyObject *
manager_unblock(PyObject *op, PyObject *name)
{
    return bool_or_null(plugin_manager_unblock(as_manager(op), name));
}

static PyObject *
manager_add_hookspecs(PyObject *op, PyObject *namespace)
{
    return py_none_or_error(plugin_manager_add_specs(as_manager(op), namespace));
}

static PyObject *
manager_parse_impl_opts(PyObject *op, PyObject *args)
{
    PluginManager *manager = as_manager(op);
    PyObject *plugin = NULL;
    PyObject *name = NULL;

    if (!PyArg_ParseTuple(args, "OU:parse_hookimpl_opts", &plugin, &name)) {
        return NULL;
    }
    return manager->is_pytest ? pytest_parse_impl_opts(manager, plugin, name)
                              : plugin_marked_opts(manager, plugin, name, "_impl");
}

static PyObject *
manager_parse_spec_opts(PyObject *op, PyObject *args)
{
    PluginManager *manager = as_manager(op);
    PyObject *namespace = NULL;
    PyObject *name = NULL;

    if (!PyArg_ParseTuple(args, "OU:parse_hookspec_opts", &namespace, &name)) {
        return NULL;
    }
    return manager->is_pytest ? pytest_parse_spec_opts(manager, namespace, name)
                              : plugin_marked_opts(manager, namespace, name, "_spec");
}

static PyObject *
manager_get_plugins(PyObject *op, PyObject *Py_UNUSED(none))
{
    PyObject *plugins = PyDict_Values(as_manager(op)->name2plugin);
    PyObject *set = plugins ? PySet_New(plugins) : NULL;

    if (set && PySet_Discard(set, Py_None) < 0) {
        Py_CLEAR(set);
    }
    Py_XDECREF(plugins);
    return set;
}

PyObject *
plugin_manager_get_plugin_method(PyObject *op, PyObject *name)
{
    PyObject *plugin = plugin_manager_find(as_manager(op), name);

    return plugin || PyErr_Occurred() ? plugin : Py_NewRef(Py_None);
}

static PyObject *
manager_has_plugin(PyObject *op, PyObject *name)
{
    PyObject *plugin = plugin_manager_find(as_manager(op), name);
    int truth = plugin != NULL;

    if (!plugin && PyErr_Occurred()) {
        return NULL;
    }
    Py_XDECREF(plugin);
    return PyBool_FromLong(truth);
}

static PyObject *
manager_get_name(PyObject *op, PyObject *plugin)
{
    return plugin_manager_name_of(as_manager(op), plugin);
}

static PyObject *
manager_is_registered(PyObject *op, PyObject *plugin)
{
    PyObject *name = plugin_manager_name_of(as_manager(op), plugin);
    bool is_registered = name && name != Py_None;

    if (!name) {
        return NULL;
    }
    Py_DECREF(name);
    return PyBool_FromLong(is_registered);
}

static PyObject *
manager_get_canonical_name(PyObject *op, PyObject *plugin)
{
    return plugin_canonical_name(as_manager(op)->state, plugin);
}

static PyObject *
manager_get_hookcallers(PyObject *op, PyObject *plugin)
{
    return plugin_manager_callers(as_manager(op), plugin);
}

static PyObject *
manager_list_name_plugin(PyObject *op, PyObject *Py_UNUSED(none))
{
    return PyDict_Items(as_manager(op)->name2plugin);
}

static PyObject *
manager_list_plugin_distinfo(PyObject *op, PyObject *Py_UNUSED(none))
{
    return entry_points_list(as_manager(op), true);
}

static PyObject *
manager_list_plugin_distributions(PyObject *op, PyObject *Py_UNUSED(none))
{
    return entry_points_list(as_manager(op), false);
}

static PyObject *
manager_check_pending(PyObject *op, PyObject *Py_UNUSED(none))
{
    return py_none_or_error(plugin_manager_check_pending(as_manager(op)));
}

static PyObject *
manager_load_entry_points(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"group", "name", NULL};
    PluginManager *manager = as_manager(op);
    PyObject *values[2];

    if (py_unpack_tuple("load_setuptools_entrypoints", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    Py_ssize_t count = entry_points_load(manager, values[0], values[1] == Py_None ? NULL : values[1]);
    if (count < 0 && manager->is_pytest) {
        plugin_import_failed(manager, values[1] && values[1] != Py_None ? values[1] : values[0]);
    }
    return count < 0 ? NULL : PyLong_FromSsize_t(count);
}

static PyObject *
manager_add_monitoring(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"before", "after", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("add_hookcall_monitoring", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    return plugin_manager_add_monitoring(as_manager(op), values[0], values[1]);
}

static PyObject *
manager_enable_tracing(PyObject *op, PyObject *Py_UNUSED(none))
{
    PyObject *function = py_import_attr("fastest._hook_tracing", "enable");
    PyObject *undo = function ? py_call1(function, op) : NULL;

    Py_XDECREF(function);
    return undo;
}

static PyObject *
manager_subset_hook_caller(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "remove_plugins", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("subset_hook_caller", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    return plugin_manager_subset(as_manager(op), values[0], values[1]);
}

/* The innermost of what runs a hook: what monitors are put around. */
static PyObject *
manager_multicall(PyObject *op, PyObject *const *args, Py_ssize_t given)
{
    PluginManager *manager = as_manager(op);
    return multicall_from_python(manager->state, manager->engine, args, given);
}

static PyObject *
manager_hookexec(PyObject *op, PyObject *args)
{
    PluginManager *manager = as_manager(op);
    PyObject *exec =
        manager->inner_hookexec ? Py_NewRef(manager->inner_hookexec) : PyObject_GetAttrString(op, "_multicall");
    PyObject *result = exec ? PyObject_Call(exec, args, NULL) : NULL;

    Py_XDECREF(exec);
    return result;
}

static PyObject *
manager_verify_hook(PyObject *op, PyObject *args)
{
    struct state *state = as_manager(op)->state;
    PyObject *caller = NULL;
    PyObject *impl = NULL;

    if (!PyArg_ParseTuple(args, "O!O!:_verify_hook", hooks_types(state)->hook_caller, &caller,
                          hooks_types(state)->hook_impl, &impl)) {
        return NULL;
    }
    return py_none_or_error(hook_verify(state, (HookCaller *)caller, (HookImpl *)impl));
}

/* ---- attributes ---- */

static PyObject *
manager_get_trace(PyObject *op, void *Py_UNUSED(closure))
{
    return plugin_manager_trace(as_manager(op));
}

static PyObject *
manager_get_exec(PyObject *op, void *Py_UNUSED(closure))
{
    PluginManager *manager = as_manager(op);
    return manager->inner_hookexec ? Py_NewRef(manager->inner_hookexec) : PyObject_GetAttrString(op, "_multicall");
}

static int
manager_set_exec(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&as_manager(op)->inner_hookexec, value);
    return 0;
}

/* ---- life ---- */

PyObject *
plugin_manager_make(PyTypeObject *type, bool is_pytest)
{
    struct state *state = state_from_type(type);
    PluginManager *manager = (PluginManager *)py_new_instance(type);

    if (!manager) {
        return NULL;
    }
    manager->state = state;
    manager->is_pytest = is_pytest;
    manager->name2plugin = PyDict_New();
    manager->native_names = PySet_New(NULL);
    manager->distinfo = PyList_New(0);
    manager->hook = hook_relay_new(state, (PyObject *)manager, is_pytest);
    if (!manager->name2plugin || !manager->native_names || !manager->distinfo || !manager->hook) {
        Py_CLEAR(manager);
    }
    return (PyObject *)manager;
}

static PyObject *
base_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return plugin_manager_make(type, false);
}

static int
base_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"project_name", NULL};
    PyObject *project_name = NULL;

    if (py_unpack_tuple("PluginManager.__init__", args, kwargs, NAMES, 1, 1, &project_name) < 0) {
        return -1;
    }
    py_replace(&as_manager(op)->project_name, project_name);
    return 0;
}

int
plugin_manager_traverse(PyObject *op, visitproc visit, void *arg)
{
    PluginManager *manager = as_manager(op);
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(manager->dict);
    Py_VISIT(manager->project_name);
    Py_VISIT(manager->name2plugin);
    Py_VISIT(manager->native_names);
    Py_VISIT(manager->hook);
    Py_VISIT(manager->trace);
    Py_VISIT(manager->distinfo);
    Py_VISIT(manager->inner_hookexec);
    Py_VISIT(manager->conftest_plugins);
    Py_VISIT(manager->directory_conftests);
    Py_VISIT(manager->confcutdir);
    Py_VISIT(manager->skipped_plugins);
    Py_VISIT(manager->rewrite_hook);
    Py_VISIT(manager->proxies);
    Py_VISIT(manager->retired_proxies);
    return 0;
}

int
plugin_manager_clear(PyObject *op)
{
    PluginManager *manager = as_manager(op);
    Py_CLEAR(manager->dict);
    Py_CLEAR(manager->project_name);
    Py_CLEAR(manager->name2plugin);
    Py_CLEAR(manager->native_names);
    Py_CLEAR(manager->hook);
    Py_CLEAR(manager->trace);
    Py_CLEAR(manager->distinfo);
    Py_CLEAR(manager->inner_hookexec);
    Py_CLEAR(manager->conftest_plugins);
    Py_CLEAR(manager->directory_conftests);
    Py_CLEAR(manager->confcutdir);
    Py_CLEAR(manager->skipped_plugins);
    Py_CLEAR(manager->rewrite_hook);
    Py_CLEAR(manager->proxies);
    Py_CLEAR(manager->retired_proxies);
    return 0;
}

void
plugin_manager_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (as_manager(op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    plugin_manager_clear(op);
    memory_free((void *)as_manager(op)->offers);
    entry_points_drop(as_manager(op)->entry_points);
    py_free_instance(op);
}

/* ---- tables ---- */

PY_NAMED_ONE(manager_set_blocked_named, manager_set_blocked, "set_blocked", "name")
PY_NAMED_ONE(manager_is_blocked_named, manager_is_blocked, "is_blocked", "name")
PY_NAMED_ONE(manager_unblock_named, manager_unblock, "unblock", "name")
PY_NAMED_ONE(manager_add_hookspecs_named, manager_add_hookspecs, "add_hookspecs", "module_or_class")
PY_NAMED_ONE(manager_is_registered_named, manager_is_registered, "is_registered", "plugin")
PY_NAMED_ONE(manager_get_canonical_name_named, manager_get_canonical_name, "get_canonical_name", "plugin")
PY_NAMED_ONE(manager_get_plugin_named, plugin_manager_get_plugin_method, "get_plugin", "name")
PY_NAMED_ONE(manager_has_plugin_named, manager_has_plugin, "has_plugin", "name")
PY_NAMED_ONE(manager_get_name_named, manager_get_name, "get_name", "plugin")
PY_NAMED_ONE(manager_get_hookcallers_named, manager_get_hookcallers, "get_hookcallers", "plugin")

static PyMethodDef BASE_METHODS[] = {
    {"register", PY_WITH_KEYWORDS(manager_register),
     "register($self, plugin, name=None)\n--\n\n"
     "Register a plugin and return its name."},
    {"unregister", PY_WITH_KEYWORDS(manager_unregister),
     "unregister($self, plugin=None, name=None)\n--\n\n"
     "Unregister a plugin and all of its hook implementations."},
    {"set_blocked", PY_FAST_WITH_KEYWORDS(manager_set_blocked_named),
     "set_blocked($self, name)\n--\n\n"
     "Block registrations of the name; unregister what has it."},
    {"is_blocked", PY_FAST_WITH_KEYWORDS(manager_is_blocked_named),
     "is_blocked($self, name)\n--\n\n"
     "Return whether the given plugin name is blocked."},
    {"unblock", PY_FAST_WITH_KEYWORDS(manager_unblock_named),
     "unblock($self, name)\n--\n\n"
     "Unblock a name; return whether it was blocked."},
    {"add_hookspecs", PY_FAST_WITH_KEYWORDS(manager_add_hookspecs_named),
     "add_hookspecs($self, module_or_class)\n--\n\n"
     "Add the hook specifications of a module or class."},
    {"parse_hookimpl_opts", manager_parse_impl_opts, METH_VARARGS,
     "parse_hookimpl_opts($self, plugin, name, /)\n--\n\n"},
    {"parse_hookspec_opts", manager_parse_spec_opts, METH_VARARGS,
     "parse_hookspec_opts($self, module_or_class, name, /)\n--\n\n"},
    {"get_plugins", manager_get_plugins, METH_NOARGS,
     "get_plugins($self)\n--\n\n"
     "Return a set of all registered plugin objects."},
    {"is_registered", PY_FAST_WITH_KEYWORDS(manager_is_registered_named),
     "is_registered($self, plugin)\n--\n\n"
     "Return whether the plugin is already registered."},
    {"get_canonical_name", PY_FAST_WITH_KEYWORDS(manager_get_canonical_name_named),
     "get_canonical_name($self, plugin)\n--\n\n"
     "Return a canonical name for a plugin object."},
    {"get_plugin", PY_FAST_WITH_KEYWORDS(manager_get_plugin_named),
     "get_plugin($self, name)\n--\n\n"
     "Return the plugin registered under the given name, if any."},
    {"has_plugin", PY_FAST_WITH_KEYWORDS(manager_has_plugin_named),
     "has_plugin($self, name)\n--\n\n"
     "Return whether a plugin with the given name is registered."},
    {"get_name", PY_FAST_WITH_KEYWORDS(manager_get_name_named),
     "get_name($self, plugin)\n--\n\n"
     "Return the name the plugin is registered under, or None."},
    {"check_pending", manager_check_pending, METH_NOARGS,
     "check_pending($self)\n--\n\n"
     "Verify that all hooks are specified or optional."},
    {"load_setuptools_entrypoints", PY_WITH_KEYWORDS(manager_load_entry_points),
     "load_setuptools_entrypoints($self, group, name=None)\n--\n\n"
     "Load plugins from entry points."},
    {"list_plugin_distinfo", manager_list_plugin_distinfo, METH_NOARGS, "list_plugin_distinfo($self)\n--\n\n"},
    {"list_plugin_distributions", manager_list_plugin_distributions, METH_NOARGS,
     "list_plugin_distributions($self)\n--\n\n"},
    {"list_name_plugin", manager_list_name_plugin, METH_NOARGS,
     "list_name_plugin($self)\n--\n\n"
     "Return a list of (name, plugin) pairs."},
    {"get_hookcallers", PY_FAST_WITH_KEYWORDS(manager_get_hookcallers_named),
     "get_hookcallers($self, plugin)\n--\n\n"
     "Get all hook callers for the specified plugin."},
    {"add_hookcall_monitoring", PY_WITH_KEYWORDS(manager_add_monitoring),
     "add_hookcall_monitoring($self, before, after)\n--\n\n"
     "Add before/after functions for all hooks."},
    {"enable_tracing", manager_enable_tracing, METH_NOARGS,
     "enable_tracing($self)\n--\n\n"
     "Enable tracing of hook calls."},
    {"subset_hook_caller", PY_WITH_KEYWORDS(manager_subset_hook_caller),
     "subset_hook_caller($self, name, remove_plugins)\n--\n\n"},
    {"_hookexec", manager_hookexec, METH_VARARGS, NULL},
    {"_verify_hook", manager_verify_hook, METH_VARARGS, NULL},
    {"_multicall", PY_FAST(manager_multicall), NULL},
    PY_END_METHOD,
};

static PyMemberDef BASE_MEMBERS[] = {
    PY_DICT_MEMBER(PluginManager),
    PY_WEAKREF_MEMBER(PluginManager),
    {"project_name", T_OBJECT, offsetof(PluginManager, project_name), READONLY, NULL},
    {"hook", T_OBJECT, offsetof(PluginManager, hook), 0, NULL},
    {"_name2plugin", T_OBJECT, offsetof(PluginManager, name2plugin), READONLY, NULL},
    {"_plugin_distinfo", T_OBJECT, offsetof(PluginManager, distinfo), READONLY, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef BASE_GETSETS[] = {
    PY_DICT_GETSET,
    {"trace", manager_get_trace, NULL, NULL, NULL},
    {"_inner_hookexec", manager_get_exec, manager_set_exec, NULL, NULL},
    PY_END_GETSET,
};

static PyType_Slot BASE_SLOTS[] = {
    PY_SLOT(tp_new, base_new),
    PY_SLOT(tp_init, base_init),
    PY_SLOT(tp_traverse, plugin_manager_traverse),
    PY_SLOT(tp_clear, plugin_manager_clear),
    PY_SLOT(tp_dealloc, plugin_manager_dealloc),
    PY_SLOT(tp_members, BASE_MEMBERS),
    PY_SLOT(tp_getset, BASE_GETSETS),
    PY_SLOT(tp_methods, BASE_METHODS),
    PY_END_SLOT,
};

static PyType_Spec BASE_SPEC = {
    .name = "pluggy._manager.PluginManager",
    .basicsize = sizeof(PluginManager),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = BASE_SLOTS,
};

int
plugin_manager_add_types(PyObject *module, struct state *state)
{
    struct hooks_types *types = hooks_types(state);

    types->plugin_manager = py_type_add(module, &BASE_SPEC, NULL);
    return !types->plugin_manager || pytest_manager_add_type(module, state) < 0 ? -1
                                                                                : monitoring_add_type(module, state);
}
