/* Our pytest: modules that exist before their code runs, and the finder that serves them. */
#ifndef HOOKS_FINDER_H
#define HOOKS_FINDER_H

#include "hooks/internal.h"

/* lazy_module.c */

/*
 * The module object of one of our modules ("_pytest.runner"), imported or not: a new reference. Its code runs when an
 * attribute is touched or somebody imports it.
 */
PyObject *lazy_module(struct state *state, const char *name);
/* The two halves of an import: between them attributes can be touched without effect. 0 or -1. */
int lazy_module_start(struct state *state, PyObject *module);
int lazy_module_finish(struct state *state, PyObject *module); /* runs the code, unless it has run */
/* The source file of one of our modules: 1 and a new str, 0 when there is none, -1. `is_package_out` may be NULL. */
int private_source(struct state *state, const char *name, PyObject **path_out, bool *is_package_out);
int lazy_module_add_type(PyObject *module, struct state *state);

/* public_module.c: the module `pytest` */
PyObject *public_module_new(struct state *state);
int public_module_add_type(PyObject *module, struct state *state);

/* finder.c */
int finder_add_types(PyObject *module, struct state *state);

#endif
