/* What PytestPluginManager does differently: unmarked hooks, historic registration, its own hooks. */
#include "hooks/plugin_manager.h"

/* Plugins that pytest has taken over; registering them again is refused with a warning. */
static const char *const DEPRECATED_PLUGINS[] = {
    "pytest_catchlog",
    "pytest_capturelog",
    "pytest_faulthandler",
    "pytest_subtests",
};

/* ---- hooks without a marker ---- */

/* Whether `marks` (a pytestmark list) has a mark of that name: 1, 0, -1. */
static int
has_mark(struct state *state, PyObject *marks, const char *name)
{
    Py_ssize_t count = marks ? PySequence_Size(marks) : 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *mark = PySequence_GetItem(marks, i);
        PyObject *mark_name = mark ? PyObject_GetAttr(mark, state->names.name) : NULL;
        bool is_it = mark_name && py_text_equals(mark_name, name);
        Py_XDECREF(mark);
        Py_XDECREF(mark_name);
        if (!mark_name || is_it) {
            return mark_name ? 1 : -1;
        }
    }
    return count < 0 ? -1 : 0;
}

static int
warn_legacy(struct state *state, PyObject *method, const char *type, PyObject *options)
{
    PyObject *warn = py_import_attr("_pytest.deprecated", "_warn_hook_legacy_marking");
    PyObject *text = warn ? py_text_join(", ", options) : NULL;
    PyObject *done = text ? PyObject_CallFunction(warn, "OsO", method, type, text) : NULL;
    int status = done ? 0 : -1;

    (void)state;
    Py_XDECREF(warn);
    Py_XDECREF(text);
    Py_XDECREF(done);
    return status;
}

/* One option given as an attribute or mark of the function. 0 or -1. */
static int
read_legacy(struct state *state, PyObject *method, PyObject *marks, const char *name, PyObject *opts,
            PyObject *warnings)
{
    PyObject *key = PyUnicode_InternFromString(name);
    PyObject *value = NULL;
    int found = key ? py_find_attr(state, method, key, &value) : -1;
    int status = -1;

    if (found == 0) {
        found = has_mark(state, marks, name);
        value = found > 0 ? Py_NewRef(Py_True) : NULL;
    }
    if (found < 0) {
        goto done;
    }
    if (found > 0 && py_list_append_take(warnings, PyUnicode_FromFormat("%s=%S", name, value)) < 0) {
        goto done;
    }
    status = PyDict_SetItem(opts, key, found > 0 ? Py_True : Py_False);

done:
    Py_XDECREF(key);
    Py_XDECREF(value);
    return status;
}

/* The options of an unmarked function, warning about those it has in the way of old: a new dict. */
static PyObject *
legacy_opts(struct state *state, PyObject *method, const char *type, const char *const *names)
{
    PyObject *marks = NULL;
    PyObject *opts = PyDict_New();
    PyObject *warnings = PyList_New(0);
    int status = opts && warnings ? py_find_attr(state, method, state->names.pytestmark, &marks) : -1;

    for (size_t i = 0; status >= 0 && names[i]; i++) {
        status = read_legacy(state, method, marks, names[i], opts, warnings);
    }
    if (status >= 0 && PyList_Size(warnings) > 0) {
        status = warn_legacy(state, method, type, warnings);
    }
    if (status < 0) {
        Py_CLEAR(opts);
    }
    Py_XDECREF(marks);
    Py_XDECREF(warnings);
    return opts;
}

PyObject *
pytest_parse_impl_opts(PluginManager *manager, PyObject *plugin, PyObject *name)
{
    static const char *const LEGACY[] = {"tryfirst", "trylast", "optionalhook", "hookwrapper", NULL};
    PyObject *opts = NULL;
    PyObject *method = NULL;

    if (!py_text_starts_with(name, "pytest_") || py_text_equals(name, "pytest_plugins")) {
        Py_RETURN_NONE;
    }
    opts = plugin_marked_opts(manager, plugin, name, "_impl");
    if (opts != Py_None) {
        return opts;
    }
    Py_DECREF(opts);
    method = PyObject_GetAttr(plugin, name);
    if (!method) {
        return NULL;
    }
    opts = object_is_routine(manager->state, method) ? legacy_opts(manager->state, method, "impl", LEGACY)
                                                     : Py_NewRef(Py_None);
    Py_DECREF(method);
    return opts;
}

PyObject *
pytest_parse_spec_opts(PluginManager *manager, PyObject *namespace, PyObject *name)
{
    static const char *const LEGACY[] = {"firstresult", "historic", NULL};
    PyObject *opts = plugin_marked_opts(manager, namespace, name, "_spec");
    PyObject *method = NULL;

    if (opts != Py_None) {
        return opts;
    }
    method = PyObject_GetAttr(namespace, name);
    if (method && py_text_starts_with(name, "pytest_")) {
        Py_DECREF(opts);
        opts = legacy_opts(manager->state, method, "spec", LEGACY);
    }
    if (!method) {
        Py_CLEAR(opts);
    }
    Py_XDECREF(method);
    return opts;
}

/* ---- registration ---- */

static int
notify_registered(PluginManager *manager, PyObject *plugin, PyObject *name)
{
    PyObject *values[] = {plugin, name, (PyObject *)manager};
    return hook_notify(manager->hook, HOOK_plugin_registered, values);
}

/* 1: it is one of those (warned about), 0, -1. */
static int
refuse_deprecated(PyObject *name)
{
    for (size_t i = 0; i < COUNT_OF(DEPRECATED_PLUGINS); i++) {
        if (py_text_equals(name, DEPRECATED_PLUGINS[i])) {
            PyObject *category = py_import_attr("_pytest.warning_types", "PytestConfigWarning");
            PyObject *shown = category ? PyObject_CallMethod(name, "replace", "ss", "_", "-") : NULL;
            int status = !shown
                             ? -1
                             : PyErr_WarnFormat(category, 1,
                                                "%U plugin has been merged into the core, please remove it from your "
                                                "requirements.",
                                                shown);
            Py_XDECREF(category);
            Py_XDECREF(shown);
            return status < 0 ? -1 : 1;
        }
    }
    return 0;
}

PyObject *
pytest_register(PluginManager *manager, PyObject *plugin, PyObject *name)
{
    PyObject *plugin_name = NULL;
    int refused = name && PyUnicode_Check(name) ? refuse_deprecated(name) : 0;

    if (refused != 0) {
        return py_none_or_error(refused);
    }
    plugin_name = plugin_manager_register_base(manager, plugin, name);
    if (!plugin_name || plugin_name == Py_None) {
        return plugin_name;
    }
    if (notify_registered(manager, plugin, plugin_name) < 0 ||
        (PyModule_Check(plugin) && plugin_consider_module(manager, plugin) < 0)) {
        Py_CLEAR(plugin_name);
    }
    return plugin_name;
}

/* ---- the manager as its own plugin ---- */

static int
add_marker_line(PyObject *config, const char *line)
{
    return py_status_take(PyObject_CallMethod(config, "addinivalue_line", "ss", "markers", line));
}

static PyObject *
manager_configure(struct engine *Py_UNUSED(engine), PyObject *self, PyObject *const *args)
{
    if (add_marker_line(args[0],
                        "tryfirst: mark a hook implementation function such that the plugin machinery will try "
                        "to call it first/as early as possible. DEPRECATED, use "
                        "@pytest.hookimpl(tryfirst=True) instead.") < 0 ||
        add_marker_line(args[0],
                        "trylast: mark a hook implementation function such that the plugin machinery will try to "
                        "call it last/as late as possible. DEPRECATED, use @pytest.hookimpl(trylast=True) "
                        "instead.") < 0) {
        return NULL;
    }
    ((PluginManager *)self)->configured = true;
    Py_RETURN_NONE;
}

static const struct native_hook MANAGER_HOOKS[] = {
    {.id = HOOK_configure, .call = manager_configure},
};

static const struct native_plugin MANAGER_PLUGIN = {
    .name = "pluginmanager",
    .module = "_pytest.config",
    .hooks = MANAGER_HOOKS,
    .hook_count = COUNT_OF(MANAGER_HOOKS),
};

/* PYTEST_DEBUG: hook calls are traced to stderr from the start. */
static int
trace_if_asked(PluginManager *manager)
{
    PyObject *function = NULL;
    PyObject *done = NULL;

    if (!getenv("PYTEST_DEBUG") || !*getenv("PYTEST_DEBUG")) {
        return 0;
    }
    function = py_import_attr("fastest._hook_tracing", "trace_to_stderr");
    done = function ? py_call1(function, (PyObject *)manager) : NULL;
    Py_XDECREF(function);
    return py_status_take(done);
}

int
pytest_manager_init(PluginManager *manager)
{
    PyObject *name = NULL;
    int status = -1;

    py_replace_take(&manager->project_name, PyUnicode_InternFromString("pytest"));
    py_replace_take(&manager->conftest_plugins, PySet_New(NULL));
    py_replace_take(&manager->directory_conftests, PyDict_New());
    py_replace_take(&manager->skipped_plugins, PyList_New(0));
    py_replace_take(&manager->proxies, PyDict_New());
    py_replace_take(&manager->retired_proxies, PyList_New(0));
    if (!manager->project_name || !manager->conftest_plugins || !manager->directory_conftests ||
        !manager->skipped_plugins || !manager->proxies || !manager->retired_proxies) {
        return -1;
    }
    name = plugin_canonical_name(manager->state, (PyObject *)manager);
    if (name && plugin_manager_register_native(manager, &MANAGER_PLUGIN, (PyObject *)manager, name) == 0 &&
        notify_registered(manager, (PyObject *)manager, name) == 0) {
        status = trace_if_asked(manager);
    }
    Py_XDECREF(name);
    return status;
}
