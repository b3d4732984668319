/* PyobjMixin and PyCollector: nodes of Python objects, and the walk over their attributes. */
#include "collect/internal.h"

#include "code/code.h"

/* ---- obj ---- */

/* type(node)._getobj() of ours, by kind: a new reference. */
static PyObject *
node_get_object_native(Node *node)
{
    struct state *state = node->engine->state;

    if (node->kind & NODE_MODULE) {
        return import_test_module(node->engine, node->path_text);
    }
    if (!node->parent) {
        PyErr_SetNone(PyExc_AssertionError);
        return NULL;
    }
    PyObject *parent = NULL;
    if (node->kind & NODE_FUNCTION) {
        parent = function_instance(node);
        if (parent == Py_None) {
            Py_CLEAR(parent);
        } else if (!parent) {
            return NULL;
        }
    }
    if (!parent) {
        parent = node->parent->kind & NODE_PYOBJ ? node_object(node->parent)
                                                 : PyObject_GetAttr((PyObject *)node->parent, state->names.obj);
    }
    PyObject *name = node->kind & NODE_FUNCTION && node->originalname ? node->originalname : node->name;
    PyObject *object = parent ? PyObject_GetAttr(parent, name) : NULL;
    Py_XDECREF(parent);
    return object;
}

/* Marks of a module's or class's object become the node's own, once it is known. */
static int
take_object_marks(Node *node)
{
    struct state *state = node->engine->state;
    PyObject *marks = NULL;
    int allows = py_attr_is_true(state, (PyObject *)node, state->names._ALLOW_MARKERS);

    if (allows <= 0) {
        return allows;
    }
    if (marks_of_object(state, node->obj, true, &marks) < 0) {
        return -1;
    }
    if (!marks) {
        return 0;
    }
    PyObject *own = node_own_markers(node);
    int status = own ? PyList_SetSlice(own, PyList_Size(own), PyList_Size(own), marks) : -1;
    for (Py_ssize_t i = 0; status == 0 && node->keywords && i < PyList_Size(own); i++) {
        PyObject *mark = PyList_GetItem(own, i);
        status = PyObject_SetItem(node->keywords, mark_name(mark), mark);
    }
    Py_DECREF(marks);
    return status;
}

/* The stored object, fetched when it is not there yet: borrowed. */
static PyObject *
fetch_object(Node *node)
{
    if (!node->obj && !node->engine) {
        PyErr_SetString(PyExc_AttributeError, "obj"); /* a subclass that did not call our __init__ */
        return NULL;
    }
    if (!node->obj) {
        struct state *state = node->engine->state;
        node->obj = node_overrides(node, OVERRIDE_GETOBJ) ? py_method0((PyObject *)node, state->names._getobj)
                                                          : node_get_object_native(node);
        if (node->obj && !(node->kind & NODE_FUNCTION) && take_object_marks(node) < 0) {
            return NULL;
        }
    }
    return node->obj;
}

PyObject *
node_object(Node *node)
{
    if (node->obj && !node->dict) {
        return Py_NewRef(node->obj);
    }
    if (node_overrides(node, OVERRIDE_GETOBJ)) {
        return PyObject_GetAttr((PyObject *)node, node->engine->state->names.obj);
    }
    return Py_XNewRef(fetch_object(node));
}

static PyObject *
get_obj(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_XNewRef(fetch_object((Node *)op));
}

static int
set_obj(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    if (self->kind & NODE_LOCATION_IS_DUE && !self->location) {
        PyObject *location = item_location(self);
        if (!location) {
            return -1;
        }
        Py_DECREF(location);
    }
    py_replace(&self->obj, value == Py_None ? NULL : value);
    self->kind &= ~(uint32_t)FUNCTION_IS_PLAIN;
    return 0;
}

static PyObject *
get_raw_obj(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    if (!self->obj && self->kind & NODE_FUNCTION && self->fixtureinfo) {
        return Py_XNewRef(fetch_object(self)); /* pytest's functions have theirs from construction on */
    }
    if (!self->obj) {
        PyErr_SetString(PyExc_AttributeError, "_obj");
        return NULL;
    }
    return Py_NewRef(self->obj);
}

static PyObject *
method_getobj(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return node_get_object_native((Node *)op);
}

/* ---- module, cls, instance ---- */

static PyObject *
object_of_kind(PyObject *op, uint32_t kind)
{
    Node *node = node_parent_of_kind((Node *)op, kind);
    return node ? node_object(node) : Py_NewRef(Py_None);
}

static PyObject *
get_module(PyObject *op, void *Py_UNUSED(closure))
{
    return object_of_kind(op, NODE_MODULE);
}

static PyObject *
get_cls(PyObject *op, void *Py_UNUSED(closure))
{
    return object_of_kind(op, NODE_CLASS);
}

static PyObject *
get_no_instance(PyObject *Py_UNUSED(op), void *Py_UNUSED(closure))
{
    Py_RETURN_NONE;
}

/* ---- Where it is ---- */

/* The name without its extension, as os.path.splitext cuts it. */
static PyObject *
without_extension(PyObject *name)
{
    Py_ssize_t length = PyUnicode_GetLength(name);
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, length, -1);
    Py_ssize_t slash = PyUnicode_FindChar(name, '/', 0, length, -1);

    for (Py_ssize_t i = slash + 1; i < dot; i++) {
        if (PyUnicode_ReadChar(name, i) != '.') {
            return PyUnicode_Substring(name, 0, dot);
        }
    }
    return Py_NewRef(name);
}

PyObject *
node_module_path(Node *node, bool stops_at_module, bool includes_module)
{
    PyObject *parts = PyList_New(0);
    PyObject *result = NULL;
    int status = parts ? 0 : -1;

    for (; status == 0 && node; node = node->parent) {
        bool is_module = (node->kind & NODE_MODULE) != 0;
        if (is_module && stops_at_module && !includes_module) {
            break;
        }
        status = py_list_append_take(parts, is_module ? without_extension(node->name) : PyObject_Str(node->name));
        if (is_module && stops_at_module) {
            break;
        }
    }
    if (status == 0 && PyList_Reverse(parts) == 0) {
        result = PyList_Size(parts) == 1 ? py_list_item(parts, 0) : py_text_join(".", parts);
    }
    Py_XDECREF(parts);
    return result;
}

static PyObject *
method_getmodpath(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"stopatmodule", "includemodule", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("getmodpath", args, kwargs, NAMES, 2, 0, values) < 0) {
        return NULL;
    }
    int stops = values[0] ? PyObject_IsTrue(values[0]) : 1;
    int includes = values[1] ? PyObject_IsTrue(values[1]) : 0;
    return stops < 0 || includes < 0 ? NULL : node_module_path((Node *)op, stops == 1, includes == 1);
}

static PyObject *
method_reportinfo(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    struct state *state = ((Node *)op)->engine->state;
    PyObject *object = PyObject_GetAttr(op, state->names.obj);
    PyObject *location = object ? code_fslineno(state, object) : NULL;
    PyObject *path = location ? PyObject_CallMethod(op, "getmodpath", NULL) : NULL;
    PyObject *info = NULL;

    if (path) {
        info = PyTuple_Pack(3, PyTuple_GetItem(location, 0), PyTuple_GetItem(location, 1), path);
    }
    Py_XDECREF(object);
    Py_XDECREF(location);
    Py_XDECREF(path);
    return info;
}

static PyMethodDef MIXIN_METHODS[] = {
    {"_getobj", method_getobj, METH_NOARGS,
     "_getobj($self)\n--\n\n"
     "Get the underlying Python object. May be overwritten by subclasses."},
    {"getmodpath", PY_WITH_KEYWORDS(method_getmodpath),
     "getmodpath($self, stopatmodule=True, includemodule=False)\n--\n\n"
     "Return Python path relative to the containing module."},
    {"reportinfo", method_reportinfo, METH_NOARGS, "reportinfo($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyGetSetDef MIXIN_GETSET[] = {
    {"module", get_module, NULL, "Python module object this node was collected from (can be None).", NULL},
    {"cls", get_cls, NULL, "Python class object this node was collected from (can be None).", NULL},
    {"instance", get_no_instance, NULL, "Python instance object the function is bound to.", NULL},
    {"obj", get_obj, set_obj, "Underlying Python object.", NULL},
    {"_obj", get_raw_obj, set_obj, NULL, NULL},
    PY_END_GETSET,
};

/* ---- The walk ---- */

/* What one walk knows. */
struct walk {
    Node *collector;
    PyObject *object;
    PyObject *relay; /* borrowed */
    PyObject *seen;  /* set */
    bool skips_imported;
    PyObject *module_name; /* with skips_imported */
};

/* With collect_imported_tests off: 1 when the object comes from elsewhere. */
static int
is_imported(struct walk *walk, PyObject *object)
{
    struct state *state = walk->collector->engine->state;
    PyObject *module = NULL;

    if (!walk->skips_imported || (!is_plain_function(state, object) && !PyType_Check(object))) {
        return 0;
    }
    module = PyObject_GetAttr(object, state->names.__module__);
    int is_same = module ? PyObject_RichCompareBool(module, walk->module_name, Py_EQ) : -1;
    Py_XDECREF(module);
    return is_same < 0 ? -1 : !is_same;
}

static int
walk_attribute(struct walk *walk, PyObject *name, PyObject *object, PyObject *values)
{
    PyObject *args[] = {(PyObject *)walk->collector, name, object};
    struct state *state = walk->collector->engine->state;

    int skips = PySet_Contains(collect_room(state)->ignored_attributes, name);
    if (skips == 0) {
        skips = PySet_Contains(walk->seen, name);
    }
    if (skips == 0) {
        skips = PySet_Add(walk->seen, name) < 0 ? -1 : is_imported(walk, object);
    }
    if (skips != 0) {
        return skips < 0 ? -1 : 0;
    }
    PyObject *result = hook_call(walk->relay, HOOK_pycollect_makeitem, args);
    int status = result ? 0 : -1;
    if (result && PyList_Check(result)) {
        status = PyList_SetSlice(values, PyList_Size(values), PyList_Size(values), result);
    } else if (result && result != Py_None) {
        status = PyList_Append(values, result);
    }
    Py_XDECREF(result);
    return status;
}

/* The nodes of one dict: a new list. Its items are copied first: collecting may change it. */
static PyObject *
walk_dict(struct walk *walk, PyObject *dict)
{
    PyObject *items = PyMapping_Items(dict);
    PyObject *values = items ? PyList_New(0) : NULL;

    for (Py_ssize_t i = 0; values && i < PyList_Size(items); i++) {
        PyObject *item = PyList_GetItem(items, i);
        if (walk_attribute(walk, PyTuple_GetItem(item, 0), PyTuple_GetItem(item, 1), values) < 0) {
            Py_CLEAR(values);
        }
    }
    Py_XDECREF(items);
    return values;
}

/* The dicts to look into: the object's own, and for a class those of its bases. A new list. */
static PyObject *
walk_dicts(struct state *state, PyObject *object)
{
    PyObject *dicts = PyList_New(0);
    PyObject *dict = NULL;
    PyObject *mro = NULL;
    int found = dicts ? py_find_attr(state, object, state->names.__dict__, &dict) : -1;

    if (found > 0) {
        found = py_list_append_take(dicts, dict);
    }
    if (found >= 0 && PyType_Check(object)) {
        mro = PyObject_GetAttr(object, state->names.__mro__);
        found = mro ? 0 : -1;
        for (Py_ssize_t i = 1; found == 0 && i < PyTuple_Size(mro); i++) {
            found = py_list_append_take(dicts, PyObject_GetAttr(PyTuple_GetItem(mro, i), state->names.__dict__));
        }
        Py_XDECREF(mro);
    }
    if (found < 0) {
        Py_CLEAR(dicts);
    }
    return dicts;
}

static int
walk_init(struct walk *walk, Node *collector, PyObject *object)
{
    struct engine *engine = collector->engine;
    struct collect_engine *room = collect_engine(engine);
    int collects_imported = ini_is_true(engine, "collect_imported_tests");

    *walk = (struct walk){.collector = collector, .object = object, .relay = node_relay(collector)};
    if (collects_imported < 0 || !walk->relay || patterns_load(engine, &room->python_classes, "python_classes") < 0 ||
        patterns_load(engine, &room->python_functions, "python_functions") < 0) {
        return -1;
    }
    walk->seen = PySet_New(NULL);
    if (!collects_imported && collector->kind & NODE_MODULE) {
        walk->skips_imported = true;
        walk->module_name = PyObject_GetAttr(object, engine->state->names.__name__);
        if (!walk->module_name) {
            return -1;
        }
    }
    return walk->seen ? 0 : -1;
}

/* The nodes of all dicts: a new list. Inherited tests come before those of the subclass. */
static PyObject *
walk_object(struct walk *walk)
{
    struct collect_engine *room = collect_engine(walk->collector->engine);
    PyObject *dicts = walk_dicts(walk->collector->engine->state, walk->object);
    PyObject *result = dicts ? PyList_New(0) : NULL;

    room->walk_depth++;
    room->generators_holder = NULL;
    for (Py_ssize_t i = 0; result && i < PyList_Size(dicts); i++) {
        PyObject *values = walk_dict(walk, PyList_GetItem(dicts, i));
        if (!values || PyList_SetSlice(result, 0, 0, values) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(values);
    }
    room->walk_depth--;
    room->generators_holder = NULL;
    Py_XDECREF(dicts);
    return result;
}

PyObject *
py_collector_collect(Node *collector)
{
    struct state *state = collector->engine->state;
    PyObject *object = node_object(collector);
    PyObject *marked = NULL;
    PyObject *result = NULL;
    struct walk walk = {0};
    int wanted = object ? py_find_attr(state, object, state->names.__test__, &marked) : -1;

    if (wanted > 0) {
        wanted = PyObject_IsTrue(marked);
        Py_DECREF(marked);
        if (wanted == 0) {
            Py_DECREF(object);
            return PyList_New(0);
        }
    }
    if (wanted >= 0 && walk_init(&walk, collector, object) == 0) {
        result = walk_object(&walk);
    }
    Py_XDECREF(object);
    Py_XDECREF(walk.seen);
    Py_XDECREF(walk.module_name);
    return result;
}

static PyObject *
method_collect(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_collector_collect((Node *)op);
}

static PyMethodDef COLLECTOR_METHODS[] = {
    {"collect", method_collect, METH_NOARGS,
     "collect($self)\n--\n\n"
     "Collect children (items and collectors) for this collector."},
    PY_END_METHOD,
};

/* ---- Module ---- */

/* Module.collect(): a new list. */
static PyObject *
module_collect(Node *module)
{
    PyObject *object = node_object(module);
    int status = object ? module_register_xunit(module, object) : -1;

    if (status == 0) {
        status = fixtures_parse(module->engine, object, module);
    }
    Py_XDECREF(object);
    return status < 0 ? NULL : py_collector_collect(module);
}

static PyObject *
module_method_collect(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return module_collect((Node *)op);
}

static PyMethodDef MODULE_METHODS[] = {
    {"collect", module_method_collect, METH_NOARGS,
     "collect($self)\n--\n\n"
     "Collect children (items and collectors) for this collector."},
    PY_END_METHOD,
};

int
python_classes_add(PyObject *module, struct state *state)
{
    struct collect_types *types = collect_types(state);
    struct nodes_types *nodes = nodes_types(state);
    PyObject *bases = NULL;

    types->pyobj_mixin = node_class_new(module, "_pytest.python.PyobjMixin", (PyObject *)nodes->node, NODE_PYOBJ,
                                        MIXIN_METHODS, MIXIN_GETSET,
                                        "this mix-in inherits from Node to carry over the typing information\n\nas "
                                        "its intended to always mix in before a node\nits position in the mro is "
                                        "unaffected");
    if (!types->pyobj_mixin || PyObject_SetAttrString((PyObject *)types->pyobj_mixin, "_ALLOW_MARKERS", Py_True) < 0) {
        return -1;
    }
    bases = PyTuple_Pack(2, types->pyobj_mixin, nodes->collector);
    types->py_collector =
        bases ? node_class_new(module, "_pytest.python.PyCollector", bases, NODE_PYOBJ, COLLECTOR_METHODS, NULL, NULL)
              : NULL;
    Py_XDECREF(bases);
    if (!types->py_collector || class_add_methods(state, types->py_collector, TEST_RULE_METHODS) < 0) {
        return -1;
    }
    bases = PyTuple_Pack(2, nodes->file, types->py_collector);
    types->module = bases ? node_class_new(module, "_pytest.python.Module", bases, NODE_MODULE, MODULE_METHODS, NULL,
                                           "Collector for test classes and functions in a Python module.")
                          : NULL;
    Py_XDECREF(bases);
    return types->module ? 0 : -1;
}
