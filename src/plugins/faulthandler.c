/* The plugin "faulthandler": enabled for the run; a timer per test only where one is configured. */
#include "plugins/faulthandler.h"

#include "nodes/nodes.h"

static int
call_python(const char *function_name, PyObject *config)
{
    PyObject *function = py_import_attr("_pytest.faulthandler", function_name);
    PyObject *done = function ? (config ? py_call1(function, config) : py_call0(function)) : NULL;
    Py_XDECREF(function);
    return py_status_take(done);
}

static PyObject *
on_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return py_none_or_error(call_python("enable", engine->config));
}

static PyObject *
on_unconfigure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    return py_none_or_error(call_python("disable", engine->config));
}

/* Whether faulthandler_timeout is something: 1, 0, -1. */
static int
has_timeout(struct engine *engine)
{
    PyObject *timeout = ini_get(engine, "faulthandler_timeout");
    int is_set = timeout ? PyObject_IsTrue(timeout) : -1;
    Py_XDECREF(timeout);
    return is_set;
}

static int
before_protocol(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args), void **memory)
{
    int is_set = has_timeout(engine);

    *memory = is_set > 0 ? engine : NULL;
    return is_set > 0 ? call_python("start_timer", engine->config) : is_set;
}

static PyObject *
after_protocol(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
               void *memory, PyObject *result)
{
    if (!memory) {
        return result;
    }
    PyObject *exception = result ? NULL : py_error_take();
    return py_pass_on_take(result, exception, call_python("stop_timer", NULL));
}

/* A debugger waits for the user: no stacks meanwhile. */
static PyObject *
stop_timer(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    int is_set = has_timeout(engine);
    return py_none_or_error(is_set > 0 ? call_python("stop_timer", NULL) : is_set);
}

static const struct native_hook FAULTHANDLER_HOOKS[] = {
    {.id = HOOK_configure, .call = on_configure},
    {.id = HOOK_unconfigure, .call = on_unconfigure},
    {.id = HOOK_runtest_protocol,
     .flags = NATIVE_WRAPPER | NATIVE_TRYLAST,
     .before = before_protocol,
     .after = after_protocol},
    {.id = HOOK_enter_pdb, .flags = NATIVE_TRYFIRST, .call = stop_timer},
    {.id = HOOK_exception_interact, .flags = NATIVE_TRYFIRST, .call = stop_timer},
};

static const struct ini_spec FAULTHANDLER_INIS[] = {
    {.name = "faulthandler_timeout",
     .type = "float | string",
     .default_text = "0.0",
     .help = "Dump the traceback of all threads if a test takes more than TIMEOUT seconds to finish"},
    {.name = "faulthandler_exit_on_timeout",
     .type = "bool",
     .default_text = "False",
     .help = "Exit the test process if a test takes more than faulthandler_timeout seconds to finish"},
};

const struct native_plugin FAULTHANDLER_PLUGIN = {
    .name = "faulthandler",
    .module = "_pytest.faulthandler",
    .hooks = FAULTHANDLER_HOOKS,
    .hook_count = COUNT_OF(FAULTHANDLER_HOOKS),
    .inis = FAULTHANDLER_INIS,
    .ini_count = COUNT_OF(FAULTHANDLER_INIS),
};
