/* What a failed comparison says about its two sides. Private to rewrite/. */
#ifndef REWRITE_COMPARE_H
#define REWRITE_COMPARE_H

#include <stdbool.h>

#include "rewrite/internal.h"

/*
 * One explanation while it is made: its inputs, and the lines so far. Functions that add lines return 0 to go on, 1
 * when no more lines are wanted (as with pytest's lazy generators: what would come is not even computed), -1 with an
 * exception.
 */
struct comparison {
    struct state *state;
    PyObject *left, *right; /* borrowed */
    const char *operator_text;
    long verbosity;
    bool runs_on_ci;
    bool shows_blocks;     /* assertion_text_diff_style = block */
    PyObject *writer;      /* borrowed: the TerminalWriter that highlights; NULL: see `highlighter` */
    PyObject *highlighter; /* borrowed: a Python function that does; NULL: nothing is highlighted */
    Py_ssize_t max_lines;  /* how much of huge values is worth looking at; 0: all */
    Py_ssize_t max_chars;
    PyObject *lines;     /* owned list of str */
    Py_ssize_t line_cap; /* more lines than these are not wanted; 0: all are */
    Py_ssize_t char_cap;
    Py_ssize_t char_count;
    unsigned indent; /* before each line, in blanks */
    bool has_summary;
};

/* Adding lines: `..._take` drops the caller's reference; NULL is an exception that is set. */
int comparison_add_take(struct comparison *comparison, PyObject *line);
int comparison_add(struct comparison *comparison, const char *line);
int comparison_add_format(struct comparison *comparison, const char *fmt, ...); /* PyUnicode_FromFormat's */
/* Each line of a text: text.splitlines(). */
int comparison_add_split_take(struct comparison *comparison, PyObject *text);

/* highlighter(source, lexer): takes the reference; a new one. */
PyObject *comparison_highlight_take(struct comparison *comparison, PyObject *source, const char *lexer);

/* ---- By kind of value ---- */

int compare_equal(struct comparison *comparison, PyObject *left, PyObject *right);
int compare_equal_text(struct comparison *comparison, PyObject *left, PyObject *right);
int compare_not_in_text(struct comparison *comparison, PyObject *term, PyObject *text);
/* Whether they differ in their normal form only, or not at all: 1, 0, -1. */
int texts_look_equal(PyObject *left, PyObject *right);
int compare_sets(struct comparison *comparison, PyObject *left, PyObject *right, const char *operator_text);
int compare_sequences(struct comparison *comparison, PyObject *left, PyObject *right);
int compare_iterables(struct comparison *comparison, PyObject *left, PyObject *right); /* the whole diff */
int compare_mappings(struct comparison *comparison, PyObject *left, PyObject *right);
int compare_instances(struct comparison *comparison, PyObject *left, PyObject *right); /* dataclasses and the like */

/* ---- What a value is: 1, 0, -1 ---- */

int value_is_sequence(struct state *state, PyObject *value); /* and no str */
int value_is_set(struct state *state, PyObject *value);
int value_is_mapping(struct state *state, PyObject *value);
int value_is_iterable(PyObject *value); /* and no str */
int value_is_attrs(struct state *state, PyObject *value);
int value_is_dataclass(struct state *state, PyObject *value);
int value_is_namedtuple(struct state *state, PyObject *value);

/* left == right, left != right as an if statement sees it (identity is no shortcut): 1, 0, -1. */
int values_compare(PyObject *left, PyObject *right, int operation);

/* pprint.pformat(value): a new reference; small plain values without importing anything. */
PyObject *plain_pretty_format(struct state *state, PyObject *value);

/* difflib.ndiff(a, b): a new list of str. `a` and `b` are lists of str. */
PyObject *line_diff(struct state *state, PyObject *a, PyObject *b);

/* ---- The whole ---- */

/* util.assertrepr_compare: fills comparison->lines. 0, or -1 with an exception. */
int comparison_build(struct comparison *comparison);

/* ---- truncate.c ---- */

struct truncation {
    bool is_on;
    Py_ssize_t max_lines; /* 0: none */
    Py_ssize_t max_chars;
    bool is_whole; /* lines that cannot be shown are looked at, too */
};

/* What the config asks for. 0, or -1 with an exception. */
int truncation_read(struct engine *engine, struct truncation *truncation);

/* truncate.materialize_with_truncation(lines): any iterable of str; a new list. */
PyObject *truncation_apply(const struct truncation *truncation, PyObject *lines);

enum {
    TRUNCATION_FOOTER_LINES = 2,
    TRUNCATION_FOOTER_CHARS = 46, /* "..." and the message */
};

/* Whether CI or BUILD_NUMBER is set and not empty: 1, 0, -1. */
bool runs_on_ci(void);

#endif
