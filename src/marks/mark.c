/* Mark: the name and arguments of one mark. */
#include "marks/internal.h"

static const char *const FIELDS[] = {"name", "args", "kwargs", "_param_ids_from", "_param_ids_generated", NULL};
static const char *const SHOWN_FIELDS[] = {"name", "args", "kwargs", NULL};

PyObject *
mark_name(PyObject *mark)
{
    return ((Mark *)mark)->name;
}

PyObject *
mark_args(PyObject *mark)
{
    return ((Mark *)mark)->args;
}

PyObject *
mark_kwargs(PyObject *mark)
{
    return ((Mark *)mark)->kwargs;
}

PyObject *
mark_new(struct state *state, PyObject *name, PyObject *args, PyObject *kwargs)
{
    Mark *self = (Mark *)py_new_instance(marks_types(state)->mark);

    if (!self) {
        return NULL;
    }
    self->name = Py_NewRef(name);
    self->args = Py_NewRef(args ? args : state->empty_tuple);
    self->kwargs = kwargs ? Py_NewRef(kwargs) : PyDict_New();
    if (!self->kwargs) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static int
mark_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name",      "args", "kwargs", "param_ids_from", "param_ids_generated",
                                        "_ispytest", NULL};
    PyObject *values[6];
    Mark *self = (Mark *)op;

    if (py_unpack_tuple("Mark.__init__", args, kwargs, NAMES, 5, 3, values) < 0 || py_check_is_pytest(values[5]) < 0) {
        return -1;
    }
    py_replace(&self->name, values[0]);
    py_replace(&self->args, values[1]);
    py_replace(&self->kwargs, values[2]);
    py_replace(&self->param_ids_from, values[3]);
    py_replace(&self->param_ids_generated, values[4]);
    return 0;
}

static bool
mark_has_param_ids(PyObject *op)
{
    Mark *self = (Mark *)op;

    if (PyTuple_Check(self->args) && PyTuple_Size(self->args) >= 4) {
        return true;
    }
    return PyMapping_HasKeyString(self->kwargs, "ids");
}

PyObject *
mark_combine(struct state *state, PyObject *op, PyObject *other_op)
{
    Mark *self = (Mark *)op;
    Mark *other = (Mark *)other_op;
    PyObject *args = NULL;
    PyObject *kwargs = NULL;
    PyObject *result = NULL;
    int same_name = PyObject_RichCompareBool(self->name, other->name, Py_EQ);

    if (same_name <= 0) {
        if (same_name == 0) {
            PyErr_SetNone(PyExc_AssertionError);
        }
        return NULL;
    }
    args = PySequence_Concat(self->args, other->args);
    kwargs = args ? PyDict_New() : NULL;
    if (!kwargs || PyDict_Update(kwargs, self->kwargs) < 0 || PyDict_Update(kwargs, other->kwargs) < 0) {
        goto done;
    }
    result = mark_new(state, self->name, args, kwargs);
    /* Later decorations with the same mark share its generated ids. */
    if (result && py_text_equals(self->name, "parametrize")) {
        PyObject *borrowed_source = mark_has_param_ids(other_op) ? other_op : mark_has_param_ids(op) ? op : NULL;
        ((Mark *)result)->param_ids_from = Py_XNewRef(borrowed_source);
    }
done:
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    return result;
}

static PyObject *
mark_combined_with(PyObject *op, PyObject *other)
{
    struct state *state = state_of(op);

    if (!mark_check(state, other)) {
        return PyErr_Format(PyExc_TypeError, "expected a Mark, not %R", Py_TYPE(other));
    }
    return mark_combine(state, op, other);
}

static PyObject *
mark_has_param_ids_method(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(mark_has_param_ids(op));
}

static PyObject *
mark_compare(PyObject *a, PyObject *b, int operation)
{
    return dataclass_compare(a, b, operation, FIELDS);
}

static Py_hash_t
mark_hash(PyObject *op)
{
    Mark *self = (Mark *)op;
    PyObject *from = self->param_ids_from ? self->param_ids_from : Py_None;
    PyObject *generated = self->param_ids_generated ? self->param_ids_generated : Py_None;
    PyObject *key = PyTuple_Pack(5, self->name, self->args, self->kwargs, from, generated);
    Py_hash_t hash = key ? PyObject_Hash(key) : -1;

    Py_XDECREF(key);
    return hash;
}

static PyObject *
mark_repr(PyObject *op)
{
    return dataclass_repr(op, SHOWN_FIELDS);
}

static int
mark_traverse(PyObject *op, visitproc visit, void *arg)
{
    Mark *self = (Mark *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->name);
    Py_VISIT(self->args);
    Py_VISIT(self->kwargs);
    Py_VISIT(self->param_ids_from);
    Py_VISIT(self->param_ids_generated);
    return 0;
}

static int
mark_clear(PyObject *op)
{
    Mark *self = (Mark *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->name);
    Py_CLEAR(self->args);
    Py_CLEAR(self->kwargs);
    Py_CLEAR(self->param_ids_from);
    Py_CLEAR(self->param_ids_generated);
    return 0;
}

static void
mark_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Mark *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    mark_clear(op);
    py_free_instance(op);
}

PY_NAMED_ONE(mark_combined_with_named, mark_combined_with, "combined_with", "other")

static PyMethodDef MARK_METHODS[] = {
    {"combined_with", PY_FAST_WITH_KEYWORDS(mark_combined_with_named),
     "combined_with($self, other)\n--\n\n"
     "Return a new Mark which is a combination of this\nMark and another Mark.\n\n"
     "Combines by appending args and merging kwargs."},
    {"_has_param_ids", mark_has_param_ids_method, METH_NOARGS, "_has_param_ids($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyMemberDef MARK_MEMBERS[] = {
    {"name", T_OBJECT, offsetof(Mark, name), 0, NULL},
    {"args", T_OBJECT, offsetof(Mark, args), 0, NULL},
    {"kwargs", T_OBJECT, offsetof(Mark, kwargs), 0, NULL},
    {"_param_ids_from", T_OBJECT, offsetof(Mark, param_ids_from), 0, NULL},
    {"_param_ids_generated", T_OBJECT, offsetof(Mark, param_ids_generated), 0, NULL},
    PY_DICT_MEMBER(Mark),
    PY_WEAKREF_MEMBER(Mark),
    PY_END_MEMBER,
};

static PyGetSetDef MARK_GETSET[] = {PY_DICT_GETSET, PY_END_GETSET};

static PyType_Slot MARK_SLOTS[] = {
    PY_SLOT(tp_doc,
            "Mark(name, args, kwargs, param_ids_from=None, param_ids_generated=None, *, _ispytest=False)\n--\n\n"
            "A pytest mark."),
    PY_SLOT(tp_init, mark_init),
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_repr, mark_repr),
    PY_SLOT(tp_hash, mark_hash),
    PY_SLOT(tp_richcompare, mark_compare),
    PY_SLOT(tp_traverse, mark_traverse),
    PY_SLOT(tp_clear, mark_clear),
    PY_SLOT(tp_dealloc, mark_dealloc),
    PY_SLOT(tp_methods, MARK_METHODS),
    PY_SLOT(tp_members, MARK_MEMBERS),
    PY_SLOT(tp_getset, MARK_GETSET),
    PY_END_SLOT,
};

static PyType_Spec MARK_SPEC = {
    .name = "_pytest.mark.structures.Mark",
    .basicsize = sizeof(Mark),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = MARK_SLOTS,
};

int
mark_add_type(PyObject *module, struct state *state)
{
    PyTypeObject *type = py_type_add(module, &MARK_SPEC, NULL);

    marks_types(state)->mark = type;
    return type ? dataclass_finish(state, type, FIELDS, true) : -1;
}
