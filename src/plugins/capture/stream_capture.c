/* One captured stream: what replaces it, takes its text and puts it back. */
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

const char *const CAPTURE_STREAM_NAMES[] = {"stdin", "stdout", "stderr"};
const char *const CAPTURE_STATE_NAMES[] = {"initialized", "started", "suspended", "done"};

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
                 CAPTURE_STATE_NAMES[self->state], expected);
    return -1;
}
enum { RUNNING = 1U << CAPTURE_STARTED | 1U << CAPTURE_SUSPENDED };

/* ---- SysCapture ---- */

static PyObject *
stream_name(struct state *state, int fd)
{
    PyObject *const names[] = {state->names.stdin_name, state->names.stdout_name, state->names.stderr_name};
    return names[fd];
}

static int
set_stream(Capture *self, PyObject *stream)
{
    struct state *state = state_of((PyObject *)self);

    /* As PySys_SetObject(), which would intern the name each time. */
    return PyDict_SetItem(state->sys_dict, stream_name(state, self->target_fd), stream);
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

int
capture_init_sys(Capture *self, int fd, PyObject *tmpfile, bool is_tee)
{
    if (fd < 0 || fd > 2) {
        PyErr_Format(PyExc_KeyError, "%d", fd);
        return -1;
    }
    self->kind = CAPTURE_SYS;
    self->target_fd = fd;
    PyObject *borrowed_old = PySys_GetObject(CAPTURE_STREAM_NAMES[fd]);
    py_replace(&self->old, borrowed_old ? borrowed_old : Py_None);
    py_replace_take(&self->tmpfile,
                    tmpfile ? Py_NewRef(tmpfile) : new_sys_file(state_of((PyObject *)self), fd, self->old, is_tee));
    return self->tmpfile ? 0 : -1;
}

static int
close_file(struct state *state, PyObject *file)
{
    return py_status_take(py_method0(file, py_literal(state, "close")));
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

int
capture_init_fd(Capture *self, int fd)
{
    struct state *state = state_of((PyObject *)self);
    struct capture_types *types = capture_types(state);
    struct stat file;

    self->kind = CAPTURE_FD;
    self->target_fd = fd;
    self->invalid_fd = -1;
    if (fstat(fd, &file) < 0) {
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
    if (fstat(self->file_fd, &file) < 0) {
        return set_os_error();
    }
    self->device = file.st_dev;
    self->inode = file.st_ino;
    PyTypeObject *half = fd <= 2 ? types->sys_capture : types->no_capture;
    self->sys_capture = (Capture *)py_new_instance(half);
    if (!self->sys_capture) {
        return -1;
    }
    return fd <= 2 ? capture_init_sys(self->sys_capture, fd, fd == 0 ? NULL : self->tmpfile, false) : 0;
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

static enum capture_condition
sys_look(Capture *self)
{
    struct state *state = state_of((PyObject *)self);
    PyObject *borrowed_stream = PyDict_GetItem(state->sys_dict, stream_name(state, self->target_fd));

    return borrowed_stream == self->tmpfile ? CAPTURE_WRITTEN : CAPTURE_DISPLACED;
}

enum capture_condition
capture_look(Capture *self)
{
    struct stat file;

    if (!self || self->kind == CAPTURE_NOTHING) {
        return CAPTURE_UNTOUCHED;
    }
    if (self->kind == CAPTURE_SYS) {
        return sys_look(self);
    }
    if (self->sys_capture->kind == CAPTURE_SYS && sys_look(self->sys_capture) == CAPTURE_DISPLACED) {
        return CAPTURE_DISPLACED;
    }
    if (fstat(self->target_fd, &file) < 0 || file.st_dev != self->device || file.st_ino != self->inode) {
        return CAPTURE_DISPLACED;
    }
    return file.st_size == 0 && !self->has_own_snap ? CAPTURE_UNTOUCHED : CAPTURE_WRITTEN;
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

PyObject *
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
