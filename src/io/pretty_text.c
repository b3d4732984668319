/* How the pretty printer breaks long str and bytes. */
#include "base/utf8.h"
#include "io/pretty.h"

/* ---- str ---- */

/* The pieces of a str while they are found, and whether the last one ends the whole. */
struct pieces {
    PyObject *list; /* of str: representations */
    long max_width;
    long allowance;
};

/* End of the word that starts at `start`, with the spaces behind it. */
static Py_ssize_t
word_end(PyObject *line, Py_ssize_t start, Py_ssize_t length)
{
    Py_ssize_t end = start;

    while (end < length && !point_is_space(PyUnicode_ReadChar(line, end))) {
        end++;
    }
    while (end < length && point_is_space(PyUnicode_ReadChar(line, end))) {
        end++;
    }
    return end;
}

static int
append_part(struct pieces *pieces, PyObject *line, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *part = PyUnicode_Substring(line, start, end);
    int status = part ? py_list_append_take(pieces->list, PyObject_Repr(part)) : -1;

    Py_XDECREF(part);
    return status;
}

static Py_ssize_t
repr_length(PyObject *line, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *part = PyUnicode_Substring(line, start, end);
    PyObject *text = part ? PyObject_Repr(part) : NULL;
    Py_ssize_t length = text ? PyUnicode_GetLength(text) : -1;

    Py_XDECREF(part);
    Py_XDECREF(text);
    return length;
}

/* A line that is too long, word by word. */
static int
append_words(struct pieces *pieces, PyObject *line, bool is_last_line)
{
    Py_ssize_t length = PyUnicode_GetLength(line);
    Py_ssize_t start = 0;
    Py_ssize_t end = 0;
    long max_width = pieces->max_width;

    while (end < length) {
        Py_ssize_t next = word_end(line, end, length);
        if (next == length && is_last_line) {
            max_width -= pieces->allowance;
        }
        Py_ssize_t width = repr_length(line, start, next);
        if (width < 0) {
            return -1;
        }
        if (width > max_width) {
            if (end > start && append_part(pieces, line, start, end) < 0) {
                return -1;
            }
            start = end;
        }
        end = next;
    }
    return end > start ? append_part(pieces, line, start, end) : 0;
}

/* *last_out: the representation of the last line as a whole. */
static int
append_lines(struct pieces *pieces, PyObject *lines, PyObject **last_out)
{
    Py_ssize_t count = PyList_Size(lines);
    long max_width = pieces->max_width;

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_line = PyList_GetItem(lines, i);
        PyObject *text = PyObject_Repr(borrowed_line);
        bool is_last = i == count - 1;
        int status = -1;
        if (!text) {
            return -1;
        }
        max_width -= is_last ? pieces->allowance : 0;
        if (PyUnicode_GetLength(text) <= max_width) {
            status = PyList_Append(pieces->list, text);
        } else {
            status = append_words(pieces, borrowed_line, is_last);
        }
        py_replace_take(last_out, text);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
emit_pieces(struct pretty *pretty, PyObject *list, struct place place)
{
    int status = place.level == 1 ? pretty_emit_string(pretty, "(") : 0;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(list); i++) {
        status = i ? pretty_emit_newline(pretty, place.indent) : 0;
        if (status == 0) {
            status = pretty_emit_object(pretty, PyList_GetItem(list, i));
        }
    }
    return status == 0 && place.level == 1 ? pretty_emit_string(pretty, ")") : status;
}

int
pretty_str(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *lines = NULL;
    PyObject *last = NULL;
    struct pieces pieces = {NULL, 0, 0};
    int status = -1;

    if (PyUnicode_GetLength(object) == 0) {
        return pretty_emit_take(pretty, PyObject_Repr(object));
    }
    if (place.level == 1) {
        place.indent++;
        place.allowance++;
    }
    lines = PyUnicode_Splitlines(object, 1);
    pieces.list = PyList_New(0);
    pieces.max_width = pretty->width - place.indent;
    pieces.allowance = place.allowance;
    if (lines && pieces.list && append_lines(&pieces, lines, &last) == 0) {
        status =
            PyList_Size(pieces.list) == 1 ? pretty_emit_object(pretty, last) : emit_pieces(pretty, pieces.list, place);
    }
    Py_XDECREF(lines);
    Py_XDECREF(last);
    Py_XDECREF(pieces.list);
    return status;
}

/* ---- bytes ---- */

enum { BYTES_PER_STEP = 4 };

static PyObject *
bytes_repr(const char *bytes, Py_ssize_t length)
{
    PyObject *part = PyBytes_FromStringAndSize(bytes, length);
    PyObject *text = part ? PyObject_Repr(part) : NULL;

    Py_XDECREF(part);
    return text;
}

static Py_ssize_t
bytes_repr_length(const char *bytes, Py_ssize_t length)
{
    PyObject *text = bytes_repr(bytes, length);
    Py_ssize_t width = text ? PyUnicode_GetLength(text) : -1;

    Py_XDECREF(text);
    return width;
}

static int
emit_bytes_part(struct pretty *pretty, const char *bytes, Py_ssize_t length, long indent, bool is_first)
{
    int status = is_first ? 0 : pretty_emit_newline(pretty, indent);
    return status ? status : pretty_emit_take(pretty, bytes_repr(bytes, length));
}

static int
emit_bytes_parts(struct pretty *pretty, PyObject *object, struct place place)
{
    const char *bytes = PyBytes_AsString(object);
    Py_ssize_t size = PyBytes_Size(object);
    Py_ssize_t start = 0;
    long width = pretty->width - place.indent;
    bool is_first = true;
    int status = 0;

    for (Py_ssize_t i = 0; i < size; i += BYTES_PER_STEP) {
        Py_ssize_t end = i + BYTES_PER_STEP < size ? i + BYTES_PER_STEP : size;
        if (i == size / BYTES_PER_STEP * BYTES_PER_STEP) {
            width -= place.allowance;
        }
        Py_ssize_t length = bytes_repr_length(bytes + start, end - start);
        if (length < 0) {
            return -1;
        }
        if (length > width) {
            if (i > start) {
                status = emit_bytes_part(pretty, bytes + start, i - start, place.indent, is_first);
                is_first = false;
            }
            start = i;
        }
        if (status) {
            return status;
        }
    }
    return size > start ? emit_bytes_part(pretty, bytes + start, size - start, place.indent, is_first) : 0;
}

int
pretty_bytes(struct pretty *pretty, PyObject *object, struct place place)
{
    int status = 0;

    if (PyBytes_Size(object) <= BYTES_PER_STEP) {
        return pretty_emit_take(pretty, PyObject_Repr(object));
    }
    if (place.level == 1) {
        place.indent++;
        place.allowance++;
        status = pretty_emit_string(pretty, "(");
    }
    if (status == 0) {
        status = emit_bytes_parts(pretty, object, place);
    }
    return status == 0 && place.level == 1 ? pretty_emit_string(pretty, ")") : status;
}

int
pretty_bytearray(struct pretty *pretty, PyObject *object, struct place place)
{
    PyObject *bytes = PyBytes_FromObject(object);
    int status = bytes ? pretty_emit_string(pretty, "bytearray(") : -1;

    if (status == 0) {
        status = pretty_bytes(pretty, bytes, (struct place){place.indent + 10, place.allowance + 1, place.level + 1});
    }
    Py_XDECREF(bytes);
    return status == 0 ? pretty_emit_string(pretty, ")") : status;
}
