/* PluginManager: knows plugin objects by name, as pluggy's does. */
#include "hooks/plugin_manager.h"

/* ---- names ---- */

/* getattr(plugin, "__name__", None) or str(id(plugin)): a new reference. */
PyObject *
plugin_canonical_name(struct state *state, PyObject *plugin)
{
    PyObject *name = NULL;

    if (py_find_attr(state, plugin, state->names.__name__, &name) < 0) {
        return NULL;
    }
    if (name) {
        int truth = PyObject_IsTrue(name);
        if (truth != 0) {
            return truth < 0 ? NULL : name;
        }
        Py_DECREF(name);
    }
    return PyUnicode_FromFormat("%zu", (size_t)plugin);
}

/* The name that `plugin` is registered under: 1 and a new reference, 0, -1. */
static int
find_name(PluginManager *manager, PyObject *plugin, PyObject **name_out)
{
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;

    *name_out = NULL;
    while (PyDict_Next(manager->name2plugin, &position, &borrowed_key, &borrowed_value)) {
        if (borrowed_value == plugin) {
            *name_out = Py_NewRef(borrowed_key);
            return 1;
        }
    }
    /* By equality only then: comparing may run a plugin's code, so over a copy. */
    PyObject *items = PyDict_Items(manager->name2plugin);
    int found = items ? 0 : -1;
    for (Py_ssize_t i = 0; found == 0 && i < PyList_Size(items); i++) {
        PyObject *pair = PyList_GetItem(items, i);
        found = PyObject_RichCompareBool(plugin, PyTuple_GetItem(pair, 1), Py_EQ);
        if (found > 0) {
            *name_out = Py_NewRef(PyTuple_GetItem(pair, 0));
        }
    }
    Py_XDECREF(items);
    return found;
}

PyObject *
plugin_manager_find(PluginManager *manager, PyObject *name)
{
    PyObject *plugin = NULL;

    if (py_dict_find(manager->name2plugin, name, &plugin) <= 0 || plugin == Py_None) {
        Py_CLEAR(plugin);
    }
    return plugin;
}

/* 1 when the name is there and blocked, 0, -1. */
int
plugin_manager_is_blocked(PluginManager *manager, PyObject *name)
{
    PyObject *plugin = NULL;
    int found = py_dict_find(manager->name2plugin, name, &plugin);

    if (found > 0) {
        found = plugin == Py_None;
        Py_DECREF(plugin);
    }
    return found;
}

/* ---- registration ---- */

PyObject *
plugin_manager_register_base(PluginManager *manager, PyObject *plugin, PyObject *name)
{
    PyObject *plugin_name = NULL;
    PyObject *other_name = NULL;
    int status = -1;

    if (plugin == Py_None) {
        Py_RETURN_NONE;
    }
    int has_name = name && name != Py_None ? PyObject_IsTrue(name) : 0;
    plugin_name = has_name < 0 ? NULL : has_name ? Py_NewRef(name) : plugin_canonical_name(manager->state, plugin);
    if (!plugin_name) {
        return NULL;
    }
    PyObject *borrowed_old = PyDict_GetItemWithError(manager->name2plugin, plugin_name);
    if (borrowed_old == Py_None) {
        Py_DECREF(plugin_name);
        Py_RETURN_NONE;
    }
    if (borrowed_old) {
        PyErr_Format(PyExc_ValueError, "Plugin name already registered: %S=%S\n%S", plugin_name, plugin,
                     manager->name2plugin);
        goto done;
    }
    int found = PyErr_Occurred() ? -1 : find_name(manager, plugin, &other_name);
    if (found > 0) {
        PyErr_Format(PyExc_ValueError, "Plugin already registered under a different name: %S=%S\n%S", plugin_name,
                     plugin, manager->name2plugin);
    }
    if (found == 0) {
        status = plugin_manager_add_hooks(manager, plugin, plugin_name);
    }

done:
    Py_XDECREF(other_name);
    if (status < 0) {
        Py_CLEAR(plugin_name);
    }
    return plugin_name;
}

PyObject *
plugin_manager_register(PluginManager *manager, PyObject *plugin, PyObject *name)
{
    if (manager_overrides(manager, "register")) {
        return PyObject_CallMethod((PyObject *)manager, "register", "OO", plugin, name ? name : Py_None);
    }
    return manager->is_pytest ? pytest_register(manager, plugin, name)
                              : plugin_manager_register_base(manager, plugin, name);
}

int
plugin_manager_register_native(PluginManager *manager, const struct native_plugin *plugin, PyObject *object,
                               PyObject *name)
{
    struct state *state = manager->state;

    if (PyDict_SetItem(manager->name2plugin, name, object) < 0 || PySet_Add(manager->native_names, name) < 0) {
        return -1;
    }
    manager->generation++;
    for (size_t i = 0; i < plugin->hook_count; i++) {
        const struct native_hook *native = &plugin->hooks[i];
        HookCaller *caller = ((HookRelay *)manager->hook)->callers[native->id];
        PyObject *impl = hook_impl_new_native(state, object, name, native);
        int status = impl ? hook_caller_replay(state, caller, (HookImpl *)impl) : -1;
        if (status == 0) {
            hook_caller_add(state, caller, (HookImpl *)impl);
        }
        Py_XDECREF(impl);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

/* The callers that `plugin` implements: a new list. */
static PyObject *
callers_of(PluginManager *manager, PyObject *plugin)
{
    PyObject *all = PyDict_Values(((HookRelay *)manager->hook)->dict);
    PyObject *found = all ? PyList_New(0) : NULL;

    for (Py_ssize_t i = 0; found && i < PyList_Size(all); i++) {
        PyObject *borrowed_caller = PyList_GetItem(all, i);
        if (PyObject_TypeCheck(borrowed_caller, hooks_types(manager->state)->hook_caller) &&
            hook_caller_has_plugin((HookCaller *)borrowed_caller, plugin) &&
            PyList_Append(found, borrowed_caller) < 0) {
            Py_CLEAR(found);
        }
    }
    Py_XDECREF(all);
    return found;
}

/* Whether name and plugin mean the same plugin: 0, or -1 with ValueError. */
static int
check_agreement(PluginManager *manager, PyObject *plugin, PyObject *name)
{
    PyObject *registered_plugin = plugin_manager_find(manager, name);
    PyObject *registered_name = NULL;
    int status = find_name(manager, plugin, &registered_name) < 0 ? -1 : 0;

    if (status == 0 && ((registered_plugin && registered_plugin != plugin) ||
                        (registered_name && PyObject_RichCompareBool(registered_name, name, Py_NE) != 0))) {
        PyErr_Format(PyExc_ValueError,
                     "Plugin name %R and plugin %R do not agree (name is registered to %R, plugin is registered as %R)",
                     name, plugin, registered_plugin ? registered_plugin : Py_None,
                     registered_name ? registered_name : Py_None);
        status = -1;
    }
    Py_XDECREF(registered_plugin);
    Py_XDECREF(registered_name);
    return status;
}

static int
forget_plugin(PluginManager *manager, PyObject *plugin, PyObject *name)
{
    PyObject *callers = NULL;
    int status = 0;

    callers = callers_of(manager, plugin);
    if (!callers) {
        return -1;
    }
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(callers); i++) {
        status = hook_caller_remove_plugin((HookCaller *)PyList_GetItem(callers, i), plugin);
    }
    Py_DECREF(callers);
    manager->generation++;
    if (status == 0) {
        status = PySet_Discard(manager->native_names, name) < 0 ? -1 : 0;
    }
    if (status == 0) {
        PyObject *registered = plugin_manager_find(manager, name);
        if (registered) {
            Py_DECREF(registered);
            status = PyDict_DelItem(manager->name2plugin, name);
        }
    }
    return status;
}

PyObject *
plugin_manager_unregister(PluginManager *manager, PyObject *plugin, PyObject *name)
{
    PyObject *found_name = NULL;

    plugin = plugin == Py_None ? NULL : plugin;
    name = name == Py_None ? NULL : name;
    if (!name) {
        if (!plugin) {
            PyErr_SetString(PyExc_AssertionError, "one of name or plugin needs to be specified");
            return NULL;
        }
        int found = find_name(manager, plugin, &found_name);
        if (found <= 0) {
            if (found == 0) {
                PyErr_SetString(PyExc_AssertionError, "plugin is not registered");
            }
            return NULL;
        }
        name = found_name;
    } else {
        found_name = Py_NewRef(name);
    }
    if (!plugin) {
        plugin = plugin_manager_find(manager, name);
        if (!plugin) {
            Py_DECREF(found_name);
            return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
        }
    } else {
        Py_INCREF(plugin);
        if (check_agreement(manager, plugin, name) < 0) {
            Py_CLEAR(plugin);
        }
    }
    if (plugin && forget_plugin(manager, plugin, name) < 0) {
        Py_CLEAR(plugin);
    }
    Py_DECREF(found_name);
    return plugin;
}

int
plugin_manager_block(PluginManager *manager, PyObject *name)
{
    PyObject *gone = plugin_manager_unregister(manager, NULL, name);

    if (!gone) {
        return -1;
    }
    Py_DECREF(gone);
    manager->generation++;
    return PyDict_SetItem(manager->name2plugin, name, Py_None);
}

/* 1: it was blocked, 0, -1. */
int
plugin_manager_unblock(PluginManager *manager, PyObject *name)
{
    int is_blocked = plugin_manager_is_blocked(manager, name);

    if (is_blocked > 0) {
        return PyDict_DelItem(manager->name2plugin, name) < 0 ? -1 : 1;
    }
    return is_blocked;
}

/* ---- views ---- */

PyObject *
plugin_manager_subset(PluginManager *manager, PyObject *name, PyObject *plugins)
{
    struct state *state = manager->state;
    PyObject *origin = PyObject_GetAttr(manager->hook, name);
    PyObject *removed = origin ? PySet_New(plugins) : NULL;
    PyObject *present = removed ? PySet_New(NULL) : NULL;
    PyObject *subset = NULL;
    struct hook_list *list = NULL;

    if (!present || !PyObject_TypeCheck(origin, hooks_types(state)->hook_caller)) {
        goto done;
    }
    list = hook_caller_list((HookCaller *)origin);
    for (size_t i = 0; list && i < list->count; i++) {
        PyObject *plugin = list->impls[i]->plugin;
        int is_in = plugin ? PySet_Contains(removed, plugin) : 0;
        if (is_in < 0 || (is_in > 0 && PySet_Add(present, plugin) < 0)) {
            goto done;
        }
    }
    if (PySet_Size(present) == 0) {
        subset = Py_NewRef(origin);
    } else {
        subset = (PyObject *)hook_caller_new_subset(state, (HookCaller *)origin, present);
    }

done:
    Py_XDECREF(origin);
    Py_XDECREF(removed);
    Py_XDECREF(present);
    return subset;
}

/* get_name(), get_hookcallers(): None when it is not registered. */
PyObject *
plugin_manager_name_of(PluginManager *manager, PyObject *plugin)
{
    PyObject *name = NULL;
    int found = find_name(manager, plugin, &name);

    return found < 0 ? NULL : found > 0 ? name : Py_NewRef(Py_None);
}

PyObject *
plugin_manager_callers(PluginManager *manager, PyObject *plugin)
{
    PyObject *name = NULL;
    int found = find_name(manager, plugin, &name);

    Py_XDECREF(name);
    return found < 0 ? NULL : found > 0 ? callers_of(manager, plugin) : Py_NewRef(Py_None);
}
