/* What @dataclass gives pytest's classes, for types made in C: comparison, repr, copying, frozen fields. */
#include "marks/internal.h"

PyObject *
dataclass_repr(PyObject *op, const char *const *fields)
{
    PyObject *name = NULL;
    PyObject *parts = NULL;
    PyObject *joined = NULL;
    PyObject *result = NULL;
    int entered = Py_ReprEnter(op);

    if (entered != 0) {
        return entered > 0 ? PyUnicode_FromString("...") : NULL;
    }
    name = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__qualname__");
    parts = PyList_New(0);
    if (!name || !parts) {
        goto done;
    }
    for (; *fields; fields++) {
        PyObject *value = PyObject_GetAttrString(op, *fields);
        PyObject *part = value ? PyUnicode_FromFormat("%s=%R", *fields, value) : NULL;
        Py_XDECREF(value);
        if (py_list_append_take(parts, part) < 0) {
            goto done;
        }
    }
    joined = py_text_join(", ", parts);
    if (joined) {
        result = PyUnicode_FromFormat("%U(%U)", name, joined);
    }
done:
    Py_ReprLeave(op);
    Py_XDECREF(joined);
    Py_XDECREF(parts);
    Py_XDECREF(name);
    return result;
}

static int
fields_equal(PyObject *a, PyObject *b, const char *const *fields)
{
    int equal = 1;

    for (; *fields && equal > 0; fields++) {
        PyObject *left = PyObject_GetAttrString(a, *fields);
        PyObject *right = left ? PyObject_GetAttrString(b, *fields) : NULL;
        equal = right ? PyObject_RichCompareBool(left, right, Py_EQ) : -1;
        Py_XDECREF(left);
        Py_XDECREF(right);
    }
    return equal;
}

PyObject *
dataclass_compare(PyObject *a, PyObject *b, int operation, const char *const *fields)
{
    if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(a) != Py_TYPE(b)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    int equal = fields_equal(a, b, fields);
    if (equal < 0) {
        return NULL;
    }
    return PyBool_FromLong(operation == Py_EQ ? equal : !equal);
}

static PyObject *
field_names(PyObject *op)
{
    return PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__match_args__");
}

/* {field: value, ...} and whatever the instance's own dict holds. */
static PyObject *
get_state(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *names = field_names(op);
    PyObject *own = names ? PyObject_GetAttrString(op, "__dict__") : NULL;
    PyObject *values = own ? PyDict_Copy(own) : NULL;

    for (Py_ssize_t i = 0; values && i < PyTuple_Size(names); i++) {
        PyObject *borrowed_name = PyTuple_GetItem(names, i);
        if (py_dict_set_take(values, borrowed_name, PyObject_GetAttr(op, borrowed_name)) < 0) {
            Py_CLEAR(values);
        }
    }
    Py_XDECREF(own);
    Py_XDECREF(names);
    return values;
}

static PyObject *
set_state(PyObject *op, PyObject *values)
{
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;

    if (!PyDict_Check(values)) {
        PyErr_SetString(PyExc_TypeError, "state must be a dict");
        return NULL;
    }
    while (PyDict_Next(values, &position, &borrowed_key, &borrowed_value)) {
        if (PyObject_GenericSetAttr(op, borrowed_key, borrowed_value) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
frozen_error(const char *action, PyObject *name)
{
    PyObject *error = py_import_attr("dataclasses", "FrozenInstanceError");

    if (error) {
        PyErr_Format(error, "cannot %s field %R", action, name);
        Py_DECREF(error);
    }
    return NULL;
}

static PyObject *
frozen_setattr(PyObject *Py_UNUSED(op), PyObject *args)
{
    PyObject *name = NULL;
    PyObject *value = NULL;

    if (!PyArg_UnpackTuple(args, "__setattr__", 2, 2, &name, &value)) {
        return NULL;
    }
    return frozen_error("assign to", name);
}

static PyObject *
frozen_delattr(PyObject *Py_UNUSED(op), PyObject *name)
{
    return frozen_error("delete", name);
}

static PyMethodDef STATE_METHODS[] = {
    {"__getstate__", get_state, METH_NOARGS, "__getstate__($self)\n--\n\n"},
    {"__setstate__", set_state, METH_O, NULL},
    PY_END_METHOD,
};

/* Put into the type's dict after it is made: then object.__setattr__ still works on instances, as with @dataclass. */
static PyMethodDef FROZEN_METHODS[] = {
    {"__setattr__", frozen_setattr, METH_VARARGS, NULL},
    {"__delattr__", frozen_delattr, METH_O, NULL},
    PY_END_METHOD,
};

/* `__dataclass_fields__`, made from the description in Python when somebody introspects. */
static PyObject *
lazy_fields_get(PyObject *Py_UNUSED(descriptor), PyObject *instance, PyObject *type)
{
    PyObject *owner = instance ? (PyObject *)Py_TYPE(instance) : type;
    PyObject *make = py_import_attr("_pytest.mark.structures", "_dataclass_fields");
    PyObject *fields = make ? py_call1(make, owner) : NULL;

    Py_XDECREF(make);
    return fields;
}

static PyType_Slot LAZY_FIELDS_SLOTS[] = {
    PY_SLOT(tp_descr_get, lazy_fields_get),
    PY_END_SLOT,
};

static PyType_Spec LAZY_FIELDS_SPEC = {
    .name = "_fastest._LazyDataclassFields",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = LAZY_FIELDS_SLOTS,
};

static int
add_methods(PyTypeObject *type, PyMethodDef *methods)
{
    int status = 0;

    for (PyMethodDef *method = methods; method->ml_name && status == 0; method++) {
        PyObject *descriptor = PyDescr_NewMethod(type, method);
        status = descriptor ? PyObject_SetAttrString((PyObject *)type, method->ml_name, descriptor) : -1;
        Py_XDECREF(descriptor);
    }
    return status;
}

static int
add_lazy_fields(struct state *state, PyTypeObject *type)
{
    PyObject *lazy_type = PyType_FromModuleAndSpec(state->module, &LAZY_FIELDS_SPEC, NULL);
    PyObject *lazy = lazy_type ? PyObject_CallNoArgs(lazy_type) : NULL;
    int status = lazy ? PyObject_SetAttrString((PyObject *)type, "__dataclass_fields__", lazy) : -1;

    Py_XDECREF(lazy);
    Py_XDECREF(lazy_type);
    return status;
}

int
dataclass_finish(struct state *state, PyTypeObject *type, const char *const *fields, bool is_frozen)
{
    Py_ssize_t count = 0;
    PyObject *names = NULL;
    int status = -1;

    while (fields[count]) {
        count++;
    }
    names = PyTuple_New(count);
    for (Py_ssize_t i = 0; names && i < count; i++) {
        PyObject *name = PyUnicode_InternFromString(fields[i]);
        if (!name || PyTuple_SetItem(names, i, name) < 0) {
            goto done;
        }
    }
    if (!names || PyObject_SetAttrString((PyObject *)type, "__match_args__", names) < 0 ||
        add_methods(type, STATE_METHODS) < 0 || (is_frozen && add_methods(type, FROZEN_METHODS) < 0)) {
        goto done;
    }
    status = add_lazy_fields(state, type);
done:
    Py_XDECREF(names);
    return status;
}
