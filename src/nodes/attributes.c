/* The attributes of Node as Python sees them: getters make what is not there yet. */
#include "nodes/internal.h"

#include <stdint.h>

/* ---- Fields that are what they are ---- */

static PyObject *
get_field(PyObject *op, void *closure)
{
    PyObject *value = *(PyObject **)(void *)((char *)op + (uintptr_t)closure);

    if (!value) {
        Py_RETURN_NONE;
    }
    return Py_NewRef(value);
}

static int
set_field(PyObject *op, PyObject *value, void *closure)
{
    py_replace((PyObject **)(void *)((char *)op + (uintptr_t)closure), value);
    return 0;
}

static Node *
ready(PyObject *op, const char *name)
{
    Node *self = (Node *)op;

    if (self->engine) {
        return self;
    }
    PyErr_Format(PyExc_AttributeError, "'%s' of a node whose __init__ has not run", name);
    return NULL;
}

/* Nodeid and keywords are fixed at construction: make them before what they are made from changes. */
static int
set_named_field(PyObject *op, PyObject *value, void *closure)
{
    Node *self = (Node *)op;

    if (self->engine && self->name && !node_nodeid(self)) {
        PyErr_Clear(); /* without a parent there is none */
    }
    if (self->engine && self->name && !node_keywords(self)) {
        return -1;
    }
    return set_field(op, value, closure);
}

/* None, or a node: the engine walks along it. */
static int
set_parent(PyObject *op, PyObject *value, void *closure)
{
    if (value && value != Py_None && !node_check(state_of((PyObject *)Py_TYPE(op)), value)) {
        PyErr_Format(PyExc_TypeError, "the parent of a node is a node, not %R", value);
        return -1;
    }
    return set_named_field(op, value == Py_None ? NULL : value, closure);
}

static PyObject *
get_name(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    if (!self->name) {
        PyErr_SetString(PyExc_AttributeError, "name");
        return NULL;
    }
    return Py_NewRef(self->name);
}

static PyObject *
get_session(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = ready(op, "session");
    return self ? Py_NewRef((PyObject *)node_session(self)) : NULL;
}

static int
set_session(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((Node *)op)->session, value == op ? NULL : value);
    return 0;
}

static PyObject *
get_config(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = ready(op, "config");
    return self ? Py_NewRef(self->config) : NULL;
}

static PyObject *
get_path(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = ready(op, "path");
    return self ? node_path_object(self) : NULL;
}

static int
set_path(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;
    PyObject *text = value ? py_path_text(state_of((PyObject *)Py_TYPE(op)), value) : NULL;

    if (value && !text) {
        return -1;
    }
    py_replace_take(&self->path_text, text);
    py_replace(&self->path, value && PyUnicode_Check(value) ? NULL : value);
    self->relay = NULL;
    return 0;
}

/* ---- Fields made when first asked for ---- */

static PyObject *
get_keywords(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = ready(op, "keywords");
    return self ? Py_XNewRef(node_keywords(self)) : NULL;
}

static PyObject *
get_own_markers(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_XNewRef(node_own_markers((Node *)op));
}

static PyObject *
get_extra_keyword_matches(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    if (!self->extra_keyword_matches) {
        self->extra_keyword_matches = PySet_New(NULL);
    }
    return Py_XNewRef(self->extra_keyword_matches);
}

static PyObject *
get_stash(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    if (!self->stash) {
        self->stash = py_call0((PyObject *)hooks_types(state_of((PyObject *)Py_TYPE(op)))->stash);
    }
    return Py_XNewRef(self->stash);
}

static PyObject *
get_nodeid(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;
    PyObject *borrowed_parent_id = NULL;

    if (!self->nodeid && !ready(op, "nodeid")) {
        return NULL;
    }
    if (!self->nodeid) {
        if (!self->parent) {
            PyErr_SetString(PyExc_AttributeError, "nodeid");
            return NULL;
        }
        borrowed_parent_id = node_nodeid(self->parent);
        self->nodeid = borrowed_parent_id ? PyUnicode_FromFormat("%U::%S", borrowed_parent_id, self->name) : NULL;
    }
    return Py_XNewRef(self->nodeid);
}

static PyObject *
get_id(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = ready(op, "id");
    return self ? node_id_of(self) : NULL;
}

static int
set_id(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Node *self = (Node *)op;

    py_replace(&self->id, value);
    py_replace_take(&self->nodeid, value ? PyObject_Str(value) : NULL);
    return value && !self->nodeid ? -1 : 0;
}

static PyObject *
get_ihook(PyObject *op, void *Py_UNUSED(closure))
{
    Node *self = ready(op, "ihook");
    PyObject *directory = NULL;
    PyObject *relay = NULL;

    if (!self) {
        return NULL;
    }
    if (!node_overrides(self, OVERRIDE_IHOOK)) {
        return Py_XNewRef(node_relay(self));
    }
    /* A subclass asks for what it replaces: super().ihook */
    directory =
        self->kind & (NODE_DIRECTORY | NODE_SESSION) ? Py_NewRef(self->path_text) : path_directory(self->path_text);
    relay = directory ? hook_relay_for_directory(self->engine, directory) : NULL;
    Py_XDECREF(directory);
    return Py_XNewRef(relay);
}

#define FIELD(member) ((void *)(uintptr_t)offsetof(Node, member))

PyGetSetDef NODE_GETSET[] = {
    {"name", get_name, set_named_field, "A unique name within the scope of the parent node.", FIELD(name)},
    {"parent", get_field, set_parent, "The parent collector node.", FIELD(parent)},
    {"config", get_config, set_field, "The pytest config object.", FIELD(config)},
    {"session", get_session, set_session, "The pytest session this node is part of.", NULL},
    {"path", get_path, set_path, "Filesystem path where this node was collected from.", NULL},
    {"keywords", get_keywords, set_field, "Names and marks of this node and its parents.", FIELD(keywords)},
    {"own_markers", get_own_markers, set_field, "The marker objects belonging to this node.", FIELD(own_markers)},
    {"extra_keyword_matches", get_extra_keyword_matches, set_field, "Extra names for -k to match.",
     FIELD(extra_keyword_matches)},
    {"stash", get_stash, set_field, "A place where plugins can store information on the node.", FIELD(stash)},
    {"_store", get_stash, set_field, NULL, FIELD(stash)},
    {"nodeid", get_nodeid, NULL, "A ::-separated string denoting its collection tree address.", NULL},
    {"id", get_id, NULL, "The structured form of nodeid.", NULL},
    {"_id", get_id, set_id, NULL, NULL},
    {"ihook", get_ihook, NULL, "Path-sensitive hook proxy used to call pytest hooks.", NULL},
    PY_END_GETSET,
};
