/* The built-in plugins "setuponly" and "setupplan": fixtures shown as they come and go, or only planned. */
#include "plugins/setuponly.h"

#include "fixtures/fixtures.h"

/* ---- setuponly ---- */

/* Runs _pytest.setuponly.<function>(fixturedef, request): 0 or -1. */
static int
show(const char *function_name, PyObject *const *args)
{
    PyObject *function = py_import_attr("_pytest.setuponly", function_name);
    PyObject *result = function ? py_call2(function, args[0], args[1]) : NULL;

    Py_XDECREF(function);
    return py_status_take(result);
}

static int
before_fixture_setup(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args),
                     void **Py_UNUSED(memory))
{
    return 0;
}

/* Shown also when it failed. */
static PyObject *
after_fixture_setup(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args, void *Py_UNUSED(memory),
                    PyObject *result)
{
    PyObject *exception = result ? NULL : py_error_take();
    int shows = option_is_true(engine, "setupshow");

    return py_pass_on_take(result, exception, shows > 0 ? show("show_setup", args) : shows);
}

static PyObject *
hook_fixture_post_finalizer(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int shows = option_is_true(engine, "setupshow");
    PyObject *cached = shows > 0 ? PyObject_GetAttrString(args[0], "cached_result") : NULL;
    int status = shows < 0 || (shows && !cached) ? -1 : 0;

    if (cached && cached != Py_None) {
        status = show("show_teardown", args);
    }
    Py_XDECREF(cached);
    return py_none_or_error(status);
}

/* config.option.<name> = True */
static int
switch_on(struct engine *engine, const char *name)
{
    return PyObject_SetAttrString(engine->options, name, Py_True);
}

static PyObject *
hook_setuponly_main(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    int only = option_is_true(engine, "setuponly");

    if (only < 0 || (only && switch_on(engine, "setupshow") < 0)) {
        return NULL;
    }
    return Py_NewRef(Py_None);
}

static const struct native_hook SETUPONLY_HOOKS[] = {
    {.id = HOOK_fixture_setup, .flags = NATIVE_WRAPPER, .before = before_fixture_setup, .after = after_fixture_setup},
    {.id = HOOK_fixture_post_finalizer, .call = hook_fixture_post_finalizer},
    {.id = HOOK_cmdline_main, .flags = NATIVE_TRYFIRST, .call = hook_setuponly_main},
};

static const struct option_spec SETUPONLY_OPTIONS[] = {
    {
        .group = "debugconfig",
        .names = {"--setuponly", "--setup-only"},
        .dest = "setuponly",
        .action = OPTION_STORE_TRUE,
        .help = "Only setup fixtures, do not execute tests",
    },
    {
        .group = "debugconfig",
        .names = {"--setupshow", "--setup-show"},
        .dest = "setupshow",
        .action = OPTION_STORE_TRUE,
        .help = "Show setup of fixtures while executing tests",
    },
};

const struct native_plugin SETUPONLY_PLUGIN = {
    .name = "setuponly",
    .module = "_pytest.setuponly",
    .hooks = SETUPONLY_HOOKS,
    .hook_count = COUNT_OF(SETUPONLY_HOOKS),
    .options = SETUPONLY_OPTIONS,
    .option_count = COUNT_OF(SETUPONLY_OPTIONS),
};

/* ---- setupplan ---- */

/* A fixture that is only planned has the value None. */
static PyObject *
hook_setupplan_setup(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int plans = option_is_true(engine, "setupplan");
    PyObject *key = NULL;
    PyObject *result = NULL;

    if (plans <= 0) {
        return py_none_or_error(plans);
    }
    key = PyObject_CallMethod(args[0], "cache_key", "O", args[1]);
    result = key ? PyTuple_Pack(3, Py_None, key, Py_None) : NULL;
    if (result && PyObject_SetAttrString(args[0], "cached_result", result) < 0) {
        Py_CLEAR(result);
    }
    Py_XDECREF(key);
    return result;
}

static PyObject *
hook_setupplan_main(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    int plans = option_is_true(engine, "setupplan");

    if (plans < 0 || (plans && (switch_on(engine, "setuponly") < 0 || switch_on(engine, "setupshow") < 0))) {
        return NULL;
    }
    return Py_NewRef(Py_None);
}

static const struct native_hook SETUPPLAN_HOOKS[] = {
    {.id = HOOK_fixture_setup, .flags = NATIVE_TRYFIRST, .call = hook_setupplan_setup},
    {.id = HOOK_cmdline_main, .flags = NATIVE_TRYFIRST, .call = hook_setupplan_main},
};

static const struct option_spec SETUPPLAN_OPTIONS[] = {
    {
        .group = "debugconfig",
        .names = {"--setupplan", "--setup-plan"},
        .dest = "setupplan",
        .action = OPTION_STORE_TRUE,
        .help = "Show what fixtures and tests would be executed but don't execute anything",
    },
};

const struct native_plugin SETUPPLAN_PLUGIN = {
    .name = "setupplan",
    .module = "_pytest.setupplan",
    .hooks = SETUPPLAN_HOOKS,
    .hook_count = COUNT_OF(SETUPPLAN_HOOKS),
    .options = SETUPPLAN_OPTIONS,
    .option_count = COUNT_OF(SETUPPLAN_OPTIONS),
};
