/* main(): a run from its arguments to its exit status. */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "hooks/config_internal.h"

enum { EXIT_USAGE_ERROR = 4 };

static const char PYTEST_VERSION_TEXT[] = "9.2.0";

/* ---- The Config of a run ---- */

static PyObject *
invocation_params_here(struct state *state, PyObject *args, PyObject *plugins)
{
    PyObject *getcwd = py_import_attr("os", "getcwd");
    PyObject *folder = getcwd ? py_call0(getcwd) : NULL;
    PyObject *params = folder ? invocation_params_new(state, args, plugins, folder) : NULL;

    if (!folder && PyErr_ExceptionMatches(PyExc_OSError)) {
        PyErr_Clear();
        usage_error(state, "The working folder does not exist any more, or cannot be read.");
    }
    Py_XDECREF(getcwd);
    Py_XDECREF(folder);
    return params;
}

/* "-p no:NAME" counts before anything is registered. */
static int
block_plugins(PyObject *pluginmanager, PyObject *args)
{
    if (PyTuple_Size(args) == 0) {
        return 0;
    }
    PyObject *method = PyObject_GetAttrString(pluginmanager, "consider_preparse");
    PyObject *positional = method ? PyTuple_Pack(1, args) : NULL;
    PyObject *kwargs = positional ? Py_BuildValue("{sO}", "exclude_only", Py_True) : NULL;
    return py_status_take(py_call_take(method, positional, kwargs));
}

/* get_config(): a Config with the built-in plugins. */
static PyObject *
make_config(struct state *state, PyObject *args, PyObject *plugins, PyObject *prog)
{
    PyObject *pluginmanager = plugin_manager_new(state);
    PyObject *params = pluginmanager ? invocation_params_here(state, args, plugins) : NULL;
    PyObject *config = params ? config_new(state, pluginmanager, params, prog) : NULL;

    if (config && (block_plugins(pluginmanager, ((InvocationParams *)params)->args) < 0 ||
                   state->upcalls.register_builtins(((Config *)config)->engine) < 0)) {
        PyObject *exception = py_error_take();
        Py_CLEAR(config);
        py_error_restore_take(exception);
    }
    Py_XDECREF(pluginmanager);
    Py_XDECREF(params);
    return config;
}

/* plugins= of main(): names as with -p, objects as they are. */
static int
register_extra_plugins(Config *config, PyObject *plugins)
{
    int truth = PyObject_IsTrue(plugins);
    PyObject *items = truth > 0 ? PySequence_List(plugins) : NULL;
    int status = truth < 0 || (truth > 0 && !items) ? -1 : 0;

    for (Py_ssize_t i = 0; items && status == 0 && i < PyList_Size(items); i++) {
        PyObject *plugin = py_list_item(items, i);
        const char *method = PyUnicode_Check(plugin) ? "consider_pluginarg" : "register";
        status = py_status_take(PyObject_CallMethod(config->pluginmanager, method, "O", plugin));
        Py_DECREF(plugin);
    }
    Py_XDECREF(items);
    return status;
}

/* The list of arguments: a list as it is (it will be changed, as pytest changes it), or one path. */
static PyObject *
list_of_args(struct state *state, PyObject *args)
{
    PyObject *fspath = NULL;
    PyObject *list = NULL;

    if (PyList_Check(args)) {
        return Py_NewRef(args);
    }
    if (py_find_attr(state, args, state->names.__fspath__, &fspath) < 0) {
        return NULL;
    }
    if (!fspath) {
        return PyErr_Format(PyExc_TypeError, "`args` parameter expected to be a list of strings, got: %R (type: %R)",
                            args, Py_TYPE(args));
    }
    list = PyList_New(0);
    if (list && py_list_append_take(list, py_call0(fspath)) < 0) {
        Py_CLEAR(list);
    }
    Py_DECREF(fspath);
    return list;
}

/* _prepareconfig(): a parsed Config. */
static PyObject *
prepare_config(struct state *state, PyObject *given, PyObject *plugins, PyObject *prog)
{
    PyObject *args = list_of_args(state, given);
    PyObject *config = args ? make_config(state, args, plugins, prog) : NULL;
    PyObject *parsed = NULL;

    if (config && register_extra_plugins((Config *)config, plugins) == 0) {
        PyObject *const hook_args[] = {((Config *)config)->pluginmanager, args};
        parsed = hook_call(((Config *)config)->hook, HOOK_cmdline_parse, hook_args);
    }
    if (config && !parsed) {
        /* The first exception stays the one that is told. */
        PyObject *exception = py_error_take();
        if (config_ensure_unconfigure((Config *)config) < 0) {
            PyErr_Clear();
        }
        Py_DECREF(config);
        py_error_restore_take(exception);
        config = NULL;
    }
    Py_XDECREF(args);
    Py_XDECREF(config);
    return parsed;
}

/* ---- The environment ---- */

/* os.environ["PYTEST_VERSION"] = value, or without it for NULL; stores what was there. */
static int
exchange_version(PyObject *value, PyObject **old_out)
{
    PyObject *environ_object = py_import_attr("os", "environ");
    PyObject *key = PyUnicode_InternFromString("PYTEST_VERSION");
    int status = -1;

    if (!environ_object || !key) {
        goto done;
    }
    if (old_out) {
        const char *old = getenv("PYTEST_VERSION");
        *old_out = old ? PyUnicode_DecodeFSDefault(old) : NULL;
    }
    if (value) {
        status = PyObject_SetItem(environ_object, key, value);
    } else {
        status = py_status_take(PyObject_CallMethod(environ_object, "pop", "OO", key, Py_None));
    }
done:
    Py_XDECREF(environ_object);
    Py_XDECREF(key);
    return status;
}

/* ---- Running ---- */

/* One --version or -V says the version, and nothing starts. */
static bool
asks_for_version(PyObject *args)
{
    int count = 0;

    for (Py_ssize_t i = 0; PyList_Check(args) && i < PyList_Size(args); i++) {
        PyObject *borrowed = PyList_GetItem(args, i);
        count += py_text_equals(borrowed, "--version") || py_text_equals(borrowed, "-V");
    }
    return count == 1;
}

static PyObject *
print_version(void)
{
    PyObject *borrowed_stdout = PySys_GetObject("stdout");
    PyObject *line = PyUnicode_FromFormat("pytest %s\n", PYTEST_VERSION_TEXT);
    PyObject *written = line ? PyObject_CallMethod(borrowed_stdout, "write", "O", line) : NULL;

    Py_XDECREF(line);
    Py_XDECREF(written);
    return written ? PyLong_FromLong(0) : NULL;
}

/* Usage errors and failures to import conftests and plugins are told and become exit statuses. */
static PyObject *
report_exception(void)
{
    PyObject *exception = py_error_take();
    PyObject *status = config_call_python("_report_startup_error", exception, NULL, NULL);

    if (status == Py_None) {
        Py_DECREF(status);
        py_error_restore_take(exception);
        return NULL;
    }
    Py_DECREF(exception);
    return status;
}

static PyObject *
run_config(PyObject *config)
{
    PyObject *const args[] = {config};
    PyObject *status = hook_call(((Config *)config)->hook, HOOK_cmdline_main, args);
    PyObject *exception = status ? NULL : py_error_take();

    return py_pass_on_take(status, exception, config_ensure_unconfigure((Config *)config));
}

/* The exit status of a run, as an int or what a plugin returned. */
static PyObject *
run(struct state *state, PyObject *args, PyObject *plugins, PyObject *prog)
{
    PyObject *version = NULL;
    PyObject *old_version = NULL;
    PyObject *config = NULL;
    PyObject *status = NULL;

    if (asks_for_version(args)) {
        return print_version();
    }
    version = PyUnicode_FromString(PYTEST_VERSION_TEXT);
    if (!version || exchange_version(version, &old_version) < 0) {
        Py_XDECREF(version);
        return NULL;
    }
    config = prepare_config(state, args, plugins, prog);
    status = config ? run_config(config) : NULL;
    if (!status && PyErr_ExceptionMatches(PyExc_Exception)) {
        status = report_exception();
    }
    Py_XDECREF(config);
    PyObject *exception = py_error_take();
    status = py_pass_on_take(status, exception, exchange_version(old_version, NULL));
    Py_DECREF(version);
    Py_XDECREF(old_version);
    return status;
}

static PyObject *
command_line(void)
{
    PyObject *borrowed_argv = PySys_GetObject("argv");

    if (!borrowed_argv || !PyList_Check(borrowed_argv)) {
        return PyList_New(0);
    }
    return PyList_GetSlice(borrowed_argv, 1, PyList_Size(borrowed_argv));
}

/* ExitCode(status), or what it is when it is none. */
static PyObject *
as_exit_code(PyObject *status)
{
    PyObject *exit_code = status ? py_import_attr("_pytest.config", "ExitCode") : NULL;
    PyObject *member = exit_code ? py_call1(exit_code, status) : NULL;

    if (exit_code && !member && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        member = Py_NewRef(status);
    }
    Py_XDECREF(exit_code);
    Py_XDECREF(status);
    return member;
}

/* ---- Functions of the module ---- */

static PyObject *
module_main(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"args", "plugins", "_prog", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *prog = NULL;
    PyObject *list = NULL;
    PyObject *status = NULL;

    if (py_unpack_tuple("main", args, kwargs, NAMES, 2, 0, values) < 0) {
        return NULL;
    }
    PyObject *installed = PyObject_CallMethod(module, "install_finder", NULL);
    if (!installed) {
        return NULL;
    }
    Py_DECREF(installed);
    prog = values[2] ? Py_NewRef(values[2]) : PyUnicode_FromString("pytest.main()");
    list = values[0] && values[0] != Py_None ? Py_NewRef(values[0]) : command_line();
    if (prog && list) {
        status = run(state_from_module(module), list, values[1] ? values[1] : Py_None, prog);
    }
    Py_XDECREF(prog);
    Py_XDECREF(list);
    return as_exit_code(status);
}

static PyObject *
program_name(void)
{
    PyObject *borrowed_argv = PySys_GetObject("argv");
    PyObject *borrowed_first = borrowed_argv && PyList_Check(borrowed_argv) && PyList_Size(borrowed_argv) > 0
                                   ? PyList_GetItem(borrowed_argv, 0)
                                   : NULL;
    const char *text = borrowed_first && PyUnicode_Check(borrowed_first) ? py_utf8(borrowed_first) : "";

    if (!text) {
        PyErr_Clear();
    }
    bool is_module = text && strcmp(path_name(text), "__main__.py") == 0;
    return PyUnicode_FromString(is_module ? "python -m pytest" : "pytest");
}

/* What a reader that went away leaves: nothing more is written to stdout. */
static PyObject *
after_broken_pipe(void)
{
    PyObject *done = NULL;

    PyErr_Clear();
    done = config_call_python("_silence_stdout", NULL, NULL, NULL);
    Py_XDECREF(done);
    return done ? PyLong_FromLong(1) : NULL;
}

/* What ended the run outside of any test: its exit status where it is told in a sentence, else it stays raised. */
static PyObject *
report_failure(void)
{
    PyObject *exception = py_error_take();
    PyObject *status = config_call_python("_report_failure", exception, NULL, NULL);

    if (status == Py_None) {
        Py_CLEAR(status);
        py_error_restore_take(exception);
        return NULL;
    }
    Py_XDECREF(exception);
    return status;
}

/* A closed stdout or stderr: the run goes on, and nobody hears of it. 0 or -1. */
static int
open_streams(void)
{
    PyObject *borrowed_stdout = PySys_GetObject("stdout");
    PyObject *borrowed_stderr = PySys_GetObject("stderr");

    if (borrowed_stdout != Py_None && borrowed_stderr != Py_None) {
        return 0;
    }
    return py_status_take(config_call_python("_open_streams", NULL, NULL, NULL));
}

static PyObject *
module_console_main(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    PyObject *installed = PyObject_CallMethod(module, "install_finder", NULL);
    PyObject *prog = installed && open_streams() == 0 ? program_name() : NULL;
    PyObject *list = prog ? command_line() : NULL;
    struct state *state = state_from_module(module);
    state->is_command_line = true;
    PyObject *status = list ? run(state, list, Py_None, prog) : NULL;
    state->is_command_line = false;
    PyObject *borrowed_stdout = PySys_GetObject("stdout");

    Py_XDECREF(installed);
    Py_XDECREF(prog);
    Py_XDECREF(list);
    if (status && borrowed_stdout && borrowed_stdout != Py_None) {
        PyObject *flushed = PyObject_CallMethod(borrowed_stdout, "flush", NULL);
        if (!flushed) {
            Py_CLEAR(status);
        }
        Py_XDECREF(flushed);
    }
    if (!status && PyErr_ExceptionMatches(PyExc_BrokenPipeError)) {
        return after_broken_pipe();
    }
    bool is_told =
        !status && (PyErr_ExceptionMatches(hooks_types(state)->failed) || PyErr_ExceptionMatches(PyExc_OSError));
    return is_told ? report_failure() : status;
}

static PyObject *
module_prepareconfig(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"args", "plugins", "prog", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("_prepareconfig", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    return prepare_config(state_from_module(module), values[0], values[1] ? values[1] : Py_None,
                          values[2] ? values[2] : Py_None);
}

static PyObject *
module_get_config(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"args", "plugins", "prog", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    struct state *state = state_from_module(module);

    if (py_unpack_tuple("get_config", args, kwargs, NAMES, 2, 0, values) < 0) {
        return NULL;
    }
    return make_config(state, values[0] && values[0] != Py_None ? values[0] : state->empty_tuple,
                       values[1] ? values[1] : Py_None, values[2] ? values[2] : Py_None);
}

static PyMethodDef module_functions[] = {
    {"main", PY_WITH_KEYWORDS(module_main),
     "main($module, args=None, plugins=None)\n--\n\n"
     "Perform an in-process test run."},
    {"console_main", module_console_main, METH_NOARGS,
     "console_main($module)\n--\n\n"
     "The command line's run: its exit status."},
    {"_prepareconfig", PY_WITH_KEYWORDS(module_prepareconfig),
     "_prepareconfig($module, args, plugins=None, *, prog=None)\n--\n\n"},
    {"get_config", PY_WITH_KEYWORDS(module_get_config),
     "get_config($module, args=None, plugins=None, *, prog=None)\n--\n\n"},
    PY_END_METHOD,
};

int
config_main_add(PyObject *module, struct state *Py_UNUSED(state))
{
    return PyModule_AddFunctions(module, module_functions);
}
