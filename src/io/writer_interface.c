/* Writing through a TerminalWriter from C, or through whatever stands in for one. */
#include <string.h>

#include "io/writer.h"

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

int
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

long
writer_full_width(TerminalWriter *self)
{
    return self->full_width >= 0 ? self->full_width : terminal_columns(self->output.fd);
}

/* ---- The C interface: any object with a TerminalWriter's methods ---- */

TerminalWriter *
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
    return py_status_take(result);
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
terminal_sep(PyObject *writer, char character, const char *title, unsigned markup)
{
    TerminalWriter *self = plain_writer(writer);
    struct text line = {0};
    struct sgr sgr;
    int status = 0;

    if (!self) {
        PyObject *text =
            title ? PyUnicode_DecodeUTF8(title, (Py_ssize_t)strlen(title), "surrogatepass") : Py_NewRef(Py_None);
        PyObject *args = text ? Py_BuildValue("(COO)", (int)character, text, Py_None) : NULL;
        Py_XDECREF(text);
        return call_with_text(writer, "sep", args, markup);
    }
    separator_format(&(struct separator){.filler = &character,
                                         .filler_bytes = 1,
                                         .title = title,
                                         .title_bytes = title ? strlen(title) : 0,
                                         .full_width = writer_full_width(self)},
                     &line);
    sgr_from_flags(&sgr, markup);
    status = writer_emit_line(self, text_string(&line), line.length, &sgr);
    text_release(&line);
    return status;
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

int
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

PyObject *
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
