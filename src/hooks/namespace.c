/* Namespace: config.option and what a parse fills, argparse.Namespace without importing argparse. */
#include "base/text.h"
#include "hooks/config_internal.h"

bool
namespace_check(struct state *state, PyObject *object)
{
    return PyObject_TypeCheck(object, hooks_types(state)->namespace_type);
}

PyObject *
namespace_new(struct state *state)
{
    PyObject *op = py_new_instance(hooks_types(state)->namespace_type);

    if (op) {
        ((Namespace *)op)->dict = PyDict_New();
        if (!namespace_dict(op)) {
            Py_CLEAR(op);
        }
    }
    return op;
}

PyObject *
namespace_copy(PyObject *op)
{
    PyObject *copy = py_new_instance(Py_TYPE(op));

    if (copy) {
        ((Namespace *)copy)->dict = PyDict_Copy(namespace_dict(op));
        if (!namespace_dict(copy)) {
            Py_CLEAR(copy);
        }
    }
    return copy;
}

int
namespace_update(PyObject *op, PyObject *dict)
{
    ((Namespace *)op)->generation++;
    return PyDict_Update(namespace_dict(op), dict);
}

static PyObject *
namespace_tp_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    PyObject *op = py_new_instance(type);

    if (op) {
        ((Namespace *)op)->dict = PyDict_New();
        if (!namespace_dict(op)) {
            Py_CLEAR(op);
        }
    }
    return op;
}

static int
namespace_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_Size(args) > 0) {
        py_bad_argument_count("Namespace", PyTuple_Size(args), 0, 0);
        return -1;
    }
    return kwargs ? namespace_update(op, kwargs) : 0;
}

static int
namespace_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(namespace_dict(op));
    return 0;
}

static int
namespace_clear(PyObject *op)
{
    Py_CLEAR(((Namespace *)op)->dict);
    return 0;
}

static void
namespace_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Namespace *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    namespace_clear(op);
    py_free_instance(op);
}

static int
namespace_setattro(PyObject *op, PyObject *name, PyObject *value)
{
    ((Namespace *)op)->generation++;
    return PyObject_GenericSetAttr(op, name, value);
}

static PyObject *
namespace_get_dict(PyObject *op, void *Py_UNUSED(closure))
{
    ((Namespace *)op)->is_exposed = true;
    return Py_NewRef(namespace_dict(op));
}

static int
namespace_set_dict(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    if (!value || !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__dict__ must be set to a dictionary");
        return -1;
    }
    ((Namespace *)op)->is_exposed = true;
    ((Namespace *)op)->generation++;
    py_replace(&((Namespace *)op)->dict, value);
    return 0;
}

static PyObject *
namespace_repr(PyObject *op)
{
    struct text text = {0};
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    PyObject *result = NULL;
    Py_ssize_t position = 0;
    bool is_first = true;

    text_add_string(&text, "Namespace(");
    while (PyDict_Next(namespace_dict(op), &position, &borrowed_key, &borrowed_value)) {
        PyObject *key = Py_NewRef(borrowed_key);
        PyObject *value = Py_NewRef(borrowed_value);
        if (!is_first) {
            text_add_string(&text, ", ");
        }
        is_first = false;
        int status = py_text_add_str(&text, key);
        text_add_char(&text, '=');
        status = status < 0 ? status : py_text_add_repr(&text, value);
        Py_DECREF(key);
        Py_DECREF(value);
        if (status < 0) {
            goto done;
        }
    }
    text_add_char(&text, ')');
    result = py_text_from(&text);
done:
    text_release(&text);
    return result;
}

static PyObject *
namespace_richcompare(PyObject *op, PyObject *other, int operation)
{
    PyObject *other_dict = NULL;
    PyObject *result = NULL;

    if ((operation != Py_EQ && operation != Py_NE) || !namespace_check(state_of(op), other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    other_dict = Py_NewRef(namespace_dict(other));
    result = PyObject_RichCompare(namespace_dict(op), other_dict, operation);
    Py_DECREF(other_dict);
    return result;
}

static int
namespace_contains(PyObject *op, PyObject *key)
{
    return PyDict_Contains(namespace_dict(op), key);
}

static PyObject *
namespace_copy_method(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return namespace_copy(op);
}

static PyMethodDef namespace_methods[] = {
    {"__copy__", namespace_copy_method, METH_NOARGS, "__copy__($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyMemberDef namespace_members[] = {
    PY_DICT_MEMBER(Namespace),
    PY_WEAKREF_MEMBER(Namespace),
    PY_END_MEMBER,
};

static PyGetSetDef namespace_getsets[] = {
    {"__dict__", namespace_get_dict, namespace_set_dict, NULL, NULL},
    PY_END_GETSET,
};

static PyType_Slot namespace_slots[] = {
    PY_SLOT(tp_doc, "Simple object for storing attributes."),
    PY_SLOT(tp_new, namespace_tp_new),
    PY_SLOT(tp_init, namespace_init),
    PY_SLOT(tp_dealloc, namespace_dealloc),
    PY_SLOT(tp_traverse, namespace_traverse),
    PY_SLOT(tp_clear, namespace_clear),
    PY_SLOT(tp_setattro, namespace_setattro),
    PY_SLOT(tp_repr, namespace_repr),
    PY_SLOT(tp_richcompare, namespace_richcompare),
    PY_SLOT(tp_hash, PyObject_HashNotImplemented),
    PY_SLOT(sq_contains, namespace_contains),
    PY_SLOT(tp_methods, namespace_methods),
    PY_SLOT(tp_members, namespace_members),
    PY_SLOT(tp_getset, namespace_getsets),
    PY_END_SLOT,
};

static PyType_Spec namespace_spec = {
    .name = "fastest._fastest.Namespace",
    .basicsize = sizeof(Namespace),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = namespace_slots,
};

int
namespace_add_type(PyObject *module, struct state *state)
{
    hooks_types(state)->namespace_type = py_type_add(module, &namespace_spec, NULL);
    return hooks_types(state)->namespace_type ? 0 : -1;
}
