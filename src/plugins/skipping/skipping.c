/* The built-in plugin "skipping": what skip and xfail do to phases and reports. */
#include "plugins/skipping/internal.h"

#include "code/code.h"
#include "run/run.h"

static PyObject *
xfail_exception(struct state *state)
{
    struct skipping_types *types = skipping_types(state);

    if (!types->xfail_exception) {
        types->xfail_exception = py_import_attr("_pytest.outcomes", "XFailed");
    }
    return types->xfail_exception;
}

/* raise cls(message, <key>=<value>): always -1. */
static int
raise_outcome(PyObject *cls, PyObject *message, const char *key, PyObject *value)
{
    PyObject *args = cls && message ? PyTuple_Pack(1, message) : NULL;
    PyObject *kwargs = args ? Py_BuildValue("{sO}", key, value) : NULL;
    PyObject *exception = kwargs ? PyObject_Call(cls, args, kwargs) : NULL;

    if (exception) {
        PyErr_SetObject(cls, exception);
        Py_DECREF(exception);
    }
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    return -1;
}

/* xfail(run=False) ends the phase here: 0, or -1 with XFailed. */
static int
stop_if_not_run(Node *item, PyObject *xfail_op)
{
    PyObject *run = py_attr(item->engine->state, xfail_op, "run");
    int runs = run ? PyObject_IsTrue(run) : -1;
    int ignores = runs == 0 ? option_is_true(item->engine, "runxfail") : 0;
    PyObject *reason = NULL;
    PyObject *message = NULL;

    Py_XDECREF(run);
    if (runs != 0 || ignores != 0) {
        return runs < 0 || ignores < 0 ? -1 : 0;
    }
    reason = py_attr(item->engine->state, xfail_op, "reason");
    message = reason ? PyUnicode_FromFormat("[NOTRUN] %S", reason) : NULL;
    raise_outcome(xfail_exception(item->engine->state), message, "pytrace", Py_False);
    Py_XDECREF(message);
    Py_XDECREF(reason);
    return -1;
}

/* ---- Hooks ---- */

int
skipping_run_setup(Node *item)
{
    struct engine *engine = item->engine;
    unsigned present = marks_present(engine->state, item);
    PyObject *reason = NULL;
    PyObject *xfail = NULL;
    int found = 0;

    if (!present) {
        return 0;
    }
    if (present & (HAS_SKIP | HAS_SKIPIF)) {
        found = evaluate_skip_marks(item, present, &reason);
        if (found > 0) {
            raise_outcome(hooks_types(engine->state)->skipped, reason, "_use_item_location", Py_True);
            found = -1;
        }
        Py_XDECREF(reason);
    }
    if (found == 0 && (present & HAS_XFAIL)) {
        found = xfail_of_item(item, &xfail);
        if (found > 0) {
            found = stop_if_not_run(item, xfail);
        }
        Py_XDECREF(xfail);
    }
    return found < 0 ? -1 : 0;
}

static PyObject *
skipping_setup(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *args)
{
    return py_none_or_error(skipping_run_setup((Node *)args[0]));
}

static int
skipping_before_call(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *args,
                     void **Py_UNUSED(memory))
{
    Node *item = (Node *)args[0];
    PyObject *xfail = NULL;
    int found = xfail_of_item(item, &xfail);

    if (found > 0) {
        found = stop_if_not_run(item, xfail);
    }
    Py_XDECREF(xfail);
    return found < 0 ? -1 : 0;
}

/* The test may have added an xfail mark to itself. */
static PyObject *
skipping_after_call(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void *Py_UNUSED(memory),
                    PyObject *result)
{
    Node *item = (Node *)args[0];
    PyObject *exception = NULL;
    PyObject *xfail = NULL;

    if (!(marks_present(engine->state, item) & HAS_XFAIL)) {
        return result;
    }
    exception = result ? NULL : py_error_take();
    int status = xfail_of_item(item, &xfail);
    Py_XDECREF(xfail);
    return py_pass_on_take(result, exception, status);
}

/* isinstance(exception, raises), or raises.matches(exception) of a raises group: 1, 0, -1. */
static int
is_expected(PyObject *raises, PyObject *exception)
{
    PyObject *abstract = NULL;
    PyObject *answer = NULL;
    int matches = 0;

    if (raises == Py_None) {
        return 1;
    }
    if (PyType_Check(raises) || PyTuple_Check(raises)) {
        return PyObject_IsInstance(exception, raises);
    }
    abstract = py_import_attr("_pytest.raises", "AbstractRaises");
    matches = abstract ? PyObject_IsInstance(raises, abstract) : -1;
    if (matches > 0) {
        answer = PyObject_CallMethod(raises, "matches", "O", exception);
        matches = answer ? PyObject_IsTrue(answer) : -1;
    }
    Py_XDECREF(answer);
    Py_XDECREF(abstract);
    return matches;
}

static int
set_outcome(struct state *state, PyObject *report, const char *outcome, const char *attribute, PyObject *value)
{
    PyObject *borrowed_outcome = py_literal(state, outcome);
    PyObject *borrowed_name = attribute ? py_literal(state, attribute) : NULL;
    int status = borrowed_outcome ? PyObject_SetAttr(report, state->names.outcome, borrowed_outcome) : -1;

    if (status == 0 && attribute) {
        status = borrowed_name && value ? PyObject_SetAttr(report, borrowed_name, value) : -1;
    }
    return status;
}

/* A failure, but not the expected one: its text is made at once, as any failure's is. */
static int
set_unexpected(struct state *state, PyObject *report)
{
    PyObject *longrepr = PyObject_GetAttr(report, state->names.longrepr);
    int status = longrepr ? set_outcome(state, report, "failed", NULL, NULL) : -1;

    Py_XDECREF(longrepr);
    return status;
}

/* The report of an item that is expected to fail: 0 or -1. */
static int
apply_xfail(struct state *state, PyObject *report, CallInfo *call, PyObject *xfail)
{
    PyObject *reason = py_attr(state, xfail, "reason");
    PyObject *other = NULL;
    PyObject *message = NULL;
    int answer = -1;

    if (!reason) {
        return -1;
    }
    if (call->excinfo) {
        other = py_attr(state, xfail, "raises");
        answer = other ? is_expected(other, excinfo_value(call->excinfo)) : -1;
        if (answer >= 0) {
            answer = answer ? set_outcome(state, report, "skipped", "wasxfail", reason) : set_unexpected(state, report);
        }
    } else if (py_text_equals(call->when, "call") || call->phase == PHASE_CALL) {
        other = py_attr(state, xfail, "strict");
        answer = other ? PyObject_IsTrue(other) : -1;
        if (answer > 0) {
            message = PyUnicode_FromFormat("[XPASS(strict)] %S", reason);
            answer = set_outcome(state, report, "failed", "longrepr", message);
        } else if (answer == 0) {
            answer = set_outcome(state, report, "passed", "wasxfail", reason);
        }
    } else {
        answer = 0;
    }
    Py_XDECREF(message);
    Py_XDECREF(other);
    Py_DECREF(reason);
    return answer < 0 ? -1 : 0;
}

/* pytest.xfail() called by the test: 1 when it was, 0, -1. */
static int
apply_imperative(struct state *state, PyObject *report, CallInfo *call)
{
    PyObject *cls = xfail_exception(state);
    int is_it = cls ? PyObject_IsInstance(excinfo_value(call->excinfo), cls) : -1;
    PyObject *message = NULL;

    if (is_it <= 0) {
        return is_it;
    }
    message = PyObject_GetAttr(excinfo_value(call->excinfo), state->names.msg);
    is_it = message ? set_outcome(state, report, "skipped", "wasxfail", message) : -1;
    Py_XDECREF(message);
    return is_it < 0 ? -1 : 1;
}

static int
adjust_report(struct engine *engine, PyObject *report, CallInfo *call, PyObject *xfail)
{
    int done = option_is_true(engine, "runxfail");

    if (done == 0 && call->excinfo) {
        done = apply_imperative(engine->state, report, call);
    }
    if (done == 0 && xfail) {
        done = py_attr_is_true(engine->state, report, engine->state->names.skipped);
        if (done == 0) {
            done = apply_xfail(engine->state, report, call, xfail);
        }
    }
    return done < 0 ? -1 : 0;
}

static int
skipping_before_report(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                       void **Py_UNUSED(memory))
{
    return 0;
}

static PyObject *
skipping_after_report(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void *Py_UNUSED(memory),
                      PyObject *result)
{
    CallInfo *call = (CallInfo *)args[1];
    PyObject *xfail = NULL;
    int found = 0;

    if (!result || (!call->excinfo && !((Node *)args[0])->stash)) {
        return result;
    }
    found = find_xfailed((Node *)args[0], &xfail);
    if (found >= 0 && (xfail || call->excinfo)) {
        found = adjust_report(engine, result, call, xfail);
    }
    Py_XDECREF(xfail);
    if (found < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
skipping_teststatus(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct state *state = engine->state;
    PyObject *report = args[0];
    PyObject *wasxfail = NULL;
    int found = 0;

    if (PyObject_TypeCheck(report, run_types(state)->base_report) && !((Report *)report)->dict &&
        Py_IS_TYPE(report, run_types(state)->test_report)) {
        Py_RETURN_NONE;
    }
    found = py_find_attr(state, report, state->names.wasxfail, &wasxfail);
    Py_XDECREF(wasxfail);
    if (found <= 0) {
        return py_none_or_error(found);
    }
    found = py_attr_is_true(state, report, state->names.skipped);
    if (found > 0) {
        return Py_BuildValue("(sss)", "xfailed", "x", "XFAIL");
    }
    found = found < 0 ? -1 : py_attr_is_true(state, report, state->names.passed);
    if (found > 0) {
        return Py_BuildValue("(sss)", "xpassed", "X", "XPASS");
    }
    return py_none_or_error(found);
}

static const char *const MARKER_LINES[] = {
    "skip(reason=None): skip the given test function with an optional reason. "
    "Example: skip(reason=\"no way of currently testing this\") skips the test.",
    "skipif(condition, ..., *, reason=...): "
    "skip the given test function if any of the conditions evaluate to True. "
    "Example: skipif(sys.platform == 'win32') skips the test if we are on the win32 platform. "
    "See https://docs.pytest.org/en/stable/reference/reference.html#pytest-mark-skipif",
    "xfail(condition, ..., *, reason=..., run=True, raises=None, strict=strict_xfail): "
    "mark the test function as an expected failure if any of the conditions "
    "evaluate to True. Optionally specify a reason for better reporting "
    "and run=False if you don't even want to execute the test function. "
    "If only specific exception(s) are expected, you can list them in "
    "raises, and if the test fails in other ways, it will be reported as "
    "a true failure. See https://docs.pytest.org/en/stable/reference/reference.html#pytest-mark-xfail",
};

static PyObject *
skipping_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int runs_xfail = option_is_true(engine, "runxfail");
    PyObject *neutralize = runs_xfail > 0 ? py_import_attr("_pytest.skipping", "_neutralize_xfail") : NULL;
    PyObject *result = neutralize ? py_call1(neutralize, args[0]) : NULL;

    Py_XDECREF(neutralize);
    Py_XDECREF(result);
    if (runs_xfail < 0 || (runs_xfail && !result)) {
        return NULL;
    }
    for (size_t i = 0; i < COUNT_OF(MARKER_LINES); i++) {
        result = PyObject_CallMethod(args[0], "addinivalue_line", "ss", "markers", MARKER_LINES[i]);
        if (!result) {
            return NULL;
        }
        Py_DECREF(result);
    }
    Py_RETURN_NONE;
}

static const struct native_hook HOOK_TABLE[] = {
    {.id = HOOK_configure, .call = skipping_configure},
    {.id = HOOK_runtest_setup, .flags = NATIVE_TRYFIRST, .call = skipping_setup},
    {
        .id = HOOK_runtest_call,
        .flags = NATIVE_WRAPPER,
        .before = skipping_before_call,
        .after = skipping_after_call,
    },
    {
        .id = HOOK_runtest_makereport,
        .flags = NATIVE_WRAPPER,
        .before = skipping_before_report,
        .after = skipping_after_report,
    },
    {.id = HOOK_report_teststatus, .call = skipping_teststatus},
};

static const struct option_spec OPTIONS[] = {
    {
        .group = "general",
        .names = {"--runxfail"},
        .dest = "runxfail",
        .action = OPTION_STORE_TRUE,
        .default_text = "False",
        .help = "Report the results of xfail tests as if they were not marked",
    },
};

static const struct ini_spec INIS[] = {
    {
        .name = "strict_xfail",
        .type = "bool",
        .default_text = "None",
        .help = "Default for the strict parameter of xfail "
                "markers when not given explicitly (default: False) (alias: xfail_strict)",
        .aliases = {"xfail_strict"},
    },
};

const struct native_plugin SKIPPING_PLUGIN = {
    .name = "skipping",
    .module = "_pytest.skipping",
    .hooks = HOOK_TABLE,
    .hook_count = COUNT_OF(HOOK_TABLE),
    .options = OPTIONS,
    .option_count = COUNT_OF(OPTIONS),
    .inis = INIS,
    .ini_count = COUNT_OF(INIS),
};
