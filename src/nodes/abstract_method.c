/* The abstract methods of node classes: found by abc, callable through super(), raising NotImplementedError. */
#include "nodes/internal.h"

typedef struct {
    PyObject_HEAD
    PyObject *name;
    PyObject *message;
    PyObject *doc;
} AbstractMethod;

PyObject *
abstract_method_new(struct state *state, const char *name, const char *message, const char *doc)
{
    AbstractMethod *self = (AbstractMethod *)py_new_instance(nodes_room(state)->abstract_method);

    if (self) {
        self->name = PyUnicode_FromString(name);
        self->message = PyUnicode_FromString(message);
        self->doc = PyUnicode_FromString(doc);
        if (!self->name || !self->message || !self->doc) {
            Py_CLEAR(self);
        }
    }
    return (PyObject *)self;
}

static PyObject *
abstract_method_call(PyObject *op, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    PyErr_SetObject(PyExc_NotImplementedError, ((AbstractMethod *)op)->message);
    return NULL;
}

/* Bound or not, a call does the same. */
static PyObject *
abstract_method_get(PyObject *op, PyObject *Py_UNUSED(instance), PyObject *Py_UNUSED(owner))
{
    return Py_NewRef(op);
}

static PyObject *
abstract_method_is_abstract(PyObject *Py_UNUSED(op), void *Py_UNUSED(closure))
{
    Py_RETURN_TRUE;
}

static void
abstract_method_dealloc(PyObject *op)
{
    AbstractMethod *self = (AbstractMethod *)op;
    Py_XDECREF(self->name);
    Py_XDECREF(self->message);
    Py_XDECREF(self->doc);
    py_free_instance(op);
}

static PyMemberDef MEMBERS[] = {
    {"__name__", T_OBJECT, offsetof(AbstractMethod, name), READONLY, NULL},
    {"__doc__", T_OBJECT, offsetof(AbstractMethod, doc), READONLY, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef GETSET[] = {
    {"__isabstractmethod__", abstract_method_is_abstract, NULL, NULL, NULL},
    PY_END_GETSET,
};

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_call, abstract_method_call),
    PY_SLOT(tp_descr_get, abstract_method_get),
    PY_SLOT(tp_dealloc, abstract_method_dealloc),
    PY_SLOT(tp_members, MEMBERS),
    PY_SLOT(tp_getset, GETSET),
    PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_fastest.AbstractMethod",
    .basicsize = sizeof(AbstractMethod),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = SLOTS,
};

int
abstract_method_add(PyObject *module, struct state *state)
{
    nodes_room(state)->abstract_method = (PyTypeObject *)PyType_FromModuleAndSpec(module, &SPEC, NULL);
    return nodes_room(state)->abstract_method ? 0 : -1;
}
