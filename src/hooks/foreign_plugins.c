/* Which plugins of others a run has, and the key of the environment that they come from. */
#include <string.h>

#include "discover/discover.h"
#include "hooks/entry_points.h"
#include "hooks/plugin_manager.h"
#include "os/variable.h"

PyObject *
plugin_module_name(struct state *state, PyObject *plugin)
{
    PyObject *name = NULL;
    int found = PyModule_Check(plugin)
                    ? py_find_attr(state, plugin, state->names.__name__, &name)
                    : py_find_attr(state, PyType_Check(plugin) ? plugin : (PyObject *)Py_TYPE(plugin),
                                   state->names.__module__, &name);

    if (found == 0 || (name && !PyUnicode_Check(name))) {
        py_replace_take(&name, PyUnicode_FromString(""));
    }
    return found < 0 ? NULL : name;
}

static bool
is_ours(PyObject *module_name)
{
    static const char *const PREFIXES[] = {"_pytest.", "fastest."};

    for (size_t i = 0; i < COUNT_OF(PREFIXES); i++) {
        if (py_text_starts_with(module_name, PREFIXES[i])) {
            return true;
        }
    }
    return py_text_equals(module_name, "pytest") || py_text_equals(module_name, "fastest");
}

/* Adds it unless it is one of ours. */
static int
list_add(PluginManager *manager, PyObject *list, PyObject *name, PyObject *plugin)
{
    int is_native = plugin == Py_None ? 1 : PySet_Contains(manager->native_names, name);
    int is_conftest = is_native == 0 && manager->conftest_plugins && PyModule_Check(plugin)
                          ? PySet_Contains(manager->conftest_plugins, plugin)
                          : 0;

    if (is_native != 0 || is_conftest != 0) {
        return is_native < 0 || is_conftest < 0 ? -1 : 0;
    }
    PyObject *module_name = plugin_module_name(manager->state, plugin);
    int status = !module_name           ? -1
                 : is_ours(module_name) ? 0
                                        : py_list_append_take(list, PyTuple_Pack(3, name, plugin, module_name));
    Py_XDECREF(module_name);
    return status;
}

PyObject *
plugins_list_foreign(struct engine *engine)
{
    PluginManager *manager = (PluginManager *)engine->pluginmanager;
    PyObject *list = PyList_New(0);
    PyObject *name = NULL;
    PyObject *plugin = NULL;
    Py_ssize_t at = 0;

    while (list && PyDict_Next(manager->name2plugin, &at, &name, &plugin)) {
        if (PyUnicode_Check(name) && list_add(manager, list, name, plugin) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

PyObject *
plugins_list_conftests(struct engine *engine)
{
    PluginManager *manager = (PluginManager *)engine->pluginmanager;

    return manager->conftest_plugins ? PySequence_List(manager->conftest_plugins) : PyList_New(0);
}

static void
keys_from_points(const struct entry_point_list *list, unsigned char key_out[16], unsigned char *steering_key_out)
{
    records_plugin_key(list->points, list->count, key_out);
    if (steering_key_out) {
        records_steering_key(list->points, list->count, environment_variables(), steering_key_out);
    }
}

int
plugins_environment_key(struct engine *engine, unsigned char key_out[16], unsigned char *steering_key_out)
{
    PluginManager *manager = (PluginManager *)engine->pluginmanager;
    struct entry_points *found = manager->entry_points;

    if (found) {
        keys_from_points(&found->list, key_out, steering_key_out);
        return 0;
    }
    /* No plugin was looked for. */
    PyObject *group = PyUnicode_FromString("pytest11");
    found = group ? entry_points_find(group) : NULL;
    Py_XDECREF(group);
    if (!found) {
        return -1;
    }
    keys_from_points(&found->list, key_out, steering_key_out);
    entry_points_drop(found);
    return 0;
}
