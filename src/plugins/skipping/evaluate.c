/* Evaluates skip, skipif and xfail marks. */
#include "plugins/skipping/internal.h"

#include <string.h>

/* ---- Which marks there are, without running anything ---- */

static unsigned
bit_of_mark(struct state *state, PyObject *mark)
{
    if (!PyObject_TypeCheck(mark, marks_types(state)->mark)) {
        return 0;
    }
    PyObject *name = mark_name(mark);
    return name == state->names.skip || py_text_equals(name, "skip")       ? HAS_SKIP
           : name == state->names.skipif || py_text_equals(name, "skipif") ? HAS_SKIPIF
           : name == state->names.xfail || py_text_equals(name, "xfail")   ? HAS_XFAIL
                                                                           : 0;
}

unsigned
marks_present(struct state *state, const Node *item)
{
    unsigned bits = 0;

    for (const Node *node = item; node; node = node->parent) {
        Py_ssize_t count = node->own_markers ? PyList_Size(node->own_markers) : 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            bits |= bit_of_mark(state, PyList_GetItem(node->own_markers, i));
        }
    }
    return bits;
}

/* ---- Conditions ---- */

/* mark.kwargs.get(key): 1 and a new reference, 0, -1. */
static int
find_kwarg(PyObject *mark, const char *key, PyObject **value_out)
{
    PyObject *kwargs = mark_kwargs(mark);

    *value_out = NULL;
    if (PyDict_CheckExact(kwargs)) {
        *value_out = Py_XNewRef(PyDict_GetItemString(kwargs, key));
        return *value_out != NULL;
    }
    if (!PyMapping_HasKeyString(kwargs, key)) {
        return 0;
    }
    *value_out = PyMapping_GetItemString(kwargs, key);
    return *value_out ? 1 : -1;
}

/* "\n".join(traceback.format_exception_only(exception)): a new str. */
static PyObject *
exception_lines(PyObject *exception)
{
    PyObject *format = py_import_attr("traceback", "format_exception_only");
    PyObject *lines =
        format ? PyObject_CallFunctionObjArgs(format, (PyObject *)Py_TYPE(exception), exception, NULL) : NULL;
    PyObject *text = py_text_join("\n", lines);

    Py_XDECREF(lines);
    Py_XDECREF(format);
    return text;
}

/* Turns the exception that is set into pytest.fail with the condition's text (NULL: it is no string). */
static void
explain_condition_error(struct state *state, PyObject *mark, PyObject *condition)
{
    PyObject *exception = NULL;
    PyObject *lines = NULL;

    if (!PyErr_ExceptionMatches(PyExc_Exception)) {
        return;
    }
    exception = py_error_take();
    if (condition && PyErr_GivenExceptionMatches(exception, PyExc_SyntaxError)) {
        PyObject *offset = PyObject_GetAttrString(exception, "offset");
        long column = offset && offset != Py_None ? PyLong_AsLong(offset) : 0;
        char spaces[256];
        size_t width = column < 0 ? 0 : column >= (long)sizeof spaces ? sizeof spaces - 1 : (size_t)column;
        memset(spaces, ' ', width);
        spaces[width] = '\0';
        outcome_fail(state, false, "Error evaluating %R condition\n    %U\n    %s^\nSyntaxError: invalid syntax",
                     mark_name(mark), condition, spaces);
        Py_XDECREF(offset);
    } else if ((lines = exception_lines(exception))) {
        if (condition) {
            outcome_fail(state, false, "Error evaluating %R condition\n    %U\n%U", mark_name(mark), condition, lines);
        } else {
            outcome_fail(state, false, "Error evaluating %R condition as a boolean\n%U", mark_name(mark), lines);
        }
        Py_DECREF(lines);
    }
    py_error_set_context_take(exception);
}

/* Adds what pytest_markeval_namespace gives, the result called last first. */
static int
add_namespaces(Node *item, PyObject *globals)
{
    PyObject *relay = node_relay(item);
    PyObject *const args[] = {item->config};
    PyObject *results = NULL;
    int status = 0;

    if (!relay || hook_is_empty(relay, HOOK_markeval_namespace)) {
        return relay ? 0 : -1;
    }
    results = hook_call(relay, HOOK_markeval_namespace, args);
    status = results ? 0 : -1;
    for (Py_ssize_t i = results ? PyList_Size(results) - 1 : -1; i >= 0 && status == 0; i--) {
        PyObject *dictionary = py_list_item(results, i);
        if (!PyDict_Check(dictionary) && !PyObject_HasAttrString(dictionary, "keys")) {
            PyErr_Format(PyExc_ValueError, "pytest_markeval_namespace() needs to return a dict, got %R", dictionary);
            status = -1;
        } else {
            status = PyDict_Update(globals, dictionary);
        }
        Py_DECREF(dictionary);
    }
    Py_XDECREF(results);
    return status;
}

/* What a condition's text sees: a new dict. */
static PyObject *
condition_globals(Node *item, const char *condition)
{
    struct state *state = item->engine->state;
    PyObject *globals = PyDict_New();
    PyObject *object = NULL;
    PyObject *own = NULL;
    bool is_complete = false;

    /* Importing platform is dear, and only the text can name it. */
    if (!globals || py_dict_set_string_take(globals, "os", PyImport_ImportModule("os")) < 0 ||
        py_dict_set_string_take(globals, "sys", PyImport_ImportModule("sys")) < 0 ||
        (strstr(condition, "platform") &&
         py_dict_set_string_take(globals, "platform", PyImport_ImportModule("platform")) < 0) ||
        PyDict_SetItemString(globals, "config", item->config) < 0 || add_namespaces(item, globals) < 0 ||
        py_find_attr(state, (PyObject *)item, state->names.obj, &object) < 0) {
        goto done;
    }
    if (object) {
        own = PyObject_GetAttr(object, state->names.__globals__);
        if (!own || PyDict_Update(globals, own) < 0) {
            goto done;
        }
    }
    is_complete = true;
done:
    Py_XDECREF(own);
    Py_XDECREF(object);
    if (!is_complete) {
        Py_CLEAR(globals);
    }
    return globals;
}

/* bool(eval(condition)): 1, 0, -1 with pytest.fail. */
static int
evaluate_text(Node *item, PyObject *mark, PyObject *condition)
{
    const char *text = py_utf8(condition);
    PyObject *globals = text ? condition_globals(item, text) : NULL;
    PyObject *filename = globals ? PyUnicode_FromFormat("<%U condition>", mark_name(mark)) : NULL;
    PyObject *code = NULL;
    PyObject *value = NULL;
    int result = -1;

    if (!filename || PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins()) < 0) {
        goto done;
    }
    code = Py_CompileString(text, py_utf8(filename), Py_eval_input);
    value = code ? PyEval_EvalCode(code, globals, globals) : NULL;
    if (value) {
        result = PyObject_IsTrue(value);
    } else {
        explain_condition_error(item->engine->state, mark, condition);
    }
done:
    Py_XDECREF(value);
    Py_XDECREF(code);
    Py_XDECREF(filename);
    Py_XDECREF(globals);
    return result;
}

int
evaluate_condition(Node *item, PyObject *mark, PyObject *condition, PyObject **reason_out)
{
    struct state *state = item->engine->state;
    bool is_text = PyUnicode_Check(condition);
    state_enter_foreign(state);
    int result = is_text ? evaluate_text(item, mark, condition) : PyObject_IsTrue(condition);

    *reason_out = NULL;
    if (result < 0) {
        if (!is_text) {
            explain_condition_error(state, mark, NULL);
        }
        return -1;
    }
    if (find_kwarg(mark, "reason", reason_out) < 0) {
        return -1;
    }
    if (*reason_out && *reason_out != Py_None) {
        return result;
    }
    Py_CLEAR(*reason_out);
    if (!is_text) {
        outcome_fail(state, false,
                     "Error evaluating %R: you need to specify reason=STRING when using booleans as conditions.",
                     mark_name(mark));
        return -1;
    }
    *reason_out = PyUnicode_FromFormat("condition: %U", condition);
    return *reason_out ? result : -1;
}

/* The conditions of a skipif or xfail mark, any of which decides: 1, 0, -1. *reason_out is a new reference if 1. */
static int
evaluate_mark(Node *item, PyObject *mark, PyObject **reason_out)
{
    PyObject *condition = NULL;
    PyObject *conditions = NULL;
    int result = 0;

    *reason_out = NULL;
    if (find_kwarg(mark, "condition", &condition) < 0) {
        return -1;
    }
    conditions = condition ? PyTuple_Pack(1, condition) : Py_NewRef(mark_args(mark));
    Py_XDECREF(condition);
    if (!conditions) {
        return -1;
    }
    if (PyTuple_Size(conditions) == 0) {
        result = find_kwarg(mark, "reason", reason_out);
        if (result == 0) {
            *reason_out = PyUnicode_FromString("");
        }
        result = *reason_out ? 1 : -1;
    }
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_Size(conditions); i++) {
        Py_CLEAR(*reason_out);
        result = evaluate_condition(item, mark, PyTuple_GetItem(conditions, i), reason_out);
    }
    Py_DECREF(conditions);
    if (result <= 0) {
        Py_CLEAR(*reason_out);
    }
    return result;
}

/* ---- skip and skipif ---- */

/* The reason of Skip(*mark.args, **mark.kwargs): a new reference. */
static PyObject *
skip_mark_reason(PyObject *mark)
{
    static const char *const NAMES[] = {"reason", NULL};
    PyObject *values[1];
    PyObject *error = NULL;
    Py_ssize_t given = PyTuple_Size(mark_args(mark));

    if (given > 1) {
        return PyErr_Format(PyExc_TypeError,
                            "Skip.__init__() takes from 1 to 2 positional arguments but %zd were given - maybe you "
                            "meant pytest.mark.skipif?",
                            given + 1);
    }
    if (py_unpack_tuple("Skip.__init__", mark_args(mark), mark_kwargs(mark), NAMES, 1, 0, values) == 0) {
        return values[0] ? Py_NewRef(values[0]) : PyUnicode_FromString("unconditional skip");
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        error = py_error_take();
        PyErr_Format(PyExc_TypeError, "%S - maybe you meant pytest.mark.skipif?", error);
        Py_XDECREF(error);
    }
    return NULL;
}

int
evaluate_skip_marks(Node *item, unsigned present, PyObject **reason_out)
{
    struct state *state = item->engine->state;
    int result = 0;

    *reason_out = NULL;
    if (present & HAS_SKIPIF) {
        PyObject *marks = node_markers(item, state->names.skipif);
        result = marks ? 0 : -1;
        for (Py_ssize_t i = 0; result == 0 && i < PyList_Size(marks); i++) {
            PyObject *mark = py_list_item(marks, i);
            result = evaluate_mark(item, mark, reason_out);
            Py_DECREF(mark);
        }
        Py_XDECREF(marks);
    }
    if (result == 0 && (present & HAS_SKIP)) {
        PyObject *mark = NULL;
        result = node_find_marker(item, state->names.skip, &mark);
        if (result > 0) {
            *reason_out = skip_mark_reason(mark);
            result = *reason_out ? 1 : -1;
        }
        Py_XDECREF(mark);
    }
    return result;
}

/* ---- xfail ---- */

static PyObject *
kwarg_or(PyObject *mark, const char *key, PyObject *otherwise)
{
    PyObject *value = NULL;

    if (find_kwarg(mark, key, &value) == 0) {
        value = Py_NewRef(otherwise);
    }
    return value;
}

/* strict= of the mark, else strict_xfail, else strict: a new reference. */
static PyObject *
xfail_strictness(struct engine *engine, PyObject *mark)
{
    PyObject *strict = kwarg_or(mark, "strict", Py_None);

    if (strict == Py_None) {
        py_replace_take(&strict, ini_get(engine, "strict_xfail"));
    }
    if (strict == Py_None) {
        py_replace_take(&strict, ini_get(engine, "strict"));
    }
    return strict;
}

static Xfail *
xfail_new_take(struct engine *engine, PyObject *mark, PyObject *reason)
{
    Xfail *self = (Xfail *)py_new_instance(skipping_types(engine->state)->xfail);

    if (!self) {
        Py_DECREF(reason);
        return NULL;
    }
    self->reason = reason;
    self->run = kwarg_or(mark, "run", Py_True);
    self->strict = xfail_strictness(engine, mark);
    self->raises = kwarg_or(mark, "raises", Py_None);
    if (!self->run || !self->strict || !self->raises) {
        Py_CLEAR(self);
    }
    return self;
}

int
evaluate_xfail_marks(Node *item, Xfail **xfail_out)
{
    PyObject *marks = node_markers(item, item->engine->state->names.xfail);
    int result = marks ? 0 : -1;

    *xfail_out = NULL;
    for (Py_ssize_t i = 0; result == 0 && i < PyList_Size(marks); i++) {
        PyObject *mark = py_list_item(marks, i);
        PyObject *reason = NULL;
        result = evaluate_mark(item, mark, &reason);
        if (result > 0) {
            *xfail_out = xfail_new_take(item->engine, mark, reason);
            result = *xfail_out ? 1 : -1;
        }
        Py_DECREF(mark);
    }
    Py_XDECREF(marks);
    return result;
}

PyObject *
xfailed_key(struct state *state)
{
    struct skipping_types *types = skipping_types(state);

    if (!types->xfailed_key) {
        types->xfailed_key = py_call0((PyObject *)hooks_types(state)->stash_key);
    }
    return types->xfailed_key;
}

int
find_xfailed(Node *item, PyObject **xfail_out)
{
    struct state *state = item->engine->state;
    PyObject *key = NULL;

    *xfail_out = NULL;
    if (!item->stash) {
        return 0;
    }
    key = xfailed_key(state);
    *xfail_out = key ? PyObject_CallMethodObjArgs(item->stash, state->names.get, key, Py_None, NULL) : NULL;
    if (*xfail_out == Py_None) {
        Py_CLEAR(*xfail_out);
        return 0;
    }
    return *xfail_out ? 1 : -1;
}

int
xfail_of_item(Node *item, PyObject **xfail_out)
{
    struct state *state = item->engine->state;
    int found = find_xfailed(item, xfail_out);
    PyObject *stash = NULL;

    if (found != 0 || !(marks_present(state, item) & HAS_XFAIL)) {
        return found;
    }
    found = evaluate_xfail_marks(item, (Xfail **)(void *)xfail_out);
    if (found > 0) {
        stash = PyObject_GetAttr((PyObject *)item, state->names.stash);
        if (!stash || !xfailed_key(state) || PyObject_SetItem(stash, xfailed_key(state), *xfail_out) < 0) {
            Py_CLEAR(*xfail_out);
            found = -1;
        }
        Py_XDECREF(stash);
    }
    if (found > 0) {
        int needs_text = option_is_true(item->engine, "runxfail") | option_is_true(item->engine, "xfail_tb");
        item->expects_failure = needs_text == 0;
    }
    return found;
}
