/* Finds the front's event log through the environment, once per process. */
#include "pyext/host.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "os/process.h"
#include "py/py.h"
#include "wire/event_log.h"

enum { EXIT_ORPHANED = 3 };

/* os.environ is a copy: both must forget the variable before anybody looks. 0 or -1. */
static int
environment_forget(void)
{
    PyObject *os = NULL;
    PyObject *variables = NULL;
    PyObject *removed = NULL;

    os = PyImport_ImportModule("os");
    if (!os) {
        goto done;
    }
    variables = PyObject_GetAttrString(os, "environ");
    if (!variables) {
        goto done;
    }
    removed = PyObject_CallMethod(variables, "pop", "sO", EVENT_LOG_VARIABLE, Py_None);
    unsetenv(EVENT_LOG_VARIABLE);

done:
    Py_XDECREF(variables);
    Py_XDECREF(os);
    return py_status_take(removed);
}

/* A descriptor number, or -1. */
static int
descriptor_parse(const char *text)
{
    char *end = NULL;
    errno = 0;
    long fd = strtol(text, &end, 10);
    return errno || end == text || *end || fd < 3 || fd > INT_MAX ? -1 : (int)fd;
}

int
host_join_front(struct state *state)
{
    const char *text = getenv(EVENT_LOG_VARIABLE);
    struct event_log *log = NULL;
    struct error error = ERROR_INIT;

    if (!text) {
        return 0;
    }
    int fd = descriptor_parse(text);
    if (environment_forget() < 0) {
        return -1;
    }
    /* Anything that is not a log of ours was not put there by our front: a run without a front, then. */
    if (fd < 0 || !event_log_open_from_fd(fd, &log, &error)) {
        return 0;
    }
    if (!event_log_claim(log)) {
        event_log_close(log);
        return 0;
    }
    if (!process_die_with_parent(event_log_front_pid(log))) {
        PyObject *code = PyLong_FromLong(EXIT_ORPHANED);
        event_log_close(log);
        if (code) {
            PyErr_SetObject(PyExc_SystemExit, code);
            Py_DECREF(code);
        }
        return -1;
    }
    event_log_append_host_started(log);
    state->event_log = log;
    return 0;
}

void
host_leave_front(struct state *state)
{
    event_log_close(state->event_log);
    state->event_log = NULL;
}
