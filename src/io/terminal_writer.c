/* TerminalWriter: text, colours and separators for a terminal or any file (`_pytest._io.terminalwriter`). */
#include <string.h>

#include "io/internal.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    struct terminal_output output;
    struct text line;     /* what was written since the last newline, without markup */
    struct text scratch;  /* reused for one message; empty while a message is on its way */
    bool is_line_plain;   /* `line` is printable ASCII: its bytes are its columns */
    bool has_markup;
    bool highlights_code;
    long full_width;      /* as set; -1: ask the terminal */
} TerminalWriter;

static void writer_dealloc(PyObject *op);

/* ---- Writing ---- */

static void
line_track(TerminalWriter *self, const char *utf8, size_t length)
{
    const char *newline = memrchr(utf8, '\n', length);

    if (newline) {
        text_clear(&self->line);
        self->is_line_plain = true;
        length -= (size_t)(newline + 1 - utf8);
        utf8 = newline + 1;
    }
    text_add(&self->line, utf8, length);
    self->is_line_plain = self->is_line_plain && is_plain_ascii(utf8, length);
}

static int
writer_emit(TerminalWriter *self, const char *utf8, size_t length, const struct sgr *sgr)
{
    struct text message = {0};
    int status = 0;

    if (!length) {
        return 0;
    }
    line_track(self, utf8, length);
    if (!self->has_markup || !sgr->count) {
        return output_write(&self->output, utf8, length);
    }
    /* The file may be Python code that writes to this very writer. */
    message = self->scratch;
    self->scratch = (struct text){0};
    sgr_open(sgr, &message);
    text_add(&message, utf8, length);
    text_add(&message, "\x1b[0m", 4);
    status = output_write(&self->output, message.bytes, message.length);
    text_clear(&message);
    text_release(&self->scratch);
    self->scratch = message;
    return status;
}

static int
writer_emit_line(TerminalWriter *self, const char *utf8, size_t length, const struct sgr *sgr)
{
    static const struct sgr PLAIN = {.count = 0};

    if (writer_emit(self, utf8, length, sgr) < 0) {
        return -1;
    }
    return writer_emit(self, "\n", 1, &PLAIN);
}

static long
writer_full_width(TerminalWriter *self)
{
    return self->full_width >= 0 ? self->full_width : terminal_columns(self->output.fd);
}

/* ---- The C interface: any object with a TerminalWriter's methods ---- */

/* The writer when `op` is exactly ours and nobody has put methods of their own on it; else NULL. */
static TerminalWriter *
plain_writer(PyObject *op)
{
    TerminalWriter *self = (TerminalWriter *)op;

    if (PyType_GetSlot(Py_TYPE(op), Py_tp_dealloc) != (void *)writer_dealloc) {
        return NULL;
    }
    return self->dict && PyDict_Size(self->dict) ? NULL : self;
}

static int
call_with_text(PyObject *writer, const char *method, PyObject *args, unsigned markup)
{
    PyObject *function = NULL;
    PyObject *kwargs = NULL;
    PyObject *result = NULL;

    function = PyObject_GetAttrString(writer, method);
    if (function && args) {
        kwargs = markup ? terminal_markup_dict(markup) : NULL;
        if (kwargs || !markup) {
            result = PyObject_Call(function, args, kwargs);
        }
    }
    Py_XDECREF(function);
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static PyObject *
text_arguments(const char *utf8, size_t length)
{
    PyObject *string = PyUnicode_DecodeUTF8(utf8, (Py_ssize_t)length, "surrogatepass");
    return string ? Py_BuildValue("(N)", string) : NULL;
}

int
terminal_write(PyObject *writer, const char *utf8, size_t length, unsigned markup)
{
    TerminalWriter *self = plain_writer(writer);
    struct sgr sgr;

    if (!self) {
        return call_with_text(writer, "write", text_arguments(utf8, length), markup);
    }
    sgr_from_flags(&sgr, markup);
    return writer_emit(self, utf8, length, &sgr);
}

int
terminal_line(PyObject *writer, const char *utf8, size_t length, unsigned markup)
{
    TerminalWriter *self = plain_writer(writer);
    struct sgr sgr;

    if (!self) {
        return call_with_text(writer, "line", text_arguments(utf8, length), markup);
    }
    sgr_from_flags(&sgr, markup);
    return writer_emit_line(self, utf8, length, &sgr);
}

int
terminal_sep_wide(PyObject *writer, char character, const char *title, int full_width, unsigned markup)
{
    TerminalWriter *self = plain_writer(writer);
    struct text line = {0};
    struct sgr sgr;
    int status = 0;

    if (!self) {
        PyObject *width = full_width < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(full_width);
        PyObject *text = title ? PyUnicode_DecodeUTF8(title, (Py_ssize_t)strlen(title), "surrogatepass")
                               : Py_NewRef(Py_None);
        PyObject *args = width && text ? Py_BuildValue("(COO)", (int)character, text, width) : NULL;
        Py_XDECREF(width);
        Py_XDECREF(text);
        return call_with_text(writer, "sep", args, markup);
    }
    separator_format(&(struct separator){.filler = &character,
                                         .filler_bytes = 1,
                                         .title = title,
                                         .title_bytes = title ? strlen(title) : 0,
                                         .full_width = full_width < 0 ? writer_full_width(self) : full_width},
                     &line);
    sgr_from_flags(&sgr, markup);
    status = writer_emit_line(self, text_string(&line), line.length, &sgr);
    text_release(&line);
    return status;
}

int
terminal_sep(PyObject *writer, char character, const char *title, unsigned markup)
{
    return terminal_sep_wide(writer, character, title, -1, markup);
}

int
terminal_flush(PyObject *writer)
{
    TerminalWriter *self = plain_writer(writer);

    if (!self) {
        return call_with_text(writer, "flush", PyTuple_New(0), 0);
    }
    return output_flush(&self->output);
}

/* getattr(writer, name) as a number; -1 with an exception. */
static int
attribute_number(PyObject *writer, const char *name)
{
    PyObject *value = PyObject_GetAttrString(writer, name);
    long number = value ? PyLong_AsLong(value) : -1;

    Py_XDECREF(value);
    return (int)number;
}

int
terminal_width(PyObject *writer)
{
    TerminalWriter *self = plain_writer(writer);
    return self ? (int)writer_full_width(self) : attribute_number(writer, "fullwidth");
}

static int
writer_line_width(TerminalWriter *self)
{
    return self->is_line_plain ? (int)self->line.length : text_columns(text_string(&self->line), self->line.length);
}

int
terminal_current_width(PyObject *writer)
{
    TerminalWriter *self = plain_writer(writer);
    return self ? writer_line_width(self) : attribute_number(writer, "width_of_current_line");
}

int
terminal_has_markup(PyObject *writer)
{
    TerminalWriter *self = plain_writer(writer);
    PyObject *value = NULL;
    int answer = 0;

    if (self) {
        return self->has_markup;
    }
    value = PyObject_GetAttrString(writer, "hasmarkup");
    answer = value ? PyObject_IsTrue(value) : -1;
    Py_XDECREF(value);
    return answer;
}

int
terminal_add_markup(PyObject *writer, struct text *out, const char *utf8, size_t length, unsigned markup)
{
    struct sgr sgr;
    int has_markup = terminal_has_markup(writer);

    if (has_markup < 0) {
        return -1;
    }
    sgr_from_flags(&sgr, has_markup ? markup : 0);
    sgr_open(&sgr, out);
    text_add(out, utf8, length);
    text_add(out, "\x1b[0m", sgr.count ? 4 : 0);
    return 0;
}

static PyObject *
highlight_with_pygments(PyObject *source, const char *lexer)
{
    PyObject *module = PyImport_ImportModule("_pytest._io.terminalwriter");
    PyObject *result = NULL;

    if (module) {
        result = PyObject_CallMethod(module, "_highlight_with_pygments", "Os", source, lexer);
        Py_DECREF(module);
    }
    return result;
}

static PyObject *
writer_highlight(TerminalWriter *self, PyObject *source, const char *lexer)
{
    if (!self->has_markup || !self->highlights_code || PyUnicode_GetLength(source) <= 0) {
        return Py_NewRef(source);
    }
    return highlight_with_pygments(source, lexer);
}

PyObject *
terminal_highlight(PyObject *writer, PyObject *source, const char *lexer)
{
    TerminalWriter *self = plain_writer(writer);

    if (self) {
        return writer_highlight(self, source, lexer);
    }
    return PyObject_CallMethod(writer, "_highlight", "Os", source, lexer);
}

/* ---- Buffering ---- */

int
terminal_own_descriptor(PyObject *writer)
{
    TerminalWriter *self = plain_writer(writer);

    if (!self || output_own_descriptor(&self->output) < 0) {
        return self ? -1 : 0;
    }
    if (self->output.fd < 0) {
        return 0;
    }
    return PyList_Append(io_types(state_of(writer))->buffering_writers, writer);
}

int
terminal_release_descriptor(PyObject *writer)
{
    TerminalWriter *self = (TerminalWriter *)writer;
    PyObject *list = NULL;
    int status = 0;

    if (PyType_GetSlot(Py_TYPE(writer), Py_tp_dealloc) != (void *)writer_dealloc || self->output.fd < 0) {
        return 0;
    }
    status = output_flush(&self->output);
    list = io_types(state_of(writer))->buffering_writers;
    for (Py_ssize_t i = PyList_Size(list) - 1; i >= 0; i--) {
        if (PyList_GetItem(list, i) == writer) {
            PyList_SetSlice(list, i, i + 1, NULL);
        }
    }
    return status;
}

int
terminal_flush_pending(struct state *state)
{
    PyObject *list = io_types(state)->buffering_writers;
    int status = 0;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(list); i++) {
        PyObject *writer = py_list_item(list, i);
        status = output_flush(&((TerminalWriter *)writer)->output);
        Py_DECREF(writer);
    }
    return status;
}

int
terminal_flush_if_due(PyObject *writer)
{
    TerminalWriter *self = plain_writer(writer);
    return self ? output_flush_if_due(&self->output) : terminal_flush(writer);
}

/* ---- Methods ---- */

/* UTF-8 of any str: surrogates are passed on. The bytes live as long as *owner_out (new reference, may be NULL). */
static const char *
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
    if (borrowed_flush && PyObject_IsTrue(borrowed_flush) > 0 && output_flush(&self->output) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
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
    if (status == 0 && values[1] && PyObject_IsTrue(values[1]) > 0) {
        status = output_flush(&self->output);
    }
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

/* self.write(text, <the markup of this call>) where somebody has replaced write(). */
static int
call_patched(PyObject *op, const char *method, PyObject *text, PyObject *const *values, PyObject *kwnames,
             const char *const *names)
{
    PyObject *function = PyObject_GetAttrString(op, method);
    PyObject *args = text ? PyTuple_Pack(1, text) : NULL;
    PyObject *kwargs = PyDict_New();
    PyObject *result = NULL;
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
    if (function && args && kwargs) {
        result = PyObject_Call(function, args, kwargs);
    }
    Py_XDECREF(function);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    Py_XDECREF(result);
    return result ? 0 : -1;
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
    return status < 0 ? NULL : Py_NewRef(Py_None);
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
    separator.full_width =
        full_width && full_width != Py_None ? PyLong_AsLong(full_width) : writer_full_width(self);
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
    return status < 0 ? NULL : Py_NewRef(Py_None);
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
    return output_flush(&((TerminalWriter *)op)->output) < 0 ? NULL : Py_NewRef(Py_None);
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
    PyObject *newline = PyUnicode_FromString("\n");
    PyObject *source = newline ? PyUnicode_Join(newline, lines) : NULL;
    PyObject *highlighted = source ? terminal_highlight(op, source, "python") : NULL;
    PyObject *result = highlighted ? PyUnicode_Splitlines(highlighted, 0) : NULL;

    Py_XDECREF(newline);
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
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- Attributes ---- */

static PyObject *
get_full_width(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(writer_full_width((TerminalWriter *)op));
}

static int
set_full_width(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    TerminalWriter *self = (TerminalWriter *)op;
    long width = -1;

    if (value && value != Py_None) {
        width = PyLong_AsLong(value);
        if (width == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    self->full_width = width;
    return 0;
}

static PyObject *
get_set_width(PyObject *op, void *Py_UNUSED(closure))
{
    long width = ((TerminalWriter *)op)->full_width;
    return width < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(width);
}

static PyObject *
get_line_width(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(writer_line_width((TerminalWriter *)op));
}

static PyObject *
get_current_line(PyObject *op, void *Py_UNUSED(closure))
{
    return py_text_from(&((TerminalWriter *)op)->line);
}

static int
set_current_line(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    TerminalWriter *self = (TerminalWriter *)op;
    PyObject *owner = NULL;
    Py_ssize_t length = 0;
    const char *utf8 = value ? text_bytes(value, &length, &owner) : "";

    if (!utf8) {
        return -1;
    }
    text_clear(&self->line);
    text_add(&self->line, utf8, (size_t)length);
    self->is_line_plain = is_plain_ascii(utf8, (size_t)length);
    Py_XDECREF(owner);
    return 0;
}

/* Whoever asks for the file may write to it: from now on nothing is held back. */
static PyObject *
get_file(PyObject *op, void *Py_UNUSED(closure))
{
    TerminalWriter *self = (TerminalWriter *)op;

    if (self->output.fd >= 0) {
        if (output_flush(&self->output) < 0) {
            return NULL;
        }
        self->output.is_shared = true;
    }
    return Py_NewRef(self->output.file);
}

static int
set_file(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    TerminalWriter *self = (TerminalWriter *)op;

    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "_file");
        return -1;
    }
    if (terminal_release_descriptor(op) < 0) {
        return -1;
    }
    Py_INCREF(value);
    output_release(&self->output);
    self->output.file = value;
    return 0;
}

static PyObject *
get_flag(PyObject *op, void *closure)
{
    return PyBool_FromLong(*((bool *)((char *)op + (size_t)closure)));
}

static int
set_flag(PyObject *op, PyObject *value, void *closure)
{
    int is_on = value ? PyObject_IsTrue(value) : 0;

    if (is_on < 0) {
        return -1;
    }
    *((bool *)((char *)op + (size_t)closure)) = is_on;
    return 0;
}

/* ---- Life ---- */

static PyObject *
writer_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    TerminalWriter *self = (TerminalWriter *)py_new_instance(type);

    if (self) {
        self->output.fd = -1;
        self->output.file = Py_NewRef(Py_None);
        self->full_width = -1;
        self->is_line_plain = true;
        self->highlights_code = true;
    }
    return (PyObject *)self;
}

static int
writer_start(TerminalWriter *self, PyObject *file)
{
    PyObject *borrowed_file = file && file != Py_None ? file : PySys_GetObject("stdout");
    int wants_markup = 0;

    if (!borrowed_file) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.stdout");
        return -1;
    }
    py_replace(&self->output.file, borrowed_file);
    wants_markup = file_wants_markup(self->output.file);
    self->has_markup = wants_markup > 0;
    return wants_markup < 0 ? -1 : 0;
}

static int
writer_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"file", NULL};
    PyObject *values[1];

    if (py_unpack_tuple("TerminalWriter", args, kwargs, NAMES, 1, 0, values) < 0) {
        return -1;
    }
    return writer_start((TerminalWriter *)op, values[0]);
}

PyObject *
terminal_writer_new(struct state *state, PyObject *file)
{
    PyObject *writer = writer_new(io_types(state)->terminal_writer, NULL, NULL);

    if (writer && writer_start((TerminalWriter *)writer, file) < 0) {
        Py_CLEAR(writer);
    }
    return writer;
}

static int
writer_traverse(PyObject *op, visitproc visit, void *arg)
{
    TerminalWriter *self = (TerminalWriter *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->output.file);
    return 0;
}

static int
writer_clear(PyObject *op)
{
    TerminalWriter *self = (TerminalWriter *)op;
    Py_CLEAR(self->dict);
    py_replace(&self->output.file, Py_None);
    return 0;
}

static void
writer_dealloc(PyObject *op)
{
    TerminalWriter *self = (TerminalWriter *)op;

    PyObject_GC_UnTrack(op);
    if (self->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    Py_CLEAR(self->dict);
    output_release(&self->output);
    text_release(&self->line);
    text_release(&self->scratch);
    py_free_instance(op);
}

static PyMethodDef METHODS[] = {
    {"write", (PyCFunction)(void (*)(void))writer_write, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"write_raw", (PyCFunction)(void (*)(void))writer_write_raw, METH_FASTCALL | METH_KEYWORDS,
     "write_raw($self, msg, *, flush=False)\n--\n\n"},
    {"line", (PyCFunction)(void (*)(void))writer_line, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"sep", (PyCFunction)(void (*)(void))writer_sep, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"markup", (PyCFunction)(void (*)(void))writer_markup, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"flush", writer_flush, METH_NOARGS, "flush($self)\n--\n\n"},
    {"_highlight", (PyCFunction)(void (*)(void))writer_highlight_method, METH_FASTCALL | METH_KEYWORDS,
     "_highlight($self, source, lexer='python')\n--\n\nHighlight the given source if we have markup support."},
    {"_write_source", (PyCFunction)(void (*)(void))writer_write_source, METH_FASTCALL | METH_KEYWORDS,
     "_write_source($self, lines, indents=())\n--\n\nWrite lines of source code possibly highlighted."},
    PY_END_METHOD,
};

static PyMemberDef MEMBERS[] = {
    PY_DICT_MEMBER(TerminalWriter),
    PY_WEAKREF_MEMBER(TerminalWriter),
    PY_END_MEMBER,
};

static PyGetSetDef GETSETS[] = {
    PY_DICT_GETSET,
    {"_file", get_file, set_file, NULL, NULL},
    {"_current_line", get_current_line, set_current_line, NULL, NULL},
    {"_terminal_width", get_set_width, set_full_width, NULL, NULL},
    {"fullwidth", get_full_width, set_full_width, NULL, NULL},
    {"width_of_current_line", get_line_width, NULL, "Return an estimate of the width so far in the current line.",
     NULL},
    {"hasmarkup", get_flag, set_flag, NULL, (void *)offsetof(TerminalWriter, has_markup)},
    {"code_highlight", get_flag, set_flag, NULL, (void *)offsetof(TerminalWriter, highlights_code)},
    PY_END_GETSET,
};

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_new, writer_new),
    PY_SLOT(tp_init, writer_init),
    PY_SLOT(tp_traverse, writer_traverse),
    PY_SLOT(tp_clear, writer_clear),
    PY_SLOT(tp_dealloc, writer_dealloc),
    PY_SLOT(tp_methods, METHODS),
    PY_SLOT(tp_members, MEMBERS),
    PY_SLOT(tp_getset, GETSETS),
    PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_pytest._io.terminalwriter.TerminalWriter",
    .basicsize = sizeof(TerminalWriter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = SLOTS,
};

int
terminal_writer_add_type(PyObject *module, struct state *state)
{
    struct io_types *types = io_types(state);

    types->buffering_writers = PyList_New(0);
    types->terminal_writer = py_type_add(module, &SPEC, NULL);
    return types->buffering_writers && types->terminal_writer ? 0 : -1;
}
