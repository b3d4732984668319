/* The session's beginning and end for the reporter, and the table of its hooks. */
#include <string.h>

#include "plugins/terminal/reporter.h"

/* Exit statuses after which summaries make sense: all but an internal error. */
enum { EXIT_OK = 0, EXIT_INTERRUPTED = 2, EXIT_INTERNAL_ERROR = 3, EXIT_MAX_WARNINGS = 6 };

/* self.<method>(): overriding methods included. */
static int
call_method(TerminalReporter *self, const char *method)
{
    return py_status_take(PyObject_CallMethod((PyObject *)self, method, NULL));
}

/* ---- Errors and interrupts ---- */

static PyObject *
hook_internalerror(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *args)
{
    TerminalReporter *self = (TerminalReporter *)op;
    struct text all = {0};
    struct text line = {0};
    int status = text_add_object(&all, args[0]);
    const char *start = text_string(&all);

    while (status == 0 && start) {
        const char *newline = strchr(start, '\n');
        text_clear(&line);
        text_add_string(&line, "INTERNALERROR> ");
        text_add(&line, start, newline ? (size_t)(newline - start) : strlen(start));
        status = reporter_write_line(self, line.bytes, line.length, 0);
        start = newline ? newline + 1 : NULL;
    }
    if (status == 0) {
        status = terminal_show(self->tw);
    }
    text_release(&all);
    text_release(&line);
    return status < 0 ? NULL : Py_NewRef(Py_True);
}

static PyObject *
hook_keyboard_interrupt(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *args)
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *function = PyObject_GetAttrString(args[0], "getrepr");
    PyObject *kwargs = function ? Py_BuildValue("{sO}", "funcargs", Py_True) : NULL;
    PyObject *memo = kwargs ? py_call(state_of(op), function, NULL, kwargs) : NULL;

    Py_XDECREF(function);
    Py_XDECREF(kwargs);
    /* What was raised by C code between tests has no place in Python code, only a message. */
    PyObject *message = memo ? PyObject_CallMethod(args[0], "exconly", "O", Py_True) : NULL;
    if (!message) {
        Py_XDECREF(memo);
        return NULL;
    }
    py_replace_take(&self->interrupt_memo, memo);
    py_replace_take(&self->interrupt_message, message);
    Py_RETURN_NONE;
}

static int
write_interrupt_place(TerminalReporter *self, PyObject *crash)
{
    static const char HINT[] = "(to show a full traceback on KeyboardInterrupt use --full-trace)";
    int is_full = option_is_true(self->engine, "fulltrace");
    PyObject *result = NULL;

    if (is_full == 0 && crash == Py_None) {
        result = Py_NewRef(Py_None);
    } else if (is_full >= 0) {
        result = PyObject_CallMethod(is_full ? self->interrupt_memo : crash, "toterminal", "O", self->tw);
    }
    if (!result) {
        return -1;
    }
    Py_DECREF(result);
    return is_full ? 0 : terminal_line(self->tw, HINT, strlen(HINT), MARKUP_YELLOW);
}

static int
report_interrupt(TerminalReporter *self)
{
    PyObject *crash = NULL;
    PyObject *message = NULL;
    struct text title = {0};
    int status = -1;

    if (!self->interrupt_memo || self->interrupt_memo == Py_None) {
        PyErr_SetString(PyExc_AssertionError, "no interrupt was recorded");
        return -1;
    }
    crash = PyObject_GetAttrString(self->interrupt_memo, "reprcrash");
    if (crash == Py_None && self->interrupt_message) {
        message = Py_NewRef(self->interrupt_message);
    } else if (crash) {
        message = PyObject_GetAttrString(crash, "message");
    }
    if (message && text_add_object(&title, message) == 0) {
        status = reporter_write_sep(self, '!', text_string(&title), 0);
        if (status == 0 && strstr(text_string(&title), "KeyboardInterrupt")) {
            status = write_interrupt_place(self, crash);
        }
    }
    text_release(&title);
    Py_XDECREF(crash);
    Py_XDECREF(message);
    return status;
}

static PyObject *
hook_unconfigure(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *Py_UNUSED(args))
{
    TerminalReporter *self = (TerminalReporter *)op;

    if (self->interrupt_memo && self->interrupt_memo != Py_None && call_method(self, "_report_keyboardinterrupt") < 0) {
        return NULL;
    }
    return py_none_or_error(terminal_show(self->tw));
}

static PyObject *
hook_plugin_registered(struct engine *engine, PyObject *op, PyObject *const *args)
{
    struct text line = {0};
    int is_traced = option_is_true(engine, "traceconfig");
    int status = is_traced < 0 ? -1 : 0;

    if (is_traced > 0) {
        text_add_string(&line, "PLUGIN registered: ");
        status = text_add_object(&line, args[0]);
        if (status == 0) {
            status = reporter_write_line((TerminalReporter *)op, line.bytes, line.length, 0);
        }
    }
    text_release(&line);
    return py_none_or_error(status);
}

/* ---- Summaries ---- */

static int
before_terminal_summary(struct engine *engine, PyObject *op, PyObject *const *Py_UNUSED(args), void **Py_UNUSED(memory))
{
    static const char *const SECTIONS[] = {"summary_errors",   "summary_failures", "summary_xfailures",
                                           "summary_warnings", "summary_passes",   "summary_xpasses"};
    int is_silent = option_is_true(engine, "no_summary");
    int status = is_silent < 0 ? -1 : 0;

    for (size_t i = 0; status == 0 && !is_silent && i < COUNT_OF(SECTIONS); i++) {
        status = call_method((TerminalReporter *)op, SECTIONS[i]);
    }
    return status < 0 ? -1 : terminal_show(((TerminalReporter *)op)->tw);
}

/* Also when a plugin's summary failed. */
static PyObject *
after_terminal_summary(struct engine *engine, PyObject *op, PyObject *const *Py_UNUSED(args), void *Py_UNUSED(memory),
                       PyObject *result)
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *error = result ? NULL : py_error_take();
    int is_silent = option_is_true(engine, "no_summary");
    int status = is_silent < 0 ? -1 : 0;

    if (!is_silent) {
        status = call_method(self, "short_test_summary");
        if (status == 0) {
            status = call_method(self, "summary_warnings");
        }
    }
    return py_pass_on_take(result, error, status);
}

/* --max-warnings, else the ini option: 1 and the number, 0: none, -1. */
static int
max_warnings(TerminalReporter *self, long *max_out)
{
    PyObject *value = option_get(self->engine, "max_warnings");
    PyObject *number = NULL;

    if (value == Py_None) {
        Py_DECREF(value);
        value = ini_get(self->engine, "max_warnings");
    }
    if (!value || value == Py_None) {
        return py_status_take(value);
    }
    number = PyNumber_Long(value);
    Py_DECREF(value);
    *max_out = number ? PyLong_AsLong(number) : -1;
    Py_XDECREF(number);
    return PyErr_Occurred() ? -1 : 1;
}

static int
set_exit_status(PyObject *session, long status)
{
    PyObject *exit_code = py_import_attr("_pytest.config", "ExitCode");
    PyObject *value = exit_code ? PyObject_CallFunction(exit_code, "l", status) : NULL;
    int result = value ? PyObject_SetAttrString(session, "exitstatus", value) : -1;

    Py_XDECREF(exit_code);
    Py_XDECREF(value);
    return result;
}

static long
exit_status_of(PyObject *session)
{
    PyObject *value = PyObject_GetAttrString(session, "exitstatus");
    long status = value ? PyLong_AsLong(value) : -1;

    Py_XDECREF(value);
    return status;
}

static int
check_max_warnings(TerminalReporter *self, PyObject *session)
{
    struct text line = {0};
    long max = 0;
    int is_limited = max_warnings(self, &max);
    Py_ssize_t count = reporter_count_stats(self, "warnings");
    int status = 0;

    if (is_limited <= 0 || exit_status_of(session) != EXIT_OK || count <= max) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (set_exit_status(session, EXIT_MAX_WARNINGS) < 0) {
        return -1;
    }
    text_add_format(&line, "Tests pass, but maximum allowed warnings exceeded: %zd > %ld", count, max);
    status = reporter_write_line(self, line.bytes, line.length, MARKUP_RED);
    text_release(&line);
    return status;
}

/* session.<name> as a "!!!" line if it is set: 1, 0, -1. */
static int
write_stop_reason(TerminalReporter *self, PyObject *session, const char *name)
{
    PyObject *reason = PyObject_GetAttrString(session, name);
    int is_set = reason ? PyObject_IsTrue(reason) : -1;
    struct text title = {0};

    if (is_set > 0 &&
        (text_add_object(&title, reason) < 0 || reporter_write_sep(self, '!', text_string(&title), MARKUP_RED) < 0)) {
        is_set = -1;
    }
    text_release(&title);
    Py_XDECREF(reason);
    return is_set;
}

static int
write_stop_reasons(TerminalReporter *self, PyObject *session, long exit_status)
{
    int status = write_stop_reason(self, session, "shouldfail");

    if (status >= 0 && exit_status == EXIT_INTERRUPTED) {
        status = call_method(self, "_report_keyboardinterrupt");
        py_replace(&self->interrupt_memo, NULL);
    } else if (status >= 0) {
        status = write_stop_reason(self, session, "shouldstop");
    }
    return status < 0 ? -1 : 0;
}

static int
finish_session(TerminalReporter *self, PyObject *session, PyObject *exit_status)
{
    PyObject *const args[] = {(PyObject *)self, exit_status, self->config};
    long status = PyLong_AsLong(exit_status);

    if (status == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (terminal_line(self->tw, "", 0, 0) < 0 || terminal_show(self->tw) < 0) {
        return -1;
    }
    if (status >= EXIT_OK && status <= EXIT_MAX_WARNINGS && status != EXIT_INTERNAL_ERROR &&
        hook_notify(self->engine->relay, HOOK_terminal_summary, args) < 0) {
        return -1;
    }
    if (check_max_warnings(self, session) < 0 || write_stop_reasons(self, session, status) < 0 ||
        call_method(self, "summary_stats") < 0) {
        return -1;
    }
    return terminal_show(self->tw);
}

/* Takes `result`. */
static PyObject *
after_sessionfinish(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *args, void *Py_UNUSED(memory),
                    PyObject *result)
{
    if (result && finish_session((TerminalReporter *)op, args[0], args[1]) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static int
before_nothing(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(op), PyObject *const *Py_UNUSED(args),
               void **Py_UNUSED(memory))
{
    return 0;
}

static const struct native_hook HOOKS_OF_REPORTER[] = {
    {.id = HOOK_internalerror, .call = hook_internalerror},
    {.id = HOOK_warning_recorded, .call = hook_warning_recorded},
    {.id = HOOK_plugin_registered, .call = hook_plugin_registered},
    {.id = HOOK_deselected, .call = hook_deselected},
    {.id = HOOK_runtest_logstart, .call = hook_runtest_logstart},
    {.id = HOOK_runtest_logreport, .call = hook_runtest_logreport},
    {.id = HOOK_runtestloop, .flags = NATIVE_WRAPPER, .before = before_nothing, .after = hook_after_runtestloop},
    {.id = HOOK_collection, .call = hook_collection},
    {.id = HOOK_collectreport, .call = hook_collectreport},
    {.id = HOOK_sessionstart, .flags = NATIVE_TRYLAST, .call = hook_sessionstart},
    {.id = HOOK_report_header, .call = hook_report_header},
    {.id = HOOK_collection_finish, .call = hook_collection_finish},
    {.id = HOOK_sessionfinish, .flags = NATIVE_WRAPPER, .before = before_nothing, .after = after_sessionfinish},
    {.id = HOOK_terminal_summary,
     .flags = NATIVE_WRAPPER,
     .before = before_terminal_summary,
     .after = after_terminal_summary},
    {.id = HOOK_keyboard_interrupt, .call = hook_keyboard_interrupt},
    {.id = HOOK_unconfigure, .call = hook_unconfigure},
};

const struct native_plugin REPORTER_PLUGIN = {
    .name = "terminalreporter",
    .module = "_pytest.terminal",
    .hooks = HOOKS_OF_REPORTER,
    .hook_count = COUNT_OF(HOOKS_OF_REPORTER),
};

/* ---- The hooks as methods: for subclasses in Python, which register them by name ---- */

/* Arguments by name, as hook callers pass them; calls `hook` with them in the order of `names`. */
static PyObject *
call_hook(PyObject *op, PyObject *args, PyObject *kwargs, const char *const *names,
          PyObject *(*hook)(struct engine *engine, PyObject *self, PyObject *const *args))
{
    PyObject *values[HOOK_MAX_ARGUMENTS] = {NULL};
    Py_ssize_t count = 0;

    while (names[count]) {
        count++;
    }
    if (py_unpack_tuple("hook", args, kwargs, names, count, count, values) < 0) {
        return NULL;
    }
    return hook(((TerminalReporter *)op)->engine, op, values);
}

#define HOOK_METHOD(method, hook, ...)                                                                                 \
    static PyObject *method(PyObject *op, PyObject *args, PyObject *kwargs)                                            \
    {                                                                                                                  \
        static const char *const NAMES[] = {__VA_ARGS__};                                                              \
        return call_hook(op, args, kwargs, NAMES, hook);                                                               \
    }

HOOK_METHOD(method_internalerror, hook_internalerror, "excrepr", NULL)
HOOK_METHOD(method_plugin_registered, hook_plugin_registered, "plugin", NULL)
HOOK_METHOD(method_deselected, hook_deselected, "items", NULL)
HOOK_METHOD(method_runtest_logstart, hook_runtest_logstart, "nodeid", "location", NULL)
HOOK_METHOD(method_runtest_logreport, hook_runtest_logreport, "report", NULL)
HOOK_METHOD(method_collection, hook_collection, NULL)
HOOK_METHOD(method_collectreport, hook_collectreport, "report", NULL)
HOOK_METHOD(method_sessionstart, hook_sessionstart, "session", NULL)
HOOK_METHOD(method_report_header, hook_report_header, "config", NULL)
HOOK_METHOD(method_collection_finish, hook_collection_finish, "session", NULL)
HOOK_METHOD(method_keyboard_interrupt, hook_keyboard_interrupt, "excinfo", NULL)
HOOK_METHOD(method_unconfigure, hook_unconfigure, NULL)

static PyObject *
warning_recorded_by_name(struct engine *engine, PyObject *op, PyObject *const *args)
{
    PyObject *const all[] = {args[0], NULL, args[1], NULL};
    return hook_warning_recorded(engine, op, all);
}
HOOK_METHOD(method_warning_recorded, warning_recorded_by_name, "warning_message", "nodeid", NULL)

/* What the wrappers of `_pytest.terminal` do around their yield. */
static PyObject *
finish_session_hook(struct engine *Py_UNUSED(engine), PyObject *op, PyObject *const *args)
{
    return py_none_or_error(finish_session((TerminalReporter *)op, args[0], args[1]));
}
HOOK_METHOD(method_finish_session, finish_session_hook, "session", "exitstatus", NULL)

static PyObject *
finish_loop_hook(struct engine *engine, PyObject *op, PyObject *const *args)
{
    return hook_after_runtestloop(engine, op, args, NULL, Py_NewRef(Py_None));
}
HOOK_METHOD(method_finish_loop, finish_loop_hook, NULL)

static PyObject *
method_report_keyboardinterrupt(PyObject *op, PyObject *Py_UNUSED(unused))
{
    return py_none_or_error(report_interrupt((TerminalReporter *)op));
}

static PyObject *
method_get_max_warnings(PyObject *op, PyObject *Py_UNUSED(unused))
{
    long max = 0;
    int found = max_warnings((TerminalReporter *)op, &max);
    return found < 0 ? NULL : found ? PyLong_FromLong(max) : Py_NewRef(Py_None);
}

PyMethodDef SESSION_METHODS[] = {
    {"pytest_internalerror", PY_WITH_KEYWORDS(method_internalerror), "pytest_internalerror($self, excrepr)\n--\n\n"},
    {"pytest_warning_recorded", PY_WITH_KEYWORDS(method_warning_recorded),
     "pytest_warning_recorded($self, warning_message, nodeid)\n--\n\n"},
    {"pytest_plugin_registered", PY_WITH_KEYWORDS(method_plugin_registered),
     "pytest_plugin_registered($self, plugin)\n--\n\n"},
    {"pytest_deselected", PY_WITH_KEYWORDS(method_deselected), "pytest_deselected($self, items)\n--\n\n"},
    {"pytest_runtest_logstart", PY_WITH_KEYWORDS(method_runtest_logstart),
     "pytest_runtest_logstart($self, nodeid, location)\n--\n\n"},
    {"pytest_runtest_logreport", PY_WITH_KEYWORDS(method_runtest_logreport),
     "pytest_runtest_logreport($self, report)\n--\n\n"},
    {"pytest_collection", PY_WITH_KEYWORDS(method_collection), "pytest_collection($self)\n--\n\n"},
    {"pytest_collectreport", PY_WITH_KEYWORDS(method_collectreport), "pytest_collectreport($self, report)\n--\n\n"},
    {"pytest_sessionstart", PY_WITH_KEYWORDS(method_sessionstart), "pytest_sessionstart($self, session)\n--\n\n"},
    {"pytest_report_header", PY_WITH_KEYWORDS(method_report_header), "pytest_report_header($self, config)\n--\n\n"},
    {"pytest_collection_finish", PY_WITH_KEYWORDS(method_collection_finish),
     "pytest_collection_finish($self, session)\n--\n\n"},
    {"pytest_keyboard_interrupt", PY_WITH_KEYWORDS(method_keyboard_interrupt),
     "pytest_keyboard_interrupt($self, excinfo)\n--\n\n"},
    {"pytest_unconfigure", PY_WITH_KEYWORDS(method_unconfigure), "pytest_unconfigure($self)\n--\n\n"},
    {"_finish_session", PY_WITH_KEYWORDS(method_finish_session), NULL},
    {"_finish_loop", PY_WITH_KEYWORDS(method_finish_loop), NULL},
    {"_report_keyboardinterrupt", method_report_keyboardinterrupt, METH_NOARGS,
     "_report_keyboardinterrupt($self)\n--\n\n"},
    {"_get_max_warnings", method_get_max_warnings, METH_NOARGS, "_get_max_warnings($self)\n--\n\n"},
    PY_END_METHOD,
};
