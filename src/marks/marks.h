/* Public face of src/marks: marks, mark expressions, parametrization. */
#ifndef MARKS_MARKS_H
#define MARKS_MARKS_H

#include "nodes/nodes.h"

struct marks_types {
    PyTypeObject *mark, *mark_decorator, *mark_generator, *parameter_set, *metafunc, *call_spec, *expression;
    PyObject *mark_gen;     /* pytest.mark */
    PyObject *hidden_param; /* pytest.HIDDEN_PARAM */
    PyObject *notset;
};
static inline struct marks_types *
marks_types(struct state *state)
{
    return state_room(state, ROOM_MARKS);
}

/* Fields of a Mark, borrowed. */
PyObject *mark_name(PyObject *mark);
PyObject *mark_args(PyObject *mark);   /* tuple */
PyObject *mark_kwargs(PyObject *mark); /* mapping */

/*
 * The marks stored on a Python object (`pytestmark`), normalised to Mark: a new list, or NULL with an exception.
 * For a class those of its bases first, as pytest does. *has_any_out false: there were none and the list is NULL.
 */
int marks_of_object(struct state *state, PyObject *object, bool consider_mro, PyObject **list_out);

/* func.pytestmark += [mark] */
int marks_store(struct state *state, PyObject *object, PyObject *mark);

/*
 * -k and -m: compiles once, evaluates per item. `matcher` answers for an identifier (and its keyword arguments, a
 * dict or NULL): 1, 0 or -1 with an exception.
 */
struct mark_expression;
struct mark_expression *mark_expression_compile(struct state *state, PyObject *text); /* NULL with a SyntaxError */
int mark_expression_evaluate(const struct mark_expression *expression,
                             int (*matcher)(void *context, PyObject *identifier, PyObject *kwargs), void *context);
void mark_expression_free(struct mark_expression *expression);

/* Whether the function needs a Metafunc at all: parametrize marks on it, its class, its module (node markers). */
bool node_has_parametrize(Node *definition);

/*
 * Metafunc(definition, fixtureinfo, config, cls, module); after pytest_generate_tests ran, metafunc_calls() is the
 * list of CallSpec (borrowed).
 */
PyObject *metafunc_new(Node *definition, PyObject *fixtureinfo, PyObject *cls, PyObject *module);
PyObject *metafunc_calls(PyObject *metafunc);

/* Fields of a CallSpec, borrowed. */
PyObject *callspec_params(PyObject *callspec);  /* dict: argname -> value */
PyObject *callspec_indices(PyObject *callspec); /* dict: argname -> index */
PyObject *callspec_marks(PyObject *callspec);   /* list */
PyObject *callspec_id(PyObject *callspec);      /* new reference: str */
/* Scope (0 function ... 4 session) of a parametrized argument; -1 when unknown. */
int callspec_scope(PyObject *callspec, PyObject *argname);

int marks_add(PyObject *module, struct state *state);

#endif
