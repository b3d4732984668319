/* TerminalWriter's methods as Python calls them. */
#include "io/writer.h"

const char *
text_bytes(PyObject *string, Py_ssize_t *length_out, PyObject **owner_out)
{
    const char *utf8 = NULL;

    *owner_out = NULL;
    if (!PyUnicode_Check(string)) {
        PyErr_Format(PyExc_TypeError, "expected str, not %R", Py_TYPE(string));
        return NULL;
    }
    utf8 = PyUnicode_AsUTF8AndSize(string, length_out);
    if (utf8) {
        return utf8;
    }
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        return NULL;
    }
    PyErr_Clear();
    *owner_out = PyUnicode_AsEncodedString(string, "utf-8", "surrogatepass");
    if (!*owner_out) {
        return NULL;
    }
    *length_out = PyBytes_Size(*owner_out);
    return PyBytes_AsString(*owner_out);
}

static int
emit_string(TerminalWriter *self, PyObject *string, const struct sgr *sgr)
{
    Py_ssize_t length = 0;
    PyObject *owner = NULL;
    const char *utf8 = text_bytes(string, &length, &owner);
    int status = utf8 ? writer_emit(self, utf8, (size_t)length, sgr) : -1;

    Py_XDECREF(owner);
    return status;
}

/* Fetches one parameter of a METH_FASTCALL call, by position or keyword: borrowed, NULL when absent. */
static PyObject *
find_argument(PyObject *const *args, Py_ssize_t given, PyObject *kwnames, Py_ssize_t position, const char *name)
{
    Py_ssize_t count = kwnames ? PyTuple_Size(kwnames) : 0;

    if (position < given) {
        return args[position];
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (py_text_equals(PyTuple_GetItem(kwnames, i), name)) {
            return args[given + i];
        }
    }
    return NULL;
}

/* The keywords that are not among `names` as markup. */
static int
find_markup(struct sgr *sgr, PyObject *const *values, PyObject *kwnames, const char *const *names)
{
    Py_ssize_t count = kwnames ? PyTuple_Size(kwnames) : 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_name = PyTuple_GetItem(kwnames, i);
        bool is_parameter = false;
        for (const char *const *name = names; *name; name++) {
            is_parameter = is_parameter || py_text_equals(borrowed_name, *name);
        }
        int is_on = is_parameter ? 0 : PyObject_IsTrue(values[i]);
        if (is_on < 0 || (!is_parameter && sgr_add_name(sgr, borrowed_name, is_on) < 0)) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
missing_argument(const char *function, const char *name)
{
    return PyErr_Format(PyExc_TypeError, "%s() missing 1 required positional argument: '%s'", function, name);
}

/* `flush` NULL: not given. */
static PyObject *
flush_if_asked(TerminalWriter *self, PyObject *flush)
{
    int flushes = flush ? PyObject_IsTrue(flush) : 0;

    return py_none_or_error(flushes > 0 ? output_flush_shared(&self->output) : flushes);
}

static PyObject *
writer_write(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    static const char *const NAMES[] = {"msg", "flush", NULL};
    TerminalWriter *self = (TerminalWriter *)op;
    PyObject *borrowed_text = find_argument(args, given, kwnames, 0, "msg");
    PyObject *borrowed_flush = find_argument(args, given, kwnames, PY_SSIZE_T_MAX, "flush");
    struct sgr sgr = {.count = 0};

    if (!borrowed_text) {
        return missing_argument("write", "msg");
    }
    if (given > 1) {
        return py_bad_argument_count("write", given, 1, 1);
    }
    if (PyUnicode_Check(borrowed_text) && PyUnicode_GetLength(borrowed_text) == 0) {
        Py_RETURN_NONE;
    }
    if (find_markup(&sgr, args + given, kwnames, NAMES) < 0 || emit_string(self, borrowed_text, &sgr) < 0) {
        return NULL;
    }
    return flush_if_asked(self, borrowed_flush);
}

static PyObject *
writer_write_raw(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    static const char *const NAMES[] = {"msg", "flush", NULL};
    TerminalWriter *self = (TerminalWriter *)op;
    PyObject *values[2];
    PyObject *owner = NULL;
    Py_ssize_t length = 0;
    const char *utf8 = NULL;
    int status = -1;

    if (py_unpack_arguments("write_raw", args, given, kwnames, NAMES, 1, 1, values) < 0) {
        return NULL;
    }
    utf8 = text_bytes(values[0], &length, &owner);
    if (utf8) {
        status = output_write(&self->output, utf8, (size_t)length);
    }
    Py_XDECREF(owner);
    return status < 0 ? NULL : flush_if_asked(self, values[1]);
}

/* self.write(text, <the markup of this call>) where somebody has replaced write(). */
static int
call_patched(PyObject *op, const char *method, PyObject *text, PyObject *const *values, PyObject *kwnames,
             const char *const *names)
{
    PyObject *function = PyObject_GetAttrString(op, method);
    PyObject *args = text ? PyTuple_Pack(1, text) : NULL;
    PyObject *kwargs = PyDict_New();
    Py_ssize_t count = kwnames ? PyTuple_Size(kwnames) : 0;

    for (Py_ssize_t i = 0; kwargs && i < count; i++) {
        PyObject *borrowed_name = PyTuple_GetItem(kwnames, i);
        bool is_parameter = false;
        for (const char *const *name = names; *name; name++) {
            is_parameter = is_parameter || py_text_equals(borrowed_name, *name);
        }
        if (!is_parameter && PyDict_SetItem(kwargs, borrowed_name, values[i]) < 0) {
            Py_CLEAR(kwargs);
        }
    }
    return py_status_take(py_call_take(function, args, kwargs));
}

static PyObject *
writer_line(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    static const char *const NAMES[] = {"s", NULL};
    TerminalWriter *self = (TerminalWriter *)op;
    PyObject *borrowed_text = find_argument(args, given, kwnames, 0, "s");
    PyObject *text = borrowed_text ? Py_NewRef(borrowed_text) : PyUnicode_FromString("");
    struct sgr sgr = {.count = 0};
    int status = -1;

    if (given > 1) {
        Py_XDECREF(text);
        return py_bad_argument_count("line", given, 0, 1);
    }
    if (plain_writer(op)) {
        status = find_markup(&sgr, args + given, kwnames, NAMES);
        if (status == 0) {
            status = emit_string(self, text, &sgr);
        }
        if (status == 0) {
            status = terminal_write(op, "\n", 1, 0);
        }
    } else {
        status = call_patched(op, "write", text, args + given, kwnames, NAMES);
        if (status == 0) {
            status = terminal_write(op, "\n", 1, 0);
        }
    }
    Py_XDECREF(text);
    return py_none_or_error(status);
}

/* The line of sep(sepchar, title, fullwidth) as a new str. */
static PyObject *
sep_text(TerminalWriter *self, PyObject *sepchar, PyObject *title, PyObject *full_width)
{
    struct separator separator = {.title = NULL};
    struct text line = {0};
    PyObject *owners[2] = {NULL, NULL};
    PyObject *result = NULL;
    Py_ssize_t length = 0;

    separator.filler = text_bytes(sepchar, &length, &owners[0]);
    separator.filler_bytes = (size_t)length;
    if (!separator.filler) {
        goto done;
    }
    if (title && title != Py_None) {
        separator.title = text_bytes(title, &length, &owners[1]);
        separator.title_bytes = (size_t)length;
        if (!separator.title) {
            goto done;
        }
    }
    separator.full_width = full_width && full_width != Py_None ? PyLong_AsLong(full_width) : writer_full_width(self);
    if (separator.full_width == -1 && PyErr_Occurred()) {
        goto done;
    }
    separator_format(&separator, &line);
    result = py_text_from(&line);
done:
    text_release(&line);
    Py_XDECREF(owners[0]);
    Py_XDECREF(owners[1]);
    return result;
}

static PyObject *
writer_sep(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    static const char *const NAMES[] = {"sepchar", "title", "fullwidth", NULL};
    TerminalWriter *self = (TerminalWriter *)op;
    PyObject *borrowed_sepchar = find_argument(args, given, kwnames, 0, NAMES[0]);
    PyObject *borrowed_title = find_argument(args, given, kwnames, 1, NAMES[1]);
    PyObject *borrowed_width = find_argument(args, given, kwnames, 2, NAMES[2]);
    struct sgr sgr = {.count = 0};
    PyObject *line = NULL;
    int status = -1;

    if (!borrowed_sepchar) {
        return missing_argument("sep", "sepchar");
    }
    if (given > 3) {
        return py_bad_argument_count("sep", given, 1, 3);
    }
    line = sep_text(self, borrowed_sepchar, borrowed_title, borrowed_width);
    if (!line) {
        return NULL;
    }
    if (!plain_writer(op)) {
        status = call_patched(op, "line", line, args + given, kwnames, NAMES);
    } else if (find_markup(&sgr, args + given, kwnames, NAMES) == 0 && emit_string(self, line, &sgr) == 0) {
        status = terminal_write(op, "\n", 1, 0);
    }
    Py_DECREF(line);
    return py_none_or_error(status);
}

static PyObject *
writer_markup(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    TerminalWriter *self = (TerminalWriter *)op;
    static const char *const NAMES[] = {"text", NULL};
    PyObject *borrowed_text = find_argument(args, given, kwnames, 0, "text");
    PyObject *result = NULL;
    struct sgr sgr = {.count = 0};
    struct text codes = {0};

    if (!borrowed_text) {
        return missing_argument("markup", "text");
    }
    if (find_markup(&sgr, args + given, kwnames, NAMES) < 0) {
        return NULL;
    }
    if (!self->has_markup || !sgr.count) {
        return Py_NewRef(borrowed_text);
    }
    sgr_open(&sgr, &codes);
    result = PyUnicode_FromFormat("%s%S\x1b[0m", text_string(&codes), borrowed_text);
    text_release(&codes);
    return result;
}

static PyObject *
writer_flush(PyObject *op, PyObject *Py_UNUSED(unused))
{
    return py_none_or_error(output_flush_shared(&((TerminalWriter *)op)->output));
}

static PyObject *
writer_highlight_method(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    static const char *const NAMES[] = {"source", "lexer", NULL};
    PyObject *values[2];
    const char *lexer = "python";

    if (py_unpack_arguments("_highlight", args, given, kwnames, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    if (values[1]) {
        lexer = py_utf8(values[1]);
        if (!lexer) {
            return NULL;
        }
    }
    return writer_highlight((TerminalWriter *)op, values[0], lexer);
}

/* indents: one per line, or none. */
static int
check_indents(PyObject *lines, PyObject *indents)
{
    Py_ssize_t line_count = PyObject_Size(lines);
    Py_ssize_t indent_count = indents ? PyObject_Size(indents) : 0;

    if (line_count < 0 || indent_count < 0) {
        return -1;
    }
    if (indent_count && indent_count != line_count) {
        PyErr_Format(PyExc_ValueError, "indents size (%zd) should have same size as lines (%zd)", indent_count,
                     line_count);
        return -1;
    }
    return indent_count > 0;
}

static PyObject *
highlighted_lines(PyObject *op, PyObject *lines)
{
    PyObject *source = py_text_join("\n", lines);
    PyObject *highlighted = source ? terminal_highlight(op, source, "python") : NULL;
    PyObject *result = highlighted ? PyUnicode_Splitlines(highlighted, 0) : NULL;

    Py_XDECREF(source);
    Py_XDECREF(highlighted);
    return result;
}

static int
write_indented(PyObject *op, PyObject *indent, PyObject *line)
{
    PyObject *text = indent ? PyUnicode_Concat(indent, line) : Py_NewRef(line);
    PyObject *owner = NULL;
    Py_ssize_t length = 0;
    const char *utf8 = text ? text_bytes(text, &length, &owner) : NULL;
    int status = utf8 ? terminal_line(op, utf8, (size_t)length, 0) : -1;

    Py_XDECREF(owner);
    Py_XDECREF(text);
    return status;
}

static PyObject *
writer_write_source(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)
{
    static const char *const NAMES[] = {"lines", "indents", NULL};
    PyObject *values[2];
    PyObject *new_lines = NULL;
    int has_indents = 0;
    int status = 0;

    if (py_unpack_arguments("_write_source", args, given, kwnames, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    has_indents = check_indents(values[0], values[1]);
    if (has_indents < 0) {
        return NULL;
    }
    new_lines = highlighted_lines(op, values[0]);
    if (!new_lines) {
        return NULL;
    }
    Py_ssize_t count = PyList_Size(new_lines);
    Py_ssize_t line_count = PyObject_Size(values[0]);
    for (Py_ssize_t i = 0; status == 0 && i < count && i < line_count; i++) {
        PyObject *indent = has_indents ? PySequence_GetItem(values[1], i) : NULL;
        status = has_indents && !indent ? -1 : write_indented(op, indent, PyList_GetItem(new_lines, i));
        Py_XDECREF(indent);
    }
    Py_DECREF(new_lines);
    return py_none_or_error(status);
}

/* The same as Python code calls them: it may write to the file itself before and behind. */
#define SHARED(method)                                                                                                 \
    static PyObject *shared_##method(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *kwnames)         \
    {                                                                                                                  \
        struct terminal_output *output = &((TerminalWriter *)op)->output;                                              \
        output->foreign_writes++;                                                                                      \
        PyObject *result = writer_##method(op, args, given, kwnames);                                                  \
        output->foreign_writes--;                                                                                      \
        return result;                                                                                                 \
    }
SHARED(write)
SHARED(write_raw)
SHARED(line)
SHARED(sep)
SHARED(write_source)

PyMethodDef WRITER_METHODS[] = {
    {"write", PY_FAST_WITH_KEYWORDS(shared_write), "write($self, msg, *, flush=False, **markup)\n--\n\n"},
    {"write_raw", PY_FAST_WITH_KEYWORDS(shared_write_raw), "write_raw($self, msg, *, flush=False)\n--\n\n"},
    {"line", PY_FAST_WITH_KEYWORDS(shared_line), "line($self, s='', **markup)\n--\n\n"},
    {"sep", PY_FAST_WITH_KEYWORDS(shared_sep), "sep($self, sepchar, title=None, fullwidth=None, **markup)\n--\n\n"},
    {"markup", PY_FAST_WITH_KEYWORDS(writer_markup), "markup($self, text, **markup)\n--\n\n"},
    {"flush", writer_flush, METH_NOARGS, "flush($self)\n--\n\n"},
    {"_highlight", PY_FAST_WITH_KEYWORDS(writer_highlight_method),
     "_highlight($self, source, lexer='python')\n--\n\nHighlight the given source if we have markup support."},
    {"_write_source", PY_FAST_WITH_KEYWORDS(shared_write_source),
     "_write_source($self, lines, indents=())\n--\n\nWrite lines of source code possibly highlighted."},
    PY_END_METHOD,
};
