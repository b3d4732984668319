/* Registers the types of src/hooks. */
#include "hooks/finder.h"
#include "hooks/plugin_manager.h"

/* pluggy._hooks.varnames(func, *, legacy_noself=False) */
static PyObject *
function_varnames(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"func", "legacy_noself", NULL};
    PyObject *values[2];
    PyObject *argnames = NULL;
    PyObject *kwargnames = NULL;
    PyObject *pair = NULL;

    if (py_unpack_tuple("varnames", args, kwargs, NAMES, 1, 1, values) < 0) {
        return NULL;
    }
    bool legacy = values[1] && PyObject_IsTrue(values[1]) > 0;
    if (varnames(state_from_module(module), values[0], legacy, &argnames, &kwargnames) == 0) {
        pair = PyTuple_Pack(2, argnames, kwargnames);
    }
    Py_XDECREF(argnames);
    Py_XDECREF(kwargnames);
    return pair;
}

/* pluggy._callers._multicall(): without an engine, so without natives. */
static PyObject *
function_multicall(PyObject *module, PyObject *const *args, Py_ssize_t given)
{
    return multicall_from_python(state_from_module(module), NULL, args, given);
}

static PyMethodDef FUNCTIONS[] = {
    {"varnames", PY_WITH_KEYWORDS(function_varnames), NULL},
    {"_multicall", PY_FAST(function_multicall), NULL},
    PY_END_METHOD,
};

int
hooks_add(PyObject *module, struct state *state)
{
    static int (*const FILES[])(PyObject *module, struct state *state) = {
        outcomes_add_types,
        stash_add_types,
        hook_impl_add_type,
        hook_spec_add_type,
        hook_caller_add_types,
        relay_add_types,
        result_add_type,
        markers_add_types,
        plugin_manager_add_types,
        entry_points_add_type,
        finder_add_types,
        rewrite_finder_add_type,
        config_add,
    };

    STATE_ROOM_ADD(state, ROOM_HOOKS, struct hooks_room);
    if (hook_names_init(state) < 0 || PyModule_AddFunctions(module, FUNCTIONS) < 0) {
        return -1;
    }
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        if (FILES[i](module, state) < 0) {
            return -1;
        }
    }
    return static_attr_init(state);
}
