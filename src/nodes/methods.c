/* The methods of Node: walking the tree, warnings, finalizers, construction. */
#include "nodes/internal.h"

#include "code/code.h"

static PyObject *
method_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "parent", "config", "session", "fspath", "path", "nodeid", NULL};
    PyObject *values[7];

    if (py_unpack_tuple("Node.__init__", args, kwargs, NAMES, 7, 1, values) < 0) {
        return NULL;
    }
    struct node_arguments arguments = {.name = values[0],
                                       .parent = values[1],
                                       .config = values[2],
                                       .session = values[3],
                                       .path = values[5],
                                       .nodeid = values[6]};
    if (node_init((Node *)op, &arguments) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
refuse_keyword(PyObject *kwargs, const char *name)
{
    if (kwargs && PyDict_GetItemString(kwargs, name)) {
        PyErr_Format(PyExc_TypeError, "%s is not a valid argument for from_parent", name);
        return -1;
    }
    return 0;
}

/* cls.from_parent(parent, **kw): everything reaches _create() as a keyword. */
static PyObject *
method_from_parent(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    struct state *state = state_of(cls);
    Py_ssize_t given = PyTuple_Size(args);
    PyObject *keywords = NULL;
    PyObject *create = NULL;
    PyObject *node = NULL;

    if (refuse_keyword(kwargs, "config") < 0 || refuse_keyword(kwargs, "session") < 0) {
        return NULL;
    }
    if (given > 1) {
        return PyErr_Format(PyExc_TypeError, "from_parent() takes 2 positional arguments but %zd were given",
                            given + 1);
    }
    keywords = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
    if (!keywords || (given && PyDict_SetItem(keywords, state->names.parent, PyTuple_GetItem(args, 0)) < 0)) {
        goto done;
    }
    if (!PyDict_GetItemString(keywords, "parent")) {
        PyErr_SetString(PyExc_TypeError, "from_parent() missing 1 required positional argument: 'parent'");
        goto done;
    }
    create = PyObject_GetAttrString(cls, "_create");
    node = create ? PyObject_Call(create, state->empty_tuple, keywords) : NULL;
done:
    Py_XDECREF(keywords);
    Py_XDECREF(create);
    return node;
}

static PyObject *
method_nothing(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE;
}

/* The node's parent, through the attribute when Python code replaced the class's. */
static PyObject *
list_parents(Node *node)
{
    PyObject *list = PyList_New(0);

    while (list && node) {
        if (PyList_Append(list, (PyObject *)node) < 0) {
            Py_CLEAR(list);
        }
        node = node->parent;
    }
    return list;
}

static PyObject *
method_iter_parents(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_iterate_take(list_parents((Node *)op));
}

static PyObject *
method_listchain(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *list = list_parents((Node *)op);

    if (list && PyList_Reverse(list) < 0) {
        Py_CLEAR(list);
    }
    return list;
}

static PyObject *
method_listnames(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(0);

    for (Node *node = (Node *)op; list && node; node = node->parent) {
        if (PyList_Append(list, node->name ? node->name : Py_None) < 0) {
            Py_CLEAR(list);
        }
    }
    if (list && PyList_Reverse(list) < 0) {
        Py_CLEAR(list);
    }
    return list;
}

static PyObject *
method_listextrakeywords(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *all = PySet_New(NULL);

    for (Node *node = (Node *)op; all && node; node = node->parent) {
        if (node->extra_keyword_matches) {
            PyObject *result = PyObject_CallMethod(all, "update", "O", node->extra_keyword_matches);
            Py_XDECREF(result);
            if (!result) {
                Py_CLEAR(all);
            }
        }
    }
    return all;
}

static PyObject *
method_getparent(PyObject *op, PyObject *cls)
{
    for (Node *node = (Node *)op; node; node = node->parent) {
        int is_instance = PyObject_IsInstance((PyObject *)node, cls);
        if (is_instance < 0) {
            return NULL;
        }
        if (is_instance) {
            return Py_NewRef((PyObject *)node);
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
method_addfinalizer(PyObject *op, PyObject *finalizer)
{
    PyObject *session = PyObject_GetAttrString(op, "session");
    PyObject *setup_state = session ? PyObject_GetAttrString(session, "_setupstate") : NULL;
    PyObject *result = setup_state ? PyObject_CallMethod(setup_state, "addfinalizer", "OO", finalizer, op) : NULL;
    Py_XDECREF(session);
    Py_XDECREF(setup_state);
    return result;
}

/* (path or text, line) from `location`, `obj` or `path`: a new tuple. */
PyObject *
node_source_location(struct state *state, PyObject *node)
{
    PyObject *found = NULL;
    PyObject *result = NULL;
    int status = py_find_attr(state, node, state->names.location, &found);

    if (status > 0 && found != Py_None) {
        result = PySequence_GetSlice(found, 0, 2);
        Py_DECREF(found);
        return result;
    }
    Py_CLEAR(found);
    if (status >= 0) {
        status = py_find_attr(state, node, state->names.obj, &found);
    }
    if (status > 0 && found != Py_None) {
        result = code_fslineno(state, found);
        Py_DECREF(found);
        return result;
    }
    Py_CLEAR(found);
    if (status >= 0) {
        status = py_find_attr(state, node, state->names.path, &found);
    }
    if (status < 0) {
        return NULL;
    }
    result = found ? Py_BuildValue("(Oi)", found, -1) : Py_BuildValue("(si)", "unknown location", -1);
    Py_XDECREF(found);
    return result;
}

static PyObject *
method_warn(PyObject *op, PyObject *warning)
{
    struct state *state = state_of((PyObject *)Py_TYPE(op));
    int is_warning = PyObject_IsInstance(warning, PyExc_Warning);
    PyObject *location = NULL;
    PyObject *result = NULL;

    if (is_warning < 0) {
        return NULL;
    }
    if (!is_warning) {
        return PyErr_Format(PyExc_ValueError, "warning must be an instance of Warning or subclass, got %R", warning);
    }
    location = node_source_location(state, op);
    PyObject *warn_explicit = location ? py_import_attr("warnings", "warn_explicit") : NULL;
    PyObject *filename = warn_explicit ? PyObject_Str(PyTuple_GetItem(location, 0)) : NULL;
    long line = filename ? PyLong_AsLong(PyTuple_GetItem(location, 1)) : -1;
    if (filename && !PyErr_Occurred()) {
        result = PyObject_CallFunction(warn_explicit, "OOOl", warning, Py_None, filename, line + 1);
    }
    Py_XDECREF(location);
    Py_XDECREF(warn_explicit);
    Py_XDECREF(filename);
    return result;
}

static PyObject *
method_traceback_filter(PyObject *Py_UNUSED(op), PyObject *excinfo)
{
    return PyObject_GetAttrString(excinfo, "traceback");
}

static int
unpack_styled(const char *function, PyObject *const *args, Py_ssize_t count, PyObject *kwnames, PyObject **values)
{
    static const char *const NAMES[] = {"excinfo", "style", NULL};
    return py_unpack_arguments(function, args, count, kwnames, NAMES, 2, 1, values);
}

static PyObject *
method_repr_failure_py(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    PyObject *values[2];

    if (unpack_styled("_repr_failure_py", args, count, kwnames, values) < 0) {
        return NULL;
    }
    return node_repr_failure_styled((Node *)op, values[0], values[1]);
}

static PyObject *
method_repr_failure(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)
{
    PyObject *values[2];

    if (unpack_styled("repr_failure", args, count, kwnames, values) < 0) {
        return NULL;
    }
    return PyObject_CallMethod(op, "_repr_failure_py", "OO", values[0], values[1] ? values[1] : Py_None);
}

PY_NAMED_ONE(method_warn_named, method_warn, "warn", "warning")
PY_NAMED_ONE(method_getparent_named, method_getparent, "getparent", "cls")
PY_NAMED_ONE(method_addfinalizer_named, method_addfinalizer, "addfinalizer", "fin")

PY_NAMED_ONE(method_traceback_filter_named, method_traceback_filter, "_traceback_filter", "excinfo")
PyMethodDef NODE_METHODS[] = {
    {"__init__", PY_WITH_KEYWORDS(method_init),
     "__init__($self, /, name, parent=None, config=None, session=None, fspath=None, path=None, "
     "nodeid=None)\n--\n\n"},
    {"from_parent", PY_WITH_KEYWORDS(method_from_parent) | METH_CLASS,
     "from_parent($type, parent, **kw)\n--\n\n"
     "Public constructor for Nodes."},
    {"warn", PY_FAST_WITH_KEYWORDS(method_warn_named),
     "warn($self, warning)\n--\n\n"
     "Issue a warning for this Node."},
    {"setup", method_nothing, METH_NOARGS, "setup($self)\n--\n\n"},
    {"teardown", method_nothing, METH_NOARGS, "teardown($self)\n--\n\n"},
    {"iter_parents", method_iter_parents, METH_NOARGS,
     "iter_parents($self)\n--\n\n"
     "Iterate over all parent collectors starting from and including self up to the root of the collection tree."},
    {"listchain", method_listchain, METH_NOARGS,
     "listchain($self)\n--\n\n"
     "Return a list of all parent collectors starting from the root of the collection tree down to self."},
    {"listnames", method_listnames, METH_NOARGS, "listnames($self)\n--\n\n"},
    {"listextrakeywords", method_listextrakeywords, METH_NOARGS,
     "listextrakeywords($self)\n--\n\n"
     "Return a set of all extra keywords in self and any parents."},
    {"getparent", PY_FAST_WITH_KEYWORDS(method_getparent_named),
     "getparent($self, cls)\n--\n\n"
     "Get the closest parent node (including self) which is an instance of the given class."},
    {"addfinalizer", PY_FAST_WITH_KEYWORDS(method_addfinalizer_named),
     "addfinalizer($self, fin)\n--\n\n"
     "Register a function to be called without arguments when this node is finalized."},
    {"_traceback_filter", PY_FAST_WITH_KEYWORDS(method_traceback_filter_named),
     "_traceback_filter($self, excinfo)\n--\n\n"},
    {"_repr_failure_py", PY_FAST_WITH_KEYWORDS(method_repr_failure_py),
     "_repr_failure_py($self, excinfo, style=None)\n--\n\n"},
    {"repr_failure", PY_FAST_WITH_KEYWORDS(method_repr_failure),
     "repr_failure($self, excinfo, style=None)\n--\n\n"
     "Return a representation of a collection or test failure."},
    PY_END_METHOD,
};
