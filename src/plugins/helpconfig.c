/* Built-in plugin "helpconfig": --version, --help, -p, -o, --debug. What it prints is Python's. */
#include "hooks/hooks.h"
#include "plugins/plugins.h"

#define DEBUG_GROUP .group = "debugconfig"

static const struct option_spec HELP_OPTIONS[] = {
    {DEBUG_GROUP, .names = {"-V", "--version"}, .dest = "version", .action = OPTION_COUNT, .default_text = "0",
     .help = "Display pytest version and information about plugins. When given twice, also display information "
             "about plugins."},
    {DEBUG_GROUP, .names = {"-h", "--help"}, .dest = "help", .action = OPTION_CUSTOM,
     .custom_action = "_pytest.helpconfig:HelpAction", .default_text = "False",
     .help = "Show help message and configuration info"},
    {DEBUG_GROUP, .names = {"-p"}, .dest = "plugins", .action = OPTION_APPEND, .default_text = "[]", .metavar = "name",
     .help = "Early-load given plugin module name or entry point (multi-allowed). To avoid loading of plugins, use "
             "the `no:` prefix, e.g. `no:doctest`. See also --disable-plugin-autoload."},
    {DEBUG_GROUP, .names = {"--disable-plugin-autoload"}, .action = OPTION_STORE_TRUE, .default_text = "False",
     .help = "Disable plugin auto-loading through entry point packaging metadata. Only plugins explicitly specified "
             "in -p or env var PYTEST_PLUGINS will be loaded."},
    {DEBUG_GROUP, .names = {"--traceconfig", "--trace-config"}, .action = OPTION_STORE_TRUE, .default_text = "False",
     .help = "Trace considerations of conftest.py files"},
    {DEBUG_GROUP, .names = {"--debug"}, .dest = "debug", .nargs = "?", .const_text = "'pytestdebug.log'",
     .metavar = "DEBUG_FILE_NAME",
     .help = "Store internal tracing debug information in this log file. This file is opened with 'w' and truncated "
             "as a result, care advised. Default: pytestdebug.log."},
    {DEBUG_GROUP, .names = {"-o", "--override-ini"}, .dest = "override_ini", .action = OPTION_APPEND,
     .help = "Override configuration option with \"option=value\" style, e.g. `-o strict_xfail=True -o "
             "cache_dir=cache`."},
};

/* _pytest.helpconfig.<function>(a, b), whose result is the hook's. */
static PyObject *
call_python(const char *function, PyObject *a)
{
    PyObject *callable = py_import_attr("_pytest.helpconfig", function);
    PyObject *result = callable ? py_call1(callable, a) : NULL;

    Py_XDECREF(callable);
    return result;
}

static int
before_cmdline_parse(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                     void **Py_UNUSED(memory))
{
    return 0;
}

/* --debug: traces go to a file until the run ends. */
static PyObject *
after_cmdline_parse(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                    void *Py_UNUSED(memory), PyObject *result)
{
    int wants_debug = result && result != Py_None ? option_is_true(engine, "debug") : 0;

    if (wants_debug > 0) {
        PyObject *done = call_python("_start_debugging", engine->config);
        wants_debug = done ? 1 : -1;
        Py_XDECREF(done);
    }
    if (wants_debug < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
help_cmdline_main(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int wants_help = option_is_true(engine, "help");

    if (wants_help < 0) {
        return NULL;
    }
    if (wants_help || option_int(engine, "version", 0) > 1) {
        return call_python("pytest_cmdline_main", args[0]);
    }
    Py_RETURN_NONE;
}

static PyObject *
help_report_header(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int wants_debug = option_is_true(engine, "debug");
    int wants_trace = wants_debug < 0 ? -1 : option_is_true(engine, "traceconfig");

    if (wants_trace < 0) {
        return NULL;
    }
    if (wants_debug || wants_trace) {
        return call_python("pytest_report_header", args[0]);
    }
    return PyList_New(0);
}

static const struct native_hook HELP_HOOKS[] = {
    {.id = HOOK_cmdline_parse, .flags = NATIVE_WRAPPER, .before = before_cmdline_parse, .after = after_cmdline_parse},
    {.id = HOOK_cmdline_main, .call = help_cmdline_main},
    {.id = HOOK_report_header, .call = help_report_header},
};

const struct native_plugin HELPCONFIG_PLUGIN = {
    .name = "helpconfig",
    .module = "_pytest.helpconfig",
    .hooks = HELP_HOOKS,
    .hook_count = COUNT_OF(HELP_HOOKS),
    .options = HELP_OPTIONS,
    .option_count = COUNT_OF(HELP_OPTIONS),
};
