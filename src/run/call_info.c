/* CallInfo: what one phase returned or raised, and when. */
#include "code/code.h"
#include "py/clock.h"
#include "run/internal.h"

static const char *const PHASE_TEXTS[] = {"collect", "setup", "call", "teardown"};

const char *
phase_text(enum phase phase)
{
    return PHASE_TEXTS[phase];
}

PyObject *
phase_name(struct state *state, enum phase phase)
{
    PyObject *const names[] = {state->names.collect, state->names.setup, state->names.call, state->names.teardown};
    return names[phase];
}

struct instant
instant_now(struct state *state)
{
    return (struct instant){state_wall_s(state), state_now_s(state)};
}

PyObject *
call_info_new_take(struct state *state, enum phase phase, PyObject *result, PyObject *excinfo, struct instant start,
                   struct instant stop)
{
    CallInfo *self = (CallInfo *)py_new_instance(run_types(state)->call_info);

    if (!self) {
        Py_XDECREF(result);
        Py_XDECREF(excinfo);
        return NULL;
    }
    self->result = result;
    self->excinfo = excinfo;
    self->start = start.time;
    self->stop = stop.time;
    self->duration = stop.perf_count - start.perf_count;
    self->phase = phase;
    self->when = Py_NewRef(phase_name(state, phase));
    return (PyObject *)self;
}

static int
call_info_traverse(PyObject *op, visitproc visit, void *arg)
{
    CallInfo *self = (CallInfo *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->result);
    Py_VISIT(self->excinfo);
    return 0;
}

static int
call_info_clear(PyObject *op)
{
    CallInfo *self = (CallInfo *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->result);
    Py_CLEAR(self->excinfo);
    Py_CLEAR(self->when);
    return 0;
}

static void
call_info_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((CallInfo *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    call_info_clear(op);
    py_free_instance(op);
}

static enum phase
phase_from_text(PyObject *when)
{
    for (int phase = PHASE_COLLECT; phase <= PHASE_TEARDOWN; phase++) {
        if (py_text_equals(when, PHASE_TEXTS[phase])) {
            return (enum phase)phase;
        }
    }
    return PHASE_CALL;
}

static int
call_info_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"result", "excinfo", "start", "stop", "duration", "when", "_ispytest", NULL};
    CallInfo *self = (CallInfo *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("CallInfo.__init__", args, kwargs, NAMES, 6, 6, values) < 0) {
        return -1;
    }
    self->start = PyFloat_AsDouble(values[2]);
    self->stop = PyFloat_AsDouble(values[3]);
    self->duration = PyFloat_AsDouble(values[4]);
    if (PyErr_Occurred()) {
        return -1;
    }
    py_replace(&self->result, values[0]);
    py_replace(&self->excinfo, values[1] == Py_None ? NULL : values[1]);
    py_replace(&self->when, values[5]);
    self->phase = phase_from_text(values[5]);
    return 0;
}

static PyObject *
call_info_repr(PyObject *op)
{
    CallInfo *self = (CallInfo *)op;
    if (self->excinfo) {
        return PyUnicode_FromFormat("<CallInfo when=%R excinfo=%R>", self->when, self->excinfo);
    }
    return PyUnicode_FromFormat("<CallInfo when=%R result: %R>", self->when, self->result ? self->result : Py_None);
}

static PyObject *
call_info_get_result(PyObject *op, void *Py_UNUSED(closure))
{
    CallInfo *self = (CallInfo *)op;
    if (self->excinfo) {
        return PyErr_Format(PyExc_AttributeError, "%R has no valid result", op);
    }
    return Py_NewRef(self->result ? self->result : Py_None);
}

static int
is_reraised(PyObject *exception, PyObject *reraise)
{
    return reraise && reraise != Py_None ? PyObject_IsInstance(exception, reraise) : 0;
}

/* from_call(func, when, reraise=None) */
static PyObject *
call_info_from_call(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"func", "when", "reraise", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *excinfo = NULL;
    struct state *state = state_from_type((PyTypeObject *)cls);

    if (py_unpack_tuple("from_call", args, kwargs, NAMES, 3, 2, values) < 0) {
        return NULL;
    }
    struct instant start = instant_now(state);
    PyObject *result = py_call0(values[0]);
    if (!result) {
        PyObject *exception = py_error_take();
        int reraised = is_reraised(exception, values[2]);
        if (reraised) {
            if (reraised > 0) {
                py_error_restore_take(exception);
            } else {
                Py_DECREF(exception);
            }
            return NULL;
        }
        excinfo = excinfo_new_caught_take(state, exception);
        if (!excinfo) {
            return NULL;
        }
    }
    CallInfo *self =
        (CallInfo *)call_info_new_take(state, phase_from_text(values[1]), result, excinfo, start, instant_now(state));
    if (self) {
        py_replace(&self->when, values[1]);
    }
    return (PyObject *)self;
}

static PyMethodDef CALL_INFO_METHODS[] = {
    {"from_call", PY_WITH_KEYWORDS(call_info_from_call) | METH_CLASS,
     "from_call($type, func, when, reraise=None)\n--\n\n"
     "Call func, wrapping its result or exception in a CallInfo."},
    {"__class_getitem__", (PyCFunction)Py_GenericAlias, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};

static PyMemberDef CALL_INFO_MEMBERS[] = {
    PY_DICT_MEMBER(CallInfo),
    PY_WEAKREF_MEMBER(CallInfo),
    {"_result", T_OBJECT, offsetof(CallInfo, result), 0, NULL},
    {"start", T_DOUBLE, offsetof(CallInfo, start), 0, "The system time when the call started, in seconds."},
    {"stop", T_DOUBLE, offsetof(CallInfo, stop), 0, "The system time when the call ended, in seconds."},
    {"duration", T_DOUBLE, offsetof(CallInfo, duration), 0, "The call duration, in seconds."},
    {"when", T_OBJECT, offsetof(CallInfo, when), 0, "\"collect\", \"setup\", \"call\" or \"teardown\"."},
    PY_END_MEMBER,
};

static const struct py_link EXCINFO = {offsetof(CallInfo, excinfo), NULL};
static PyGetSetDef CALL_INFO_GETSET[] = {
    {"excinfo", py_get_link, py_set_link, "The captured exception of the call, if it raised.",
     (void *)(uintptr_t)&EXCINFO},
    {"result", call_info_get_result, NULL, "The return value of the call, if it did not raise.", NULL},
    PY_DICT_GETSET,
    PY_END_GETSET,
};

static PyType_Slot CALL_INFO_SLOTS[] = {
    PY_SLOT(tp_init, call_info_init),
    PY_SLOT(tp_traverse, call_info_traverse),
    PY_SLOT(tp_clear, call_info_clear),
    PY_SLOT(tp_dealloc, call_info_dealloc),
    PY_SLOT(tp_repr, call_info_repr),
    PY_SLOT(tp_methods, CALL_INFO_METHODS),
    PY_SLOT(tp_members, CALL_INFO_MEMBERS),
    PY_SLOT(tp_getset, CALL_INFO_GETSET),
    PY_SLOT(tp_doc, "CallInfo(result, excinfo, start, stop, duration, when, *, _ispytest=False)\n--\n\n"
                    "Result/Exception info of a function invocation."),
    PY_END_SLOT,
};

static PyType_Spec CALL_INFO_SPEC = {
    .name = "_pytest.runner.CallInfo",
    .basicsize = sizeof(CallInfo),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = CALL_INFO_SLOTS,
};

int
call_info_add(PyObject *module, struct state *state)
{
    run_types(state)->call_info = py_type_add(module, &CALL_INFO_SPEC, NULL);
    return run_types(state)->call_info ? 0 : -1;
}
