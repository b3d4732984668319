/* The plugin "subtests": all of it is Python (`_pytest.subtests`) and asleep until a test has parts. */
#include "plugins/subtests.h"

#include "run/run.h"

/* The Python half if some test has needed it: a new reference, or NULL without an exception. */
static PyObject *
find_python_half(struct engine *engine)
{
    return Py_XNewRef(PyDict_GetItem(PyImport_GetModuleDict(), engine->state->names._pytest_subtests));
}

static PyObject *
setup_subtests(struct engine *Py_UNUSED(engine), PyObject *request, PyObject *const *Py_UNUSED(args))
{
    PyObject *function = py_import_attr("_pytest.subtests", "subtests_fixture");
    PyObject *fixture = function ? py_call1(function, request) : NULL;
    Py_XDECREF(function);
    return fixture;
}

static const struct native_fixture SUBTESTS_FIXTURES[] = {
    {.name = "subtests",
     .scope = SCOPE_FUNCTION,
     .argnames = {"request"},
     .setup = setup_subtests,
     .module = "_pytest.subtests",
     .doc = "Provides subtests functionality.",
     .line = 136},
};

static PyObject *
register_fixtures(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    if (fixtures_register_native(engine, SUBTESTS_FIXTURES, COUNT_OF(SUBTESTS_FIXTURES)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Plugins that know subtests (pytest-rerunfailures) read the stash: it must be there for them. */
static PyObject *
on_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *module = find_python_half(engine);
    PyObject *made = NULL;

    if (!module) {
        Py_RETURN_NONE;
    }
    made = PyObject_CallMethod(module, "_failed_subtests", "(O)", engine->config);
    Py_DECREF(module);
    if (!made) {
        return NULL;
    }
    Py_DECREF(made);
    Py_RETURN_NONE;
}

static PyObject *
on_teststatus(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *module = find_python_half(engine);
    PyObject *status = NULL;

    if (!module) {
        Py_RETURN_NONE;
    }
    status = PyObject_CallMethod(module, "report_teststatus", "OO", args[0], args[1]);
    Py_DECREF(module);
    return status;
}

static PyObject *
on_to_serializable(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *module = find_python_half(engine);
    PyObject *type = module ? PyObject_GetAttrString(module, "SubtestReport") : NULL;
    PyObject *data = NULL;
    int is_subtest = type ? PyObject_IsInstance(args[1], type) : 0;

    if (is_subtest > 0) {
        data = PyObject_CallMethod(args[1], "_to_json", NULL);
    } else if (is_subtest == 0 && !PyErr_Occurred()) {
        data = Py_NewRef(Py_None);
    }
    Py_XDECREF(type);
    Py_XDECREF(module);
    return data;
}

static PyObject *
on_from_serializable(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *borrowed_type = PyDict_Check(args[1]) ? PyDict_GetItemString(args[1], "_report_type") : NULL;
    PyObject *function = NULL;
    PyObject *report = NULL;

    if (!py_text_equals(borrowed_type, "SubTestReport")) {
        Py_RETURN_NONE;
    }
    function = py_import_attr("_pytest.subtests", "report_from_serializable");
    report = function ? py_call1(function, args[1]) : NULL;
    Py_XDECREF(function);
    return report;
}

static const struct native_hook SUBTESTS_HOOKS[] = {
    {.id = HOOK_sessionstart, .call = register_fixtures},
    {.id = HOOK_configure, .call = on_configure},
    {.id = HOOK_report_teststatus, .flags = NATIVE_TRYFIRST, .call = on_teststatus},
    {.id = HOOK_report_to_serializable, .call = on_to_serializable},
    {.id = HOOK_report_from_serializable, .call = on_from_serializable},
};

static const struct ini_spec SUBTESTS_INIS[] = {
    {.name = "verbosity_subtests",
     .type = "int | 'auto'",
     .default_text = "'auto'",
     .help = "Specify verbosity level for subtests. Higher levels will generate output for passed subtests. Failed "
             "subtests are always reported."},
};

const struct native_plugin SUBTESTS_PLUGIN = {
    .name = "subtests",
    .module = "_pytest.subtests",
    .hooks = SUBTESTS_HOOKS,
    .hook_count = COUNT_OF(SUBTESTS_HOOKS),
    .inis = SUBTESTS_INIS,
    .ini_count = COUNT_OF(SUBTESTS_INIS),
};
