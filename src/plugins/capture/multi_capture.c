/* MultiCapture: stdin, stdout and stderr together; and CaptureResult, what was read from two of them. */
#include "plugins/capture/internal.h"

/* ---- MultiCapture ---- */

MultiCapture *
multi_capture_new(struct state *state, Capture *in, Capture *out, Capture *err)
{
    MultiCapture *self = (MultiCapture *)py_new_instance(capture_types(state)->multi_capture);
    if (!self) {
        Py_XDECREF(in);
        Py_XDECREF(out);
        Py_XDECREF(err);
        return NULL;
    }
    self->in = in;
    self->out = out;
    self->err = err;
    return self;
}

/* Applies an operation to the streams that there are, in this order. */
static int
apply(int (*operation)(Capture *), Capture *first, Capture *second, Capture *third)
{
    Capture *const streams[] = {first, second, third};
    for (size_t i = 0; i < COUNT_OF(streams); i++) {
        if (streams[i] && operation(streams[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

int
multi_capture_start(MultiCapture *self)
{
    self->state = CAPTURE_STARTED;
    return apply(capture_start, self->in, self->out, self->err);
}

int
multi_capture_suspend(MultiCapture *self, bool with_input)
{
    self->state = CAPTURE_SUSPENDED;
    if (apply(capture_suspend, self->out, self->err, NULL) < 0) {
        return -1;
    }
    if (with_input && self->in) {
        self->is_in_suspended = true;
        return capture_suspend(self->in);
    }
    return 0;
}

int
multi_capture_resume(MultiCapture *self)
{
    self->state = CAPTURE_STARTED;
    if (apply(capture_resume, self->out, self->err, NULL) < 0) {
        return -1;
    }
    if (self->is_in_suspended) {
        self->is_in_suspended = false;
        return capture_resume(self->in);
    }
    return 0;
}

enum capture_condition
multi_capture_look(MultiCapture *self)
{
    enum capture_condition out = capture_look(self->out);
    enum capture_condition err = capture_look(self->err);

    return out > err ? out : err;
}

int
multi_capture_stop(MultiCapture *self)
{
    if (self->state == CAPTURE_DONE) {
        PyErr_SetString(PyExc_ValueError, "was already stopped");
        return -1;
    }
    self->state = CAPTURE_DONE;
    return apply(capture_done, self->out, self->err, self->in);
}

static PyObject *
snap_or_empty(Capture *stream)
{
    return stream ? capture_take_text(stream) : PyUnicode_FromString("");
}

int
multi_capture_read(MultiCapture *self, PyObject **out, PyObject **err)
{
    *err = NULL;
    *out = snap_or_empty(self->out);
    if (*out) {
        *err = snap_or_empty(self->err);
    }
    if (!*err) {
        Py_CLEAR(*out);
        return -1;
    }
    return 0;
}

int
multi_capture_pop_to_original(MultiCapture *self, PyObject **out, PyObject **err)
{
    if (multi_capture_read(self, out, err) < 0) {
        return -1;
    }
    int status = 0;
    if (self->out && PyObject_Size(*out) > 0) {
        status = capture_write_original(self->out, *out);
    }
    if (status == 0 && self->err && PyObject_Size(*err) > 0) {
        status = capture_write_original(self->err, *err);
    }
    if (status < 0) {
        Py_CLEAR(*out);
        Py_CLEAR(*err);
    }
    return status;
}

static int
multi_traverse(PyObject *op, visitproc visit, void *arg)
{
    MultiCapture *self = (MultiCapture *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT((PyObject *)self->in);
    Py_VISIT((PyObject *)self->out);
    Py_VISIT((PyObject *)self->err);
    return 0;
}

static int
multi_clear(PyObject *op)
{
    MultiCapture *self = (MultiCapture *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->in);
    Py_CLEAR(self->out);
    Py_CLEAR(self->err);
    return 0;
}

static void
multi_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((MultiCapture *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    multi_clear(op);
    py_free_instance(op);
}

static Capture *
capture_or_null(struct state *state, PyObject *object)
{
    if (object == Py_None) {
        return NULL;
    }
    if (!PyObject_TypeCheck(object, capture_types(state)->capture_base)) {
        PyErr_Format(PyExc_TypeError, "a capture of one stream is needed, not %R", object);
        return NULL;
    }
    return (Capture *)Py_NewRef(object);
}

static int
multi_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"in_", "out", "err", NULL};
    struct state *state = state_of(op);
    MultiCapture *self = (MultiCapture *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("MultiCapture.__init__", args, kwargs, NAMES, 3, 3, values) < 0) {
        return -1;
    }
    self->in = capture_or_null(state, values[0]);
    self->out = PyErr_Occurred() ? NULL : capture_or_null(state, values[1]);
    self->err = PyErr_Occurred() ? NULL : capture_or_null(state, values[2]);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *
py_start_capturing(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(multi_capture_start((MultiCapture *)op));
}

static PyObject *
py_suspend_capturing(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"in_", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("suspend_capturing", args, kwargs, NAMES, 1, 0, values) < 0) {
        return NULL;
    }
    int with_input = values[0] ? PyObject_IsTrue(values[0]) : 0;
    return with_input < 0 ? NULL : py_none_or_error(multi_capture_suspend((MultiCapture *)op, with_input));
}

static PyObject *
py_resume_capturing(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(multi_capture_resume((MultiCapture *)op));
}

static PyObject *
py_stop_capturing(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(multi_capture_stop((MultiCapture *)op));
}

static PyObject *
py_readouterr(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *out = NULL;
    PyObject *err = NULL;

    if (multi_capture_read((MultiCapture *)op, &out, &err) < 0) {
        return NULL;
    }
    PyObject *result = capture_result_new(state_of(op), out, err);
    Py_DECREF(out);
    Py_DECREF(err);
    return result;
}

static PyObject *
py_pop_outerr_to_orig(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *out = NULL;
    PyObject *err = NULL;

    if (multi_capture_pop_to_original((MultiCapture *)op, &out, &err) < 0) {
        return NULL;
    }
    return Py_BuildValue("(NN)", out, err);
}

static PyObject *
py_is_started(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(((MultiCapture *)op)->state == CAPTURE_STARTED);
}

static PyObject *
get_state(PyObject *op, void *Py_UNUSED(closure))
{
    static const char *const TEXTS[] = {NULL, "started", "suspended", "stopped"};
    return Py_BuildValue("z", TEXTS[((MultiCapture *)op)->state]);
}

static PyObject *
multi_repr(PyObject *op)
{
    MultiCapture *self = (MultiCapture *)op;
    PyObject *state = get_state(op, NULL);
    PyObject *text = NULL;

    if (state) {
        text = PyUnicode_FromFormat(
            "<MultiCapture out=%R err=%R in_=%R _state=%R _in_suspended=%s>",
            self->out ? (PyObject *)self->out : Py_None, self->err ? (PyObject *)self->err : Py_None,
            self->in ? (PyObject *)self->in : Py_None, state, self->is_in_suspended ? "True" : "False");
        Py_DECREF(state);
    }
    return text;
}

static PyMethodDef MULTI_METHODS[] = {
    {"start_capturing", py_start_capturing, METH_NOARGS, "start_capturing($self)\n--\n\n"},
    {"suspend_capturing", PY_WITH_KEYWORDS(py_suspend_capturing), "suspend_capturing($self, in_=False)\n--\n\n"},
    {"resume_capturing", py_resume_capturing, METH_NOARGS, "resume_capturing($self)\n--\n\n"},
    {"stop_capturing", py_stop_capturing, METH_NOARGS,
     "stop_capturing($self)\n--\n\n"
     "Stop capturing and reset capturing streams."},
    {"readouterr", py_readouterr, METH_NOARGS, "readouterr($self)\n--\n\n"},
    {"pop_outerr_to_orig", py_pop_outerr_to_orig, METH_NOARGS,
     "pop_outerr_to_orig($self)\n--\n\n"
     "Read, and write it to the original streams."},
    {"is_started", py_is_started, METH_NOARGS,
     "is_started($self)\n--\n\n"
     "Whether actively capturing -- not suspended or stopped."},
    {"__class_getitem__", (PyCFunction)Py_GenericAlias, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};
static PyMemberDef MULTI_MEMBERS[] = {
    PY_DICT_MEMBER(MultiCapture),
    PY_WEAKREF_MEMBER(MultiCapture),
    {"_in_suspended", T_BOOL, offsetof(MultiCapture, is_in_suspended), 0, NULL},
    PY_END_MEMBER,
};
static const struct py_link IN = {offsetof(MultiCapture, in), capture_stream_type};
static const struct py_link OUT = {offsetof(MultiCapture, out), capture_stream_type};
static const struct py_link ERR = {offsetof(MultiCapture, err), capture_stream_type};
static PyGetSetDef MULTI_GETSET[] = {
    PY_DICT_GETSET,
    {"_state", get_state, NULL, NULL, NULL},
    PY_LINK_GETSET("in_", IN),
    PY_LINK_GETSET("out", OUT),
    PY_LINK_GETSET("err", ERR),
    PY_END_GETSET,
};
static PyType_Slot MULTI_SLOTS[] = {
    PY_SLOT(tp_init, multi_init),
    PY_SLOT(tp_traverse, multi_traverse),
    PY_SLOT(tp_clear, multi_clear),
    PY_SLOT(tp_dealloc, multi_dealloc),
    PY_SLOT(tp_repr, multi_repr),
    PY_SLOT(tp_methods, MULTI_METHODS),
    PY_SLOT(tp_members, MULTI_MEMBERS),
    PY_SLOT(tp_getset, MULTI_GETSET),
    PY_SLOT(tp_doc, "MultiCapture(in_, out, err)\n--\n\n"),
    PY_END_SLOT,
};
static PyType_Spec MULTI_SPEC = {.name = "_pytest.capture.MultiCapture",
                                 .basicsize = sizeof(MultiCapture),
                                 .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
                                 .slots = MULTI_SLOTS};

/* ---- CaptureResult: a named tuple of two ---- */

PyObject *
capture_result_new(struct state *state, PyObject *out, PyObject *err)
{
    return py_call2((PyObject *)capture_types(state)->capture_result, out, err);
}

static PyObject *
result_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"out", "err", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    newfunc tuple_new = (newfunc)PyType_GetSlot(&PyTuple_Type, Py_tp_new);

    if (py_unpack_tuple("CaptureResult", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    PyObject *pair = PyTuple_Pack(2, values[0], values[1]);
    PyObject *outer = pair ? PyTuple_Pack(1, pair) : NULL;
    PyObject *result = outer ? tuple_new(type, outer, NULL) : NULL;
    Py_XDECREF(outer);
    Py_XDECREF(pair);
    return result;
}

static PyObject *
result_get(PyObject *op, void *closure)
{
    return py_tuple_item(op, (Py_ssize_t)(size_t)closure);
}

static PyObject *
result_repr(PyObject *op)
{
    return PyUnicode_FromFormat("CaptureResult(out=%R, err=%R)", PyTuple_GetItem(op, 0), PyTuple_GetItem(op, 1));
}

static PyObject *
result_asdict(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("{s:O,s:O}", "out", PyTuple_GetItem(op, 0), "err", PyTuple_GetItem(op, 1));
}

static PyObject *
result_replace(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *fields = result_asdict(op, NULL);
    PyObject *result = NULL;

    if (fields && (!kwargs || PyDict_Update(fields, kwargs) == 0)) {
        result = PyObject_Call((PyObject *)Py_TYPE(op), args, fields);
    }
    Py_XDECREF(fields);
    return result;
}

static PyObject *
result_getnewargs(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyTuple_GetSlice(op, 0, 2);
}

static PyMethodDef RESULT_METHODS[] = {
    {"_asdict", result_asdict, METH_NOARGS, "_asdict($self)\n--\n\n"},
    {"_replace", PY_WITH_KEYWORDS(result_replace), NULL},
    {"__getnewargs__", result_getnewargs, METH_NOARGS, "__getnewargs__($self)\n--\n\n"},
    {"__class_getitem__", (PyCFunction)Py_GenericAlias, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};
static PyGetSetDef RESULT_GETSET[] = {
    {"out", result_get, NULL, NULL, (void *)0},
    {"err", result_get, NULL, NULL, (void *)1},
    PY_END_GETSET,
};
static PyType_Slot RESULT_SLOTS[] = {
    PY_SLOT(tp_new, result_new),
    PY_SLOT(tp_repr, result_repr),
    PY_SLOT(tp_methods, RESULT_METHODS),
    PY_SLOT(tp_getset, RESULT_GETSET),
    PY_SLOT(tp_doc, "The result of :method:`caplog.readouterr() <pytest.CaptureFixture.readouterr>`."),
    PY_END_SLOT,
};
static PyType_Spec RESULT_SPEC = {
    .name = "_pytest.capture.CaptureResult", .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .slots = RESULT_SLOTS};

int
multi_capture_add(PyObject *module, struct state *state)
{
    struct capture_types *types = capture_types(state);
    PyObject *fields = Py_BuildValue("(ss)", "out", "err");
    int status = -1;

    types->multi_capture = py_type_add(module, &MULTI_SPEC, NULL);
    types->capture_result = py_type_add(module, &RESULT_SPEC, (PyObject *)&PyTuple_Type);
    if (fields && types->multi_capture && types->capture_result) {
        status = PyObject_SetAttrString((PyObject *)types->capture_result, "_fields", fields);
    }
    Py_XDECREF(fields);
    return status;
}
