/* NoCapture, SysCapture(Binary), FDCapture(Binary) as Python sees them. */
#include "plugins/capture/internal.h"

static int
capture_traverse(PyObject *op, visitproc visit, void *arg)
{
    Capture *self = (Capture *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->old);
    Py_VISIT(self->tmpfile);
    Py_VISIT((PyObject *)self->sys_capture);
    return 0;
}

static int
capture_clear(PyObject *op)
{
    Capture *self = (Capture *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->old);
    Py_CLEAR(self->tmpfile);
    Py_CLEAR(self->sys_capture);
    return 0;
}

static void
capture_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Capture *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    capture_clear(op);
    py_free_instance(op);
}

static int
look_for_own_snap(Capture *self)
{
    PyObject *method = py_attr(state_of((PyObject *)self), (PyObject *)Py_TYPE(self), "snap");

    self->has_own_snap = method != capture_types(state_of((PyObject *)self))->snap_method;
    return py_status_take(method);
}

static int
no_capture_init(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return 0;
}

static int
sys_capture_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"fd", "tmpfile", "tee", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("SysCapture.__init__", args, kwargs, NAMES, 2, 1, values) < 0) {
        return -1;
    }
    int is_tee = values[2] ? PyObject_IsTrue(values[2]) : 0;
    long fd = PyLong_AsLong(values[0]);
    Capture *self = (Capture *)op;
    if (is_tee < 0 || PyErr_Occurred() || look_for_own_snap(self) < 0) {
        return -1;
    }
    self->is_binary = PyType_IsSubtype(Py_TYPE(op), capture_types(state_of(op))->sys_capture_binary);
    return capture_init_sys(self, (int)fd, values[1] == Py_None ? NULL : values[1], is_tee);
}

static int
fd_capture_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"targetfd", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("FDCapture.__init__", args, kwargs, NAMES, 1, 1, values) < 0) {
        return -1;
    }
    long fd = PyLong_AsLong(values[0]);
    Capture *self = (Capture *)op;
    if (PyErr_Occurred() || look_for_own_snap(self) < 0) {
        return -1;
    }
    self->is_binary = PyType_IsSubtype(Py_TYPE(op), capture_types(state_of(op))->fd_capture_binary);
    return capture_init_fd(self, (int)fd);
}

static PyObject *
py_start(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_start((Capture *)op));
}

static PyObject *
py_done(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_done((Capture *)op));
}

static PyObject *
py_suspend(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_suspend((Capture *)op));
}

static PyObject *
py_resume(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_resume((Capture *)op));
}

static PyObject *
py_snap(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return capture_snap((Capture *)op);
}

static PyObject *
py_writeorg(PyObject *op, PyObject *data)
{
    return py_none_or_error(capture_write_original((Capture *)op, data));
}

static PyObject *
capture_repr(PyObject *op)
{
    Capture *self = (Capture *)op;
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
    PyObject *text = NULL;

    if (!name) {
        return NULL;
    }
    if (self->kind == CAPTURE_FD) {
        text = PyUnicode_FromFormat("<%U %d oldfd=%d _state='%s' tmpfile=%R>", name, self->target_fd, self->saved_fd,
                                    CAPTURE_STATE_NAMES[self->state], self->tmpfile);
    } else if (self->kind == CAPTURE_SYS) {
        PyObject *old = self->old ? PyObject_Repr(self->old) : PyUnicode_FromString("<UNSET>");
        text = old ? PyUnicode_FromFormat("<%U %s _old=%U _state='%s' tmpfile=%R>", name,
                                          CAPTURE_STREAM_NAMES[self->target_fd], old, CAPTURE_STATE_NAMES[self->state],
                                          self->tmpfile)
                   : NULL;
        Py_XDECREF(old);
    } else {
        text = PyUnicode_FromFormat("<%U>", name);
    }
    Py_DECREF(name);
    return text;
}

static PyObject *
get_state(PyObject *op, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(CAPTURE_STATE_NAMES[((Capture *)op)->state]);
}

static PyObject *
get_stream_name(PyObject *op, void *Py_UNUSED(closure))
{
    int fd = ((Capture *)op)->target_fd;
    return PyUnicode_FromString(fd >= 0 && fd <= 2 ? CAPTURE_STREAM_NAMES[fd] : "");
}

static PyObject *
get_invalid_fd(PyObject *op, void *Py_UNUSED(closure))
{
    int fd = ((Capture *)op)->invalid_fd;
    if (fd < 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromLong(fd);
}

PY_NAMED_ONE(py_writeorg_named, py_writeorg, "writeorg", "data")
static PyMethodDef CAPTURE_METHODS[] = {
    {"start", py_start, METH_NOARGS, "start($self)\n--\n\n"},
    {"done", py_done, METH_NOARGS, "done($self)\n--\n\n"},
    {"suspend", py_suspend, METH_NOARGS, "suspend($self)\n--\n\n"},
    {"resume", py_resume, METH_NOARGS, "resume($self)\n--\n\n"},
    {"snap", py_snap, METH_NOARGS,
     "snap($self)\n--\n\n"
     "What was written since the last snap."},
    {"writeorg", PY_FAST_WITH_KEYWORDS(py_writeorg_named),
     "writeorg($self, data)\n--\n\n"
     "Write to the original stream."},
    {"__class_getitem__", (PyCFunction)Py_GenericAlias, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};
static PyMemberDef CAPTURE_MEMBERS[] = {
    PY_DICT_MEMBER(Capture),
    PY_WEAKREF_MEMBER(Capture),
    {"_old", T_OBJECT_EX, offsetof(Capture, old), 0, NULL},
    {"tmpfile", T_OBJECT, offsetof(Capture, tmpfile), 0, NULL},
    {"syscapture", T_OBJECT, offsetof(Capture, sys_capture), READONLY, NULL},
    {"targetfd", T_INT, offsetof(Capture, target_fd), READONLY, NULL},
    {"targetfd_save", T_INT, offsetof(Capture, saved_fd), READONLY, NULL},
    PY_END_MEMBER,
};
static PyGetSetDef CAPTURE_GETSET[] = {
    PY_DICT_GETSET,
    {"_state", get_state, NULL, NULL, NULL},
    {"name", get_stream_name, NULL, NULL, NULL},
    {"targetfd_invalid", get_invalid_fd, NULL, NULL, NULL},
    PY_END_GETSET,
};
static PyType_Slot BASE_SLOTS[] = {
    PY_SLOT(tp_init, no_capture_init),    PY_SLOT(tp_traverse, capture_traverse), PY_SLOT(tp_clear, capture_clear),
    PY_SLOT(tp_dealloc, capture_dealloc), PY_SLOT(tp_repr, capture_repr),         PY_SLOT(tp_methods, CAPTURE_METHODS),
    PY_SLOT(tp_members, CAPTURE_MEMBERS), PY_SLOT(tp_getset, CAPTURE_GETSET),     PY_END_SLOT,
};
static PyType_Slot SYS_SLOTS[] = {PY_SLOT(tp_init, sys_capture_init), PY_SLOT(tp_traverse, capture_traverse),
                                  PY_SLOT(tp_clear, capture_clear), PY_SLOT(tp_dealloc, capture_dealloc), PY_END_SLOT};
static PyType_Slot FD_SLOTS[] = {PY_SLOT(tp_init, fd_capture_init), PY_SLOT(tp_traverse, capture_traverse),
                                 PY_SLOT(tp_clear, capture_clear), PY_SLOT(tp_dealloc, capture_dealloc), PY_END_SLOT};
static PyType_Slot NO_SLOTS[] = {PY_SLOT(tp_init, no_capture_init), PY_SLOT(tp_traverse, capture_traverse),
                                 PY_SLOT(tp_clear, capture_clear), PY_SLOT(tp_dealloc, capture_dealloc), PY_END_SLOT};

/* A class of the family; EMPTY_BUFFER is what pytest's has. */
static PyTypeObject *
add_class(PyObject *module, const char *name, PyType_Slot *slots, PyTypeObject *base, const char *empty_format)
{
    PyType_Spec spec = {.name = name,
                        .basicsize = sizeof(Capture),
                        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
                        .slots = slots};
    PyTypeObject *type = py_type_add(module, &spec, (PyObject *)base);
    PyObject *empty = type ? Py_BuildValue(empty_format, "") : NULL;

    if (!empty || PyObject_SetAttrString((PyObject *)type, "EMPTY_BUFFER", empty) < 0) {
        Py_CLEAR(type);
    }
    Py_XDECREF(empty);
    return type;
}

int
stream_capture_add(PyObject *module, struct state *state)
{
    struct capture_types *types = capture_types(state);
    PyTypeObject *base = add_class(module, "_pytest.capture.CaptureBase", BASE_SLOTS, NULL, "s");

    if (!base) {
        return -1;
    }
    types->capture_base = base;
    types->snap_method = PyObject_GetAttrString((PyObject *)base, "snap");
    types->no_capture = add_class(module, "_pytest.capture.NoCapture", NO_SLOTS, base, "s");
    PyTypeObject *sys_base = add_class(module, "_pytest.capture.SysCaptureBase", SYS_SLOTS, base, "s");
    PyTypeObject *fd_base = add_class(module, "_pytest.capture.FDCaptureBase", FD_SLOTS, base, "s");
    types->sys_capture = add_class(module, "_pytest.capture.SysCapture", SYS_SLOTS, sys_base, "s");
    types->sys_capture_binary = add_class(module, "_pytest.capture.SysCaptureBinary", SYS_SLOTS, sys_base, "y");
    types->fd_capture = add_class(module, "_pytest.capture.FDCapture", FD_SLOTS, fd_base, "s");
    types->fd_capture_binary = add_class(module, "_pytest.capture.FDCaptureBinary", FD_SLOTS, fd_base, "y");
    Py_XDECREF(sys_base);
    Py_XDECREF(fd_base);
    bool all = types->snap_method && types->no_capture && types->sys_capture && types->sys_capture_binary &&
               types->fd_capture && types->fd_capture_binary;
    return all ? 0 : -1;
}
