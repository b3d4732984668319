/* Registers the types of src/io. */
#include "io/internal.h"

int
io_add(PyObject *module, struct state *state)
{
    if (!STATE_ROOM_ADD(state, ROOM_IO, struct io_types)) {
        return -1;
    }
    if (width_add(module, state) < 0 || terminal_writer_add_type(module, state) < 0 ||
        safe_repr_add(module, state) < 0 || pretty_printer_add_type(module, state) < 0) {
        return -1;
    }
    return 0;
}
