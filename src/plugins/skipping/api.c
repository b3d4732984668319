/* What `_pytest.skipping` shows of the plugin. */
#include "plugins/skipping/internal.h"

static int
xfail_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"reason", "run", "strict", "raises", NULL};
    Xfail *self = (Xfail *)op;
    PyObject *values[4];

    if (py_unpack_tuple("Xfail.__init__", args, kwargs, NAMES, 4, 4, values) < 0) {
        return -1;
    }
    py_replace(&self->reason, values[0]);
    py_replace(&self->run, values[1]);
    py_replace(&self->strict, values[2]);
    py_replace(&self->raises, values[3]);
    return 0;
}

static PyObject *
xfail_repr(PyObject *op)
{
    Xfail *self = (Xfail *)op;
    return PyUnicode_FromFormat("Xfail(reason=%R, run=%R, strict=%R, raises=%R)", self->reason, self->run, self->strict,
                                self->raises);
}

static int
xfail_traverse(PyObject *op, visitproc visit, void *arg)
{
    Xfail *self = (Xfail *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->reason);
    Py_VISIT(self->run);
    Py_VISIT(self->strict);
    Py_VISIT(self->raises);
    return 0;
}

static int
xfail_clear(PyObject *op)
{
    Xfail *self = (Xfail *)op;
    Py_CLEAR(self->reason);
    Py_CLEAR(self->run);
    Py_CLEAR(self->strict);
    Py_CLEAR(self->raises);
    return 0;
}

static void
xfail_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    xfail_clear(op);
    py_free_instance(op);
}

static PyMemberDef XFAIL_MEMBERS[] = {
    {"reason", T_OBJECT, offsetof(Xfail, reason), READONLY, NULL},
    {"run", T_OBJECT, offsetof(Xfail, run), READONLY, NULL},
    {"strict", T_OBJECT, offsetof(Xfail, strict), READONLY, NULL},
    {"raises", T_OBJECT, offsetof(Xfail, raises), READONLY, NULL},
    PY_END_MEMBER,
};

static PyType_Slot XFAIL_SLOTS[] = {
    PY_SLOT(tp_doc, "Xfail(reason, run, strict, raises)\n--\n\n"
                    "The result of evaluate_xfail_marks()."),
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_init, xfail_init),
    PY_SLOT(tp_repr, xfail_repr),
    PY_SLOT(tp_traverse, xfail_traverse),
    PY_SLOT(tp_clear, xfail_clear),
    PY_SLOT(tp_dealloc, xfail_dealloc),
    PY_SLOT(tp_members, XFAIL_MEMBERS),
    PY_END_SLOT,
};

static PyType_Spec XFAIL_SPEC = {
    .name = "_pytest.skipping.Xfail",
    .basicsize = sizeof(Xfail),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = XFAIL_SLOTS,
};

static bool
check_node(PyObject *module, PyObject *item)
{
    if (!node_check(state_from_module(module), item)) {
        PyErr_Format(PyExc_TypeError, "expected an item, not %R", (PyObject *)Py_TYPE(item));
        return false;
    }
    return true;
}

/* (reason,) or None. */
static PyObject *
skip_reason_function(PyObject *module, PyObject *item)
{
    PyObject *reason = NULL;
    int found = check_node(module, item)
                    ? evaluate_skip_marks((Node *)item, marks_present(state_from_module(module), (Node *)item), &reason)
                    : -1;

    return found > 0 ? Py_BuildValue("(N)", reason) : found < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
evaluate_xfail_marks_function(PyObject *module, PyObject *item)
{
    Xfail *xfail = NULL;
    int found = check_node(module, item) ? evaluate_xfail_marks((Node *)item, &xfail) : -1;

    return found > 0 ? (PyObject *)xfail : found < 0 ? NULL : Py_NewRef(Py_None);
}

/* (result, reason) */
static PyObject *
evaluate_condition_function(PyObject *module, PyObject *args)
{
    PyObject *item = NULL;
    PyObject *mark = NULL;
    PyObject *condition = NULL;
    PyObject *reason = NULL;
    int result = 0;

    if (!PyArg_UnpackTuple(args, "evaluate_condition", 3, 3, &item, &mark, &condition) || !check_node(module, item)) {
        return NULL;
    }
    if (!PyObject_TypeCheck(mark, marks_types(state_from_module(module))->mark)) {
        return PyErr_Format(PyExc_TypeError, "expected a Mark, not %R", (PyObject *)Py_TYPE(mark));
    }
    result = evaluate_condition((Node *)item, mark, condition, &reason);
    return result < 0 ? NULL : Py_BuildValue("(ON)", result ? Py_True : Py_False, reason);
}

static PyObject *
xfailed_key_function(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    return Py_XNewRef(xfailed_key(state_from_module(module)));
}

static PyObject *
setup_function(PyObject *module, PyObject *item)
{
    return check_node(module, item) && skipping_run_setup((Node *)item) == 0 ? Py_NewRef(Py_None) : NULL;
}

PY_NAMED_ONE(evaluate_xfail_marks_function_named, evaluate_xfail_marks_function, "evaluate_xfail_marks", "item")
static PyMethodDef FUNCTIONS[] = {
    {"_skip_reason", skip_reason_function, METH_O, NULL},
    {"_skipping_setup", setup_function, METH_O, NULL},
    {"_xfailed_key", xfailed_key_function, METH_NOARGS, "_xfailed_key($module)\n--\n\n"},
    {"evaluate_xfail_marks", PY_FAST_WITH_KEYWORDS(evaluate_xfail_marks_function_named),
     "evaluate_xfail_marks($module, item)\n--\n\n"
     "Evaluate xfail marks on item, returning Xfail if triggered."},
    {"evaluate_condition", evaluate_condition_function, METH_VARARGS,
     "evaluate_condition($module, item, mark, condition, /)\n--\n\n"
     "Evaluate a single skipif/xfail condition: (result, reason)."},
    PY_END_METHOD,
};

int
skipping_add(PyObject *module, struct state *state)
{
    struct skipping_types *types = STATE_ROOM_ADD(state, ROOM_SKIPPING, struct skipping_types);

    types->xfail = py_type_add(module, &XFAIL_SPEC, NULL);
    return types->xfail ? PyModule_AddFunctions(module, FUNCTIONS) : -1;
}
