/* The classes Node, Collector, FSCollector, File, Directory and Item. */
#include "nodes/internal.h"

#include "base/arena.h"

/* What this folder keeps per engine. */
struct nodes_engine {
    PyObject *initial_paths; /* set of str */
};

static int
nodes_engine_traverse(void *data, visitproc visit, void *arg)
{
    struct nodes_engine *room = data;
    Py_VISIT(room->initial_paths);
    return 0;
}

static void
nodes_engine_release(void *data)
{
    struct nodes_engine *room = data;
    Py_XDECREF(room->initial_paths);
    memory_free(room);
}

static struct nodes_engine *
nodes_engine(struct engine *engine)
{
    struct engine_room *room = &engine->rooms[ROOM_NODES];

    if (!room->data) {
        room->data = memory_alloc_zeroed(sizeof(struct nodes_engine));
        room->traverse = nodes_engine_traverse;
        room->release = nodes_engine_release;
    }
    return room->data;
}

int
nodes_set_initial_paths(struct engine *engine, PyObject *paths)
{
    py_replace_take(&nodes_engine(engine)->initial_paths, PySet_New(paths));
    return nodes_engine(engine)->initial_paths ? 0 : -1;
}

/* ---- FSCollector ---- */

/* The nodeid of a path outside of rootdir: relative to the argument it was found below. */
static PyObject *
initial_relative(struct engine *engine, PyObject *path)
{
    PyObject *initial_paths = nodes_engine(engine)->initial_paths;
    PyObject *parent = NULL;
    PyObject *result = NULL;

    if (!initial_paths) {
        return NULL;
    }
    if (PySet_Contains(initial_paths, path) == 1) {
        return PyUnicode_FromString("");
    }
    parent = path_directory(path);
    while (parent && !result && PyUnicode_GetLength(parent) > 1) {
        if (PySet_Contains(initial_paths, parent) == 1) {
            result = path_relative(path, parent);
            break;
        }
        py_replace_take(&parent, path_directory(parent));
    }
    Py_XDECREF(parent);
    return result;
}

static PyObject *
collector_name(Node *parent, PyObject *path)
{
    if (parent && parent->path_text && PyUnicode_Compare(parent->path_text, path) != 0) {
        PyObject *relative = path_relative(path, parent->path_text);
        if (relative || PyErr_Occurred()) {
            return relative;
        }
    }
    return path_name(path);
}

int
fs_collector_init(Node *self, const struct node_arguments *arguments)
{
    struct state *state = state_of((PyObject *)Py_TYPE(self));
    Node *parent = (Node *)(arguments->parent == Py_None ? NULL : arguments->parent);
    struct node_arguments complete = *arguments;
    PyObject *path = py_path_text(state, arguments->path);
    PyObject *name = NULL;
    PyObject *nodeid = NULL;
    int status = -1;

    if (!path) {
        return -1;
    }
    if (parent && !node_check(state, (PyObject *)parent)) {
        PyErr_Format(PyExc_TypeError, "parent must be a node, got %R", parent);
        goto done;
    }
    if (!complete.name || complete.name == Py_None) {
        name = complete.name = collector_name(parent, path);
        if (!name) {
            goto done;
        }
    }
    if (!complete.nodeid || complete.nodeid == Py_None) {
        Node *session = (Node *)(complete.session && complete.session != Py_None ? complete.session : NULL);
        struct engine *engine = session ? session->engine : parent ? parent->engine : NULL;
        if (engine) {
            nodeid = path_relative(path, config_rootpath(engine));
            nodeid = nodeid ? nodeid : initial_relative(engine, path);
        }
        complete.nodeid = nodeid;
    }
    status = node_init(self, &complete);
    if (status == 0 && !self->path_text) {
        self->path_text = Py_NewRef(path);
    }
done:
    Py_DECREF(path);
    Py_XDECREF(name);
    Py_XDECREF(nodeid);
    return status;
}

/* The legacy first arguments: a node is the parent, anything else the path. */
static int
place_path_or_parent(struct state *state, PyObject *value, PyObject **path, PyObject **parent)
{
    if (!value || value == Py_None) {
        return 0;
    }
    PyObject **target = node_check(state, value) ? parent : path;
    if (*target && *target != Py_None) {
        PyErr_SetNone(PyExc_AssertionError);
        return -1;
    }
    *target = value;
    return 0;
}

static PyObject *
fs_collector_method_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"fspath", "path_or_parent", "path",   "name", "parent",
                                        "config", "session",        "nodeid", NULL};
    struct state *state = state_of((PyObject *)Py_TYPE(op));
    PyObject *values[8];

    if (py_unpack_tuple("FSCollector.__init__", args, kwargs, NAMES, 8, 0, values) < 0 ||
        place_path_or_parent(state, values[1], &values[2], &values[4]) < 0) {
        return NULL;
    }
    if (!values[2] || values[2] == Py_None) {
        PyErr_SetNone(PyExc_AssertionError);
        return NULL;
    }
    struct node_arguments arguments = {.name = values[3],
                                       .parent = values[4],
                                       .path = values[2],
                                       .config = values[5],
                                       .session = values[6],
                                       .nodeid = values[7]};
    if (fs_collector_init((Node *)op, &arguments) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Passes on `fspath` and `path` even when not given, as constructors of subclasses expect. */
static PyObject *
fs_collector_from_parent(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    struct state *state = state_of(cls);
    PyObject *from_parent = NULL;
    PyObject *keywords = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
    PyObject *proxy = NULL;
    PyObject *node = NULL;

    if (!keywords ||
        (!PyDict_GetItemString(keywords, "fspath") && PyDict_SetItemString(keywords, "fspath", Py_None) < 0) ||
        (!PyDict_GetItemString(keywords, "path") && PyDict_SetItemString(keywords, "path", Py_None) < 0)) {
        goto done;
    }
    proxy = py_call2(nodes_room(state)->super, (PyObject *)nodes_types(state)->fs_collector, cls);
    from_parent = proxy ? PyObject_GetAttr(proxy, state->names.from_parent) : NULL;
    node = from_parent ? PyObject_Call(from_parent, args, keywords) : NULL;
done:
    Py_XDECREF(keywords);
    Py_XDECREF(proxy);
    Py_XDECREF(from_parent);
    return node;
}

static PyMethodDef FS_COLLECTOR_METHODS[] = {
    {"__init__", PY_WITH_KEYWORDS(fs_collector_method_init),
     "__init__($self, /, fspath=None, path_or_parent=None, path=None, name=None, parent=None, "
     "config=None, session=None, nodeid=None)\n--\n\n"},
    {"from_parent", PY_WITH_KEYWORDS(fs_collector_from_parent) | METH_CLASS, "The public constructor."},
    PY_END_METHOD,
};

/* ---- Collector ---- */

static PyObject *
collector_method_repr_failure(PyObject *op, PyObject *excinfo)
{
    return collector_repr_failure((Node *)op, excinfo);
}

static PyObject *
collector_method_traceback_filter(PyObject *op, PyObject *excinfo)
{
    return collector_traceback_filter((Node *)op, excinfo);
}

PY_NAMED_ONE(collector_method_repr_failure_named, collector_method_repr_failure, "repr_failure", "excinfo")

PY_NAMED_ONE(collector_method_traceback_filter_named, collector_method_traceback_filter, "_traceback_filter", "excinfo")
static PyMethodDef COLLECTOR_METHODS[] = {
    {"repr_failure", PY_FAST_WITH_KEYWORDS(collector_method_repr_failure_named),
     "repr_failure($self, excinfo)\n--\n\n"
     "Return a representation of a collection failure."},
    {"_traceback_filter", PY_FAST_WITH_KEYWORDS(collector_method_traceback_filter_named),
     "_traceback_filter($self, excinfo)\n--\n\n"},
    PY_END_METHOD,
};

/* An attribute of a class made here, set without NodeMeta's bookkeeping. */
static int
class_set(PyTypeObject *cls, const char *name, PyObject *value)
{
    int status = value ? PyObject_SetAttrString((PyObject *)cls, name, value) : -1;
    Py_XDECREF(value);
    return status;
}

/* Marks `name` abstract in a class that exists already. */
static int
class_add_abstract(struct state *state, PyTypeObject *cls, const char *name, const char *message, const char *doc)
{
    if (class_set(cls, name, abstract_method_new(state, name, message, doc)) < 0) {
        return -1;
    }
    return class_set(cls, "__abstractmethods__", PyObject_CallFunction((PyObject *)&PyFrozenSet_Type, "((s))", name));
}

static int
collector_class_add(PyObject *module, struct state *state)
{
    struct nodes_types *types = nodes_types(state);

    types->collector = node_class_new(
        module, "_pytest.nodes.Collector", (PyObject *)types->node, NODE_COLLECTOR, COLLECTOR_METHODS, NULL,
        "Base class of all collectors.\n\nCollector create children through `collect()` and thus "
        "iteratively build\nthe collection tree.");
    if (!types->collector) {
        return -1;
    }
    types->collect_error = (PyTypeObject *)PyErr_NewExceptionWithDoc(
        "_pytest.nodes.CollectError", "An error during collection, contains a custom message.", NULL, NULL);
    if (!types->collect_error ||
        class_set(types->collect_error, "__qualname__", PyUnicode_FromString("Collector.CollectError")) < 0 ||
        class_set(types->collector, "CollectError", Py_NewRef((PyObject *)types->collect_error)) < 0) {
        return -1;
    }
    return class_add_abstract(state, types->collector, "collect", "abstract",
                              "Collect children (items and collectors) for this collector.");
}

static int
path_classes_add(PyObject *module, struct state *state)
{
    struct nodes_types *types = nodes_types(state);

    types->fs_collector =
        node_class_new(module, "_pytest.nodes.FSCollector", (PyObject *)types->collector, NODE_FSCOLLECTOR,
                       FS_COLLECTOR_METHODS, NULL, "Base class for filesystem collectors.");
    if (!types->fs_collector) {
        return -1;
    }
    types->file = node_class_new(module, "_pytest.nodes.File", (PyObject *)types->fs_collector, NODE_FILE, NULL, NULL,
                                 "Base class for collecting tests from a file.\n\n:ref:`non-python tests`.");
    types->directory = node_class_new(module, "_pytest.nodes.Directory", (PyObject *)types->fs_collector,
                                      NODE_DIRECTORY, NULL, NULL, "Base class for collecting files from a directory.");
    return types->file && types->directory ? 0 : -1;
}

static int
item_class_add(PyObject *module, struct state *state)
{
    struct nodes_types *types = nodes_types(state);

    types->item =
        node_class_new(module, "_pytest.nodes.Item", (PyObject *)types->node, NODE_ITEM, ITEM_METHODS, ITEM_GETSET,
                       "Base class of all test invocation items.\n\nNote that for a single function there "
                       "might be multiple test invocation items.");
    if (!types->item || class_set(types->item, "nextitem", Py_NewRef(Py_None)) < 0) {
        return -1;
    }
    return class_add_abstract(state, types->item, "runtest", "runtest must be implemented by Item subclass",
                              "Run the test case for this item.\n\nMust be implemented by subclasses.");
}

static int
node_class_add(PyObject *module, struct state *state)
{
    PyTypeObject *node = node_class_new(module, "_pytest.nodes.Node", (PyObject *)nodes_room(state)->node_base, 0,
                                        NODE_METHODS, NODE_GETSET,
                                        "Base class of :class:`Collector` and :class:`Item`, the components of\nthe "
                                        "test collection tree.");

    nodes_types(state)->node = node;
    return node ? class_add_methods(state, node, MARKER_METHODS) : -1;
}

int
node_classes_add(PyObject *module, struct state *state)
{
    if (node_class_add(module, state) < 0 || collector_class_add(module, state) < 0 ||
        path_classes_add(module, state) < 0) {
        return -1;
    }
    return item_class_add(module, state);
}
