/* MarkDecorator: what pytest.mark.NAME is, puts its mark on functions and classes. */
#include "marks/internal.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *mark;
} MarkDecorator;

static const char *const FIELDS[] = {"mark", NULL};

PyObject *
mark_decorator_new_take(struct state *state, PyObject *mark)
{
    MarkDecorator *self = mark ? (MarkDecorator *)py_new_instance(marks_types(state)->mark_decorator) : NULL;

    if (!self) {
        Py_XDECREF(mark);
        return NULL;
    }
    self->mark = mark;
    return (PyObject *)self;
}

PyObject *
mark_normalize(struct state *state, PyObject *object)
{
    struct marks_types *types = marks_types(state);
    PyObject *mark = NULL;

    if (mark_check(state, object)) {
        return Py_NewRef(object);
    }
    if (Py_IS_TYPE(object, types->mark_decorator) && ((MarkDecorator *)object)->mark) {
        mark = Py_NewRef(((MarkDecorator *)object)->mark);
    } else if (py_find_attr(state, object, state->names.mark, &mark) < 0) {
        return NULL;
    } else if (!mark) {
        mark = Py_NewRef(object);
    }
    if (!mark_check(state, mark)) {
        PyErr_Format(PyExc_TypeError, "got %R instead of Mark", mark);
        Py_CLEAR(mark);
    }
    return mark;
}

static int
decorator_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"mark", "_ispytest", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("MarkDecorator.__init__", args, kwargs, NAMES, 1, 1, values) < 0 ||
        py_check_is_pytest(values[1]) < 0) {
        return -1;
    }
    py_replace(&((MarkDecorator *)op)->mark, values[0]);
    return 0;
}

static PyObject *
decorator_mark(PyObject *op)
{
    MarkDecorator *self = (MarkDecorator *)op;
    struct state *state = state_of(op);

    if (!self->mark || !mark_check(state, self->mark)) {
        return PyErr_Format(PyExc_TypeError, "MarkDecorator.mark must be a Mark");
    }
    return self->mark;
}

static PyObject *
decorator_with_args(PyObject *op, PyObject *args, PyObject *kwargs)
{
    struct state *state = state_of(op);
    PyObject *borrowed_mark = decorator_mark(op);
    PyObject *added = borrowed_mark ? mark_new(state, mark_name(borrowed_mark), args, kwargs) : NULL;
    PyObject *combined = added ? mark_combine(state, borrowed_mark, added) : NULL;

    Py_XDECREF(added);
    return mark_decorator_new_take(state, combined);
}

/* Whether the single argument of a call is what the mark is to be put on; *target_out is then the function itself. */
static int
find_target(struct state *state, PyObject *argument, PyObject **target_out)
{
    PyObject *name = NULL;
    int is_target = 0;

    *target_out = NULL;
    /* Marks are looked up on the function, not on its descriptor. */
    if (PyType_IsSubtype(Py_TYPE(argument), state->static_method_type) ||
        PyType_IsSubtype(Py_TYPE(argument), state->class_method_type)) {
        *target_out = PyObject_GetAttr(argument, state->names.dunder_func);
        if (!*target_out) {
            return -1;
        }
    } else {
        *target_out = Py_NewRef(argument);
    }
    if (PyType_Check(argument)) {
        return 1;
    }
    if (!PyCallable_Check(*target_out)) {
        return 0;
    }
    if (py_find_attr(state, *target_out, state->names.__name__, &name) < 0) {
        return -1;
    }
    is_target = name && !py_text_equals(name, "<lambda>");
    Py_XDECREF(name);
    return is_target;
}

static PyObject *
decorator_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_Size(args) == 1 && (!kwargs || PyDict_Size(kwargs) == 0)) {
        struct state *state = state_of(op);
        PyObject *borrowed_mark = decorator_mark(op);
        PyObject *borrowed_argument = PyTuple_GetItem(args, 0);
        PyObject *target = NULL;
        int is_target = borrowed_mark ? find_target(state, borrowed_argument, &target) : -1;

        if (is_target > 0 && marks_store(state, target, borrowed_mark) < 0) {
            is_target = -1;
        }
        Py_XDECREF(target);
        if (is_target != 0) {
            return is_target < 0 ? NULL : Py_NewRef(borrowed_argument);
        }
    }
    return decorator_with_args(op, args, kwargs);
}

static PyObject *
decorator_get_name(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *mark = decorator_mark(op);
    return mark ? Py_NewRef(mark_name(mark)) : NULL;
}

static PyObject *
decorator_get_args(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *mark = decorator_mark(op);
    return mark ? Py_NewRef(mark_args(mark)) : NULL;
}

static PyObject *
decorator_get_kwargs(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *mark = decorator_mark(op);
    return mark ? Py_NewRef(mark_kwargs(mark)) : NULL;
}

static PyObject *
decorator_repr(PyObject *op)
{
    return dataclass_repr(op, FIELDS);
}

static PyObject *
decorator_compare(PyObject *a, PyObject *b, int operation)
{
    return dataclass_compare(a, b, operation, FIELDS);
}

static int
decorator_traverse(PyObject *op, visitproc visit, void *arg)
{
    MarkDecorator *self = (MarkDecorator *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->mark);
    return 0;
}

static int
decorator_clear(PyObject *op)
{
    MarkDecorator *self = (MarkDecorator *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->mark);
    return 0;
}

static void
decorator_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((MarkDecorator *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    decorator_clear(op);
    py_free_instance(op);
}

static PyMethodDef DECORATOR_METHODS[] = {
    {"with_args", PY_WITH_KEYWORDS(decorator_with_args),
     "with_args($self, *args, **kwargs)\n--\n\n"
     "Return a MarkDecorator with extra arguments added.\n\n"
     "Unlike calling the MarkDecorator, with_args() can be used even\n"
     "if the sole argument is a callable/class."},
    PY_END_METHOD,
};

static PyMemberDef DECORATOR_MEMBERS[] = {
    {"mark", T_OBJECT_EX, offsetof(MarkDecorator, mark), 0, NULL},
    PY_DICT_MEMBER(MarkDecorator),
    PY_WEAKREF_MEMBER(MarkDecorator),
    PY_END_MEMBER,
};

static PyGetSetDef DECORATOR_GETSET[] = {
    PY_DICT_GETSET,
    {"name", decorator_get_name, NULL, "Alias for mark.name.", NULL},
    {"args", decorator_get_args, NULL, "Alias for mark.args.", NULL},
    {"kwargs", decorator_get_kwargs, NULL, "Alias for mark.kwargs.", NULL},
    {"markname", decorator_get_name, NULL, ":meta private:", NULL},
    PY_END_GETSET,
};

static const char DECORATOR_DOC[] =
    "A decorator for applying a mark on test functions and classes.\n\n"
    "``MarkDecorators`` are created with ``pytest.mark``; calling one with a single function or class puts the mark\n"
    "on it, any other call returns a new MarkDecorator with the arguments added.";

static PyType_Slot DECORATOR_SLOTS[] = {
    PY_SLOT(tp_doc, DECORATOR_DOC),
    PY_SLOT(tp_init, decorator_init),
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_call, decorator_call),
    PY_SLOT(tp_repr, decorator_repr),
    PY_SLOT(tp_hash, PyObject_HashNotImplemented),
    PY_SLOT(tp_richcompare, decorator_compare),
    PY_SLOT(tp_traverse, decorator_traverse),
    PY_SLOT(tp_clear, decorator_clear),
    PY_SLOT(tp_dealloc, decorator_dealloc),
    PY_SLOT(tp_methods, DECORATOR_METHODS),
    PY_SLOT(tp_members, DECORATOR_MEMBERS),
    PY_SLOT(tp_getset, DECORATOR_GETSET),
    PY_END_SLOT,
};

static PyType_Spec DECORATOR_SPEC = {
    .name = "_pytest.mark.structures.MarkDecorator",
    .basicsize = sizeof(MarkDecorator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = DECORATOR_SLOTS,
};

int
mark_decorator_add_type(PyObject *module, struct state *state)
{
    struct marks_types *types = marks_types(state);

    types->mark_decorator = py_type_add(module, &DECORATOR_SPEC, NULL);
    return types->mark_decorator ? dataclass_finish(state, types->mark_decorator, FIELDS, false) : -1;
}
