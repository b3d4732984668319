/* What a CallSpec keeps, for the rooms that make it and show it to Python. Private to marks/. */
#ifndef MARKS_CALL_SPEC_H
#define MARKS_CALL_SPEC_H

#include "marks/internal.h"

/* Names and scopes of arguments, shared by all CallSpecs that have the same ones. */
typedef struct {
    PyObject_HEAD
    PyObject *names; /* tuple */
    unsigned char *scopes;
    bool has_high_scope;
} CallShape;

struct call_argument {
    PyObject *value;
    Py_ssize_t index;
};

/*
 * A CallSpec made by parametrize() has a shape and arguments. The dicts of pytest are made from these when first asked
 * for, and are then what counts; a CallSpec made by Python code has only the dicts.
 */
typedef struct {
    PyObject_VAR_HEAD PyObject *dict;
    PyObject *weakrefs;
    PyObject *shape;  /* NULL: no arguments here */
    PyObject *idlist; /* NULL: empty; a str: the only one; else a tuple or list */
    PyObject *marks;  /* list; NULL: empty */
    PyObject *params;
    PyObject *indices;
    PyObject *arg2scope;
    struct call_argument arguments[];
} CallSpec;

enum argument_part { PART_VALUE, PART_INDEX, PART_SCOPE };

/* The dict in a slot of the CallSpec, made of its arguments if need be: borrowed; NULL with an exception. */
PyObject *call_spec_dict(CallSpec *self, PyObject **slot, enum argument_part part);
PyObject *callspec_params(PyObject *callspec);  /* that of PART_VALUE: name -> value */
PyObject *callspec_indices(PyObject *callspec); /* that of PART_INDEX: name -> index */

int call_shape_add_type(PyObject *module, struct state *state);

#endif
