/* Registers the types of src/code. */
#include "code/code.h"

#include <string.h>

#include "code/internal.h"

/* The code object where nothing stands between it and the object: 1, 0 (a wrapper, a class, ...), -1. */
static int
find_plain_code(struct state *state, PyObject *object, PyObject **code_out)
{
    PyObject *const detours[] = {state->names.__wrapped__, state->names.place_as};

    for (size_t i = 0; i < COUNT_OF(detours); i++) {
        PyObject *found = NULL;
        int status = py_find_attr(state, object, detours[i], &found);
        Py_XDECREF(found);
        if (status) {
            return status < 0 ? -1 : 0;
        }
    }
    return py_find_attr(state, object, state->names.__code__, code_out);
}

PyObject *
code_fslineno(struct state *state, PyObject *object)
{
    PyObject *code = NULL;
    PyObject *place = NULL;
    int status = find_plain_code(state, object, &code);

    if (status < 0) {
        return NULL;
    }
    if (status == 0) {
        return code_call_python_take(state, false, "getfslineno", PyTuple_Pack(1, object));
    }
    PyObject *path = code_path(state, code);
    long line = path ? attr_long(state, code, "co_firstlineno") : -1;
    if (path && !PyErr_Occurred()) {
        place = Py_BuildValue("(Ol)", path, line - 1);
    }
    Py_XDECREF(path);
    Py_DECREF(code);
    return place;
}

/* Whether os.path.abspath() would leave the name as it is. */
static bool
is_plain_absolute(const char *path)
{
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        if (slash[0] != '/' || slash[1] == '/' || slash[1] == '.' || slash[1] == '\0') {
            return false; /* a folder that starts with a dot takes the long way, too */
        }
    }
    return true;
}

/* (file name, line index) of a code object whose file name needs no work; NULL, perhaps with an exception, if it does.
 */
static PyObject *
plain_place(struct state *state, PyObject *code)
{
    PyObject *filename = PyObject_GetAttr(code, state->names.co_filename);
    const char *utf8 = filename && PyUnicode_Check(filename) ? py_utf8(filename) : NULL;
    PyObject *first_line = utf8 && is_plain_absolute(utf8) ? PyObject_GetAttr(code, state->names.co_firstlineno) : NULL;
    long line = first_line && PyLong_Check(first_line) ? PyLong_AsLong(first_line) : -1;
    PyObject *index = line > 0 ? PyLong_FromLong(line - 1) : NULL;
    PyObject *place = index ? PyTuple_Pack(2, filename, index) : NULL;

    Py_XDECREF(index);
    Py_XDECREF(first_line);
    Py_XDECREF(filename);
    return place;
}

PyObject *
code_fslineno_text(struct state *state, PyObject *object)
{
    PyObject *code = NULL;
    PyObject *place = NULL;
    int status = find_plain_code(state, object, &code);

    if (status < 0) {
        return NULL;
    }
    if (status > 0) {
        place = plain_place(state, code);
        Py_DECREF(code);
        if (place) {
            return place;
        }
        PyErr_Clear(); /* no attribute, or surrogates in the name: the long way says what is wrong */
    }
    place = code_fslineno(state, object);
    PyObject *path = place ? py_path_text(state, PyTuple_GetItem(place, 0)) : NULL;
    if (path) {
        py_replace_take(&place, PyTuple_Pack(2, path, PyTuple_GetItem(place, 1)));
        Py_DECREF(path);
    } else {
        Py_CLEAR(place);
    }
    return place;
}

int
code_add(PyObject *module, struct state *state)
{
    STATE_ROOM_ADD(state, ROOM_CODE, struct code_room);
    if (frames_add(module, state) < 0 || traceback_entry_add(module, state) < 0 || traceback_add(module, state) < 0) {
        return -1;
    }
    return excinfo_add(module, state) < 0 ? -1 : later_add(module, state);
}
