/* The fields of a TerminalWriter, and what its files call of each other. */
#ifndef IO_WRITER_H
#define IO_WRITER_H

#include "io/internal.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    struct terminal_output output;
    struct text line;    /* what was written since the last newline, without markup */
    struct text scratch; /* reused for one message; empty while a message is on its way */
    bool is_line_plain;  /* `line` is printable ASCII: its bytes are its columns */
    bool is_file_known;  /* somebody has asked for `_file` */
    bool has_markup;
    bool highlights_code;
    long full_width; /* as set; -1: ask the terminal */
} TerminalWriter;

/* writer_interface.c */
/* The writer when `op` is exactly ours and nobody has put methods of their own on it; else NULL. */
TerminalWriter *plain_writer(PyObject *op);
int writer_emit(TerminalWriter *self, const char *utf8, size_t length, const struct sgr *sgr);
long writer_full_width(TerminalWriter *self);
int writer_line_width(TerminalWriter *self);
PyObject *writer_highlight(TerminalWriter *self, PyObject *source, const char *lexer);

/* writer_methods.c */
extern PyMethodDef WRITER_METHODS[];
/* UTF-8 of any str: surrogates are passed on. The bytes live as long as *owner_out (new reference, may be NULL). */
const char *text_bytes(PyObject *string, Py_ssize_t *length_out, PyObject **owner_out);

/* terminal_writer.c */
void writer_dealloc(PyObject *op);

#endif
