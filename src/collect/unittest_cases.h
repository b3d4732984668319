/* What the files about unittest share. */
#ifndef COLLECT_UNITTEST_CASES_H
#define COLLECT_UNITTEST_CASES_H

#include "collect/internal.h"

struct unittest_room {
    PyTypeObject *case_fixture;
};

static inline struct unittest_room *
unittest_room(struct state *state)
{
    return state_room(state, ROOM_UNITTEST);
}

/* Whether unittest.skip marked a class or method: 1, 0, -1. */
int case_is_skipped(struct state *state, PyObject *object);

/* TestCaseFunction.from_parent(node, name=name): a new reference. */
Node *case_function_new(Node *node, PyObject *name, PyObject *method);

int case_function_add(PyObject *module, struct state *state);

#endif
