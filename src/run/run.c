/* Registers the types and functions of src/run, and owns what a run remembers. */
#include "run/run.h"

#include "base/arena.h"
#include "run/internal.h"

static int
room_traverse(void *data, visitproc visit, void *arg)
{
    struct run_room *room = data;
    Py_VISIT(room->environ);
    Py_VISIT(room->environ_data);
    Py_VISIT(room->os_dict);
    return 0;
}

static void
room_release(void *data)
{
    current_test_release(data);
    memory_free(data);
}

struct run_room *
run_room(struct engine *engine)
{
    struct engine_room *room = &engine->rooms[ROOM_RUN];
    if (!room->data) {
        room->data = memory_alloc_zeroed(sizeof(struct run_room));
        room->traverse = room_traverse;
        room->release = room_release;
    }
    return room->data;
}

int
run_add(PyObject *module, struct state *state)
{
    STATE_ROOM_ADD(state, ROOM_RUN, struct run_types);
    if (call_info_add(module, state) < 0 || report_add(module, state) < 0 || protocol_add(module, state) < 0) {
        return -1;
    }
    return session_loop_add(module, state);
}
