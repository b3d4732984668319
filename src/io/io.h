/* Public face of src/io: TerminalWriter, safe and pretty representations (`_pytest._io`). */
#ifndef IO_IO_H
#define IO_IO_H

#include <stdbool.h>

#include "py/py.h"

struct io_types {
    PyTypeObject *terminal_writer, *pretty_printer;
};
static inline struct io_types *
io_types(struct state *state)
{
    return state_room(state, ROOM_IO);
}

/* saferepr(object, maxsize): a new str that never raises for a broken __repr__. size 0: unlimited. */
PyObject *safe_repr(struct state *state, PyObject *object, Py_ssize_t max_size, bool uses_ascii);

/* PrettyPrinter().pformat(object): a new str. */
PyObject *pretty_format(struct state *state, PyObject *object);

/*
 * TerminalWriter(file): a new reference. Writes are buffered and reach the file on terminal_flush(), which every
 * caller that is about to run foreign code with capturing off must do.
 */
PyObject *terminal_writer_new(struct state *state, PyObject *file);

enum terminal_markup {
    MARKUP_BOLD = 1 << 0, MARKUP_RED = 1 << 1, MARKUP_GREEN = 1 << 2, MARKUP_YELLOW = 1 << 3, MARKUP_BLUE = 1 << 4,
    MARKUP_PURPLE = 1 << 5, MARKUP_CYAN = 1 << 6, MARKUP_WHITE = 1 << 7, MARKUP_LIGHT = 1 << 8,
    MARKUP_BLINK = 1 << 9, MARKUP_INVERT = 1 << 10,
    MARKUP_BLACK_BACKGROUND = 1 << 11, MARKUP_RED_BACKGROUND = 1 << 12,
};
/* tw.write(text, **markup), tw.line(text, **markup), tw.sep(char, title, fullwidth, **markup). 0 or -1. */
int terminal_write(PyObject *writer, const char *utf8, size_t length, unsigned markup);
int terminal_line(PyObject *writer, const char *utf8, size_t length, unsigned markup);
int terminal_sep(PyObject *writer, char character, const char *title, unsigned markup);
int terminal_flush(PyObject *writer);
int terminal_width(PyObject *writer);
/* Width in columns of UTF-8 text (wcswidth). */
int text_columns(const char *utf8, size_t length);

int io_add(PyObject *module, struct state *state);

#endif
