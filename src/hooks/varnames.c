/* Which arguments a hook function asks for, read from its code object as pluggy does. */
#include <string.h>

#include "hooks/dispatch.h"

PyObject *
function_unwrap(struct state *state, PyObject *function)
{
    PyObject *inner = Py_NewRef(function);

    /* inspect.unwrap() refuses cycles; a bound does as well. */
    for (int depth = 0; depth < 1000; depth++) {
        PyObject *wrapped = NULL;
        int found = py_find_attr(state, inner, state->names.__wrapped__, &wrapped);
        if (found < 0) {
            Py_DECREF(inner);
            return NULL;
        }
        if (found == 0) {
            return inner;
        }
        Py_DECREF(inner);
        inner = wrapped;
    }
    PyErr_Format(PyExc_ValueError, "wrapper loop when unwrapping %R", function);
    Py_DECREF(inner);
    return NULL;
}

/* inspect.isroutine() */
static bool
is_routine(struct state *state, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);

    if (type == state->function_type || type == state->method_type || PyObject_TypeCheck(object, &PyCFunction_Type)) {
        return true;
    }
    if (PyType_Check(object)) {
        return false;
    }
    return PyType_GetSlot(type, Py_tp_descr_get) && !PyType_GetSlot(type, Py_tp_descr_set);
}

bool
object_is_routine(struct state *state, PyObject *object)
{
    return is_routine(state, object);
}

/* The callable that carries the signature: a new reference. */
static PyObject *
signature_holder(struct state *state, PyObject *function, bool *is_bound_out)
{
    PyObject *holder = NULL;
    PyObject *unwrapped = NULL;

    *is_bound_out = false;
    if (PyType_Check(function)) {
        *is_bound_out = true;
        holder = PyObject_GetAttr(function, state->names.__init__);
    } else if (is_routine(state, function)) {
        holder = Py_NewRef(function);
    } else if (py_find_attr(state, function, state->names.__call__, &holder) == 0) {
        holder = Py_NewRef(function);
    }
    if (!holder) {
        return NULL;
    }
    *is_bound_out = *is_bound_out || Py_TYPE(holder) == state->method_type;
    unwrapped = function_unwrap(state, holder);
    Py_DECREF(holder);
    if (unwrapped && Py_TYPE(unwrapped) == state->method_type) {
        *is_bound_out = true;
        holder = PyObject_GetAttr(unwrapped, state->names.dunder_func);
        Py_DECREF(unwrapped);
        return holder;
    }
    return unwrapped;
}

/* Whether the qualified name, after its last "<locals>.", names a method of a class. */
static const char *
method_tail(const char *qualname)
{
    const char *tail = qualname;
    const char *local = NULL;

    while ((local = strstr(tail, "<locals>."))) {
        tail = local + strlen("<locals>.");
    }
    return tail;
}

static int
warn_no_self(PyObject *qualname, PyObject *first)
{
    return PyErr_WarnFormat(
        PyExc_DeprecationWarning, 1,
        "%U is a method but its first parameter %R is not 'self'. Add 'self' as the first parameter "
        "or use @staticmethod. This will become an error in a future version of pluggy.",
        qualname, first);
}

/* How many leading names are not arguments of a call: 0 or 1; -1 with an exception (a warning turned into one). */
static int
implicit_count(PyObject *qualname, PyObject *names, Py_ssize_t positional, bool is_bound, bool legacy_noself)
{
    const char *text = PyUnicode_Check(qualname) ? py_utf8(qualname) : "";
    PyObject *borrowed_first = NULL;

    if (!text) {
        return -1;
    }
    if (positional <= 0) {
        return 0;
    }
    if (is_bound) {
        return 1;
    }
    const char *tail = method_tail(text);
    if (!strchr(tail, '.')) {
        return 0;
    }
    borrowed_first = PyTuple_GetItem(names, 0);
    if (py_text_equals(borrowed_first, "self") || py_text_equals(borrowed_first, "cls")) {
        return 1;
    }
    if (legacy_noself && strcmp(tail, "TimeoutHooks.pytest_timeout_set_timer") != 0 &&
        strcmp(tail, "TimeoutHooks.pytest_timeout_cancel_timer") != 0) {
        return warn_no_self(qualname, borrowed_first) < 0 ? -1 : 0;
    }
    return 0;
}

static int
attr_as_size(PyObject *object, PyObject *name, Py_ssize_t *size_out)
{
    PyObject *value = PyObject_GetAttr(object, name);

    if (!value) {
        return -1;
    }
    *size_out = PyLong_AsSsize_t(value);
    Py_DECREF(value);
    return *size_out == -1 && PyErr_Occurred() ? -1 : 0;
}

/* 1: found, all three are new references; 0: no Python function; -1 */
static int
function_parts(struct state *state, PyObject *holder, PyObject **code, PyObject **defaults, PyObject **qualname)
{
    int found = py_find_attr(state, holder, state->names.__code__, code);

    if (found > 0) {
        found = py_find_attr(state, holder, state->names.__defaults__, defaults);
    }
    if (found > 0) {
        found = py_find_attr(state, holder, state->names.__qualname__, qualname);
    }
    return found;
}

int
varnames(struct state *state, PyObject *function, bool legacy_noself, PyObject **argnames_out,
         PyObject **kwargnames_out)
{
    bool is_bound = false;
    PyObject *holder = signature_holder(state, function, &is_bound);
    PyObject *code = NULL;
    PyObject *defaults = NULL;
    PyObject *qualname = NULL;
    PyObject *names = NULL;
    Py_ssize_t count = 0;
    int status = -1;

    *argnames_out = *kwargnames_out = NULL;
    if (!holder) {
        return -1;
    }
    int found = function_parts(state, holder, &code, &defaults, &qualname);
    if (found < 0) {
        goto done;
    }
    if (found == 0) {
        *argnames_out = Py_NewRef(state->empty_tuple);
        *kwargnames_out = Py_NewRef(state->empty_tuple);
        status = 0;
        goto done;
    }
    names = PyObject_GetAttr(code, state->names.co_varnames);
    if (!names || attr_as_size(code, state->names.co_argcount, &count) < 0) {
        goto done;
    }
    Py_ssize_t defaulted = PyTuple_Check(defaults) ? PyTuple_Size(defaults) : 0;
    int implicit = implicit_count(qualname, names, count - defaulted, is_bound, legacy_noself);
    if (implicit < 0) {
        goto done;
    }
    *argnames_out = PyTuple_GetSlice(names, implicit, count - defaulted);
    *kwargnames_out = PyTuple_GetSlice(names, count - defaulted, count);
    status = *argnames_out && *kwargnames_out ? 0 : -1;

done:
    Py_DECREF(holder);
    Py_XDECREF(code);
    Py_XDECREF(defaults);
    Py_XDECREF(qualname);
    Py_XDECREF(names);
    return status;
}
