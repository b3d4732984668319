/* setup_module, setup_class, setup_method, setup_function and their teardowns, as autouse fixtures. */
#include "collect/internal.h"

enum xunit_kind { XUNIT_MODULE, XUNIT_FUNCTION, XUNIT_CLASS, XUNIT_METHOD };

/* A pair of such functions; the `self` of the C function that is the fixture. */
typedef struct {
    PyObject_HEAD
    enum xunit_kind kind;
    PyObject *setup;    /* NULL: none. For XUNIT_METHOD only whether there is one */
    PyObject *teardown; /* NULL: none */
} XunitFixture;

/* ---- Calling ---- */

int
call_with_optional_argument(struct state *state, PyObject *function, PyObject *argument)
{
    PyObject *code = PyObject_GetAttr(function, state->names.__code__);
    PyObject *count_object = code ? PyObject_GetAttr(code, state->names.co_argcount) : NULL;
    long count = count_object ? PyLong_AsLong(count_object) : -1;
    PyObject *bound = NULL;
    PyObject *result = NULL;

    Py_XDECREF(code);
    Py_XDECREF(count_object);
    if (count < 0) {
        return -1;
    }
    if (!is_plain_function(state, function)) {
        int is_bound = py_find_attr(state, function, state->names.__self__, &bound);
        Py_XDECREF(bound);
        if (is_bound < 0) {
            return -1;
        }
        count -= is_bound;
    }
    result = count ? py_call1(function, argument) : py_call0(function);
    return py_status_take(result);
}

int
find_non_fixture(struct state *state, PyObject *object, const char *const *names, PyObject **function_out)
{
    for (; *names; names++) {
        PyObject *borrowed_name = py_literal(state, *names);
        PyObject *function = NULL;
        int found = borrowed_name ? py_find_attr(state, object, borrowed_name, &function) : -1;
        if (found < 0) {
            return -1;
        }
        if (found && function != Py_None && !state->upcalls.is_fixture(state, function)) {
            *function_out = function;
            return 1;
        }
        Py_XDECREF(function);
    }
    *function_out = NULL;
    return 0;
}

/* getimfunc(function): a new reference. */
static PyObject *
underlying_function(struct state *state, PyObject *function)
{
    PyObject *inner = NULL;
    int found = py_find_attr(state, function, state->names.dunder_func, &inner);
    return found < 0 ? NULL : found ? inner : Py_NewRef(function);
}

/* ---- What the functions get ---- */

static const char *
argument_attribute(enum xunit_kind kind)
{
    return kind == XUNIT_MODULE ? "module" : kind == XUNIT_CLASS ? "cls" : "function";
}

/* The function to call for a stored one: methods are looked up on the test's own instance. */
static PyObject *
resolve_function(struct state *state, XunitFixture *self, PyObject *request, PyObject *stored, const char *name)
{
    PyObject *instance = NULL;
    PyObject *function = NULL;

    if (self->kind == XUNIT_CLASS) {
        return underlying_function(state, stored);
    }
    if (self->kind != XUNIT_METHOD) {
        return Py_NewRef(stored);
    }
    instance = PyObject_GetAttr(request, state->names.instance);
    function = instance ? py_attr(state, instance, name) : NULL;
    Py_XDECREF(instance);
    return function;
}

/* The finalizer: self is (fixture, request). */
static PyObject *
run_teardown(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    XunitFixture *self = (XunitFixture *)PyTuple_GetItem(op, 0);
    PyObject *request = PyTuple_GetItem(op, 1);
    PyObject *argument = PyTuple_GetItem(op, 2);
    struct state *state = state_of((PyObject *)self);
    PyObject *function = resolve_function(state, self, request, self->teardown, "teardown_method");
    int status = function ? call_with_optional_argument(state, function, argument) : -1;

    Py_XDECREF(function);
    return py_none_or_error(status);
}

static PyMethodDef TEARDOWN_DEF = {"xunit_teardown", run_teardown, METH_NOARGS, NULL};

int
request_add_teardown_take(struct state *state, PyObject *request, PyMethodDef *teardown, PyObject *memory)
{
    PyObject *finalizer = memory ? PyCFunction_New(teardown, memory) : NULL;
    PyObject *added = finalizer ? py_method1(request, state->names.addfinalizer, finalizer) : NULL;

    Py_XDECREF(memory);
    Py_XDECREF(finalizer);
    return py_status_take(added);
}

/* setup_function is for functions outside of classes: 1, 0, -1. */
static int
applies(struct state *state, XunitFixture *self, PyObject *request)
{
    PyObject *instance = NULL;

    if (self->kind != XUNIT_FUNCTION) {
        return 1;
    }
    instance = PyObject_GetAttr(request, state->names.instance);
    Py_XDECREF(instance);
    return !instance ? -1 : instance == Py_None;
}

static PyObject *
run_setup(PyObject *op, PyObject *request)
{
    XunitFixture *self = (XunitFixture *)op;
    struct state *state = state_of(op);
    PyObject *argument = NULL;
    int status = applies(state, self, request);

    if (status > 0) {
        argument = py_attr(state, request, argument_attribute(self->kind));
        status = argument ? 0 : -1;
        if (status == 0 && self->setup) {
            PyObject *function = resolve_function(state, self, request, self->setup, "setup_method");
            status = function ? call_with_optional_argument(state, function, argument) : -1;
            Py_XDECREF(function);
        }
        if (status == 0 && self->teardown) {
            status = request_add_teardown_take(state, request, &TEARDOWN_DEF, PyTuple_Pack(3, op, request, argument));
        }
    }
    Py_XDECREF(argument);
    return py_none_or_error(status);
}

static PyMethodDef SETUP_DEFS[] = {
    [XUNIT_MODULE] = {"xunit_setup_module_fixture", run_setup, METH_O, NULL},
    [XUNIT_FUNCTION] = {"xunit_setup_function_fixture", run_setup, METH_O, NULL},
    [XUNIT_CLASS] = {"xunit_setup_class_fixture", run_setup, METH_O, NULL},
    [XUNIT_METHOD] = {"xunit_setup_method_fixture", run_setup, METH_O, NULL},
};

/* ---- Registering ---- */

static const struct {
    const char *fixture;
    enum scope scope;
    const char *setup[3];
    const char *teardown[3];
} XUNIT[] = {
    [XUNIT_MODULE] = {"module", SCOPE_MODULE, {"setUpModule", "setup_module"}, {"tearDownModule", "teardown_module"}},
    [XUNIT_FUNCTION] = {"function", SCOPE_FUNCTION, {"setup_function"}, {"teardown_function"}},
    [XUNIT_CLASS] = {"class", SCOPE_CLASS, {"setup_class"}, {"teardown_class"}},
    [XUNIT_METHOD] = {"method", SCOPE_FUNCTION, {"setup_method"}, {"teardown_method"}},
};

/* Takes both functions. */
static PyObject *
fixture_function_take(struct state *state, enum xunit_kind kind, PyObject *setup, PyObject *teardown)
{
    XunitFixture *self = (XunitFixture *)py_new_instance(collect_room(state)->xunit_fixture);
    PyObject *function = NULL;
    PyObject *module_name = PyUnicode_InternFromString("_pytest.python");

    if (self && module_name) {
        self->kind = kind;
        self->setup = Py_XNewRef(setup);
        self->teardown = Py_XNewRef(teardown);
        function = PyCFunction_NewEx(&SETUP_DEFS[kind], (PyObject *)self, module_name);
    }
    Py_XDECREF(setup);
    Py_XDECREF(teardown);
    Py_XDECREF(self);
    Py_XDECREF(module_name);
    return function;
}

static int
register_kind(Node *node, PyObject *object, enum xunit_kind kind)
{
    struct state *state = node->engine->state;
    PyObject *setup = NULL;
    PyObject *teardown = NULL;
    PyObject *function = NULL;
    PyObject *label = NULL;
    PyObject *name = NULL;
    int status = -1;

    if (find_non_fixture(state, object, XUNIT[kind].setup, &setup) < 0 ||
        find_non_fixture(state, object, XUNIT[kind].teardown, &teardown) < 0) {
        Py_XDECREF(setup);
        return -1;
    }
    if (!setup && !teardown) {
        return 0;
    }
    function = fixture_function_take(state, kind, setup, teardown);
    label = function
                ? PyObject_GetAttr(object, kind == XUNIT_MODULE || kind == XUNIT_FUNCTION ? state->names.__name__
                                                                                          : state->names.__qualname__)
                : NULL;
    name = label ? PyUnicode_FromFormat("_xunit_setup_%s_fixture_%U", XUNIT[kind].fixture, label) : NULL;
    const char *text = name ? py_utf8(name) : NULL;
    if (text) {
        status = fixtures_register(node->engine, node, text, function, XUNIT[kind].scope, true);
    }
    Py_XDECREF(function);
    Py_XDECREF(label);
    Py_XDECREF(name);
    return status;
}

int
module_register_xunit(Node *module, PyObject *object)
{
    return register_kind(module, object, XUNIT_MODULE) < 0 ? -1 : register_kind(module, object, XUNIT_FUNCTION);
}

int
class_register_xunit_class(Node *cls, PyObject *object)
{
    return register_kind(cls, object, XUNIT_CLASS);
}

int
class_register_xunit(Node *cls, PyObject *object)
{
    return register_kind(cls, object, XUNIT_CLASS) < 0 ? -1 : register_kind(cls, object, XUNIT_METHOD);
}

/* ---- The type ---- */

static int
xunit_traverse(PyObject *op, visitproc visit, void *arg)
{
    XunitFixture *self = (XunitFixture *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->setup);
    Py_VISIT(self->teardown);
    return 0;
}

static int
xunit_clear(PyObject *op)
{
    XunitFixture *self = (XunitFixture *)op;
    Py_CLEAR(self->setup);
    Py_CLEAR(self->teardown);
    return 0;
}

static void
xunit_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    xunit_clear(op);
    py_free_instance(op);
}

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_traverse, xunit_traverse),
    PY_SLOT(tp_clear, xunit_clear),
    PY_SLOT(tp_dealloc, xunit_dealloc),
    PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_fastest.XunitFixture",
    .basicsize = sizeof(XunitFixture),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = SLOTS,
};

int
xunit_add(PyObject *module, struct state *state)
{
    collect_room(state)->xunit_fixture = (PyTypeObject *)PyType_FromModuleAndSpec(module, &SPEC, NULL);
    return collect_room(state)->xunit_fixture ? 0 : -1;
}
