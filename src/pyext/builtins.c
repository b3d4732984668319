/* Registers the built-in plugins with a new engine. */
#include "pyext/builtins.h"

#include <string.h>

#include "collect/collect.h"
#include "fixtures/fixtures.h"
#include "hooks/hooks.h"
#include "marks/marks.h"
#include "plugins/plugins.h"
#include "rewrite/rewrite.h"
#include "run/run.h"

/* Those of the core that stand alone; the table of plugins/ is searched, too. */
static const struct native_plugin *const CORE_PLUGINS[] = {
    &MARKS_PLUGIN,    &RUNNER_PLUGIN, &REPORTS_PLUGIN, &ASSERTION_PLUGIN,
    &FIXTURES_PLUGIN, &MAIN_PLUGIN,   &PYTHON_PLUGIN,  &UNITTEST_PLUGIN,
};

static const struct native_plugin *
find_among(const struct native_plugin *const *plugins, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(plugins[i]->name, name) == 0) {
            return plugins[i];
        }
    }
    return NULL;
}

/* The default plugin of that name: there is one of each. */
static const struct native_plugin *
find_plugin(const char *name)
{
    const struct native_plugin *found = find_among(CORE_PLUGINS, COUNT_OF(CORE_PLUGINS), name);
    return found ? found : find_among(BUILTIN_PLUGINS, BUILTIN_PLUGIN_COUNT, name);
}

int
builtins_register(struct engine *engine)
{
    for (size_t i = 0; i < DEFAULT_PLUGIN_COUNT; i++) {
        if (plugin_register_native(engine, find_plugin(PLUGIN_NAMES[i]), NULL) < 0) {
            return -1;
        }
    }
    if (crash_log_is_wanted(engine) && plugin_register_native(engine, &CRASH_LOG_PLUGIN, NULL) < 0) {
        return -1;
    }
    return plugin_register_native(engine, &FRONT_NOTES_PLUGIN, NULL);
}
