/* The plugin "terminal": options, and the hooks that make a reporter and name the outcomes. */
#include "plugins/terminal/reporter.h"

/* clang-format off */
static const struct option_spec OPTIONS[] = {
    {.group = "terminal reporting", .names = {"-v", "--verbose"}, .dest = "verbose", .action = OPTION_COUNT,
     .default_text = "0", .help = "Increase verbosity"},
    {.group = "terminal reporting", .names = {"--no-header"}, .dest = "no_header", .action = OPTION_STORE_TRUE,
     .default_text = "False", .help = "Disable header"},
    {.group = "terminal reporting", .names = {"--no-summary"}, .dest = "no_summary", .action = OPTION_STORE_TRUE,
     .default_text = "False", .help = "Disable summary"},
    {.group = "terminal reporting", .names = {"--no-fold-skipped"}, .dest = "fold_skipped",
     .action = OPTION_STORE_FALSE, .default_text = "True",
     .help = "Do not fold skipped tests in short summary."},
    {.group = "terminal reporting", .names = {"--force-short-summary"}, .dest = "force_short_summary",
     .action = OPTION_STORE_TRUE, .default_text = "False",
     .help = "Force condensed summary output regardless of verbosity level."},
    {.group = "terminal reporting", .names = {"-q", "--quiet"}, .dest = "verbose", .action = OPTION_CUSTOM,
     .default_text = "0", .custom_action = "_pytest.terminal:MoreQuietAction", .help = "Decrease verbosity"},
    {.group = "terminal reporting", .names = {"--verbosity"}, .dest = "verbose", .type = OPTION_INT,
     .default_text = "0", .help = "Set verbosity. Default: 0."},
    {.group = "terminal reporting", .names = {"-r", "--report-chars"}, .dest = "reportchars",
     .default_text = "'fE'", .metavar = "chars",
     .help = "Show extra test summary info as specified by chars: (f)ailed, "
             "(E)rror, (s)kipped, (x)failed, (X)passed, "
             "(p)assed, (P)assed with output, (a)ll except passed (p/P), or (A)ll. "
             "(w)arnings are enabled by default (see --disable-warnings), "
             "'N' can be used to reset the list. (default: 'fE')."},
    {.group = "terminal reporting", .names = {"--disable-warnings", "--disable-pytest-warnings"},
     .dest = "disable_warnings", .action = OPTION_STORE_TRUE, .default_text = "False",
     .help = "Disable warnings summary"},
    {.group = "terminal reporting", .names = {"-l", "--showlocals"}, .dest = "showlocals",
     .action = OPTION_STORE_TRUE, .default_text = "False",
     .help = "Show locals in tracebacks (disabled by default)"},
    {.group = "terminal reporting", .names = {"--no-showlocals"}, .dest = "showlocals",
     .action = OPTION_STORE_FALSE,
     .help = "Hide locals in tracebacks (negate --showlocals passed through addopts)"},
    {.group = "terminal reporting", .names = {"--tb"}, .dest = "tbstyle", .default_text = "'auto'",
     .metavar = "style", .choices = {"auto", "long", "short", "no", "line", "native"},
     .help = "Traceback print mode (auto/long/short/line/native/no)"},
    {.group = "terminal reporting", .names = {"--xfail-tb"}, .dest = "xfail_tb", .action = OPTION_STORE_TRUE,
     .default_text = "False", .help = "Show tracebacks for xfail (as long as --tb != no)"},
    {.group = "terminal reporting", .names = {"--show-capture"}, .dest = "showcapture", .default_text = "'all'",
     .choices = {"no", "stdout", "stderr", "log", "all"},
     .help = "Controls how captured stdout/stderr/log is shown on failed tests. Default: all."},
    {.group = "terminal reporting", .names = {"--fulltrace", "--full-trace"}, .dest = "fulltrace",
     .action = OPTION_STORE_TRUE, .default_text = "False",
     .help = "Don't cut any tracebacks (default is to cut)"},
    {.group = "terminal reporting", .names = {"--color"}, .dest = "color", .default_text = "'auto'",
     .metavar = "color", .choices = {"yes", "no", "auto"}, .help = "Color terminal output (yes/no/auto)"},
    {.group = "terminal reporting", .names = {"--code-highlight"}, .dest = "code_highlight",
     .default_text = "'yes'", .choices = {"yes", "no"},
     .help = "Whether code should be highlighted (only if --color is also enabled). Default: yes."},
};

static const struct ini_spec INIS[] = {
    {.name = "console_output_style",
     .type = "'classic' | 'progress' | 'count' | 'times' | 'progress-even-when-capture-no'", .default_text = "'progress'",
     .help = "Console output: \"classic\", or with additional progress information "
             "(\"progress\" (percentage) | \"count\" | \"times\" | \"progress-even-when-capture-no\" "
             "(forces progress even when capture=no)"},
    {.name = "verbosity_test_cases", .type = "int | 'auto'", .default_text = "'auto'",
     .help = "Specify a verbosity level for test case execution, overriding the main level. "
             "Higher levels will provide more detailed information about each test case executed."},
};
/* clang-format on */

/* ---- pytest_configure ---- */

/* Only where captured output cannot reach the terminal may text be held back. */
static int
own_descriptor_if_captured(struct engine *engine, PyObject *writer)
{
    PyObject *method = option_get(engine, "capture");
    int status = method ? 0 : -1;

    if (py_text_equals(method, "fd")) {
        status = terminal_own_descriptor(writer);
    }
    Py_XDECREF(method);
    return status;
}

static void
release_descriptor(struct engine *Py_UNUSED(engine), void *memory)
{
    PyObject *writer = memory;

    if (terminal_release_descriptor(writer) < 0) {
        PyErr_WriteUnraisable(writer);
    }
    Py_DECREF(writer);
}

/* At the end of the process: see py/untracked.h. */
static void
release_reports(struct engine *engine, void *memory)
{
    PyObject *stats = ((TerminalReporter *)memory)->stats;
    PyObject *borrowed_category = NULL;
    PyObject *borrowed_reports = NULL;
    Py_ssize_t i = 0;

    while (stats && PyDict_CheckExact(stats) && PyDict_Next(stats, &i, &borrowed_category, &borrowed_reports)) {
        if (PyList_CheckExact(borrowed_reports)) {
            py_release_untracked(borrowed_reports, run_types(engine->state)->test_report);
        }
    }
    Py_DECREF((PyObject *)memory);
}

/* config.trace's messages go to the reporter. */
static int
trace_config(struct engine *engine, PyObject *reporter)
{
    int is_traced = option_is_true(engine, "debug");
    PyObject *function = NULL;
    PyObject *result = NULL;

    if (!is_traced) {
        is_traced = option_is_true(engine, "traceconfig");
    }
    if (is_traced <= 0) {
        return is_traced;
    }
    function = py_import_attr("_pytest.terminal", "_trace_config");
    result = function ? py_call2(function, engine->config, reporter) : NULL;
    Py_XDECREF(function);
    return py_status_take(result);
}

static PyObject *
hook_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *borrowed_stdout = PySys_GetObject("stdout");
    PyObject *file = Py_XNewRef(borrowed_stdout);
    PyObject *reporter = reporter_new(engine, file);
    PyObject *writer = reporter ? ((TerminalReporter *)reporter)->tw : NULL;
    int status = -1;

    if (!reporter || own_descriptor_if_captured(engine, writer) < 0) {
        goto done;
    }
    if (config_add_cleanup(engine, release_descriptor, Py_NewRef(writer)) < 0 ||
        (engine->ends_with_process && config_add_cleanup(engine, release_reports, Py_NewRef(reporter)) < 0) ||
        plugin_register_native(engine, &REPORTER_PLUGIN, reporter) < 0) {
        goto done;
    }
    status = trace_config(engine, reporter);
done:
    Py_XDECREF(file);
    Py_XDECREF(reporter);
    return py_none_or_error(status);
}

/* ---- pytest_report_teststatus ---- */

static PyObject *
status_of(const char *outcome, const char *letter, const char *word)
{
    return Py_BuildValue("(sss)", outcome, letter, word);
}

static bool
is_outside_call(PyObject *when)
{
    return py_text_equals(when, "collect") || py_text_equals(when, "setup") || py_text_equals(when, "teardown");
}

/* (outcome, letter, OUTCOME) for an outcome of a plugin's own. */
static PyObject *
unknown_status(PyObject *outcome)
{
    PyObject *word = PyObject_CallMethod(outcome, "upper", NULL);
    return word ? Py_BuildValue("(OsN)", outcome, "F", word) : NULL;
}

static PyObject *
hook_report_teststatus(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct names *names = &engine->state->names;
    PyObject *outcome = PyObject_GetAttr(args[0], names->outcome);
    PyObject *when = outcome ? PyObject_GetAttr(args[0], names->when) : NULL;
    PyObject *status = NULL;

    if (!when) {
        Py_XDECREF(outcome);
        return NULL;
    }
    if (py_text_equals(outcome, "failed")) {
        status = is_outside_call(when) ? status_of("error", "E", "ERROR") : status_of("failed", "F", "FAILED");
    } else if (py_text_equals(outcome, "passed")) {
        status = status_of("passed", ".", "PASSED");
    } else if (py_text_equals(outcome, "skipped")) {
        status = status_of("skipped", "s", "SKIPPED");
    } else {
        status = unknown_status(outcome);
    }
    Py_DECREF(outcome);
    Py_DECREF(when);
    return status;
}

static const struct native_hook HOOKS_OF_TERMINAL[] = {
    {.id = HOOK_configure, .call = hook_configure},
    {.id = HOOK_report_teststatus, .flags = NATIVE_TRYLAST, .call = hook_report_teststatus},
};

const struct native_plugin TERMINAL_PLUGIN = {
    .name = "terminal",
    .module = "_pytest.terminal",
    .hooks = HOOKS_OF_TERMINAL,
    .hook_count = COUNT_OF(HOOKS_OF_TERMINAL),
    .options = OPTIONS,
    .option_count = COUNT_OF(OPTIONS),
    .inis = INIS,
    .ini_count = COUNT_OF(INIS),
};

/* ---- Module functions for `_pytest.terminal` ---- */

static PyObject *
function_session_duration(PyObject *Py_UNUSED(module), PyObject *seconds)
{
    double value = PyFloat_AsDouble(seconds);
    struct text text = {0};
    PyObject *result = NULL;

    if (value == -1 && PyErr_Occurred()) {
        return NULL;
    }
    session_duration_add(&text, value);
    result = py_text_from(&text);
    text_release(&text);
    return result;
}

PY_NAMED_ONE(function_session_duration_named, function_session_duration, "format_session_duration", "seconds")
static PyMethodDef FUNCTIONS[] = {
    {"create_terminal_writer", PY_WITH_KEYWORDS(function_create_terminal_writer),
     "create_terminal_writer(config, file=None)\n--\n\n"
     "Create a TerminalWriter instance configured according to the options in the config object."},
    {"_format_trimmed", function_format_trimmed, METH_VARARGS, NULL},
    {"_get_raw_skip_reason", function_raw_skip_reason, METH_O, NULL},
    {"format_session_duration", PY_FAST_WITH_KEYWORDS(function_session_duration_named),
     "format_session_duration($module, seconds)\n--\n\n"
     "Format the given seconds in a human readable manner to show in the final summary."},
    PY_END_METHOD,
};

int
terminal_add(PyObject *module, struct state *state)
{
    struct terminal_types *types = STATE_ROOM_ADD(state, ROOM_TERMINAL, struct terminal_types);

    types->reporter = reporter_add_type(module, state);
    types->warning_report = warning_report_add_type(module);
    if (!types->reporter || !types->warning_report) {
        return -1;
    }
    return PyModule_AddFunctions(module, FUNCTIONS);
}
