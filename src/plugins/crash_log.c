/*
 * Built-in plugin "fastest-crash-log", only in a host's outermost run: appends what is reported to the front's event
 * log, and gives a host that takes over from a crashed one what that had appended (fastest/_resume.py does the rest).
 */
#include "plugins/crash_log.h"

#include "code/code.h"
#include "run/run.h"
#include "wire/event_log.h"

bool
crash_log_is_wanted(const struct engine *engine)
{
    return engine->state->event_log && !engine->state->outer_engine;
}

static PyObject *
log_collection_finish(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    event_log_append_run_started(engine->state->event_log, (uint32_t)PyList_Size(session_items(engine)));
    Py_RETURN_NONE;
}

static PyObject *
log_logstart(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    Py_ssize_t length = 0;
    const char *nodeid = py_utf8_sized(args[0], &length);
    PyObject *bytes = NULL;

    if (!nodeid) {
        PyErr_Clear(); /* surrogates: a file's name that is no UTF-8 */
        bytes = PyUnicode_AsEncodedString(args[0], "utf-8", "surrogatepass");
        if (!bytes) {
            return NULL;
        }
        nodeid = PyBytes_AsString(bytes);
        length = PyBytes_Size(bytes);
    }
    event_log_append_test_started(engine->state->event_log, nodeid, (size_t)length);
    Py_XDECREF(bytes);
    Py_RETURN_NONE;
}

static PyObject *
log_logfinish(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    event_log_append_test_finished(engine->state->event_log);
    Py_RETURN_NONE;
}

/* The longrepr as far as marshal takes it, a line instead of one that nobody has asked for: a new reference, NULL. */
static PyObject *
plain_longrepr(struct state *state, const Report *report)
{
    PyObject *longrepr = report->longrepr ? report->longrepr : Py_None;

    if (later_repr_check(state, longrepr)) {
        return later_repr_line(longrepr);
    }
    bool is_plain = longrepr == Py_None || PyUnicode_CheckExact(longrepr) || PyTuple_CheckExact(longrepr);
    return is_plain ? Py_NewRef(longrepr) : NULL;
}

static bool
is_empty(PyObject *list)
{
    return !list || (PyList_Check(list) && PyList_Size(list) == 0);
}

/* A report of ours of which nothing needs saying but when it was, and that it passed. */
static bool
is_plain_pass(const Report *report)
{
    return report->outcome == REPORT_PASSED && !report->outcome_text && is_empty(report->sections) &&
           is_empty(report->user_properties) && (!report->longrepr || report->longrepr == Py_None) &&
           (!report->dict || PyDict_Size(report->dict) == 0);
}

/* marshal.dumps(value): a new reference to bytes; NULL without an exception when marshal does not take it. */
static PyObject *
try_marshal(PyObject *value)
{
    PyObject *dumps = py_import_attr("marshal", "dumps");
    PyObject *bytes = dumps ? py_call1(dumps, value) : NULL;

    Py_XDECREF(dumps);
    if (!bytes && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
    }
    return bytes;
}

/* (outcome, longrepr, sections, user_properties, other attributes), marshalled; see try_marshal(). */
static PyObject *
marshal_fields(const Report *report, PyObject *outcome, PyObject *longrepr)
{
    PyObject *fields = Py_BuildValue("(OOOOO)", outcome, longrepr, report->sections ? report->sections : Py_None,
                                     report->user_properties ? report->user_properties : Py_None,
                                     report->dict ? report->dict : Py_None);
    PyObject *bytes = fields ? try_marshal(fields) : NULL;
    Py_XDECREF(fields);
    return bytes;
}

/* By way of pytest_report_to_serializable: a new reference to bytes, NULL with an exception. */
static PyObject *
marshal_by_hook(struct engine *engine, PyObject *report)
{
    PyObject *args[] = {engine->config, report};
    PyObject *data = hook_call(engine->relay, HOOK_report_to_serializable, args);
    PyObject *bytes = data ? try_marshal(data) : NULL;

    if (data && !bytes && !PyErr_Occurred()) {
        PyObject *text = PyObject_Repr(data); /* user properties of a type of their own */
        bytes = text ? try_marshal(text) : NULL;
        Py_XDECREF(text);
    }
    Py_XDECREF(data);
    return bytes;
}

/* The three outcomes by name; anything else counts as failed. */
static enum event_outcome
outcome_parse(PyObject *outcome)
{
    if (py_text_equals(outcome, "passed")) {
        return EVENT_PASSED;
    }
    return py_text_equals(outcome, "skipped") ? EVENT_SKIPPED : EVENT_FAILED;
}

static enum event_phase
phase_parse(PyObject *when)
{
    if (py_text_equals(when, "setup")) {
        return EVENT_SETUP;
    }
    return py_text_equals(when, "teardown") ? EVENT_TEARDOWN : EVENT_CALL;
}

/* A report that says something. 0 or -1. */
static int
log_report(struct engine *engine, PyObject *report, bool is_ours, const double times_s[3])
{
    struct names *names = &engine->state->names;
    PyObject *outcome = PyObject_GetAttr(report, names->outcome);
    PyObject *when = outcome ? PyObject_GetAttr(report, names->when) : NULL;
    PyObject *longrepr = is_ours ? plain_longrepr(engine->state, (Report *)report) : NULL;
    PyObject *bytes = NULL;
    char *content = NULL;
    Py_ssize_t length = 0;
    int status = -1;

    if (!when || PyErr_Occurred()) {
        goto done;
    }
    if (longrepr) {
        bytes = marshal_fields((Report *)report, outcome, longrepr);
    }
    if (!bytes && !PyErr_Occurred()) {
        bytes = marshal_by_hook(engine, report);
    }
    if (!bytes || PyBytes_AsStringAndSize(bytes, &content, &length) < 0) {
        goto done;
    }
    event_log_append_phase_finished(engine->state->event_log, phase_parse(when), outcome_parse(outcome), times_s,
                                    content, (size_t)length);
    status = 0;

done:
    Py_XDECREF(bytes);
    Py_XDECREF(longrepr);
    Py_XDECREF(when);
    Py_XDECREF(outcome);
    return status;
}

static PyObject *
log_logreport(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    bool is_ours = Py_TYPE(args[0]) == run_types(engine->state)->test_report;
    Report *report = is_ours ? (Report *)args[0] : NULL;
    double times_s[3] = {0, 0, 0};

    if (report) {
        times_s[0] = report->start;
        times_s[1] = report->stop;
        times_s[2] = report->duration;
    }
    if (report && is_plain_pass(report) && report->phase >= PHASE_SETUP) {
        event_log_append_phase_finished(engine->state->event_log, (enum event_phase)(report->phase - PHASE_SETUP),
                                        EVENT_PASSED, times_s, NULL, 0);
    } else if (log_report(engine, args[0], is_ours, times_s) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
log_keyboard_interrupt(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    event_log_append_interrupted(engine->state->event_log);
    Py_RETURN_NONE;
}

static int
log_ending(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void **memory)
{
    *memory = NULL;
    event_log_append_run_ending(engine->state->event_log);
    return 0;
}

static PyObject *
log_end(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void *Py_UNUSED(memory),
        PyObject *result)
{
    long status = result ? PyLong_AsLong(args[1]) : -1;

    if (result && status == -1 && PyErr_Occurred()) {
        Py_CLEAR(result);
    } else if (result) {
        event_log_append_run_finished(engine->state->event_log, (int)status);
    }
    return result;
}

static const struct native_hook LOG_HOOKS[] = {
    {.id = HOOK_collection_finish, .flags = NATIVE_TRYLAST, .call = log_collection_finish},
    {.id = HOOK_runtest_logstart, .flags = NATIVE_TRYFIRST, .call = log_logstart},
    {.id = HOOK_runtest_logreport, .flags = NATIVE_TRYLAST, .call = log_logreport},
    {.id = HOOK_runtest_logfinish, .flags = NATIVE_TRYLAST, .call = log_logfinish},
    {.id = HOOK_keyboard_interrupt, .flags = NATIVE_TRYFIRST, .call = log_keyboard_interrupt},
    {.id = HOOK_sessionfinish, .flags = NATIVE_WRAPPER | NATIVE_TRYFIRST, .before = log_ending, .after = log_end},
};

const struct native_plugin CRASH_LOG_PLUGIN = {
    .name = "fastest-crash-log",
    .module = "fastest._resume",
    .hooks = LOG_HOOKS,
    .hook_count = COUNT_OF(LOG_HOOKS),
};

int
crash_log_resume(struct engine *engine)
{
    if (!engine->state->event_log || event_log_host_number(engine->state->event_log) < 2) {
        return 0;
    }
    PyObject *resume = py_import_attr("fastest._resume", "Resume");
    PyObject *plugin = resume ? py_call1(resume, engine->config) : NULL;
    PyObject *name = plugin ? PyUnicode_FromString("fastest-resume") : NULL;
    int status = name ? plugin_register(engine, plugin, name) : -1;

    Py_XDECREF(name);
    Py_XDECREF(plugin);
    Py_XDECREF(resume);
    return status;
}

/* ---- what _resume.py reads ---- */

static PyObject *
py_event_log_events(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    const struct event_log *log = state_from_module(module)->event_log;
    PyObject *events = PyList_New(0);
    struct event_reader reader;
    struct event event;
    int status = events ? 0 : -1;

    if (log && status == 0) {
        event_reader_init(&reader, log);
        while (status == 0 && event_reader_next(&reader, &event, NULL)) {
            PyObject *row = Py_BuildValue("(iiiIdddN)", event.kind, event.phase, event.outcome, event.number,
                                          event.start_s, event.stop_s, event.duration_s,
                                          PyBytes_FromStringAndSize(event.text, (Py_ssize_t)event.text_length));
            status = py_list_append_take(events, row);
        }
    }
    if (status < 0) {
        Py_CLEAR(events);
    }
    return events;
}

static PyObject *
py_event_log_pause(PyObject *module, PyObject *pause)
{
    struct event_log *log = state_from_module(module)->event_log;
    int pauses = PyObject_IsTrue(pause);

    if (pauses < 0) {
        return NULL;
    }
    if (log) {
        event_log_pause(log, pauses);
    }
    Py_RETURN_NONE;
}

static PyObject *
py_event_log_let_tests_exit(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    struct event_log *log = state_from_module(module)->event_log;

    if (log) {
        event_log_let_tests_exit(log);
    }
    Py_RETURN_NONE;
}

static PyObject *
py_stacks_fd(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    const struct event_log *log = state_from_module(module)->event_log;
    int fd = log ? event_log_stacks_fd(log) : -1;

    if (fd < 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromLong(fd);
}

static PyObject *
py_front_path(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    const struct event_log *log = state_from_module(module)->event_log;
    const char *path = log ? event_log_front_path(log) : "";

    if (!*path) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeFSDefault(path);
}

static PyMethodDef CRASH_LOG_FUNCTIONS[] = {
    {"event_log_events", py_event_log_events, METH_NOARGS,
     "event_log_events($module)\n--\n\n"
     "All events of the front's log, as tuples."},
    {"event_log_pause", py_event_log_pause, METH_O, "Whether nothing is appended for now."},
    {"event_log_let_tests_exit", py_event_log_let_tests_exit, METH_NOARGS,
     "event_log_let_tests_exit($module)\n--\n\n"
     "An exit within a test ends the run."},
    {"stacks_fd", py_stacks_fd, METH_NOARGS,
     "stacks_fd($module)\n--\n\n"
     "The file that the front shows when this process has died, or None."},
    {"front_path", py_front_path, METH_NOARGS,
     "front_path($module)\n--\n\n"
     "The executable that started this process as its host, or None."},
    PY_END_METHOD,
};

int
crash_log_add(PyObject *module, struct state *Py_UNUSED(state))
{
    return PyModule_AddFunctions(module, CRASH_LOG_FUNCTIONS);
}
