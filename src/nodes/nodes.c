/* Registers the types of src/nodes. */
#include "nodes/internal.h"

static PyObject *
py_node_source_location(PyObject *module, PyObject *node)
{
    return node_source_location(state_from_module(module), node);
}

static PyMethodDef FUNCTIONS[] = {
    {"node_source_location", py_node_source_location, METH_O,
     "Where a node comes from: (path, 0-based line or None), from its location, its object or its path."},
    PY_END_METHOD,
};

int
nodes_add(PyObject *module, struct state *state)
{
    static int (*const ADD[])(PyObject *, struct state *) = {
        node_meta_add, abstract_method_add, node_id_add, node_keywords_add, node_base_add, node_classes_add,
    };

    if (!STATE_ROOM_ADD(state, ROOM_NODES, struct nodes_room)) {
        return -1;
    }
    for (size_t i = 0; i < COUNT_OF(ADD); i++) {
        if (ADD[i](module, state) < 0) {
            return -1;
        }
    }
    return PyModule_AddFunctions(module, FUNCTIONS);
}
