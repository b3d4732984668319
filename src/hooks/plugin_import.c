/* Loads plugins by name: -p, PYTEST_PLUGINS, pytest_plugins. */
#include "hooks/finder.h"
#include "hooks/plugin_manager.h"

/* Whether it is among the first `count` of pytest's own plugins. */
static bool
is_among_first(PyObject *name, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (py_text_equals(name, PLUGIN_NAMES[i])) {
            return true;
        }
    }
    return false;
}

/* ---- failures ---- */

/* Raises type(message) from `cause`, whose reference it takes. Returns -1. */
static int
raise_from_take(PyObject *type, PyObject *message, PyObject *cause)
{
    PyObject *exception = message ? py_call1(type, message) : NULL;

    if (exception) {
        PyErr_SetObject(type, exception);
        Py_DECREF(exception);
    }
    py_error_set_cause_take(cause);
    return -1;
}

int
plugin_import_failed(PluginManager *manager, PyObject *what)
{
    struct hooks_room *room = hooks_room(manager->state);

    if (PyErr_ExceptionMatches(room->types.usage_error) || !PyErr_ExceptionMatches(PyExc_Exception)) {
        return -1;
    }
    return raise_from_take(room->plugin_import_failure, what, py_error_take());
}

/* Whether a ModuleNotFoundError means the plugin itself or a package of it. */
static bool
is_plugin_missing(PyObject *error, PyObject *import_name)
{
    PyObject *name = PyObject_GetAttrString(error, "name");
    bool is_missing = false;

    if (name && PyUnicode_Check(name)) {
        PyObject *prefix = PyUnicode_FromFormat("%U.", name);
        is_missing = PyUnicode_Compare(name, import_name) == 0 ||
                     (prefix && PyUnicode_Tailmatch(import_name, prefix, 0, PY_SSIZE_T_MAX, -1) == 1);
        Py_XDECREF(prefix);
    }
    PyErr_Clear(); /* an exception without a name is no answer */
    Py_XDECREF(name);
    return is_missing;
}

static int
module_not_found(PluginManager *manager, PyObject *name, PyObject *import_name)
{
    PyObject *error = py_error_take();
    PyObject *message = NULL;
    int status = -1;

    if (!is_plugin_missing(error, import_name)) {
        return raise_from_take(hooks_room(manager->state)->plugin_import_failure, name, error);
    }
    message = PyUnicode_FromFormat("Error importing plugin \"%U\": %S", name, error);
    status = raise_from_take(hooks_types(manager->state)->usage_error, message, error);
    Py_XDECREF(message);
    return status;
}

/* pytest.skip() at the plugin's module level. */
static int
remember_skipped(PluginManager *manager, PyObject *name)
{
    PyObject *skipped = py_error_take();
    PyObject *reason = PyObject_GetAttrString(skipped, "msg");
    int status = -1;

    if (reason == Py_None) {
        py_replace_take(&reason, PyUnicode_FromString(""));
    }
    if (reason) {
        status = py_list_append_take(manager->skipped_plugins, PyTuple_Pack(2, name, reason));
    }
    Py_DECREF(skipped);
    Py_XDECREF(reason);
    return status;
}

/* The import of a plugin raised: 0 when that is fine, else -1 with pytest's exception for it. */
static int
import_raised(PluginManager *manager, PyObject *name, PyObject *import_name)
{
    if (PyErr_ExceptionMatches(hooks_types(manager->state)->skipped)) {
        return remember_skipped(manager, name);
    }
    if (PyErr_ExceptionMatches(PyExc_ModuleNotFoundError)) {
        return module_not_found(manager, name, import_name);
    }
    return plugin_import_failed(manager, name);
}

/* ---- importing ---- */

static int
mark_for_rewrite(PluginManager *manager, PyObject *import_name)
{
    PyObject *done = NULL;

    if (!manager->rewrite_hook) {
        return 0;
    }
    done = PyObject_CallMethod(manager->rewrite_hook, "mark_rewrite", "O", import_name);
    return py_status_take(done);
}

/* importlib.import_module(): the named module itself, not its top package. */
static PyObject *
import_module(PyObject *import_name)
{
    PyObject *module = PyImport_Import(import_name);

    if (module) {
        Py_DECREF(module);
        module = PyImport_GetModule(import_name);
        if (!module && !PyErr_Occurred()) {
            PyErr_SetObject(PyExc_KeyError, import_name);
        }
    }
    return module;
}

static int
import_and_register(PluginManager *manager, PyObject *name, PyObject *import_name)
{
    PyObject *module = import_module(import_name);
    PyObject *registered = NULL;

    if (!module) {
        return import_raised(manager, name, import_name);
    }
    registered = plugin_manager_register(manager, module, name);
    Py_DECREF(module);
    return py_status_take(registered);
}

/* pytest-xdist is never loaded: its options are our own. */
static bool
is_replaced(PyObject *name)
{
    return py_text_equals(name, "xdist") || py_text_equals(name, "xdist.plugin") ||
           py_text_equals(name, "xdist.looponfail");
}

int
plugin_import(PluginManager *manager, PyObject *name, bool considers_entry_points)
{
    bool is_builtin = false;
    PyObject *import_name = NULL;
    PyObject *group = NULL;
    int status = -1;

    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_AssertionError, "module name as text required, got %R", name);
        return -1;
    }
    PyObject *borrowed_old = PyDict_GetItemWithError(manager->name2plugin, name);
    if (borrowed_old || PyErr_Occurred()) {
        return borrowed_old ? 0 : -1;
    }
    if (is_replaced(name)) {
        return 0;
    }
    status = manager->engine ? native_plugin_load(manager, name) : 0;
    if (status != 0) {
        return status < 0 ? -1 : 0;
    }
    is_builtin = is_among_first(name, PLUGIN_NAME_COUNT);
    import_name = is_builtin ? PyUnicode_FromFormat("_pytest.%U", name) : Py_NewRef(name);
    status = import_name ? mark_for_rewrite(manager, import_name) : -1;
    if (status == 0 && considers_entry_points) {
        group = PyUnicode_FromString("pytest11");
        Py_ssize_t loaded = group ? entry_points_load(manager, group, name) : -1;
        if (loaded < 0) {
            status = plugin_import_failed(manager, name);
        }
        if (loaded != 0) {
            goto done;
        }
    }
    if (status == 0) {
        status = import_and_register(manager, name, import_name);
    }

done:
    Py_XDECREF(import_name);
    Py_XDECREF(group);
    return status;
}

/* ---- lists of names ---- */

/* A specification of plugins as a list: a new reference. */
static PyObject *
specs_as_list(PluginManager *manager, PyObject *specs)
{
    PyObject *sequence_type = NULL;

    if (specs == Py_None || PyModule_Check(specs)) {
        return PyList_New(0);
    }
    if (PyUnicode_Check(specs)) {
        return PyUnicode_GetLength(specs) > 0 ? PyObject_CallMethod(specs, "split", "s", ",") : PyList_New(0);
    }
    if (!PyList_Check(specs) && !PyTuple_Check(specs)) {
        sequence_type = py_import_attr("collections.abc", "Sequence");
        int is_sequence = sequence_type ? PyObject_IsInstance(specs, sequence_type) : -1;
        Py_XDECREF(sequence_type);
        if (is_sequence <= 0) {
            return is_sequence < 0 ? NULL
                                   : usage_error(manager->state,
                                                 "Plugins may be specified as a sequence or a ','-separated string of "
                                                 "plugin names. Got: %R",
                                                 specs);
        }
    }
    return PySequence_List(specs);
}

int
plugin_import_specs(PluginManager *manager, PyObject *specs)
{
    PyObject *names = specs_as_list(manager, specs);
    int status = names ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(names); i++) {
        status = plugin_import(manager, PyList_GetItem(names, i), true);
    }
    Py_XDECREF(names);
    return status;
}

int
plugin_consider_module(PluginManager *manager, PyObject *module)
{
    PyObject *specs = NULL;
    int found = py_find_attr(manager->state, module, manager->state->names.pytest_plugins, &specs);

    if (found <= 0) {
        return found;
    }
    found = plugin_import_specs(manager, specs);
    Py_DECREF(specs);
    return found;
}

/* ---- -p ---- */

static int
block_with_prefix(PluginManager *manager, PyObject *name)
{
    PyObject *prefixed = NULL;
    int status = plugin_manager_block(manager, name);

    if (status == 0 && !py_text_starts_with(name, "pytest_")) {
        prefixed = PyUnicode_FromFormat("pytest_%U", name);
        status = prefixed ? plugin_manager_block(manager, prefixed) : -1;
        Py_XDECREF(prefixed);
    }
    return status;
}

static int
disable(PluginManager *manager, PyObject *name)
{
    struct state *state = manager->state;
    PyObject *suffix = PyUnicode_FromString("conftest.py");
    PyObject *stepwise = suffix ? PyUnicode_FromString("stepwise") : NULL;
    int status = -1;

    if (!stepwise) {
        goto done;
    }
    if (is_among_first(name, ESSENTIAL_PLUGIN_COUNT)) {
        usage_error(state, "plugin %U cannot be disabled", name);
    } else if (PyUnicode_Tailmatch(name, suffix, 0, PY_SSIZE_T_MAX, 1) == 1) {
        usage_error(state,
                    "Blocking conftest files using -p is not supported: -p no:%U\n"
                    "conftest.py files are not plugins and cannot be disabled via -p.\n",
                    name);
    } else if (py_text_equals(name, "cacheprovider") && block_with_prefix(manager, stepwise) < 0) {
        goto done; /* stepwise stands on it */
    } else {
        status = block_with_prefix(manager, name);
    }

done:
    Py_XDECREF(suffix);
    Py_XDECREF(stepwise);
    return status;
}

static int
enable(PluginManager *manager, PyObject *name)
{
    PyObject *prefixed = NULL;
    int status = plugin_manager_unblock(manager, name);

    if (status >= 0 && !py_text_starts_with(name, "pytest_")) {
        prefixed = PyUnicode_FromFormat("pytest_%U", name);
        status = prefixed ? plugin_manager_unblock(manager, prefixed) : -1;
        Py_XDECREF(prefixed);
    }
    return status < 0 ? -1 : plugin_import(manager, name, true);
}

int
plugin_consider_arg(PluginManager *manager, PyObject *arg)
{
    PyObject *name = NULL;
    int status = -1;

    if (!py_text_starts_with(arg, "no:")) {
        return enable(manager, arg);
    }
    name = PyUnicode_Substring(arg, 3, PY_SSIZE_T_MAX);
    if (name) {
        status = disable(manager, name);
        Py_DECREF(name);
    }
    return status;
}

/* args[*i] as the value of a -p option: 1 and a new reference, 0 when it is none, -1. Moves *i past a separate value.
 */
static int
plugin_option(PyObject *args, Py_ssize_t *i, PyObject **value_out)
{
    PyObject *borrowed_arg = PyList_GetItem(args, *i);
    PyObject *value = NULL;

    if (!py_text_starts_with(borrowed_arg, "-p")) {
        return 0;
    }
    if (PyUnicode_GetLength(borrowed_arg) > 2) {
        value = PyUnicode_Substring(borrowed_arg, 2, PY_SSIZE_T_MAX);
    } else if (++*i < PyList_Size(args)) {
        value = py_list_item(args, *i);
    } else {
        return 0;
    }
    *value_out = value ? PyObject_CallMethod(value, "strip", NULL) : NULL;
    Py_XDECREF(value);
    return *value_out ? 1 : -1;
}

int
plugin_consider_preparse(PluginManager *manager, PyObject *args, bool exclude_only)
{
    PyObject *list = PySequence_List(args);
    int status = list ? 0 : -1;

    for (Py_ssize_t i = 0; status >= 0 && i < PyList_Size(list); i++) {
        PyObject *value = NULL;
        status = plugin_option(list, &i, &value);
        if (status > 0 && (!exclude_only || py_text_starts_with(value, "no:"))) {
            status = plugin_consider_arg(manager, value);
        }
        Py_XDECREF(value);
    }
    Py_XDECREF(list);
    return status < 0 ? -1 : 0;
}
