/* Registers the types of src/code. */
#include "code/code.h"

int
code_add(PyObject *Py_UNUSED(module), struct state *Py_UNUSED(state))
{
    return 0;
}
