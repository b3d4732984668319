/* A session from configure to unconfigure, and the loop over its items (the run's half of `_pytest.main`). */
#include <errno.h>
#include <unistd.h>

#include "code/code.h"
#include "run/internal.h"

enum exit_code {
    EXIT_CODE_OK,
    EXIT_CODE_TESTS_FAILED,
    EXIT_CODE_INTERRUPTED,
    EXIT_CODE_INTERNAL_ERROR,
    EXIT_CODE_USAGE_ERROR,
    EXIT_CODE_NO_TESTS_COLLECTED,
};

/* An ExitCode member for foreign code, an int for ours: a new reference. */
static PyObject *
exit_code_new(long code, bool wants_member)
{
    if (!wants_member) {
        return PyLong_FromLong(code);
    }
    PyObject *exit_code = py_import_attr("pytest", "ExitCode");
    PyObject *member = exit_code ? PyObject_CallFunction(exit_code, "l", code) : NULL;
    if (exit_code && !member && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear(); /* pytest.exit(returncode=...) may be any number */
        member = PyLong_FromLong(code);
    }
    Py_XDECREF(exit_code);
    return member;
}

/* ---- the loop ---- */

/* Raises Session.Failed or Session.Interrupted when the session was asked to end. */
static int
check_stop(struct engine *engine)
{
    struct collect_types *types = collect_types(engine->state);
    PyObject *reason = NULL;
    int stops = session_should_fail(engine, &reason);

    if (stops == 1) {
        PyErr_SetObject(types->session_failed, reason);
    } else if (stops == 0) {
        stops = session_should_stop(engine, &reason);
        if (stops == 1) {
            PyErr_SetObject(types->session_interrupted, reason);
        }
    }
    Py_XDECREF(reason);
    return stops ? -1 : 0;
}

/* The items are read anew each time: plugins change the list while it runs. */
static int
run_items(struct engine *engine)
{
    PyObject *items = Py_NewRef(session_items(engine));
    int status = PyList_Size(items) > 0 ? config_check_verbosity(engine, "test_cases") : 0;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(items); i++) {
        PyObject *item = py_list_item(items, i);
        PyObject *next_item = i + 1 < PyList_Size(items) ? py_list_item(items, i + 1) : Py_NewRef(Py_None);
        PyObject *args[] = {item, next_item};
        status = PyErr_CheckSignals();
        if (status == 0) {
            status = hook_notify(engine->relay, HOOK_runtest_protocol, args);
        }
        Py_DECREF(item);
        Py_DECREF(next_item);
        if (status == 0) {
            status = check_stop(engine);
        }
    }
    Py_DECREF(items);
    return status;
}

static PyObject *
enter_loop(PyObject *config, PyObject *Py_UNUSED(ignored))
{
    struct engine *engine = engine_from_config(config);
    int status = run_items(engine);
    int settled = state_settle_output(engine->state);

    return py_none_or_error(status < 0 ? status : settled);
}

static PyMethodDef ENTER_LOOP = {"run_items", enter_loop, METH_NOARGS, NULL};

/*
 * The one Python frame of ours around tests: their f_back, found by warnings.warn(stacklevel=2) and module-matched
 * filters under the name that pytest's has.
 */
static PyObject *
loop_frame_function(struct state *state)
{
    static const char SOURCE[] = "def pytest_pyfunc_call(run_items):\n    run_items()\n";
    PyObject *package = PyImport_ImportModule("_pytest");
    PyObject *path = package ? PyObject_GetAttr(package, state->names.__file__) : NULL;
    PyObject *directory = NULL;
    PyObject *filename = NULL;
    PyObject *code = NULL;
    PyObject *globals = NULL;
    PyObject *done = NULL;
    PyObject *function = NULL;

    if (!path) {
        goto done;
    }
    directory = PyObject_CallMethod(path, "rpartition", "s", "/");
    filename = directory ? PyUnicode_FromFormat("%U/python.py", PyTuple_GetItem(directory, 0)) : NULL;
    const char *filename_utf8 = filename ? py_utf8(filename) : NULL;
    code = filename_utf8 ? Py_CompileString(SOURCE, filename_utf8, Py_file_input) : NULL;
    /* PyImport_Import() looks for the builtins in the globals of the running frame. */
    globals =
        code ? Py_BuildValue("{s:s,s:O}", "__name__", "_pytest.python", "__builtins__", PyEval_GetBuiltins()) : NULL;
    done = globals ? PyEval_EvalCode(code, globals, globals) : NULL;
    if (done) {
        function = Py_XNewRef(PyDict_GetItemString(globals, "pytest_pyfunc_call"));
        PyDict_DelItemString(globals, "pytest_pyfunc_call"); /* else the two would keep each other alive */
    }
done:
    Py_XDECREF(done);
    Py_XDECREF(globals);
    Py_XDECREF(code);
    Py_XDECREF(filename);
    Py_XDECREF(directory);
    Py_XDECREF(path);
    Py_XDECREF(package);
    return function;
}

PyObject *
main_runtestloop(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    long failed = session_tests_failed(engine);
    PyObject *function = NULL;
    PyObject *loop = NULL;
    PyObject *result = NULL;

    if (failed) {
        int continues = option_is_true(engine, "continue_on_collection_errors");
        if (continues < 0) {
            return NULL;
        }
        if (!continues) {
            return PyErr_Format(collect_types(engine->state)->session_interrupted, "%ld error%s during collection",
                                failed, failed != 1 ? "s" : "");
        }
    }
    int only_collects = option_is_true(engine, "collectonly");
    if (only_collects) {
        return only_collects < 0 ? NULL : Py_NewRef(Py_True);
    }
    function = loop_frame_function(engine->state);
    loop = function ? PyCFunction_New(&ENTER_LOOP, engine->config) : NULL;
    result = loop ? py_call1(function, loop) : NULL;
    Py_XDECREF(loop);
    Py_XDECREF(function);
    if (!result) {
        return NULL;
    }
    Py_DECREF(result);
    return Py_NewRef(Py_True);
}

PyObject *
main_collection(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *items = session_perform_collect(engine, NULL, true);
    if (!items) {
        return NULL;
    }
    Py_DECREF(items);
    Py_RETURN_NONE;
}

/* ---- the session around it ---- */

/* What happens between sessionstart and sessionfinish: an exit code, None for 0, or NULL. */
typedef PyObject *(*session_body)(struct engine *engine, PyObject *session, PyObject *callable);

static PyObject *
run_tests(struct engine *engine, PyObject *session, PyObject *Py_UNUSED(callable))
{
    PyObject *args[] = {session};

    if (hook_notify(engine->relay, HOOK_collection, args) < 0 ||
        hook_notify(engine->relay, HOOK_runtestloop, args) < 0) {
        return NULL;
    }
    long code = EXIT_CODE_OK;
    if (session_tests_failed(engine)) {
        code = EXIT_CODE_TESTS_FAILED;
    } else {
        PyObject *collected = PyObject_GetAttrString(session, "testscollected");
        if (!collected) {
            return NULL;
        }
        if (PyLong_AsLong(collected) == 0) {
            code = EXIT_CODE_NO_TESTS_COLLECTED;
        }
        Py_DECREF(collected);
    }
    return exit_code_new(code, !hook_is_native(engine->relay, HOOK_sessionfinish));
}

static PyObject *
call_body(struct engine *engine, PyObject *session, PyObject *callable)
{
    return py_call2(callable, engine->config, session);
}

static int
set_exit_status(struct engine *engine, PyObject *session, long code)
{
    PyObject *status = exit_code_new(code, !hook_is_native(engine->relay, HOOK_sessionfinish));
    int result = status ? PyObject_SetAttr(session, engine->state->names.exitstatus, status) : -1;
    Py_XDECREF(status);
    return result;
}

/* exception.returncode of pytest.exit(), else `otherwise`. -1 with an exception set is possible. */
static long
exit_return_code(PyObject *exception, long otherwise)
{
    PyObject *code = PyObject_GetAttrString(exception, "returncode");
    long result = otherwise;

    if (code && code != Py_None) {
        result = PyLong_AsLong(code);
    }
    Py_XDECREF(code);
    return result;
}

static int
write_to_stderr(const char *fmt, PyObject *first, PyObject *second)
{
    PyObject *text = PyUnicode_FromFormat(fmt, first, second);
    PyObject *borrowed_stderr = PySys_GetObject("stderr");
    PyObject *written = NULL;

    if (text && borrowed_stderr) {
        written = PyObject_CallMethod(borrowed_stderr, "write", "O", text);
    }
    Py_XDECREF(text);
    Py_XDECREF(written);
    return written || !borrowed_stderr ? 0 : -1;
}

/* "Exit: message" on stderr, and its return code as the session's. */
static int
report_exit(struct engine *engine, PyObject *session, PyObject *exception)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(exception), "__name__");
    int status = -1;

    if (!name) {
        return -1;
    }
    long code = exit_return_code(exception, -1);
    if (!PyErr_Occurred() && (code < 0 || set_exit_status(engine, session, code) == 0)) {
        status = write_to_stderr("%U: %S\n", name, exception);
    }
    Py_DECREF(name);
    return status;
}

/* Ctrl-C and pytest.exit(). Borrows the excinfo. */
static int
handle_interruption(struct engine *engine, PyObject *session, PyObject *excinfo, bool has_started)
{
    PyObject *exception = excinfo_value(excinfo);
    long code = EXIT_CODE_INTERRUPTED;

    if (PyObject_TypeCheck(exception, (PyTypeObject *)hooks_types(engine->state)->exit)) {
        code = exit_return_code(exception, EXIT_CODE_INTERRUPTED);
        if (code == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (!has_started) {
            PyObject *name = PyObject_GetAttrString(excinfo, "typename");
            PyObject *message = name ? PyObject_GetAttrString(exception, "msg") : NULL;
            int written = message ? write_to_stderr("%S: %S\n", name, message) : -1;
            Py_XDECREF(name);
            Py_XDECREF(message);
            if (written < 0) {
                return -1;
            }
        }
    }
    if (hook_notify(engine->relay, HOOK_keyboard_interrupt, &excinfo) < 0) {
        return -1;
    }
    return set_exit_status(engine, session, code);
}

static int
handle_internal_error(struct engine *engine, PyObject *session, PyObject *excinfo)
{
    PyObject *notified = NULL;
    int status = set_exit_status(engine, session, EXIT_CODE_INTERNAL_ERROR);

    if (status < 0) {
        return -1;
    }
    notified = PyObject_CallMethod(engine->config, "notify_exception", "OO", excinfo, engine->options);
    if (!notified) {
        if (!PyErr_ExceptionMatches(hooks_types(engine->state)->exit)) {
            return -1;
        }
        PyObject *exception = py_error_take();
        status = report_exit(engine, session, exception);
        Py_DECREF(exception);
        return status;
    }
    Py_DECREF(notified);
    if (PyObject_TypeCheck(excinfo_value(excinfo), (PyTypeObject *)PyExc_SystemExit)) {
        status = write_to_stderr("mainloop: caught unexpected SystemExit!\n", NULL, NULL);
    }
    return status;
}

/* What C raised by itself, with no frame: its traceback is then where the runner was called from. A new reference. */
static PyObject *
take_with_frame(void)
{
    PyObject *exception = py_error_take();
    PyObject *traceback = PyException_GetTraceback(exception);
    struct _frame *borrowed_frame = PyEval_GetFrame();

    Py_XDECREF(traceback);
    if (traceback || !borrowed_frame) {
        return exception;
    }
    py_error_restore_take(exception);
    PyTraceBack_Here(borrowed_frame); /* on failure its own exception is set, and tells no less */
    return py_error_take();
}

/* Turns the exception that ended the body into an exit status; -1 when it (a usage error) or a new one goes on. */
static int
handle_body_exception(struct engine *engine, PyObject *session, bool has_started)
{
    struct state *state = engine->state;

    if (PyErr_ExceptionMatches(hooks_types(state)->usage_error)) {
        PyObject *exception = py_error_take();
        if (set_exit_status(engine, session, EXIT_CODE_USAGE_ERROR) < 0) {
            Py_DECREF(exception);
            return -1;
        }
        py_error_restore_take(exception);
        return -1;
    }
    if (PyErr_ExceptionMatches(collect_types(state)->session_failed)) {
        PyErr_Clear();
        return set_exit_status(engine, session, EXIT_CODE_TESTS_FAILED);
    }
    bool is_interruption =
        PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) || PyErr_ExceptionMatches(hooks_types(state)->exit);
    PyObject *excinfo = excinfo_new_take(state, is_interruption ? py_error_take() : take_with_frame());
    if (!excinfo) {
        return -1;
    }
    int status = is_interruption ? handle_interruption(engine, session, excinfo, has_started)
                                 : handle_internal_error(engine, session, excinfo);
    Py_DECREF(excinfo);
    return status;
}

/* Configure, sessionstart, body. *started_out: sessionfinish is owed. */
static int
run_body(struct engine *engine, PyObject *session, session_body body, PyObject *callable, bool *started_out)
{
    PyObject *configured = PyObject_CallMethod(engine->config, "_do_configure", NULL);
    PyObject *code = NULL;
    int status = -1;

    if (!configured) {
        return -1;
    }
    Py_DECREF(configured);
    if (hook_notify(engine->relay, HOOK_sessionstart, &session) < 0) {
        return -1;
    }
    *started_out = true;
    code = body(engine, session, callable);
    if (code) {
        int is_something = PyObject_IsTrue(code);
        if (is_something > 0) {
            status = PyObject_SetAttr(session, engine->state->names.exitstatus, code);
        } else {
            status = is_something;
        }
        Py_DECREF(code);
    }
    return status;
}

static int
change_back_to_start(struct engine *engine)
{
    const char *directory = py_utf8(config_invocation_dir(engine));

    if (!directory) {
        return -1;
    }
    if (chdir(directory) < 0) {
        PyErr_SetFromErrnoWithFilename(PyExc_OSError, directory);
        return -1;
    }
    return 0;
}

/* sessionfinish and unconfigure: both are owed whatever happened. Keeps an exception that is set. */
static int
finish(struct engine *engine, PyObject *session, bool has_started)
{
    struct names *names = &engine->state->names;
    PyObject *exception = py_error_take();
    int status = change_back_to_start(engine);

    if (status == 0) {
        status = finder_restore(engine->state);
    }
    if (has_started && status == 0) {
        PyObject *exit_status = PyObject_GetAttr(session, names->exitstatus);
        PyObject *args[] = {session, exit_status};
        status = exit_status ? hook_notify(engine->relay, HOOK_sessionfinish, args) : -1;
        Py_XDECREF(exit_status);
        if (status < 0 && PyErr_ExceptionMatches(hooks_types(engine->state)->exit)) {
            PyObject *exit_exception = py_error_take();
            status = report_exit(engine, session, exit_exception);
            Py_DECREF(exit_exception);
        }
    }
    if (status == 0) {
        status = py_status_take(PyObject_CallMethod(engine->config, "_ensure_unconfigure", NULL));
    }
    if (exception) {
        if (status == 0) {
            py_error_restore_take(exception);
            return -1;
        }
        Py_DECREF(exception);
    }
    return status;
}

/* PYTEST_CURRENT_TEST of a run around this one: os.environ's value, or NULL; restored by the second. */
static PyObject *
outer_current_test(struct state *state)
{
    PyObject *environ_object = py_import_attr("os", "environ");
    PyObject *value = NULL;

    if (environ_object) {
        value = PyObject_CallMethodObjArgs(environ_object, state->names.get, state->names.PYTEST_CURRENT_TEST, NULL);
        Py_DECREF(environ_object);
    }
    return value;
}

static int
restore_current_test(struct state *state, PyObject *value)
{
    if (value == Py_None) {
        return 0;
    }
    PyObject *exception = py_error_take();
    PyObject *environ_object = py_import_attr("os", "environ");
    int status = environ_object ? PyObject_SetItem(environ_object, state->names.PYTEST_CURRENT_TEST, value) : -1;

    Py_XDECREF(environ_object);
    if (exception) {
        if (status < 0) {
            PyErr_Clear(); /* the first error is the one to report */
        }
        py_error_restore_take(exception);
        return -1;
    }
    return status;
}

static PyObject *
wrap_session(struct engine *engine, session_body body, PyObject *callable)
{
    struct state *state = engine->state;
    bool has_started = false;
    PyObject *exit_status = NULL;
    PyObject *current_test = outer_current_test(state);
    PyObject *session = current_test ? session_new(engine) : NULL;

    if (!session || set_exit_status(engine, session, EXIT_CODE_OK) < 0) {
        goto done;
    }
    int status = run_body(engine, session, body, callable, &has_started);
    if (status < 0) {
        status = handle_body_exception(engine, session, has_started);
    }
    status = finish(engine, session, has_started);
    if (restore_current_test(state, current_test) == 0 && status == 0) {
        exit_status = PyObject_GetAttr(session, state->names.exitstatus);
    }
done:
    Py_XDECREF(session);
    Py_XDECREF(current_test);
    return exit_status;
}

PyObject *
main_cmdline_main(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return wrap_session(engine, run_tests, NULL);
}

/* wrap_session(config, doit) for plugins that run a session of their own. */
static PyObject *
py_wrap_session(PyObject *module, PyObject *args)
{
    PyObject *config = NULL;
    PyObject *callable = NULL;

    if (!PyArg_ParseTuple(args, "O!O", hooks_types(state_from_module(module))->config, &config, &callable)) {
        return NULL;
    }
    return wrap_session(engine_from_config(config), call_body, callable);
}

static PyMethodDef SESSION_FUNCTIONS[] = {
    {"wrap_session", py_wrap_session, METH_VARARGS,
     "wrap_session($module, config, doit, /)\n--\n\n"
     "Run doit(config, session) between configure and unconfigure."},
    PY_END_METHOD,
};

int
session_loop_add(PyObject *module, struct state *Py_UNUSED(state))
{
    return PyModule_AddFunctions(module, SESSION_FUNCTIONS);
}
