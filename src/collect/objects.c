/* Questions about the user's functions and classes that inspect answers in pytest. */
#include "collect/internal.h"

enum { CODE_IS_COROUTINE = 0x80, CODE_IS_ASYNC_GENERATOR = 0x200 };
enum { MAX_UNWRAP_DEPTH = 1000 };

int
safe_find_attr(struct state *state, PyObject *object, PyObject *name, PyObject **value_out)
{
    int found = py_find_attr(state, object, name, value_out);

    if (found < 0 &&
        (PyErr_ExceptionMatches(PyExc_Exception) || PyErr_ExceptionMatches(hooks_types(state)->outcome_exception))) {
        PyErr_Clear(); /* attribute access of an evil object, or an outcome raised by it */
        return 0;
    }
    return found;
}

bool
is_plain_function(struct state *state, PyObject *object)
{
    return Py_TYPE(object) == state->function_type;
}

/* functools.partial(...).func: 1 and a new reference, 0 for anything else, -1. */
static int
find_partial_function(PyObject *object, PyObject **function_out)
{
    PyObject *functools = py_find_module("functools");
    PyObject *partial = functools ? PyObject_GetAttrString(functools, "partial") : NULL;
    int is_partial = partial ? PyObject_IsInstance(object, partial) : functools ? -1 : 0;

    if (is_partial > 0) {
        *function_out = PyObject_GetAttrString(object, "func");
        is_partial = *function_out ? 1 : -1;
    }
    Py_XDECREF(functools);
    Py_XDECREF(partial);
    return is_partial;
}

PyObject *
real_function(struct state *state, PyObject *object)
{
    PyObject *function = Py_NewRef(object);
    PyObject *inner = NULL;
    int found = 1;

    for (int depth = 0; found > 0; depth++) {
        found = py_find_attr(state, function, state->names.__wrapped__, &inner);
        if (found > 0) {
            py_replace_take(&function, inner);
        }
        if (depth > MAX_UNWRAP_DEPTH || (found > 0 && function == object)) {
            Py_DECREF(function);
            return PyErr_Format(PyExc_ValueError, "wrapper loop when unwrapping %R", object);
        }
    }
    if (found == 0 && !is_plain_function(state, function)) {
        found = find_partial_function(function, &inner);
        if (found > 0) {
            py_replace_take(&function, inner);
        }
    }
    if (found < 0) {
        Py_CLEAR(function);
    }
    return function;
}

bool
code_flags_are_async(long flags)
{
    return (flags & (CODE_IS_COROUTINE | CODE_IS_ASYNC_GENERATOR)) != 0;
}

/* A plain function always has a code object: no need to look whether it has. */
static long
plain_code_flags(struct state *state, PyObject *function)
{
    PyObject *code = PyObject_GetAttr(function, state->names.__code__);
    PyObject *flags = code ? PyObject_GetAttr(code, state->names.co_flags) : NULL;
    long result = flags ? PyLong_AsLong(flags) : -1;

    Py_XDECREF(code);
    Py_XDECREF(flags);
    return result;
}

long
function_code_flags(struct state *state, PyObject *function)
{
    PyObject *code = NULL;
    PyObject *flags = NULL;
    long result = 0;

    if (is_plain_function(state, function)) {
        return plain_code_flags(state, function);
    }
    if (py_find_attr(state, function, state->names.__code__, &code) <= 0) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int found = py_find_attr(state, code, state->names.co_flags, &flags);
    if (found > 0) {
        result = PyLong_AsLong(flags);
    }
    Py_DECREF(code);
    Py_XDECREF(flags);
    return found < 0 ? -1 : result;
}

/* The function inside bound methods and partials, as inspect looks for it. */
static PyObject *
unwrap_callable(struct state *state, PyObject *object)
{
    PyObject *function = Py_NewRef(object);
    PyObject *inner = NULL;
    int found = 1;

    while (found > 0 && !is_plain_function(state, function)) {
        found = Py_TYPE(function) == &PyCFunction_Type
                    ? 0
                    : py_find_attr(state, function, state->names.dunder_func, &inner);
        if (found == 0) {
            found = find_partial_function(function, &inner);
        }
        if (found > 0) {
            py_replace_take(&function, inner);
        }
    }
    if (found < 0) {
        Py_CLEAR(function);
    }
    return function;
}

int
is_async_function(struct state *state, PyObject *object)
{
    PyObject *function = unwrap_callable(state, object);
    PyObject *mark = NULL;
    int result = -1;

    if (!function) {
        return -1;
    }
    long flags = is_plain_function(state, function) ? function_code_flags(state, function) : 0;
    if (flags < 0) {
        goto done;
    }
    result = code_flags_are_async(flags);
    if (!result) {
        result = py_find_attr(state, function, state->names._is_coroutine_mark, &mark);
        Py_CLEAR(mark);
    }
    if (!result) {
        result = py_attr_is_true(state, object, state->names._is_coroutine);
    }
done:
    Py_DECREF(function);
    return result;
}

int
is_abstract_class(PyObject *object)
{
    return PyType_Check(object) && (PyType_GetFlags((PyTypeObject *)object) & Py_TPFLAGS_IS_ABSTRACT) != 0;
}
