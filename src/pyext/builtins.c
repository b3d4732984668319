/* Registers the built-in plugins with a new engine. */
#include "pyext/builtins.h"

#include "collect/collect.h"
#include "hooks/hooks.h"
#include "plugins/plugins.h"

int
builtins_register(struct engine *engine)
{
    for (size_t i = 0; i < COLLECT_PLUGIN_COUNT; i++) {
        if (plugin_register_native(engine, &COLLECT_PLUGINS[i], NULL) < 0) {
            return -1;
        }
    }
    return plugin_register_native(engine, &FRONT_NOTES_PLUGIN, NULL);
}
