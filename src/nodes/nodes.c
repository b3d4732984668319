/* Registers the types of src/nodes. */
#include "nodes/internal.h"

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
    return 0;
}
