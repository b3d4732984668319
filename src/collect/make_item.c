/* From an attribute of a module or class to what it is collected as. */
#include "collect/internal.h"

#include "code/code.h"

enum { CODE_IS_GENERATOR = 0x20 };

/* ---- What counts as a test ---- */

/* safe_getattr(object, "__test__") is True */
static int
is_nose_test(struct state *state, PyObject *object)
{
    PyObject *value = NULL;
    int found = safe_find_attr(state, object, state->names.__test__, &value);

    if (found > 0) {
        found = value == Py_True;
        Py_DECREF(value);
    }
    return found;
}

static int
function_name_counts(Node *collector, PyObject *name)
{
    struct collect_engine *room = collect_engine(collector->engine);
    return name_matches(collector->engine, &room->python_functions, "python_functions", name);
}

static int
class_name_counts(Node *collector, PyObject *name)
{
    struct collect_engine *room = collect_engine(collector->engine);
    return name_matches(collector->engine, &room->python_classes, "python_classes", name);
}

/* The answer of an overridden question: 1, 0, -1. */
static int
ask(Node *collector, const char *method, PyObject *first, PyObject *second)
{
    PyObject *name = PyUnicode_InternFromString(method);
    PyObject *answer = name ? PyObject_CallMethodObjArgs((PyObject *)collector, name, first, second, NULL) : NULL;
    int result = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(name);
    Py_XDECREF(answer);
    return result;
}

static int
is_callable_test(struct state *state, PyObject *object)
{
    PyObject *inner = NULL;
    int result = 0;

    if (Py_TYPE(object) == state->static_method_type || Py_TYPE(object) == state->class_method_type) {
        result = safe_find_attr(state, object, state->names.dunder_func, &inner);
        if (result <= 0) {
            return result;
        }
        object = inner;
    }
    result = PyCallable_Check(object) && !state->upcalls.is_fixture(state, object);
    Py_XDECREF(inner);
    return result;
}

static int
is_test_function_native(Node *collector, PyObject *object, PyObject *name, bool asks)
{
    struct state *state = collector->engine->state;
    int counts = asks ? ask(collector, "funcnamefilter", name, NULL) : function_name_counts(collector, name);

    if (counts == 0 && asks) {
        counts = ask(collector, "isnosetest", object, NULL);
    } else if (counts == 0 && !PyModule_CheckExact(object) && !finder_is_pytest(state, object)) {
        counts = is_nose_test(state, object); /* a module may say so, but cannot be called */
    }
    return counts > 0 ? is_callable_test(state, object) : counts;
}

static int
is_test_class_native(Node *collector, PyObject *object, PyObject *name, bool asks)
{
    struct state *state = collector->engine->state;
    int counts = asks ? ask(collector, "classnamefilter", name, NULL) : class_name_counts(collector, name);

    if (counts == 0) {
        counts = asks ? ask(collector, "isnosetest", object, NULL) : is_nose_test(state, object);
    }
    return counts > 0 ? !is_abstract_class(object) : counts;
}

/* collector.istestfunction(object, name), respecting overrides: 1, 0, -1. Its twin asks of classes. */
static int
collector_is_test_function(Node *collector, PyObject *object, PyObject *name)
{
    if (node_overrides(collector, OVERRIDE_ISTEST)) {
        return ask(collector, "istestfunction", object, name);
    }
    return is_test_function_native(collector, object, name, false);
}

static int
collector_is_test_class(Node *collector, PyObject *object, PyObject *name)
{
    if (node_overrides(collector, OVERRIDE_ISTEST)) {
        return ask(collector, "istestclass", object, name);
    }
    return is_test_class_native(collector, object, name, false);
}

/* ---- The methods behind those questions ---- */

static PyObject *
truth(int status)
{
    return status < 0 ? NULL : PyBool_FromLong(status);
}

static PyObject *
method_funcnamefilter(PyObject *op, PyObject *name)
{
    return truth(function_name_counts((Node *)op, name));
}

static PyObject *
method_classnamefilter(PyObject *op, PyObject *name)
{
    return truth(class_name_counts((Node *)op, name));
}

static PyObject *
method_isnosetest(PyObject *op, PyObject *object)
{
    return truth(is_nose_test(((Node *)op)->engine->state, object));
}

static int
unpack_object_and_name(const char *function, PyObject *args, PyObject *kwargs, PyObject **values)
{
    static const char *const NAMES[] = {"obj", "name", NULL};
    return py_unpack_tuple(function, args, kwargs, NAMES, 2, 2, values);
}

static PyObject *
method_istestfunction(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *values[2];

    if (unpack_object_and_name("istestfunction", args, kwargs, values) < 0) {
        return NULL;
    }
    bool asks = node_overrides((Node *)op, OVERRIDE_ISTEST);
    return truth(is_test_function_native((Node *)op, values[0], values[1], asks));
}

static PyObject *
method_istestclass(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *values[2];

    if (unpack_object_and_name("istestclass", args, kwargs, values) < 0) {
        return NULL;
    }
    bool asks = node_overrides((Node *)op, OVERRIDE_ISTEST);
    return truth(is_test_class_native((Node *)op, values[0], values[1], asks));
}

static PyObject *
method_matches_option(PyObject *op, PyObject *args)
{
    struct patterns patterns = {0};
    const char *option = NULL;
    PyObject *name = NULL;

    if (!PyArg_ParseTuple(args, "sO", &option, &name)) {
        return NULL;
    }
    int matches = name_matches(((Node *)op)->engine, &patterns, option, name);
    patterns_release(&patterns);
    return truth(matches);
}

static PyObject *
method_genfunctions(PyObject *op, PyObject *args)
{
    PyObject *name = NULL;
    PyObject *function = NULL;

    if (!PyArg_ParseTuple(args, "OO:_genfunctions", &name, &function)) {
        return NULL;
    }
    return py_iterate_take(collector_generate_native((Node *)op, name, function));
}

PY_NAMED_ONE(method_funcnamefilter_named, method_funcnamefilter, "funcnamefilter", "name")
PY_NAMED_ONE(method_classnamefilter_named, method_classnamefilter, "classnamefilter", "name")
PY_NAMED_ONE(method_isnosetest_named, method_isnosetest, "isnosetest", "obj")

PyMethodDef TEST_RULE_METHODS[] = {
    {"funcnamefilter", PY_FAST_WITH_KEYWORDS(method_funcnamefilter_named), "funcnamefilter($self, name)\n--\n\n"},
    {"classnamefilter", PY_FAST_WITH_KEYWORDS(method_classnamefilter_named), "classnamefilter($self, name)\n--\n\n"},
    {"isnosetest", PY_FAST_WITH_KEYWORDS(method_isnosetest_named),
     "isnosetest($self, obj)\n--\n\n"
     "Look for the __test__ attribute, which nose's decorator applied."},
    {"istestfunction", PY_WITH_KEYWORDS(method_istestfunction), "istestfunction($self, obj, name)\n--\n\n"},
    {"istestclass", PY_WITH_KEYWORDS(method_istestclass), "istestclass($self, obj, name)\n--\n\n"},
    {"_matches_prefix_or_glob_option", method_matches_option, METH_VARARGS, NULL},
    {"_genfunctions", method_genfunctions, METH_VARARGS, "_genfunctions($self, name, funcobj, /)\n--\n\n"},
    PY_END_METHOD,
};

/* ---- pytest_pycollect_makeitem ---- */

static int
warn_not_a_function(struct state *state, PyObject *name, PyObject *object)
{
    PyObject *category = py_import_attr("_pytest.warning_types", "PytestCollectionWarning");
    PyObject *location = category ? code_fslineno(state, object) : NULL;
    PyObject *message = location ? PyUnicode_FromFormat("cannot collect %R because it is not a function.", name) : NULL;
    PyObject *warning = message ? py_call1(category, message) : NULL;
    PyObject *filename = warning ? PyObject_Str(PyTuple_GetItem(location, 0)) : NULL;
    PyObject *warn = filename ? py_import_attr("warnings", "warn_explicit") : NULL;
    PyObject *result = NULL;

    if (warn) {
        long line = PyLong_AsLong(PyTuple_GetItem(location, 1));
        result = PyObject_CallFunction(warn, "OOOl", warning, Py_None, filename, line + 1);
    }
    int status = result ? 0 : -1;
    Py_XDECREF(category);
    Py_XDECREF(location);
    Py_XDECREF(message);
    Py_XDECREF(warning);
    Py_XDECREF(filename);
    Py_XDECREF(warn);
    Py_XDECREF(result);
    return status;
}

/* Whether it is a function, perhaps behind partials and wrappers. */
static int
is_function(struct state *state, PyObject *object)
{
    PyObject *real = NULL;

    if (is_plain_function(state, object)) {
        return 1;
    }
    real = real_function(state, object);
    int result = real ? is_plain_function(state, real) : -1;
    Py_XDECREF(real);
    return result;
}

static int
is_generator_function(struct state *state, PyObject *object)
{
    PyObject *function = Py_NewRef(object);

    if (!is_plain_function(state, object)) {
        py_replace_take(&function, real_function(state, object));
    }
    long flags = function ? function_code_flags(state, function) : -1;
    Py_XDECREF(function);
    return flags < 0 ? -1 : (flags & CODE_IS_GENERATOR) != 0;
}

/* Not excluded by `__test__ = False`. */
static int
wants_collection(struct state *state, PyObject *object)
{
    PyObject *value = NULL;
    int found = py_find_attr(state, object, state->names.__test__, &value);

    if (found > 0) {
        found = PyObject_IsTrue(value);
        Py_DECREF(value);
        return found;
    }
    return found < 0 ? -1 : 1;
}

/* list(collector._genfunctions(name, object)), respecting overrides. */
static PyObject *
collector_generate(Node *collector, PyObject *name, PyObject *object)
{
    if (!node_overrides(collector, OVERRIDE_ISTEST)) {
        return collector_generate_native(collector, name, object);
    }
    PyObject *generator = PyObject_CallMethod((PyObject *)collector, "_genfunctions", "OO", name, object);
    PyObject *list = generator ? PySequence_List(generator) : NULL;
    Py_XDECREF(generator);
    return list;
}

static PyObject *
make_functions(Node *collector, PyObject *name, PyObject *object)
{
    struct state *state = collector->engine->state;
    int status = is_function(state, object);

    if (status == 0) {
        return py_none_or_error(warn_not_a_function(state, name, object));
    }
    if (status > 0) {
        status = wants_collection(state, object);
        if (status == 0) {
            Py_RETURN_NONE;
        }
    }
    if (status > 0) {
        status = is_generator_function(state, object);
        if (status > 0) {
            return outcome_fail(state, false, "'yield' keyword is allowed in fixtures, but not in tests (%U)", name);
        }
    }
    return status < 0 ? NULL : collector_generate(collector, name, object);
}

PyObject *
python_make_item(Node *collector, PyObject *name, PyObject *object)
{
    struct state *state = collector->engine->state;
    PyObject *function = NULL;
    PyObject *result = NULL;
    int counts = 0;

    if (PyType_Check(object)) {
        counts = collector_is_test_class(collector, object, name);
        if (counts <= 0) {
            return py_none_or_error(counts);
        }
        return (PyObject *)class_node_new(collect_types(state)->class_type, collector, name, object);
    }
    counts = collector_is_test_function(collector, object, name);
    /* What a rewritten module calls when an assertion fails: a module in pytest, hence never a test. */
    if (counts <= 0 || py_text_equals(name, "@pytest_ar")) {
        return py_none_or_error(counts);
    }
    /* mock seems to store unbound methods */
    if (!is_plain_function(state, object)) {
        counts = py_find_attr(state, object, state->names.dunder_func, &function);
        if (counts < 0) {
            return NULL;
        }
    }
    result = make_functions(collector, name, function ? function : object);
    Py_XDECREF(function);
    return result;
}
