/* Result: what an old-style hook wrapper receives. */
#include "hooks/dispatch.h"

typedef struct {
    PyObject_HEAD
    PyObject *result;
    PyObject *exception;
    PyObject *traceback; /* an exception's own one changes while it travels */
} Result;

static void
result_set(Result *self, PyObject *result, PyObject *exception)
{
    py_replace(&self->result, result);
    py_replace(&self->exception, exception);
    py_replace_take(&self->traceback, exception ? PyException_GetTraceback(exception) : NULL);
}

PyObject *
result_new(struct state *state, PyObject *result, PyObject *exception)
{
    PyObject *op = py_new_instance(hooks_room(state)->result);

    if (op) {
        result_set((Result *)op, result, exception == Py_None ? NULL : exception);
    }
    return op;
}

PyObject *
result_get(PyObject *op)
{
    Result *self = (Result *)op;

    if (!self->exception) {
        return Py_NewRef(self->result ? self->result : Py_None);
    }
    PyException_SetTraceback(self->exception, self->traceback ? self->traceback : Py_None);
    PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(self->exception)), Py_NewRef(self->exception),
                  Py_XNewRef(self->traceback));
    return NULL;
}

static PyObject *
result_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"result", "exception", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("Result", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    return result_new(state_from_type(type), values[0], values[1]);
}

static PyObject *
result_method_get(PyObject *op, PyObject *Py_UNUSED(none))
{
    return result_get(op);
}

static PyObject *
result_force_result(PyObject *op, PyObject *result)
{
    result_set((Result *)op, result, NULL);
    Py_RETURN_NONE;
}

static PyObject *
result_force_exception(PyObject *op, PyObject *exception)
{
    if (!PyExceptionInstance_Check(exception)) {
        return PyErr_Format(PyExc_TypeError, "force_exception() needs an exception, not %R", Py_TYPE(exception));
    }
    result_set((Result *)op, NULL, exception);
    Py_RETURN_NONE;
}

static PyObject *
result_from_call(PyObject *type, PyObject *function)
{
    PyObject *value = PyObject_CallNoArgs(function);
    PyObject *exception = value ? NULL : py_error_take();
    PyObject *result = result_new(state_from_type((PyTypeObject *)type), value, exception);

    Py_XDECREF(value);
    Py_XDECREF(exception);
    return result;
}

static PyObject *
result_get_excinfo(PyObject *op, void *Py_UNUSED(closure))
{
    Result *self = (Result *)op;

    if (!self->exception) {
        Py_RETURN_NONE;
    }
    return PyTuple_Pack(3, Py_TYPE(self->exception), self->exception, self->traceback ? self->traceback : Py_None);
}

static int
result_traverse(PyObject *op, visitproc visit, void *arg)
{
    Result *self = (Result *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->result);
    Py_VISIT(self->exception);
    Py_VISIT(self->traceback);
    return 0;
}

static int
result_clear(PyObject *op)
{
    result_set((Result *)op, NULL, NULL);
    return 0;
}

static void
result_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    result_clear(op);
    py_free_instance(op);
}

static PyMemberDef RESULT_MEMBERS[] = {
    {"_result", T_OBJECT, offsetof(Result, result), 0, NULL},
    {"_exception", T_OBJECT, offsetof(Result, exception), 0, NULL},
    {"_traceback", T_OBJECT, offsetof(Result, traceback), 0, NULL},
    {"exception", T_OBJECT, offsetof(Result, exception), READONLY, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef RESULT_GETSETS[] = {
    {"excinfo", result_get_excinfo, NULL, NULL, NULL},
    PY_END_GETSET,
};

static PyMethodDef RESULT_METHODS[] = {
    {"get_result", result_method_get, METH_NOARGS, "get_result($self)\n--\n\n"},
    {"force_result", result_force_result, METH_O, NULL},
    {"force_exception", result_force_exception, METH_O, NULL},
    {"from_call", result_from_call, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};

static PyType_Slot RESULT_SLOTS[] = {
    PY_SLOT(tp_new, result_type_new),    PY_SLOT(tp_traverse, result_traverse),
    PY_SLOT(tp_clear, result_clear),     PY_SLOT(tp_dealloc, result_dealloc),
    PY_SLOT(tp_members, RESULT_MEMBERS), PY_SLOT(tp_getset, RESULT_GETSETS),
    PY_SLOT(tp_methods, RESULT_METHODS), PY_END_SLOT,
};

static PyType_Spec RESULT_SPEC = {
    .name = "pluggy._result.Result",
    .basicsize = sizeof(Result),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = RESULT_SLOTS,
};

int
result_add_type(PyObject *module, struct state *state)
{
    hooks_room(state)->result = py_type_add(module, &RESULT_SPEC, NULL);
    return hooks_room(state)->result ? 0 : -1;
}
