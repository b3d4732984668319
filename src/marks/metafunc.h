/* Metafunc's layout, for the two files that implement it. */
#ifndef MARKS_METAFUNC_H
#define MARKS_METAFUNC_H

#include "marks/marks.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *definition;
    PyObject *config;
    PyObject *module;
    PyObject *function;
    PyObject *fixturenames;
    PyObject *cls;
    PyObject *arg2fixturedefs;
    PyObject *calls;      /* list of CallSpec */
    PyObject *directness; /* dict: name -> "indirect" or "direct" */
} Metafunc;

#endif
