/* The built-in plugin "assertion": its options, and the hooks that connect failing assertions with the running test. */
#include "hooks/hooks.h"
#include "rewrite/compare.h"

/* ---- pytest_runtest_protocol: whose hooks explain comparisons ---- */

static int
before_protocol(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void **memory)
{
    struct rewrite_room *room = rewrite_room(engine->state);

    /* Runs nest: the outer item comes back when the inner one is done. The reference moves into `memory`. */
    *memory = room->current_item;
    room->current_item = Py_NewRef(args[0]);
    return 0;
}

static PyObject *
after_protocol(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void *memory,
               PyObject *result)
{
    py_replace_take(&rewrite_room(engine->state)->current_item, memory);
    return result;
}

/* ---- pytest_assertrepr_compare ---- */

/* The terminal writer that colours explanations: a new reference; None when no terminal reporter is there. */
static PyObject *
find_writer(struct engine *engine)
{
    PyObject *reporter = plugin_find(engine, "terminalreporter");
    PyObject *writer = NULL;

    if (!reporter) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    writer = py_attr(engine->state, reporter, "_tw"); /* config.get_terminal_writer() */
    Py_DECREF(reporter);
    return writer;
}

/* 1: texts are shown as two blocks. */
static int
shows_blocks(struct engine *engine)
{
    PyObject *style = ini_get(engine, "assertion_text_diff_style");
    int is_block = style ? py_text_equals(style, "block") : -1;

    Py_XDECREF(style);
    return is_block;
}

/* No more is looked at than truncation lets through. */
static void
set_budget(struct comparison *comparison, const struct truncation *truncation)
{
    if (!truncation->is_on) {
        return;
    }
    if (truncation->max_lines > 0) {
        comparison->line_cap = truncation->max_lines + TRUNCATION_FOOTER_LINES + 1;
        comparison->max_lines = comparison->line_cap;
    }
    if (truncation->max_chars > 0) {
        comparison->char_cap = truncation->max_chars + TRUNCATION_FOOTER_CHARS;
        comparison->max_chars = comparison->char_cap;
    }
}

static PyObject *
compare_for_hook(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct comparison comparison = {.state = engine->state, .left = args[2], .right = args[3]};
    struct truncation truncation;
    PyObject *writer = NULL;
    PyObject *result = NULL;
    int is_block = shows_blocks(engine);

    comparison.operator_text = py_utf8(args[1]);
    if (is_block < 0 || !comparison.operator_text || truncation_read(engine, &truncation) < 0) {
        return NULL;
    }
    writer = find_writer(engine);
    if (!writer) {
        return NULL;
    }
    comparison.writer = writer == Py_None ? NULL : writer;
    comparison.runs_on_ci = runs_on_ci();
    comparison.shows_blocks = is_block;
    comparison.verbosity = config_verbosity(engine, "assertions");
    set_budget(&comparison, &truncation);
    if (!PyErr_Occurred() && comparison_build(&comparison) == 0) {
        result = truncation_apply(&truncation, comparison.lines);
    }
    if (result && PyList_Size(result) == 0) {
        py_replace(&result, Py_None);
    }
    Py_XDECREF(comparison.lines);
    Py_DECREF(writer);
    return result;
}

/* ---- The session, for the import hook ---- */

static PyObject *
give_session(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    import_hook_set_session(engine, args[0]);
    Py_RETURN_NONE;
}

static PyObject *
take_session(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    import_hook_set_session(engine, NULL);
    Py_RETURN_NONE;
}

/* A wrong value is told at the start, not when the first assertion fails. */
static PyObject *
check_style(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return py_none_or_error(shows_blocks(engine));
}

/* ---- Options ---- */

static const struct option_spec OPTIONS[] = {
    {
        .group = "debugconfig",
        .names = {"--assert"},
        .dest = "assertmode",
        .action = OPTION_STORE,
        .default_text = "'rewrite'",
        .metavar = "MODE",
        .help = "Control assertion debugging tools.\n"
                "'plain' performs no assertion debugging.\n"
                "'rewrite' (the default) rewrites assert statements in test modules"
                " on import to provide assert expression information.",
        .choices = {"rewrite", "plain"},
    },
};

static const struct ini_spec INIS[] = {
    {"enable_assertion_pass_hook",
     "bool",
     "False",
     "Enables the pytest_assertion_pass hook. Make sure to delete any previously generated pyc cache files.",
     {NULL},
     NULL},
    {"truncation_limit_lines",
     "int | string",
     "None",
     "Set threshold of LINES after which truncation will take effect",
     {NULL},
     NULL},
    {"truncation_limit_chars",
     "int | string",
     "None",
     "Set threshold of CHARS after which truncation will take effect",
     {NULL},
     NULL},
    {"assertion_text_diff_style",
     "'ndiff' | 'block'",
     "'ndiff'",
     "Choose how pytest renders diffs for string equality assertions",
     {NULL},
     NULL},
    {"verbosity_assertions",
     "int | 'auto'",
     "'auto'",
     "Specify a verbosity level for assertions, overriding the main level. "
     "Higher levels will provide more detailed explanation when an assertion fails.",
     {NULL},
     NULL},
};

static const struct native_hook HOOKS_TABLE[] = {
    {.id = HOOK_configure, .call = check_style},
    {.id = HOOK_collection, .call = give_session},
    {.id = HOOK_runtest_protocol,
     .flags = NATIVE_WRAPPER | NATIVE_TRYFIRST,
     .before = before_protocol,
     .after = after_protocol},
    {.id = HOOK_sessionfinish, .call = take_session},
    {.id = HOOK_assertrepr_compare, .call = compare_for_hook},
};

const struct native_plugin ASSERTION_PLUGIN = {
    .name = "assertion",
    .module = "_pytest.assertion",
    .hooks = HOOKS_TABLE,
    .hook_count = COUNT_OF(HOOKS_TABLE),
    .options = OPTIONS,
    .option_count = COUNT_OF(OPTIONS),
    .inis = INIS,
    .ini_count = COUNT_OF(INIS),
};
