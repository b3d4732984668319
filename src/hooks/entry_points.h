/* Entry points of installed distributions, read from their files in importlib.metadata's order. */
#ifndef HOOKS_ENTRY_POINTS_H
#define HOOKS_ENTRY_POINTS_H

#include <Python.h>
#include <stddef.h>

#include "base/arena.h"

struct entry_point {
    const char *name;
    const char *module;
    const char *attribute; /* "" when the module itself is meant */
    const char *folder;    /* the distribution's *.dist-info or *.egg-info */
};

/* Zero-initialised is empty. Release with arena_release(&found.arena) and memory_free(found.points). */
struct entry_points {
    struct arena arena;
    struct entry_point *points;
    size_t count;
    size_t capacity;
};

/* Adds those of one group from every folder of sys.path. 0 or -1. */
int entry_points_find(const char *group, struct entry_points *found);

#endif
