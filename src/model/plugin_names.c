/* The table of names, in the order in which pytest registers them. */
#include "model/plugin_names.h"

#include <string.h>

const char *const PLUGIN_NAMES[PLUGIN_NAME_COUNT] = {
    /* essential */
    "mark",
    "main",
    "runner",
    "fixtures",
    "helpconfig",
    /* default */
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
    /* for the asking */
    "pytester",
    "pytester_assertions",
    "terminalprogress",
};

bool
plugin_is_replaced(const char *module)
{
    return strcmp(module, "xdist") == 0 || strncmp(module, "xdist.", 6) == 0;
}
