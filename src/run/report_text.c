/* What a report says: its line, its sections, its failure as text and on a terminal. */
#include <string.h>

#include "code/code.h"
#include "io/io.h"
#include "run/internal.h"

PyObject *
test_report_repr(PyObject *op)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
    PyObject *when = report_get_when(op, NULL);
    PyObject *outcome = report_get_outcome(op, NULL);
    PyObject *text = NULL;

    if (name && when && outcome) {
        text = PyUnicode_FromFormat("<%U %R when=%R outcome=%R>", name, ((Report *)op)->nodeid, when, outcome);
    }
    Py_XDECREF(name);
    Py_XDECREF(when);
    Py_XDECREF(outcome);
    return text;
}

PyObject *
collect_report_repr(PyObject *op)
{
    Report *self = (Report *)op;
    PyObject *outcome = report_get_outcome(op, NULL);
    PyObject *text = NULL;
    Py_ssize_t count = self->result ? PyObject_Size(self->result) : 0;

    if (outcome && count >= 0) {
        text = PyUnicode_FromFormat("<CollectReport %R lenresult=%zd outcome=%R>", self->nodeid, count, outcome);
    }
    Py_XDECREF(outcome);
    return text;
}

/* (name, content) of the sections whose name starts with the prefix: a new list of (prefix, content). */
static PyObject *
sections_with_prefix(Report *self, PyObject *prefix)
{
    PyObject *found = PyList_New(0);
    Py_ssize_t count = self->sections ? PyList_Size(self->sections) : 0;

    for (Py_ssize_t i = 0; found && i < count; i++) {
        PyObject *name = NULL;
        PyObject *content = NULL;
        PyObject *section = py_list_item(self->sections, i);
        if (PyArg_ParseTuple(section, "UO", &name, &content)) {
            if (PyUnicode_Tailmatch(name, prefix, 0, PY_SSIZE_T_MAX, -1) == 1 &&
                py_list_append_take(found, PyTuple_Pack(2, prefix, content)) < 0) {
                Py_CLEAR(found);
            }
        } else {
            Py_CLEAR(found);
        }
        Py_DECREF(section);
    }
    return found;
}

PyObject *
report_get_sections(PyObject *op, PyObject *prefix)
{
    return py_iterate_take(sections_with_prefix((Report *)op, prefix));
}

const struct captured CAPTURED_LOG = {"Captured log", "\n"};
const struct captured CAPTURED_STDOUT = {"Captured stdout", ""};
const struct captured CAPTURED_STDERR = {"Captured stderr", ""};

PyObject *
report_get_captured(PyObject *op, void *closure)
{
    const struct captured *captured = closure;
    PyObject *prefix = PyUnicode_FromString(captured->prefix);
    PyObject *found = prefix ? sections_with_prefix((Report *)op, prefix) : NULL;
    PyObject *text = NULL;

    for (Py_ssize_t i = 0; found && i < PyList_Size(found); i++) {
        PyObject *pair = py_list_item(found, i);
        PyObject *content = py_tuple_item(pair, 1);
        Py_DECREF(pair);
        if (PyList_SetItem(found, i, content) < 0) {
            Py_CLEAR(found);
        }
    }
    text = py_text_join(captured->separator, found);
    Py_XDECREF(found);
    Py_XDECREF(prefix);
    return text;
}

static int
write_worker_line(struct state *state, PyObject *op, PyObject *out)
{
    PyObject *node = NULL;
    PyObject *function = NULL;
    PyObject *line = NULL;
    PyObject *written = NULL;
    int status = py_find_attr(state, op, state->names.node, &node);

    if (status <= 0) {
        return status;
    }
    function = py_import_attr("_pytest.reports", "getworkerinfoline");
    line = function ? py_call1(function, node) : NULL;
    if (line && PyObject_IsTrue(line) == 1) {
        written = py_method1(out, state->names.line, line);
        status = written ? 0 : -1;
    } else {
        status = line ? 0 : -1;
    }
    Py_XDECREF(written);
    Py_XDECREF(line);
    Py_XDECREF(function);
    Py_DECREF(node);
    return status;
}

PyObject *
report_toterminal(PyObject *op, PyObject *out)
{
    struct state *state = state_of(op);
    PyObject *longrepr = NULL;
    PyObject *method = NULL;
    PyObject *result = NULL;

    if (write_worker_line(state, op, out) < 0) {
        return NULL;
    }
    longrepr = PyObject_GetAttr(op, state->names.longrepr);
    if (!longrepr || longrepr == Py_None) {
        return longrepr;
    }
    if (py_find_attr(state, longrepr, state->names.toterminal, &method) < 0) {
        goto done;
    }
    if (method) {
        result = py_call1(method, out);
        goto done;
    }
    PyObject *text = PyObject_Str(longrepr);
    if (!text && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        PyErr_Clear();
        text = PyUnicode_FromString("<unprintable longrepr>");
    }
    result = text ? py_method1(out, state->names.line, text) : NULL;
    Py_XDECREF(text);
done:
    Py_XDECREF(method);
    Py_DECREF(longrepr);
    if (!result) {
        return NULL;
    }
    Py_DECREF(result);
    Py_RETURN_NONE;
}

PyObject *
report_get_text(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *file = NULL;
    PyObject *writer = NULL;
    PyObject *result = NULL;
    PyObject *text = NULL;
    PyObject *stripped = NULL;
    PyObject *string_io = py_import_attr("io", "StringIO");

    file = string_io ? py_call0(string_io) : NULL;
    writer = file ? terminal_writer_new(state_of(op), file) : NULL;
    if (!writer || PyObject_SetAttrString(writer, "hasmarkup", Py_False) < 0) {
        goto done;
    }
    result = PyObject_CallMethod(op, "toterminal", "O", writer);
    if (!result || terminal_flush(writer) < 0) {
        goto done;
    }
    text = PyObject_CallMethod(file, "getvalue", NULL);
    stripped = text ? PyObject_CallMethod(text, "strip", NULL) : NULL;
done:
    Py_XDECREF(text);
    Py_XDECREF(result);
    Py_XDECREF(writer);
    Py_XDECREF(file);
    Py_XDECREF(string_io);
    return stripped;
}
