/* importtestmodule(): what is said when a test module cannot be imported. */
#include "collect/internal.h"

#include "code/code.h"

/* raise CollectError(message) from cause. Takes both references. */
static void
raise_collect_error(struct state *state, PyObject *message, PyObject *cause)
{
    PyObject *type = (PyObject *)nodes_types(state)->collect_error;
    PyObject *error = message ? py_call1(type, message) : NULL;

    Py_XDECREF(message);
    if (error) {
        PyErr_SetObject(type, error);
        Py_DECREF(error);
    }
    if (cause) {
        py_error_set_cause_take(cause);
    }
}

static PyObject *
short_repr(struct state *state, PyObject *excinfo)
{
    struct repr_options options = REPR_OPTIONS_INIT;

    options.style = "short";
    return excinfo_repr(state, excinfo, &options);
}

static PyObject *
syntax_message(struct state *state, PyObject *exception)
{
    PyObject *excinfo = excinfo_new_take(state, Py_NewRef(exception));
    PyObject *message = excinfo ? short_repr(state, excinfo) : NULL;
    Py_XDECREF(excinfo);
    return message;
}

static PyObject *
mismatch_message(PyObject *exception)
{
    PyObject *args = PyObject_GetAttrString(exception, "args");
    PyObject *message = NULL;

    if (args && PyTuple_Size(args) == 3) {
        message = PyUnicode_FromFormat("import file mismatch:\n"
                                       "imported module %R has this __file__ attribute:\n"
                                       "  %S\n"
                                       "which is not the same as the test file we want to collect:\n"
                                       "  %S\n"
                                       "HINT: remove __pycache__ / .pyc files and/or use a "
                                       "unique basename for your test file modules",
                                       PyTuple_GetItem(args, 0), PyTuple_GetItem(args, 1), PyTuple_GetItem(args, 2));
    }
    Py_XDECREF(args);
    return message;
}

/* Below -vv frames of the runner itself are left out. */
static int
filter_frames(struct engine *engine, PyObject *excinfo)
{
    PyObject *traceback = NULL;
    PyObject *filter = NULL;
    PyObject *filtered = NULL;
    int status = -1;

    if (config_verbosity(engine, NULL) >= 2) {
        return 0;
    }
    traceback = PyObject_GetAttrString(excinfo, "traceback");
    filter = traceback ? py_import_attr("_pytest._code", "filter_traceback") : NULL;
    filtered = filter ? PyObject_CallMethod(traceback, "filter", "O", filter) : NULL;
    if (filtered) {
        status = PyObject_SetAttrString(excinfo, "traceback", filtered);
    }
    Py_XDECREF(traceback);
    Py_XDECREF(filter);
    Py_XDECREF(filtered);
    return status;
}

static PyObject *
import_message(struct engine *engine, PyObject *path, PyObject *exception)
{
    PyObject *excinfo = excinfo_new_take(engine->state, Py_NewRef(exception));
    PyObject *traceback = NULL;
    PyObject *shown = NULL;
    PyObject *message = NULL;

    if (!excinfo || filter_frames(engine, excinfo) < 0) {
        goto done;
    }
    traceback = PyObject_GetAttrString(excinfo, "traceback");
    int has_frames = traceback ? PyObject_IsTrue(traceback) : -1;
    if (has_frames >= 0) {
        shown = has_frames ? short_repr(engine->state, excinfo) : PyObject_CallMethod(excinfo, "exconly", NULL);
    }
    if (shown) {
        message = PyUnicode_FromFormat("ImportError while importing test module '%U'.\n"
                                       "Hint: make sure your test modules/packages have valid Python names.\n"
                                       "Traceback:\n"
                                       "%S",
                                       path, shown);
    }
done:
    Py_XDECREF(excinfo);
    Py_XDECREF(traceback);
    Py_XDECREF(shown);
    return message;
}

static PyObject *
skip_message(struct state *state, PyObject *exception, bool *is_allowed)
{
    int allowed = py_attr_is_true(state, exception, state->names.allow_module_level);

    *is_allowed = allowed == 1;
    if (allowed != 0) {
        return NULL;
    }
    return PyUnicode_FromString("Using pytest.skip outside of a test will skip the entire module. "
                                "If that's your intention, pass `allow_module_level=True`. "
                                "If you want to skip a specific test or an entire class, "
                                "use the @pytest.mark.skip or @pytest.mark.skipif decorators.");
}

/* Rewords the exception that is set. */
static void
explain_failure(struct engine *engine, PyObject *path)
{
    struct state *state = engine->state;
    PyObject *exception = py_error_take();
    PyObject *message = NULL;
    bool passes_on = false;

    if (PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_SyntaxError)) {
        message = syntax_message(state, exception);
    } else if (PyObject_TypeCheck(exception, (PyTypeObject *)collect_room(state)->import_mismatch)) {
        message = mismatch_message(exception);
    } else if (PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_ImportError)) {
        message = import_message(engine, path, exception);
    } else if (PyObject_TypeCheck(exception, (PyTypeObject *)hooks_types(state)->skipped)) {
        message = skip_message(state, exception, &passes_on);
    } else {
        passes_on = true;
    }
    if (passes_on) {
        py_error_restore_take(exception);
    } else {
        raise_collect_error(state, message, exception);
    }
}

static const char *
known_mode(PyObject *option)
{
    if (py_text_equals(option, "importlib")) {
        return "importlib";
    }
    return py_text_equals(option, "append") ? "append" : "prepend";
}

PyObject *
import_test_module(struct engine *engine, PyObject *path)
{
    PyObject *option = option_get(engine, "importmode");
    PyObject *module = option ? module_import_path(engine, path, known_mode(option)) : NULL;

    Py_XDECREF(option);
    if (!module) {
        explain_failure(engine, path);
        return NULL;
    }
    PyObject *considered = PyObject_CallMethod(engine->pluginmanager, "consider_module", "O", module);
    if (!considered) {
        Py_CLEAR(module);
    }
    Py_XDECREF(considered);
    return module;
}
