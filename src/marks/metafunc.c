/* Metafunc: what pytest_generate_tests gets for one test function. */
#include "marks/metafunc.h"

#include "marks/internal.h"

static int
fill(Metafunc *self, PyObject *definition, PyObject *fixtureinfo, PyObject *config, PyObject *cls, PyObject *module)
{
    struct state *state = state_of((PyObject *)self);

    self->definition = Py_NewRef(definition);
    self->config = Py_NewRef(config);
    self->cls = Py_NewRef(cls ? cls : Py_None);
    self->module = Py_NewRef(module ? module : Py_None);
    self->function = PyObject_GetAttr(definition, state->names.obj);
    self->fixturenames = self->function ? py_attr(state, fixtureinfo, "names_closure") : NULL;
    self->arg2fixturedefs = self->fixturenames ? py_attr(state, fixtureinfo, "name2fixturedefs") : NULL;
    self->calls = PyList_New(0);
    self->directness = PyDict_New();
    return self->arg2fixturedefs && self->calls && self->directness ? 0 : -1;
}

PyObject *
metafunc_new(Node *definition, PyObject *fixtureinfo, PyObject *cls, PyObject *module)
{
    Metafunc *self = (Metafunc *)py_new_instance(marks_types(definition->engine->state)->metafunc);

    if (self && fill(self, (PyObject *)definition, fixtureinfo, definition->config, cls, module) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

PyObject *
metafunc_calls(PyObject *op)
{
    return ((Metafunc *)op)->calls;
}

PyObject *
metafunc_fixturenames(PyObject *op)
{
    return ((Metafunc *)op)->fixturenames;
}

PyObject *
metafunc_arg2fixturedefs(PyObject *op)
{
    return ((Metafunc *)op)->arg2fixturedefs;
}

Node *
metafunc_definition(PyObject *op)
{
    return (Node *)((Metafunc *)op)->definition;
}

int
metafunc_recompute_indices(PyObject *op)
{
    Metafunc *self = (Metafunc *)op;
    struct state *state = state_of(op);
    PyObject *borrowed_name = NULL;
    PyObject *borrowed_kind = NULL;
    Py_ssize_t position = 0;

    while (PyDict_Next(self->directness, &position, &borrowed_name, &borrowed_kind)) {
        if (!py_text_equals(borrowed_kind, "direct")) {
            continue;
        }
        for (Py_ssize_t i = 0; i < PyList_Size(self->calls); i++) {
            PyObject *borrowed_callspec = PyList_GetItem(self->calls, i);
            if (PyObject_TypeCheck(borrowed_callspec, marks_types(state)->call_spec) &&
                call_spec_set_index(borrowed_callspec, borrowed_name, i) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

bool
node_has_parametrize(Node *definition)
{
    for (Node *node = definition; node; node = node->parent) {
        Py_ssize_t count = node->own_markers ? PyList_Size(node->own_markers) : 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            PyObject *borrowed_mark = PyList_GetItem(node->own_markers, i);
            if (mark_check(definition->engine->state, borrowed_mark) &&
                py_text_equals(mark_name(borrowed_mark), "parametrize")) {
                return true;
            }
        }
    }
    return false;
}

/* ---- parametrize() ---- */

static const char *const PARAMETRIZE_NAMES[] = {"argnames", "argvalues",   "indirect", "ids",
                                                "scope",    "_param_mark", NULL};

/* What Python says of a function with two positional arguments and self. Returns -1. */
static int
fail_for_positional(Py_ssize_t given, PyObject *kwargs, Py_ssize_t keyword_only)
{
    for (size_t i = 0; i < 2; i++) {
        keyword_only -= kwargs && PyDict_GetItemString(kwargs, PARAMETRIZE_NAMES[i]);
    }
    if (keyword_only) {
        PyErr_Format(PyExc_TypeError,
                     "Metafunc.parametrize() takes 3 positional arguments but %zd positional arguments (and %zd "
                     "keyword-only argument%s) were given",
                     given + 1, keyword_only, keyword_only == 1 ? "" : "s");
    } else {
        PyErr_Format(PyExc_TypeError, "Metafunc.parametrize() takes 3 positional arguments but %zd were given",
                     given + 1);
    }
    return -1;
}

/* `own`: how many keyword arguments are given besides `kwargs`. */
static int
unpack_parametrize(PyObject *args, PyObject *kwargs, Py_ssize_t own, struct parametrize_call *call)
{
    PyObject *values[6];

    if (PyTuple_Size(args) > 2) {
        return fail_for_positional(PyTuple_Size(args), kwargs, own + (kwargs ? PyDict_Size(kwargs) : 0));
    }
    if (py_unpack_tuple("Metafunc.parametrize", args, kwargs, PARAMETRIZE_NAMES, 2, 2, values) < 0) {
        return -1;
    }
    *call = (struct parametrize_call){
        .argnames = values[0],
        .argvalues = values[1],
        .indirect = values[2],
        .ids = values[3],
        .scope = values[4],
        .param_mark = values[5] == Py_None ? NULL : values[5],
    };
    return 0;
}

static PyObject *
metafunc_parametrize_method(PyObject *op, PyObject *args, PyObject *kwargs)
{
    struct parametrize_call call;

    if (unpack_parametrize(args, kwargs, 0, &call) < 0 || metafunc_parametrize(op, &call) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* metafunc.parametrize(*mark.args, **mark.kwargs, _param_mark=mark) where Python code overrides it. */
static int
parametrize_by_method(PyObject *metafunc, PyObject *mark)
{
    PyObject *method = PyObject_GetAttrString(metafunc, "parametrize");
    PyObject *kwargs = method ? PyDict_New() : NULL;
    PyObject *result = NULL;

    if (kwargs && PyDict_Update(kwargs, mark_kwargs(mark)) == 0 &&
        PyDict_SetItemString(kwargs, "_param_mark", mark) == 0) {
        result = PyObject_Call(method, mark_args(mark), kwargs);
    }
    Py_XDECREF(kwargs);
    Py_XDECREF(method);
    return py_status_take(result);
}

static int
parametrize_by_mark(struct state *state, PyObject *metafunc, PyObject *mark)
{
    struct parametrize_call call;

    if (!Py_IS_TYPE(metafunc, marks_types(state)->metafunc) || ((Metafunc *)metafunc)->dict) {
        return parametrize_by_method(metafunc, mark);
    }
    if (unpack_parametrize(mark_args(mark), mark_kwargs(mark), 1, &call) < 0) {
        return -1;
    }
    call.param_mark = mark;
    return metafunc_parametrize(metafunc, &call);
}

PyObject *
marks_generate_tests(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct state *state = engine->state;
    Node *definition = metafunc_definition(args[0]);
    PyObject *name = NULL;
    PyObject *marks = NULL;
    int status = 0;

    if (!node_has_parametrize(definition)) {
        Py_RETURN_NONE;
    }
    name = PyUnicode_InternFromString("parametrize");
    marks = name ? node_markers(definition, name) : NULL;
    status = marks ? 0 : -1;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(marks); i++) {
        PyObject *mark = py_list_item(marks, i);
        status = parametrize_by_mark(state, args[0], mark);
        Py_DECREF(mark);
    }
    Py_XDECREF(marks);
    Py_XDECREF(name);
    return py_none_or_error(status);
}

/* ---- The type ---- */

static int
metafunc_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"definition", "fixtureinfo", "config", "cls", "module", "_ispytest", NULL};
    PyObject *values[6];

    if (py_unpack_tuple("Metafunc.__init__", args, kwargs, NAMES, 5, 3, values) < 0 ||
        py_check_is_pytest(values[5]) < 0) {
        return -1;
    }
    return fill((Metafunc *)op, values[0], values[1], values[2], values[3], values[4]);
}

static PyObject *
metafunc_recompute_method(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(metafunc_recompute_indices(op));
}

static int
metafunc_traverse(PyObject *op, visitproc visit, void *arg)
{
    Metafunc *self = (Metafunc *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->definition);
    Py_VISIT(self->config);
    Py_VISIT(self->module);
    Py_VISIT(self->function);
    Py_VISIT(self->fixturenames);
    Py_VISIT(self->cls);
    Py_VISIT(self->arg2fixturedefs);
    Py_VISIT(self->calls);
    Py_VISIT(self->directness);
    return 0;
}

static int
metafunc_clear(PyObject *op)
{
    Metafunc *self = (Metafunc *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->definition);
    Py_CLEAR(self->config);
    Py_CLEAR(self->module);
    Py_CLEAR(self->function);
    Py_CLEAR(self->fixturenames);
    Py_CLEAR(self->cls);
    Py_CLEAR(self->arg2fixturedefs);
    Py_CLEAR(self->calls);
    Py_CLEAR(self->directness);
    return 0;
}

static void
metafunc_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Metafunc *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    metafunc_clear(op);
    py_free_instance(op);
}

static const char PARAMETRIZE_DOC[] = "Add new invocations to the underlying test function using the list\n"
                                      "of argvalues for the given argnames. Parametrization is performed\n"
                                      "during the collection phase.\n\n"
                                      "Can be called multiple times per test function (but only on different\n"
                                      "argument names), in which case each call parametrizes all previous\n"
                                      "parametrizations.";

/* copy.copy(metafunc): the same parts in another object. */
static PyObject *
metafunc_copy(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Metafunc *self = (Metafunc *)op;
    Metafunc *copy = (Metafunc *)py_new_instance(Py_TYPE(op));

    if (!copy) {
        return NULL;
    }
    copy->definition = Py_XNewRef(self->definition);
    copy->config = Py_XNewRef(self->config);
    copy->module = Py_XNewRef(self->module);
    copy->function = Py_XNewRef(self->function);
    copy->fixturenames = Py_XNewRef(self->fixturenames);
    copy->cls = Py_XNewRef(self->cls);
    copy->arg2fixturedefs = Py_XNewRef(self->arg2fixturedefs);
    copy->calls = Py_XNewRef(self->calls);
    copy->directness = Py_XNewRef(self->directness);
    copy->dict = self->dict ? PyDict_Copy(self->dict) : NULL;
    if (self->dict && !copy->dict) {
        Py_CLEAR(copy);
    }
    return (PyObject *)copy;
}

static PyMethodDef METAFUNC_METHODS[] = {
    {"__copy__", metafunc_copy, METH_NOARGS, "__copy__($self)\n--\n\n"},
    {"parametrize", PY_WITH_KEYWORDS(metafunc_parametrize_method), PARAMETRIZE_DOC},
    {"_recompute_direct_params_indices", metafunc_recompute_method, METH_NOARGS,
     "_recompute_direct_params_indices($self)\n--\n\n"},
    PY_END_METHOD,
};

#define FIELD(name, member) {name, T_OBJECT, offsetof(Metafunc, member), 0, NULL}
static PyMemberDef METAFUNC_MEMBERS[] = {
    FIELD("definition", definition),
    FIELD("config", config),
    FIELD("module", module),
    FIELD("function", function),
    FIELD("fixturenames", fixturenames),
    FIELD("cls", cls),
    FIELD("_arg2fixturedefs", arg2fixturedefs),
    FIELD("_calls", calls),
    FIELD("_params_directness", directness),
    PY_DICT_MEMBER(Metafunc),
    PY_WEAKREF_MEMBER(Metafunc),
    PY_END_MEMBER,
};

static PyGetSetDef METAFUNC_GETSET[] = {PY_DICT_GETSET, PY_END_GETSET};

static const char METAFUNC_DOC[] = "Objects passed to the :hook:`pytest_generate_tests` hook.\n\n"
                                   "They help to inspect a test function and to generate tests according to\n"
                                   "test configuration or values specified in the class or module where a\n"
                                   "test function is defined.";

static PyType_Slot METAFUNC_SLOTS[] = {
    PY_SLOT(tp_doc, METAFUNC_DOC),         PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_init, metafunc_init),       PY_SLOT(tp_traverse, metafunc_traverse),
    PY_SLOT(tp_clear, metafunc_clear),     PY_SLOT(tp_dealloc, metafunc_dealloc),
    PY_SLOT(tp_methods, METAFUNC_METHODS), PY_SLOT(tp_members, METAFUNC_MEMBERS),
    PY_SLOT(tp_getset, METAFUNC_GETSET),   PY_END_SLOT,
};

static PyType_Spec METAFUNC_SPEC = {
    .name = "_pytest.python.Metafunc",
    .basicsize = sizeof(Metafunc),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = METAFUNC_SLOTS,
};

int
metafunc_add_type(PyObject *module, struct state *state)
{
    marks_types(state)->metafunc = py_type_add(module, &METAFUNC_SPEC, NULL);
    return marks_types(state)->metafunc ? 0 : -1;
}
