/* What the files of the plugin "skipping" share. */
#ifndef PLUGINS_SKIPPING_INTERNAL_H
#define PLUGINS_SKIPPING_INTERNAL_H

#include "marks/marks.h"
#include "nodes/nodes.h"
#include "plugins/skipping/skipping.h"

/* What the xfail marks of an item say. */
typedef struct {
    PyObject_HEAD
    PyObject *reason;
    PyObject *run;
    PyObject *strict;
    PyObject *raises;
} Xfail;

struct skipping_types {
    PyTypeObject *xfail;
    PyObject *xfailed_key;     /* StashKey of an item's Xfail */
    PyObject *xfail_exception; /* _pytest.outcomes.XFailed, when first needed */
};
static inline struct skipping_types *
skipping_types(struct state *state)
{
    return state_room(state, ROOM_SKIPPING);
}

enum { HAS_SKIP = 1, HAS_SKIPIF = 2, HAS_XFAIL = 4 };

/* The marks of ours on the item and its parents, as a set of bits: found without running anything. */
unsigned marks_present(struct state *state, const Node *item);

/* One condition: 1, 0, -1. *reason_out is a new reference unless -1. */
int evaluate_condition(Node *item, PyObject *mark, PyObject *condition, PyObject **reason_out);
/* The reason to skip the item: 1 and a new reference, 0, -1. */
int evaluate_skip_marks(Node *item, unsigned present, PyObject **reason_out);
/* 1 and a new Xfail, 0, -1. */
int evaluate_xfail_marks(Node *item, Xfail **xfail_out);

PyObject *xfailed_key(struct state *state); /* borrowed */
/* item.stash.get(xfailed_key): 1 and a new reference, 0 when there is none (or None), -1. */
int find_xfailed(Node *item, PyObject **xfail_out);
/*
 * What the stash holds; when it holds nothing the marks are evaluated, and what they say is kept. Only then is a
 * stash made: a test without an xfail mark has none to tell of. 1 and a new reference, 0, -1.
 */
int xfail_of_item(Node *item, PyObject **xfail_out);

/* The hook pytest_runtest_setup: 0, or -1 with Skipped or XFailed. */
int skipping_run_setup(Node *item);

#endif
