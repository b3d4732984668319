/* The sources of all modules that are imported now. */
#include "collect/internal.h"

#include <string.h>

static void
add_module(struct state *state, PyObject *module, struct arena *arena, struct table *paths)
{
    PyObject *borrowed_file =
        PyModule_Check(module) ? PyDict_GetItemWithError(PyModule_GetDict(module), state->names.__file__) : NULL;
    PyObject *holder = NULL;
    const char *path = borrowed_file && PyUnicode_Check(borrowed_file) ? py_fs_text(borrowed_file, &holder) : NULL;

    if (path) {
        table_set(paths, arena_copy_string(arena, path), strlen(path), paths);
    }
    PyErr_Clear(); /* a name that cannot be encoded is no file's */
    Py_XDECREF(holder);
}

int
loaded_modules_read(struct state *state, struct arena *arena, struct table *paths_out)
{
    PyObject *modules = PyDict_Values(PyImport_GetModuleDict());

    for (Py_ssize_t i = 0; modules && i < PyList_Size(modules); i++) {
        add_module(state, PyList_GetItem(modules, i), arena, paths_out);
    }
    Py_XDECREF(modules);
    return modules ? 0 : -1;
}
