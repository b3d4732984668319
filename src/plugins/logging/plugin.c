/* The plugin "logging": its options, the fixture caplog, and the start of "logging-plugin". */
#include "plugins/logging/internal.h"

/* ---- caplog ---- */

static PyObject *
setup_caplog(struct engine *engine, PyObject *request, PyObject *const *Py_UNUSED(args))
{
    struct logging_room *room = logging_room(engine);
    PyObject *node = NULL;
    PyObject *function = NULL;
    PyObject *fixture = NULL;

    if (logging_start(engine) < 0) {
        return NULL;
    }
    node = PyObject_GetAttrString(request, "node");
    function = node ? py_import_attr("_pytest.logging", "caplog_fixture") : NULL;
    if (function) {
        fixture = PyObject_CallFunction(function, "OOs", room->plugin, node, room->phase ? room->phase : "setup");
    }
    Py_XDECREF(function);
    Py_XDECREF(node);
    return fixture;
}

static int
teardown_caplog(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(request), PyObject *fixture)
{
    return py_status_take(PyObject_CallMethod(fixture, "_finalize", NULL));
}

static const struct native_fixture LOGGING_FIXTURES[] = {
    {.name = "caplog",
     .scope = SCOPE_FUNCTION,
     .argnames = {"request"},
     .setup = setup_caplog,
     .teardown = teardown_caplog,
     .module = "_pytest.logging",
     .doc = "Access and control log capturing.\n\n"
            "    Captured logs are available through the following properties/methods::\n\n"
            "    * caplog.messages        -> list of format-interpolated log messages\n"
            "    * caplog.text            -> string containing formatted log output\n"
            "    * caplog.records         -> list of logging.LogRecord instances\n"
            "    * caplog.record_tuples   -> list of (logger_name, level, message) tuples\n"
            "    * caplog.clear()         -> clear captured records and formatted log output string\n    ",
     .line = 621},
};

static PyObject *
register_fixtures(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    if (fixtures_register_native(engine, LOGGING_FIXTURES, COUNT_OF(LOGGING_FIXTURES)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- configure ---- */

/* Whether an option or its ini value is set: 1, 0, -1. */
static int
is_set(struct engine *engine, const char *option, const char *ini)
{
    PyObject *value = option ? option_get(engine, option) : Py_NewRef(Py_None);
    if (value == Py_None) {
        py_replace_take(&value, ini_get(engine, ini));
    }
    int is_true = value ? (value == Py_None ? 0 : PyObject_IsTrue(value)) : -1;
    Py_XDECREF(value);
    return is_true;
}

/* Whether the run asks for more than the records of tests that log. */
static int
wants_logging_now(struct engine *engine)
{
    static const char *const NAMES[][2] = {{"log_level", "log_level"},
                                           {"log_cli_level", "log_cli_level"},
                                           {"log_file", "log_file"},
                                           {"log_file_level", "log_file_level"},
                                           {NULL, "log_cli"}};
    PyObject *module = py_find_module("logging");
    int wants = module != NULL;

    Py_XDECREF(module);
    for (size_t i = 0; wants == 0 && i < COUNT_OF(NAMES); i++) {
        wants = is_set(engine, NAMES[i][0], NAMES[i][1]);
    }
    return wants == 0 ? option_is_true(engine, "logger_disable") : wants;
}

static PyObject *
on_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *proxy = logging_proxy_new(engine);
    int wants_now = proxy ? wants_logging_now(engine) : -1;
    int status = -1;

    if (wants_now >= 0) {
        status = wants_now ? logging_start(engine) : logging_watch(engine);
    }
    if (status == 0) {
        status = plugin_register_native(engine, &LOGGING_SESSION_PLUGIN, proxy);
    }
    Py_XDECREF(proxy);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const struct native_hook LOGGING_HOOKS[] = {
    {.id = HOOK_configure, .flags = NATIVE_TRYLAST, .call = on_configure},
    {.id = HOOK_sessionstart, .call = register_fixtures},
};

#define LOG_OPTION(name, destination, text)                                                                            \
    {.group = "logging", .names = {name}, .dest = destination, .default_text = "None", .help = text}

static const struct option_spec LOGGING_OPTIONS[] = {
    {.group = "logging",
     .names = {"--log-level"},
     .dest = "log_level",
     .default_text = "None",
     .metavar = "LEVEL",
     .help = "Level of messages to catch/display. Not set by default, so it depends on the root/parent log handler's "
             "effective level, where it is \"WARNING\" by default."},
    LOG_OPTION("--log-format", "log_format", "Log format used by the logging module"),
    LOG_OPTION("--log-date-format", "log_date_format", "Log date format used by the logging module"),
    LOG_OPTION("--log-cli-level", "log_cli_level", "CLI logging level"),
    LOG_OPTION("--log-cli-format", "log_cli_format", "Log format used by the logging module"),
    LOG_OPTION("--log-cli-date-format", "log_cli_date_format", "Log date format used by the logging module"),
    LOG_OPTION("--log-file", "log_file", "Path to a file when logging will be written to"),
    {.group = "logging",
     .names = {"--log-file-mode"},
     .dest = "log_file_mode",
     .default_text = "None",
     .help = "Log file open mode",
     .choices = {"w", "a"}},
    LOG_OPTION("--log-file-level", "log_file_level", "Log file logging level"),
    LOG_OPTION("--log-file-format", "log_file_format", "Log format used by the logging module"),
    LOG_OPTION("--log-file-date-format", "log_file_date_format", "Log date format used by the logging module"),
    LOG_OPTION("--log-auto-indent", "log_auto_indent",
               "Auto-indent multiline messages passed to the logging module. Accepts true|on, false|off or an "
               "integer."),
    {.group = "logging",
     .names = {"--log-disable"},
     .dest = "logger_disable",
     .action = OPTION_APPEND,
     .default_text = "[]",
     .help = "Disable a logger by name. Can be passed multiple times."},
};

static const struct ini_spec LOGGING_INIS[] = {
    {.name = "log_level", .type = "int | string", .default_text = "None", .help = "Default value for --log-level"},
    {.name = "log_format",
     .default_text = "'%(levelname)-8s %(name)s:%(filename)s:%(lineno)d %(message)s'",
     .help = "Default value for --log-format"},
    {.name = "log_date_format", .default_text = "'%H:%M:%S'", .help = "Default value for --log-date-format"},
    {.name = "log_cli",
     .type = "bool",
     .default_text = "False",
     .help = "Enable log display during test run (also known as \"live logging\")"},
    {.name = "log_cli_level",
     .type = "int | string",
     .default_text = "None",
     .help = "Default value for --log-cli-level"},
    {.name = "log_cli_format", .default_text = "None", .help = "Default value for --log-cli-format"},
    {.name = "log_cli_date_format", .default_text = "None", .help = "Default value for --log-cli-date-format"},
    {.name = "log_file", .default_text = "None", .help = "Default value for --log-file"},
    {.name = "log_file_mode", .type = "'w' | 'a'", .default_text = "'w'", .help = "Default value for --log-file-mode"},
    {.name = "log_file_level",
     .type = "int | string",
     .default_text = "None",
     .help = "Default value for --log-file-level"},
    {.name = "log_file_format", .default_text = "None", .help = "Default value for --log-file-format"},
    {.name = "log_file_date_format", .default_text = "None", .help = "Default value for --log-file-date-format"},
    {.name = "log_auto_indent",
     .type = "int | bool | string",
     .default_text = "None",
     .help = "Default value for --log-auto-indent"},
};

const struct native_plugin LOGGING_PLUGIN = {
    .name = "logging",
    .module = "_pytest.logging",
    .hooks = LOGGING_HOOKS,
    .hook_count = COUNT_OF(LOGGING_HOOKS),
    .options = LOGGING_OPTIONS,
    .option_count = COUNT_OF(LOGGING_OPTIONS),
    .inis = LOGGING_INIS,
    .ini_count = COUNT_OF(LOGGING_INIS),
};
