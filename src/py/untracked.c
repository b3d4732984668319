/* The end of objects that the garbage collector did not see. */
#include "py/untracked.h"

void
py_release_untracked(PyObject *list, PyTypeObject *type)
{
    for (Py_ssize_t i = PyList_Size(list); i-- > 0;) {
        PyObject *op = PyList_GetItem(list, i);
        if (Py_TYPE(op) == type && Py_REFCNT(op) > 1 && !PyObject_GC_IsTracked(op)) {
            PyObject_GC_Track(op);
        }
    }
    PyList_SetSlice(list, 0, PyList_Size(list), NULL);
}
