/* Expression: a compiled match expression as Python code sees it. */
#include "marks/internal.h"

typedef struct {
    PyObject_HEAD
    PyObject *input;
    struct mark_expression *compiled;
} Expression;

static PyObject *
expression_compile(PyObject *cls, PyObject *input)
{
    struct state *state = state_from_type((PyTypeObject *)cls);
    struct mark_expression *compiled = mark_expression_compile(state, input);
    Expression *self = compiled ? (Expression *)py_new_instance((PyTypeObject *)cls) : NULL;

    if (!self) {
        mark_expression_free(compiled);
        return NULL;
    }
    self->input = Py_NewRef(input);
    self->compiled = compiled;
    return (PyObject *)self;
}

struct python_matcher {
    struct state *state;
    PyObject *callable;
};

static int
call_matcher(void *context, PyObject *identifier, PyObject *kwargs)
{
    struct python_matcher *matcher = context;
    PyObject *args = PyTuple_Pack(1, identifier);
    PyObject *answer = args ? PyObject_Call(matcher->callable, args, kwargs) : NULL;
    int matches = answer ? PyObject_IsTrue(answer) : -1;

    Py_XDECREF(answer);
    Py_XDECREF(args);
    return matches;
}

static PyObject *
expression_evaluate(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"matcher", NULL};
    Expression *self = (Expression *)op;
    struct python_matcher matcher = {.state = state_of(op)};
    int matches = 0;

    if (py_unpack_tuple("evaluate", args, kwargs, NAMES, 1, 1, &matcher.callable) < 0) {
        return NULL;
    }
    matches = mark_expression_evaluate(self->compiled, call_matcher, &matcher);
    return matches < 0 ? NULL : PyBool_FromLong(matches);
}

static PyObject *
expression_idents(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyFrozenSet_New(mark_expression_names(((Expression *)op)->compiled));
}

static void
expression_dealloc(PyObject *op)
{
    Expression *self = (Expression *)op;

    mark_expression_free(self->compiled);
    Py_XDECREF(self->input);
    py_free_instance(op);
}

PY_NAMED_ONE(expression_compile_named, expression_compile, "compile", "input")
static PyMethodDef EXPRESSION_METHODS[] = {
    {"compile", PY_FAST_WITH_KEYWORDS(expression_compile_named) | METH_CLASS,
     "compile($type, input)\n--\n\n"
     "Compile a match expression."},
    {"evaluate", PY_WITH_KEYWORDS(expression_evaluate),
     "evaluate($self, matcher)\n--\n\n"
     "Evaluate the match expression."},
    {"idents", expression_idents, METH_NOARGS,
     "idents($self)\n--\n\n"
     "Return the set of all identifiers which appear in the expression."},
    PY_END_METHOD,
};

static PyMemberDef EXPRESSION_MEMBERS[] = {
    {"input", T_OBJECT, offsetof(Expression, input), READONLY, "The original input line, as a string."},
    PY_END_MEMBER,
};

static const char EXPRESSION_DOC[] = "A compiled match expression as used by -k and -m.\n\n"
                                     "The expression can be evaluated against different matchers.";

static PyType_Slot EXPRESSION_SLOTS[] = {
    PY_SLOT(tp_doc, EXPRESSION_DOC),
    PY_SLOT(tp_dealloc, expression_dealloc),
    PY_SLOT(tp_methods, EXPRESSION_METHODS),
    PY_SLOT(tp_members, EXPRESSION_MEMBERS),
    PY_END_SLOT,
};

/* Holds nothing that could point back to it: no part of garbage collection. */
static PyType_Spec EXPRESSION_SPEC = {
    .name = "_pytest.mark.expression.Expression",
    .basicsize = sizeof(Expression),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = EXPRESSION_SLOTS,
};

int
expression_add_type(PyObject *module, struct state *state)
{
    marks_types(state)->expression = py_type_add(module, &EXPRESSION_SPEC, NULL);
    return marks_types(state)->expression ? 0 : -1;
}
