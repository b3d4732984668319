/* Registers the types of src/plugins. */
#include "plugins/plugins.h"

int
plugins_add(PyObject *Py_UNUSED(module), struct state *Py_UNUSED(state))
{
    return 0;
}
