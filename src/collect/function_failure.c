/* What a failing Function shows: which part of the traceback, in which style. */
#include "code/code.h"
#include "collect/internal.h"

/* The rarer cases: frames in the function's file only, or in none of ours. */
static PyObject *
filter_in_python(PyObject *op, PyObject *excinfo)
{
    PyObject *filter = py_import_attr("_pytest.python", "_filter_function_traceback");
    PyObject *result = filter ? py_call2(filter, op, excinfo) : NULL;
    Py_XDECREF(filter);
    return result;
}

/* The code object behind the decorators of the item's function: 1, 0 when it has none, -1. */
static int
find_code(Node *item, PyObject **code_out)
{
    struct state *state = item->engine->state;
    PyObject *object = function_raw_object(item);
    PyObject *function = object ? real_function(state, object) : NULL;
    int found = function ? py_find_attr(state, function, state->names.__code__, code_out) : -1;

    Py_XDECREF(function);
    Py_XDECREF(object);
    return found;
}

PyObject *
function_traceback_filter(PyObject *op, PyObject *excinfo)
{
    Node *item = (Node *)op;
    struct engine *engine = item->engine;
    bool is_ours = PyObject_TypeCheck(excinfo, code_types(engine->state)->exception_info);
    int shows_all = item->obj && is_ours ? option_is_true(engine, "fulltrace") : 1;
    PyObject *traceback = NULL;
    PyObject *style = NULL;
    PyObject *code = NULL;

    if (shows_all < 0) {
        return NULL;
    }
    if (shows_all || find_code(item, &code) == 0) {
        return filter_in_python(op, excinfo);
    }
    style = code ? option_get(engine, "tbstyle") : NULL;
    if (style) {
        bool shortens = PyUnicode_Check(style) && py_text_equals(style, "auto");
        traceback = traceback_from_function(engine->state, excinfo, code, shortens);
    }
    Py_XDECREF(style);
    Py_XDECREF(code);
    if (!traceback && !PyErr_Occurred()) {
        traceback = filter_in_python(op, excinfo);
    }
    return traceback;
}

PyObject *
function_repr_failure(PyObject *op, PyObject *excinfo)
{
    struct engine *engine = ((Node *)op)->engine;
    PyObject *style = option_get(engine, "tbstyle");
    PyObject *result = NULL;

    if (style && (style == Py_None || py_text_equals(style, "auto"))) {
        py_replace_take(&style, PyUnicode_FromString("long"));
    }
    if (style) {
        result = PyObject_CallMethod(op, "_repr_failure_py", "OO", excinfo, style);
        Py_DECREF(style);
    }
    return result;
}
