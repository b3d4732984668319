/* Registers the types of src/marks. */
#include "marks/marks.h"

int
marks_add(PyObject *Py_UNUSED(module), struct state *Py_UNUSED(state))
{
    return 0;
}

const struct native_plugin MARKS_PLUGIN = {.name = "mark", .module = "_pytest.mark"};
