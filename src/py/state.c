/* Finds the module state from wherever a caller stands, and owns the rooms. */
#include "py/state.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "py/py.h"

void *
state_room_add(struct state *state, enum room room, size_t slot_count)
{
    state->rooms[room] = memory_alloc_zeroed(slot_count * sizeof(PyObject *));
    state->room_slots[room] = slot_count;
    return state->rooms[room];
}

struct state *
state_from_module(PyObject *module)
{
    return PyModule_GetState(module);
}

/* The state of a heap type that one of our specs made; NULL (no exception) for others. */
static struct state *
state_find_own(PyTypeObject *type)
{
    if (!(PyType_GetFlags(type) & Py_TPFLAGS_HEAPTYPE)) {
        return NULL;
    }
    PyObject *module = PyType_GetModule(type);
    if (!module) {
        PyErr_Clear();
        return NULL;
    }
    PyModuleDef *def = PyModule_GetDef(module);
    return def && def->m_name && strcmp(def->m_name, "_fastest") == 0 ? PyModule_GetState(module) : NULL;
}

struct state *
state_from_type(PyTypeObject *type)
{
    struct state *state = NULL;

    if (Py_TYPE(type) != &PyType_Type) {
        state = state_find_own(Py_TYPE(type)); /* node classes: their metaclass knows at once */
    }
    while (type && !state) {
        state = state_find_own(type);
        type = PyType_GetSlot(type, Py_tp_base);
    }
    if (!state) {
        Py_FatalError("fastest: a method of ours got an object that is not ours");
    }
    return state;
}

static int
state_init_names(struct state *state)
{
    static const char *const TEXTS[] = {
#define NAME(name) #name,
#define NAME_AS(name, text) text,
        PY_NAMES
#undef NAME
#undef NAME_AS
    };
    PyObject **names = (PyObject **)&state->names;

    static_assert(sizeof state->names == sizeof TEXTS, "one text per name");
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        names[i] = PyUnicode_InternFromString(TEXTS[i]);
        if (!names[i]) {
            return -1;
        }
    }
    return 0;
}

/* Any Python function will do; importlib's own are always there. */
static int
state_init_types(struct state *state)
{
    PyObject *importlib = PyImport_ImportModule("_frozen_importlib");
    PyObject *function = importlib ? PyObject_GetAttrString(importlib, "spec_from_loader") : NULL;
    PyObject *method = function ? PyObject_CallMethod(function, "__get__", "O", importlib) : NULL;

    if (method) {
        state->function_type = (PyTypeObject *)Py_NewRef(Py_TYPE(function));
        state->method_type = (PyTypeObject *)Py_NewRef(Py_TYPE(method));
    }
    Py_XDECREF(importlib);
    Py_XDECREF(function);
    Py_XDECREF(method);
    state->static_method_type = (PyTypeObject *)py_import_attr("builtins", "staticmethod");
    state->class_method_type = (PyTypeObject *)py_import_attr("builtins", "classmethod");
    return state->method_type && state->static_method_type && state->class_method_type ? 0 : -1;
}

int
state_take_parked_output(struct state *state)
{
    PyObject *exception = py_error_take();
    int status = state->parked_output.settle(state->parked_output.owner);

    if (exception) {
        if (status < 0) {
            PyErr_Clear(); /* the first error is the one to report */
        }
        py_error_restore_take(exception);
        return 0;
    }
    return status;
}

int
state_init(struct state *state, PyObject *module)
{
    PyObject *sys = NULL;
    PyObject *builtins = NULL;

    state->module = module;
    state->python_version = PyLong_AsLong(PySys_GetObject("hexversion"));
    if (state_init_names(state) < 0) {
        return -1;
    }
    state->empty_tuple = PyTuple_New(0);
    state->missing = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    sys = PyImport_ImportModule("sys");
    state->sys_dict = sys ? Py_XNewRef(PyModule_GetDict(sys)) : NULL;
    Py_XDECREF(sys);
    builtins = PyImport_ImportModule("builtins");
    if (builtins) {
        state->getattr = PyObject_GetAttrString(builtins, "getattr");
        Py_DECREF(builtins);
    }
    if (!state->empty_tuple || !state->sys_dict || !state->missing || !state->getattr) {
        return -1;
    }
    return state_init_types(state);
}

int
state_traverse(struct state *state, visitproc visit, void *arg)
{
    Py_VISIT(state->sys_dict);
    Py_VISIT(state->getattr);
    Py_VISIT(state->path_type);
    Py_VISIT(state->wall_clock);
    Py_VISIT(state->perf_counter);
    for (size_t room = 0; room < ROOM_COUNT; room++) {
        for (size_t i = 0; i < state->room_slots[room]; i++) {
            Py_VISIT(state->rooms[room][i]);
        }
    }
    return 0;
}

void
state_clear(struct state *state)
{
    PyObject **names = (PyObject **)&state->names;

    for (size_t i = 0; i < sizeof state->names / sizeof *names; i++) {
        Py_CLEAR(names[i]);
    }
    for (size_t i = 0; i < state->literals.capacity; i++) {
        Py_CLEAR(state->literals.slots[i].string);
    }
    Py_CLEAR(state->empty_tuple);
    Py_CLEAR(state->sys_dict);
    Py_CLEAR(state->missing);
    Py_CLEAR(state->getattr);
    Py_CLEAR(state->path_type);
    Py_CLEAR(state->wall_clock);
    Py_CLEAR(state->perf_counter);
    Py_CLEAR(state->function_type);
    Py_CLEAR(state->method_type);
    Py_CLEAR(state->static_method_type);
    Py_CLEAR(state->class_method_type);
    for (size_t room = 0; room < ROOM_COUNT; room++) {
        for (size_t i = 0; i < state->room_slots[room]; i++) {
            Py_CLEAR(state->rooms[room][i]);
        }
    }
}

void
state_release(struct state *state)
{
    for (size_t room = 0; room < ROOM_COUNT; room++) {
        memory_free(state->rooms[room]);
        state->rooms[room] = NULL;
        state->room_slots[room] = 0;
    }
    memory_free(state->literals.slots);
    state->literals = (struct literals){0};
}
