/* Warnings that were recorded during the run, and their summary. */
#include <string.h>

#include "plugins/terminal/reporter.h"

/* One warning as `stats["warnings"]` holds it. */
typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *message;
    PyObject *nodeid;
    PyObject *fslocation; /* (file name, line) */
} WarningReport;

/* From this many places on they are counted by file. */
enum { MOST_LOCATIONS = 9 };

static int
warning_report_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"message", "nodeid", "fslocation", NULL};
    WarningReport *self = (WarningReport *)op;
    PyObject *values[3];

    if (py_unpack_tuple("WarningReport", args, kwargs, NAMES, 3, 1, values) < 0) {
        return -1;
    }
    py_replace(&self->message, values[0]);
    py_replace(&self->nodeid, values[1] ? values[1] : Py_None);
    py_replace(&self->fslocation, values[2] ? values[2] : Py_None);
    return 0;
}

static int
warning_report_traverse(PyObject *op, visitproc visit, void *arg)
{
    WarningReport *self = (WarningReport *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->message);
    Py_VISIT(self->nodeid);
    Py_VISIT(self->fslocation);
    return 0;
}

static int
warning_report_clear(PyObject *op)
{
    WarningReport *self = (WarningReport *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->message);
    Py_CLEAR(self->nodeid);
    Py_CLEAR(self->fslocation);
    return 0;
}

static void
warning_report_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((WarningReport *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    warning_report_clear(op);
    py_free_instance(op);
}

/* "path:line", relative to where pytest was started: a new str. */
static PyObject *
file_location(struct engine *engine, PyObject *fslocation)
{
    PyObject *name = PySequence_GetItem(fslocation, 0);
    PyObject *line = name ? PySequence_GetItem(fslocation, 1) : NULL;
    PyObject *abspath = line ? py_import_attr("os.path", "abspath") : NULL;
    PyObject *absolute = abspath ? py_call1(abspath, name) : NULL;
    const char *start = absolute ? py_utf8(config_invocation_dir(engine)) : NULL;
    struct text path = {0};
    struct text location = {0};
    PyObject *result = NULL;

    if (start && text_add_object(&path, absolute) == 0) {
        relative_path_add(&location, start, text_string(&path));
        text_add_char(&location, ':');
        if (text_add_object(&location, line) == 0) {
            result = py_text_from(&location);
        }
    }
    text_release(&path);
    text_release(&location);
    Py_XDECREF(name);
    Py_XDECREF(line);
    Py_XDECREF(abspath);
    Py_XDECREF(absolute);
    return result;
}

static PyObject *
warning_report_get_location(PyObject *op, PyObject *config)
{
    WarningReport *self = (WarningReport *)op;
    int is_given = PyObject_IsTrue(self->nodeid);

    if (is_given) {
        return is_given < 0 ? NULL : Py_NewRef(self->nodeid);
    }
    is_given = PyObject_IsTrue(self->fslocation);
    if (is_given <= 0) {
        return py_none_or_error(is_given);
    }
    return file_location(engine_from_config(config), self->fslocation);
}

static PyMethodDef WARNING_REPORT_METHODS[] = {
    {"get_location", warning_report_get_location, METH_O,
     "get_location($self, config)\n--\n\n"
     "Return the more user-friendly information about the location of a warning, or None."},
    PY_END_METHOD,
};

static PyMemberDef WARNING_REPORT_MEMBERS[] = {
    PY_DICT_MEMBER(WarningReport),
    PY_WEAKREF_MEMBER(WarningReport),
    {"message", T_OBJECT_EX, offsetof(WarningReport, message), 0, NULL},
    {"nodeid", T_OBJECT_EX, offsetof(WarningReport, nodeid), 0, NULL},
    {"fslocation", T_OBJECT_EX, offsetof(WarningReport, fslocation), 0, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef WARNING_REPORT_GETSETS[] = {
    PY_DICT_GETSET,
    PY_END_GETSET,
};

static PyType_Slot WARNING_REPORT_SLOTS[] = {
    PY_SLOT(tp_doc, "WarningReport(message, nodeid=None, fslocation=None)\n--\n\n"
                    "Simple structure to hold warnings information captured by ``pytest_warning_recorded``."),
    PY_SLOT(tp_init, warning_report_init),
    PY_SLOT(tp_traverse, warning_report_traverse),
    PY_SLOT(tp_clear, warning_report_clear),
    PY_SLOT(tp_dealloc, warning_report_dealloc),
    PY_SLOT(tp_methods, WARNING_REPORT_METHODS),
    PY_SLOT(tp_members, WARNING_REPORT_MEMBERS),
    PY_SLOT(tp_getset, WARNING_REPORT_GETSETS),
    PY_END_SLOT,
};

static PyType_Spec WARNING_REPORT_SPEC = {
    .name = "_pytest.terminal.WarningReport",
    .basicsize = sizeof(WarningReport),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = WARNING_REPORT_SLOTS,
};

PyTypeObject *
warning_report_add_type(PyObject *module)
{
    PyTypeObject *type = py_type_add(module, &WARNING_REPORT_SPEC, NULL);

    if (type && PyObject_SetAttrString((PyObject *)type, "count_towards_summary", Py_True) < 0) {
        Py_CLEAR(type);
    }
    return type;
}

/* ---- Recording ---- */

PyObject *
hook_warning_recorded(struct engine *engine, PyObject *op, PyObject *const *args)
{
    PyObject *function = py_import_attr("_pytest.warnings", "warning_record_to_str");
    PyObject *message = function ? py_call1(function, args[0]) : NULL;
    PyObject *filename = message ? PyObject_GetAttrString(args[0], "filename") : NULL;
    PyObject *lineno = filename ? PyObject_GetAttrString(args[0], "lineno") : NULL;
    PyObject *report = NULL;
    int status = -1;

    if (lineno) {
        report = PyObject_CallFunction((PyObject *)terminal_types(engine->state)->warning_report, "OO(OO)", message,
                                       args[2], filename, lineno);
    }
    if (report) {
        status = reporter_add_stats((TerminalReporter *)op, engine->state->names.warnings, report);
    }
    Py_XDECREF(function);
    Py_XDECREF(message);
    Py_XDECREF(filename);
    Py_XDECREF(lineno);
    Py_XDECREF(report);
    return py_none_or_error(status);
}

/* ---- Summary ---- */

/* Where warnings of one message were issued: a new list of str. */
static PyObject *
locations_of(TerminalReporter *self, PyObject *reports)
{
    PyObject *locations = PyList_New(0);

    for (Py_ssize_t i = 0; locations && i < PyList_Size(reports); i++) {
        PyObject *location = PyObject_CallMethod(PyList_GetItem(reports, i), "get_location", "O", self->config);
        int is_known = location ? PyObject_IsTrue(location) : -1;
        if (is_known < 0 || (is_known && PyList_Append(locations, location) < 0)) {
            Py_CLEAR(locations);
        }
        Py_XDECREF(location);
    }
    return locations;
}

/* The location's part before "::": a new str. */
static PyObject *
location_file(PyObject *location)
{
    PyObject *text = PyObject_Str(location);
    PyObject *separator = PyUnicode_FromString("::");
    PyObject *parts = text && separator ? PyUnicode_Split(text, separator, 1) : NULL;
    PyObject *file = parts ? py_list_item(parts, 0) : NULL;

    Py_XDECREF(text);
    Py_XDECREF(separator);
    Py_XDECREF(parts);
    return file;
}

static int
add_file_counts(struct text *out, PyObject *locations)
{
    PyObject *counts = PyDict_New();
    PyObject *borrowed_file = NULL;
    PyObject *borrowed_count = NULL;
    Py_ssize_t position = 0;
    int status = counts ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(locations); i++) {
        PyObject *file = location_file(PyList_GetItem(locations, i));
        borrowed_count = file ? PyDict_GetItemWithError(counts, file) : NULL;
        long count = borrowed_count ? PyLong_AsLong(borrowed_count) : 0;
        status = file ? py_dict_set_take(counts, file, PyLong_FromLong(count + 1)) : -1;
        Py_XDECREF(file);
    }
    while (status == 0 && PyDict_Next(counts, &position, &borrowed_file, &borrowed_count)) {
        long count = PyLong_AsLong(borrowed_count);
        text_add_string(out, out->length ? "\n" : "");
        status = text_add_object(out, borrowed_file);
        text_add_format(out, ": %ld warning%s", count, count > 1 ? "s" : "");
    }
    Py_XDECREF(counts);
    return status;
}

/* The lines above the message. */
static int
add_locations(TerminalReporter *self, struct text *out, PyObject *reports)
{
    PyObject *locations = locations_of(self, reports);
    int status = locations ? 0 : -1;

    if (locations && PyList_Size(locations) > MOST_LOCATIONS) {
        status = add_file_counts(out, locations);
    } else {
        for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(locations); i++) {
            text_add_string(out, i ? "\n" : "");
            status = text_add_object(out, PyList_GetItem(locations, i));
        }
    }
    Py_XDECREF(locations);
    return status;
}

static PyObject *
right_stripped_take(PyObject *text)
{
    PyObject *stripped = text ? PyObject_CallMethod(text, "rstrip", NULL) : NULL;

    Py_XDECREF(text);
    return stripped;
}

/* Each line of the message behind two spaces: a new str. */
static PyObject *
indented(PyObject *message)
{
    PyObject *lines = PyUnicode_Splitlines(message, 0);
    struct text out = {0};
    PyObject *result = NULL;
    int status = lines ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(lines); i++) {
        text_add_string(&out, i ? "\n  " : "  ");
        status = text_add_object(&out, PyList_GetItem(lines, i));
    }
    if (status == 0) {
        result = right_stripped_take(py_text_from(&out));
    }
    text_release(&out);
    Py_XDECREF(lines);
    return result;
}

static int
write_group(TerminalReporter *self, PyObject *message, PyObject *reports)
{
    struct text locations = {0};
    struct text body = {0};
    PyObject *text = NULL;
    int status = -1;

    if (add_locations(self, &locations, reports) < 0) {
        goto done;
    }
    if (locations.length) {
        if (terminal_line(self->tw, locations.bytes, locations.length, 0) < 0) {
            goto done;
        }
        text = indented(message);
    } else {
        text = right_stripped_take(Py_NewRef(message));
    }
    if (text && text_add_object(&body, text) == 0 && terminal_line(self->tw, text_string(&body), body.length, 0) == 0) {
        status = terminal_line(self->tw, "", 0, 0);
    }
done:
    text_release(&locations);
    text_release(&body);
    Py_XDECREF(text);
    return status;
}

/* {message: [reports]} of those from `start` on: a new dict. */
static PyObject *
group_by_message(PyObject *warnings, Py_ssize_t start)
{
    PyObject *groups = PyDict_New();

    for (Py_ssize_t i = start; groups && i < PySequence_Size(warnings); i++) {
        PyObject *report = PySequence_GetItem(warnings, i);
        PyObject *message = report ? PyObject_GetAttrString(report, "message") : NULL;
        PyObject *borrowed_group = message ? PyDict_GetItemWithError(groups, message) : NULL;
        int status = message ? 0 : -1;
        if (message && !borrowed_group) {
            borrowed_group = PyList_New(0);
            status = py_dict_set_take(groups, message, borrowed_group);
        }
        if (status < 0 || PyList_Append(borrowed_group, report) < 0) {
            Py_CLEAR(groups);
        }
        Py_XDECREF(report);
        Py_XDECREF(message);
    }
    return groups;
}

static int
write_groups(TerminalReporter *self, PyObject *groups, bool is_final)
{
    static const char DOCS[] = "-- Docs: https://docs.pytest.org/en/stable/how-to/capture-warnings.html";
    PyObject *borrowed_message = NULL;
    PyObject *borrowed_reports = NULL;
    Py_ssize_t position = 0;
    int status =
        reporter_write_sep(self, '=', is_final ? "warnings summary (final)" : "warnings summary", MARKUP_YELLOW);

    while (status == 0 && PyDict_Next(groups, &position, &borrowed_message, &borrowed_reports)) {
        status = write_group(self, borrowed_message, borrowed_reports);
    }
    return status < 0 ? -1 : terminal_line(self->tw, DOCS, strlen(DOCS), 0);
}

/* Called before and after the other summaries: the second time only what has come since. */
static int
summary_warnings(TerminalReporter *self)
{
    PyObject *warnings = reporter_find_stats(self, "warnings");
    PyObject *groups = NULL;
    bool is_final = self->displayed_warnings >= 0;
    Py_ssize_t start = is_final ? self->displayed_warnings : 0;
    Py_ssize_t count = warnings ? PySequence_Size(warnings) : 0;
    int status = 0;

    if (count > 0) {
        self->displayed_warnings = count > start ? (long)(count - start) : 0;
    }
    if (count > start) {
        groups = group_by_message(warnings, start);
        status = groups ? write_groups(self, groups, is_final) : -1;
    }
    Py_XDECREF(warnings);
    Py_XDECREF(groups);
    return status;
}

static PyObject *
method_summary_warnings(PyObject *op, PyObject *Py_UNUSED(unused))
{
    TerminalReporter *self = (TerminalReporter *)op;

    if (!reporter_has_option(self, 'w')) {
        Py_RETURN_NONE;
    }
    return py_none_or_error(summary_warnings(self));
}

PyMethodDef WARNING_METHODS[] = {
    {"summary_warnings", method_summary_warnings, METH_NOARGS, "summary_warnings($self)\n--\n\n"},
    PY_END_METHOD,
};
