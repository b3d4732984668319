/* What kind of thing a value is, in pytest's eyes. Plain built-in values are told without asking abstract classes. */
#include "rewrite/compare.h"

/* isinstance(value, collections.abc.<name>) */
static int
is_abstract(PyObject *value, const char *name)
{
    PyObject *abstract = py_import_attr("collections.abc", name);
    int is_one = abstract ? PyObject_IsInstance(value, abstract) : -1;

    Py_XDECREF(abstract);
    return is_one;
}

/* Exact types that are none of the containers asked for. */
static bool
is_scalar(PyObject *value)
{
    return value == Py_None || PyLong_CheckExact(value) || PyFloat_CheckExact(value) || PyBool_Check(value) ||
           PyUnicode_CheckExact(value);
}

int
value_is_sequence(struct state *Py_UNUSED(state), PyObject *value)
{
    if (PyList_CheckExact(value) || PyTuple_CheckExact(value)) {
        return 1;
    }
    if (is_scalar(value) || PyUnicode_Check(value) || PyDict_CheckExact(value) || PyAnySet_CheckExact(value)) {
        return 0;
    }
    return is_abstract(value, "Sequence");
}

int
value_is_set(struct state *Py_UNUSED(state), PyObject *value)
{
    if (PyAnySet_CheckExact(value)) {
        return 1;
    }
    if (is_scalar(value) || PyDict_CheckExact(value) || PyList_CheckExact(value) || PyTuple_CheckExact(value)) {
        return 0;
    }
    return is_abstract(value, "Set");
}

int
value_is_mapping(struct state *Py_UNUSED(state), PyObject *value)
{
    if (PyDict_CheckExact(value)) {
        return 1;
    }
    if (is_scalar(value) || PyAnySet_CheckExact(value) || PyList_CheckExact(value) || PyTuple_CheckExact(value)) {
        return 0;
    }
    return is_abstract(value, "Mapping");
}

int
value_is_iterable(PyObject *value)
{
    if (PyUnicode_Check(value) || is_scalar(value)) {
        return 0;
    }
    PyObject *iterator = PyObject_GetIter(value);
    if (!iterator) {
        if (!PyErr_ExceptionMatches(PyExc_Exception)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(iterator);
    return 1;
}

static int
has_attribute_that_is(struct state *state, PyObject *value, const char *name, bool is_not_none)
{
    PyObject *name_text = PyUnicode_InternFromString(name);
    PyObject *attribute = NULL;
    int found = name_text ? py_find_attr(state, value, name_text, &attribute) : -1;

    if (found > 0 && is_not_none) {
        found = attribute != Py_None;
    }
    Py_XDECREF(name_text);
    Py_XDECREF(attribute);
    return found;
}

int
value_is_attrs(struct state *state, PyObject *value)
{
    return is_scalar(value) ? 0 : has_attribute_that_is(state, value, "__attrs_attrs__", true);
}

int
value_is_dataclass(struct state *state, PyObject *value)
{
    if (is_scalar(value)) {
        return 0;
    }
    PyObject *cls = PyType_Check(value) ? value : (PyObject *)Py_TYPE(value);
    return has_attribute_that_is(state, cls, "__dataclass_fields__", false);
}

int
value_is_namedtuple(struct state *state, PyObject *value)
{
    if (!PyTuple_Check(value) || PyTuple_CheckExact(value)) {
        return 0;
    }
    return has_attribute_that_is(state, value, "_fields", true);
}

int
values_compare(PyObject *left, PyObject *right, int operation)
{
    PyObject *result = PyObject_RichCompare(left, right, operation);
    int truth = result ? PyObject_IsTrue(result) : -1;

    Py_XDECREF(result);
    return truth;
}

/* ---- pprint.pformat ---- */

enum { PPRINT_WIDTH = 80 };

static bool
is_plain(PyObject *value)
{
    return is_scalar(value) || PyBytes_CheckExact(value);
}

/* The keys in order, or NULL without an exception when this dict is not of the simple kind. */
static PyObject *
plain_dict_keys(PyObject *dict)
{
    PyObject *key = NULL;
    PyObject *value = NULL;
    Py_ssize_t at = 0;

    if (PyDict_Size(dict) > 20) {
        return NULL;
    }
    while (PyDict_Next(dict, &at, &key, &value)) {
        if (!PyUnicode_CheckExact(key) || !is_plain(value)) {
            return NULL;
        }
    }
    PyObject *keys = PyDict_Keys(dict);
    if (keys && PyList_Sort(keys) < 0) {
        Py_CLEAR(keys);
    }
    return keys;
}

/* A small dict of plain values on one line: a new str, or NULL; with an exception if one is set. */
static PyObject *
plain_dict_format(PyObject *dict)
{
    PyObject *keys = plain_dict_keys(dict);
    PyObject *sorted = NULL;
    PyObject *text = NULL;

    if (!keys) {
        return NULL;
    }
    sorted = PyDict_New();
    for (Py_ssize_t i = 0; sorted && i < PyList_Size(keys); i++) {
        PyObject *key = PyList_GetItem(keys, i); /* borrowed */
        if (PyDict_SetItem(sorted, key, PyDict_GetItemWithError(dict, key)) < 0) {
            Py_CLEAR(sorted);
        }
    }
    text = sorted ? PyObject_Repr(sorted) : NULL;
    Py_DECREF(keys);
    Py_XDECREF(sorted);
    return text;
}

static PyObject *
plain_list_format(PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        if (!is_plain(PyList_GetItem(list, i))) {
            return NULL;
        }
    }
    return PyObject_Repr(list);
}

PyObject *
plain_pretty_format(struct state *Py_UNUSED(state), PyObject *value)
{
    PyObject *text = PyDict_CheckExact(value)   ? plain_dict_format(value)
                     : PyList_CheckExact(value) ? plain_list_format(value)
                                                : NULL;
    PyObject *pformat = NULL;

    if (text && PyUnicode_GetLength(text) <= PPRINT_WIDTH) {
        return text;
    }
    Py_CLEAR(text);
    if (PyErr_Occurred()) {
        return NULL;
    }
    pformat = py_import_attr("pprint", "pformat");
    if (pformat) {
        text = py_call1(pformat, value);
        Py_DECREF(pformat);
    }
    return text;
}
