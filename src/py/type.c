/* Heap types and argument unpacking. */
#include "py/type.h"

#include <string.h>

#include "py/py.h"

/* Messages such as "'Config' object has no attribute" show what the spec says, with its module, until a name is set. */
static int
set_short_name(PyObject *type, const char *name)
{
    PyObject *text = PyUnicode_FromString(name);
    int status = text ? PyObject_SetAttrString(type, "__name__", text) : -1;

    Py_XDECREF(text);
    return status;
}

PyTypeObject *
py_type_add(PyObject *module, PyType_Spec *spec, PyObject *bases)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, bases);
    const char *last_dot = strrchr(spec->name, '.');
    const char *name = last_dot ? last_dot + 1 : spec->name;

    if (type && !(spec->flags & Py_TPFLAGS_IMMUTABLETYPE) && set_short_name(type, name) < 0) {
        Py_CLEAR(type);
    }
    if (type && PyModule_AddObjectRef(module, name, type) < 0) {
        Py_CLEAR(type);
    }
    return (PyTypeObject *)type;
}

PyObject *
py_new_instance(PyTypeObject *type)
{
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    return alloc(type, 0);
}

void
py_free_instance(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    freefunc free_instance = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free_instance(op);
    Py_DECREF(type);
}

static PyObject **
link_field(PyObject *op, const struct py_link *link)
{
    return (PyObject **)(void *)((char *)op + link->offset);
}

PyObject *
py_get_link(PyObject *op, void *closure)
{
    PyObject *value = *link_field(op, closure);
    return Py_NewRef(value ? value : Py_None);
}

int
py_set_link(PyObject *op, PyObject *value, void *closure)
{
    const struct py_link *link = closure;
    PyTypeObject *type = link->type ? link->type(state_of(op)) : &PyBaseObject_Type;

    if (value == Py_None) {
        value = NULL;
    }
    if (value && !PyObject_TypeCheck(value, type)) {
        PyErr_Format(PyExc_TypeError, "%R is needed, not %R", type, value);
        return -1;
    }
    py_replace(link_field(op, link), value);
    return 0;
}

PyObject *
py_bad_argument_count(const char *function, Py_ssize_t given, Py_ssize_t min, Py_ssize_t max)
{
    Py_ssize_t expected = given < min ? min : max;
    return PyErr_Format(PyExc_TypeError, "%s() takes %s %zd positional argument%s (%zd given)", function,
                        min == max    ? "exactly"
                        : given < min ? "at least"
                                      : "at most",
                        expected, expected == 1 ? "" : "s", given);
}

static int
find_name(const char *const *names, PyObject *key)
{
    for (int i = 0; names[i]; i++) {
        if (PyUnicode_CompareWithASCIIString(key, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static int
store_keyword(const char *function, const char *const *names, PyObject *key, PyObject *value, PyObject **values)
{
    int i = find_name(names, key);

    if (i < 0) {
        PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", function, key);
        return -1;
    }
    if (values[i]) {
        PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", function, key);
        return -1;
    }
    values[i] = value;
    return 0;
}

static int
check_required(const char *function, const char *const *names, Py_ssize_t required, PyObject **values)
{
    for (Py_ssize_t i = 0; i < required; i++) {
        if (!values[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing 1 required positional argument: '%s'", function, names[i]);
            return -1;
        }
    }
    return 0;
}

int
py_unpack_arguments(const char *function, PyObject *const *args, Py_ssize_t positional_given, PyObject *kwnames,
                    const char *const *names, Py_ssize_t positional, Py_ssize_t required, PyObject **values)
{
    for (Py_ssize_t i = 0; names[i]; i++) {
        values[i] = NULL;
    }
    if (positional_given > positional) {
        py_bad_argument_count(function, positional_given, required, positional);
        return -1;
    }
    for (Py_ssize_t i = 0; i < positional_given; i++) {
        values[i] = args[i];
    }
    Py_ssize_t keyword_count = kwnames ? PyTuple_Size(kwnames) : 0;
    for (Py_ssize_t i = 0; i < keyword_count; i++) {
        PyObject *borrowed_key = PyTuple_GetItem(kwnames, i);
        if (store_keyword(function, names, borrowed_key, args[positional_given + i], values) < 0) {
            return -1;
        }
    }
    return check_required(function, names, required, values);
}

PyObject *
py_only_argument(const char *function, const char *parameter, PyObject *const *args, Py_ssize_t positional_given,
                 PyObject *kwnames)
{
    const char *const names[] = {parameter, NULL};
    PyObject *values[COUNT_OF(names)];

    return py_unpack_arguments(function, args, positional_given, kwnames, names, 1, 1, values) < 0 ? NULL : values[0];
}

int
py_unpack_tuple(const char *function, PyObject *args, PyObject *kwargs, const char *const *names, Py_ssize_t positional,
                Py_ssize_t required, PyObject **values)
{
    Py_ssize_t given = args ? PyTuple_Size(args) : 0;
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;

    for (Py_ssize_t i = 0; names[i]; i++) {
        values[i] = NULL;
    }
    if (given > positional) {
        py_bad_argument_count(function, given, required, positional);
        return -1;
    }
    for (Py_ssize_t i = 0; i < given; i++) {
        values[i] = PyTuple_GetItem(args, i);
    }
    while (kwargs && PyDict_Next(kwargs, &position, &borrowed_key, &borrowed_value)) {
        if (store_keyword(function, names, borrowed_key, borrowed_value, values) < 0) {
            return -1;
        }
    }
    return check_required(function, names, required, values);
}
