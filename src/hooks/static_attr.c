/* Finds hook functions on plugin objects without running their descriptors, as pluggy does. */
#include "hooks/dispatch.h"

int
static_attr_init(struct state *state)
{
    struct hooks_room *room = hooks_room(state);
    /* types.MemberDescriptorType: any T_OBJECT member will do. */
    PyObject *slot = PyObject_GetAttrString((PyObject *)room->hook_spec, "opts");

    if (slot) {
        room->member_type = (PyTypeObject *)Py_NewRef(Py_TYPE(slot));
        Py_DECREF(slot);
    }
    return room->member_type ? 0 : -1;
}

/* The dict of a class, as seen by type.__dict__: a new reference (a mappingproxy). */
static PyObject *
class_dict(struct state *state, PyObject *type)
{
    return PyObject_GetAttr(type, state->names.__dict__);
}

/* The first `name` in the dicts along a class's MRO: a new reference, NULL without an exception when absent. */
static PyObject *
find_in_mro(struct state *state, PyObject *type, PyObject *name)
{
    PyObject *mro = PyObject_GetAttr(type, state->names.__mro__);
    PyObject *value = NULL;
    Py_ssize_t count = mro ? PyTuple_Size(mro) : 0;

    for (Py_ssize_t i = 0; i < count && !value; i++) {
        PyObject *dict = class_dict(state, PyTuple_GetItem(mro, i));
        if (!dict) {
            break;
        }
        value = PyObject_GetItem(dict, name);
        Py_DECREF(dict);
        if (!value && !PyErr_ExceptionMatches(PyExc_KeyError)) {
            break;
        }
        if (!value) {
            PyErr_Clear();
        }
    }
    Py_XDECREF(mro);
    return value;
}

/* object.__getattribute__(op, "__dict__"), when it is a dict: a new reference, NULL without an exception. */
static PyObject *
instance_dict(struct state *state, PyObject *object)
{
    PyObject *dict = PyObject_GenericGetAttr(object, state->names.__dict__);

    if (!dict) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
        return NULL;
    }
    if (!PyDict_Check(dict)) {
        Py_CLEAR(dict);
    }
    return dict;
}

PyObject *
object_find_static(struct state *state, PyObject *object, PyObject *name)
{
    PyObject *value = NULL;

    if (PyType_Check(object)) {
        value = find_in_mro(state, object, name);
        if (value || PyErr_Occurred()) {
            return value;
        }
        return find_in_mro(state, (PyObject *)Py_TYPE(object), name);
    }
    PyObject *dict = instance_dict(state, object);
    if (!dict && PyErr_Occurred()) {
        return NULL;
    }
    if (dict) {
        py_dict_find(dict, name, &value);
        Py_DECREF(dict);
    }
    if (value || PyErr_Occurred()) {
        return value;
    }
    return find_in_mro(state, (PyObject *)Py_TYPE(object), name);
}

/* A value that getattr() hands out as it is: a function or a bound method. Takes `value`. */
static int
plain_value_take(struct state *state, PyObject *value, PyObject **holder_out, PyObject **function_out)
{
    if (Py_TYPE(value) == state->method_type) {
        *holder_out = PyObject_GetAttr(value, state->names.dunder_func);
        *function_out = value;
        return *holder_out ? 1 : -1;
    }
    if (Py_TYPE(value) == state->function_type) {
        *holder_out = Py_NewRef(value);
        *function_out = value;
        return 1;
    }
    Py_DECREF(value);
    return 0;
}

/* What the instance itself holds, in its dict or a slot: 1 and a new reference, 0, -1. */
static int
instance_value(struct state *state, PyObject *object, PyObject *name, PyObject **value_out)
{
    PyObject *dict = instance_dict(state, object);
    PyObject *slot = NULL;

    *value_out = NULL;
    if (dict) {
        int found = py_dict_find(dict, name, value_out);
        Py_DECREF(dict);
        if (found != 0) {
            return found;
        }
    } else if (PyErr_Occurred()) {
        return -1;
    }
    slot = find_in_mro(state, (PyObject *)Py_TYPE(object), name);
    if (!slot) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (Py_TYPE(slot) == hooks_room(state)->member_type) {
        *value_out = PyObject_CallMethod(slot, "__get__", "OO", object, Py_TYPE(object));
        if (!*value_out && PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
        }
    }
    Py_DECREF(slot);
    return *value_out ? 1 : PyErr_Occurred() ? -1 : 0;
}

/* Binds what a class defines: takes `value`. */
static int
class_value_take(struct state *state, PyObject *object, PyObject *value, PyObject **holder_out, PyObject **function_out)
{
    PyObject *owner = PyType_Check(object) ? object : (PyObject *)Py_TYPE(object);

    *holder_out = value;
    if (PyObject_TypeCheck(value, state->static_method_type)) {
        *function_out = PyObject_GetAttr(value, state->names.dunder_func);
    } else if (PyObject_TypeCheck(value, state->class_method_type)) {
        *function_out = PyObject_CallMethod(value, "__get__", "OO", owner, owner);
    } else if (Py_TYPE(value) == state->method_type) {
        *function_out = value;
        *holder_out = PyObject_GetAttr(value, state->names.dunder_func);
        return *holder_out ? 1 : -1;
    } else if (Py_TYPE(value) == state->function_type) {
        bool is_namespace = PyType_Check(object) || PyModule_Check(object);
        *function_out = is_namespace ? Py_NewRef(value) : PyObject_CallMethod(value, "__get__", "OO", object, owner);
    } else {
        Py_CLEAR(*holder_out);
        return 0;
    }
    return *function_out ? 1 : -1;
}

int
hook_attr_find(struct state *state, PyObject *object, PyObject *name, PyObject **holder_out, PyObject **function_out)
{
    PyObject *value = NULL;

    *holder_out = *function_out = NULL;
    if (!PyType_Check(object) && !PyModule_Check(object)) {
        int found = instance_value(state, object, name, &value);
        if (found != 0) {
            return found < 0 ? -1 : plain_value_take(state, value, holder_out, function_out);
        }
    }
    value = object_find_static(state, object, name);
    if (!value) {
        return PyErr_Occurred() ? -1 : 0;
    }
    return class_value_take(state, object, value, holder_out, function_out);
}
