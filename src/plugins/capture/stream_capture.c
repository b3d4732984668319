/* One captured stream: NoCapture, SysCapture(Binary), FDCapture(Binary). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "plugins/capture/internal.h"

/* Saved descriptors stay out of the way of those that tests expect to get. */
enum { FIRST_SAVED_FD = 100 };

static const char *const STREAM_NAMES[] = {"stdin", "stdout", "stderr"};
static const char *const STATE_NAMES[] = {"initialized", "started", "suspended", "done"};

static int
set_os_error(void)
{
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

static int
duplicate_high(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_SAVED_FD);
    return copy >= 0 ? copy : fcntl(fd, F_DUPFD_CLOEXEC, 0); /* a low limit of descriptors */
}

static int
move_high(int fd)
{
    int copy = duplicate_high(fd);
    if (copy < 0) {
        return fd;
    }
    close(fd);
    return copy;
}

static int
check_state(Capture *self, const char *operation, unsigned allowed)
{
    if (allowed & 1U << self->state) {
        return 0;
    }
    const char *expected = allowed == 1U << CAPTURE_INITIALIZED ? "initialized" : "started, suspended";
    PyErr_Format(PyExc_AssertionError, "cannot %s in state '%s': expected one of %s", operation,
                 STATE_NAMES[self->state], expected);
    return -1;
}
enum { RUNNING = 1U << CAPTURE_STARTED | 1U << CAPTURE_SUSPENDED };

/* ---- SysCapture ---- */

static int
set_stream(Capture *self, PyObject *stream)
{
    struct state *state = state_of((PyObject *)self);
    PyObject *const names[] = {state->names.stdin_name, state->names.stdout_name, state->names.stderr_name};

    /* As PySys_SetObject(), which would intern the name each time. */
    return PyDict_SetItem(state->sys_dict, names[self->target_fd], stream);
}

static PyObject *
new_sys_file(struct state *state, int fd, PyObject *old, bool is_tee)
{
    struct capture_types *types = capture_types(state);

    if (fd == 0) {
        return py_call0((PyObject *)types->dont_read_from_input);
    }
    return is_tee ? py_call1((PyObject *)types->tee_capture_io, old) : py_call0((PyObject *)types->capture_io);
}

/* `tmpfile` NULL: a new one. */
static int
sys_init(Capture *self, int fd, PyObject *tmpfile, bool is_tee)
{
    if (fd < 0 || fd > 2) {
        PyErr_Format(PyExc_KeyError, "%d", fd);
        return -1;
    }
    self->kind = CAPTURE_SYS;
    self->target_fd = fd;
    PyObject *borrowed_old = PySys_GetObject(STREAM_NAMES[fd]);
    py_replace(&self->old, borrowed_old ? borrowed_old : Py_None);
    py_replace_take(&self->tmpfile,
                    tmpfile ? Py_NewRef(tmpfile) : new_sys_file(state_of((PyObject *)self), fd, self->old, is_tee));
    return self->tmpfile ? 0 : -1;
}

static int
close_file(struct state *state, PyObject *file)
{
    PyObject *closed = py_method0(file, py_literal(state, "close"));
    Py_XDECREF(closed);
    return closed ? 0 : -1;
}

static int
sys_done(Capture *self)
{
    if (set_stream(self, self->old) < 0) {
        return -1;
    }
    py_replace(&self->old, NULL);
    return close_file(state_of((PyObject *)self), self->tmpfile);
}

static PyObject *
sys_snap(Capture *self)
{
    PyObject *value = NULL;
    PyObject *seeked = NULL;
    PyObject *truncated = NULL;

    struct state *state = state_of((PyObject *)self);
    PyObject *get_value = py_literal(state, "getvalue"); /* borrowed */

    if (self->is_binary) {
        PyObject *buffer = py_attr(state, self->tmpfile, "buffer");
        value = buffer ? py_method0(buffer, get_value) : NULL;
        Py_XDECREF(buffer);
    } else {
        value = py_method0(self->tmpfile, get_value);
    }
    if (value && PyObject_Size(value) == 0) {
        return value; /* nothing to cut off */
    }
    seeked = value ? PyObject_CallMethod(self->tmpfile, "seek", "i", 0) : NULL;
    truncated = seeked ? PyObject_CallMethod(self->tmpfile, "truncate", NULL) : NULL;
    if (!truncated) {
        Py_CLEAR(value);
    }
    Py_XDECREF(seeked);
    Py_XDECREF(truncated);
    return value;
}

static int
sys_write_original(Capture *self, PyObject *data)
{
    PyObject *target = self->is_binary ? PyObject_GetAttrString(self->old, "buffer") : Py_NewRef(self->old);
    PyObject *flushed = target && self->is_binary ? PyObject_CallMethod(self->old, "flush", NULL) : Py_NewRef(Py_None);
    PyObject *written = target && flushed ? PyObject_CallMethod(target, "write", "O", data) : NULL;
    PyObject *flushed_after = written ? PyObject_CallMethod(target, "flush", NULL) : NULL;
    int status = flushed_after ? 0 : -1;

    Py_XDECREF(flushed_after);
    Py_XDECREF(written);
    Py_XDECREF(flushed);
    Py_XDECREF(target);
    return status;
}

/* ---- FDCapture ---- */

/* An anonymous file in memory under a high descriptor, wrapped as sys.stdout would be. */
static PyObject *
new_fd_file(struct state *state, int *fd_out)
{
    PyObject *file_io = NULL;
    PyObject *raw = NULL;
    PyObject *kwargs = NULL;
    PyObject *args = NULL;
    PyObject *file = NULL;
    int fd = memfd_create("fastest-capture", MFD_CLOEXEC);

    if (fd < 0) {
        set_os_error();
        return NULL;
    }
    fd = move_high(fd);
    file_io = py_import_attr("io", "FileIO");
    raw = file_io ? PyObject_CallFunction(file_io, "is", fd, "rb+") : NULL;
    args = raw ? PyTuple_Pack(1, raw) : NULL;
    kwargs = args ? Py_BuildValue("{s:s,s:s,s:s,s:O}", "encoding", "utf-8", "errors", "replace", "newline", "",
                                  "write_through", Py_True)
                  : NULL;
    file = kwargs ? PyObject_Call((PyObject *)capture_types(state)->encoded_file, args, kwargs) : NULL;
    if (!raw) {
        close(fd);
    }
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    Py_XDECREF(raw);
    Py_XDECREF(file_io);
    *fd_out = fd;
    return file;
}

/* stdin reads as empty. */
static PyObject *
new_null_file(int *fd_out)
{
    PyObject *open_function = py_import_attr("io", "open");
    PyObject *file = open_function ? PyObject_CallFunction(open_function, "ssiz", "/dev/null", "r", -1, "utf-8") : NULL;
    PyObject *number = file ? PyObject_CallMethod(file, "fileno", NULL) : NULL;

    Py_XDECREF(open_function);
    if (!number) {
        Py_CLEAR(file);
    } else {
        *fd_out = (int)PyLong_AsLong(number);
        Py_DECREF(number);
    }
    return file;
}

static int
fd_init(Capture *self, int fd)
{
    struct state *state = state_of((PyObject *)self);
    struct capture_types *types = capture_types(state);
    struct stat unused;

    self->kind = CAPTURE_FD;
    self->target_fd = fd;
    self->invalid_fd = -1;
    if (fstat(fd, &unused) < 0) {
        /* Tests need not care whether the descriptor is open: something stands in for it. */
        self->invalid_fd = open("/dev/null", O_RDWR);
        if (self->invalid_fd < 0 || dup2(self->invalid_fd, fd) < 0) {
            return set_os_error();
        }
    }
    self->saved_fd = duplicate_high(fd);
    if (self->saved_fd < 0) {
        return set_os_error();
    }
    self->tmpfile = fd == 0 ? new_null_file(&self->file_fd) : new_fd_file(state, &self->file_fd);
    if (!self->tmpfile) {
        return -1;
    }
    PyTypeObject *half = fd <= 2 ? types->sys_capture : types->no_capture;
    self->sys_capture = (Capture *)py_new_instance(half);
    if (!self->sys_capture) {
        return -1;
    }
    return fd <= 2 ? sys_init(self->sys_capture, fd, fd == 0 ? NULL : self->tmpfile, false) : 0;
}

static int
redirect(int source, int target)
{
    return dup2(source, target) < 0 ? set_os_error() : 0;
}

static int
fd_done(Capture *self)
{
    int status = redirect(self->saved_fd, self->target_fd);

    close(self->saved_fd);
    self->saved_fd = -1;
    if (self->invalid_fd >= 0) {
        if (self->invalid_fd != self->target_fd) {
            close(self->target_fd);
        }
        close(self->invalid_fd);
        self->invalid_fd = -1;
    }
    if (capture_done(self->sys_capture) < 0 || close_file(state_of((PyObject *)self), self->tmpfile) < 0) {
        status = -1;
    }
    return status;
}

int
capture_is_empty(Capture *self)
{
    if (self->kind == CAPTURE_NOTHING) {
        return 1;
    }
    if (self->kind != CAPTURE_FD || self->has_own_snap) {
        return 0;
    }
    off_t size = lseek(self->file_fd, 0, SEEK_END);
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file");
        return -1;
    }
    return size == 0;
}

static PyObject *
fd_snap(Capture *self)
{
    off_t size = lseek(self->file_fd, 0, SEEK_END);
    PyObject *result = NULL;

    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file");
        return NULL;
    }
    char *bytes = memory_alloc((size_t)size);
    ssize_t got = pread(self->file_fd, bytes, (size_t)size, 0);
    if (got < 0 || ftruncate(self->file_fd, 0) < 0 || lseek(self->file_fd, 0, SEEK_SET) < 0) {
        set_os_error();
    } else if (self->is_binary) {
        result = PyBytes_FromStringAndSize(bytes, got);
    } else {
        result = PyUnicode_DecodeUTF8(bytes, got, "replace");
    }
    memory_free(bytes);
    return result;
}

static int
write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return set_os_error();
        }
        bytes += written;
        length -= (size_t)written;
    }
    return 0;
}

static int
fd_write_original(Capture *self, PyObject *data)
{
    PyObject *bytes = self->is_binary ? Py_NewRef(data) : PyUnicode_AsUTF8String(data);
    char *start = NULL;
    Py_ssize_t length = 0;
    int status = -1;

    if (bytes && PyBytes_AsStringAndSize(bytes, &start, &length) == 0) {
        status = write_all(self->saved_fd, start, (size_t)length);
    }
    Py_XDECREF(bytes);
    return status;
}

/* ---- operations ---- */

int
capture_start(Capture *self)
{
    if (self->kind == CAPTURE_NOTHING) {
        return 0;
    }
    if (check_state(self, "start", 1U << CAPTURE_INITIALIZED) < 0) {
        return -1;
    }
    int status = 0;
    if (self->kind == CAPTURE_FD) {
        status = redirect(self->file_fd, self->target_fd);
        if (status == 0) {
            status = capture_start(self->sys_capture);
        }
    } else {
        status = set_stream(self, self->tmpfile);
    }
    if (status == 0) {
        self->state = CAPTURE_STARTED;
    }
    return status;
}

int
capture_done(Capture *self)
{
    if (self->kind == CAPTURE_NOTHING || self->state == CAPTURE_DONE) {
        return 0;
    }
    int status = self->kind == CAPTURE_FD ? fd_done(self) : sys_done(self);
    self->state = CAPTURE_DONE;
    return status;
}

int
capture_suspend(Capture *self)
{
    if (self->kind == CAPTURE_NOTHING) {
        return 0;
    }
    if (check_state(self, "suspend", RUNNING) < 0) {
        return -1;
    }
    int status = 0;
    if (self->kind == CAPTURE_SYS) {
        status = set_stream(self, self->old);
    } else if (self->state == CAPTURE_STARTED) {
        status = capture_suspend(self->sys_capture);
        if (status == 0) {
            status = redirect(self->saved_fd, self->target_fd);
        }
    }
    if (status == 0) {
        self->state = CAPTURE_SUSPENDED;
    }
    return status;
}

int
capture_resume(Capture *self)
{
    if (self->kind == CAPTURE_NOTHING) {
        return 0;
    }
    if (check_state(self, "resume", RUNNING) < 0) {
        return -1;
    }
    if (self->state == CAPTURE_STARTED) {
        return 0;
    }
    int status = 0;
    if (self->kind == CAPTURE_FD) {
        status = capture_resume(self->sys_capture);
        if (status == 0) {
            status = redirect(self->file_fd, self->target_fd);
        }
    } else {
        status = set_stream(self, self->tmpfile);
    }
    if (status == 0) {
        self->state = CAPTURE_STARTED;
    }
    return status;
}

static PyObject *
capture_snap(Capture *self)
{
    if (self->kind == CAPTURE_NOTHING) {
        return PyUnicode_FromString("");
    }
    if (check_state(self, "snap", RUNNING) < 0) {
        return NULL;
    }
    return self->kind == CAPTURE_FD ? fd_snap(self) : sys_snap(self);
}

PyObject *
capture_take_text(Capture *self)
{
    return self->has_own_snap ? PyObject_CallMethod((PyObject *)self, "snap", NULL) : capture_snap(self);
}

int
capture_write_original(Capture *self, PyObject *data)
{
    if (self->kind == CAPTURE_NOTHING) {
        return 0;
    }
    if (check_state(self, "writeorg", RUNNING) < 0) {
        return -1;
    }
    return self->kind == CAPTURE_FD ? fd_write_original(self, data) : sys_write_original(self, data);
}

Capture *
capture_new(PyTypeObject *cls, int fd, bool is_tee)
{
    PyObject *args = Py_BuildValue("(i)", fd);
    PyObject *kwargs = args && is_tee ? Py_BuildValue("{s:O}", "tee", Py_True) : NULL;
    PyObject *capture = args && !PyErr_Occurred() ? PyObject_Call((PyObject *)cls, args, kwargs) : NULL;
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    return (Capture *)capture;
}

/* ---- the classes ---- */

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
    capture_clear(op);
    py_free_instance(op);
}

static int
look_for_own_snap(Capture *self)
{
    PyObject *method = py_attr(state_of((PyObject *)self), (PyObject *)Py_TYPE(self), "snap");

    self->has_own_snap = method != capture_types(state_of((PyObject *)self))->snap_method;
    Py_XDECREF(method);
    return method ? 0 : -1;
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
    return sys_init(self, (int)fd, values[1] == Py_None ? NULL : values[1], is_tee);
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
    return fd_init(self, (int)fd);
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
                                    STATE_NAMES[self->state], self->tmpfile);
    } else if (self->kind == CAPTURE_SYS) {
        PyObject *old = self->old ? PyObject_Repr(self->old) : PyUnicode_FromString("<UNSET>");
        text = old ? PyUnicode_FromFormat("<%U %s _old=%U _state='%s' tmpfile=%R>", name, STREAM_NAMES[self->target_fd],
                                          old, STATE_NAMES[self->state], self->tmpfile)
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
    return PyUnicode_FromString(STATE_NAMES[((Capture *)op)->state]);
}

static PyObject *
get_stream_name(PyObject *op, void *Py_UNUSED(closure))
{
    int fd = ((Capture *)op)->target_fd;
    return PyUnicode_FromString(fd >= 0 && fd <= 2 ? STREAM_NAMES[fd] : "");
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

static PyMethodDef CAPTURE_METHODS[] = {
    {"start", py_start, METH_NOARGS, NULL},
    {"done", py_done, METH_NOARGS, NULL},
    {"suspend", py_suspend, METH_NOARGS, NULL},
    {"resume", py_resume, METH_NOARGS, NULL},
    {"snap", py_snap, METH_NOARGS, "What was written since the last snap."},
    {"writeorg", py_writeorg, METH_O, "Write to the original stream."},
    {"__class_getitem__", (PyCFunction)Py_GenericAlias, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};
static PyMemberDef CAPTURE_MEMBERS[] = {
    PY_DICT_MEMBER(Capture),
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
    types->sys_capture = add_class(module, "_pytest.capture.SysCapture", SYS_SLOTS, base, "s");
    types->sys_capture_binary = add_class(module, "_pytest.capture.SysCaptureBinary", SYS_SLOTS, base, "y");
    types->fd_capture = add_class(module, "_pytest.capture.FDCapture", FD_SLOTS, base, "s");
    types->fd_capture_binary = add_class(module, "_pytest.capture.FDCaptureBinary", FD_SLOTS, base, "y");
    bool all = types->snap_method && types->no_capture && types->sys_capture && types->sys_capture_binary &&
               types->fd_capture && types->fd_capture_binary;
    return all ? 0 : -1;
}
