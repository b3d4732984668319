/* What the files of src/nodes share. */
#ifndef NODES_INTERNAL_H
#define NODES_INTERNAL_H

#include "nodes/nodes.h"

/* Counters of the interpreter's classes, kept in a bytes object: a room holds nothing but objects. */
struct nodes_shared {
    size_t class_offset;       /* of struct node_class in a class object */
    uint32_t override_version; /* bumped when a tracked attribute of any class changes */
    bool has_virtual;          /* somebody called SomeNodeClass.register(...) */
    PyObject *(*function_location)(Node *function);
};

/* Lies behind the members of every class made by NodeMeta. */
struct node_class {
    uint32_t kind;
    uint32_t overrides;
    uint32_t override_version; /* `overrides` holds while it equals the shared one; 0 never does */
    PyTypeObject *anchor;      /* borrowed, in the mro: the nearest class whose methods native code stands for */
};

struct nodes_room {
    struct nodes_types types;
    PyTypeObject *node_base;       /* the C layout below Node */
    PyTypeObject *abstract_method; /* of Collector.collect, Item.runtest */
    PyObject *shared;              /* bytes: struct nodes_shared */
    PyObject *abc_meta;            /* abc.ABCMeta */
    PyObject *abc_init;            /* _abc._abc_init */
    PyObject *tracked;             /* dict: attribute name -> enum node_override bits */
    PyObject *super;               /* builtins.super */
};

static inline struct nodes_room *
nodes_room(struct state *state)
{
    return state_room(state, ROOM_NODES);
}

struct nodes_shared *nodes_shared(struct state *state);

/* Attributes of the node base, and what each class adds. */
extern PyGetSetDef NODE_GETSET[];
extern PyMethodDef NODE_METHODS[];
extern PyMethodDef MARKER_METHODS[];
extern PyMethodDef ITEM_METHODS[];
extern PyGetSetDef ITEM_GETSET[];

/* (*names, params) parsed or built: a NodeId. */
PyObject *node_id_parse(struct state *state, PyObject *nodeid);
PyObject *node_id_text(PyObject *id); /* new reference: str */
PyObject *node_id_of(Node *node);     /* new reference: NodeId, remembered */

int node_meta_add(PyObject *module, struct state *state);
int node_base_add(PyObject *module, struct state *state);
int node_classes_add(PyObject *module, struct state *state);
int node_keywords_add(PyObject *module, struct state *state);
int node_id_add(PyObject *module, struct state *state);
int abstract_method_add(PyObject *module, struct state *state);

PyObject *abstract_method_new(struct state *state, const char *name, const char *message, const char *doc);
PyObject *node_keywords_new(Node *node);

#endif
