/* Class: collects the tests of a class. */
#include "collect/internal.h"

/* Class.from_parent(parent, name=name, obj=obj): the object is fetched by name when it is needed. */
Node *
class_node_new(PyTypeObject *cls, Node *parent, PyObject *name, PyObject *object)
{
    struct state *state = parent->engine->state;

    if (!node_class_overrides(state, cls, OVERRIDE_INIT | OVERRIDE_FROM_PARENT)) {
        return node_new(cls, parent, name, NULL, NULL);
    }
    PyObject *from_parent = PyObject_GetAttr((PyObject *)cls, state->names.from_parent);
    PyObject *args = from_parent ? PyTuple_Pack(1, (PyObject *)parent) : NULL;
    PyObject *kwargs = args ? Py_BuildValue("{s:O,s:O}", "name", name, "obj", object) : NULL;
    return (Node *)py_call_take(from_parent, args, kwargs);
}

static PyObject *
class_from_parent(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    struct state *state = state_of(cls);
    PyObject *keywords = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
    PyObject *proxy = NULL;
    PyObject *from_parent = NULL;
    PyObject *node = NULL;

    if (!keywords) {
        return NULL;
    }
    if (!PyDict_GetItemString(keywords, "name")) {
        PyErr_SetString(PyExc_TypeError, "from_parent() missing 1 required keyword-only argument: 'name'");
        goto done;
    }
    if (PyDict_GetItemString(keywords, "obj") && PyDict_DelItemString(keywords, "obj") < 0) {
        goto done;
    }
    proxy = py_call2((PyObject *)&PySuper_Type, (PyObject *)collect_types(state)->class_type, cls);
    from_parent = proxy ? PyObject_GetAttr(proxy, state->names.from_parent) : NULL;
    node = from_parent ? PyObject_Call(from_parent, args, keywords) : NULL;
done:
    Py_DECREF(keywords);
    Py_XDECREF(proxy);
    Py_XDECREF(from_parent);
    return node;
}

/* A new instance of the test class, respecting overrides of newinstance(). */
PyObject *
class_new_instance(Node *cls)
{
    struct state *state = cls->engine->state;

    if (cls->kind & NODE_UNITTEST_CLASS || node_overrides(cls, OVERRIDE_GETINSTANCE)) {
        return py_method0((PyObject *)cls, state->names.newinstance);
    }
    PyObject *object = node_object(cls);
    PyObject *instance = object ? py_call0(object) : NULL;
    Py_XDECREF(object);
    return instance;
}

static PyObject *
class_newinstance(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *object = PyObject_GetAttr(op, ((Node *)op)->engine->state->names.obj);
    PyObject *instance = object ? py_call0(object) : NULL;
    Py_XDECREF(object);
    return instance;
}

/* Whether the class has its own `name` in place of object's: 1, 0, -1. */
static int
has_own(struct state *state, PyObject *object, PyObject *name, PyObject *of_object)
{
    PyObject *found = NULL;
    int status = py_find_attr(state, object, name, &found);

    if (status > 0) {
        status = PyObject_IsTrue(found);
        if (status > 0) {
            status = PyObject_RichCompareBool(found, of_object, Py_NE);
        }
        Py_DECREF(found);
    }
    return status;
}

/* The warning that a class cannot be collected because of its constructor. */
static int
warn_constructor(Node *cls, PyObject *object, const char *name)
{
    struct state *state = cls->engine->state;
    PyObject *category = py_import_attr("_pytest.warning_types", "PytestCollectionWarning");
    PyObject *class_name = category ? PyObject_GetAttr(object, state->names.__name__) : NULL;
    PyObject *parent_id = class_name ? node_nodeid(cls->parent) : NULL;
    PyObject *message = parent_id ? PyUnicode_FromFormat("cannot collect test class %R because it has a %s "
                                                         "constructor (from: %U)",
                                                         class_name, name, parent_id)
                                  : NULL;
    PyObject *warning = message ? py_call1(category, message) : NULL;
    PyObject *result = warning ? py_method1((PyObject *)cls, state->names.warn, warning) : NULL;
    int status = result ? 0 : -1;

    Py_XDECREF(category);
    Py_XDECREF(class_name);
    Py_XDECREF(message);
    Py_XDECREF(warning);
    Py_XDECREF(result);
    return status;
}

/* 1 when the class can be instantiated by us, 0 when not (it was warned about), -1. */
static int
check_constructor(Node *cls, PyObject *object)
{
    struct state *state = cls->engine->state;
    struct collect_room *room = collect_room(state);
    int has = has_own(state, object, state->names.__init__, room->object_init);

    if (has > 0) {
        return warn_constructor(cls, object, "__init__");
    }
    if (has == 0) {
        has = has_own(state, object, state->names.__new__, room->object_new);
        if (has > 0) {
            return warn_constructor(cls, object, "__new__");
        }
    }
    return has < 0 ? -1 : 1;
}

int
class_is_wanted(Node *cls, PyObject *object)
{
    struct state *state = cls->engine->state;
    PyObject *value = NULL;
    int found = safe_find_attr(state, object, state->names.__test__, &value);

    if (found > 0) {
        found = PyObject_IsTrue(value);
        Py_DECREF(value);
        return found;
    }
    return found < 0 ? -1 : 1;
}

int
class_parse_fixtures(Node *cls)
{
    PyObject *instance = class_new_instance(cls);
    int status = instance ? fixtures_parse(cls->engine, instance, cls) : -1;
    Py_XDECREF(instance);
    return status;
}

/* Class.collect(): a new list. */
static PyObject *
class_collect(Node *cls)
{
    PyObject *object = node_object(cls);
    int status = object ? class_is_wanted(cls, object) : -1;

    if (status > 0) {
        status = check_constructor(cls, object);
    }
    if (status <= 0) {
        Py_XDECREF(object);
        return status < 0 ? NULL : PyList_New(0);
    }
    status = class_register_xunit(cls, object);
    if (status == 0) {
        status = class_parse_fixtures(cls);
    }
    Py_DECREF(object);
    return status < 0 ? NULL : py_collector_collect(cls);
}

static PyObject *
class_method_collect(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Node *self = (Node *)op;
    PyObject *result = class_collect(self);
    return result;
}

static PyMethodDef METHODS[] = {
    {"from_parent", PY_WITH_KEYWORDS(class_from_parent) | METH_CLASS,
     "from_parent($type, parent, *, name, obj=None, **kw)\n--\n\n"
     "The public constructor."},
    {"newinstance", class_newinstance, METH_NOARGS, "newinstance($self)\n--\n\n"},
    {"collect", class_method_collect, METH_NOARGS,
     "collect($self)\n--\n\n"
     "Collect children (items and collectors) for this collector."},
    PY_END_METHOD,
};

int
class_add(PyObject *module, struct state *state)
{
    struct collect_types *types = collect_types(state);

    types->class_type =
        node_class_new(module, "_pytest.python.Class", (PyObject *)types->py_collector, NODE_CLASS, METHODS, NULL,
                       "Collector for test methods (and nested classes) in a Python class.");
    return types->class_type ? 0 : -1;
}
