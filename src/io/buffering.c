/* A TerminalWriter that may hold text back, and the watch that tells it when it may not. */
#include "io/writer.h"

/* ---- The watch: whoever writes to the file is behind what is held back ---- */

static PyObject *
write_watched(PyObject *writer, PyObject *string)
{
    struct terminal_output *output = &((TerminalWriter *)writer)->output;

    if (!output->watched_write) {
        PyErr_SetString(PyExc_RuntimeError, "the file is not watched any more");
        return NULL;
    }
    return output_share(output) < 0 ? NULL : py_call1(output->watched_write, string);
}

static PyMethodDef WATCH = {"write", write_watched, METH_O, NULL};

/* An attribute of the file hides its method: print() and all the others find it. */
static int
watch_file(PyObject *writer)
{
    struct terminal_output *output = &((TerminalWriter *)writer)->output;
    PyObject *name = output->state->names.write;
    PyObject *method = PyObject_GetAttr(output->file, name);
    PyObject *watch = method ? PyCFunction_New(&WATCH, writer) : NULL;
    int status = watch ? PyObject_SetAttr(output->file, name, watch) : -1;

    if (status == 0) {
        py_replace(&output->watched_write, method);
    }
    Py_XDECREF(watch);
    Py_XDECREF(method);
    return status;
}

/* Puts back what was there: the attribute of another writer's watch, or none. */
static int
unwatch_file(PyObject *writer)
{
    struct terminal_output *output = &((TerminalWriter *)writer)->output;
    PyObject *name = output->state->names.write;
    PyObject *current = output->watched_write ? PyObject_GetAttr(output->file, name) : NULL;
    int status = 0;

    if (!output->watched_write) {
        return 0;
    }
    if (!current) {
        return -1;
    }
    if (PyCFunction_Check(current) && PyCFunction_GetSelf(current) == writer) {
        bool hid_attribute = PyCFunction_GetFunction(output->watched_write) == write_watched;
        status = PyObject_SetAttr(output->file, name, hid_attribute ? output->watched_write : NULL);
    }
    Py_DECREF(current);
    Py_CLEAR(output->watched_write);
    return status;
}

/* ---- Beginning and end ---- */

int
terminal_own_descriptor(PyObject *writer)
{
    TerminalWriter *self = plain_writer(writer);

    if (!self || self->output.fd >= 0) {
        return 0;
    }
    if (output_own_descriptor(&self->output) < 0) {
        return -1;
    }
    if (self->output.fd < 0) {
        return 0;
    }
    if (watch_file(writer) < 0) {
        return -1;
    }
    return PyList_Append(io_types(state_of(writer))->buffering_writers, writer);
}

int
terminal_release_descriptor(PyObject *writer)
{
    TerminalWriter *self = (TerminalWriter *)writer;
    PyObject *list = NULL;
    int status = 0;

    if (PyType_GetSlot(Py_TYPE(writer), Py_tp_dealloc) != (void *)writer_dealloc || self->output.fd < 0) {
        return 0;
    }
    status = output_share(&self->output);
    if (unwatch_file(writer) < 0) {
        status = -1;
    }
    output_close_descriptor(&self->output);
    list = io_types(state_of(writer))->buffering_writers;
    for (Py_ssize_t i = PyList_Size(list) - 1; i >= 0; i--) {
        if (PyList_GetItem(list, i) == writer) {
            PyList_SetSlice(list, i, i + 1, NULL);
        }
    }
    return status;
}

/* ---- Between them ---- */

void
terminal_set_shared(PyObject *writer, bool is_shared)
{
    TerminalWriter *self = plain_writer(writer);

    if (self) {
        self->output.is_shared = is_shared || self->is_file_known;
    }
}

int
terminal_hand_over(struct state *state)
{
    PyObject *list = io_types(state)->buffering_writers;
    int status = 0;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(list); i++) {
        PyObject *writer = py_list_item(list, i);
        status = output_hand_over(&((TerminalWriter *)writer)->output);
        Py_DECREF(writer);
    }
    return status;
}

int
terminal_flush_if_due(PyObject *writer)
{
    TerminalWriter *self = plain_writer(writer);
    return self ? output_flush_if_due(&self->output) : terminal_flush(writer);
}

int
terminal_show(PyObject *writer)
{
    TerminalWriter *self = plain_writer(writer);
    return self ? output_show(&self->output) : 0;
}
