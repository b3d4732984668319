/* The hook implementations of `_pytest.main` and `_pytest.python` as functions, for plugins that call them. */
#include "collect/internal.h"

typedef PyObject *(*hook_function)(struct engine *engine, PyObject *self, PyObject *const *args);

/* Calls `function` with the engine of argument `owner`, which is a Config or a node. */
static PyObject *
call_hook_function(PyObject *module, PyObject *const *values, Py_ssize_t owner, hook_function function)
{
    struct state *state = state_from_module(module);
    PyObject *object = values[owner];

    if (PyType_IsSubtype(Py_TYPE(object), hooks_types(state)->config)) {
        return function(engine_from_config(object), Py_None, values);
    }
    if (!node_check(state, object)) {
        return PyErr_Format(PyExc_TypeError, "neither a config nor a node: %R", object);
    }
    return function(((Node *)object)->engine, Py_None, values);
}

static PyObject *
modify_items(struct engine *engine, PyObject *self, PyObject *const *args)
{
    PyObject *const all[] = {engine->session, engine->config, args[0]};
    return main_collection_modifyitems(engine, self, all);
}

/* One function per row: NAME(function, implementation, which argument leads to the engine, argument names...) */
#define HOOK_FUNCTION(function, implementation, owner, ...)                                                            \
    static PyObject *function(PyObject *module, PyObject *args, PyObject *kwargs)                                      \
    {                                                                                                                  \
        static const char *const NAMES[] = {__VA_ARGS__, NULL};                                                        \
        PyObject *values[COUNT_OF(NAMES)];                                                                             \
        const Py_ssize_t count = COUNT_OF(NAMES) - 1;                                                                  \
        if (py_unpack_tuple(#function, args, kwargs, NAMES, count, count, values) < 0) {                               \
            return NULL;                                                                                               \
        }                                                                                                              \
        return call_hook_function(module, values, owner, implementation);                                              \
    }

HOOK_FUNCTION(ignore_collect, main_ignore_collect, 1, "collection_path", "config")
HOOK_FUNCTION(collect_directory, main_collect_directory, 1, "path", "parent")
HOOK_FUNCTION(collection_modifyitems, modify_items, 1, "items", "config")
HOOK_FUNCTION(collect_package, python_collect_directory, 1, "path", "parent")
HOOK_FUNCTION(collect_file, python_collect_file, 1, "file_path", "parent")
HOOK_FUNCTION(makemodule, python_makemodule, 1, "module_path", "parent")
HOOK_FUNCTION(makeitem, python_makeitem, 0, "collector", "name", "obj")
HOOK_FUNCTION(pyfunc_call, python_pyfunc_call, 0, "pyfuncitem")

static PyMethodDef FUNCTIONS[] = {
    {"main_ignore_collect", PY_WITH_KEYWORDS(ignore_collect), NULL},
    {"main_collect_directory", PY_WITH_KEYWORDS(collect_directory), NULL},
    {"main_collection_modifyitems", PY_WITH_KEYWORDS(collection_modifyitems), NULL},
    {"python_collect_directory", PY_WITH_KEYWORDS(collect_package), NULL},
    {"python_collect_file", PY_WITH_KEYWORDS(collect_file), NULL},
    {"python_pycollect_makemodule", PY_WITH_KEYWORDS(makemodule), NULL},
    {"python_pycollect_makeitem", PY_WITH_KEYWORDS(makeitem), NULL},
    {"python_pyfunc_call", PY_WITH_KEYWORDS(pyfunc_call), NULL},
    PY_END_METHOD,
};

int
hook_functions_add(PyObject *module, struct state *Py_UNUSED(state))
{
    return PyModule_AddFunctions(module, FUNCTIONS);
}
