/* Public face of src/rewrite: assertion rewriting and what a failed assertion says. */
#ifndef REWRITE_REWRITE_H
#define REWRITE_REWRITE_H

#include "run/run.h"

struct rewrite_types {
    PyTypeObject *rewriting_hook; /* AssertionRewritingHook */
};
static inline struct rewrite_types *
rewrite_types(struct state *state)
{
    return state_room(state, ROOM_REWRITE);
}

int rewrite_add(PyObject *module, struct state *state);

#endif
