/* Config: the filters of -W and of the configuration file, while plugins are imported and while a run lasts. */
#include "hooks/config_internal.h"

/* -W of the interpreter says it all: then deprecations are not shown on top. */
static int
show_deprecations(PyObject *warnings)
{
    PyObject *const categories[] = {PyExc_DeprecationWarning, PyExc_PendingDeprecationWarning};
    PyObject *borrowed_options = PySys_GetObject("warnoptions");
    int is_configured = borrowed_options ? PyObject_IsTrue(borrowed_options) : 0;

    for (size_t i = 0; is_configured == 0 && i < COUNT_OF(categories); i++) {
        PyObject *done = PyObject_CallMethod(warnings, "filterwarnings", "ssO", "always", "", categories[i]);
        if (!done) {
            return -1;
        }
        Py_DECREF(done);
    }
    return is_configured < 0 ? -1 : 0;
}

/* Ends warnings.catch_warnings(); keeps an exception that is set. */
static int
exit_context(PyObject *context)
{
    PyObject *pending = py_error_take();
    PyObject *done = PyObject_CallMethod(context, "__exit__", "OOO", Py_None, Py_None, Py_None);

    if (pending) {
        py_error_restore_take(pending);
    }
    Py_XDECREF(done);
    return done && !pending ? 0 : -1;
}

/* The context manager, entered; `log_out` gets the list of what is recorded, or None. */
static PyObject *
enter_context(Config *config, bool records, PyObject **log_out)
{
    PyObject *warnings = PyImport_ImportModule("warnings");
    PyObject *class = warnings ? PyObject_GetAttrString(warnings, "catch_warnings") : NULL;
    PyObject *kwargs = class ? Py_BuildValue("{s:O}", "record", records ? Py_True : Py_False) : NULL;
    PyObject *context = kwargs ? py_call(state_of((PyObject *)config), class, NULL, kwargs) : NULL;

    *log_out = context ? PyObject_CallMethod(context, "__enter__", NULL) : NULL;
    if (context && !*log_out) {
        Py_CLEAR(context);
    }
    if (context && (show_deprecations(warnings) < 0 || config_apply_warning_filters(config->engine) < 0)) {
        exit_context(context);
        Py_CLEAR(context);
        Py_CLEAR(*log_out);
    }
    Py_XDECREF(warnings);
    Py_XDECREF(class);
    Py_XDECREF(kwargs);
    return context;
}

/* ---- While plugins are imported ---- */

/* "-p no:warnings" is about to count, "-p warnings" too. */
static int
is_wanted(Config *config)
{
    PyObject *borrowed_plugins = PyDict_GetItemString(namespace_dict(config->known_args_namespace), "plugins");
    PyObject *has = PyObject_CallMethod(config->pluginmanager, "hasplugin", "s", "warnings");
    int wanted = has ? PyObject_IsTrue(has) : -1;

    Py_XDECREF(has);
    for (Py_ssize_t i = 0; wanted >= 0 && borrowed_plugins && i < PySequence_Size(borrowed_plugins); i++) {
        PyObject *plugin = PySequence_GetItem(borrowed_plugins, i);
        PyObject *name = plugin ? PyObject_CallMethod(plugin, "strip", NULL) : NULL;
        if (!name) {
            wanted = -1;
        } else if (py_text_equals(name, "no:warnings")) {
            wanted = 0;
        } else if (py_text_equals(name, "warnings")) {
            wanted = 1;
        }
        Py_XDECREF(plugin);
        Py_XDECREF(name);
    }
    return wanted;
}

int
config_warnings_begin(Config *config, struct config_warnings *warnings)
{
    int wanted = is_wanted(config);

    *warnings = (struct config_warnings){NULL, NULL};
    if (wanted <= 0) {
        return wanted;
    }
    warnings->context = enter_context(config, true, &warnings->log);
    return warnings->context ? 0 : -1;
}

int
config_warnings_end(Config *config, struct config_warnings *warnings)
{
    PyObject *nothing = NULL;
    PyObject *when = NULL;
    int status = 0;

    if (!warnings->context) {
        return PyErr_Occurred() ? -1 : 0;
    }
    PyObject *pending = py_error_take();
    nothing = PyUnicode_FromString("");
    when = PyUnicode_FromString("config");
    status = nothing && when ? 0 : -1;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(warnings->log); i++) {
        PyObject *message = py_list_item(warnings->log, i);
        PyObject *const args[] = {message, when, nothing, Py_None};
        status = hook_notify(config->hook, HOOK_warning_recorded, args);
        Py_DECREF(message);
    }
    if (pending && status == 0) {
        py_error_restore_take(pending);
    } else {
        Py_XDECREF(pending);
    }
    status = exit_context(warnings->context) < 0 ? -1 : status;
    Py_XDECREF(nothing);
    Py_XDECREF(when);
    Py_CLEAR(warnings->context);
    Py_CLEAR(warnings->log);
    return status;
}

/* ---- While the run lasts ---- */

static void
leave_run(struct engine *Py_UNUSED(engine), void *memory)
{
    PyObject *context = memory;

    exit_context(context);
    Py_DECREF(context);
}

int
config_warnings_enter_run(Config *config)
{
    PyObject *has = PyObject_CallMethod(config->pluginmanager, "hasplugin", "s", "warnings");
    int wanted = has ? PyObject_IsTrue(has) : -1;
    PyObject *log = NULL;
    PyObject *context = NULL;

    Py_XDECREF(has);
    if (wanted <= 0) {
        return wanted;
    }
    context = enter_context(config, false, &log);
    Py_XDECREF(log);
    if (!context) {
        return -1;
    }
    if (config_add_cleanup(config->engine, leave_run, context) < 0) {
        leave_run(config->engine, context);
        return -1;
    }
    return 0;
}
