/* The protocol of one item: setup, call, teardown, each with its report (`_pytest.runner`). */
#include "code/code.h"
#include "py/clock.h"
#include "run/internal.h"

/* ---- what the three phases do: the plugin "runner" ---- */

static PyObject *
runner_setup(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    Node *item = (Node *)args[0];
    PyObject *borrowed_nodeid = node_nodeid(item);

    if (!borrowed_nodeid || current_test_set(engine, borrowed_nodeid, "setup") < 0 ||
        setup_state_setup(engine, item) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Drops sys.last_*: a post-mortem debugger must not find the exception of an earlier test. */
static int
forget_last_exception(struct state *state)
{
    PyObject *const names[] = {state->names.last_type, state->names.last_value, state->names.last_traceback,
                               state->names.last_exc};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (PyDict_GetItem(state->sys_dict, names[i]) && PyDict_DelItem(state->sys_dict, names[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Sets sys.last_* to the exception that is set, which stays set. */
static int
remember_last_exception(struct state *state)
{
    PyObject *exception = py_error_take();
    PyObject *traceback = NULL;
    int status = -1;

    if (py_find_attr(state, exception, state->names.__traceback__, &traceback) < 0) {
        goto done;
    }
    /* last_exc is from 3.12 on; harmless before. */
    if (PySys_SetObject("last_type", (PyObject *)Py_TYPE(exception)) < 0 ||
        PySys_SetObject("last_value", exception) < 0 ||
        PySys_SetObject("last_traceback", traceback ? traceback : Py_None) < 0) {
        goto done;
    }
    if (state->python_version >= 0x030C0000 && PySys_SetObject("last_exc", exception) < 0) {
        goto done;
    }
    status = 0;
done:
    Py_XDECREF(traceback);
    if (status < 0) {
        Py_DECREF(exception);
    } else {
        py_error_restore_take(exception);
    }
    return status;
}

static PyObject *
runner_call(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    Node *item = (Node *)args[0];
    PyObject *borrowed_nodeid = node_nodeid(item);

    if (!borrowed_nodeid || current_test_set(engine, borrowed_nodeid, "call") < 0 ||
        forget_last_exception(engine->state) < 0) {
        return NULL;
    }
    if (item_runtest(item) < 0) {
        if (PyErr_ExceptionMatches(PyExc_Exception)) {
            remember_last_exception(engine->state);
        }
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
runner_teardown(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    Node *item = (Node *)args[0];
    Node *next_item = args[1] == Py_None ? NULL : (Node *)args[1];
    PyObject *borrowed_nodeid = node_nodeid(item);

    if (!borrowed_nodeid || current_test_set(engine, borrowed_nodeid, "teardown") < 0 ||
        setup_state_teardown(engine, next_item) < 0 || current_test_remove(engine) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
runner_makereport(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *args)
{
    Node *item = (Node *)args[0];
    return test_report_make(run_types(item->engine->state)->test_report, item, args[1]);
}

static PyObject *
runner_make_collect_report(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    return collect_report_make(engine, (Node *)args[0]);
}

/* The answer for phases around the call: errors, skips, and nothing to show. */
static PyObject *
runner_report_teststatus(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct state *state = engine->state;
    PyObject *when = PyObject_GetAttr(args[0], state->names.when);
    PyObject *status = NULL;

    if (!when) {
        return NULL;
    }
    if (!py_text_equals(when, "setup") && !py_text_equals(when, "teardown")) {
        status = Py_NewRef(Py_None);
    } else if (py_attr_is_true(state, args[0], state->names.failed) == 1) {
        status = Py_BuildValue("(sss)", "error", "E", "ERROR");
    } else if (py_attr_is_true(state, args[0], state->names.skipped) == 1) {
        status = Py_BuildValue("(sss)", "skipped", "s", "SKIPPED");
    } else {
        status = Py_BuildValue("(sss)", "", "", "");
    }
    Py_DECREF(when);
    return status;
}

static PyObject *
runner_sessionfinish(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    if (setup_state_teardown(engine, NULL) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- one phase ---- */

/* Whether the exception that is set ends the run instead of the phase: Exit, and Ctrl-C without --pdb. */
static int
is_run_ending(struct engine *engine)
{
    if (PyErr_ExceptionMatches(hooks_types(engine->state)->exit)) {
        return 1;
    }
    if (!PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) {
        return 0;
    }
    PyObject *exception = py_error_take();
    int uses_pdb = option_is_true(engine, "usepdb");
    if (uses_pdb < 0) {
        Py_DECREF(exception);
        return -1;
    }
    py_error_restore_take(exception);
    return !uses_pdb;
}

/* --full-trace: the traceback of the exception that is set begins where the runner was called from. 0 or -1. */
static int
add_own_frame(struct engine *engine)
{
    PyObject *exception = py_error_take();
    int shows_all = option_is_true(engine, "fulltrace");
    struct _frame *borrowed_frame = PyEval_GetFrame();

    if (shows_all < 0) {
        Py_DECREF(exception);
        return -1;
    }
    py_error_restore_take(exception);
    return shows_all && borrowed_frame ? PyTraceBack_Here(borrowed_frame) : 0;
}

/* Runs the phase's hook under the clock: a new CallInfo, NULL when the run ends. */
static PyObject *
call_phase(Node *item, enum phase phase, Node *next_item)
{
    static const enum hook_id HOOK_OF_PHASE[] = {
        [PHASE_SETUP] = HOOK_runtest_setup, [PHASE_CALL] = HOOK_runtest_call, [PHASE_TEARDOWN] = HOOK_runtest_teardown};
    struct engine *engine = item->engine;
    PyObject *args[] = {(PyObject *)item, next_item ? (PyObject *)next_item : Py_None};
    PyObject *relay = Py_XNewRef(node_relay(item));
    PyObject *excinfo = NULL;

    if (!relay) {
        return NULL;
    }
    struct instant start = instant_now(engine->state);
    int status = hook_notify(relay, HOOK_OF_PHASE[phase], args);
    struct instant stop = instant_now(engine->state);
    Py_DECREF(relay);
    if (status < 0) {
        state_settle_output(engine->state); /* what shows the exception runs foreign code */
        if (is_run_ending(engine) || add_own_frame(engine) < 0) {
            return NULL;
        }
        excinfo = excinfo_new_caught_take(engine->state, py_error_take());
        if (!excinfo) {
            return NULL;
        }
    }
    return call_info_new_take(engine->state, phase, NULL, excinfo, start, stop);
}

/* Whether the exception of a call is one to stop at in a debugger: 1, 0, -1. */
static int
is_interactive_exception(struct state *state, PyObject *call, PyObject *report)
{
    PyObject *borrowed_exception = NULL;
    PyObject *wasxfail = NULL;
    PyObject *module = NULL;
    PyObject *excinfo = ((CallInfo *)call)->excinfo;

    if (!excinfo || excinfo == Py_None) {
        return 0;
    }
    int found = py_find_attr(state, report, state->names.wasxfail, &wasxfail);
    Py_XDECREF(wasxfail);
    if (found) {
        return found < 0 ? -1 : 0;
    }
    if (!PyObject_TypeCheck(excinfo, code_types(state)->exception_info)) {
        return 1;
    }
    borrowed_exception = excinfo_value(excinfo);
    int is_control_flow = PyObject_IsInstance(borrowed_exception, hooks_types(state)->skipped);
    static const char *const QUIET[][2] = {{"unittest", "SkipTest"}, {"bdb", "BdbQuit"}};
    for (size_t i = 0; i < COUNT_OF(QUIET) && is_control_flow == 0; i++) {
        module = py_find_module(QUIET[i][0]);
        PyObject *type = module ? PyObject_GetAttrString(module, QUIET[i][1]) : NULL;
        if (type) {
            is_control_flow = PyObject_IsInstance(borrowed_exception, type);
        } else {
            PyErr_Clear(); /* a module that is only half imported */
        }
        Py_XDECREF(type);
        Py_XDECREF(module);
    }
    return is_control_flow < 0 ? -1 : !is_control_flow;
}

/* One phase with its report, told to everybody: a new reference, NULL when the run ends. */
static PyObject *
call_and_report(Node *item, enum phase phase, bool log, Node *next_item)
{
    struct state *state = item->engine->state;
    PyObject *call = call_phase(item, phase, next_item);
    PyObject *relay = call ? Py_XNewRef(node_relay(item)) : NULL;
    PyObject *report = NULL;
    int status = -1;

    if (!relay) {
        goto done;
    }
    PyObject *make_args[] = {(PyObject *)item, call};
    report = hook_call(relay, HOOK_runtest_makereport, make_args);
    if (!report) {
        goto done;
    }
    if (log && hook_notify(relay, HOOK_runtest_logreport, &report) < 0) {
        goto done;
    }
    int is_interactive = is_interactive_exception(state, call, report);
    if (is_interactive > 0) {
        PyObject *interact_args[] = {(PyObject *)item, call, report};
        is_interactive = hook_notify(relay, HOOK_exception_interact, interact_args);
    }
    status = is_interactive;
done:
    Py_XDECREF(relay);
    Py_XDECREF(call);
    if (status < 0) {
        Py_CLEAR(report);
    }
    return report;
}

/* ---- all phases ---- */

static int
append_report_take(PyObject *reports, PyObject *report)
{
    if (report && !reports) {
        Py_DECREF(report);
        return 0;
    }
    return py_list_append_take(reports, report);
}

/* --setup-show: the line of the test itself. */
static int
show_test_item(Node *item, bool adds_space)
{
    PyObject *function = py_import_attr("_pytest.runner", "show_test_item");
    PyObject *kwargs = function ? Py_BuildValue("{s:O}", "add_space", adds_space ? Py_True : Py_False) : NULL;
    PyObject *args = kwargs ? PyTuple_Pack(1, item) : NULL;
    return py_status_take(py_call_take(function, args, kwargs));
}

/* setup, then call if that passed, into `reports` (may be NULL). */
static int
run_setup_and_call(Node *item, bool log, PyObject *reports)
{
    struct engine *engine = item->engine;
    PyObject *report = call_and_report(item, PHASE_SETUP, log, NULL);

    if (!report) {
        return -1;
    }
    int passed = py_attr_is_true(engine->state, report, engine->state->names.passed);
    if (append_report_take(reports, report) < 0 || passed < 0) {
        return -1;
    }
    if (!passed) {
        return 0;
    }
    int setup_only = option_is_true(engine, "setuponly");
    int setup_show = setup_only < 0 ? -1 : option_is_true(engine, "setupshow");
    if (setup_show < 0 || (setup_show && show_test_item(item, !setup_only) < 0)) {
        return -1;
    }
    return setup_only ? 0 : append_report_take(reports, call_and_report(item, PHASE_CALL, log, NULL));
}

/* Ends at once when the session is about to: then everything is torn down now, to report errors of that, too. */
static int
should_teardown_all(struct engine *engine)
{
    int stops = session_should_fail(engine, NULL);
    return stops ? stops : session_should_stop(engine, NULL);
}

/* runtestprotocol(): runs one item. 0 or -1; a new list of the reports in *reports_out unless that is NULL. */
static int
protocol_run(Node *item, bool log, Node *next_item, PyObject **reports_out)
{
    struct engine *engine = item->engine;
    PyObject *reports = NULL;
    int status = -1;

    if (reports_out && !(reports = PyList_New(0))) {
        return -1;
    }
    if ((item->kind & NODE_FUNCTION) && !item->request && fixtures_init_request(item) < 0) {
        goto done;
    }
    if (run_setup_and_call(item, log, reports) < 0) {
        goto done;
    }
    int ends = should_teardown_all(engine);
    if (ends < 0) {
        goto done;
    }
    PyObject *report = call_and_report(item, PHASE_TEARDOWN, log, ends ? NULL : next_item);
    status = append_report_take(reports, report);
done:
    if (item->kind & NODE_FUNCTION) {
        fixtures_drop_request(item);
    }
    if (status == 0 && reports_out) {
        *reports_out = reports;
    } else {
        Py_XDECREF(reports);
    }
    return status;
}

/* Whether the terminal shows the places of tests as they start. */
static bool
shows_places(struct engine *engine)
{
    struct run_room *room = run_room(engine);
    unsigned generation = option_generation(engine) + 1;

    if (room->verbosity_generation != generation) {
        room->shows_places = config_verbosity(engine, "test_cases") > 0;
        room->verbosity_generation = generation;
    }
    return room->shows_places;
}

/* The location of an item for those who are told that it starts and ends: a new reference, None if none of them looks.
 */
static PyObject *
location_to_tell(Node *item, PyObject *relay)
{
    if (item_has_plain_location(item) && hook_is_native(relay, HOOK_runtest_logstart) &&
        hook_is_native(relay, HOOK_runtest_logfinish) && !shows_places(item->engine)) {
        item->kind |= NODE_LOCATION_IS_DUE;
        Py_RETURN_NONE;
    }
    return item_location(item);
}

static PyObject *
runner_protocol(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *args)
{
    Node *item = (Node *)args[0];
    Node *next_item = args[1] == Py_None ? NULL : (Node *)args[1];
    PyObject *relay = Py_XNewRef(node_relay(item));
    PyObject *location = relay ? location_to_tell(item, relay) : NULL;
    PyObject *log_args[] = {node_nodeid(item), location};
    PyObject *result = NULL;

    if (!location || !log_args[0]) {
        goto done;
    }
    if (hook_notify(relay, HOOK_runtest_logstart, log_args) == 0 && protocol_run(item, true, next_item, NULL) == 0 &&
        hook_notify(relay, HOOK_runtest_logfinish, log_args) == 0) {
        result = Py_NewRef(Py_True);
    }
done:
    Py_XDECREF(location);
    Py_XDECREF(relay);
    return result;
}

/* ---- the same for Python: functions of `_pytest.runner` ---- */

static PyObject *
py_runtestprotocol(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"item", "log", "nextitem", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *reports = NULL;

    if (py_unpack_tuple("runtestprotocol", args, kwargs, NAMES, 3, 1, values) < 0) {
        return NULL;
    }
    if (!node_check(state_from_module(module), values[0])) {
        return PyErr_Format(PyExc_TypeError, "runtestprotocol() needs an Item, not %R", values[0]);
    }
    Node *next_item = values[2] && values[2] != Py_None ? (Node *)values[2] : NULL;
    int log = values[1] ? PyObject_IsTrue(values[1]) : 1;
    if (log < 0 || protocol_run((Node *)values[0], log, next_item, &reports) < 0) {
        Py_CLEAR(reports);
    }
    if (state_settle_output(state_from_module(module)) < 0) {
        Py_CLEAR(reports);
    }
    return reports;
}

static PyObject *
py_call_and_report(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"item", "when", "log", "nextitem", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("call_and_report", args, kwargs, NAMES, 3, 2, values) < 0) {
        return NULL;
    }
    if (!node_check(state_from_module(module), values[0])) {
        return PyErr_Format(PyExc_TypeError, "call_and_report() needs an Item, not %R", values[0]);
    }
    int log = values[2] ? PyObject_IsTrue(values[2]) : 1;
    if (log < 0) {
        return NULL;
    }
    for (int phase = PHASE_SETUP; phase <= PHASE_TEARDOWN; phase++) {
        if (py_text_equals(values[1], phase_text((enum phase)phase))) {
            Node *next_item = values[3] && values[3] != Py_None ? (Node *)values[3] : NULL;
            PyObject *report = call_and_report((Node *)values[0], (enum phase)phase, log, next_item);
            if (state_settle_output(state_from_module(module)) < 0) {
                Py_CLEAR(report);
            }
            return report;
        }
    }
    return PyErr_Format(PyExc_AssertionError, "Unhandled runtest hook case: %S", values[1]);
}

static PyObject *
py_check_interactive_exception(PyObject *module, PyObject *args)
{
    PyObject *call = NULL;
    PyObject *report = NULL;

    if (!PyArg_ParseTuple(args, "OO", &call, &report)) {
        return NULL;
    }
    int answer = is_interactive_exception(state_from_module(module), call, report);
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

static PyMethodDef PROTOCOL_FUNCTIONS[] = {
    {"_replace_clock", replace_clock_function, METH_VARARGS, NULL},
    {"runtestprotocol", PY_WITH_KEYWORDS(py_runtestprotocol),
     "runtestprotocol($module, item, log=True, nextitem=None)\n--\n\n"
     "Run setup, call and teardown of an item; the reports."},
    {"call_and_report", PY_WITH_KEYWORDS(py_call_and_report),
     "call_and_report($module, item, when, log=True, **kwds)\n--\n\n"
     "Run one phase of an item; its report."},
    {"check_interactive_exception", py_check_interactive_exception, METH_VARARGS,
     "check_interactive_exception($module, call, report, /)\n--\n\n"
     "Whether the exception of a call is one to stop at in a debugger."},
    PY_END_METHOD,
};

int
protocol_add(PyObject *module, struct state *Py_UNUSED(state))
{
    return PyModule_AddFunctions(module, PROTOCOL_FUNCTIONS);
}

static const struct native_hook RUNNER_HOOKS[] = {
    {.id = HOOK_runtest_protocol, .call = runner_protocol},
    {.id = HOOK_runtest_setup, .call = runner_setup},
    {.id = HOOK_runtest_call, .call = runner_call},
    {.id = HOOK_runtest_teardown, .call = runner_teardown},
    {.id = HOOK_runtest_makereport, .call = runner_makereport},
    {.id = HOOK_make_collect_report, .call = runner_make_collect_report},
    {.id = HOOK_report_teststatus, .call = runner_report_teststatus},
    {.id = HOOK_sessionfinish, .call = runner_sessionfinish},
    {.id = HOOK_terminal_summary, .call = durations_terminal_summary},
};

static const struct option_spec RUNNER_OPTIONS[] = {
    {.group = "terminal reporting",
     .names = {"--durations"},
     .dest = "durations",
     .type = OPTION_INT,
     .default_text = "None",
     .metavar = "N",
     .help = "Show N slowest setup/test durations (N=0 for all)"},
    {.group = "terminal reporting",
     .names = {"--durations-min"},
     .dest = "durations_min",
     .type = OPTION_FLOAT,
     .default_text = "None",
     .metavar = "N",
     .help = "Minimal duration in seconds for inclusion in slowest list. Default: 0.005 (or 0.0 if -vv is given)."},
};

const struct native_plugin RUNNER_PLUGIN = {
    .name = "runner",
    .module = "_pytest.runner",
    .hooks = RUNNER_HOOKS,
    .hook_count = COUNT_OF(RUNNER_HOOKS),
    .options = RUNNER_OPTIONS,
    .option_count = COUNT_OF(RUNNER_OPTIONS),
};
