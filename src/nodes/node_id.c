/* NodeId: the parts of a node's address. Made only when somebody asks; the engine itself works with the text. */
#include "nodes/internal.h"

#include <string.h>

#include "base/text.h"

typedef struct {
    PyObject_HEAD
    PyObject *path;   /* str */
    PyObject *names;  /* tuple of str */
    PyObject *params; /* str or None */
    PyObject *text;   /* str(self); NULL until asked for */
} NodeId;

static PyObject *
node_id_new(struct state *state, PyObject *path, PyObject *names, PyObject *params)
{
    NodeId *self = (NodeId *)py_new_instance(nodes_types(state)->node_id);

    if (self) {
        self->path = Py_NewRef(path);
        self->names = names ? Py_NewRef(names) : Py_NewRef(state->empty_tuple);
        self->params = Py_NewRef(params ? params : Py_None);
    }
    return (PyObject *)self;
}

static PyObject *
split_names(const char *text, size_t length)
{
    PyObject *list = PyList_New(0);
    PyObject *names = NULL;
    const char *end = text + length;

    while (list) {
        const char *separator = text;
        while (separator < end && !(separator[0] == ':' && separator + 1 < end && separator[1] == ':')) {
            separator++;
        }
        if (py_list_append_take(list, PyUnicode_DecodeUTF8(text, separator - text, "surrogatepass")) < 0) {
            Py_CLEAR(list);
            break;
        }
        if (separator >= end) {
            break;
        }
        text = separator + 2;
    }
    if (list) {
        names = PyList_AsTuple(list);
        Py_DECREF(list);
    }
    return names;
}

static PyObject *
parse_bytes(struct state *state, PyObject *nodeid, const char *text, size_t length)
{
    const char *separator = strstr(text, "::");
    PyObject *path = NULL;
    PyObject *names = NULL;
    PyObject *params = NULL;
    PyObject *self = NULL;

    if (!separator) {
        path = Py_NewRef(nodeid);
    } else {
        const char *tail = separator + 2;
        const char *bracket = strchr(tail, '[');
        path = PyUnicode_DecodeUTF8(text, separator - text, "surrogatepass");
        names = split_names(tail, bracket ? (size_t)(bracket - tail) : length - (size_t)(tail - text));
        if (bracket) {
            size_t size = length - (size_t)(bracket + 1 - text);
            if (size && bracket[size] == ']') {
                size--;
            }
            params = PyUnicode_DecodeUTF8(bracket + 1, (Py_ssize_t)size, "surrogatepass");
        }
        if (!names || (bracket && !params)) {
            goto done;
        }
    }
    if (path) {
        self = node_id_new(state, path, names, params);
    }
    if (self) {
        ((NodeId *)self)->text = Py_NewRef(nodeid);
    }
done:
    Py_XDECREF(path);
    Py_XDECREF(names);
    Py_XDECREF(params);
    return self;
}

PyObject *
node_id_parse(struct state *state, PyObject *nodeid)
{
    struct text text = {0};
    PyObject *self = NULL;

    if (!PyUnicode_Check(nodeid)) {
        return PyErr_Format(PyExc_TypeError, "nodeid must be a str, got %R", nodeid);
    }
    if (py_text_add_str(&text, nodeid) == 0) {
        self = parse_bytes(state, nodeid, text_string(&text), text.length);
    }
    text_release(&text);
    return self;
}

static PyObject *
joined_names(NodeId *self, bool with_path)
{
    PyObject *parts = PySequence_List(self->names);
    PyObject *text = NULL;

    if (parts && (!with_path || PyList_Insert(parts, 0, self->path) == 0)) {
        text = py_text_join("::", parts);
    }
    if (text && self->params != Py_None) {
        py_replace_take(&text, PyUnicode_FromFormat("%U[%S]", text, self->params));
    }
    Py_XDECREF(parts);
    return text;
}

PyObject *
node_id_text(PyObject *op)
{
    NodeId *self = (NodeId *)op;

    if (!self->text) {
        self->text = joined_names(self, true);
    }
    return Py_XNewRef(self->text);
}

static PyObject *
refuse_params(PyObject *op, const char *method, const char *what)
{
    return PyErr_Format(PyExc_ValueError,
                        "cannot call .%s() on a parameterised id %R; only collector ids (params=None) can %s", method,
                        op, what);
}

static PyObject *
node_id_child(struct state *state, PyObject *op, PyObject *name)
{
    NodeId *self = (NodeId *)op;

    if (self->params != Py_None) {
        return refuse_params(op, "child", "have children");
    }
    PyObject *last = PyTuple_Pack(1, name);
    PyObject *names = last ? PySequence_Concat(self->names, last) : NULL;
    PyObject *child = names ? node_id_new(state, self->path, names, NULL) : NULL;
    Py_XDECREF(last);
    Py_XDECREF(names);
    return child;
}

static PyObject *
method_child(PyObject *op, PyObject *name)
{
    return node_id_child(state_of(op), op, name);
}

static PyObject *
method_with_params(PyObject *op, PyObject *params)
{
    NodeId *self = (NodeId *)op;

    if (self->params != Py_None) {
        return refuse_params(op, "with_params", "be parameterised");
    }
    return node_id_new(state_of(op), self->path, self->names, params);
}

static PyObject *
method_parse(PyObject *cls, PyObject *nodeid)
{
    return node_id_parse(state_from_type((PyTypeObject *)cls), nodeid);
}

static PyObject *
get_rest(PyObject *op, void *Py_UNUSED(closure))
{
    NodeId *self = (NodeId *)op;

    if (PyTuple_Size(self->names) == 0) {
        Py_RETURN_NONE;
    }
    return joined_names(self, false);
}

static PyObject *
node_id_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"path", "names", "params", NULL};
    PyObject *values[3];

    if (py_unpack_tuple("NodeId.__init__", args, kwargs, NAMES, 0, 1, values) < 0) {
        return NULL;
    }
    return node_id_new(state_from_type(type), values[0], values[1], values[2]);
}

static PyObject *
node_id_repr(PyObject *op)
{
    NodeId *self = (NodeId *)op;
    return PyUnicode_FromFormat("NodeId(path=%R, names=%R, params=%R)", self->path, self->names, self->params);
}

static PyObject *
node_id_key(NodeId *self)
{
    return PyTuple_Pack(3, self->path, self->names, self->params);
}

static PyObject *
node_id_compare(PyObject *op, PyObject *other, int operation)
{
    PyObject *left = NULL;
    PyObject *right = NULL;
    PyObject *result = NULL;

    if (Py_TYPE(op) != Py_TYPE(other) || (operation != Py_EQ && operation != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    left = node_id_key((NodeId *)op);
    right = node_id_key((NodeId *)other);
    if (left && right) {
        result = PyObject_RichCompare(left, right, operation);
    }
    Py_XDECREF(left);
    Py_XDECREF(right);
    return result;
}

static Py_hash_t
node_id_hash(PyObject *op)
{
    PyObject *key = node_id_key((NodeId *)op);
    Py_hash_t hash = key ? PyObject_Hash(key) : -1;
    Py_XDECREF(key);
    return hash;
}

static int
node_id_setattr(PyObject *op, PyObject *name, PyObject *Py_UNUSED(value))
{
    PyObject *error = py_import_attr("dataclasses", "FrozenInstanceError");
    if (error) {
        PyErr_Format(error, "cannot assign to field %R", name);
        Py_DECREF(error);
    }
    (void)op;
    return -1;
}

static int
node_id_traverse(PyObject *op, visitproc visit, void *arg)
{
    NodeId *self = (NodeId *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->path);
    Py_VISIT(self->names);
    Py_VISIT(self->params);
    return 0;
}

static void
node_id_dealloc(PyObject *op)
{
    NodeId *self = (NodeId *)op;
    PyObject_GC_UnTrack(op);
    Py_CLEAR(self->path);
    Py_CLEAR(self->names);
    Py_CLEAR(self->params);
    Py_CLEAR(self->text);
    py_free_instance(op);
}

static PyObject *
node_id_reduce(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *parse = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "parse");
    PyObject *text = parse ? node_id_text(op) : NULL;
    PyObject *result = text ? Py_BuildValue("O(O)", parse, text) : NULL;
    Py_XDECREF(parse);
    Py_XDECREF(text);
    return result;
}

PY_NAMED_ONE(method_parse_named, method_parse, "parse", "nodeid")
PY_NAMED_ONE(method_child_named, method_child, "child", "name")
PY_NAMED_ONE(method_with_params_named, method_with_params, "with_params", "params")
static PyMethodDef METHODS[] = {
    {"parse", PY_FAST_WITH_KEYWORDS(method_parse_named) | METH_CLASS,
     "parse($type, nodeid)\n--\n\n"
     "Parse a nodeid string into its path, names, and raw params."},
    {"child", PY_FAST_WITH_KEYWORDS(method_child_named),
     "child($self, name)\n--\n\n"
     "Return a new NodeId for a child collector node."},
    {"with_params", PY_FAST_WITH_KEYWORDS(method_with_params_named),
     "with_params($self, params)\n--\n\n"
     "Return a new NodeId with params set."},
    {"__reduce__", node_id_reduce, METH_NOARGS, "__reduce__($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyMemberDef MEMBERS[] = {
    {"path", T_OBJECT, offsetof(NodeId, path), READONLY, NULL},
    {"names", T_OBJECT, offsetof(NodeId, names), READONLY, NULL},
    {"params", T_OBJECT, offsetof(NodeId, params), READONLY, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef GETSET[] = {
    {"rest", get_rest, NULL, "Everything after the first \"::\", or None.", NULL},
    PY_END_GETSET,
};

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_doc, "NodeId(*, path, names=(), params=None)\n--\n\n"
                    "Structured identifier of a node in the collection tree."),
    PY_SLOT(tp_new, node_id_tp_new),
    PY_SLOT(tp_repr, node_id_repr),
    PY_SLOT(tp_str, node_id_text),
    PY_SLOT(tp_hash, node_id_hash),
    PY_SLOT(tp_richcompare, node_id_compare),
    PY_SLOT(tp_setattro, node_id_setattr),
    PY_SLOT(tp_traverse, node_id_traverse),
    PY_SLOT(tp_dealloc, node_id_dealloc),
    PY_SLOT(tp_methods, METHODS),
    PY_SLOT(tp_members, MEMBERS),
    PY_SLOT(tp_getset, GETSET),
    PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_pytest.nodeid.NodeId",
    .basicsize = sizeof(NodeId),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = SLOTS,
};

int
node_id_add(PyObject *module, struct state *state)
{
    nodes_types(state)->node_id = py_type_add(module, &SPEC, NULL);
    return nodes_types(state)->node_id ? 0 : -1;
}
