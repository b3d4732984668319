/* The built-in plugin "reports": reports as data and back, by functions of `_pytest.reports`. */
#include "run/run.h"

static PyObject *
call_reports_function(const char *name, PyObject *argument)
{
    PyObject *function = py_import_attr("_pytest.reports", name);
    PyObject *result = function ? py_call1(function, argument) : NULL;

    Py_XDECREF(function);
    return result;
}

static PyObject *
reports_to_serializable(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *args)
{
    return call_reports_function("pytest_report_to_serializable", args[1]);
}

static PyObject *
reports_from_serializable(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *args)
{
    return call_reports_function("pytest_report_from_serializable", args[1]);
}

static const struct native_hook REPORTS_HOOKS[] = {
    {.id = HOOK_report_to_serializable, .call = reports_to_serializable},
    {.id = HOOK_report_from_serializable, .call = reports_from_serializable},
};

const struct native_plugin REPORTS_PLUGIN = {
    .name = "reports",
    .module = "_pytest.reports",
    .hooks = REPORTS_HOOKS,
    .hook_count = COUNT_OF(REPORTS_HOOKS),
};
