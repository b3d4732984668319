/* Discovery for Python: what fastest.discover_tests() stands on. */
#ifndef PYEXT_DISCOVERY_H
#define PYEXT_DISCOVERY_H

#include <Python.h>

/* Adds _discover() to the module. 0, or -1 with an exception. */
int discovery_add(PyObject *module);

#endif
