/* Registers the types of src/code. */
#include "code/code.h"

#include "code/internal.h"

PyObject *
code_fslineno(struct state *state, PyObject *object)
{
    return code_call_python_take(state, false, "getfslineno", PyTuple_Pack(1, object));
}

int
code_add(PyObject *module, struct state *state)
{
    STATE_ROOM_ADD(state, ROOM_CODE, struct code_room);
    if (frames_add(module, state) < 0 || traceback_add(module, state) < 0) {
        return -1;
    }
    return excinfo_add(module, state);
}
