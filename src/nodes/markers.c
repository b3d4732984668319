/* Markers of a node and its parents, nearest first. */
#include "nodes/internal.h"

bool
node_has_markers(Node *node)
{
    for (; node; node = node->parent) {
        if (node->own_markers && PyList_Size(node->own_markers) > 0) {
            return true;
        }
    }
    return false;
}

/* Whether the mark is called `name`: 1, 0 or -1. NULL matches all. */
static int
mark_matches(struct state *state, PyObject *mark, PyObject *name)
{
    PyObject *found = NULL;

    if (!name) {
        return 1;
    }
    int status = py_find_attr(state, mark, state->names.name, &found);
    if (status > 0) {
        status = found == name ? 1 : PyObject_RichCompareBool(found, name, Py_EQ);
        Py_DECREF(found);
    }
    return status;
}

/* Calls `visit` for each mark until it returns non-zero, which is returned. */
static int
each_marker(Node *start, PyObject *name, int (*visit)(void *context, Node *node, PyObject *mark), void *context)
{
    struct state *state = state_of((PyObject *)Py_TYPE(start));

    for (Node *node = start; node; node = node->parent) {
        for (Py_ssize_t i = 0; node->own_markers && i < PyList_Size(node->own_markers); i++) {
            PyObject *mark = py_list_item(node->own_markers, i);
            int status = mark_matches(state, mark, name);
            if (status > 0) {
                status = visit(context, node, mark);
            }
            Py_DECREF(mark);
            if (status != 0) {
                return status;
            }
        }
    }
    return 0;
}

static int
visit_append(void *list, Node *Py_UNUSED(node), PyObject *mark)
{
    return PyList_Append(list, mark);
}

static int
visit_append_pair(void *list, Node *node, PyObject *mark)
{
    return py_list_append_take(list, PyTuple_Pack(2, (PyObject *)node, mark));
}

static int
visit_first(void *mark_out, Node *Py_UNUSED(node), PyObject *mark)
{
    *(PyObject **)mark_out = Py_NewRef(mark);
    return 1;
}

PyObject *
node_markers(Node *node, PyObject *name)
{
    PyObject *list = PyList_New(0);

    if (list && each_marker(node, name, visit_append, list) < 0) {
        Py_CLEAR(list);
    }
    return list;
}

int
node_find_marker(Node *node, PyObject *name, PyObject **mark_out)
{
    *mark_out = NULL;
    return each_marker(node, name, visit_first, mark_out);
}

static int
unpack_name(const char *function, PyObject *const *args, Py_ssize_t count, PyObject *kwnames, PyObject **name)
{
    static const char *const NAMES[] = {"name", NULL};

    if (py_unpack_arguments(function, args, count, kwnames, NAMES, 1, 0, name) < 0) {
        return -1;
    }
    *name = *name == Py_None ? NULL : *name;
    return 0;
}

static PyObject *
method_iter_markers(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    PyObject *name = NULL;

    if (unpack_name("iter_markers", args, count, kwnames, &name) < 0) {
        return NULL;
    }
    return py_iterate_take(node_markers((Node *)op, name));
}

static PyObject *
method_iter_markers_with_node(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    PyObject *name = NULL;
    PyObject *list = NULL;

    if (unpack_name("iter_markers_with_node", args, count, kwnames, &name) < 0) {
        return NULL;
    }
    list = PyList_New(0);
    if (list && each_marker((Node *)op, name, visit_append_pair, list) < 0) {
        Py_CLEAR(list);
    }
    return py_iterate_take(list);
}

static bool
is_mark_decorator(PyObject *op)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
    bool is_decorator = name && py_text_equals(name, "MarkDecorator");

    if (!name) {
        PyErr_Clear();
    }
    Py_XDECREF(name);
    return is_decorator;
}

static PyObject *
method_get_closest_marker(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    static const char *const NAMES[] = {"name", "default", NULL};
    PyObject *values[2];
    PyObject *mark = NULL;

    if (py_unpack_arguments("get_closest_marker", args, count, kwnames, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    int found = node_find_marker((Node *)op, values[0], &mark);
    if (found != 0) {
        return found < 0 ? NULL : mark;
    }
    if (values[1] && is_mark_decorator(values[1])) {
        return PyObject_GetAttrString(values[1], "mark");
    }
    return Py_NewRef(values[1] ? values[1] : Py_None);
}

/* The MarkDecorator that add_marker() got or names: a new reference. */
static PyObject *
marker_argument(PyObject *marker)
{
    if (is_mark_decorator(marker)) {
        return Py_NewRef(marker);
    }
    if (PyUnicode_Check(marker)) {
        PyObject *generator = py_import_attr("_pytest.mark", "MARK_GEN");
        PyObject *decorator = generator ? PyObject_GetAttr(generator, marker) : NULL;
        Py_XDECREF(generator);
        return decorator;
    }
    PyErr_SetString(PyExc_ValueError, "is not a string or pytest.mark.* Marker");
    return NULL;
}

static PyObject *
method_add_marker(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    static const char *const NAMES[] = {"marker", "append", NULL};
    PyObject *values[2];

    if (py_unpack_arguments("add_marker", args, count, kwnames, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    int appends = values[1] ? PyObject_IsTrue(values[1]) : 1;
    PyObject *decorator = appends < 0 ? NULL : marker_argument(values[0]);
    PyObject *mark = decorator ? PyObject_GetAttrString(decorator, "mark") : NULL;
    PyObject *name = mark ? PyObject_GetAttrString(mark, "name") : NULL;
    PyObject *own_markers = name ? node_own_markers((Node *)op) : NULL;
    Node *self = (Node *)op;
    int status = -1;

    /* Keywords that do not exist yet will be made from own_markers. */
    if (own_markers && (!self->keywords || PyObject_SetItem(self->keywords, name, mark) == 0)) {
        status = appends ? PyList_Append(own_markers, mark) : PyList_Insert(own_markers, 0, mark);
    }
    Py_XDECREF(decorator);
    Py_XDECREF(mark);
    Py_XDECREF(name);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyMethodDef MARKER_METHODS[] = {
    {"add_marker", PY_FAST_WITH_KEYWORDS(method_add_marker),
     "add_marker($self, marker, append=True)\n--\n\n"
     "Dynamically add a marker object to the node."},
    {"iter_markers", PY_FAST_WITH_KEYWORDS(method_iter_markers),
     "iter_markers($self, name=None)\n--\n\n"
     "Iterate over all markers of the node."},
    {"iter_markers_with_node", PY_FAST_WITH_KEYWORDS(method_iter_markers_with_node),
     "iter_markers_with_node($self, name=None)\n--\n\n"
     "Iterate over all markers of the node, with the node each belongs to."},
    {"get_closest_marker", PY_FAST_WITH_KEYWORDS(method_get_closest_marker),
     "get_closest_marker($self, name, default=None)\n--\n\n"
     "Return the first marker matching the name, from closest to farther level."},
    PY_END_METHOD,
};
