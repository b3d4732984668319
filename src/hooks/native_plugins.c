/* The C face of plugin management: built-in plugins, and what other folders ask of the plugin manager. */
#include "base/arena.h"
#include "hooks/finder.h"
#include "hooks/plugin_manager.h"

static PluginManager *
manager_of(struct engine *engine)
{
    return (PluginManager *)engine->pluginmanager;
}

/* ---- built-in plugins ---- */

/* Makes it known, so that `-p NAME` or pytest_plugins registers it: "pytester". 0 or -1. */
static int
plugin_offer_native(struct engine *engine, const struct native_plugin *plugin)
{
    PluginManager *manager = manager_of(engine);
    size_t size_bytes = (manager->offer_count + 1) * sizeof *manager->offers;

    manager->offers = memory_resize((void *)manager->offers, size_bytes);
    manager->offers[manager->offer_count++] = plugin;
    return 0;
}

static int
register_now(struct engine *engine, const struct native_plugin *plugin, PyObject *object, PyObject *name)
{
    PluginManager *manager = manager_of(engine);
    PyObject *shown = object ? Py_NewRef(object) : lazy_module(manager->state, plugin->module);
    PyObject *values[] = {shown, name, (PyObject *)manager};
    int status = -1;

    if (shown && config_adopt_native(engine, plugin) == 0 &&
        plugin_manager_register_native(manager, plugin, shown, name) == 0) {
        status = hook_notify(manager->hook, HOOK_plugin_registered, values);
    }
    Py_XDECREF(shown);
    return status;
}

int
plugin_register_native(struct engine *engine, const struct native_plugin *plugin, PyObject *object)
{
    PluginManager *manager = manager_of(engine);
    PyObject *name = PyUnicode_InternFromString(plugin->name);
    PyObject *borrowed_old = NULL;
    int status = -1;

    if (!name) {
        return -1;
    }
    borrowed_old = PyDict_GetItemWithError(manager->name2plugin, name);
    if (borrowed_old == Py_None) {
        status = object ? 0 : plugin_offer_native(engine, plugin);
    } else if (borrowed_old) {
        PyErr_Format(PyExc_ValueError, "Plugin name already registered: %U=%S\n%S", name, borrowed_old,
                     manager->name2plugin);
    } else if (!PyErr_Occurred()) {
        status = register_now(engine, plugin, object, name);
    }
    Py_DECREF(name);
    return status;
}

int
native_plugin_load(PluginManager *manager, PyObject *name)
{
    for (size_t i = 0; i < manager->offer_count; i++) {
        const struct native_plugin *plugin = manager->offers[i];
        if (py_text_equals(name, plugin->name)) {
            manager->offers[i] = manager->offers[--manager->offer_count];
            return plugin_register_native(manager->engine, plugin, NULL) < 0 ? -1 : 1;
        }
    }
    return 0;
}

/* ---- what other folders ask ---- */

int
plugin_register(struct engine *engine, PyObject *plugin, PyObject *name)
{
    return py_status_take(plugin_manager_register(manager_of(engine), plugin, name));
}

bool
plugin_is_native(struct engine *engine, PyObject *name)
{
    return PySet_Contains(manager_of(engine)->native_names, name) == 1;
}

PyObject *
plugin_find(struct engine *engine, const char *name)
{
    PyObject *borrowed_plugin = PyDict_GetItemString(manager_of(engine)->name2plugin, name);

    return borrowed_plugin == Py_None ? NULL : Py_XNewRef(borrowed_plugin);
}

/* ---- relays of directories ---- */

/* The conftests that a directory does not see: a new set. */
static PyObject *
hidden_conftests(PluginManager *manager, PyObject *directory)
{
    PyObject *hidden = PySet_New(manager->conftest_plugins);
    PyObject *borrowed_visible = hidden ? PyDict_GetItemWithError(manager->directory_conftests, directory) : NULL;
    Py_ssize_t count = borrowed_visible ? PyList_Size(borrowed_visible) : 0;

    for (Py_ssize_t i = 0; hidden && i < count; i++) {
        if (PySet_Discard(hidden, PyList_GetItem(borrowed_visible, i)) < 0) {
            Py_CLEAR(hidden);
        }
    }
    if (hidden && PyErr_Occurred()) {
        Py_CLEAR(hidden);
    }
    return hidden;
}

/*
 * What directories see has changed: their relays are made anew. Calls through the old ones may be under way: they live
 * as long as the manager. 0 or -1.
 */
static int
hook_relays_retire(PluginManager *manager)
{
    PyObject *fresh = PyDict_Size(manager->proxies) > 0 ? PyDict_New() : NULL;

    if (fresh) {
        if (PyList_Append(manager->retired_proxies, manager->proxies) < 0) {
            Py_DECREF(fresh);
            return -1;
        }
        py_replace_take(&manager->proxies, fresh);
    }
    manager->proxies_generation = manager->generation;
    return PyErr_Occurred() ? -1 : 0;
}

PyObject *
hook_relay_for_directory(struct engine *engine, PyObject *directory)
{
    PluginManager *manager = manager_of(engine);
    PyObject *borrowed_relay = NULL;
    PyObject *hidden = NULL;
    PyObject *relay = NULL;

    if (PySet_Size(manager->conftest_plugins) == 0) {
        return manager->hook;
    }
    if (manager->proxies_generation != manager->generation && hook_relays_retire(manager) < 0) {
        return NULL;
    }
    borrowed_relay = PyDict_GetItemWithError(manager->proxies, directory);
    if (borrowed_relay || PyErr_Occurred()) {
        return borrowed_relay;
    }
    hidden = hidden_conftests(manager, directory);
    if (!hidden) {
        return NULL;
    }
    relay =
        PySet_Size(hidden) > 0 ? hook_proxy_new(manager->state, (PyObject *)manager, hidden) : Py_NewRef(manager->hook);
    Py_DECREF(hidden);
    if (!relay || PyDict_SetItem(manager->proxies, directory, relay) < 0) {
        Py_XDECREF(relay);
        return NULL;
    }
    Py_DECREF(relay); /* the dict keeps it */
    return relay;
}
