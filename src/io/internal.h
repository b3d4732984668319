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

/*
 * Where a writer's text goes. What a reader of the file sees, and in which order, is what there would be without
 * `pending`: see output_hand_over().
 */
struct terminal_output {
    struct state *state;
    PyObject *file;          /* owned */
    PyObject *watched_write; /* the file's own write(), while others find a watch of ours in its place; or NULL */
    int fd;                  /* a duplicate of the file's descriptor; -1: file.write() takes every text at once */
    pid_t pid;               /* the process that filled `pending`: a forked child must not write it again */
    bool writes_through;     /* the file's own way: every text, or every line, can be seen at once */
    bool flushes_lines;
    bool is_shared;     /* others write to the file at any time: every text goes through it, nothing is held back */
    int foreign_writes; /* calls by Python code that are going on: the same for them */
    bool file_may_hold; /* text in its own buffer, of others or of ours: it comes before what is pending */
    struct text pending;
    size_t seen_bytes; /* of `pending`: flushed by now, had it gone through the file; 0 while the file may hold text */
    uint64_t flushed_ns;
};

/* Sends one message; falls back to escapes where the file's encoding has no such character. 0 or -1. */
int output_write(struct terminal_output *output, const char *utf8, size_t length);
int output_flush(struct terminal_output *output); /* what was written, and what others gave to the file */
int output_flush_if_due(struct terminal_output *output);
/* The same for foreign code, which may have put text into the file's own buffer just before. */
int output_flush_shared(struct terminal_output *output);
/* output_hand_over() from anywhere. */
int output_share(struct terminal_output *output);
/* Writes what the file would have passed on by itself: lines at a terminal. */
int output_show(struct terminal_output *output);
/*
 * Before others may write to the file: what would have been flushed goes to the descriptor, the rest into the file's
 * own buffer, as if it had never been held back. The file's descriptor must be where it belongs.
 */
int output_hand_over(struct terminal_output *output);
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

/* Whether every byte is a printable ASCII character: then bytes are columns. */
bool is_plain_ascii(const char *utf8, size_t length);

#endif
