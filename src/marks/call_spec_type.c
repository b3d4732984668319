/* CallSpec as Python sees it: pytest's dataclass of dicts. */
#include "marks/call_spec.h"

static const char *const FIELDS[] = {"params", "indices", "_arg2scope", "_idlist", "marks", NULL};

static int
spec_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *values[5];
    CallSpec *self = (CallSpec *)op;

    if (py_unpack_tuple("CallSpec.__init__", args, kwargs, FIELDS, 5, 0, values) < 0) {
        return -1;
    }
    self->params = values[0] ? Py_NewRef(values[0]) : PyDict_New();
    self->indices = values[1] ? Py_NewRef(values[1]) : PyDict_New();
    self->arg2scope = values[2] ? Py_NewRef(values[2]) : PyDict_New();
    self->idlist = Py_XNewRef(values[3]);
    self->marks = Py_XNewRef(values[4]);
    return self->params && self->indices && self->arg2scope ? 0 : -1;
}

static PyObject *
spec_get_params(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_XNewRef(callspec_params(op));
}

static PyObject *
spec_get_indices(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_XNewRef(callspec_indices(op));
}

static PyObject *
spec_get_arg2scope(PyObject *op, void *Py_UNUSED(closure))
{
    CallSpec *self = (CallSpec *)op;
    return Py_XNewRef(call_spec_dict(self, &self->arg2scope, PART_SCOPE));
}

static PyObject *
spec_get_idlist(PyObject *op, void *Py_UNUSED(closure))
{
    CallSpec *self = (CallSpec *)op;

    if (!self->idlist) {
        return Py_NewRef(state_of(op)->empty_tuple);
    }
    if (PyUnicode_Check(self->idlist)) {
        py_replace_take(&self->idlist, Py_BuildValue("[O]", self->idlist));
    }
    return Py_XNewRef(self->idlist);
}

static PyObject *
spec_get_marks(PyObject *op, void *Py_UNUSED(closure))
{
    CallSpec *self = (CallSpec *)op;

    if (!self->marks) {
        self->marks = PyList_New(0);
    }
    return Py_XNewRef(self->marks);
}

static PyObject *
spec_get_id(PyObject *op, void *Py_UNUSED(closure))
{
    return callspec_id(op);
}

/* For object.__setattr__ only: the class is frozen. `closure` is the field's offset. */
static int
spec_set_field(PyObject *op, PyObject *value, void *closure)
{
    CallSpec *self = (CallSpec *)op;
    PyObject **slot = (PyObject **)(void *)((char *)self + (Py_ssize_t)(intptr_t)closure);

    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "cannot delete field");
        return -1;
    }
    py_replace(slot, value);
    return 0;
}

static PyObject *
spec_getparam(PyObject *op, PyObject *name)
{
    PyObject *value = NULL;

    if (callspec_find(op, name, &value, NULL) == 0) {
        PyErr_SetObject(PyExc_ValueError, name);
    }
    return value;
}

static PyObject *
spec_setmulti(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"argnames", "valset", "id", "marks", "scope", "param_index", "nodeid", NULL};
    struct state *state = state_of(op);
    PyObject *values[7];
    struct call_batch batch = {0};
    struct parameter_set set = {0};
    PyObject *result = NULL;
    int scope = 0;
    Py_ssize_t index = 0;

    if (py_unpack_tuple("setmulti", args, kwargs, NAMES, 0, 7, values) < 0) {
        return NULL;
    }
    scope = scope_find(state, values[4]);
    index = PyLong_AsSsize_t(values[5]);
    if (scope < 0 || (index == -1 && PyErr_Occurred())) {
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "not a scope: %R", values[4]);
    }
    batch.names = PySequence_Tuple(values[0]);
    batch.nodeid = values[6];
    batch.scope = (enum scope)scope;
    set.values = batch.names ? PySequence_Tuple(values[1]) : NULL;
    set.marks = values[3];
    if (set.values && PyTuple_Size(set.values) != PyTuple_Size(batch.names)) {
        PyErr_SetString(PyExc_ValueError, "zip() arguments have different lengths");
    } else if (set.values) {
        result = call_spec_extend(state, op, &batch, &set, values[2], index);
    }
    Py_XDECREF(set.values);
    Py_XDECREF(batch.shape);
    Py_XDECREF(batch.names);
    return result;
}

static PyObject *
spec_repr(PyObject *op)
{
    return dataclass_repr(op, FIELDS);
}

static PyObject *
spec_compare(PyObject *a, PyObject *b, int operation)
{
    return dataclass_compare(a, b, operation, FIELDS);
}

/* The hash of a frozen dataclass whose first field is a dict: a TypeError that says so. */
static Py_hash_t
spec_hash(PyObject *op)
{
    PyObject *params = callspec_params(op);
    return params ? PyObject_Hash(params) : -1;
}

static int
spec_traverse(PyObject *op, visitproc visit, void *arg)
{
    CallSpec *self = (CallSpec *)op;
    Py_ssize_t count = Py_SIZE(op);

    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->idlist);
    Py_VISIT(self->marks);
    Py_VISIT(self->params);
    Py_VISIT(self->indices);
    Py_VISIT(self->arg2scope);
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_VISIT(self->arguments[i].value);
    }
    return 0;
}

static int
spec_clear(PyObject *op)
{
    CallSpec *self = (CallSpec *)op;
    Py_ssize_t count = Py_SIZE(op);

    Py_CLEAR(self->dict);
    Py_CLEAR(self->idlist);
    Py_CLEAR(self->marks);
    Py_CLEAR(self->params);
    Py_CLEAR(self->indices);
    Py_CLEAR(self->arg2scope);
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_CLEAR(self->arguments[i].value);
    }
    return 0;
}

static void
spec_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((CallSpec *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    spec_clear(op);
    Py_CLEAR(((CallSpec *)op)->shape);
    py_free_instance(op);
}

PY_NAMED_ONE(spec_getparam_named, spec_getparam, "getparam", "name")
static PyMethodDef SPEC_METHODS[] = {
    {"getparam", PY_FAST_WITH_KEYWORDS(spec_getparam_named), "getparam($self, name)\n--\n\n"},
    {"setmulti", PY_WITH_KEYWORDS(spec_setmulti),
     "setmulti($self, *, argnames, valset, id, marks, scope, param_index, nodeid)\n--\n\n"},
    PY_END_METHOD,
};

static PyMemberDef SPEC_MEMBERS[] = {
    PY_DICT_MEMBER(CallSpec),
    PY_WEAKREF_MEMBER(CallSpec),
    PY_END_MEMBER,
};

#define FIELD(name, get, member) {name, get, spec_set_field, NULL, (void *)(intptr_t)offsetof(CallSpec, member)}
static PyGetSetDef SPEC_GETSET[] = {
    PY_DICT_GETSET,
    FIELD("params", spec_get_params, params),
    FIELD("indices", spec_get_indices, indices),
    FIELD("_arg2scope", spec_get_arg2scope, arg2scope),
    FIELD("_idlist", spec_get_idlist, idlist),
    FIELD("marks", spec_get_marks, marks),
    {"id", spec_get_id, NULL, NULL, NULL},
    PY_END_GETSET,
};

static const char SPEC_DOC[] = "A planned parameterized invocation of a test function.\n\n"
                               "Calculated during collection for a given test function's Metafunc.\n"
                               "Once collection is over, each callspec is turned into a single Item\n"
                               "and stored in item.callspec.";

static PyType_Slot SPEC_SLOTS[] = {
    PY_SLOT(tp_doc, SPEC_DOC),
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_init, spec_init),
    PY_SLOT(tp_repr, spec_repr),
    PY_SLOT(tp_hash, spec_hash),
    PY_SLOT(tp_richcompare, spec_compare),
    PY_SLOT(tp_traverse, spec_traverse),
    PY_SLOT(tp_clear, spec_clear),
    PY_SLOT(tp_dealloc, spec_dealloc),
    PY_SLOT(tp_methods, SPEC_METHODS),
    PY_SLOT(tp_members, SPEC_MEMBERS),
    PY_SLOT(tp_getset, SPEC_GETSET),
    PY_END_SLOT,
};

static PyType_Spec SPEC_SPEC = {
    .name = "_pytest.python.CallSpec",
    .basicsize = (int)offsetof(CallSpec, arguments),
    .itemsize = sizeof(struct call_argument),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = SPEC_SLOTS,
};

int
call_spec_add_type(PyObject *module, struct state *state)
{
    struct marks_types *types = marks_types(state);

    if (call_shape_add_type(module, state) < 0) {
        return -1;
    }
    types->call_spec = py_type_add(module, &SPEC_SPEC, NULL);
    return types->call_spec ? dataclass_finish(state, types->call_spec, FIELDS, true) : -1;
}
