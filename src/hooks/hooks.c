/* Registers the types of src/hooks. */
#include "hooks/finder.h"
#include "hooks/plugin_manager.h"

int
hooks_add(PyObject *module, struct state *state)
{
    static int (*const FILES[])(PyObject *module, struct state *state) = {
        outcomes_add_types, stash_add_types,   hook_impl_add_type,       hook_spec_add_type,
        hook_caller_add_types, relay_add_types, result_add_type,         markers_add_types,
        plugin_manager_add_types, entry_points_add_type, finder_add_types, config_add,
    };

    STATE_ROOM_ADD(state, ROOM_HOOKS, struct hooks_room);
    if (hook_names_init(state) < 0) {
        return -1;
    }
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        if (FILES[i](module, state) < 0) {
            return -1;
        }
    }
    return static_attr_init(state);
}
