/* The plugin "pastebin": its option; what it does is Python, imported when the option is given. */
#include "plugins/pastebin.h"

static const struct option_spec OPTIONS[] = {
    {.group = "terminal reporting",
     .names = {"--pastebin"},
     .dest = "pastebin",
     .default_text = "None",
     .metavar = "mode",
     .choices = {"failed", "all"},
     .help = "Send failed|all info to bpaste.net pastebin service"},
};

/* _pytest.pastebin.<function>(argument), if the option is given. */
static PyObject *
call_if_asked(struct engine *engine, const char *function_name, PyObject *argument)
{
    int is_asked = option_is_true(engine, "pastebin");
    PyObject *function = is_asked > 0 ? py_import_attr("_pytest.pastebin", function_name) : NULL;
    PyObject *result = NULL;

    if (is_asked == 0) {
        Py_RETURN_NONE;
    }
    if (function) {
        result = py_call1(function, argument);
        Py_DECREF(function);
    }
    return result;
}

static PyObject *
hook_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    return call_if_asked(engine, "start", args[0]);
}

static PyObject *
hook_unconfigure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    return call_if_asked(engine, "finish", args[0]);
}

static PyObject *
hook_terminal_summary(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    return call_if_asked(engine, "summarize", args[0]);
}

static const struct native_hook HOOKS_OF_PASTEBIN[] = {
    {.id = HOOK_configure, .flags = NATIVE_TRYLAST, .call = hook_configure},
    {.id = HOOK_unconfigure, .call = hook_unconfigure},
    {.id = HOOK_terminal_summary, .call = hook_terminal_summary},
};

const struct native_plugin PASTEBIN_PLUGIN = {
    .name = "pastebin",
    .module = "_pytest.pastebin",
    .hooks = HOOKS_OF_PASTEBIN,
    .hook_count = COUNT_OF(HOOKS_OF_PASTEBIN),
    .options = OPTIONS,
    .option_count = COUNT_OF(OPTIONS),
};
