/* What the files of src/code share with each other only. */
#ifndef CODE_INTERNAL_H
#define CODE_INTERNAL_H

#include "code/code.h"

/* ROOM_CODE: the public types first. */
struct code_room {
    struct code_types types;
    PyObject *repr_classes;  /* the module _pytest._code.code, once a failure was formatted */
    PyObject *source_module; /* the module _pytest._code.source, once asked for */
    PyObject *statements;    /* dict: file name -> (lines, sorted line numbers of statements) */
    PyObject *paths;         /* dict: absolute co_filename -> pathlib.Path */
    PyTypeObject *later_repr;
};
static inline struct code_room *
code_room(struct state *state)
{
    return state_room(state, ROOM_CODE);
}

/* Wrappers around one raw object each: Code, Frame. */
typedef struct {
    PyObject_HEAD
    PyObject *raw;
} RawWrapper;

typedef struct {
    PyObject_HEAD
    PyObject *raw;   /* traceback object */
    PyObject *style; /* None, "short" or "long" */
} TracebackEntry;

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *exception;      /* NULL: to be filled later */
    PyObject *type;           /* as given by exc_info tuples; NULL: of the exception */
    PyObject *tb;             /* as given; NULL: the exception's own when first asked for */
    PyObject *striptext;      /* NULL: derive from the exception when needed */
    PyObject *traceback;      /* Traceback; NULL: not made yet */
    bool is_caught_by_runner; /* whose frames pytest would show beneath those of the traceback */
} ExceptionInfo;

/* ---- frames.c: what returns an object returns a new reference ---- */

PyObject *raw_wrapper_new(PyTypeObject *type, PyObject *raw);   /* Code or Frame; NULL fails at once */
PyObject *frame_code(struct state *state, PyObject *raw_frame); /* raw code object */
/* [(name, value)] of its function's arguments; with `var` also those of *args and **kwargs. */
PyObject *frame_arguments(struct state *state, PyObject *raw_frame, bool var);
long attr_long(struct state *state, PyObject *object, const char *name); /* -1 with an exception is possible */
PyObject *code_path(struct state *state, PyObject *raw_code);            /* Path, or str when there is no such file */
PyObject *code_absolute_path(struct state *state, PyObject *raw_code);   /* os.path.abspath(co_filename) */
/* A getter for what needs Source objects and is asked for rarely: the function `closure` of the Python half. */
PyObject *code_get_from_python(PyObject *op, void *closure);

/* ---- traceback_entry.c ---- */

PyObject *entry_new(struct state *state, PyObject *raw_traceback, PyObject *style);
PyObject *entry_code(TracebackEntry *entry); /* raw code object: new reference */
long entry_line(TracebackEntry *entry);      /* 0-based; -2 with an exception */
/* Whether the frame says __tracebackhide__, by what `excinfo` (may be NULL) makes of that: 1, 0, -1. */
int entry_is_hidden(struct state *state, TracebackEntry *entry, PyObject *excinfo);
/* Where an instruction comes from: byte offsets on its lines, the last line (0-based); -1: unknown. */
struct columns {
    long start;
    long end;
    long end_line;
};
long entry_instruction(TracebackEntry *entry);
int code_columns(struct state *state, PyObject *code, long instruction, struct columns *columns); /* 0 or -1 */

/* ---- the others ---- */

/* Traceback(iterable of entries, or a raw traceback object). */
PyObject *traceback_new(struct state *state, PyObject *source);
PyObject *excinfo_traceback(ExceptionInfo *self); /* new reference */
PyObject *traceback_filter_hidden(struct state *state, PyObject *traceback, PyObject *excinfo);
PyObject *excinfo_exconly(ExceptionInfo *self, bool tries_short);  /* str */
PyObject *excinfo_crash(struct state *state, ExceptionInfo *self); /* ReprFileLocation or None */
/* The place of excinfo_crash(): 1, 0 when every entry is hidden, -1. */
int excinfo_find_crash(struct state *state, ExceptionInfo *self, PyObject **path_out, long *line_out);
/* What a filter leaves: a callable, a bool, or NULL for True. A new Traceback. */
PyObject *excinfo_filtered_traceback(struct state *state, ExceptionInfo *excinfo, PyObject *filter);
int exception_is_group(struct state *state, PyObject *exception); /* 1, 0, -1 */

/* Calls a function of the Python half, `_pytest._code.code` or `.source`: takes the argument tuple. */
PyObject *code_call_python_take(struct state *state, bool in_source_module, const char *function, PyObject *args);

/* The lines of the source file of a code object, without line ends: a new list, or None when there is no source. */
PyObject *source_lines(struct state *state, PyObject *raw_code, PyObject *globals);
/* End (exclusive) of the statement around `line` (0-based) in the file of `raw_code`; -1 with an exception. */
long source_statement_end(struct state *state, PyObject *raw_code, PyObject *lines, long line);
/* textwrap.dedent over lines[start:end]: a new list; *indent_out is what was cut from each. */
PyObject *source_dedent(PyObject *lines, long start, long end);

int frames_add(PyObject *module, struct state *state);
int traceback_entry_add(PyObject *module, struct state *state);
int traceback_add(PyObject *module, struct state *state);
int excinfo_add(PyObject *module, struct state *state);
int later_add(PyObject *module, struct state *state);

#endif
