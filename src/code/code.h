/* Public face of src/code: exceptions, tracebacks and their text (`_pytest._code`). */
#ifndef CODE_CODE_H
#define CODE_CODE_H

#include <stdbool.h>

#include "py/py.h"

struct code_types {
    PyTypeObject *exception_info, *traceback, *traceback_entry, *frame, *code;
};
static inline struct code_types *
code_types(struct state *state)
{
    return state_room(state, ROOM_CODE);
}

/* ExceptionInfo.from_exception(exception): takes the reference; a new reference. Nothing else is computed yet. */
PyObject *excinfo_new_take(struct state *state, PyObject *exception);
/* The same, of an exception that ended a phase of a test or a collection. */
PyObject *excinfo_new_caught_take(struct state *state, PyObject *exception);
PyObject *excinfo_value(PyObject *excinfo); /* borrowed: the exception */
PyObject *excinfo_text(PyObject *excinfo);  /* exconly(tryshort=True): a new str */

/* excinfo.getrepr(...) with pytest's keyword arguments; style "long", "short", "line", "no", "native", "value", "auto".
 */
struct repr_options {
    const char *style;
    bool shows_locals;
    bool is_absolute_path;
    PyObject *traceback_filter; /* bool or callable; NULL: True */
    bool shows_function_args;
    bool truncates_locals;
    bool truncates_args;
    bool is_chain;
};
#define REPR_OPTIONS_INIT                                                                                              \
    ((struct repr_options){.style = "long", .truncates_locals = true, .truncates_args = true, .is_chain = true})
PyObject *excinfo_repr(struct state *state, PyObject *excinfo, const struct repr_options *options);

/*
 * The traceback from the first entry in the function with that code object on, without hidden entries; `shortens`: the
 * style of all but the first and the last is "short". A new Traceback; NULL without an exception when the function is
 * not in it.
 */
PyObject *traceback_from_function(struct state *state, PyObject *excinfo, PyObject *code, bool shortens);

/*
 * For a failure that is likely to be shown to nobody: what excinfo_repr() would give, to be made when it is asked for.
 * What can be different then is read now (arguments, the exception's text, the working folder), and no frame is kept;
 * the lines of source files are read when they are needed. A new reference; NULL without an exception for a failure
 * that has to be shown at once: chained, with locals, without a source file, in a style other than "long".
 */
PyObject *excinfo_repr_later(struct state *state, PyObject *excinfo, const struct repr_options *options);
bool later_repr_check(struct state *state, PyObject *object);
PyObject *later_repr_make(PyObject *later); /* the ExceptionChainRepr: a new reference */
PyObject *later_repr_line(PyObject *later); /* "path:line: text": a new str */

/* getfslineno(obj): (path or str, line) as pytest: a new tuple. */
PyObject *code_fslineno(struct state *state, PyObject *object);
/* The same with the path as a str; for an ordinary function it makes no Path. */
PyObject *code_fslineno_text(struct state *state, PyObject *object);

int code_add(PyObject *module, struct state *state);

#endif
