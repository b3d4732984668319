/* The built-in plugin "main": collection's half and the run's half of `_pytest.main` in one table. */
#include "run/internal.h"

static const struct native_hook MAIN_HOOKS[] = {
    {.id = HOOK_cmdline_main, .call = main_cmdline_main},
    {.id = HOOK_collection, .call = main_collection},
    {.id = HOOK_runtestloop, .call = main_runtestloop},
    {.id = HOOK_ignore_collect, .call = main_ignore_collect},
    {.id = HOOK_collect_directory, .call = main_collect_directory},
    {.id = HOOK_collection_modifyitems, .call = main_collection_modifyitems},
};

const struct native_plugin MAIN_PLUGIN = {
    .name = "main",
    .module = "_pytest.main",
    .hooks = MAIN_HOOKS,
    .hook_count = COUNT_OF(MAIN_HOOKS),
    .options = MAIN_OPTIONS,
    .option_count = MAIN_OPTION_COUNT,
    .inis = MAIN_INIS,
    .ini_count = MAIN_INI_COUNT,
};
