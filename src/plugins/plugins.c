/* Registers the types of src/plugins, room by room. */
#include "plugins/plugins.h"

#include "plugins/capture/capture.h"

const struct native_plugin *const BUILTIN_PLUGINS[] = {
    &CAPTURE_PLUGIN,
};
const size_t BUILTIN_PLUGIN_COUNT = COUNT_OF(BUILTIN_PLUGINS);

int
plugins_add(PyObject *module, struct state *state)
{
    if (capture_add(module, state) < 0) {
        return -1;
    }
    return 0;
}
