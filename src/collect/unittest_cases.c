/* unittest.TestCase classes as collectors. */
#include "collect/internal.h"

int
unittest_classes_add(PyObject *Py_UNUSED(module), struct state *Py_UNUSED(state))
{
    return 0;
}

const struct native_plugin UNITTEST_PLUGIN = {.name = "unittest", .module = "_pytest.unittest"};
