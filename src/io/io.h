/* Public face of src/io: TerminalWriter, safe and pretty representations (`_pytest._io`). */
#ifndef IO_IO_H
#define IO_IO_H

#include <stdbool.h>

#include "py/py.h"

struct io_types {
    PyTypeObject *terminal_writer, *pretty_printer;
    PyObject *buffering_writers;  /* list of TerminalWriters that hold text back: see terminal_own_descriptor() */
    PyObject *pretty_dispatch;    /* PrettyPrinter._dispatch */
    PyObject *pretty_done;        /* set of str: the modules whose types the table holds */
    PyObject *pretty_natives[18]; /* the table's entries that are ours, in the order of PRETTY_TYPES */
};
static inline struct io_types *
io_types(struct state *state)
{
    return state_room(state, ROOM_IO);
}

/* Whether os.environ.get(name) is true. */
bool environment_is_set(const char *name);

/* saferepr(object, maxsize): a new str that never raises for a broken __repr__. size 0: unlimited. */
PyObject *safe_repr(struct state *state, PyObject *object, Py_ssize_t max_size, bool uses_ascii);

/* saferepr_unlimited(object, use_ascii): a new str; limits neither size nor number of elements. */
PyObject *safe_repr_unlimited(struct state *state, PyObject *object, bool uses_ascii);

/*
 * PrettyPrinter().pformat_lines(object, max_lines, max_chars): a new list of str. Negative bounds: none. Formats only
 * as far as the bounds ask, so that a huge object costs what is shown of it.
 */
PyObject *pretty_format_lines(struct state *state, PyObject *object, Py_ssize_t max_lines, Py_ssize_t max_chars);

/*
 * TerminalWriter(file): a new reference; `file` NULL: sys.stdout. Writes reach file.write() at once, unless
 * terminal_own_descriptor() was called.
 */
PyObject *terminal_writer_new(struct state *state, PyObject *file);

/*
 * From now on the writer may keep its text in a buffer, and bring it to a duplicate of its file's descriptor. Only for
 * a real text file with a descriptor; does nothing for others. 0 or -1. terminal_release_descriptor() ends it.
 */
int terminal_own_descriptor(PyObject *writer);
int terminal_release_descriptor(PyObject *writer);
/* Such a writer holds text back only while no foreign code can write between its writes: then false is to be said. */
void terminal_set_shared(PyObject *writer, bool is_shared);

/*
 * Puts the text of every buffering writer where it would be without the buffer. To be called when capturing has been
 * suspended and foreign code is about to write to the terminal. 0 or -1.
 */
int terminal_hand_over(struct state *state);

/* Flushes, but with a descriptor of its own only if that was not done for some milliseconds. 0 or -1. */
int terminal_flush_if_due(PyObject *writer);
/* Shows finished lines at a terminal, which a file would flush by itself; does nothing where output is a pipe. */
int terminal_show(PyObject *writer);

/* Bits in the order in which their codes are written; bold comes first unless MARKUP_THEN_BOLD is given instead. */
enum terminal_markup {
    MARKUP_BOLD = 1 << 0,
    MARKUP_RED = 1 << 1,
    MARKUP_GREEN = 1 << 2,
    MARKUP_YELLOW = 1 << 3,
    MARKUP_BLUE = 1 << 4,
    MARKUP_PURPLE = 1 << 5,
    MARKUP_CYAN = 1 << 6,
    MARKUP_WHITE = 1 << 7,
    MARKUP_LIGHT = 1 << 8,
    MARKUP_BLINK = 1 << 9,
    MARKUP_INVERT = 1 << 10,
    MARKUP_BLACK_BACKGROUND = 1 << 11,
    MARKUP_RED_BACKGROUND = 1 << 12,
    MARKUP_THEN_BOLD = 1 << 13,
};

/*
 * tw.write(text, **markup), tw.line(text, **markup), tw.sep(char, title or None, **markup). 0 or -1. `writer` may
 * be any object with these methods: ours, unpatched, is written to without a call into Python.
 */
int terminal_write(PyObject *writer, const char *utf8, size_t length, unsigned markup);
int terminal_line(PyObject *writer, const char *utf8, size_t length, unsigned markup);
int terminal_sep(PyObject *writer, char character, const char *title, unsigned markup);
int terminal_flush(PyObject *writer);
int terminal_width(PyObject *writer);         /* tw.fullwidth; -1 with an exception */
int terminal_current_width(PyObject *writer); /* tw.width_of_current_line; -1: unknown, or an exception is set */
int terminal_has_markup(PyObject *writer);    /* tw.hasmarkup; 1, 0, -1 */
/* tw._highlight(source, lexer): a new reference. */
PyObject *terminal_highlight(PyObject *writer, PyObject *source, const char *lexer);
struct text; /* base/text.h */
/* tw.markup(text, **markup) appended. */
int terminal_add_markup(PyObject *writer, struct text *out, const char *utf8, size_t length, unsigned markup);
/* {"red": True, ...} in the order of the codes: a new dict. */
PyObject *terminal_markup_dict(unsigned markup);

/* Width in columns of UTF-8 text (wcswidth). -1: it holds unprintable characters. */
int text_columns(const char *utf8, size_t length);

int io_add(PyObject *module, struct state *state);

#endif
