/* The plugin "debugging": its options. The debugger is Python (`_pytest.debugging`) and imported when it is asked for.
 */
#include "plugins/debugging.h"

/* breakpoint(): pdb's set_trace becomes ours first, then the interpreter's own hook goes on. */
static PyObject *
on_breakpoint(PyObject *config, PyObject *args, PyObject *kwargs)
{
    PyObject *take_over = py_import_attr("_pytest.debugging", "take_over");
    PyObject *done = take_over ? py_call1(take_over, config) : NULL;
    PyObject *borrowed_hook = PySys_GetObject("__breakpointhook__");
    PyObject *result = done && borrowed_hook ? PyObject_Call(borrowed_hook, args, kwargs) : NULL;

    Py_XDECREF(done);
    Py_XDECREF(take_over);
    return result;
}

static PyMethodDef ON_BREAKPOINT = {"breakpointhook", (PyCFunction)(void (*)(void))on_breakpoint,
                                    METH_VARARGS | METH_KEYWORDS, "breakpoint() with capturing suspended."};

static void
restore_breakpoint_hook(struct engine *engine, void *memory)
{
    PyObject *previous = memory;
    if (PySys_SetObject("breakpointhook", previous) < 0) {
        PyErr_WriteUnraisable(engine->config);
    }
    Py_DECREF(previous);
}

/* Importing pdb takes longer than many a run: until somebody has, only breakpoint() is watched. */
static int
watch_breakpoint(struct engine *engine)
{
    PyObject *borrowed_previous = PySys_GetObject("breakpointhook");
    PyObject *hook = NULL;
    int status = -1;

    if (!borrowed_previous || borrowed_previous != PySys_GetObject("__breakpointhook__")) {
        return 0; /* the user has one of his own */
    }
    hook = PyCFunction_New(&ON_BREAKPOINT, engine->config);
    if (hook && config_add_cleanup(engine, restore_breakpoint_hook, Py_NewRef(borrowed_previous)) == 0) {
        status = PySys_SetObject("breakpointhook", hook);
    }
    Py_XDECREF(hook);
    return status;
}

static PyObject *
on_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *pdb = py_find_module("pdb");
    int wants_now = pdb != NULL;
    int status = 0;

    Py_XDECREF(pdb);
    if (!wants_now) {
        wants_now = option_is_true(engine, "usepdb");
    }
    if (wants_now == 0) {
        wants_now = option_is_true(engine, "trace");
    }
    if (wants_now > 0) {
        PyObject *configure = py_import_attr("_pytest.debugging", "configure");
        PyObject *done = configure ? py_call1(configure, engine->config) : NULL;
        status = done ? 0 : -1;
        Py_XDECREF(done);
        Py_XDECREF(configure);
    }
    if (wants_now < 0 || status < 0 || watch_breakpoint(engine) < 0) {
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
