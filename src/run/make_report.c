/* Makes the reports: of a phase of an item, and of a collector. */
#include "code/code.h"
#include "run/internal.h"

/* Where the skip says the item is at fault: (path, line, message). A mark's skip is raised in C and has no frames. */
static PyObject *
skip_at_item(struct state *state, Node *item, PyObject *excinfo)
{
    PyObject *message = excinfo_text(excinfo);
    bool is_plain = item->kind & NODE_FUNCTION && !node_overrides(item, OVERRIDE_REPORTINFO | OVERRIDE_GETOBJ);
    PyObject *info = !message ? NULL : is_plain ? function_source_place(item) : item_reportinfo(item);
    PyObject *path = info ? PySequence_GetItem(info, 0) : NULL;
    PyObject *text = path ? py_path_text(state, path) : NULL;
    PyObject *zero_based = text ? PySequence_GetItem(info, 1) : NULL;
    long line = zero_based ? PyLong_AsLong(zero_based) : -1;
    PyObject *result = NULL;

    if (zero_based && !PyErr_Occurred()) {
        result = Py_BuildValue("(OlO)", text, line + 1, message);
    }
    Py_XDECREF(zero_based);
    Py_XDECREF(text);
    Py_XDECREF(path);
    Py_XDECREF(info);
    Py_XDECREF(message);
    return result;
}

/* Where it was raised: (str(path), line, message) of excinfo._getreprcrash(). */
static PyObject *
skip_at_crash(PyObject *excinfo)
{
    PyObject *crash = PyObject_CallMethod(excinfo, "_getreprcrash", NULL);
    PyObject *path = NULL;
    PyObject *text = NULL;
    PyObject *line = NULL;
    PyObject *message = NULL;
    PyObject *result = NULL;

    if (crash == Py_None) {
        PyErr_SetString(PyExc_AssertionError, "There should always be a traceback entry for skipping a test.");
        Py_CLEAR(crash);
    }
    path = crash ? PyObject_GetAttrString(crash, "path") : NULL;
    text = path ? PyObject_Str(path) : NULL;
    line = text ? PyObject_GetAttrString(crash, "lineno") : NULL;
    message = line ? PyObject_GetAttrString(crash, "message") : NULL;
    result = message ? PyTuple_Pack(3, text, line, message) : NULL;
    Py_XDECREF(message);
    Py_XDECREF(line);
    Py_XDECREF(text);
    Py_XDECREF(path);
    Py_XDECREF(crash);
    return result;
}

static PyObject *
skip_location(struct state *state, Node *item, PyObject *excinfo, PyObject *exception)
{
    int uses_item = py_attr_is_true(state, exception, state->names._use_item_location);

    if (uses_item < 0) {
        return NULL;
    }
    return uses_item ? skip_at_item(state, item, excinfo) : skip_at_crash(excinfo);
}

/* Whether it is a group of nothing but skips: 1, 0, -1. */
static int
is_group_of_skips(struct state *state, PyObject *exception)
{
    PyObject *split = NULL;
    PyObject *parts = NULL;
    PyObject *rest = NULL;
    int answer = -1;

    if (py_find_attr(state, exception, state->names.split, &split) < 0) {
        return -1;
    }
    PyObject *exceptions = NULL;
    if (!split || py_find_attr(state, exception, state->names.exceptions, &exceptions) <= 0) {
        Py_XDECREF(split);
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_DECREF(exceptions);
    parts = py_call1(split, hooks_types(state)->skipped);
    rest = parts ? PySequence_GetItem(parts, 1) : NULL;
    if (rest) {
        answer = rest == Py_None;
    }
    Py_XDECREF(rest);
    Py_XDECREF(parts);
    Py_DECREF(split);
    return answer;
}

/* Outcome and longrepr of a phase that raised. */
static int
fill_failure(struct state *state, Report *report, Node *item, PyObject *call, PyObject *excinfo)
{
    bool is_ours = PyObject_TypeCheck(excinfo, code_types(state)->exception_info);

    report->outcome = REPORT_FAILED;
    if (!is_ours) {
        report->longrepr = Py_NewRef(excinfo);
        return 0;
    }
    PyObject *borrowed_exception = excinfo_value(excinfo);
    int is_skip = PyObject_IsInstance(borrowed_exception, hooks_types(state)->skipped);
    if (is_skip > 0) {
        report->outcome = REPORT_SKIPPED;
        report->longrepr = skip_location(state, item, excinfo, borrowed_exception);
        return report->longrepr ? 0 : -1;
    }
    int is_group = is_skip < 0 ? -1 : is_group_of_skips(state, borrowed_exception);
    if (is_group < 0) {
        return -1;
    }
    if (is_group) {
        report->outcome = REPORT_SKIPPED;
        PyObject *function = py_import_attr("_pytest.reports", "_format_exception_group_all_skipped_longrepr");
        report->longrepr = function ? py_call2(function, (PyObject *)item, excinfo) : NULL;
        Py_XDECREF(function);
        return report->longrepr ? 0 : -1;
    }
    if (((CallInfo *)call)->phase == PHASE_CALL) {
        report->longrepr = item->expects_failure ? item_repr_failure_later(item, excinfo) : NULL;
        if (!report->longrepr && !PyErr_Occurred()) {
            report->longrepr = node_repr_failure(item, excinfo);
        }
    } else {
        PyObject *style = option_get(item->engine, "tbstyle");
        PyObject *method = style ? PyObject_GetAttrString((PyObject *)item, "_repr_failure_py") : NULL;
        report->longrepr = method ? py_call2(method, excinfo, style) : NULL;
        Py_XDECREF(method);
        Py_XDECREF(style);
    }
    return report->longrepr ? 0 : -1;
}

static int
fill_sections(Report *report, Node *item)
{
    Py_ssize_t count = item->report_sections ? PyList_Size(item->report_sections) : 0;

    if (!count) {
        return 0;
    }
    report->sections = PyList_New(0);
    for (Py_ssize_t i = 0; report->sections && i < count; i++) {
        PyObject *when = NULL;
        PyObject *key = NULL;
        PyObject *content = NULL;
        PyObject *section = py_list_item(item->report_sections, i);
        int status = -1;
        if (PyArg_ParseTuple(section, "OOO", &when, &key, &content)) {
            PyObject *heading = PyUnicode_FromFormat("Captured %S %S", key, when);
            status = heading ? py_list_append_take(report->sections, PyTuple_Pack(2, heading, content)) : -1;
            Py_XDECREF(heading);
        }
        Py_DECREF(section);
        if (status < 0) {
            return -1;
        }
    }
    return report->sections ? 0 : -1;
}

/* Whether only built-ins see the report, and the terminal alone keeps it. */
static bool
is_for_us_alone(Report *report, Node *item)
{
    struct engine *engine = item->engine;

    return engine->ends_with_process && Py_TYPE(report) == run_types(engine->state)->test_report && !report->longrepr &&
           hook_is_native(engine->relay, HOOK_runtest_makereport) &&
           hook_is_native(engine->relay, HOOK_runtest_logreport);
}

PyObject *
test_report_make(PyTypeObject *cls, Node *item, PyObject *call)
{
    struct state *state = item->engine->state;
    CallInfo *info = (CallInfo *)call;
    Report *report = (Report *)py_new_instance(cls);
    PyObject *borrowed_nodeid = report ? node_nodeid(item) : NULL;

    if (!borrowed_nodeid) {
        goto failed;
    }
    report->nodeid = Py_NewRef(borrowed_nodeid);
    bool is_location_due = item->kind & NODE_LOCATION_IS_DUE;
    report->location = is_location_due ? NULL : item_location(item);
    report->item = Py_NewRef((PyObject *)item);
    report->phase = info->phase;
    report->start = info->start;
    report->stop = info->stop;
    report->duration = info->duration;
    report->outcome = REPORT_PASSED;
    if (!report->location && !is_location_due) {
        goto failed;
    }
    if (info->excinfo && info->excinfo != Py_None && fill_failure(state, report, item, call, info->excinfo) < 0) {
        goto failed;
    }
    if (fill_sections(report, item) < 0) {
        goto failed;
    }
    if (item->user_properties && PyList_Size(item->user_properties)) {
        report->user_properties = PySequence_List(item->user_properties);
        if (!report->user_properties) {
            goto failed;
        }
    }
    if (is_for_us_alone(report, item)) {
        PyObject_GC_UnTrack((PyObject *)report);
    }
    return (PyObject *)report;
failed:
    Py_XDECREF((PyObject *)report);
    return NULL;
}

/* ---- collectors ---- */

static PyObject *
collect_children(struct engine *engine, Node *collector)
{
    if (collector->kind & NODE_DIRECTORY) {
        /* A conftest that fails to load is a collection error of its directory: hence inside the call. */
        if (plugin_load_conftests(engine, collector->path_text) < 0) {
            return NULL;
        }
    }
    PyObject *children = py_method0((PyObject *)collector, engine->state->names.collect);
    PyObject *list = children ? PySequence_List(children) : NULL;
    Py_XDECREF(children);
    return list;
}

/* Whether the exception means "skip this collector": Skipped or unittest.SkipTest. 1, 0, -1. */
static int
is_collect_skip(struct state *state, PyObject *exception)
{
    int is_skip = PyObject_IsInstance(exception, hooks_types(state)->skipped);
    PyObject *unittest = is_skip ? NULL : py_find_module("unittest");

    if (unittest) {
        PyObject *skip_test = PyObject_GetAttrString(unittest, "SkipTest");
        is_skip = skip_test ? PyObject_IsInstance(exception, skip_test) : -1;
        Py_XDECREF(skip_test);
        Py_DECREF(unittest);
    }
    return is_skip;
}

static PyObject *
collect_skip_longrepr(Node *collector, PyObject *excinfo)
{
    PyObject *representation = PyObject_CallMethod((PyObject *)collector, "_repr_failure_py", "Os", excinfo, "line");
    PyObject *crash = representation ? PyObject_GetAttrString(representation, "reprcrash") : NULL;
    PyObject *path = crash ? PyObject_GetAttrString(crash, "path") : NULL;
    PyObject *text = path ? PyObject_Str(path) : NULL;
    PyObject *line = text ? PyObject_GetAttrString(crash, "lineno") : NULL;
    PyObject *message = line ? PyObject_GetAttrString(crash, "message") : NULL;
    PyObject *longrepr = message ? PyTuple_Pack(3, text, line, message) : NULL;

    Py_XDECREF(message);
    Py_XDECREF(line);
    Py_XDECREF(text);
    Py_XDECREF(path);
    Py_XDECREF(crash);
    Py_XDECREF(representation);
    return longrepr;
}

static PyObject *
collect_error_longrepr(struct state *state, Node *collector, PyObject *excinfo)
{
    PyObject *longrepr = node_repr_failure(collector, excinfo);
    PyObject *method = NULL;

    if (longrepr && py_find_attr(state, longrepr, state->names.toterminal, &method) == 0) {
        PyObject *wrapper = py_import_attr("_pytest.reports", "CollectErrorRepr");
        py_replace_take(&longrepr, wrapper ? py_call1(wrapper, longrepr) : NULL);
        Py_XDECREF(wrapper);
    }
    Py_XDECREF(method);
    return longrepr;
}

static int
fill_collect_failure(struct state *state, Report *report, Node *collector, PyObject *excinfo)
{
    int is_skip = is_collect_skip(state, excinfo_value(excinfo));

    if (is_skip < 0) {
        return -1;
    }
    report->outcome = is_skip ? REPORT_SKIPPED : REPORT_FAILED;
    report->longrepr =
        is_skip ? collect_skip_longrepr(collector, excinfo) : collect_error_longrepr(state, collector, excinfo);
    return report->longrepr ? 0 : -1;
}

PyObject *
collect_report_make(struct engine *engine, Node *collector)
{
    struct state *state = engine->state;
    PyObject *excinfo = NULL;
    PyObject *call = NULL;
    Report *report = NULL;
    PyObject *borrowed_nodeid = NULL;
    struct instant start = instant_now(state);
    PyObject *children = collect_children(engine, collector);

    if (!children) {
        if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) || PyErr_ExceptionMatches(PyExc_SystemExit)) {
            return NULL;
        }
        excinfo = excinfo_new_caught_take(state, py_error_take());
        if (!excinfo) {
            return NULL;
        }
    }
    call =
        call_info_new_take(state, PHASE_COLLECT, Py_XNewRef(children), Py_XNewRef(excinfo), start, instant_now(state));
    report = call ? (Report *)py_new_instance(run_types(state)->collect_report) : NULL;
    borrowed_nodeid = report ? node_nodeid(collector) : NULL;
    if (!borrowed_nodeid) {
        goto failed;
    }
    report->nodeid = Py_NewRef(borrowed_nodeid);
    report->phase = PHASE_COLLECT;
    report->result = Py_XNewRef(children);
    if (excinfo && fill_collect_failure(state, report, collector, excinfo) < 0) {
        goto failed;
    }
    /* Who asks for exceptions to interact with finds the call here, as in pytest; see collect_one_node. */
    if (excinfo && PyObject_SetAttr((PyObject *)report, state->names.call, call) < 0) {
        goto failed;
    }
    goto done;
failed:
    Py_CLEAR(report);
done:
    Py_XDECREF(call);
    Py_XDECREF(excinfo);
    Py_XDECREF(children);
    return (PyObject *)report;
}
