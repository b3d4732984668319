/* Brings a TerminalWriter's text to its file: at once, or from a buffer to a descriptor of our own. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "io/internal.h"

/* Text that nobody has seen within this time is flushed when the next event comes. */
static const uint64_t FLUSH_INTERVAL_NS = 2000000;

enum {
    PENDING_BYTES = 64 * 1024, /* more is not held back */
    LEAST_DESCRIPTOR = 50,     /* out of the way of code that expects its next descriptor to be a small number */
};

/* An exception of the file's codec becomes pytest's fallback; anything else is passed on. */
static PyObject *
escaped_take(PyObject *string)
{
    PyObject *encoded = PyUnicode_AsEncodedString(string, "unicode-escape", NULL);
    PyObject *escaped = NULL;

    Py_DECREF(string);
    if (encoded) {
        escaped = PyUnicode_FromEncodedObject(encoded, "ascii", NULL);
        Py_DECREF(encoded);
    }
    return escaped;
}

static int
file_write(PyObject *file, PyObject *string)
{
    return py_status_take(PyObject_CallMethod(file, "write", "O", string));
}

static int
file_write_or_escape(PyObject *file, const char *utf8, size_t length)
{
    PyObject *string = PyUnicode_DecodeUTF8(utf8, (Py_ssize_t)length, "surrogatepass");
    int status = 0;

    if (!string) {
        return -1;
    }
    status = file_write(file, string);
    if (status < 0 && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        PyErr_Clear();
        string = escaped_take(string);
        status = string ? file_write(file, string) : -1;
    }
    Py_XDECREF(string);
    return status;
}

/* string.encode(file.encoding, file.errors) */
static PyObject *
encode_for(PyObject *file, PyObject *string)
{
    PyObject *encoding = PyObject_GetAttrString(file, "encoding");
    PyObject *errors = encoding ? PyObject_GetAttrString(file, "errors") : NULL;
    PyObject *encoded = NULL;

    if (errors) {
        encoded = PyObject_CallMethod(string, "encode", "OO", encoding, errors);
    }
    Py_XDECREF(encoding);
    Py_XDECREF(errors);
    return encoded;
}

static bool
is_ascii(const char *utf8, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)utf8[i] > 0x7f) {
            return false;
        }
    }
    return true;
}

/* Encoded surrogates start with ED A0..BF: text for the codec's error handler. */
static bool
has_surrogate(const char *utf8, size_t length)
{
    for (size_t i = 0; i + 1 < length; i++) {
        if ((unsigned char)utf8[i] == 0xed && (unsigned char)utf8[i + 1] >= 0xa0) {
            return true;
        }
    }
    return false;
}

static int
pending_add_encoded(struct terminal_output *output, const char *utf8, size_t length)
{
    PyObject *string = PyUnicode_DecodeUTF8(utf8, (Py_ssize_t)length, "surrogatepass");
    PyObject *encoded = NULL;

    if (!string) {
        return -1;
    }
    encoded = encode_for(output->file, string);
    if (!encoded && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        PyErr_Clear();
        string = escaped_take(string);
        encoded = string ? encode_for(output->file, string) : NULL;
    }
    Py_XDECREF(string);
    if (!encoded) {
        return -1;
    }
    text_add(&output->pending, PyBytes_AsString(encoded), (size_t)PyBytes_Size(encoded));
    Py_DECREF(encoded);
    return 0;
}

/* The descriptor may be in non-blocking mode: it is shared with whoever started us. */
static int
wait_writable(int fd)
{
    struct timespec pause = {.tv_nsec = 1000000};
    (void)fd;
    nanosleep(&pause, NULL);
    return PyErr_CheckSignals();
}

static int
write_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(fd, bytes, length);
        if (written >= 0) {
            bytes += written;
            length -= (size_t)written;
            continue;
        }
        if (errno == EAGAIN || errno == EINTR) {
            if ((errno == EAGAIN ? wait_writable(fd) : PyErr_CheckSignals()) < 0) {
                return -1;
            }
            continue;
        }
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    return 0;
}

static int
file_flush(PyObject *file)
{
    return py_status_take(PyObject_CallMethod(file, "flush", NULL));
}

/* A few milliseconds coarse, and nearly free: it is asked with every test. */
static uint64_t
coarse_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int
output_flush_held(struct terminal_output *output)
{
    int status = 0;

    if (output->fd < 0 || !output->pending.length) {
        return 0;
    }
    if (output->pid != getpid()) {
        /* A forked child: its parent writes what was pending. */
        text_clear(&output->pending);
        output->pid = getpid();
        return 0;
    }
    /* Emptied first: a broken pipe must not be written to again and again. */
    struct text sent = output->pending;
    output->pending = (struct text){0};
    status = write_all(output->fd, sent.bytes, sent.length);
    text_clear(&sent);
    text_release(&output->pending);
    output->pending = sent;
    return status;
}

int
output_flush(struct terminal_output *output)
{
    if (state_settle_output(output->state) < 0) {
        return -1;
    }
    /* Text that others gave to the file came before ours. */
    if (file_flush(output->file) < 0) {
        if (output->fd < 0 || !PyErr_ExceptionMatches(PyExc_ValueError)) {
            return -1;
        }
        PyErr_Clear(); /* a test closed sys.stdout: our descriptor is still there */
    }
    if (output->fd < 0) {
        return 0;
    }
    output->flushed_ns = coarse_ns();
    return output_flush_held(output);
}

int
output_flush_if_due(struct terminal_output *output)
{
    if (output->fd >= 0 && !output->is_shared && coarse_ns() - output->flushed_ns < FLUSH_INTERVAL_NS) {
        return 0;
    }
    return output_flush(output);
}

int
output_write(struct terminal_output *output, const char *utf8, size_t length)
{
    if (output->fd < 0 || output->is_shared) {
        if (output_flush_held(output) < 0) {
            return -1;
        }
        return state_settle_output(output->state) < 0 ? -1 : file_write_or_escape(output->file, utf8, length);
    }
    if (!is_ascii(utf8, length) && (!output->is_utf8 || has_surrogate(utf8, length))) {
        if (pending_add_encoded(output, utf8, length) < 0) {
            return -1;
        }
    } else {
        text_add(&output->pending, utf8, length);
    }
    return output->pending.length > PENDING_BYTES ? output_flush(output) : 0;
}

/* Whether the file is a plain TextIOWrapper: what it does with a text is known. */
static int
is_text_io(PyObject *file)
{
    PyObject *type = py_import_attr("_io", "TextIOWrapper");
    int is_exact = 0;

    if (!type) {
        return -1;
    }
    is_exact = (PyObject *)Py_TYPE(file) == type;
    Py_DECREF(type);
    return is_exact;
}

static int
encoding_is_utf8(PyObject *file)
{
    PyObject *encoding = PyObject_GetAttrString(file, "encoding");
    int answer = 0;

    if (!encoding) {
        return -1;
    }
    answer = py_text_equals(encoding, "utf-8") || py_text_equals(encoding, "UTF-8") || py_text_equals(encoding, "utf8");
    Py_DECREF(encoding);
    return answer;
}

int
output_own_descriptor(struct terminal_output *output)
{
    int fd = -1;
    int answer = is_text_io(output->file);

    if (answer <= 0 || output->fd >= 0) {
        return answer < 0 ? -1 : 0;
    }
    fd = PyObject_AsFileDescriptor(output->file);
    if (fd < 0) {
        PyErr_Clear(); /* a text file over memory */
        return 0;
    }
    answer = encoding_is_utf8(output->file);
    if (answer < 0) {
        return -1;
    }
    output->is_utf8 = answer;
    output->fd = fcntl(fd, F_DUPFD_CLOEXEC, LEAST_DESCRIPTOR);
    if (output->fd < 0) {
        output->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* a low limit of open files */
    }
    output->pid = getpid();
    return 0;
}

void
output_close_descriptor(struct terminal_output *output)
{
    if (output->fd >= 0) {
        close(output->fd);
        output->fd = -1;
    }
}

void
output_release(struct terminal_output *output)
{
    output_close_descriptor(output);
    text_release(&output->pending);
    Py_CLEAR(output->file);
}
