/* Source lines of failing functions: where their statement ends, and how they look without their indentation. */
#include <string.h>

#include "code/internal.h"

PyObject *
code_call_python_take(struct state *state, bool in_source_module, const char *function, PyObject *args)
{
    struct code_room *room = code_room(state);
    PyObject **module = in_source_module ? &room->source_module : &room->repr_classes;
    PyObject *callable = NULL;
    PyObject *result = NULL;

    if (!*module) {
        *module = PyImport_ImportModule(in_source_module ? "_pytest._code.source" : "_pytest._code.code");
    }
    callable = *module && args ? PyObject_GetAttrString(*module, function) : NULL;
    result = callable ? PyObject_Call(callable, args, NULL) : NULL;
    Py_XDECREF(callable);
    Py_XDECREF(args);
    return result;
}

PyObject *
source_lines(struct state *state, PyObject *raw_code, PyObject *globals)
{
    PyObject *linecache = PyImport_ImportModule("linecache");
    PyObject *filename = linecache ? PyObject_GetAttr(raw_code, state->names.co_filename) : NULL;
    PyObject *checked = filename ? PyObject_CallMethod(linecache, "checkcache", "O", filename) : NULL;
    PyObject *lines = NULL;

    if (checked) {
        lines = PyObject_CallMethod(linecache, "getlines", "OO", filename, globals ? globals : Py_None);
    }
    if (lines && PyList_Size(lines) == 0) {
        py_replace(&lines, Py_None);
    }
    Py_XDECREF(checked);
    Py_XDECREF(filename);
    Py_XDECREF(linecache);
    return lines;
}

/* Sorted line numbers (0-based) at which statements of the file start: a new list, cached while the lines are the
 * same object. None for a file that does not parse. */
static PyObject *
statement_starts(struct state *state, PyObject *raw_code, PyObject *lines)
{
    struct code_room *room = code_room(state);
    PyObject *filename = PyObject_GetAttr(raw_code, state->names.co_filename);
    PyObject *starts = NULL;

    if (!filename || (!room->statements && !(room->statements = PyDict_New()))) {
        goto done;
    }
    PyObject *borrowed_known = PyDict_GetItemWithError(room->statements, filename);
    if (borrowed_known && PyTuple_GetItem(borrowed_known, 0) == lines) {
        starts = py_tuple_item(borrowed_known, 1);
        goto done;
    }
    starts = code_call_python_take(state, true, "statement_starts", PyTuple_Pack(1, lines));
    if (starts && py_dict_set_take(room->statements, filename, PyTuple_Pack(2, lines, starts)) < 0) {
        Py_CLEAR(starts);
    }
done:
    Py_XDECREF(filename);
    return starts;
}

/* Whether lines[i] is empty or a comment. */
static bool
is_blank_or_comment(PyObject *lines, long i)
{
    const char *text = py_utf8(PyList_GetItem(lines, i));
    if (!text) {
        PyErr_Clear(); /* surrogates: not blank */
        return false;
    }
    text += strspn(text, " \t\n\r\f\v");
    return *text == '\0' || *text == '#';
}

/* First start that is greater than `line`: its index. */
static Py_ssize_t
bisect_right(PyObject *starts, long line)
{
    Py_ssize_t low = 0;
    Py_ssize_t high = PyList_Size(starts);

    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        if (PyLong_AsLong(PyList_GetItem(starts, middle)) <= line) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* More than one line: where the block of code ends that starts there. */
static long
block_end(struct state *state, PyObject *lines, long start, long end)
{
    long last = start + 1;

    while (last < end && is_blank_or_comment(lines, last)) {
        last++;
    }
    if (last == end) {
        return start + 1;
    }
    PyObject *args = Py_BuildValue("(Oll)", lines, start, end);
    PyObject *found = code_call_python_take(state, true, "block_end", args);
    long block = found ? PyLong_AsLong(found) : -1;
    Py_XDECREF(found);
    return block;
}

long
source_statement_end(struct state *state, PyObject *raw_code, PyObject *lines, long line)
{
    PyObject *starts = statement_starts(state, raw_code, lines);
    long count = (long)PyList_Size(lines);
    long start = 0;
    long end = count;

    if (!starts) {
        return -1;
    }
    if (starts == Py_None) {
        Py_DECREF(starts);
        return line + 1;
    }
    Py_ssize_t index = bisect_right(starts, line);
    if (index > 0) {
        start = PyLong_AsLong(PyList_GetItem(starts, index - 1));
        if (index < PyList_Size(starts)) {
            end = PyLong_AsLong(PyList_GetItem(starts, index));
        }
    }
    Py_DECREF(starts);
    if (end > start + 1) {
        end = block_end(state, lines, start, end);
        if (end < 0) {
            return -1;
        }
    }
    end = end < count ? end : count;
    while (end > 0 && is_blank_or_comment(lines, end - 1)) {
        end--;
    }
    return end;
}

/* Length of the line without trailing white space. */
static size_t
stripped_length(const char *text, size_t length)
{
    while (length > 0 && strchr(" \t\n\r\f\v", text[length - 1])) {
        length--;
    }
    return length;
}

/* Shrinks the margin to what it has in common with the line's indentation. *margin NULL: the first line. */
static void
narrow_margin(const char **margin, size_t *margin_length, const char *text, size_t length)
{
    size_t indent = 0;

    while (indent < length && (text[indent] == ' ' || text[indent] == '\t')) {
        indent++;
    }
    if (indent == length) {
        return; /* a blank line says nothing */
    }
    if (!*margin) {
        *margin = text;
        *margin_length = indent;
        return;
    }
    size_t common = 0;
    while (common < *margin_length && common < indent && (*margin)[common] == text[common]) {
        common++;
    }
    *margin_length = common;
}

PyObject *
source_dedent(PyObject *lines, long start, long end)
{
    const char *margin = NULL;
    size_t margin_length = 0;
    PyObject *dedented = NULL;

    for (long i = start; i < end; i++) {
        Py_ssize_t size = 0;
        const char *text = py_utf8_sized(PyList_GetItem(lines, i), &size);
        if (!text) {
            return NULL;
        }
        narrow_margin(&margin, &margin_length, text, stripped_length(text, (size_t)size));
    }
    dedented = PyList_New(0);
    for (long i = start; dedented && i < end; i++) {
        Py_ssize_t size = 0;
        const char *text = py_utf8_sized(PyList_GetItem(lines, i), &size);
        size_t length = stripped_length(text, (size_t)size);
        size_t skipped = length < margin_length ? length : margin_length;
        PyObject *line = PyUnicode_FromStringAndSize(text + skipped, (Py_ssize_t)(length - skipped));
        if (py_list_append_take(dedented, line) < 0) {
            Py_CLEAR(dedented);
        }
    }
    return dedented;
}
