/* Registers the types of src/plugins, room by room. */
#include "plugins/plugins.h"

#include "plugins/cacheprovider/cacheprovider.h"
#include "plugins/capture/capture.h"
#include "plugins/crash_log.h"
#include "plugins/debugging.h"
#include "plugins/doctest.h"
#include "plugins/faulthandler.h"
#include "plugins/ignored_exceptions.h"
#include "plugins/import_watch.h"
#include "plugins/junitxml.h"
#include "plugins/legacypath/legacypath.h"
#include "plugins/logging/logging.h"
#include "plugins/monkeypatch/monkeypatch.h"
#include "plugins/pastebin.h"
#include "plugins/raises/raises.h"
#include "plugins/recwarn.h"
#include "plugins/setuponly.h"
#include "plugins/skipping/skipping.h"
#include "plugins/stepwise.h"
#include "plugins/subtests.h"
#include "plugins/terminal/terminal.h"
#include "plugins/tmpdir/tmpdir.h"
#include "plugins/warnings/warnings.h"

const struct native_plugin *const BUILTIN_PLUGINS[] = {
    &HELPCONFIG_PLUGIN, &TERMINAL_PLUGIN,     &CAPTURE_PLUGIN,     &CACHEPROVIDER_PLUGIN,    &DEBUGGING_PLUGIN,
    &DOCTEST_PLUGIN,    &FAULTHANDLER_PLUGIN, &UNRAISABLE_PLUGIN,  &THREAD_EXCEPTION_PLUGIN, &JUNITXML_PLUGIN,
    &LEGACYPATH_PLUGIN, &LOGGING_PLUGIN,      &MONKEYPATCH_PLUGIN, &SKIPPING_PLUGIN,         &TMPDIR_PLUGIN,
    &RECWARN_PLUGIN,    &PASTEBIN_PLUGIN,     &STEPWISE_PLUGIN,    &SUBTESTS_PLUGIN,         &SETUPONLY_PLUGIN,
    &SETUPPLAN_PLUGIN,  &WARNINGS_PLUGIN,
};
const size_t BUILTIN_PLUGIN_COUNT = COUNT_OF(BUILTIN_PLUGINS);

static int (*const ROOMS[])(PyObject *module, struct state *state) = {
    cacheprovider_add, capture_add, logging_add,  monkeypatch_add, crash_log_add,
    import_watch_add,  raises_add,  skipping_add, tmpdir_add,      terminal_add,
};

int
plugins_add(PyObject *module, struct state *state)
{
    for (size_t i = 0; i < COUNT_OF(ROOMS); i++) {
        if (ROOMS[i](module, state) < 0) {
            return -1;
        }
    }
    return 0;
}
