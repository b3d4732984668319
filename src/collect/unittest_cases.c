/* unittest.TestCase classes as collectors, and the fixtures that run their class-level methods. */
#include "collect/unittest_cases.h"

enum fixture_kind { FIXTURE_CLASS, FIXTURE_METHOD, FIXTURE_SKIP };

/* The `self` of the C function that is the fixture. */
typedef struct {
    PyObject_HEAD
    enum fixture_kind kind;
    PyObject *cls;      /* the TestCase class */
    PyObject *setup;    /* NULL: none */
    PyObject *teardown; /* NULL: none */
} CaseFixture;

/* ---- Skips ---- */

int
case_is_skipped(struct state *state, PyObject *object)
{
    return py_attr_is_true(state, object, state->names.__unittest_skip__);
}

/* raise skip.Exception(object.__unittest_skip_why__, _use_item_location=True) */
static int
raise_skip(struct state *state, PyObject *object)
{
    PyObject *reason = NULL;
    PyObject *type = hooks_types(state)->skipped;
    PyObject *args = NULL;
    PyObject *kwargs = NULL;
    PyObject *exception = NULL;

    if (py_find_attr(state, object, state->names.__unittest_skip_why__, &reason) < 0) {
        return -1;
    }
    if (!reason) {
        reason = PyUnicode_FromString("");
    }
    args = reason ? PyTuple_Pack(1, reason) : NULL;
    kwargs = args ? Py_BuildValue("{s:O}", "_use_item_location", Py_True) : NULL;
    exception = kwargs ? PyObject_Call(type, args, kwargs) : NULL;
    if (exception) {
        PyErr_SetObject(type, exception);
    }
    Py_XDECREF(reason);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    Py_XDECREF(exception);
    return -1;
}

/* ---- Errors of class cleanups ---- */

static PyObject *
exception_group(PyObject *exceptions)
{
    PyObject *builtins = PyEval_GetBuiltins();
    PyObject *type = Py_XNewRef(PyDict_GetItemString(builtins, "ExceptionGroup"));
    PyObject *group = NULL;

    if (!type) {
        type = py_import_attr("exceptiongroup", "ExceptionGroup"); /* Python 3.10 */
    }
    group = type ? PyObject_CallFunction(type, "sO", "Unittest class cleanup errors", exceptions) : NULL;
    Py_XDECREF(type);
    return group;
}

/* Raises what cls.tearDown_exceptions holds: 0 when it is empty. */
static int
raise_cleanup_errors(struct state *state, PyObject *cls)
{
    PyObject *infos = NULL;
    PyObject *exceptions = NULL;
    PyObject *raised = NULL;
    int found = py_find_attr(state, cls, state->names.tearDown_exceptions, &infos);
    int has_errors = found > 0 ? PyObject_IsTrue(infos) : found;

    if (has_errors <= 0) {
        Py_XDECREF(infos);
        return has_errors;
    }
    exceptions = PyList_New(0);
    for (Py_ssize_t i = 0; exceptions && i < PySequence_Size(infos); i++) {
        PyObject *info = PySequence_GetItem(infos, i);
        int status = info ? py_list_append_take(exceptions, PySequence_GetItem(info, 1)) : -1;
        Py_XDECREF(info);
        if (status < 0) {
            Py_CLEAR(exceptions);
        }
    }
    if (exceptions) {
        raised = PyList_Size(exceptions) == 1 ? py_list_item(exceptions, 0) : exception_group(exceptions);
    }
    if (raised) {
        PyErr_SetObject((PyObject *)Py_TYPE(raised), raised);
    }
    Py_XDECREF(infos);
    Py_XDECREF(exceptions);
    Py_XDECREF(raised);
    return -1;
}

/* cls.doClassCleanups(), then its errors. Keeps an exception that is set, as the context of a new one. */
static int
run_class_cleanups(struct state *state, PyObject *cls)
{
    PyObject *earlier = py_error_take();
    PyObject *cleanup = NULL;
    int status = py_find_attr(state, cls, state->names.doClassCleanups, &cleanup);

    if (status > 0) {
        status = py_status_take(py_call0(cleanup));
        Py_DECREF(cleanup);
    }
    if (status == 0) {
        status = raise_cleanup_errors(state, cls);
    }
    if (!earlier) {
        return status;
    }
    if (status == 0) {
        py_error_restore_take(earlier);
        return -1;
    }
    PyObject *later = py_error_take();
    PyException_SetContext(later, earlier);
    py_error_restore_take(later);
    return -1;
}

/* ---- The fixtures ---- */

/* The finalizer: self is (fixture, instance or None, function or None). */
static PyObject *
run_teardown(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    CaseFixture *self = (CaseFixture *)PyTuple_GetItem(op, 0);
    struct state *state = state_of((PyObject *)self);
    PyObject *result = NULL;

    if (self->kind == FIXTURE_METHOD) {
        return self->teardown ? py_call2(self->teardown, PyTuple_GetItem(op, 1), PyTuple_GetItem(op, 2))
                              : Py_NewRef(Py_None);
    }
    if (self->teardown) {
        result = py_call0(self->teardown);
        Py_XDECREF(result);
    }
    return py_none_or_error(run_class_cleanups(state, self->cls));
}

static PyMethodDef TEARDOWN_DEF = {"unittest_teardown", run_teardown, METH_NOARGS, NULL};

static int
add_teardown(struct state *state, CaseFixture *self, PyObject *request, PyObject *instance, PyObject *function)
{
    return request_add_teardown_take(state, request, &TEARDOWN_DEF,
                                     PyTuple_Pack(3, (PyObject *)self, instance, function));
}

static int
set_up_class(struct state *state, CaseFixture *self, PyObject *request)
{
    PyObject *cls = PyObject_GetAttr(request, state->names.cls);
    int skipped = cls ? case_is_skipped(state, cls) : -1;

    if (skipped > 0) {
        raise_skip(state, cls);
    }
    Py_XDECREF(cls);
    if (skipped != 0) {
        return -1;
    }
    if (self->setup) {
        PyObject *result = py_call0(self->setup);
        if (!result) {
            /* As unittest: not for every BaseException. */
            return PyErr_ExceptionMatches(PyExc_Exception) ? run_class_cleanups(state, self->cls) : -1;
        }
        Py_DECREF(result);
    }
    return add_teardown(state, self, request, Py_None, Py_None);
}

static int
set_up_method(struct state *state, CaseFixture *self, PyObject *request)
{
    PyObject *instance = PyObject_GetAttr(request, state->names.instance);
    PyObject *function = NULL;
    int status = instance ? case_is_skipped(state, instance) : -1;

    if (status > 0) {
        status = raise_skip(state, instance);
    } else if (status == 0) {
        function = PyObject_GetAttr(request, state->names.function);
        status = function ? 0 : -1;
    }
    if (status == 0 && self->setup) {
        status = py_status_take(py_call2(self->setup, instance, function));
    }
    if (status == 0 && self->teardown) {
        status = add_teardown(state, self, request, instance, function);
    }
    Py_XDECREF(instance);
    Py_XDECREF(function);
    return status;
}

static PyObject *
run_setup(PyObject *op, PyObject *request)
{
    CaseFixture *self = (CaseFixture *)op;
    struct state *state = state_of(op);
    int status = self->kind == FIXTURE_CLASS    ? set_up_class(state, self, request)
                 : self->kind == FIXTURE_METHOD ? set_up_method(state, self, request)
                                                : raise_skip(state, self->cls);
    return py_none_or_error(status);
}

static PyMethodDef SETUP_DEFS[] = {
    [FIXTURE_CLASS] = {"unittest_setup_class_fixture", run_setup, METH_O, NULL},
    [FIXTURE_METHOD] = {"unittest_setup_method_fixture", run_setup, METH_O, NULL},
    [FIXTURE_SKIP] = {"unittest_skip_fixture", run_setup, METH_O, NULL},
};

static const struct {
    const char *name;
    enum scope scope;
    const char *setup, *teardown;
} CASE_FIXTURES[] = {
    [FIXTURE_CLASS] = {"_unittest_setUpClass_fixture_", SCOPE_CLASS, "setUpClass", "tearDownClass"},
    [FIXTURE_METHOD] = {"_unittest_setup_method_fixture_", SCOPE_FUNCTION, "setup_method", "teardown_method"},
    [FIXTURE_SKIP] = {"_unittest_skip_fixture_", SCOPE_CLASS, NULL, NULL},
};

/* An attribute by C name: 0 with NULL when absent or None, -1. */
static int
find_method(struct state *state, PyObject *cls, const char *name, PyObject **method_out)
{
    PyObject *key = name ? PyUnicode_InternFromString(name) : NULL;
    int found = key ? py_find_attr(state, cls, key, method_out) : name ? -1 : 0;

    Py_XDECREF(key);
    if (*method_out == Py_None) {
        Py_CLEAR(*method_out);
    }
    return found < 0 ? -1 : 0;
}

static int
register_fixture(Node *node, PyObject *cls, enum fixture_kind kind)
{
    struct state *state = node->engine->state;
    CaseFixture *self = (CaseFixture *)py_new_instance(unittest_room(state)->case_fixture);
    PyObject *module_name = PyUnicode_InternFromString("_pytest.unittest");
    PyObject *function = NULL;
    PyObject *label = NULL;
    PyObject *name = NULL;
    int status = -1;

    if (!self || !module_name || find_method(state, cls, CASE_FIXTURES[kind].setup, &self->setup) < 0 ||
        find_method(state, cls, CASE_FIXTURES[kind].teardown, &self->teardown) < 0) {
        goto done;
    }
    if (kind == FIXTURE_METHOD && !self->setup && !self->teardown) {
        status = 0;
        goto done;
    }
    self->kind = kind;
    self->cls = Py_NewRef(cls);
    function = PyCFunction_NewEx(&SETUP_DEFS[kind], (PyObject *)self, module_name);
    label = function ? PyObject_GetAttr(cls, state->names.__qualname__) : NULL;
    name = label ? PyUnicode_FromFormat("%s%U", CASE_FIXTURES[kind].name, label) : NULL;
    const char *text = name ? py_utf8(name) : NULL;
    if (text) {
        status = fixtures_register(node->engine, node, text, function, CASE_FIXTURES[kind].scope, true);
    }
done:
    Py_XDECREF((PyObject *)self);
    Py_XDECREF(module_name);
    Py_XDECREF(function);
    Py_XDECREF(label);
    Py_XDECREF(name);
    return status;
}

static int
register_fixtures(Node *node, PyObject *cls)
{
    int skipped = case_is_skipped(node->engine->state, cls);

    if (skipped != 0) {
        return skipped < 0 ? -1 : register_fixture(node, cls, FIXTURE_SKIP);
    }
    if (register_fixture(node, cls, FIXTURE_METHOD) < 0 || register_fixture(node, cls, FIXTURE_CLASS) < 0) {
        return -1;
    }
    return class_register_xunit_class(node, cls);
}

/* ---- Collecting ---- */

/* Appends the item of a method unless it says `__test__ = False`. */
static int
append_function(Node *node, PyObject *cls, PyObject *name, PyObject *items)
{
    PyObject *method = PyObject_GetAttr(cls, name);
    int wanted = method ? class_is_wanted(node, method) : -1;

    if (wanted > 0) {
        wanted = py_list_append_take(items, (PyObject *)case_function_new(node, name, method));
    }
    Py_XDECREF(method);
    return wanted < 0 ? -1 : 0;
}

/* The one test of a class without any: runTest, unless it is the empty one of twisted's TestCase. */
static int
append_run_test(Node *node, PyObject *cls, PyObject *items)
{
    struct state *state = node->engine->state;
    PyObject *method = NULL;
    PyObject *twisted = NULL;
    int found = py_find_attr(state, cls, state->names.runTest, &method);

    if (found > 0 && method != Py_None) {
        twisted = py_find_module("twisted.trial.unittest");
        if (twisted) {
            PyObject *test_case = PyObject_GetAttrString(twisted, "TestCase");
            PyObject *empty = test_case ? PyObject_GetAttr(test_case, state->names.runTest) : NULL;
            found = empty ? PyObject_RichCompareBool(method, empty, Py_NE) : -1;
            Py_XDECREF(test_case);
            Py_XDECREF(empty);
        }
        if (found > 0) {
            found = py_list_append_take(items, (PyObject *)case_function_new(node, state->names.runTest, method));
        }
    }
    Py_XDECREF(method);
    Py_XDECREF(twisted);
    return found < 0 ? -1 : 0;
}

/* unittest.TestLoader().getTestCaseNames(cls) */
static PyObject *
test_names(PyObject *cls)
{
    PyObject *type = py_import_attr("unittest", "TestLoader");
    PyObject *loader = type ? py_call0(type) : NULL;
    PyObject *names = loader ? PyObject_CallMethod(loader, "getTestCaseNames", "O", cls) : NULL;
    PyObject *list = names ? PySequence_List(names) : NULL;

    Py_XDECREF(type);
    Py_XDECREF(loader);
    Py_XDECREF(names);
    return list;
}

static PyObject *
collect_functions(Node *node, PyObject *cls)
{
    PyObject *names = test_names(cls);
    PyObject *items = names ? PyList_New(0) : NULL;

    for (Py_ssize_t i = 0; items && i < PyList_Size(names); i++) {
        if (append_function(node, cls, PyList_GetItem(names, i), items) < 0) {
            Py_CLEAR(items);
        }
    }
    if (items && PyList_Size(items) == 0 && append_run_test(node, cls, items) < 0) {
        Py_CLEAR(items);
    }
    Py_XDECREF(names);
    return items;
}

static PyObject *
case_collect(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Node *self = (Node *)op;
    PyObject *cls = node_object(self);
    PyObject *items = NULL;
    PyObject *iterator = NULL;
    int wanted = cls ? class_is_wanted(self, cls) : -1;

    if (wanted > 0 && register_fixtures(self, cls) == 0 && class_parse_fixtures(self) == 0) {
        items = collect_functions(self, cls);
    } else if (wanted == 0) {
        items = PyList_New(0);
    }
    iterator = items ? PyObject_GetIter(items) : NULL;
    Py_XDECREF(cls);
    Py_XDECREF(items);
    return iterator;
}

/* TestCase's constructor takes the method's name; "runTest" may be missing. */
static PyObject *
case_newinstance(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    struct state *state = ((Node *)op)->engine->state;
    PyObject *cls = PyObject_GetAttr(op, state->names.obj);
    PyObject *instance = cls ? py_call1(cls, state->names.runTest) : NULL;
    Py_XDECREF(cls);
    return instance;
}

static PyMethodDef METHODS[] = {
    {"newinstance", case_newinstance, METH_NOARGS, "newinstance($self)\n--\n\n"},
    {"collect", case_collect, METH_NOARGS,
     "collect($self)\n--\n\n"
     "Collect children (items and collectors) for this collector."},
    PY_END_METHOD,
};

/* ---- pytest_pycollect_makeitem ---- */

PyObject *
unittest_make_item(Node *collector, PyObject *name, PyObject *object)
{
    struct state *state = collector->engine->state;
    PyObject *unittest = NULL;
    PyObject *test_case = NULL;
    bool is_case = false;

    if (!PyType_Check(object) || py_dict_find(PyImport_GetModuleDict(), state->names.unittest, &unittest) <= 0) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    if (py_find_attr(state, unittest, state->names.TestCase, &test_case) < 0) {
        PyErr_Clear(); /* a module of that name that is something else */
    }
    is_case = test_case && PyType_Check(test_case) &&
              PyType_IsSubtype((PyTypeObject *)object, (PyTypeObject *)test_case) && !is_abstract_class(object);
    Py_DECREF(unittest);
    Py_XDECREF(test_case);
    if (!is_case) {
        Py_RETURN_NONE;
    }
    return (PyObject *)class_node_new(collect_types(state)->unittest_case, collector, name, object);
}

/* ---- Types ---- */

static int
fixture_traverse(PyObject *op, visitproc visit, void *arg)
{
    CaseFixture *self = (CaseFixture *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->cls);
    Py_VISIT(self->setup);
    Py_VISIT(self->teardown);
    return 0;
}

static int
fixture_clear(PyObject *op)
{
    CaseFixture *self = (CaseFixture *)op;
    Py_CLEAR(self->cls);
    Py_CLEAR(self->setup);
    Py_CLEAR(self->teardown);
    return 0;
}

static void
fixture_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    fixture_clear(op);
    py_free_instance(op);
}

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_traverse, fixture_traverse),
    PY_SLOT(tp_clear, fixture_clear),
    PY_SLOT(tp_dealloc, fixture_dealloc),
    PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_fastest.CaseFixture",
    .basicsize = sizeof(CaseFixture),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = SLOTS,
};

int
unittest_classes_add(PyObject *module, struct state *state)
{
    struct collect_types *types = collect_types(state);

    STATE_ROOM_ADD(state, ROOM_UNITTEST, struct unittest_room);
    unittest_room(state)->case_fixture = (PyTypeObject *)PyType_FromModuleAndSpec(module, &SPEC, NULL);
    types->unittest_case = node_class_new(module, "_pytest.unittest.UnitTestCase", (PyObject *)types->class_type,
                                          NODE_UNITTEST_CLASS, METHODS, NULL, NULL);
    if (!unittest_room(state)->case_fixture || !types->unittest_case ||
        PyObject_SetAttrString((PyObject *)types->unittest_case, "nofuncargs", Py_True) < 0) {
        return -1;
    }
    return case_function_add(module, state);
}
