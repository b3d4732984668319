/* NodeMeta: the metaclass of all node classes. It refuses direct construction and knows what a class overrides. */
#include "nodes/internal.h"

#include <string.h>

/* Attributes whose replacement native code must notice, and the bit that says so. */
static const struct {
    const char *name;
    uint32_t bit;
} TRACKED[] = {
    {"runtest", OVERRIDE_RUNTEST},
    {"setup", OVERRIDE_SETUP},
    {"teardown", OVERRIDE_TEARDOWN},
    {"collect", OVERRIDE_COLLECT},
    {"repr_failure", OVERRIDE_REPR_FAILURE},
    {"_repr_failure_py", OVERRIDE_REPR_FAILURE},
    {"reportinfo", OVERRIDE_REPORTINFO},
    {"getmodpath", OVERRIDE_REPORTINFO},
    {"_getobj", OVERRIDE_GETOBJ},
    {"obj", OVERRIDE_GETOBJ},
    {"from_parent", OVERRIDE_FROM_PARENT},
    {"__init__", OVERRIDE_INIT},
    {"__new__", OVERRIDE_INIT},
    {"_traceback_filter", OVERRIDE_TRACEBACK_FILTER},
    {"_getinstance", OVERRIDE_GETINSTANCE},
    {"newinstance", OVERRIDE_GETINSTANCE},
    {"instance", OVERRIDE_GETINSTANCE},
    {"location", OVERRIDE_LOCATION},
    {"_initrequest", OVERRIDE_INITREQUEST},
    {"ihook", OVERRIDE_IHOOK},
    {"nodeid", OVERRIDE_NODEID},
    {"istestfunction", OVERRIDE_ISTEST},
    {"istestclass", OVERRIDE_ISTEST},
    {"funcnamefilter", OVERRIDE_ISTEST},
    {"classnamefilter", OVERRIDE_ISTEST},
    {"isnosetest", OVERRIDE_ISTEST},
    {"_matches_prefix_or_glob_option", OVERRIDE_ISTEST},
    {"_genfunctions", OVERRIDE_ISTEST},
    {"__eq__", OVERRIDE_COMPARISON},
    {"__hash__", OVERRIDE_COMPARISON},
};

struct nodes_shared *
nodes_shared(struct state *state)
{
    return (struct nodes_shared *)(void *)PyBytes_AsString(nodes_room(state)->shared);
}

/* The class record of a class made by NodeMeta; NULL for others. */
static struct node_class *
node_class_find(struct state *state, PyTypeObject *cls)
{
    PyTypeObject *meta = nodes_types(state)->node_meta;

    if (Py_TYPE(cls) != meta && !PyType_IsSubtype(Py_TYPE(cls), meta)) {
        return NULL;
    }
    return (struct node_class *)(void *)((char *)cls + nodes_shared(state)->class_offset);
}

uint32_t
node_class_kind(struct state *state, PyTypeObject *cls)
{
    struct node_class *record = node_class_find(state, cls);
    return record ? record->kind : 0;
}

static bool
is_native_attribute(struct state *state, PyObject *attribute)
{
    PyTypeObject *type = Py_TYPE(attribute);

    return type == &PyMethodDescr_Type || type == &PyGetSetDescr_Type || type == &PyWrapperDescr_Type ||
           type == &PyMemberDescr_Type || type == &PyCFunction_Type || type == nodes_room(state)->abstract_method;
}

/* 1 when `cls` has another `name` than the engine's own code, 0, or -1. */
static int
class_overrides_name(struct state *state, PyTypeObject *cls, PyTypeObject *anchor, PyObject *name)
{
    PyObject *found = NULL;
    PyObject *native = NULL;
    int result = py_find_attr(state, (PyObject *)cls, name, &found);

    if (result <= 0) {
        return result;
    }
    if (!is_native_attribute(state, found)) {
        result = 1;
        goto done;
    }
    if (Py_TYPE(found) == &PyCFunction_Type || cls == anchor || !anchor) {
        result = 0;
        goto done;
    }
    result = py_find_attr(state, (PyObject *)anchor, name, &native);
    if (result >= 0) {
        result = native != found;
    }
done:
    Py_XDECREF(found);
    Py_XDECREF(native);
    return result;
}

static uint32_t
class_compute_overrides(struct state *state, PyTypeObject *cls)
{
    PyTypeObject *anchor = node_class_find(state, cls)->anchor;
    PyObject *borrowed_name = NULL;
    PyObject *borrowed_bits = NULL;
    Py_ssize_t position = 0;
    uint32_t overrides = 0;

    while (PyDict_Next(nodes_room(state)->tracked, &position, &borrowed_name, &borrowed_bits)) {
        int status = class_overrides_name(state, cls, anchor, borrowed_name);
        if (status < 0) {
            PyErr_Clear(); /* a metaclass property that raises: whoever calls the method will see it */
            status = 1;
        }
        if (status) {
            overrides |= (uint32_t)PyLong_AsUnsignedLong(borrowed_bits);
        }
    }
    return overrides;
}

bool
node_class_overrides(struct state *state, PyTypeObject *cls, uint32_t bits)
{
    struct node_class *record = node_class_find(state, cls);
    uint32_t version = nodes_shared(state)->override_version;

    if (!record) {
        return true;
    }
    if (record->override_version != version) {
        record->overrides = class_compute_overrides(state, cls);
        record->override_version = version;
    }
    return (record->overrides & bits) != 0;
}

static bool
instance_overrides(struct state *state, PyObject *dict, uint32_t bits)
{
    PyObject *borrowed_name = NULL;
    PyObject *borrowed_bits = NULL;
    Py_ssize_t position = 0;

    if (PyDict_Size(dict) == 0) {
        return false;
    }
    while (PyDict_Next(dict, &position, &borrowed_name, &borrowed_bits)) {
        PyObject *borrowed_tracked = PyDict_GetItemWithError(nodes_room(state)->tracked, borrowed_name);
        if (borrowed_tracked && (PyLong_AsUnsignedLong(borrowed_tracked) & bits)) {
            return true;
        }
    }
    return false;
}

bool
node_overrides(Node *node, uint32_t bits)
{
    struct state *state = node->engine ? node->engine->state : state_of((PyObject *)node);

    if (node_class_overrides(state, Py_TYPE(node), bits)) {
        return true;
    }
    return node->dict && instance_overrides(state, node->dict, bits);
}

/* ---- The metatype ---- */

static PyObject *
meta_new(PyTypeObject *meta, PyObject *args, PyObject *kwargs)
{
    struct state *state = state_from_type(meta);
    newfunc type_new = (newfunc)PyType_GetSlot(&PyType_Type, Py_tp_new);
    PyObject *cls = type_new(meta, args, kwargs);
    PyObject *mro = NULL;

    if (!cls) {
        return NULL;
    }
    PyObject *ignored = py_call1(nodes_room(state)->abc_init, cls);
    if (!ignored) {
        goto fail;
    }
    Py_DECREF(ignored);
    mro = PyObject_GetAttr(cls, state->names.__mro__);
    if (!mro) {
        goto fail;
    }
    struct node_class *record = (struct node_class *)(void *)((char *)cls + nodes_shared(state)->class_offset);
    memset(record, 0, sizeof *record);
    for (Py_ssize_t i = 1; i < PyTuple_Size(mro); i++) {
        struct node_class *base = node_class_find(state, (PyTypeObject *)PyTuple_GetItem(mro, i));
        record->kind |= base ? base->kind : 0;
        record->anchor = record->anchor || !base ? record->anchor : base->anchor;
    }
    Py_DECREF(mro);
    return cls;
fail:
    Py_DECREF(cls);
    return NULL;
}

static PyObject *
meta_call(PyObject *cls, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    struct state *state = state_of(cls);
    PyObject *module = PyObject_GetAttr(cls, state->names.__module__);
    PyObject *name = module ? PyObject_GetAttr(cls, state->names.__name__) : NULL;

    if (name) {
        outcome_fail(state, false,
                     "Direct construction of %S.%S has been deprecated, please use %S.%S.from_parent.\n"
                     "See https://docs.pytest.org/en/stable/"
                     "deprecations.html#node-construction-changed-to-node-from-parent for more details.",
                     module, name, module, name);
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    return NULL;
}

static int
meta_setattro(PyObject *cls, PyObject *name, PyObject *value)
{
    struct state *state = state_of(cls);
    setattrofunc type_setattro = (setattrofunc)PyType_GetSlot(&PyType_Type, Py_tp_setattro);

    if (type_setattro(cls, name, value) < 0) {
        return -1;
    }
    if (PyDict_Contains(nodes_room(state)->tracked, name) == 1) {
        nodes_shared(state)->override_version++;
    }
    return 0;
}

/* The parameters of cls.__init__ that `kwargs` names: a new dict. */
static PyObject *
known_keywords(struct state *state, PyObject *cls, PyObject *kwargs)
{
    PyObject *signature = py_import_attr("_pytest.compat", "signature");
    PyObject *init = signature ? PyObject_GetAttr(cls, state->names.__init__) : NULL;
    PyObject *found = init ? py_call1(signature, init) : NULL;
    PyObject *parameters = found ? PyObject_GetAttrString(found, "parameters") : NULL;
    PyObject *known = parameters ? PyDict_New() : NULL;
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;

    while (known && kwargs && PyDict_Next(kwargs, &position, &borrowed_key, &borrowed_value)) {
        int contains = PySequence_Contains(parameters, borrowed_key);
        if (contains < 0 || (contains && PyDict_SetItem(known, borrowed_key, borrowed_value) < 0)) {
            Py_CLEAR(known);
        }
    }
    Py_XDECREF(signature);
    Py_XDECREF(init);
    Py_XDECREF(found);
    Py_XDECREF(parameters);
    return known;
}

static int
warn_about_constructor(PyObject *cls, PyObject *known)
{
    PyObject *category = py_import_attr("_pytest.warning_types", "PytestDeprecationWarning");
    PyObject *names = category ? PySet_New(known) : NULL;
    PyObject *message = NULL;
    int status = -1;

    if (names) {
        message = PyUnicode_FromFormat("%S is not using a cooperative constructor and only takes %S.\n"
                                       "See https://docs.pytest.org/en/stable/deprecations.html"
                                       "#constructors-of-custom-pytest-node-subclasses-should-take-kwargs "
                                       "for more details.",
                                       cls, names);
    }
    if (message) {
        PyObject *text = PyUnicode_AsUTF8String(message);
        if (text) {
            status = PyErr_WarnEx(category, PyBytes_AsString(text), 1);
            Py_DECREF(text);
        }
    }
    Py_XDECREF(category);
    Py_XDECREF(names);
    Py_XDECREF(message);
    return status;
}

PyObject *
node_create(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    struct state *state = state_of((PyObject *)cls);
    ternaryfunc type_call = (ternaryfunc)PyType_GetSlot(&PyType_Type, Py_tp_call);
    PyObject *node = type_call((PyObject *)cls, args, kwargs);

    if (node || !PyErr_ExceptionMatches(PyExc_TypeError)) {
        return node;
    }
    PyObject *cause = py_error_take();
    PyObject *known = known_keywords(state, (PyObject *)cls, kwargs);
    if (known && warn_about_constructor((PyObject *)cls, known) == 0) {
        node = type_call((PyObject *)cls, args, known);
    }
    if (!node && cause) {
        PyObject *exception = py_error_take();
        if (exception) {
            if (exception != cause) {
                PyException_SetContext(exception, Py_NewRef(cause));
            }
            py_error_restore_take(exception);
        }
    }
    Py_XDECREF(known);
    Py_XDECREF(cause);
    return node;
}

static PyObject *
meta_create(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    return node_create((PyTypeObject *)cls, args, kwargs);
}

static PyObject *
meta_abc(PyObject *cls, const char *method, PyObject *argument)
{
    struct state *state = state_of(cls);
    return PyObject_CallMethod(nodes_room(state)->abc_meta, method, "OO", cls, argument);
}

static PyObject *
meta_register(PyObject *cls, PyObject *subclass)
{
    nodes_shared(state_of(cls))->has_virtual = true;
    return meta_abc(cls, "register", subclass);
}

static PyObject *
meta_instancecheck(PyObject *cls, PyObject *instance)
{
    struct state *state = state_of(cls);

    if (PyType_IsSubtype(Py_TYPE(instance), (PyTypeObject *)cls)) {
        Py_RETURN_TRUE;
    }
    if (nodes_shared(state)->has_virtual) {
        return meta_abc(cls, "__instancecheck__", instance);
    }
    /* A mock with a spec claims a class through __class__. */
    PyObject *claimed = NULL;
    if (py_find_attr(state, instance, state->names.__class__, &claimed) < 0) {
        return NULL;
    }
    bool is_instance =
        claimed && PyType_Check(claimed) && PyType_IsSubtype((PyTypeObject *)claimed, (PyTypeObject *)cls);
    Py_XDECREF(claimed);
    return PyBool_FromLong(is_instance);
}

static PyObject *
meta_subclasscheck(PyObject *cls, PyObject *subclass)
{
    struct state *state = state_of(cls);

    if (PyType_Check(subclass) && PyType_IsSubtype((PyTypeObject *)subclass, (PyTypeObject *)cls)) {
        Py_RETURN_TRUE;
    }
    if (nodes_shared(state)->has_virtual || !PyType_Check(subclass)) {
        return meta_abc(cls, "__subclasscheck__", subclass);
    }
    Py_RETURN_FALSE;
}

static PyMethodDef META_METHODS[] = {
    {"_create", PY_WITH_KEYWORDS(meta_create), NULL},
    {"register", meta_register, METH_O, "Register a virtual subclass of an ABC."},
    {"__instancecheck__", meta_instancecheck, METH_O, NULL},
    {"__subclasscheck__", meta_subclasscheck, METH_O, NULL},
    PY_END_METHOD,
};

static PyType_Slot META_SLOTS[] = {
    PY_SLOT(tp_doc, "The metaclass of node classes: they are made by from_parent(), never by calling them."),
    PY_SLOT(tp_new, meta_new),
    PY_SLOT(tp_call, meta_call),
    PY_SLOT(tp_setattro, meta_setattro),
    PY_SLOT(tp_methods, META_METHODS),
    PY_END_SLOT,
};

static int
room_fill(struct nodes_room *room, size_t class_offset)
{
    struct nodes_shared shared = {.class_offset = class_offset, .override_version = 1};

    room->shared = PyBytes_FromStringAndSize((const char *)&shared, sizeof shared);
    room->tracked = PyDict_New();
    room->abc_init = py_import_attr("_abc", "_abc_init");
    room->super = Py_NewRef((PyObject *)&PySuper_Type);
    if (!room->shared || !room->tracked || !room->abc_init) {
        return -1;
    }
    for (size_t i = 0; i < COUNT_OF(TRACKED); i++) {
        PyObject *name = PyUnicode_InternFromString(TRACKED[i].name);
        int status = name ? py_dict_set_take(room->tracked, name, PyLong_FromUnsignedLong(TRACKED[i].bit)) : -1;
        Py_XDECREF(name);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

int
node_meta_add(PyObject *module, struct state *state)
{
    struct nodes_room *room = nodes_room(state);
    PyObject *size = NULL;

    room->abc_meta = py_import_attr("abc", "ABCMeta");
    if (!room->abc_meta) {
        return -1;
    }
    size = PyObject_GetAttrString(room->abc_meta, "__basicsize__");
    if (!size) {
        return -1;
    }
    size_t base_size = PyLong_AsSize_t(size);
    Py_DECREF(size);
    PyType_Spec spec = {
        .name = "_pytest.nodes.NodeMeta",
        .basicsize = (int)(base_size + (sizeof(struct node_class) + 15) / 16 * 16),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
        .slots = META_SLOTS,
    };
    if (room_fill(room, base_size) < 0) {
        return -1;
    }
    room->types.node_meta = py_type_add(module, &spec, room->abc_meta);
    return room->types.node_meta ? 0 : -1;
}

/* ---- Classes made from C ---- */

static int
namespace_add_methods(struct state *state, PyObject *namespace, PyMethodDef *methods)
{
    for (PyMethodDef *method = methods; method && method->ml_name; method++) {
        PyObject *descriptor = method->ml_flags & METH_CLASS
                                   ? PyDescr_NewClassMethod(nodes_room(state)->node_base, method)
                                   : PyDescr_NewMethod(nodes_room(state)->node_base, method);
        if (!descriptor || PyDict_SetItemString(namespace, method->ml_name, descriptor) < 0) {
            Py_XDECREF(descriptor);
            return -1;
        }
        Py_DECREF(descriptor);
    }
    return 0;
}

static int
namespace_add_getset(struct state *state, PyObject *namespace, PyGetSetDef *getset)
{
    for (PyGetSetDef *row = getset; row && row->name; row++) {
        PyObject *descriptor = PyDescr_NewGetSet(nodes_room(state)->node_base, row);
        if (!descriptor || PyDict_SetItemString(namespace, row->name, descriptor) < 0) {
            Py_XDECREF(descriptor);
            return -1;
        }
        Py_DECREF(descriptor);
    }
    return 0;
}

int
class_add_methods(struct state *state, PyTypeObject *cls, PyMethodDef *methods)
{
    for (PyMethodDef *method = methods; method->ml_name; method++) {
        PyObject *descriptor = PyDescr_NewMethod(nodes_room(state)->node_base, method);
        int status = descriptor ? PyObject_SetAttrString((PyObject *)cls, method->ml_name, descriptor) : -1;
        Py_XDECREF(descriptor);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

void
nodes_set_function_location(struct state *state, PyObject *(*location)(Node *function))
{
    nodes_shared(state)->function_location = location;
}

/* {"__module__", "__qualname__", "__doc__"} of "package.module.Class". */
static PyObject *
namespace_new(const char *module_name, size_t module_length, const char *class_name, const char *doc)
{
    /* No '#' format: with headers of 3.13 it means int to older interpreters. */
    return Py_BuildValue("{s:N,s:s,s:z}", "__module__",
                         PyUnicode_FromStringAndSize(module_name, (Py_ssize_t)module_length), "__qualname__",
                         class_name, "__doc__", doc);
}

PyTypeObject *
node_class_new(PyObject *module, const char *qualified_name, PyObject *bases, uint32_t kind_bits, PyMethodDef *methods,
               PyGetSetDef *getset, const char *doc)
{
    struct state *state = state_from_module(module);
    const char *class_name = strrchr(qualified_name, '.') + 1;
    PyObject *namespace = namespace_new(qualified_name, (size_t)(class_name - 1 - qualified_name), class_name, doc);
    PyObject *args = NULL;
    PyObject *cls = NULL;

    if (!namespace || namespace_add_methods(state, namespace, methods) < 0 ||
        namespace_add_getset(state, namespace, getset) < 0) {
        goto done;
    }
    if (PyTuple_Check(bases)) {
        args = Py_BuildValue("(sOO)", class_name, bases, namespace);
    } else {
        args = Py_BuildValue("(s(O)O)", class_name, bases, namespace);
    }
    cls = args ? meta_new(nodes_types(state)->node_meta, args, NULL) : NULL;
    if (!cls) {
        goto done;
    }
    if (kind_bits) {
        struct node_class *record = node_class_find(state, (PyTypeObject *)cls);
        record->kind |= kind_bits;
        record->anchor = (PyTypeObject *)cls;
    }
    if (cls && PyModule_AddObjectRef(module, class_name, cls) < 0) {
        Py_CLEAR(cls);
    }
done:
    Py_XDECREF(namespace);
    Py_XDECREF(args);
    return (PyTypeObject *)cls;
}
