/* Match expressions of -k and -m with Python's values: str for the names, dicts for the arguments. */
#include "marks/internal.h"

#include "base/arena.h"
#include "syntax/syntax.h"

/* A term as matchers get it. */
struct match_call {
    PyObject *identifier;
    PyObject *kwargs; /* NULL without parentheses */
};

struct mark_expression {
    struct arena arena;
    struct match_expression parsed;
    struct match_call *calls; /* one for each of its terms; in the arena */
    PyObject *names;          /* set of identifiers */
};

/* ---- Parsing ---- */

static PyObject *
decode(const char *bytes, size_t length)
{
    return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)length, "surrogatepass");
}

static PyObject *
decode_string(const char *string)
{
    return decode(string, strlen(string));
}

/* str.METHOD() of one character: false also with an exception. */
static bool
character_is(PyObject *character, const char *method)
{
    PyObject *answer = PyObject_CallMethod(character, method, NULL);
    bool is_true = answer == Py_True;

    Py_XDECREF(answer);
    return is_true;
}

/* Leaves an exception for the end: nothing more is asked then. */
static unsigned
classify(uint32_t point)
{
    PyObject *character = PyErr_Occurred() ? NULL : PyUnicode_FromOrdinal((int)point);
    PyObject *behind_letter = character ? PyUnicode_FromFormat("a%U", character) : NULL;
    unsigned class = 0;

    if (behind_letter) {
        class = (character_is(character, "isalnum") ? MATCH_LETTER : 0U) |
                (character_is(character, "isdigit") ? MATCH_DIGIT : 0U) |
                (PyUnicode_IsIdentifier(character) > 0 ? MATCH_NAME_START : 0U) |
                (PyUnicode_IsIdentifier(behind_letter) > 0 ? MATCH_NAME : 0U);
    }
    Py_XDECREF(behind_letter);
    Py_XDECREF(character);
    return class;
}

/* SyntaxError(message, ("<pytest match expression>", 1, column, text)), or a RecursionError. */
static void
raise_fault(PyObject *text, const struct match_fault *fault)
{
    PyObject *message = NULL;
    PyObject *args = NULL;

    if (fault->kind == MATCH_FAULT_DEPTH) {
        PyErr_SetString(PyExc_RecursionError, "maximum recursion depth exceeded");
        return;
    }
    message = decode(fault->message, fault->message_length);
    args = message ? Py_BuildValue("(N(sinO))", message, "<pytest match expression>", 1, (Py_ssize_t)fault->column,
                                   fault->kind == MATCH_FAULT_ARGUMENT ? Py_None : text)
                   : NULL;
    if (args) {
        PyErr_SetObject(PyExc_SyntaxError, args);
        Py_DECREF(args);
    }
}

/* ---- Values ---- */

static PyObject *
make_value(const struct match_argument *argument)
{
    PyObject *word = NULL;
    PyObject *value = NULL;

    switch (argument->kind) {
    case MATCH_TRUE:
        return Py_NewRef(Py_True);
    case MATCH_FALSE:
        return Py_NewRef(Py_False);
    case MATCH_NONE:
        return Py_NewRef(Py_None);
    case MATCH_STRING:
    case MATCH_INTEGER:
        break;
    }
    word = decode(argument->text, argument->text_length);
    if (!word || argument->kind == MATCH_STRING) {
        return word;
    }
    value = PyObject_CallFunctionObjArgs((PyObject *)&PyLong_Type, word, NULL);
    Py_DECREF(word);
    return value;
}

static PyObject *
make_kwargs(const struct match_term *term)
{
    PyObject *kwargs = PyDict_New();

    for (size_t i = 0; kwargs && i < term->argument_count; i++) {
        PyObject *name = decode_string(term->arguments[i].name);
        if (!name || py_dict_set_take(kwargs, name, make_value(&term->arguments[i])) < 0) {
            Py_CLEAR(kwargs);
        }
        Py_XDECREF(name);
    }
    return kwargs;
}

static int
make_calls(struct mark_expression *expression)
{
    const struct match_expression *parsed = &expression->parsed;

    expression->names = PySet_New(NULL);
    expression->calls = arena_alloc_zeroed(&expression->arena, parsed->term_count * sizeof *expression->calls);
    for (size_t i = 0; expression->names && i < parsed->term_count; i++) {
        const struct match_term *term = &parsed->terms[i];
        struct match_call *call = &expression->calls[i];
        call->identifier = decode_string(term->name);
        call->kwargs = call->identifier && term->arguments ? make_kwargs(term) : NULL;
        if (!call->identifier || (term->arguments && !call->kwargs) ||
            PySet_Add(expression->names, call->identifier) < 0) {
            return -1;
        }
    }
    return expression->names ? 0 : -1;
}

/* ---- Interface ---- */

struct mark_expression *
mark_expression_compile(struct state *Py_UNUSED(state), PyObject *text)
{
    struct mark_expression *expression = NULL;
    struct match_source source = {.classify = classify};
    struct match_fault fault;
    PyObject *bytes = NULL;

    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "a match expression must be a str, not %R", (PyObject *)Py_TYPE(text));
        return NULL;
    }
    bytes = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    if (!bytes) {
        return NULL;
    }
    source.text = PyBytes_AsString(bytes);
    source.length = (size_t)PyBytes_Size(bytes);
    expression = memory_alloc_zeroed(sizeof *expression);
    bool is_parsed = match_expression_parse(&source, &expression->arena, &expression->parsed, &fault);
    if (!is_parsed && !PyErr_Occurred()) {
        raise_fault(text, &fault);
    }
    if (!is_parsed || PyErr_Occurred() || make_calls(expression) < 0) {
        mark_expression_free(expression);
        expression = NULL;
    }
    Py_DECREF(bytes);
    return expression;
}

PyObject *
mark_expression_names(const struct mark_expression *expression)
{
    return expression->names;
}

struct evaluation {
    const struct mark_expression *expression;
    int (*matcher)(void *context, PyObject *identifier, PyObject *kwargs);
    void *context;
};

static enum match_answer
ask(void *context, const struct match_term *term)
{
    const struct evaluation *evaluation = context;
    const struct match_call *call = &evaluation->expression->calls[term - evaluation->expression->parsed.terms];
    int matches = evaluation->matcher(evaluation->context, call->identifier, call->kwargs);

    return matches < 0 ? MATCH_FAILED : matches ? MATCH_YES : MATCH_NO;
}

int
mark_expression_evaluate(const struct mark_expression *expression,
                         int (*matcher)(void *context, PyObject *identifier, PyObject *kwargs), void *context)
{
    struct evaluation evaluation = {expression, matcher, context};
    enum match_answer answer = match_expression_evaluate(&expression->parsed, ask, &evaluation);

    return answer == MATCH_FAILED ? -1 : answer == MATCH_YES;
}

void
mark_expression_free(struct mark_expression *expression)
{
    if (expression) {
        for (size_t i = 0; expression->calls && i < expression->parsed.term_count; i++) {
            Py_XDECREF(expression->calls[i].identifier);
            Py_XDECREF(expression->calls[i].kwargs);
        }
        Py_XDECREF(expression->names);
        arena_release(&expression->arena);
        memory_free(expression);
    }
}
