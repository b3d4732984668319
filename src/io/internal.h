/* What the files of src/io share: each type's registration, and the parts of a TerminalWriter. */
#ifndef IO_INTERNAL_H
#define IO_INTERNAL_H

#include <sys/types.h>

#include "base/text.h"
#include "io/io.h"

int terminal_writer_add_type(PyObject *module, struct state *state);
int safe_repr_add(PyObject *module, struct state *state);
int pretty_printer_add_type(PyObject *module, struct state *state);
int width_add(PyObject *module, struct state *state);

/* Where a writer's text goes. */
struct terminal_output {
    struct state *state;
    PyObject *file; /* owned */
    int fd;         /* a duplicate of the file's descriptor; -1: file.write() takes every text at once */
    pid_t pid;      /* the process that filled `pending`: a forked child must not write it again */
    bool is_utf8;   /* the file's encoding */
    bool is_shared; /* others write to the file at any time: every text goes through it, nothing is held back */
    struct text pending;
    uint64_t flushed_ns;
};

/* Sends one message; falls back to escapes where the file's encoding has no such character. 0 or -1. */
int output_write(struct terminal_output *output, const char *utf8, size_t length);
int output_flush(struct terminal_output *output); /* ours, then file.flush() */
/* Only what is held back: the file's own buffer stays, whose descriptor may be redirected just now. */
int output_flush_held(struct terminal_output *output);
int output_flush_if_due(struct terminal_output *output);
int output_own_descriptor(struct terminal_output *output);
void output_close_descriptor(struct terminal_output *output); /* what is pending is lost: flush before */
void output_release(struct terminal_output *output);

/* SGR codes in the order in which they are written. */
struct sgr {
    unsigned char codes[24];
    unsigned char count;
};
void sgr_from_flags(struct sgr *sgr, unsigned markup);
/* Adds the code of `name` (borrowed str) if `is_on`; -1 with ValueError for an unknown name. */
int sgr_add_name(struct sgr *sgr, PyObject *name, bool is_on);
void sgr_open(const struct sgr *sgr, struct text *out);

/* tw.fullwidth where nobody has set it: COLUMNS, the terminal's own size (of `fd`, or of sys.__stdout__), or 80. */
int terminal_columns(int fd);
/* Whether text written to `file` is coloured when nothing was asked for. 1, 0, -1. */
int file_wants_markup(PyObject *file);

/* The line of tw.sep() without its newline. */
struct separator {
    const char *filler;
    size_t filler_bytes;
    const char *title; /* NULL: none */
    size_t title_bytes;
    long full_width;
};
void separator_format(const struct separator *separator, struct text *out);

/* Code points of UTF-8 text. */
size_t utf8_length(const char *utf8, size_t bytes);
/* Whether every byte is a printable ASCII character: then bytes are columns. */
bool is_plain_ascii(const char *utf8, size_t length);

#endif
