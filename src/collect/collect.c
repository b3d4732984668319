/* Registers the types of src/collect. */
#include "collect/collect.h"

int
collect_add(PyObject *Py_UNUSED(module), struct state *Py_UNUSED(state))
{
    return 0;
}

const struct native_plugin COLLECT_PLUGINS[] = {{.name = "python", .module = "_pytest.python"}};
const size_t COLLECT_PLUGIN_COUNT = COUNT_OF(COLLECT_PLUGINS);
