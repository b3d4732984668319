/*
 * Objects that the garbage collector does not walk. It would go over tens of thousands of items and reports several
 * times in a run, and again while the interpreter ends, and never find one to free: they live until the run is over.
 *
 * PyObject_GC_UnTrack() is for objects of engines that end with the process (hooks/hooks.h), and only for those in a
 * list that its owner will give to py_release_untracked().
 */
#ifndef PY_UNTRACKED_H
#define PY_UNTRACKED_H

#include <Python.h>

/* Empties a list. Members of just this type that somebody else holds, too, are the collector's business again. */
void py_release_untracked(PyObject *list, PyTypeObject *type);

#endif
