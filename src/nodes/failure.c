/* How a node shows the exception that its setup, call or collection raised. */
#include "nodes/internal.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "code/code.h"

static bool
type_is_named(struct state *state, PyObject *value, const char *name)
{
    PyObject *type_name = PyObject_GetAttr((PyObject *)Py_TYPE(value), state->names.__name__);
    bool equals = type_name && py_text_equals(type_name, name);

    if (!type_name) {
        PyErr_Clear();
    }
    Py_XDECREF(type_name);
    return equals;
}

/* An option's text: `fallback` when it is None or absent. A new reference. */
static PyObject *
style_option(struct engine *engine)
{
    PyObject *style = option_get(engine, "tbstyle");

    if (style && PyUnicode_Check(style)) {
        return style;
    }
    Py_XDECREF(style);
    return style ? PyUnicode_FromString("auto") : NULL;
}

static bool
is_elsewhere(struct engine *engine)
{
    char directory[PATH_MAX];
    PyObject *borrowed_start = config_invocation_dir(engine);

    if (!getcwd(directory, sizeof directory) || !borrowed_start) {
        return true;
    }
    const char *start = py_utf8(borrowed_start);
    if (!start) {
        PyErr_Clear();
        return true;
    }
    return strcmp(directory, start) != 0;
}

/* 1: excinfo.value says its own text (a failed fixture lookup): stored in *repr_out. */
static int
find_own_repr(struct state *state, PyObject *value, PyObject **repr_out)
{
    if (!type_is_named(state, value, "FixtureLookupError")) {
        return 0;
    }
    *repr_out = PyObject_CallMethod(value, "formatrepr", NULL);
    return *repr_out ? 1 : -1;
}

static int
has_no_traceback(struct state *state, PyObject *value)
{
    PyObject *pytrace = NULL;
    int is_failed = PyObject_IsInstance(value, hooks_types(state)->failed);

    if (is_failed <= 0) {
        return is_failed;
    }
    pytrace = PyObject_GetAttrString(value, "pytrace");
    int is_true = pytrace ? PyObject_IsTrue(pytrace) : -1;
    Py_XDECREF(pytrace);
    return is_true < 0 ? -1 : !is_true;
}

/* The style to use, with pytest's precedence: a new reference. `shows_all` is --full-trace. */
static PyObject *
resolve_style(Node *node, PyObject *value, PyObject *style, int shows_all)
{
    struct engine *engine = node->engine;
    int is_bare = has_no_traceback(engine->state, value);

    if (is_bare < 0) {
        return NULL;
    }
    if (shows_all) {
        return PyUnicode_FromString("long");
    }
    if (is_bare) {
        return PyUnicode_FromString("value");
    }
    if (style && style != Py_None) {
        return py_text_equals(style, "auto") ? PyUnicode_FromString("long") : Py_NewRef(style);
    }
    PyObject *option = style_option(engine);
    PyObject *result = NULL;
    if (option) {
        result = PyUnicode_FromString(py_text_equals(option, "short") ? "short" : "long");
        Py_DECREF(option);
    }
    return result;
}

/* excinfo_repr() or excinfo_repr_later(). */
typedef PyObject *(*represent_function)(struct state *state, PyObject *excinfo, const struct repr_options *options);

static PyObject *
represent(Node *node, PyObject *excinfo, PyObject *style, represent_function represent_with)
{
    struct engine *engine = node->engine;
    struct repr_options options = REPR_OPTIONS_INIT;
    int shows_all = option_is_true(engine, "fulltrace");
    int shows_locals = option_is_true(engine, "showlocals");
    PyObject *resolved = shows_all < 0 ? NULL : resolve_style(node, excinfo_value(excinfo), style, shows_all);
    PyObject *filter = NULL;
    PyObject *result = NULL;

    if (!resolved || shows_locals < 0) {
        goto done;
    }
    filter = shows_all ? Py_NewRef(Py_False) : py_attr(engine->state, (PyObject *)node, "_traceback_filter");
    if (!filter) {
        goto done;
    }
    int verbosity = config_verbosity(engine, NULL);
    options.style = py_utf8(resolved);
    options.shows_locals = shows_locals == 1;
    options.is_absolute_path = is_elsewhere(engine);
    options.traceback_filter = filter;
    options.shows_function_args = true;
    options.truncates_locals = verbosity <= 1;
    options.truncates_args = verbosity <= 2;
    result = represent_with(engine->state, excinfo, &options);
done:
    Py_XDECREF(resolved);
    Py_XDECREF(filter);
    return result;
}

PyObject *
node_repr_failure_styled(Node *node, PyObject *excinfo, PyObject *style)
{
    struct state *state = node->engine->state;
    PyObject *own = NULL;
    PyObject *result = NULL;
    PyObject *inner = Py_NewRef(excinfo);

    if (type_is_named(state, excinfo_value(excinfo), "ConftestImportFailure")) {
        PyObject *cause = PyObject_GetAttrString(excinfo_value(excinfo), "cause");
        py_replace_take(&inner, cause ? excinfo_new_take(state, cause) : NULL);
        if (!inner) {
            return NULL;
        }
    }
    int found = find_own_repr(state, excinfo_value(inner), &own);
    if (found == 0) {
        result = represent(node, inner, style, excinfo_repr);
    }
    Py_DECREF(inner);
    return found == 0 ? result : own;
}

PyObject *
collector_repr_failure(Node *node, PyObject *excinfo)
{
    struct engine *engine = node->engine;
    PyObject *error_type = PyObject_GetAttrString((PyObject *)node, "CollectError");
    int is_collect_error = error_type ? PyObject_IsInstance(excinfo_value(excinfo), error_type) : -1;
    int shows_all = is_collect_error < 0 ? -1 : option_is_true(engine, "fulltrace");
    PyObject *result = NULL;

    Py_XDECREF(error_type);
    if (shows_all < 0) {
        return NULL;
    }
    if (is_collect_error && !shows_all) {
        PyObject *args = PyObject_GetAttrString(excinfo_value(excinfo), "args");
        PyObject *first = args ? PySequence_GetItem(args, 0) : NULL;
        result = first ? PyObject_Str(first) : NULL;
        Py_XDECREF(args);
        Py_XDECREF(first);
        return result;
    }
    PyObject *style = style_option(engine);
    if (style && py_text_equals(style, "auto")) {
        py_replace_take(&style, PyUnicode_FromString("short"));
    }
    if (style) {
        result = PyObject_CallMethod((PyObject *)node, "_repr_failure_py", "OO", excinfo, style);
        Py_DECREF(style);
    }
    return result;
}

/* traceback.cut(**{name: value}) */
static PyObject *
traceback_cut(PyObject *traceback, const char *name, PyObject *value)
{
    PyObject *cut = PyObject_GetAttrString(traceback, "cut");
    PyObject *args = cut ? PyTuple_New(0) : NULL;
    PyObject *kwargs = args ? Py_BuildValue("{s:O}", name, value) : NULL;
    return py_call_take(cut, args, kwargs);
}

PyObject *
collector_traceback_filter(Node *node, PyObject *excinfo)
{
    PyObject *traceback = PyObject_GetAttrString(excinfo, "traceback");
    PyObject *path = traceback ? node_path_object(node) : NULL;
    PyObject *cut = path ? traceback_cut(traceback, "path", path) : NULL;
    PyObject *result = NULL;

    if (cut) {
        int is_same = PyObject_RichCompareBool(cut, traceback, Py_EQ);
        if (is_same > 0) {
            PyObject *folder = py_import_attr("_pytest.nodes", "tracebackcutdir");
            py_replace_take(&cut, folder ? traceback_cut(cut, "excludepath", folder) : NULL);
            Py_XDECREF(folder);
        }
        if (is_same >= 0 && cut) {
            result = PyObject_CallMethod(cut, "filter", "O", excinfo);
        }
    }
    Py_XDECREF(traceback);
    Py_XDECREF(path);
    Py_XDECREF(cut);
    return result;
}

PyObject *
node_repr_failure(Node *node, PyObject *excinfo)
{
    return PyObject_CallMethod((PyObject *)node, "repr_failure", "O", excinfo);
}

PyObject *
item_repr_failure_later(Node *item, PyObject *excinfo)
{
    PyObject *value = excinfo_value(excinfo);
    PyObject *style = NULL;
    PyObject *later = NULL;

    if (!(item->kind & NODE_FUNCTION) || item->kind & NODE_UNITTEST_FUNCTION ||
        node_overrides(item, OVERRIDE_REPR_FAILURE | OVERRIDE_TRACEBACK_FILTER) ||
        type_is_named(item->engine->state, value, "ConftestImportFailure") ||
        type_is_named(item->engine->state, value, "FixtureLookupError")) {
        return NULL;
    }
    style = option_get(item->engine, "tbstyle");
    if (style == Py_None) {
        py_replace_take(&style, PyUnicode_FromString("auto")); /* as Function.repr_failure() does */
    }
    if (style) {
        later = represent(item, excinfo, style, excinfo_repr_later);
        Py_DECREF(style);
    }
    return later;
}
