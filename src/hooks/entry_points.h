/* Entry points of installed distributions, read from their files in importlib.metadata's order. */
#ifndef HOOKS_ENTRY_POINTS_H
#define HOOKS_ENTRY_POINTS_H

#include <Python.h>
#include <stddef.h>

#include "base/arena.h"
#include "config/config.h"

/* What one look at sys.path found. Kept by references: loading a plugin may look again. */
struct entry_points {
    size_t references;
    PyObject *group; /* str, owned */
    PyObject *path;  /* list: a copy of sys.path, owned */
    struct arena arena;
    struct entry_point_list list;
};

/* Those of one group from every folder of sys.path: NULL with an exception. Drop it. */
struct entry_points *entry_points_find(PyObject *group);
/* Whether it still is what a look would find, folders that changed meanwhile aside: 1, 0, -1. */
int entry_points_is_current(const struct entry_points *found, PyObject *group);
void entry_points_drop(struct entry_points *found); /* NULL is allowed */

#endif
