/* Registers the types of src/marks, and the two sentinels. */
#include "marks/marks.h"

#include "marks/internal.h"

/* An enumeration of one member, `token`, without the enum module: NOTSET and HIDDEN_PARAM. */
static PyObject *
sentinel_str(PyObject *op)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
    PyObject *text = name ? PyUnicode_FromFormat("%U.token", name) : NULL;

    Py_XDECREF(name);
    return text;
}

static PyObject *
sentinel_repr(PyObject *op)
{
    PyObject *inner = sentinel_str(op);
    PyObject *text = inner ? PyUnicode_FromFormat("<%U: 0>", inner) : NULL;

    Py_XDECREF(inner);
    return text;
}

static PyObject *
sentinel_reduce(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("O(Os)", state_of(op)->getattr, (PyObject *)Py_TYPE(op), "token");
}

static PyObject *
sentinel_get_name(PyObject *Py_UNUSED(op), void *Py_UNUSED(closure))
{
    return PyUnicode_FromString("token");
}

static PyObject *
sentinel_get_value(PyObject *Py_UNUSED(op), void *Py_UNUSED(closure))
{
    return PyLong_FromLong(0);
}

static PyMethodDef SENTINEL_METHODS[] = {
    {"__reduce__", sentinel_reduce, METH_NOARGS, "__reduce__($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyGetSetDef SENTINEL_GETSET[] = {
    {"name", sentinel_get_name, NULL, NULL, NULL},
    {"value", sentinel_get_value, NULL, NULL, NULL},
    PY_END_GETSET,
};

static PyType_Slot SENTINEL_SLOTS[] = {
    PY_SLOT(tp_str, sentinel_str),
    PY_SLOT(tp_repr, sentinel_repr),
    PY_SLOT(tp_methods, SENTINEL_METHODS),
    PY_SLOT(tp_getset, SENTINEL_GETSET),
    PY_END_SLOT,
};

static PyType_Spec NOTSET_SPEC = {
    .name = "_pytest.compat.NotSetType",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = SENTINEL_SLOTS,
};

static PyType_Spec HIDDEN_PARAM_SPEC = {
    .name = "_pytest.mark.structures._HiddenParam",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = SENTINEL_SLOTS,
};

static PyObject *
sentinel_new(PyObject *module, PyType_Spec *spec, const char *name)
{
    PyTypeObject *type = py_type_add(module, spec, NULL);
    PyObject *token = type ? py_new_instance(type) : NULL;

    if (token && (PyObject_SetAttrString((PyObject *)type, "token", token) < 0 ||
                  PyModule_AddObjectRef(module, name, token) < 0)) {
        Py_CLEAR(token);
    }
    Py_XDECREF((PyObject *)type);
    return token;
}

int
marks_add(PyObject *module, struct state *state)
{
    struct marks_types *types = STATE_ROOM_ADD(state, ROOM_MARKS, struct marks_types);

    types->notset = sentinel_new(module, &NOTSET_SPEC, "NOTSET");
    types->hidden_param = types->notset ? sentinel_new(module, &HIDDEN_PARAM_SPEC, "HIDDEN_PARAM") : NULL;
    if (!types->hidden_param) {
        return -1;
    }
    if (mark_add_type(module, state) < 0 || mark_decorator_add_type(module, state) < 0 ||
        mark_generator_add_type(module, state) < 0 || object_marks_add_functions(module) < 0 ||
        parameter_set_add_type(module, state) < 0 || expression_add_type(module, state) < 0 ||
        call_spec_add_type(module, state) < 0 || id_maker_add_type(module, state) < 0 ||
        metafunc_add_type(module, state) < 0) {
        return -1;
    }
    return 0;
}
