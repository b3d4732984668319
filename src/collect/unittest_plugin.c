/* The built-in plugin "unittest". */
#include "collect/unittest_cases.h"

static PyObject *
unittest_makeitem(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    if (!node_check(engine->state, args[0])) {
        Py_RETURN_NONE;
    }
    return unittest_make_item((Node *)args[0], args[1], args[2]);
}

/* A test reported an error of its own: it takes the place of what the call raised. */
static int
take_reported(struct state *state, PyObject *item, PyObject *call)
{
    PyObject *reported = NULL;
    int found = py_find_attr(state, item, state->names._excinfo, &reported);

    if (found > 0) {
        found = PyObject_IsTrue(reported);
    }
    if (found > 0) {
        PyObject *first = PyObject_CallMethod(reported, "pop", "i", 0);
        found = first ? PyObject_SetAttr(call, state->names.excinfo, first) : -1;
        Py_XDECREF(first);
        if (found == 0 && PyObject_SetAttrString(call, "result", NULL) < 0) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
                found = -1;
            } else {
                PyErr_Clear(); /* there was none */
            }
        }
    }
    Py_XDECREF(reported);
    return found < 0 ? -1 : 0;
}

/* unittest.SkipTest, raised by any test, is a skip. */
static int
convert_skip(struct state *state, PyObject *call, PyObject *excinfo)
{
    PyObject *unittest = NULL;
    PyObject *skip_test = NULL;
    PyObject *value = NULL;
    int status = py_dict_find(PyImport_GetModuleDict(), state->names.unittest, &unittest);

    if (status > 0) {
        status = py_find_attr(state, unittest, state->names.SkipTest, &skip_test);
    }
    if (status > 0) {
        value = PyObject_GetAttrString(excinfo, "value");
        status = value ? PyObject_IsInstance(value, skip_test) : -1;
    }
    if (status > 0) {
        PyObject *convert = py_import_attr("_pytest.unittest", "_convert_skip");
        PyObject *result = convert ? py_call1(convert, call) : NULL;
        status = result ? 0 : -1;
        Py_XDECREF(convert);
        Py_XDECREF(result);
    }
    Py_XDECREF(unittest);
    Py_XDECREF(skip_test);
    Py_XDECREF(value);
    return status;
}

static PyObject *
unittest_makereport(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct state *state = engine->state;
    PyObject *excinfo = NULL;
    int status = 0;

    if (node_check(state, args[0]) && ((Node *)args[0])->kind & NODE_UNITTEST_FUNCTION) {
        status = take_reported(state, args[0], args[1]);
    }
    if (status == 0) {
        status = py_find_attr(state, args[1], state->names.excinfo, &excinfo);
    }
    if (status > 0 && excinfo != Py_None) {
        status = convert_skip(state, args[1], excinfo);
    }
    Py_XDECREF(excinfo);
    return py_none_or_error(status);
}

/* twisted's trial wants its results registered, and hides raw exceptions: only when it is there. */
static PyObject *
unittest_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *twisted = py_find_module("twisted.trial.unittest");
    PyObject *result = NULL;

    if (!twisted) {
        Py_RETURN_NONE;
    }
    PyObject *prepare = py_import_attr("_pytest.unittest", "_prepare_twisted");
    result = prepare ? py_call1(prepare, engine->config) : NULL;
    Py_XDECREF(prepare);
    Py_DECREF(twisted);
    return result;
}

static const struct native_hook HOOKS_OF_UNITTEST[] = {
    {.id = HOOK_pycollect_makeitem, .call = unittest_makeitem},
    {.id = HOOK_runtest_makereport, .flags = NATIVE_TRYFIRST, .call = unittest_makereport},
    {.id = HOOK_configure, .call = unittest_configure},
};

const struct native_plugin UNITTEST_PLUGIN = {
    .name = "unittest",
    .module = "_pytest.unittest",
    .hooks = HOOKS_OF_UNITTEST,
    .hook_count = COUNT_OF(HOOKS_OF_UNITTEST),
};
