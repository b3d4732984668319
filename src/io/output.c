/* Brings a TerminalWriter's text to its file: at once, or from a buffer to a descriptor of our own. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
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

/* The file's own write(), without our watch. */
static int
file_write(struct terminal_output *output, PyObject *string)
{
    PyObject *result = output->watched_write ? py_call1(output->watched_write, string)
                                             : PyObject_CallMethod(output->file, "write", "O", string);
    return py_status_take(result);
}

static int
file_write_or_escape(struct terminal_output *output, const char *utf8, size_t length)
{
    PyObject *string = PyUnicode_DecodeUTF8(utf8, (Py_ssize_t)length, "surrogatepass");
    int status = 0;

    if (!string) {
        return -1;
    }
    status = file_write(output, string);
    if (status < 0 && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        PyErr_Clear();
        string = escaped_take(string);
        status = string ? file_write(output, string) : -1;
    }
    Py_XDECREF(string);
    return status;
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

/* Emptied first: a broken pipe must not be written to again and again, and the file may be code that writes here. */
static struct text
pending_take(struct terminal_output *output)
{
    struct text taken = output->pending;

    output->pending = (struct text){0};
    output->seen_bytes = 0;
    return taken;
}

/* Gives the buffer back. */
static void
pending_return(struct terminal_output *output, struct text *taken)
{
    text_clear(taken);
    text_release(&output->pending);
    output->pending = *taken;
}

/* A test may have closed sys.stdout: our descriptor is still there. */
static int
file_write_or_own(struct terminal_output *output, const char *utf8, size_t length)
{
    if (!length) {
        return 0;
    }
    if (file_write_or_escape(output, utf8, length) == 0) {
        return 0;
    }
    if (output->fd < 0 || !PyErr_ExceptionMatches(PyExc_ValueError)) {
        return -1;
    }
    PyErr_Clear();
    return write_all(output->fd, utf8, length);
}

int
output_hand_over(struct terminal_output *output)
{
    size_t seen = output->seen_bytes;
    int status = 0;

    if (output->fd < 0) {
        return 0;
    }
    output->file_may_hold = true;
    if (!output->pending.length) {
        return 0;
    }
    struct text sent = pending_take(output);
    if (output->pid != getpid()) {
        output->pid = getpid(); /* a forked child: its parent writes what was to be seen */
    } else {
        status = write_all(output->fd, sent.bytes, seen);
    }
    if (status == 0) {
        status = file_write_or_own(output, sent.bytes + seen, sent.length - seen);
    }
    pending_return(output, &sent);
    return status;
}

int
output_share(struct terminal_output *output)
{
    if (output->fd < 0) {
        return 0;
    }
    return state_settle_output(output->state) < 0 ? -1 : output_hand_over(output);
}

/* Everything through the file, behind what others gave to it. */
static int
flush_through_file(struct terminal_output *output)
{
    if (state_settle_output(output->state) < 0 || output_hand_over(output) < 0) {
        return -1;
    }
    if (file_flush(output->file) < 0) {
        if (output->fd < 0 || !PyErr_ExceptionMatches(PyExc_ValueError)) {
            return -1;
        }
        PyErr_Clear(); /* closed */
    }
    output->file_may_hold = false;
    return 0;
}

int
output_flush_shared(struct terminal_output *output)
{
    output->flushed_ns = coarse_ns();
    return flush_through_file(output);
}

int
output_show(struct terminal_output *output)
{
    size_t seen = output->seen_bytes;

    if (output->fd < 0 || !seen || output->pid != getpid()) {
        return 0;
    }
    struct text sent = pending_take(output);
    int status = write_all(output->fd, sent.bytes, seen);
    text_add(&output->pending, sent.bytes + seen, sent.length - seen);
    text_release(&sent);
    return status;
}

int
output_flush(struct terminal_output *output)
{
    if (output->fd < 0 || output->file_may_hold || output->pid != getpid()) {
        return output_flush_shared(output);
    }
    output->seen_bytes = output->pending.length;
    return output_show(output);
}

int
output_flush_if_due(struct terminal_output *output)
{
    if (output->fd < 0 || output->file_may_hold) {
        return output_flush_shared(output);
    }
    output->seen_bytes = output->pending.length;
    /* The whole way once in a while: somebody may know the file from before it was captured (sys.__stdout__). */
    return coarse_ns() - output->flushed_ns < FLUSH_INTERVAL_NS ? 0 : output_flush_shared(output);
}

/* Whether the file would pass the text on at once. */
static bool
is_seen_at_once(const struct terminal_output *output, const char *utf8, size_t length)
{
    return output->writes_through ||
           (output->flushes_lines && (memchr(utf8, '\n', length) || memchr(utf8, '\r', length)));
}

int
output_write(struct terminal_output *output, const char *utf8, size_t length)
{
    /* While output is captured, that of the terminal is, too: what subtests report, within their test. */
    if (output->fd < 0 || output->is_shared || output->foreign_writes || output->state->active_captures ||
        (!utf8_is_ascii(utf8, length) && has_surrogate(utf8, length))) {
        if (state_settle_output(output->state) < 0 || output_hand_over(output) < 0) {
            return -1;
        }
        return file_write_or_own(output, utf8, length);
    }
    text_add(&output->pending, utf8, length);
    if (is_seen_at_once(output, utf8, length)) {
        if (output->file_may_hold) {
            return flush_through_file(output);
        }
        output->seen_bytes = output->pending.length;
    }
    if (output->pending.length <= PENDING_BYTES) {
        return 0;
    }
    return output_share(output);
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

static int
read_flag(PyObject *file, const char *name, bool *flag_out)
{
    PyObject *value = PyObject_GetAttrString(file, name);
    int is_on = value ? PyObject_IsTrue(value) : -1;

    Py_XDECREF(value);
    *flag_out = is_on > 0;
    return is_on < 0 ? -1 : 0;
}

int
output_own_descriptor(struct terminal_output *output)
{
    int fd = -1;
    int answer = output->fd >= 0 ? 0 : is_text_io(output->file);

    if (answer > 0) {
        answer = encoding_is_utf8(output->file);
    }
    if (answer <= 0) {
        return answer;
    }
    fd = PyObject_AsFileDescriptor(output->file);
    if (fd < 0) {
        PyErr_Clear(); /* a text file over memory */
        return 0;
    }
    if (read_flag(output->file, "write_through", &output->writes_through) < 0 ||
        read_flag(output->file, "line_buffering", &output->flushes_lines) < 0) {
        return -1;
    }
    output->fd = fcntl(fd, F_DUPFD_CLOEXEC, LEAST_DESCRIPTOR);
    if (output->fd < 0) {
        output->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* a low limit of open files */
    }
    output->pid = getpid();
    output->file_may_hold = true;
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
    Py_CLEAR(output->watched_write);
    Py_CLEAR(output->file);
}
