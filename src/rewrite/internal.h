/* What the files of rewrite/ share. */
#ifndef REWRITE_INTERNAL_H
#define REWRITE_INTERNAL_H

#include "rewrite/emit.h"
#include "rewrite/rewrite.h"

struct rewrite_room {
    PyObject *compile; /* builtins.compile */
    PyObject *marshal_dumps;
    PyObject *marshal_loads;
    PyObject *fix_co_filename; /* _imp._fix_co_filename */
    PyObject *fail;            /* assert_fail: what failing assertions call */
    PyObject *pass;            /* assert_pass */
    PyObject *builtins;        /* the module */
    PyObject *method_type;     /* types.MethodType; NULL until needed */
    PyObject *name_fail;       /* "@pytest_ar" */
    PyObject *name_pass;       /* "@pytest_ap" */
    PyObject *name_builtins;   /* "@py_builtins" */
    PyObject *cache_tag;       /* str: "cpython-313-fastest-1" */
    PyObject *magic;           /* bytes: the interpreter's bytecode version */
    PyObject *pruned_folders;  /* set of str: cache folders that were cleared of old versions */
    PyObject *current_item;    /* the item whose protocol runs: its hooks explain comparisons; NULL outside */
    PyObject *fallback_count;  /* int: sources that had to be compiled as they are */
};

static inline struct rewrite_room *
rewrite_room(struct state *state)
{
    return state_room(state, ROOM_REWRITE);
}

/* The interpreter's minor version: 10 to 15. */
int python_minor_of(struct state *state);

/* ---- load.c ---- */

long optimization_level(void); /* sys.flags.optimize; -1 with an exception */

/* The code of a source file, from the cache or compiled: a new reference. `loaded_out` may be NULL. */
PyObject *code_load(struct state *state, PyObject *path_text, bool rewrites, bool has_pass_hook,
                    struct loaded_source *loaded_out);
PyObject *load_code_upcall(struct engine *engine, PyObject *path_text, bool rewrites);

/* ---- functions.c: of the module ---- */

PyObject *load_code_function(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *line_diff_function(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *compare_values_function(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *compare_part_function(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *rewritten_source_function(PyObject *module, PyObject *args);
PyObject *should_repr_global_name_function(PyObject *module, PyObject *object);
PyObject *fallback_count_function(PyObject *module, PyObject *nothing);
PyObject *cache_tag_function(PyObject *module, PyObject *nothing);
PyObject *asserting_item_function(PyObject *module, PyObject *nothing);
PyObject *truncation_of_function(PyObject *module, PyObject *config);
PyObject *truncate_lines_function(PyObject *module, PyObject *args);
PyObject *format_explanation_function(PyObject *module, PyObject *explanation);

/* ---- compile.c ---- */

/*
 * Compiles the bytes of a source file as an import would, its asserts rewritten if `options` is not NULL. A new
 * reference: marshalled code (bytes). The SyntaxError is that of the original source.
 */
PyObject *source_compile(struct state *state, PyObject *source, PyObject *path_text,
                         const struct emit_options *options);

/* ---- fail.c, explain.c ---- */

PyObject *assert_fail(PyObject *module, PyObject *const *args, Py_ssize_t count);
PyObject *assert_pass(PyObject *module, PyObject *const *args, Py_ssize_t count);

/*
 * Appends the explanation of the plan's root. `namespaces`: locals, globals, builtins of the frame, borrowed.
 * 0, or -1 with an exception.
 */
struct explain_frame {
    struct state *state;
    PyObject *locals;
    PyObject *globals;
    PyObject *builtins;
    Py_ssize_t max_size; /* of representations; 0: unlimited */
};
int explain_plan(struct explain_frame *frame, const unsigned char *plan, size_t length, struct text *out);

/* util.format_explanation on UTF-8: appends to `out`. */
void explanation_format(const char *explanation, size_t length, struct text *out);

/* rewrite._saferepr(object) appended. 0 or -1. */
int representation_add(struct explain_frame *frame, PyObject *object, struct text *out);

/* rewrite._should_repr_global_name(object): 1, 0, -1. */
int shows_global_name(struct state *state, PyObject *object);

/*
 * What the hooks say about `left op right` in the running test: 1 and the text appended, 0 when they say nothing,
 * -1 with an exception.
 */
int comparison_explain(struct state *state, const char *operator_text, PyObject *left, PyObject *right,
                       struct text *out);

#endif
