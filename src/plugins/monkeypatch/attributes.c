/* MonkeyPatch.setattr() and delattr(). */
#include "plugins/monkeypatch/internal.h"

/* getattr(object, name, NOTSET): a new reference. */
static PyObject *
attribute_or_notset(PyObject *op, PyObject *object, PyObject *name)
{
    PyObject *value = NULL;

    if (py_find_attr(state_of(op), object, name, &value) < 0) {
        return NULL;
    }
    return value ? value : Py_NewRef(notset_of(op));
}

/* Whether a class's own dict defines the name, and as a data descriptor: 1, 0 (defined, but not so), 2 (not defined).
 */
static int
class_defines_data_descriptor(struct state *state, PyObject *cls, PyObject *name)
{
    PyObject *dict = PyObject_GetAttr(cls, state->names.__dict__);
    int defines = dict ? PySequence_Contains(dict, name) : -1;
    PyObject *value = defines > 0 ? PyObject_GetItem(dict, name) : NULL;
    int result = defines == 0 ? 2 : -1;

    if (value) {
        PyObject *type = (PyObject *)Py_TYPE(value);
        result = PyObject_HasAttrString(type, "__set__") || PyObject_HasAttrString(type, "__delete__");
        Py_DECREF(value);
    }
    Py_XDECREF(dict);
    return result;
}

/* Setting such an attribute on an instance goes through its class's descriptor, not into its dict. */
static int
is_data_descriptor(struct state *state, PyTypeObject *cls, PyObject *name)
{
    PyObject *value = NULL;
    PyObject *mro = NULL;
    int result = py_find_attr(state, (PyObject *)cls, name, &value);

    Py_XDECREF(value);
    if (result <= 0) {
        return result;
    }
    mro = PyObject_GetAttr((PyObject *)cls, state->names.__mro__);
    result = mro ? 2 : -1;
    for (Py_ssize_t i = 0; result == 2 && i < PyTuple_Size(mro); i++) {
        result = class_defines_data_descriptor(state, PyTuple_GetItem(mro, i), name);
    }
    Py_XDECREF(mro);
    return result == 2 ? 0 : result;
}

static int
is_mapping(PyObject *object)
{
    PyObject *abstract = NULL;
    int result = -1;

    if (PyDict_CheckExact(object)) {
        return 1;
    }
    abstract = py_import_attr("_collections_abc", "Mapping");
    if (abstract) {
        result = PyObject_IsInstance(object, abstract);
        Py_DECREF(abstract);
    }
    return result;
}

/*
 * Replaces *old_value by what the target's own dict holds: a class's staticmethod must come back as it was, and an
 * attribute that an instance inherits must not be left on it. 0 or -1.
 */
static int
refine_old_value(PyObject *op, PyObject *target, PyObject *name, PyObject **old_value)
{
    struct state *state = state_of(op);
    PyObject *dict = NULL;
    PyObject *own = NULL;
    int status = 0;

    if (!PyType_Check(target)) {
        status = is_data_descriptor(state, Py_TYPE(target), name);
        if (status != 0) {
            return status < 0 ? -1 : 0;
        }
    }
    if (py_find_attr(state, target, state->names.__dict__, &dict) <= 0) {
        return PyErr_Occurred() ? -1 : 0;
    }
    status = is_mapping(dict);
    if (status > 0) {
        own = get_or_notset(op, dict, name);
        status = own ? 0 : -1;
        if (own) {
            py_replace_take(old_value, own);
        }
    }
    Py_DECREF(dict);
    return status;
}

/* derive_importpath("a.b.c", raising): new references to "c" and a.b. */
static int
find_by_import_path(PyObject *op, PyObject *path, int raising, PyObject **name_out, PyObject **target_out)
{
    struct monkeypatch_types *types = monkeypatch_types(state_of(op));
    PyObject *found = NULL;

    if (!types->derive) {
        types->derive = py_import_attr("_pytest.monkeypatch", "derive_importpath");
    }
    found = types->derive ? py_call2(types->derive, path, raising ? Py_True : Py_False) : NULL;
    if (!found) {
        return -1;
    }
    *name_out = py_tuple_item(found, 0);
    *target_out = py_tuple_item(found, 1);
    Py_DECREF(found);
    return 0;
}

/* The steps of setattr() once target and name are known. */
static int
patch_attribute(PyObject *op, PyObject *target, PyObject *name, PyObject *value, int raising)
{
    PyObject *old_value = attribute_or_notset(op, target, name);
    int status = old_value ? 0 : -1;

    if (old_value && raising && old_value == notset_of(op)) {
        PyErr_Format(PyExc_AttributeError, "%R has no attribute %R", target, name);
        status = -1;
    }
    if (status == 0 &&
        (refine_old_value(op, target, name, &old_value) < 0 || PyObject_SetAttr(target, name, value) < 0 ||
         remember(((MonkeyPatch *)op)->attributes, target, name, old_value) < 0)) {
        status = -1;
    }
    Py_XDECREF(old_value);
    return status;
}

PyObject *
patch_setattr(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    static const char *const NAMES[] = {"target", "name", "value", "raising", NULL};
    PyObject *values[4];
    PyObject *name = NULL;
    PyObject *target = NULL;
    PyObject *borrowed_value = NULL;
    int raising = 1;
    int status = -1;

    if (py_unpack_arguments("MonkeyPatch.setattr", args, count, kwnames, NAMES, 4, 2, values) < 0 ||
        (raising = truth_or(values[3], 1)) < 0) {
        return NULL;
    }
    if (values[2] && values[2] != notset_of(op)) {
        if (!PyUnicode_Check(values[1])) {
            PyErr_SetString(PyExc_TypeError, "use setattr(target, name, value) with name being a string or "
                                             "setattr(target, value) with target being a dotted import string");
            return NULL;
        }
        target = Py_NewRef(values[0]);
        name = Py_NewRef(values[1]);
        borrowed_value = values[2];
    } else {
        if (!PyUnicode_Check(values[0])) {
            PyErr_SetString(PyExc_TypeError, "use setattr(target, name, value) or setattr(target, value) with target "
                                             "being a dotted import string");
            return NULL;
        }
        borrowed_value = values[1];
        if (find_by_import_path(op, values[0], raising, &name, &target) < 0) {
            return NULL;
        }
    }
    status = patch_attribute(op, target, name, borrowed_value, raising);
    Py_DECREF(name);
    Py_DECREF(target);
    return py_none_or_error(status);
}

/* The steps of delattr() once target and name are known. */
static int
remove_attribute(PyObject *op, PyObject *target, PyObject *name, int raising)
{
    PyObject *old_value = attribute_or_notset(op, target, name);
    int status = old_value ? 0 : -1;

    if (old_value && old_value == notset_of(op)) {
        if (raising) {
            PyErr_SetObject(PyExc_AttributeError, name);
            status = -1;
        }
        Py_DECREF(old_value);
        return status;
    }
    if (status == 0 && PyType_Check(target)) {
        status = refine_old_value(op, target, name, &old_value);
    }
    if (status == 0) {
        status = PyObject_SetAttr(target, name, NULL);
    }
    if (status == 0) {
        status = remember(((MonkeyPatch *)op)->attributes, target, name, old_value);
    }
    Py_XDECREF(old_value);
    return status;
}

PyObject *
patch_delattr(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    static const char *const NAMES[] = {"target", "name", "raising", NULL};
    PyObject *values[3];
    PyObject *name = NULL;
    PyObject *target = NULL;
    int raising = 1;
    int status = -1;

    if (py_unpack_arguments("MonkeyPatch.delattr", args, count, kwnames, NAMES, 3, 1, values) < 0 ||
        (raising = truth_or(values[2], 1)) < 0) {
        return NULL;
    }
    if (values[1] && values[1] != notset_of(op)) {
        target = Py_NewRef(values[0]);
        name = Py_NewRef(values[1]);
    } else if (!PyUnicode_Check(values[0])) {
        PyErr_SetString(PyExc_TypeError, "use delattr(target, name) or delattr(target) with target being a dotted "
                                         "import string");
        return NULL;
    } else if (find_by_import_path(op, values[0], raising, &name, &target) < 0) {
        return NULL;
    }
    status = remove_attribute(op, target, name, raising);
    Py_DECREF(name);
    Py_DECREF(target);
    return py_none_or_error(status);
}
