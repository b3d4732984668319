/* How much of an explanation is shown. */
#include "hooks/hooks.h"
#include "io/io.h"
#include "rewrite/compare.h"

static const char MESSAGE[] = "...Full output truncated, use '-vv' to show";

enum { DEFAULT_LINES = 8, DEFAULT_CHARS = 8 * 80 };

static_assert(sizeof "..." - 1 + sizeof MESSAGE - 1 == TRUNCATION_FOOTER_CHARS, "the footer's length");

bool
runs_on_ci(void)
{
    return environment_is_set("CI") || environment_is_set("BUILD_NUMBER");
}

/* An ini value that is None, an int or a text: int(value). 0 or -1. */
static int
read_limit(struct engine *engine, const char *name, Py_ssize_t otherwise, Py_ssize_t *limit_out)
{
    PyObject *value = ini_get(engine, name);
    PyObject *number = NULL;

    if (!value) {
        return -1;
    }
    *limit_out = otherwise;
    if (value != Py_None) {
        number = PyObject_CallFunctionObjArgs((PyObject *)&PyLong_Type, value, NULL);
        *limit_out = number ? PyLong_AsSsize_t(number) : 0;
        Py_XDECREF(number);
    }
    Py_DECREF(value);
    return PyErr_Occurred() ? -1 : 0;
}

int
truncation_read(struct engine *engine, struct truncation *truncation)
{
    *truncation = (struct truncation){0};
    if (config_verbosity(engine, "assertions") >= 2 || runs_on_ci()) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (read_limit(engine, "truncation_limit_lines", DEFAULT_LINES, &truncation->max_lines) < 0 ||
        read_limit(engine, "truncation_limit_chars", DEFAULT_CHARS, &truncation->max_chars) < 0) {
        return -1;
    }
    truncation->is_on = truncation->max_lines > 0 || truncation->max_chars > 0;
    return 0;
}

/* The sum of the lengths of the first `count` lines; -1 with an exception. */
static Py_ssize_t
total_length(PyObject *lines, Py_ssize_t count)
{
    Py_ssize_t total = 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t length = PyObject_Size(PyList_GetItem(lines, i));
        if (length < 0) {
            return -1;
        }
        total += length;
    }
    return total;
}

/* Cuts the list after as many characters as may be shown. */
static int
cut_characters(PyObject *lines, Py_ssize_t max_chars)
{
    Py_ssize_t used = 0;

    for (Py_ssize_t i = 0; i < PyList_Size(lines); i++) {
        PyObject *line = PyList_GetItem(lines, i); /* borrowed */
        Py_ssize_t length = PyUnicode_GetLength(line);
        if (length < 0) {
            return -1;
        }
        if (used + length > max_chars) {
            PyObject *part = PyUnicode_Substring(line, 0, max_chars - used);
            return !part || PyList_SetItem(lines, i, part) < 0 ||
                           PyList_SetSlice(lines, i + 1, PyList_Size(lines), NULL) < 0
                       ? -1
                       : 0;
        }
        used += length;
    }
    return 0;
}

/* "..." behind the last line, an empty one, and how to see more. */
static int
add_footer(PyObject *lines)
{
    Py_ssize_t last = PyList_Size(lines) - 1;
    PyObject *line = PyUnicode_FromFormat("%U...", PyList_GetItem(lines, last));

    if (!line || PyList_SetItem(lines, last, line) < 0) {
        return -1;
    }
    return py_list_append_take(lines, PyUnicode_FromString("")) < 0 ||
                   py_list_append_take(lines, PyUnicode_FromString(MESSAGE)) < 0
               ? -1
               : 0;
}

static int
truncate_list(const struct truncation *truncation, PyObject *lines)
{
    Py_ssize_t tolerable_chars = truncation->max_chars + TRUNCATION_FOOTER_CHARS;
    Py_ssize_t count = PyList_Size(lines);
    bool has_many_lines = truncation->max_lines > 0 && count > truncation->max_lines + TRUNCATION_FOOTER_LINES;

    if (has_many_lines) {
        if (PyList_SetSlice(lines, truncation->max_lines, count, NULL) < 0) {
            return -1;
        }
        count = truncation->max_lines;
    }
    Py_ssize_t total = total_length(lines, count);
    if (total < 0) {
        return -1;
    }
    bool has_many_chars = truncation->max_chars > 0 && total > tolerable_chars;
    if (!has_many_lines && !has_many_chars) {
        return 0;
    }
    if (has_many_chars && cut_characters(lines, truncation->max_chars) < 0) {
        return -1;
    }
    return add_footer(lines);
}

/* Takes lines from the iterator until more cannot be shown. 0, or -1. */
static int
take_lines(const struct truncation *truncation, PyObject *iterator, PyObject *taken)
{
    Py_ssize_t line_cap = truncation->max_lines > 0 && !truncation->is_whole
                              ? truncation->max_lines + TRUNCATION_FOOTER_LINES + 1
                              : PY_SSIZE_T_MAX;
    Py_ssize_t char_cap = truncation->max_chars > 0 && !truncation->is_whole
                              ? truncation->max_chars + TRUNCATION_FOOTER_CHARS
                              : PY_SSIZE_T_MAX;
    Py_ssize_t char_count = 0;

    while (PyList_Size(taken) < line_cap && char_count <= char_cap) {
        PyObject *line = PyIter_Next(iterator);
        Py_ssize_t length = line ? PyObject_Size(line) : -1;
        if (!line) {
            return PyErr_Occurred() ? -1 : 0;
        }
        if (py_list_append_take(taken, line) < 0 || length < 0) {
            return -1;
        }
        char_count += length;
    }
    return 0;
}

PyObject *
truncation_apply(const struct truncation *truncation, PyObject *lines)
{
    PyObject *iterator = NULL;
    PyObject *taken = NULL;

    if (!truncation->is_on) {
        return PySequence_List(lines);
    }
    iterator = PyObject_GetIter(lines);
    taken = iterator ? PyList_New(0) : NULL;
    if (taken && (take_lines(truncation, iterator, taken) < 0 || truncate_list(truncation, taken) < 0)) {
        Py_CLEAR(taken);
    }
    Py_XDECREF(iterator);
    return taken;
}
