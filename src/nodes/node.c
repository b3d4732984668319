/* The C layout of every node: its life, its construction, and the parts made when first asked for. */
#include "nodes/internal.h"

enum {
    FIRST_FIELD = offsetof(Node, config),
    END_FIELDS = offsetof(Node, relay),
    FIELD_COUNT = (END_FIELDS - FIRST_FIELD) / sizeof(PyObject *),
};

static PyObject **
node_fields(Node *self)
{
    return (PyObject **)(void *)((char *)self + FIRST_FIELD);
}

/* ---- Life ---- */

Node *
node_alloc(PyTypeObject *cls)
{
    struct state *state = state_of((PyObject *)cls);
    PyObject *op = NULL;

    if (PyType_GetFlags(cls) & Py_TPFLAGS_IS_ABSTRACT) {
        /* object.__new__ words the error. */
        newfunc object_new = (newfunc)PyType_GetSlot(&PyBaseObject_Type, Py_tp_new);
        return (Node *)object_new(cls, state->empty_tuple, NULL);
    }
    op = py_new_instance(cls);
    if (op) {
        ((Node *)op)->kind = node_class_kind(state, cls);
    }
    return (Node *)op;
}

static PyObject *
node_tp_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return (PyObject *)node_alloc(type);
}

/* Texts are left out: they hold nothing, and there are many nodes. */
static int
node_traverse(PyObject *op, visitproc visit, void *arg)
{
    Node *self = (Node *)op;

    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->config);
    Py_VISIT(self->session);
    Py_VISIT(self->parent);
    Py_VISIT(self->id);
    Py_VISIT(self->path);
    Py_VISIT(self->keywords);
    Py_VISIT(self->own_markers);
    Py_VISIT(self->extra_keyword_matches);
    Py_VISIT(self->stash);
    Py_VISIT(self->obj);
    Py_VISIT(self->instance);
    Py_VISIT(self->callspec);
    Py_VISIT(self->fixtureinfo);
    Py_VISIT(self->funcargs);
    Py_VISIT(self->request);
    Py_VISIT(self->report_sections);
    Py_VISIT(self->user_properties);
    Py_VISIT(self->location);
    if (self->name && !PyUnicode_CheckExact(self->name)) {
        Py_VISIT(self->name); /* a plugin may put anything there */
    }
    return 0;
}

static int
node_clear(PyObject *op)
{
    Node *self = (Node *)op;
    PyObject **fields = node_fields(self);

    if (self->kind & NODE_SESSION && self->engine && self->config && self->engine->session == op) {
        self->engine->session = NULL;
    }
    Py_CLEAR(self->dict);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        Py_CLEAR(fields[i]);
    }
    return 0;
}

static void
node_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Node *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    node_clear(op);
    py_free_instance(op);
}

static PyObject *
node_repr(PyObject *op)
{
    Node *self = (Node *)op;
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
    PyObject *text = name ? PyUnicode_FromFormat("<%U %S>", name, self->name ? self->name : Py_None) : NULL;
    Py_XDECREF(name);
    return text;
}

bool
node_check(struct state *state, PyObject *op)
{
    return PyType_IsSubtype(Py_TYPE(op), nodes_types(state)->node);
}

/* ---- Construction ---- */

static inline PyObject *
given(PyObject *argument)
{
    return argument == Py_None ? NULL : argument;
}

static int
init_config_and_session(Node *self, const struct node_arguments *arguments)
{
    PyObject *config = given(arguments->config);
    PyObject *session = given(arguments->session);
    Node *parent = self->parent;

    if (!config && !parent) {
        PyErr_SetString(PyExc_TypeError, "config or parent must be provided");
        return -1;
    }
    if (!session && !parent) {
        PyErr_SetString(PyExc_TypeError, "session or parent must be provided");
        return -1;
    }
    py_replace(&self->config, config ? config : parent->config);
    if (!session) {
        session = parent->session ? parent->session : (PyObject *)parent;
    }
    py_replace(&self->session, session == (PyObject *)self ? NULL : session);
    if (parent && self->config == parent->config) {
        self->engine = parent->engine;
        return 0;
    }
    struct state *state = state_of((PyObject *)Py_TYPE(self));
    if (!PyType_IsSubtype(Py_TYPE(self->config), hooks_types(state)->config)) {
        PyErr_Format(PyExc_TypeError, "config must be a Config, got %R", self->config);
        return -1;
    }
    self->engine = engine_from_config(self->config);
    return 0;
}

static int
init_path(Node *self, PyObject *path)
{
    struct state *state = self->engine->state;

    if (!path) {
        if (!self->parent) {
            PyErr_SetNone(PyExc_AssertionError);
            return -1;
        }
        py_replace(&self->path_text, self->parent->path_text);
        return 0;
    }
    if (PyUnicode_Check(path)) {
        py_replace(&self->path_text, path);
        return 0;
    }
    py_replace_take(&self->path_text, py_path_text(state, path));
    py_replace(&self->path, path);
    return self->path_text ? 0 : -1;
}

static int
init_nodeid(Node *self, PyObject *nodeid)
{
    struct state *state = self->engine->state;

    if (!nodeid) {
        if (!self->parent) {
            PyErr_SetString(PyExc_TypeError, "nodeid or parent must be provided");
            return -1;
        }
        return 0; /* made from the parent's when asked for */
    }
    if (PyUnicode_Check(nodeid)) {
        py_replace(&self->nodeid, nodeid);
        return 0;
    }
    if (Py_TYPE(nodeid) != nodes_types(state)->node_id) {
        PyErr_Format(PyExc_ValueError,
                     "nodeid must be a NodeId, str, or None, got %R (name=%S). Do not pass nodeid explicitly -- use "
                     "Node.from_parent() and let pytest compute it automatically.",
                     nodeid, self->name);
        return -1;
    }
    py_replace(&self->id, nodeid);
    py_replace_take(&self->nodeid, node_id_text(nodeid));
    return self->nodeid ? 0 : -1;
}

int
node_init(Node *self, const struct node_arguments *arguments)
{
    PyObject *parent = given(arguments->parent);

    if (parent && !node_check(state_of((PyObject *)Py_TYPE(self)), parent)) {
        PyErr_Format(PyExc_TypeError, "parent must be a node, got %R", parent);
        return -1;
    }
    py_replace(&self->name, arguments->name);
    py_replace((PyObject **)(void *)&self->parent, parent);
    if (init_config_and_session(self, arguments) < 0 || init_path(self, given(arguments->path)) < 0) {
        return -1;
    }
    return init_nodeid(self, given(arguments->nodeid));
}

int
node_super_init(struct state *state, PyTypeObject *cls, Node *self, PyObject *args, PyObject *kwargs)
{
    PyObject *proxy = py_call2(nodes_room(state)->super, (PyObject *)cls, (PyObject *)self);
    PyObject *init = proxy ? PyObject_GetAttr(proxy, state->names.__init__) : NULL;
    PyObject *result = init ? py_call(state, init, args, kwargs) : NULL;
    int status = result ? 0 : -1;

    Py_XDECREF(proxy);
    Py_XDECREF(init);
    Py_XDECREF(result);
    return status;
}

Node *
node_new(PyTypeObject *cls, Node *parent, PyObject *name, PyObject *path_text, PyObject *nodeid)
{
    struct state *state = parent->engine->state;
    struct node_arguments arguments = {.name = name, .parent = (PyObject *)parent, .path = path_text, .nodeid = nodeid};

    if (!node_class_overrides(state, cls, OVERRIDE_INIT | OVERRIDE_FROM_PARENT)) {
        Node *self = node_alloc(cls);
        if (self &&
            (self->kind & NODE_FSCOLLECTOR ? fs_collector_init(self, &arguments) : node_init(self, &arguments)) < 0) {
            Py_CLEAR(self);
        }
        return self;
    }
    PyObject *from_parent = PyObject_GetAttr((PyObject *)cls, state->names.from_parent);
    PyObject *args = from_parent ? PyTuple_Pack(1, (PyObject *)parent) : NULL;
    PyObject *kwargs = args ? PyDict_New() : NULL;
    PyObject *path = path_text && kwargs ? py_path_object(state, path_text) : NULL;
    if (kwargs && ((name && PyDict_SetItem(kwargs, state->names.name, name) < 0) ||
                   (path_text && (!path || PyDict_SetItem(kwargs, state->names.path, path) < 0)) ||
                   (nodeid && PyDict_SetItem(kwargs, state->names.nodeid, nodeid) < 0))) {
        Py_CLEAR(kwargs);
    }
    Py_XDECREF(path);
    return (Node *)py_call_take(from_parent, args, kwargs);
}

/* ---- Parts made when first asked for ---- */

Node *
node_session(Node *node)
{
    return node->session ? (Node *)node->session : node;
}

Node *
node_parent_of_kind(Node *node, uint32_t kind_bits)
{
    while (node && !(node->kind & kind_bits)) {
        node = node->parent;
    }
    return node;
}

PyObject *
node_nodeid(Node *node)
{
    if (node->nodeid && !node->dict) {
        return node->nodeid;
    }
    if (node_overrides(node, OVERRIDE_NODEID)) {
        py_replace_take(&node->nodeid, PyObject_GetAttr((PyObject *)node, node->engine->state->names.nodeid));
        return node->nodeid;
    }
    if (!node->nodeid) {
        PyObject *parent_id = node->parent ? node_nodeid(node->parent) : NULL;
        if (!parent_id) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_AttributeError, "nodeid");
            }
            return NULL;
        }
        bool is_text = PyUnicode_Check(node->name);
        node->nodeid =
            is_text ? py_join(parent_id, "::", node->name, "") : PyUnicode_FromFormat("%U::%S", parent_id, node->name);
    }
    return node->nodeid;
}

PyObject *
node_id_of(Node *node)
{
    struct state *state = node->engine->state;

    if (node->id) {
        return Py_NewRef(node->id);
    }
    if (node->nodeid && (!node->parent || node->kind & NODE_FSCOLLECTOR)) {
        node->id = node_id_parse(state, node->nodeid);
    } else {
        PyObject *text = node_nodeid(node);
        node->id = text ? node_id_parse(state, text) : NULL;
    }
    return Py_XNewRef(node->id);
}

PyObject *
node_path_object(Node *node)
{
    if (!node->path) {
        if (node->parent && node->parent->path_text == node->path_text) {
            node->path = node_path_object(node->parent);
        } else if (node->path_text) {
            node->path = py_path_object(node->engine->state, node->path_text);
        } else {
            PyErr_SetString(PyExc_AttributeError, "path");
        }
    }
    return Py_XNewRef(node->path);
}

static PyObject *
relay_directory(Node *node)
{
    if (node->kind & (NODE_DIRECTORY | NODE_SESSION)) {
        return Py_NewRef(node->path_text);
    }
    return path_directory(node->path_text);
}

PyObject *
node_relay(Node *node)
{
    struct engine *engine = node->engine;
    unsigned generation = hook_generation(engine);

    if (node->relay && node->relay_generation == generation && !node->dict) {
        return node->relay;
    }
    if (node_overrides(node, OVERRIDE_IHOOK)) {
        PyObject *relay = PyObject_GetAttr((PyObject *)node, engine->state->names.ihook);
        Py_XDECREF(relay); /* whoever replaced it keeps it */
        return relay;
    }
    if (node->parent && node->parent->path_text == node->path_text && !(node->kind & NODE_FSCOLLECTOR)) {
        node->relay = node_relay(node->parent);
        node->relay_generation = generation;
        return node->relay;
    }
    PyObject *directory = relay_directory(node);
    if (!directory) {
        return NULL;
    }
    node->relay = hook_relay_for_directory(engine, directory);
    node->relay_generation = generation;
    Py_DECREF(directory);
    return node->relay;
}

static int
keywords_add_marks(PyObject *keywords, PyObject *marks)
{
    for (Py_ssize_t i = 0; marks && i < PyList_Size(marks); i++) {
        PyObject *mark = py_list_item(marks, i);
        PyObject *name = mark ? PyObject_GetAttrString(mark, "name") : NULL;
        int status = name ? PyObject_SetItem(keywords, name, mark) : -1;
        Py_XDECREF(mark);
        Py_XDECREF(name);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

/* A function's attributes count as keywords, too. */
static int
keywords_add_attributes(struct state *state, PyObject *keywords, PyObject *object)
{
    PyObject *dict = NULL;
    int status = py_find_attr(state, object, state->names.__dict__, &dict);

    if (status > 0) {
        status = py_status_take(PyObject_CallMethod(keywords, "update", "O", dict));
        Py_DECREF(dict);
    }
    return status;
}

static int
keywords_add_function(struct state *state, PyObject *keywords, Node *node)
{
    PyObject *object = NULL;
    int status = py_find_attr(state, (PyObject *)node, state->names.obj, &object);

    if (status > 0) {
        status = keywords_add_attributes(state, keywords, object);
        Py_DECREF(object);
    }
    return status;
}

static int
keywords_add_callspec(struct state *state, PyObject *keywords, PyObject *callspec)
{
    PyObject *id = PyObject_GetAttrString(callspec, "id");
    int status = id ? PyObject_SetItem(keywords, id, Py_True) : -1;
    (void)state;
    Py_XDECREF(id);
    return status;
}

PyObject *
node_keywords(Node *node)
{
    struct state *state = node->engine->state;

    if (node->keywords) {
        return node->keywords;
    }
    PyObject *keywords = node_keywords_new(node);
    if (!keywords || keywords_add_marks(keywords, node->own_markers) < 0 ||
        (node->kind & NODE_FUNCTION && keywords_add_function(state, keywords, node) < 0) ||
        (node->kind & NODE_FUNCTION && node->callspec && keywords_add_callspec(state, keywords, node->callspec) < 0)) {
        Py_XDECREF(keywords);
        return NULL;
    }
    node->keywords = keywords;
    return keywords;
}

PyObject *
node_own_markers(Node *node)
{
    if (!node->own_markers) {
        node->own_markers = PyList_New(0);
    }
    return node->own_markers;
}

/* ---- The type ---- */

static PyMemberDef MEMBERS[] = {
    PY_DICT_MEMBER(Node),
    PY_WEAKREF_MEMBER(Node),
    PY_END_MEMBER,
};

static PyGetSetDef GETSET[] = {
    PY_DICT_GETSET,
    PY_END_GETSET,
};

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_new, node_tp_new),        PY_SLOT(tp_repr, node_repr),
    PY_SLOT(tp_traverse, node_traverse), PY_SLOT(tp_clear, node_clear),
    PY_SLOT(tp_dealloc, node_dealloc),   PY_SLOT(tp_members, MEMBERS),
    PY_SLOT(tp_getset, GETSET),          PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_pytest.nodes.NodeBase",
    .basicsize = sizeof(Node),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = SLOTS,
};

int
node_base_add(PyObject *module, struct state *state)
{
    nodes_room(state)->node_base = (PyTypeObject *)PyType_FromModuleAndSpec(module, &SPEC, NULL);
    return nodes_room(state)->node_base ? 0 : -1;
}
