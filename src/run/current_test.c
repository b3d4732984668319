/* PYTEST_CURRENT_TEST, three times per test: in os.environ's dict and in one C string that putenv() points to. */
#include <string.h>

#include "run/internal.h"

static const char NAME[] = "PYTEST_CURRENT_TEST";

/* Remembers os.environ and what is behind it. os.environ may be replaced by a test at any time. */
static int
find_environ(struct state *state, struct run_room *room)
{
    PyObject *os = NULL;
    PyObject *environ_object = NULL;
    int status = -1;

    os = PyImport_ImportModule("os");
    if (!os) {
        goto done;
    }
    py_replace_take(&room->os_dict, PyObject_GetAttr(os, state->names.__dict__));
    environ_object = PyObject_GetAttr(os, state->names.environ);
    if (!room->os_dict || !environ_object) {
        goto done;
    }
    py_replace(&room->environ, environ_object);
    py_replace_take(&room->environ_data, PyObject_GetAttr(environ_object, state->names._data));
    room->current_test_key = PyBytes_FromString(NAME);
    if (room->environ_data && PyDict_Check(room->environ_data) && room->current_test_key) {
        status = 0;
    }
done:
    Py_XDECREF(environ_object);
    Py_XDECREF(os);
    return status;
}

/* Whether os.environ is still the object whose dict we know; -1 with an exception. */
static int
is_environ_ours(struct engine *engine, struct run_room *room)
{
    if (!room->environ_data && find_environ(engine->state, room) < 0) {
        return -1;
    }
    return PyDict_GetItemWithError(room->os_dict, engine->state->names.environ) == room->environ;
}

/* Through whatever a test has put in the place of os.environ. */
static int
set_in_replacement(struct engine *engine, struct run_room *room, PyObject *value)
{
    PyObject *borrowed_environ = PyDict_GetItemWithError(room->os_dict, engine->state->names.environ);
    if (!borrowed_environ) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (value) {
        return PyObject_SetItem(borrowed_environ, engine->state->names.PYTEST_CURRENT_TEST, value);
    }
    return py_status_take(PyObject_CallMethodObjArgs(borrowed_environ, engine->state->names.pop,
                                                     engine->state->names.PYTEST_CURRENT_TEST, NULL));
}

/* "nodeid (when)" as os.fsencode() would give it, for what is not plain: NUL bytes are spelled out. */
static PyObject *
encode_unusual(PyObject *nodeid, const char *when)
{
    PyObject *text = PyUnicode_FromFormat("%U (%s)", nodeid, when);
    PyObject *spelled = text ? PyObject_CallMethod(text, "replace", "Cs", '\0', "(null)") : NULL;
    PyObject *bytes = spelled ? PyUnicode_EncodeFSDefault(spelled) : NULL;

    Py_XDECREF(spelled);
    Py_XDECREF(text);
    return bytes;
}

static PyObject *
encode_value(PyObject *nodeid, const char *when)
{
    Py_ssize_t length = 0;
    const char *text = py_utf8_sized(nodeid, &length);
    size_t when_length = strlen(when);
    PyObject *bytes = NULL;

    if (!text || PyUnicode_GetLength(nodeid) != length || memchr(text, '\0', (size_t)length)) {
        PyErr_Clear(); /* surrogates: the file system's encoding takes them */
        return encode_unusual(nodeid, when);
    }
    bytes = PyBytes_FromStringAndSize(NULL, length + (Py_ssize_t)when_length + 3);
    if (bytes) {
        char *out = PyBytes_AsString(bytes);
        memcpy(out, text, (size_t)length);
        memcpy(out + length, " (", 2);
        memcpy(out + length + 2, when, when_length);
        out[length + 2 + (Py_ssize_t)when_length] = ')';
    }
    return bytes;
}

int
current_test_set(struct engine *engine, PyObject *nodeid, const char *when)
{
    struct run_room *room = run_room(engine);
    PyObject *value = NULL;
    int is_ours = is_environ_ours(engine, room);
    int status = -1;

    if (is_ours < 0) {
        return -1;
    }
    if (!is_ours) {
        PyObject *text = PyUnicode_FromFormat("%U (%s)", nodeid, when);
        status = text ? set_in_replacement(engine, room, text) : -1;
        Py_XDECREF(text);
        return status;
    }
    value = encode_value(nodeid, when);
    if (value) {
        held_variable_set(&room->current_test, NAME, PyBytes_AsString(value), (size_t)PyBytes_Size(value));
        status = PyDict_SetItem(room->environ_data, room->current_test_key, value);
        Py_DECREF(value);
    }
    return status;
}

int
current_test_remove(struct engine *engine)
{
    struct run_room *room = run_room(engine);
    int is_ours = is_environ_ours(engine, room);

    if (is_ours <= 0) {
        return is_ours < 0 ? -1 : set_in_replacement(engine, room, NULL);
    }
    held_variable_unset(&room->current_test, NAME);
    /* A test that removed it gets pytest's KeyError in its teardown. */
    if (PyDict_DelItem(room->environ_data, room->current_test_key) < 0) {
        if (PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_SetObject(PyExc_KeyError, engine->state->names.PYTEST_CURRENT_TEST);
        }
        return -1;
    }
    return 0;
}

void
current_test_release(struct run_room *room)
{
    held_variable_release(&room->current_test, NAME);
    Py_CLEAR(room->environ);
    Py_CLEAR(room->environ_data);
    Py_CLEAR(room->os_dict);
    Py_CLEAR(room->current_test_key);
}
