/* The plugin "stepwise": its options; what it does is Python, imported when one of them is given. */
#include "plugins/stepwise.h"

static const struct option_spec OPTIONS[] = {
    {.group = "general",
     .names = {"--sw", "--stepwise"},
     .dest = "stepwise",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "Exit on test failure and continue from last failing test next time"},
    {.group = "general",
     .names = {"--sw-skip", "--stepwise-skip"},
     .dest = "stepwise_skip",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "Ignore the first failing test but stop on the next failing test. "
             "Implicitly enables --stepwise."},
    {.group = "general",
     .names = {"--sw-reset", "--stepwise-reset"},
     .dest = "stepwise_reset",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "Resets stepwise state, restarting the stepwise workflow. "
             "Implicitly enables --stepwise."},
};

/* 1: one of the options is given, 0, -1. The other two imply the first. */
static int
is_asked_for(struct engine *engine)
{
    static const char *const IMPLYING[] = {"stepwise_skip", "stepwise_reset"};
    int is_given = 0;

    for (size_t i = 0; is_given == 0 && i < COUNT_OF(IMPLYING); i++) {
        is_given = option_is_true(engine, IMPLYING[i]);
    }
    if (is_given > 0 && PyObject_SetAttrString(engine->options, "stepwise", Py_True) < 0) {
        return -1;
    }
    return is_given < 0 ? -1 : option_is_true(engine, "stepwise");
}

static PyObject *
hook_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int is_asked = is_asked_for(engine);
    PyObject *type = is_asked > 0 ? py_import_attr("_pytest.stepwise", "StepwisePlugin") : NULL;
    PyObject *plugin = type ? py_call1(type, args[0]) : NULL;
    PyObject *name = plugin ? PyUnicode_FromString("stepwiseplugin") : NULL;
    int status = name ? plugin_register(engine, plugin, name) : is_asked ? -1 : 0;

    Py_XDECREF(type);
    Py_XDECREF(plugin);
    Py_XDECREF(name);
    return py_none_or_error(status);
}

static const struct native_hook HOOKS_OF_STEPWISE[] = {
    {.id = HOOK_configure, .call = hook_configure},
};

const struct native_plugin STEPWISE_PLUGIN = {
    .name = "stepwise",
    .module = "_pytest.stepwise",
    .hooks = HOOKS_OF_STEPWISE,
    .hook_count = COUNT_OF(HOOKS_OF_STEPWISE),
    .options = OPTIONS,
    .option_count = COUNT_OF(OPTIONS),
};
