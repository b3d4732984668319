/* References: who owns what, in one place. */
#ifndef PY_REFERENCE_H
#define PY_REFERENCE_H

#include <Python.h>

/*
 * The headers of some 3.12 and 3.13 releases take these objects for immortal whatever the limited API asked for. Before
 * 3.12 they are not: without a reference of its own, each return would take one away.
 */
#undef Py_RETURN_NONE
#undef Py_RETURN_TRUE
#undef Py_RETURN_FALSE
#undef Py_RETURN_NOTIMPLEMENTED
#define Py_RETURN_NONE return Py_NewRef(Py_None)
#define Py_RETURN_TRUE return Py_NewRef(Py_True)
#define Py_RETURN_FALSE return Py_NewRef(Py_False)
#define Py_RETURN_NOTIMPLEMENTED return Py_NewRef(Py_NotImplemented)

/* Makes *slot own a new reference to `value` (may be NULL), then drops what it held. In that
 * order: dropping can run Python code, which must not see a dead pointer in *slot. */
static inline void
py_replace(PyObject **slot, PyObject *value)
{
    PyObject *old = *slot;
    *slot = Py_XNewRef(value);
    Py_XDECREF(old);
}

/* The same, but *slot takes over the caller's reference. */
static inline void
py_replace_take(PyObject **slot, PyObject *value)
{
    PyObject *old = *slot;
    *slot = value;
    Py_XDECREF(old);
}

/* dict[key]: 1 and a new reference, 0 when absent (*value_out is NULL), -1 with an exception set. */
static inline int
py_dict_find(PyObject *dict, PyObject *key, PyObject **value_out)
{
    PyObject *borrowed_value = PyDict_GetItemWithError(dict, key);
    *value_out = Py_XNewRef(borrowed_value);
    if (borrowed_value) {
        return 1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* A new reference to list[i] or tuple[i]; the index must be in range. */
static inline PyObject *
py_list_item(PyObject *list, Py_ssize_t i)
{
    return Py_XNewRef(PyList_GetItem(list, i));
}

static inline PyObject *
py_tuple_item(PyObject *tuple, Py_ssize_t i)
{
    return Py_XNewRef(PyTuple_GetItem(tuple, i));
}

/* Takes the first place of a list that is `object` itself out of it, if there is one: 0 or -1. */
static inline int
py_list_discard(PyObject *list, PyObject *object)
{
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        if (PyList_GetItem(list, i) == object) {
            return PyList_SetSlice(list, i, i + 1, NULL);
        }
    }
    return 0;
}

/* Appends and drops the caller's reference, also on failure. NULL fails at once: list_append(list, make()). */
static inline int
py_list_append_take(PyObject *list, PyObject *value)
{
    if (!value) {
        return -1;
    }
    int status = PyList_Append(list, value);
    Py_DECREF(value);
    return status;
}

/* dict[key] = value, dropping the caller's reference to value, also on failure. NULL fails at once. */
static inline int
py_dict_set_take(PyObject *dict, PyObject *key, PyObject *value)
{
    if (!value) {
        return -1;
    }
    int status = PyDict_SetItem(dict, key, value);
    Py_DECREF(value);
    return status;
}

/* The same for a key that is a C string. */
static inline int
py_dict_set_string_take(PyObject *dict, const char *key, PyObject *value)
{
    if (!value) {
        return -1;
    }
    int status = PyDict_SetItemString(dict, key, value);
    Py_DECREF(value);
    return status;
}

/* iter(iterable), dropping the caller's reference. NULL fails at once. */
static inline PyObject *
py_iterate_take(PyObject *iterable)
{
    PyObject *iterator = iterable ? PyObject_GetIter(iterable) : NULL;
    Py_XDECREF(iterable);
    return iterator;
}

/* What a call whose result does not matter comes to: 0, or -1 for NULL. Drops the result. */
static inline int
py_status_take(PyObject *result)
{
    Py_XDECREF(result);
    return result ? 0 : -1;
}

#endif
