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

/* pytest's order of registration; a name whose plugin is not there yet is passed over. */
static const char *const ORDER[] = {
    "mark",
    "main",
    "runner",
    "fixtures",
    "helpconfig",
    "python",
    "terminal",
    "debugging",
    "unittest",
    "capture",
    "skipping",
    "legacypath",
    "tmpdir",
    "monkeypatch",
    "recwarn",
    "pastebin",
    "assertion",
    "junitxml",
    "doctest",
    "cacheprovider",
    "setuponly",
    "setupplan",
    "stepwise",
    "unraisableexception",
    "threadexception",
    "warnings",
    "logging",
    "reports",
    "faulthandler",
    "subtests",
};

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

static const struct native_plugin *
find_plugin(const char *name)
{
    const struct native_plugin *found = find_among(CORE_PLUGINS, COUNT_OF(CORE_PLUGINS), name);

    if (!found) {
        found = find_among(BUILTIN_PLUGINS, BUILTIN_PLUGIN_COUNT, name);
    }
    return found;
}

int
builtins_register(struct engine *engine)
{
    for (size_t i = 0; i < COUNT_OF(ORDER); i++) {
        const struct native_plugin *plugin = find_plugin(ORDER[i]);
        if (plugin && plugin_register_native(engine, plugin, NULL) < 0) {
            return -1;
        }
    }
    if (crash_log_is_wanted(engine) && plugin_register_native(engine, &CRASH_LOG_PLUGIN, NULL) < 0) {
        return -1;
    }
    return plugin_register_native(engine, &FRONT_NOTES_PLUGIN, NULL);
}
