/* NodeKeywords: the mapping item.keywords, a node's names and marks with those of its parents behind them. */
#include "nodes/internal.h"

typedef struct {
    PyObject_HEAD
    Node *node;
    PyObject *parent;  /* a node or None */
    PyObject *markers; /* dict: what belongs to this node */
} NodeKeywords;

/* {node.name: True}, then what node_keywords() adds. */
static PyObject *
make(PyTypeObject *type, Node *node)
{
    NodeKeywords *self = (NodeKeywords *)py_new_instance(type);

    if (!self) {
        return NULL;
    }
    self->node = (Node *)Py_NewRef((PyObject *)node);
    self->parent = Py_NewRef(node->parent ? (PyObject *)node->parent : Py_None);
    self->markers = PyDict_New();
    if (!self->markers || PyDict_SetItem(self->markers, node->name ? node->name : Py_None, Py_True) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

PyObject *
node_keywords_new(Node *node)
{
    return make(nodes_types(node->engine->state)->node_keywords, node);
}

static PyObject *
keywords_tp_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *node = NULL;

    if (!PyArg_ParseTuple(args, "O:NodeKeywords", &node)) {
        return NULL;
    }
    if (!node_check(state_from_type(type), node)) {
        return PyErr_Format(PyExc_TypeError, "NodeKeywords() needs a node, not %R", node);
    }
    return make(type, (Node *)node);
}

static PyObject *
parent_keywords(NodeKeywords *self)
{
    struct state *state = state_of((PyObject *)self);

    if (node_check(state, self->parent)) {
        return Py_XNewRef(node_keywords((Node *)self->parent));
    }
    return PyObject_GetAttr(self->parent, state->names.keywords);
}

static PyObject *
keywords_subscript(PyObject *op, PyObject *key)
{
    NodeKeywords *self = (NodeKeywords *)op;
    PyObject *value = NULL;
    int found = py_dict_find(self->markers, key, &value);

    if (found != 0) {
        return value;
    }
    if (self->parent == Py_None) {
        PyErr_SetObject(PyExc_KeyError, key);
        return NULL;
    }
    PyObject *parent = parent_keywords(self);
    value = parent ? PyObject_GetItem(parent, key) : NULL;
    Py_XDECREF(parent);
    return value;
}

static int
keywords_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    if (!value) {
        PyErr_SetString(PyExc_ValueError, "cannot delete key in keywords dict");
        return -1;
    }
    return PyDict_SetItem(((NodeKeywords *)op)->markers, key, value);
}

static int
keywords_contains(PyObject *op, PyObject *key)
{
    NodeKeywords *self = (NodeKeywords *)op;
    int contains = PyDict_Contains(self->markers, key);

    if (contains != 0 || self->parent == Py_None) {
        return contains;
    }
    PyObject *parent = parent_keywords(self);
    contains = parent ? PySequence_Contains(parent, key) : -1;
    Py_XDECREF(parent);
    return contains;
}

/* A new dict with every key once, nearest first. */
static PyObject *
keywords_flatten(PyObject *op)
{
    NodeKeywords *self = (NodeKeywords *)op;
    PyObject *all = PyDict_Copy(self->markers);

    if (all && self->parent != Py_None) {
        PyObject *parent = parent_keywords(self);
        PyObject *others = NULL;
        if (parent && Py_TYPE(parent) == Py_TYPE(op)) {
            others = keywords_flatten(parent);
        } else if (parent) {
            others = PyDict_New();
            if (others && PyDict_Update(others, parent) < 0) {
                Py_CLEAR(others);
            }
        }
        if (!others || PyDict_Merge(all, others, 0) < 0) {
            Py_CLEAR(all);
        }
        Py_XDECREF(parent);
        Py_XDECREF(others);
    }
    return all;
}

static PyObject *
keywords_iter(PyObject *op)
{
    PyObject *all = keywords_flatten(op);
    PyObject *keys = all ? PyDict_Keys(all) : NULL;
    PyObject *iterator = keys ? PyObject_GetIter(keys) : NULL;
    Py_XDECREF(all);
    Py_XDECREF(keys);
    return iterator;
}

static Py_ssize_t
keywords_length(PyObject *op)
{
    PyObject *all = keywords_flatten(op);
    Py_ssize_t length = all ? PyDict_Size(all) : -1;
    Py_XDECREF(all);
    return length;
}

static PyObject *
keywords_update(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *markers = ((NodeKeywords *)op)->markers;
    PyObject *update = PyObject_GetAttrString(markers, "update");
    PyObject *result = update ? PyObject_Call(update, args, kwargs) : NULL;
    Py_XDECREF(update);
    return result;
}

static PyObject *
keywords_repr(PyObject *op)
{
    return PyUnicode_FromFormat("<NodeKeywords for node %S>", ((NodeKeywords *)op)->node);
}

static int
keywords_traverse(PyObject *op, visitproc visit, void *arg)
{
    NodeKeywords *self = (NodeKeywords *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->node);
    Py_VISIT(self->parent);
    Py_VISIT(self->markers);
    return 0;
}

static int
keywords_clear(PyObject *op)
{
    NodeKeywords *self = (NodeKeywords *)op;
    Py_CLEAR(self->node);
    Py_CLEAR(self->parent);
    Py_CLEAR(self->markers);
    return 0;
}

static void
keywords_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    keywords_clear(op);
    py_free_instance(op);
}

static PyMethodDef METHODS[] = {
    {"update", PY_WITH_KEYWORDS(keywords_update), "update($self, other=(), **kwds)\n--\n\n"},
    PY_END_METHOD,
};

static PyMemberDef MEMBERS[] = {
    {"node", T_OBJECT, offsetof(NodeKeywords, node), 0, NULL},
    {"parent", T_OBJECT, offsetof(NodeKeywords, parent), 0, NULL},
    {"_markers", T_OBJECT, offsetof(NodeKeywords, markers), 0, NULL},
    PY_END_MEMBER,
};

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_new, keywords_tp_new),
    PY_SLOT(mp_subscript, keywords_subscript),
    PY_SLOT(mp_ass_subscript, keywords_ass_subscript),
    PY_SLOT(mp_length, keywords_length),
    PY_SLOT(sq_contains, keywords_contains),
    PY_SLOT(tp_iter, keywords_iter),
    PY_SLOT(tp_repr, keywords_repr),
    PY_SLOT(tp_traverse, keywords_traverse),
    PY_SLOT(tp_clear, keywords_clear),
    PY_SLOT(tp_dealloc, keywords_dealloc),
    PY_SLOT(tp_methods, METHODS),
    PY_SLOT(tp_members, MEMBERS),
    PY_SLOT(tp_doc, "NodeKeywords(node)\n--\n\n"),
    PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_pytest.mark.structures.NodeKeywords",
    .basicsize = sizeof(NodeKeywords),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = SLOTS,
};

/* The rest of a mapping is collections.abc's own code, working on the methods above. */
static int
become_mutable_mapping(PyTypeObject *type)
{
    static const char *const METHOD_NAMES[] = {"get",     "keys",  "items",      "values", "pop",
                                               "popitem", "clear", "setdefault", "__eq__"};
    PyObject *mapping = py_import_attr("_collections_abc", "MutableMapping");
    PyObject *registered = mapping ? PyObject_CallMethod(mapping, "register", "O", type) : NULL;
    int status = registered ? 0 : -1;

    for (size_t i = 0; status == 0 && i < COUNT_OF(METHOD_NAMES); i++) {
        PyObject *method = PyObject_GetAttrString(mapping, METHOD_NAMES[i]);
        status = method ? PyObject_SetAttrString((PyObject *)type, METHOD_NAMES[i], method) : -1;
        Py_XDECREF(method);
    }
    if (status == 0) {
        status = PyObject_SetAttrString((PyObject *)type, "__hash__", Py_None);
    }
    Py_XDECREF(mapping);
    Py_XDECREF(registered);
    return status;
}

int
node_keywords_add(PyObject *module, struct state *state)
{
    PyTypeObject *type = py_type_add(module, &SPEC, NULL);

    nodes_types(state)->node_keywords = type;
    return type ? become_mutable_mapping(type) : -1;
}
