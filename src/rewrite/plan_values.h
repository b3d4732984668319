/* The values that the nodes of a plan had, in the frame that the assertion failed in. Private to rewrite/. */
#ifndef REWRITE_PLAN_VALUES_H
#define REWRITE_PLAN_VALUES_H

#include "rewrite/internal.h"
#include "rewrite/plan.h"

/* mapping[key] of a dict or a look-alike, as locals can be: 1 and a new reference, 0, -1. */
int plan_mapping_find(PyObject *mapping, PyObject *key, PyObject **value_out);

/* What the node's temporary holds: 1 and a new reference, 0 when it was never set, -1. */
int plan_temporary_find(struct explain_frame *frame, const struct plan_node *node, PyObject **value_out);

/* All of these give a new reference, NULL with an exception. */
PyObject *plan_temporary_value(struct explain_frame *frame, const struct plan_node *node); /* None: never set */
/* A name as the code of the frame would read it; else NameError. */
PyObject *plan_name_value(struct explain_frame *frame, const struct plan_node *node);
PyObject *plan_constant_value(struct explain_frame *frame, const struct plan_node *node);
/* Of the next node, computed again where no temporary holds it; None where it has none. Moves behind the node. */
PyObject *plan_value(struct explain_frame *frame, struct plan_cursor *cursor);

#endif
