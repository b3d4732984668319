/* What the files of src/marks share with each other. */
#ifndef MARKS_INTERNAL_H
#define MARKS_INTERNAL_H

#include "marks/marks.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *name;
    PyObject *args;
    PyObject *kwargs;
    PyObject *param_ids_from;      /* NULL is None */
    PyObject *param_ids_generated; /* NULL is None */
} Mark;

/* ---- dataclass.c: what @dataclass gives pytest's classes ---- */

/*
 * Makes a finished type look like a dataclass of `fields` (NULL-terminated; in the order of its constructor):
 * `__match_args__`, `__dataclass_fields__` (made when asked for), copying and pickling; frozen: assignment fails.
 */
int dataclass_finish(struct state *state, PyTypeObject *type, const char *const *fields, bool is_frozen);
/* a == b by the values of `fields` when both are of one class, else NotImplemented; Py_EQ and Py_NE only. */
PyObject *dataclass_compare(PyObject *a, PyObject *b, int operation, const char *const *fields);
/* "Name(field=repr, ...)". */
PyObject *dataclass_repr(PyObject *op, const char *const *fields);

/* ---- The types, each added by its file: 0 or -1 ---- */

int mark_add_type(PyObject *module, struct state *state);
int mark_decorator_add_type(PyObject *module, struct state *state);
int mark_generator_add_type(PyObject *module, struct state *state);
int object_marks_add_functions(PyObject *module);
int parameter_set_add_type(PyObject *module, struct state *state);
int expression_add_type(PyObject *module, struct state *state);
int id_maker_add_type(PyObject *module, struct state *state);
int call_spec_add_type(PyObject *module, struct state *state);
int metafunc_add_type(PyObject *module, struct state *state);

/* ---- Marks ---- */

/* Mark.combined_with(): a new reference. */
PyObject *mark_combine(struct state *state, PyObject *mark, PyObject *other);
static inline bool
mark_check(struct state *state, PyObject *op)
{
    return PyObject_TypeCheck(op, marks_types(state)->mark);
}

/* isinstance(object, collections.abc.<name>); lists and tuples are known without asking. 1, 0, -1. */
int is_abstract_instance(PyObject *object, const char *name);

/* ---- parameter_set.c ---- */

/* One parameter set as parametrize() uses it: no ParameterSet object is made for a plain value. */
struct parameter_set {
    PyObject *values; /* a sequence of values, or the one value itself when `is_single` */
    PyObject *marks;  /* NULL: none */
    PyObject *id;     /* NULL: none given */
    bool is_single;
};

struct parameter_sets {
    PyObject *argnames; /* the sequence of names as given, or split from a str */
    PyObject *names;    /* the same as a tuple */
    struct parameter_set *sets;
    Py_ssize_t count;
    Py_ssize_t name_count;
};

/* ParameterSet._for_parametrize(): 0, or -1; release in both cases. `sets` starts zeroed. */
int parameter_sets_build(struct state *state, struct parameter_sets *sets, PyObject *argnames, PyObject *argvalues,
                         PyObject *function, PyObject *config, PyObject *nodeid);
void parameter_sets_release(struct parameter_sets *sets);
/* Value `i` of a set: a new reference. */
PyObject *parameter_set_value(const struct parameter_set *set, Py_ssize_t i);
/* The values as pytest has them (a 1-tuple for a single one): a new reference. */
PyObject *parameter_set_values(const struct parameter_set *set);

/* ---- id_maker.c ---- */

struct id_maker {
    struct state *state;
    const struct parameter_sets *sets;
    PyObject *config; /* NULL: none */
    PyObject *idfn;   /* NULL: none */
    PyObject *ids;    /* list, NULL: none */
    PyObject *nodeid; /* NULL: none */
    /* Answers that hold for the whole call, asked for once by id_maker_start(). */
    struct engine *engine; /* NULL: `config` is not ours, or there is none */
    bool has_hook;
    int keeps_unicode; /* -1: not asked yet */
};

/* IdMaker(...).make_unique_parameterset_ids(): a new list of str and HIDDEN_PARAM. */
PyObject *id_maker_run(struct id_maker *maker);
/* Its parts, for the Python type: start first. All return new references. */
void id_maker_start(struct id_maker *maker);
PyObject *id_maker_resolve(struct id_maker *maker);
PyObject *id_maker_value(struct id_maker *maker, PyObject *value, PyObject *argname, Py_ssize_t index);
int id_maker_from_value(struct id_maker *maker, PyObject *value, PyObject **id_out);

/* ---- expression.c ---- */

PyObject *mark_expression_names(const struct mark_expression *expression); /* borrowed set of its identifiers */

/* ---- call_spec.c ---- */

/* The arguments of one parametrize() call, shared by all CallSpecs that it makes. */
struct call_batch {
    PyObject *names; /* tuple of str */
    enum scope scope;
    PyObject *nodeid;     /* for the message */
    PyObject *shape;      /* CallShape for the CallSpecs made from `shape_base`; made by call_spec_extend() */
    PyObject *shape_base; /* borrowed: shape of the CallSpec that was extended last */
};
/* CallSpec(): empty. */
PyObject *call_spec_new(struct state *state);
/* callspec.setmulti(...): a new CallSpec. `id` is a str or HIDDEN_PARAM. */
PyObject *call_spec_extend(struct state *state, PyObject *callspec, struct call_batch *batch,
                           const struct parameter_set *set, PyObject *id, Py_ssize_t param_index);
/* callspec.indices[argname] = index; 0 or -1. */
int call_spec_set_index(PyObject *callspec, PyObject *argname, Py_ssize_t index);

/* ---- The plugin "mark": generator.c, select.c ---- */

PyObject *mark_plugin_configure(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *mark_plugin_unconfigure(struct engine *engine, PyObject *self, PyObject *const *args);
/* Adds the names that config._iter_registered_markers() knows to a set; 0 or -1. */
int registered_marker_names_add(struct state *state, PyObject *config, PyObject *set);
int markers_are_strict(PyObject *config); /* 1, 0, -1 */

#endif
