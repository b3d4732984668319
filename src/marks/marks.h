/* Public face of src/marks: marks, mark expressions, parametrization. */
#ifndef MARKS_MARKS_H
#define MARKS_MARKS_H

#include "nodes/nodes.h"

/* pytest's scopes, from the narrowest. */
enum scope { SCOPE_FUNCTION, SCOPE_CLASS, SCOPE_MODULE, SCOPE_PACKAGE, SCOPE_SESSION, SCOPE_COUNT };

struct marks_types {
    PyTypeObject *mark, *mark_decorator, *mark_generator, *parameter_set, *metafunc, *call_spec, *expression;
    PyTypeObject *id_maker, *call_shape;
    PyObject *mark_gen;               /* pytest.mark */
    PyObject *hidden_param;           /* pytest.HIDDEN_PARAM */
    PyObject *notset;                 /* _pytest.compat.NOTSET */
    PyObject *scopes[SCOPE_COUNT];    /* members of _pytest.scope.Scope, made when first asked for */
    PyObject *direct_definitions_key; /* StashKey of a node's shared direct-parameter definitions */
};
static inline struct marks_types *
marks_types(struct state *state)
{
    return state_room(state, ROOM_MARKS);
}

/* ---- Scopes ---- */

const char *scope_name(enum scope scope); /* "function" */
/* Scope.<name>, the enum member: a new reference. Imports _pytest.scope (and enum) on first use. */
PyObject *scope_object(struct state *state, enum scope scope);
/* enum scope of a name or of a Scope member; -1 without an exception when it is neither. */
int scope_find(struct state *state, PyObject *name_or_member);
/* Scope.from_user(): as scope_find, but -1 means pytest.fail("<descr> [from <where> ]got an unexpected ..."). */
int scope_from_user(struct state *state, PyObject *name, const char *descr, const char *where);

/* ---- Marks ---- */

/* Mark(name, args, kwargs): a new reference; args NULL is (), kwargs NULL is {}. */
PyObject *mark_new(struct state *state, PyObject *name, PyObject *args, PyObject *kwargs);
/* MarkDecorator(mark): a new reference. Takes the mark; NULL fails at once. */
PyObject *mark_decorator_new_take(struct state *state, PyObject *mark);
/* The Mark behind a Mark or MarkDecorator: a new reference; TypeError "got X instead of Mark". */
PyObject *mark_normalize(struct state *state, PyObject *object);

/* Fields of a Mark, borrowed. */
PyObject *mark_name(PyObject *mark);
PyObject *mark_args(PyObject *mark);   /* tuple */
PyObject *mark_kwargs(PyObject *mark); /* mapping */

/*
 * The marks stored on a Python object (`pytestmark`), normalised to Mark: 1 and a new list, 0 when there is none (the
 * list is NULL), -1. With `consider_mro` those of a class's bases first, as pytest does.
 */
int marks_of_object(struct state *state, PyObject *object, bool consider_mro, PyObject **list_out);

/* func.pytestmark += [mark]: 0 or -1. */
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
PyObject *metafunc_fixturenames(PyObject *metafunc);    /* borrowed list */
PyObject *metafunc_arg2fixturedefs(PyObject *metafunc); /* borrowed dict */
Node *metafunc_definition(PyObject *metafunc);          /* borrowed */

/* metafunc.parametrize(...) from C; NULL members are pytest's defaults. Borrowed. 0 or -1. */
struct parametrize_call {
    PyObject *argnames, *argvalues;
    PyObject *indirect, *ids;
    PyObject *scope;      /* str or None */
    PyObject *param_mark; /* the parametrize Mark it comes from */
};
int metafunc_parametrize(PyObject *metafunc, const struct parametrize_call *call);
/* metafunc._recompute_direct_params_indices(): 0 or -1. */
int metafunc_recompute_indices(PyObject *metafunc);

/* The python plugin's pytest_generate_tests (marks -> parametrize), for src/collect's table. */
PyObject *marks_generate_tests(struct engine *engine, PyObject *self, PyObject *const *args);

/* The names that a parametrize mark parametrizes (ParameterSet._parse_parametrize_args): a new list or tuple of str. */
PyObject *parametrize_argnames(struct state *state, PyObject *mark);
/* Adds those of them that are direct, not indirect, to a set: 0 or -1 (pytest.fail). */
int parametrize_add_direct_argnames(Node *node, PyObject *mark, PyObject *set);

/* Whether it is a CallSpec, which all below ask for; false with a TypeError. */
bool callspec_check(struct state *state, PyObject *object);

/*
 * One argument of a CallSpec, without making its dicts: 1, 0 when it has none of that name, -1 with an exception.
 * *value_out (NULL: not wanted) is a new reference, *index_out (the same) which of the parametrize() values it is.
 */
int callspec_find(PyObject *callspec, PyObject *argname, PyObject **value_out, Py_ssize_t *index_out);
Py_ssize_t callspec_argument_count(PyObject *callspec);
PyObject *callspec_argument_name(PyObject *callspec, Py_ssize_t i); /* borrowed */
/* Whether any argument has a scope above function: others do not take part in reordering. */
bool callspec_has_high_scope(PyObject *callspec);

PyObject *callspec_marks(PyObject *callspec); /* borrowed list; NULL without an exception: none */
PyObject *callspec_id(PyObject *callspec);    /* new reference: str */
bool callspec_has_id(PyObject *callspec);     /* false: every id is hidden, and the name gets no [...] */
/* enum scope of a parametrized argument; -1 when unknown. */
int callspec_scope(PyObject *callspec, PyObject *argname);

/* Built-in plugin "mark". */
extern const struct native_plugin MARKS_PLUGIN;

int marks_add(PyObject *module, struct state *state);

#endif
