/* Public face of src/code: exceptions, tracebacks and their text (`_pytest._code`). */
#ifndef CODE_CODE_H
#define CODE_CODE_H

#include <stdbool.h>

#include "py/py.h"

struct code_types {
    PyTypeObject *exception_info, *traceback, *traceback_entry, *frame, *code, *source;
    PyTypeObject *terminal_repr, *exception_repr, *repr_exception_info, *exception_chain_repr;
    PyTypeObject *repr_traceback, *repr_traceback_native, *repr_entry, *repr_entry_native;
    PyTypeObject *repr_file_location, *repr_locals, *repr_func_args;
};
static inline struct code_types *
code_types(struct state *state)
{
    return state_room(state, ROOM_CODE);
}

/* ExceptionInfo.from_exception(exception): takes the reference; a new reference. Nothing else is computed yet. */
PyObject *excinfo_new_take(struct state *state, PyObject *exception);
PyObject *excinfo_value(PyObject *excinfo); /* borrowed: the exception */

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

/* getfslineno(obj): (path or str, line) as pytest: a new tuple. */
PyObject *code_fslineno(struct state *state, PyObject *object);
/* The same with the path as a str; for an ordinary function it makes no Path. */
PyObject *code_fslineno_text(struct state *state, PyObject *object);

int code_add(PyObject *module, struct state *state);

#endif
