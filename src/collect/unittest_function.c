/* TestCaseFunction: one test of a TestCase; to unittest it is the result that the test reports to. */
#include "collect/unittest_cases.h"

/* ---- Construction ---- */

Node *
case_function_new(Node *node, PyObject *name, PyObject *method)
{
    struct state *state = node->engine->state;
    PyTypeObject *cls = collect_types(state)->test_case_function;
    PyObject *owner = NULL;
    Node *self = NULL;

    if (node_class_overrides(state, cls, OVERRIDE_INIT | OVERRIDE_FROM_PARENT)) {
        PyObject *from_parent = PyObject_GetAttr((PyObject *)cls, state->names.from_parent);
        PyObject *args = from_parent ? PyTuple_Pack(1, (PyObject *)node) : NULL;
        PyObject *kwargs = args ? Py_BuildValue("{s:O}", "name", name) : NULL;
        return (Node *)py_call_take(from_parent, args, kwargs);
    }
    self = function_new_of(cls, node, name, method);
    owner = self ? node_object(node) : NULL;
    if (owner) {
        self->fixtureinfo = fixtures_info(self, method, owner);
    }
    Py_XDECREF(owner);
    if (self && !self->fixtureinfo) {
        Py_CLEAR(self);
    }
    return self;
}

/* ---- Life of a test ---- */

static PyObject *
method_getinstance(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Node *self = (Node *)op;

    if (!self->parent || !(self->parent->kind & NODE_UNITTEST_CLASS)) {
        PyErr_SetNone(PyExc_AssertionError);
        return NULL;
    }
    PyObject *cls = node_object(self->parent);
    PyObject *instance = cls ? py_call1(cls, self->name) : NULL;
    Py_XDECREF(cls);
    return instance;
}

static PyObject *
get_testcase(PyObject *op, void *Py_UNUSED(closure))
{
    return PyObject_GetAttr(op, ((Node *)op)->engine->state->names.instance);
}

/* An attribute of the item's own dict is dropped, so that the class's None shows again. */
static int
forget(Node *self, const char *name)
{
    if (self->dict && PyDict_GetItemString(self->dict, name)) {
        return PyDict_DelItemString(self->dict, name);
    }
    return 0;
}

static PyObject *
method_setup(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Node *self = (Node *)op;

    if (forget(self, "_explicit_tearDown") < 0 || forget(self, "_cached_errors_and_skips") < 0 ||
        fixtures_fill(self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
method_teardown(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Node *self = (Node *)op;
    PyObject *postponed = self->dict ? PyDict_GetItemString(self->dict, "_explicit_tearDown") : NULL;

    if (postponed && postponed != Py_None) {
        Py_INCREF(postponed);
        PyObject *result = py_call0(postponed);
        Py_DECREF(postponed);
        if (!result) {
            return NULL;
        }
        Py_DECREF(result);
        if (forget(self, "_explicit_tearDown") < 0) {
            return NULL;
        }
    }
    py_replace(&self->obj, NULL);
    py_replace(&self->instance, NULL);
    Py_RETURN_NONE;
}

/* testcase(result=item) */
static int
run_case(struct state *state, PyObject *testcase, PyObject *item)
{
    PyObject *kwargs = Py_BuildValue("{s:O}", "result", item);
    PyObject *result = kwargs ? PyObject_Call(testcase, state->empty_tuple, kwargs) : NULL;
    Py_XDECREF(kwargs);
    return py_status_take(result);
}

/* With --pdb tearDown() waits until the debugger was left: what the test made is still there. */
static int
postpone_teardown(Node *self, PyObject *testcase, PyObject *function)
{
    struct engine *engine = self->engine;
    int uses_pdb = option_is_true(engine, "usepdb");
    int skipped = 0;

    if (uses_pdb <= 0) {
        return uses_pdb;
    }
    PyObject *cls = node_object(self->parent);
    skipped = cls ? case_is_skipped(engine->state, function) : -1;
    if (skipped == 0) {
        skipped = case_is_skipped(engine->state, cls);
    }
    Py_XDECREF(cls);
    if (skipped != 0) {
        return skipped < 0 ? -1 : 0;
    }
    PyObject *postpone = py_import_attr("_pytest.unittest", "_postpone_teardown");
    PyObject *result = postpone ? py_call2(postpone, (PyObject *)self, testcase) : NULL;
    Py_XDECREF(postpone);
    return py_status_take(result);
}

/* The method is set on the instance: --trace and plugins replace item.obj. */
static int
run_with_method(Node *self, PyObject *testcase, PyObject *function)
{
    struct state *state = self->engine->state;

    if (postpone_teardown(self, testcase, function) < 0 || PyObject_SetAttr(testcase, self->name, function) < 0) {
        return -1;
    }
    int status = run_case(state, testcase, (PyObject *)self);
    PyObject *exception = py_error_take();
    if (PyObject_SetAttr(testcase, self->name, NULL) < 0) {
        status = -1;
        Py_XDECREF(exception);
    } else if (exception) {
        py_error_restore_take(exception);
    }
    return status;
}

static int
wrap_for_tracing(Node *self)
{
    int traces = option_is_true(self->engine, "trace");

    if (traces > 0) {
        PyObject *wrap = py_import_attr("_pytest.debugging", "maybe_wrap_pytest_function_for_tracing");
        PyObject *result = wrap ? py_call1(wrap, (PyObject *)self) : NULL;
        traces = result ? 0 : -1;
        Py_XDECREF(wrap);
        Py_XDECREF(result);
    }
    return traces;
}

static PyObject *
method_runtest(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Node *self = (Node *)op;
    struct state *state = self->engine->state;
    PyObject *testcase = PyObject_GetAttr(op, state->names.instance);
    PyObject *function = NULL;
    int status = testcase ? wrap_for_tracing(self) : -1;

    if (status == 0) {
        function = PyObject_GetAttr(op, state->names.obj);
        status = function ? is_async_function(state, function) : -1;
        if (status == 0) {
            status = run_with_method(self, testcase, function);
        } else if (status > 0) {
            status = run_case(state, testcase, op); /* unittest runs it */
        }
    }
    Py_XDECREF(testcase);
    Py_XDECREF(function);
    return py_none_or_error(status);
}

/* ---- What unittest tells its result ---- */

static PyObject *
method_ignored(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Py_RETURN_NONE;
}

/* Failures, skips and the like are told in Python: _pytest.unittest.<name>(item, ...). */
static PyObject *
tell(PyObject *op, const char *name, PyObject *args, PyObject *kwargs)
{
    return py_call_of_module("_pytest.unittest", name, op, args, kwargs);
}

#define TELLS(name)                                                                                                    \
    static PyObject *method_##name(PyObject *op, PyObject *args, PyObject *kwargs)                                     \
    {                                                                                                                  \
        return tell(op, "_" #name, args, kwargs);                                                                      \
    }

TELLS(addError)
TELLS(addFailure)
TELLS(addSkip)
TELLS(addExpectedFailure)
TELLS(addUnexpectedSuccess)
TELLS(addSubTest)

static PyObject *
method_addexcinfo(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return tell(op, "_addexcinfo", args, kwargs);
}

static PyObject *
method_traceback_filter(PyObject *op, PyObject *excinfo)
{
    PyObject *filter = py_import_attr("_pytest.unittest", "_filter_case_traceback");
    PyObject *result = filter ? py_call2(filter, op, excinfo) : NULL;
    Py_XDECREF(filter);
    return result;
}

PY_NAMED_ONE(method_traceback_filter_named, method_traceback_filter, "_traceback_filter", "excinfo")
static PyMethodDef METHODS[] = {
    {"_getinstance", method_getinstance, METH_NOARGS, "_getinstance($self)\n--\n\n"},
    {"setup", method_setup, METH_NOARGS, "setup($self)\n--\n\n"},
    {"teardown", method_teardown, METH_NOARGS, "teardown($self)\n--\n\n"},
    {"runtest", method_runtest, METH_NOARGS, "runtest($self)\n--\n\n"},
    {"startTest", PY_WITH_KEYWORDS(method_ignored), "startTest($self, testcase)\n--\n\n"},
    {"stopTest", PY_WITH_KEYWORDS(method_ignored), "stopTest($self, testcase)\n--\n\n"},
    {"addSuccess", PY_WITH_KEYWORDS(method_ignored), "addSuccess($self, testcase)\n--\n\n"},
    {"addDuration", PY_WITH_KEYWORDS(method_ignored), "addDuration($self, testcase, elapsed)\n--\n\n"},
    {"addError", PY_WITH_KEYWORDS(method_addError), "addError($self, testcase, rawexcinfo)\n--\n\n"},
    {"addFailure", PY_WITH_KEYWORDS(method_addFailure), "addFailure($self, testcase, rawexcinfo)\n--\n\n"},
    {"addSkip", PY_WITH_KEYWORDS(method_addSkip), "addSkip($self, testcase, reason, *, handle_subtests=True)\n--\n\n"},
    {"addExpectedFailure", PY_WITH_KEYWORDS(method_addExpectedFailure),
     "addExpectedFailure($self, testcase, rawexcinfo, reason='')\n--\n\n"},
    {"addUnexpectedSuccess", PY_WITH_KEYWORDS(method_addUnexpectedSuccess),
     "addUnexpectedSuccess($self, testcase, reason=None)\n--\n\n"},
    {"addSubTest", PY_WITH_KEYWORDS(method_addSubTest), "addSubTest($self, test_case, test, exc_info)\n--\n\n"},
    {"_addexcinfo", PY_WITH_KEYWORDS(method_addexcinfo), NULL},
    {"_traceback_filter", PY_FAST_WITH_KEYWORDS(method_traceback_filter_named),
     "_traceback_filter($self, excinfo)\n--\n\n"},
    PY_END_METHOD,
};

static PyGetSetDef GETSET[] = {
    {"_testcase", get_testcase, NULL, NULL, NULL},
    PY_END_GETSET,
};

int
case_function_add(PyObject *module, struct state *state)
{
    static const char *const NONES[] = {"_excinfo", "_explicit_tearDown", "_cached_errors_and_skips"};
    struct collect_types *types = collect_types(state);
    PyObject *cls = NULL;

    types->test_case_function = node_class_new(module, "_pytest.unittest.TestCaseFunction", (PyObject *)types->function,
                                               NODE_UNITTEST_FUNCTION, METHODS, GETSET, NULL);
    cls = (PyObject *)types->test_case_function;
    if (!cls || PyObject_SetAttrString(cls, "nofuncargs", Py_True) < 0 ||
        PyObject_SetAttrString(cls, "failfast", Py_False) < 0) {
        return -1;
    }
    for (size_t i = 0; i < COUNT_OF(NONES); i++) {
        if (PyObject_SetAttrString(cls, NONES[i], Py_None) < 0) {
            return -1;
        }
    }
    return 0;
}
