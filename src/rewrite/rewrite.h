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

/*
 * Puts the names that rewritten code refers to into a module's namespace. Call it before the code that
 * upcalls.load_code gave is executed in it. 0 or -1.
 */
int rewrite_prepare_namespace(struct state *state, PyObject *namespace);

int rewrite_add(PyObject *module, struct state *state);

#endif
