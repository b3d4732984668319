/* Calls and attribute access as the limited API of 3.10 allows them, without raising where nothing is wrong. */
#ifndef PY_CALL_H
#define PY_CALL_H

#include <Python.h>

struct state; /* py/state.h */

/* Positional calls; arguments are borrowed; a new reference or NULL with an exception. */
static inline PyObject *
py_call0(PyObject *callable)
{
    return PyObject_CallNoArgs(callable);
}
static inline PyObject *
py_call1(PyObject *callable, PyObject *a)
{
    return PyObject_CallFunctionObjArgs(callable, a, NULL);
}
static inline PyObject *
py_call2(PyObject *callable, PyObject *a, PyObject *b)
{
    return PyObject_CallFunctionObjArgs(callable, a, b, NULL);
}
static inline PyObject *
py_call3(PyObject *callable, PyObject *a, PyObject *b, PyObject *c)
{
    return PyObject_CallFunctionObjArgs(callable, a, b, c, NULL);
}

/* object.name(...): `name` is an interned string. */
static inline PyObject *
py_method0(PyObject *object, PyObject *name)
{
    return PyObject_CallMethodObjArgs(object, name, NULL);
}
static inline PyObject *
py_method1(PyObject *object, PyObject *name, PyObject *a)
{
    return PyObject_CallMethodObjArgs(object, name, a, NULL);
}
static inline PyObject *
py_method2(PyObject *object, PyObject *name, PyObject *a, PyObject *b)
{
    return PyObject_CallMethodObjArgs(object, name, a, b, NULL);
}

/* What a method without a result returns: None, or NULL where `status` is negative (an exception is set). */
static inline PyObject *
py_none_or_error(int status)
{
    return status < 0 ? NULL : Py_NewRef(Py_None);
}

/* callable(*args, **kwargs) where both may be NULL. */
PyObject *py_call(struct state *state, PyObject *callable, PyObject *args, PyObject *kwargs);

/* The same of three references that it takes; NULL for any of them fails at once: its exception is set. */
PyObject *py_call_take(PyObject *callable, PyObject *args, PyObject *kwargs);

/*
 * getattr(object, name, missing): 1 and a new reference, 0 when there is none (*value_out is NULL), -1 with an
 * exception other than AttributeError. No AttributeError object is made for what is absent.
 */
int py_find_attr(struct state *state, PyObject *object, PyObject *name, PyObject **value_out);

/* object.name for a name that is a C literal (py_literal()): a new reference. */
PyObject *py_attr(struct state *state, PyObject *object, const char *name);

/* bool(object.name), false when absent; -1 with an exception. */
int py_attr_is_true(struct state *state, PyObject *object, PyObject *name);

/* import module; getattr. `module_name` and `name` are C strings. A new reference. */
PyObject *py_import_attr(const char *module_name, const char *name);

/* module.name(first, *args, **kwargs), for what is written in Python: `kwargs` may be NULL. */
PyObject *py_call_of_module(const char *module_name, const char *name, PyObject *first, PyObject *args,
                            PyObject *kwargs);

/* sys.modules[name] when it is there: a new reference, else NULL without an exception. */
PyObject *py_find_module(const char *module_name);

/*
 * The exception that is set, normalised, with its traceback attached; clears it. A new reference, NULL when none
 * is set. (PyErr_GetRaisedException is 3.12.)
 */
PyObject *py_error_take(void);

/* Sets it again; takes the reference. */
void py_error_restore_take(PyObject *exception);

/*
 * The end of a wrapper that did something of its own, which came to `status` (negative: its exception is set): what it
 * wrapped had returned `result`, or raised `exception` (from py_error_take(); NULL with a result). Returns the result,
 * or NULL with the exception, the wrapper's own before the other. Takes both references.
 */
PyObject *py_pass_on_take(PyObject *result, PyObject *exception, int status);

/* Makes `context` the __context__ of the exception that is set, as if that had been raised while handling it. */
void py_error_set_context_take(PyObject *context);

/* The same as `raise ... from cause` does, for the exception that is set: its __cause__ and its __context__. */
void py_error_set_cause_take(PyObject *cause);

#endif
