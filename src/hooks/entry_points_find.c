/* The entry points along sys.path as it is now, and whether it still is. */
#include "hooks/entry_points.h"

#include "py/py.h"

void
entry_points_drop(struct entry_points *found)
{
    if (!found || --found->references > 0) {
        return;
    }
    Py_XDECREF(found->group);
    Py_XDECREF(found->path);
    arena_release(&found->arena);
    memory_free(found);
}

int
entry_points_is_current(const struct entry_points *found, PyObject *group)
{
    PyObject *borrowed_path = PySys_GetObject("path");
    int is_current = borrowed_path ? PyObject_RichCompareBool(found->path, borrowed_path, Py_EQ) : 0;

    return is_current > 0 ? PyObject_RichCompareBool(found->group, group, Py_EQ) : is_current;
}

struct entry_points *
entry_points_find(PyObject *group)
{
    const char *group_text = PyUnicode_Check(group) ? py_utf8(group) : "";
    PyObject *borrowed_path = PySys_GetObject("path");
    PyObject *folders = borrowed_path && group_text ? PySequence_List(borrowed_path) : NULL;
    Py_ssize_t count = folders ? PyList_Size(folders) : 0;
    struct entry_points *found = NULL;

    if (!folders) {
        return NULL;
    }
    found = memory_alloc_zeroed(sizeof *found);
    found->references = 1;
    found->list.arena = &found->arena;
    found->group = Py_NewRef(group);
    found->path = folders;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_folder = PyList_GetItem(folders, i);
        const char *text = PyUnicode_Check(borrowed_folder) ? py_utf8(borrowed_folder) : NULL;
        if (text) {
            entry_points_read(*text ? text : ".", group_text, &found->list);
        } else {
            PyErr_Clear(); /* no folder that we could name */
        }
    }
    return found;
}
