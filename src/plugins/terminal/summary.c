/* The sections after the run that show reports: ERRORS, FAILURES, XFAILURES, PASSES. */
#include "plugins/terminal/reporter.h"

/* ---- Reports ---- */

/* Whether the debugger has shown the report already: 1, 0, -1. */
static int
was_shown(TerminalReporter *self, PyObject *report)
{
    struct run_types *types = run_types(self->engine->state);
    PyObject *value = NULL;
    int found = 0;

    if ((Py_TYPE(report) == types->test_report || Py_TYPE(report) == types->collect_report) &&
        !((Report *)report)->dict) {
        return 0;
    }
    found = py_find_attr(self->engine->state, report, self->engine->state->names._pdbshown, &value);
    Py_XDECREF(value);
    return found;
}

/* getreports(): a new list. */
static PyObject *
reporter_reports(TerminalReporter *self, const char *category)
{
    PyObject *reports = reporter_find_stats(self, category);
    PyObject *list = PyList_New(0);
    Py_ssize_t count = reports ? PySequence_Size(reports) : 0;

    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *report = PySequence_GetItem(reports, i);
        int is_shown = report ? was_shown(self, report) : -1;
        if (is_shown < 0 || (!is_shown && PyList_Append(list, report) < 0)) {
            Py_CLEAR(list);
        }
        Py_XDECREF(report);
    }
    Py_XDECREF(reports);
    if (count < 0) {
        Py_CLEAR(list);
    }
    return list;
}

/* self.getreports(category) */
static PyObject *
get_reports(TerminalReporter *self, const char *category)
{
    return reporter_is_plain(self) ? reporter_reports(self, category)
                                   : PyObject_CallMethod((PyObject *)self, "getreports", "s", category);
}

static int
call_with_report(TerminalReporter *self, const char *method, PyObject *report)
{
    return py_status_take(PyObject_CallMethod((PyObject *)self, method, "O", report));
}

/* ---- Captured output ---- */

/* config.option.showcapture: a new str. */
static PyObject *
capture_choice(TerminalReporter *self)
{
    return option_get(self->engine, "showcapture");
}

/* -1 with an exception. */
static int
is_chosen(PyObject *choice, PyObject *section_name)
{
    if (py_text_equals(choice, "all")) {
        return 1;
    }
    return PyUnicode_Check(choice) && PyUnicode_Check(section_name) ? PyUnicode_Contains(section_name, choice)
                                                                    : PySequence_Contains(section_name, choice);
}

static int
write_section(TerminalReporter *self, PyObject *name, PyObject *content)
{
    struct text title = {0};
    struct text body = {0};
    int status = -1;

    if (text_add_object(&title, name) == 0 && text_add_object(&body, content) == 0 &&
        terminal_sep(self->tw, '-', text_string(&title), 0) == 0) {
        if (body.length && body.bytes[body.length - 1] == '\n') {
            body.length--;
        }
        status = terminal_line(self->tw, text_string(&body), body.length, 0);
    }
    text_release(&title);
    text_release(&body);
    return status;
}

/* The report's sections; `only` NULL: all, else those with that word in their name. */
static int
write_sections(TerminalReporter *self, PyObject *report, const char *only)
{
    PyObject *choice = capture_choice(self);
    PyObject *sections = NULL;
    Py_ssize_t count = 0;
    int status = choice ? 0 : -1;

    if (choice && !py_text_equals(choice, "no")) {
        sections = PyObject_GetAttrString(report, "sections");
        count = sections ? PySequence_Size(sections) : -1;
        status = count < 0 ? -1 : 0;
    }
    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *section = PySequence_GetItem(sections, i);
        PyObject *name = section ? PySequence_GetItem(section, 0) : NULL;
        PyObject *content = name ? PySequence_GetItem(section, 1) : NULL;
        int is_wanted = content ? is_chosen(choice, name) : -1;
        if (is_wanted > 0 && only) {
            PyObject *word = PyUnicode_FromString(only);
            is_wanted = word ? PySequence_Contains(name, word) : -1;
            Py_XDECREF(word);
        }
        status = is_wanted > 0 ? write_section(self, name, content) : is_wanted;
        Py_XDECREF(section);
        Py_XDECREF(name);
        Py_XDECREF(content);
    }
    Py_XDECREF(choice);
    Py_XDECREF(sections);
    return status;
}

static int
outrep_summary(TerminalReporter *self, PyObject *report)
{
    PyObject *result = PyObject_CallMethod(report, "toterminal", "O", self->tw);

    if (!result) {
        return -1;
    }
    Py_DECREF(result);
    return write_sections(self, report, NULL);
}

static int
call_outrep_summary(TerminalReporter *self, PyObject *report)
{
    return reporter_is_plain(self) ? outrep_summary(self, report) : call_with_report(self, "_outrep_summary", report);
}

/* ---- Teardown output of a test whose report is shown ---- */

static bool
has_nothing_to_show(TerminalReporter *self, PyObject *op)
{
    Report *report = (Report *)op;
    return Py_TYPE(op) == run_types(self->engine->state)->test_report &&
           (report->phase != PHASE_TEARDOWN || !report->sections || PyList_Size(report->sections) == 0);
}

/* Reports of passed teardowns that captured something: few, and asked for once per failure. A new list. */
static PyObject *
teardown_reports(TerminalReporter *self)
{
    PyObject *all = reporter_find_stats(self, "");
    PyObject *list = PyList_New(0);
    Py_ssize_t count = all ? PySequence_Size(all) : 0;

    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *report = PySequence_GetItem(all, i);
        int is_skipped = report ? has_nothing_to_show(self, report) : -1;
        if (is_skipped == 0) {
            PyObject *when = PyObject_GetAttrString(report, "when");
            is_skipped = when ? !py_text_equals(when, "teardown") || was_shown(self, report) : -1;
            Py_XDECREF(when);
        }
        if (is_skipped < 0 || (!is_skipped && PyList_Append(list, report) < 0)) {
            Py_CLEAR(list);
        }
        Py_XDECREF(report);
    }
    Py_XDECREF(all);
    return list;
}

static PyObject *
report_nodeid(TerminalReporter *self, PyObject *report)
{
    return PyObject_GetAttr(report, self->engine->state->names.nodeid);
}

static int
write_teardown_sections(TerminalReporter *self, PyObject *teardowns, PyObject *report)
{
    PyObject *nodeid = report_nodeid(self, report);
    int status = nodeid ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(teardowns); i++) {
        PyObject *teardown = py_list_item(teardowns, i);
        PyObject *other = report_nodeid(self, teardown);
        int is_same = other ? PyObject_RichCompareBool(other, nodeid, Py_EQ) : -1;
        status = is_same < 0 ? -1 : 0;
        if (is_same > 0) {
            status = reporter_is_plain(self) ? write_sections(self, teardown, "teardown")
                                             : call_with_report(self, "print_teardown_sections", teardown);
        }
        Py_XDECREF(other);
        Py_DECREF(teardown);
    }
    Py_XDECREF(nodeid);
    return status;
}

/* ---- Headlines ---- */

/* A new str. */
static PyObject *
failure_headline(PyObject *report)
{
    PyObject *line = PyObject_GetAttrString(report, "head_line");
    int has_line = line ? PyObject_IsTrue(line) : -1;

    if (has_line == 0) {
        Py_DECREF(line);
        return PyUnicode_FromString("test session");
    }
    if (has_line < 0) {
        Py_CLEAR(line);
    }
    return line;
}

static PyObject *
get_headline(TerminalReporter *self, PyObject *report)
{
    return reporter_is_plain(self) ? failure_headline(report)
                                   : PyObject_CallMethod((PyObject *)self, "_getfailureheadline", "O", report);
}

static int
write_headline(TerminalReporter *self, const char *prefix, PyObject *report, unsigned markup)
{
    PyObject *headline = get_headline(self, report);
    struct text title = {0};
    int status = -1;

    text_add_string(&title, prefix);
    if (headline && text_add_object(&title, headline) == 0) {
        status = reporter_write_sep(self, '_', text_string(&title), markup | MARKUP_THEN_BOLD);
    }
    text_release(&title);
    Py_XDECREF(headline);
    return status;
}

/* str(rep.longrepr.reprcrash), or what there is instead: a new str. */
static PyObject *
crash_line(PyObject *report)
{
    PyObject *longrepr = PyObject_GetAttrString(report, "longrepr");
    PyObject *crash = longrepr ? PyObject_GetAttrString(longrepr, "reprcrash") : NULL;
    PyObject *line = crash ? PyObject_Str(crash) : NULL;

    if (!line && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        PyObject *text = longrepr ? PyObject_Str(longrepr) : PyUnicode_FromString("");
        line = text ? PyUnicode_Substring(text, 0, 50) : NULL;
        Py_XDECREF(text);
    }
    Py_XDECREF(longrepr);
    Py_XDECREF(crash);
    return line;
}

/* ---- Sections ---- */

static int
write_crash_line(TerminalReporter *self, PyObject *report)
{
    PyObject *line = reporter_is_plain(self) ? crash_line(report)
                                             : PyObject_CallMethod((PyObject *)self, "_getcrashline", "O", report);
    struct text text = {0};
    int status = -1;

    if (line && text_add_object(&text, line) == 0 && call_outrep_summary(self, report) == 0) {
        status = reporter_write_line(self, text_string(&text), text.length, 0);
    }
    text_release(&text);
    Py_XDECREF(line);
    return status;
}

static int
write_failures(TerminalReporter *self, PyObject *reports, bool is_one_line)
{
    PyObject *teardowns = is_one_line ? PyList_New(0) : teardown_reports(self);
    int status = teardowns ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PySequence_Size(reports); i++) {
        PyObject *report = PySequence_GetItem(reports, i);
        if (!report) {
            status = -1;
        } else if (is_one_line) {
            status = write_crash_line(self, report);
        } else if (write_headline(self, "", report, MARKUP_RED) < 0 || call_outrep_summary(self, report) < 0 ||
                   write_teardown_sections(self, teardowns, report) < 0) {
            status = -1;
        }
        Py_XDECREF(report);
    }
    Py_XDECREF(teardowns);
    return status;
}

static int
summary_failures(TerminalReporter *self, const char *category, const char *title, PyObject *style)
{
    PyObject *reports = NULL;
    int status = 0;

    if (py_text_equals(style, "no")) {
        return 0;
    }
    reports = get_reports(self, category);
    status = reports ? PyObject_IsTrue(reports) : -1;
    if (status > 0) {
        status = reporter_write_sep(self, '=', title, 0);
        if (status == 0) {
            status = write_failures(self, reports, py_text_equals(style, "line"));
        }
    }
    Py_XDECREF(reports);
    return status;
}

static int
write_error(TerminalReporter *self, PyObject *report)
{
    PyObject *when = PyObject_GetAttrString(report, "when");
    struct text prefix = {0};
    int status = -1;

    if (!when) {
        return -1;
    }
    if (py_text_equals(when, "collect")) {
        text_add_string(&prefix, "ERROR collecting ");
    } else {
        text_add_string(&prefix, "ERROR at ");
        if (text_add_object(&prefix, when) < 0) {
            goto done;
        }
        text_add_string(&prefix, " of ");
    }
    if (write_headline(self, text_string(&prefix), report, MARKUP_RED) == 0) {
        status = call_outrep_summary(self, report);
    }
done:
    text_release(&prefix);
    Py_DECREF(when);
    return status;
}

/* 1: tracebacks are shown, 0: --tb=no, -1. */
static int
shows_tracebacks(TerminalReporter *self)
{
    PyObject *style = option_get(self->engine, "tbstyle");
    int answer = style ? !py_text_equals(style, "no") : -1;

    Py_XDECREF(style);
    return answer;
}

static PyObject *
method_summary_errors(PyObject *op, PyObject *Py_UNUSED(unused))
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *reports = NULL;
    PyObject *all = NULL;
    int status = shows_tracebacks(self);

    if (status <= 0) {
        return py_none_or_error(status);
    }
    reports = get_reports(self, "error");
    status = reports ? PyObject_IsTrue(reports) : -1;
    if (status > 0) {
        status = reporter_write_sep(self, '=', "ERRORS", 0);
        all = reporter_find_stats(self, "error");
        Py_ssize_t count = all ? PySequence_Size(all) : 0;
        for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
            PyObject *report = PySequence_GetItem(all, i);
            status = report ? write_error(self, report) : -1;
            Py_XDECREF(report);
        }
    }
    Py_XDECREF(reports);
    Py_XDECREF(all);
    return py_none_or_error(status);
}

/* self.summary_failures_combined(category, title, style=style) */
static int
call_summary_failures(TerminalReporter *self, const char *category, const char *title, PyObject *style)
{
    if (reporter_is_plain(self)) {
        return summary_failures(self, category, title, style);
    }
    PyObject *function = PyObject_GetAttrString((PyObject *)self, "summary_failures_combined");
    PyObject *args = function ? Py_BuildValue("(ss)", category, title) : NULL;
    PyObject *kwargs = args ? Py_BuildValue("{sO}", "style", style) : NULL;
    return py_status_take(py_call_take(function, args, kwargs));
}

static PyObject *
method_summary_failures(PyObject *op, PyObject *Py_UNUSED(unused))
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *style = option_get(self->engine, "tbstyle");
    int status = style ? call_summary_failures(self, "failed", "FAILURES", style) : -1;

    Py_XDECREF(style);
    return py_none_or_error(status);
}

static PyObject *
method_summary_xfailures(PyObject *op, PyObject *Py_UNUSED(unused))
{
    TerminalReporter *self = (TerminalReporter *)op;
    int shows = option_is_true(self->engine, "xfail_tb");
    PyObject *style = shows ? option_get(self->engine, "tbstyle") : PyUnicode_FromString("no");
    int status = shows >= 0 && style ? call_summary_failures(self, "xfailed", "XFAILURES", style) : -1;

    Py_XDECREF(style);
    return py_none_or_error(status);
}

static PyObject *
method_summary_failures_combined(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"which_reports", "sep_title", "style", "needed_opt", NULL};
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *values[4];
    const char *category = NULL;
    const char *title = NULL;
    const char *letter = NULL;

    if (py_unpack_tuple("summary_failures_combined", args, kwargs, NAMES, 2, 3, values) < 0) {
        return NULL;
    }
    category = py_utf8(values[0]);
    title = category ? py_utf8(values[1]) : NULL;
    if (!title) {
        return NULL;
    }
    if (values[3] && values[3] != Py_None) {
        letter = py_utf8(values[3]);
        if (!letter) {
            return NULL;
        }
        if (!reporter_has_option(self, *letter)) {
            Py_RETURN_NONE;
        }
    }
    return py_none_or_error(summary_failures(self, category, title, values[2]));
}

static int
write_pass(TerminalReporter *self, PyObject *report, PyObject *teardowns)
{
    PyObject *sections = PyObject_GetAttrString(report, "sections");
    int has_output = sections ? PyObject_IsTrue(sections) : -1;

    Py_XDECREF(sections);
    if (has_output < 0 ||
        (has_output && (write_headline(self, "", report, MARKUP_GREEN) < 0 || call_outrep_summary(self, report) < 0))) {
        return -1;
    }
    return write_teardown_sections(self, teardowns, report);
}

static int
summary_passes(TerminalReporter *self, const char *category, const char *title, char letter)
{
    PyObject *reports = NULL;
    PyObject *teardowns = NULL;
    int status = shows_tracebacks(self);

    if (status <= 0 || !reporter_has_option(self, letter)) {
        return status < 0 ? -1 : 0;
    }
    reports = get_reports(self, category);
    status = reports ? PyObject_IsTrue(reports) : -1;
    if (status > 0) {
        teardowns = teardown_reports(self);
        status = teardowns ? reporter_write_sep(self, '=', title, 0) : -1;
        for (Py_ssize_t i = 0; status == 0 && i < PySequence_Size(reports); i++) {
            PyObject *report = PySequence_GetItem(reports, i);
            status = report ? write_pass(self, report, teardowns) : -1;
            Py_XDECREF(report);
        }
    }
    Py_XDECREF(reports);
    Py_XDECREF(teardowns);
    return status;
}

static int
call_summary_passes(TerminalReporter *self, const char *category, const char *title, const char *letter)
{
    PyObject *result = NULL;

    if (reporter_is_plain(self)) {
        return summary_passes(self, category, title, *letter);
    }
    result = PyObject_CallMethod((PyObject *)self, "summary_passes_combined", "sss", category, title, letter);
    return py_status_take(result);
}

static PyObject *
method_summary_passes(PyObject *op, PyObject *Py_UNUSED(unused))
{
    int status = call_summary_passes((TerminalReporter *)op, "passed", "PASSES", "P");
    return py_none_or_error(status);
}

static PyObject *
method_summary_xpasses(PyObject *op, PyObject *Py_UNUSED(unused))
{
    int status = call_summary_passes((TerminalReporter *)op, "xpassed", "XPASSES", "X");
    return py_none_or_error(status);
}

static PyObject *
method_summary_passes_combined(PyObject *op, PyObject *args)
{
    const char *category = NULL;
    const char *title = NULL;
    const char *letter = NULL;

    if (!PyArg_ParseTuple(args, "sss:summary_passes_combined", &category, &title, &letter)) {
        return NULL;
    }
    return py_none_or_error(summary_passes((TerminalReporter *)op, category, title, *letter));
}

/* ---- Methods ---- */

static PyObject *
method_getreports(PyObject *op, PyObject *name)
{
    const char *category = py_utf8(name);
    return category ? reporter_reports((TerminalReporter *)op, category) : NULL;
}

static PyObject *
method_outrep_summary(PyObject *op, PyObject *report)
{
    return py_none_or_error(outrep_summary((TerminalReporter *)op, report));
}

static PyObject *
method_print_teardown_sections(PyObject *op, PyObject *report)
{
    return py_none_or_error(write_sections((TerminalReporter *)op, report, "teardown"));
}

/* Teardown reports of one node id (str or NodeId): a new list. */
static PyObject *
method_get_teardown_reports(PyObject *op, PyObject *node_id)
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *nodeid = PyObject_Str(node_id);
    PyObject *all = nodeid ? teardown_reports(self) : NULL;
    PyObject *list = all ? PyList_New(0) : NULL;

    for (Py_ssize_t i = 0; list && i < PyList_Size(all); i++) {
        PyObject *report = py_list_item(all, i);
        PyObject *other = report_nodeid(self, report);
        int is_same = other ? PyObject_RichCompareBool(other, nodeid, Py_EQ) : -1;
        if (is_same < 0 || (is_same && PyList_Append(list, report) < 0)) {
            Py_CLEAR(list);
        }
        Py_XDECREF(other);
        Py_DECREF(report);
    }
    Py_XDECREF(nodeid);
    Py_XDECREF(all);
    return list;
}

static PyObject *
method_handle_teardown_sections(PyObject *op, PyObject *node_id)
{
    PyObject *reports = method_get_teardown_reports(op, node_id);
    int status = reports ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(reports); i++) {
        status = call_with_report((TerminalReporter *)op, "print_teardown_sections", PyList_GetItem(reports, i));
    }
    Py_XDECREF(reports);
    return py_none_or_error(status);
}

static PyObject *
method_getfailureheadline(PyObject *Py_UNUSED(op), PyObject *report)
{
    return failure_headline(report);
}

static PyObject *
method_getcrashline(PyObject *Py_UNUSED(op), PyObject *report)
{
    return crash_line(report);
}

PY_NAMED_ONE(method_getreports_named, method_getreports, "getreports", "name")
PY_NAMED_ONE(method_print_teardown_sections_named, method_print_teardown_sections, "print_teardown_sections", "rep")

PY_NAMED_ONE(method_outrep_summary_named, method_outrep_summary, "_outrep_summary", "rep")
PY_NAMED_ONE(method_getfailureheadline_named, method_getfailureheadline, "_getfailureheadline", "rep")
PY_NAMED_ONE(method_getcrashline_named, method_getcrashline, "_getcrashline", "rep")
PyMethodDef SUMMARY_METHODS[] = {
    {"getreports", PY_FAST_WITH_KEYWORDS(method_getreports_named), "getreports($self, name)\n--\n\n"},
    {"summary_errors", method_summary_errors, METH_NOARGS, "summary_errors($self)\n--\n\n"},
    {"summary_failures", method_summary_failures, METH_NOARGS, "summary_failures($self)\n--\n\n"},
    {"summary_xfailures", method_summary_xfailures, METH_NOARGS, "summary_xfailures($self)\n--\n\n"},
    {"summary_failures_combined", PY_WITH_KEYWORDS(method_summary_failures_combined),
     "summary_failures_combined($self, which_reports, sep_title, *, style, needed_opt=None)\n--\n\n"},
    {"summary_passes", method_summary_passes, METH_NOARGS, "summary_passes($self)\n--\n\n"},
    {"summary_xpasses", method_summary_xpasses, METH_NOARGS, "summary_xpasses($self)\n--\n\n"},
    {"summary_passes_combined", method_summary_passes_combined, METH_VARARGS,
     "summary_passes_combined($self, which_reports, sep_title, needed_opt, /)\n--\n\n"},
    {"_outrep_summary", PY_FAST_WITH_KEYWORDS(method_outrep_summary_named), "_outrep_summary($self, rep)\n--\n\n"},
    {"print_teardown_sections", PY_FAST_WITH_KEYWORDS(method_print_teardown_sections_named),
     "print_teardown_sections($self, rep)\n--\n\n"},
    {"_get_teardown_reports", method_get_teardown_reports, METH_O, NULL},
    {"_handle_teardown_sections", method_handle_teardown_sections, METH_O, NULL},
    {"_getfailureheadline", PY_FAST_WITH_KEYWORDS(method_getfailureheadline_named),
     "_getfailureheadline($self, rep)\n--\n\n"},
    {"_getcrashline", PY_FAST_WITH_KEYWORDS(method_getcrashline_named), "_getcrashline($self, rep)\n--\n\n"},
    PY_END_METHOD,
};
