/* The plugin "debugging": its options. The debugger is Python (`_pytest.debugging`), imported when pdb is. */
#include "plugins/debugging.h"

#include "plugins/import_watch.h"

/* Options that need a debugger become plugins of their own, and pdb.set_trace() becomes ours. */
static int
take_over(struct engine *engine)
{
    PyObject *configure = py_import_attr("_pytest.debugging", "configure");
    PyObject *done = configure ? py_call1(configure, engine->config) : NULL;

    Py_XDECREF(done);
    Py_XDECREF(configure);
    return done ? 0 : -1;
}

static void
stop_waiting(struct engine *engine, void *memory)
{
    PyObject *watcher = memory;

    if (import_unwatch(watcher) < 0) {
        PyErr_WriteUnraisable(engine->config);
    }
    Py_DECREF(watcher);
}

/* Importing pdb takes longer than many a run: it is taken over when somebody imports it, as breakpoint() does. */
static int
wait_for_pdb(struct engine *engine)
{
    PyObject *watcher = import_watch(engine, "pdb", take_over);

    if (!watcher) {
        return -1;
    }
    return config_add_cleanup(engine, stop_waiting, watcher);
}

static PyObject *
on_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *pdb = py_find_module("pdb");
    int wants_now = pdb ? 1 : option_is_true(engine, "usepdb");

    Py_XDECREF(pdb);
    if (wants_now == 0) {
        wants_now = option_is_true(engine, "trace");
    }
    if (wants_now < 0 || (wants_now ? take_over(engine) : wait_for_pdb(engine)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const struct native_hook DEBUGGING_HOOKS[] = {{.id = HOOK_configure, .call = on_configure}};

static const struct option_spec DEBUGGING_OPTIONS[] = {
    {.group = "general",
     .names = {"--pdb"},
     .dest = "usepdb",
     .action = OPTION_STORE_TRUE,
     .help = "Start the interactive Python debugger on errors or KeyboardInterrupt"},
    {.group = "general",
     .names = {"--pdbcls"},
     .dest = "usepdb_cls",
     .type = OPTION_CUSTOM_TYPE,
     .metavar = "modulename:classname",
     .help = "Specify a custom interactive Python debugger for use with --pdb."
             "For example: --pdbcls=IPython.terminal.debugger:TerminalPdb",
     .custom_type = "_pytest.debugging:validate_usepdb_cls"},
    {.group = "general",
     .names = {"--trace"},
     .dest = "trace",
     .action = OPTION_STORE_TRUE,
     .help = "Immediately break when running each test"},
};

const struct native_plugin DEBUGGING_PLUGIN = {
    .name = "debugging",
    .module = "_pytest.debugging",
    .hooks = DEBUGGING_HOOKS,
    .hook_count = COUNT_OF(DEBUGGING_HOOKS),
    .options = DEBUGGING_OPTIONS,
    .option_count = COUNT_OF(DEBUGGING_OPTIONS),
};
