/* Scopes: numbers in C, members of the enum `_pytest.scope.Scope` for Python. */
#include "marks/internal.h"

static const char *const SCOPE_NAMES[SCOPE_COUNT] = {"function", "class", "module", "package", "session"};

const char *
scope_name(enum scope scope)
{
    return SCOPE_NAMES[scope];
}

PyObject *
scope_object(struct state *state, enum scope scope)
{
    PyObject **slot = &marks_types(state)->scopes[scope];

    if (!*slot) {
        PyObject *all = py_import_attr("_pytest.scope", "_ALL_SCOPES");
        *slot = all ? PySequence_GetItem(all, (Py_ssize_t)scope) : NULL;
        Py_XDECREF(all);
    }
    return Py_XNewRef(*slot);
}

static int
find_by_name(PyObject *name)
{
    for (int i = 0; i < SCOPE_COUNT; i++) {
        if (PyUnicode_CompareWithASCIIString(name, SCOPE_NAMES[i]) == 0) {
            return i;
        }
    }
    return -1;
}

int
scope_find(struct state *state, PyObject *object)
{
    PyObject **members = marks_types(state)->scopes;
    PyObject *value = NULL;
    int scope = -1;

    if (PyUnicode_Check(object)) {
        return find_by_name(object);
    }
    for (int i = 0; i < SCOPE_COUNT; i++) {
        if (members[i] == object) {
            return i;
        }
    }
    value = object == Py_None ? NULL : PyObject_GetAttrString(object, "value");
    if (value && PyUnicode_Check(value)) {
        scope = find_by_name(value);
    }
    if (!value && PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
    }
    Py_XDECREF(value);
    return scope;
}

/* What Scope(name) raises, as the context of the exception that is set: tracebacks show both. */
static void
scope_add_context(PyObject *name)
{
    PyObject *error = py_error_take();
    PyObject *type = py_import_attr("_pytest.scope", "Scope");
    PyObject *member = type ? py_call1(type, name) : NULL;
    PyObject *context = py_error_take();

    if (context) {
        PyException_SetContext(error, context);
    }
    Py_XDECREF(type);
    Py_XDECREF(member);
    py_error_restore_take(error);
}

int
scope_from_user(struct state *state, PyObject *name, const char *descr, const char *where)
{
    int scope = scope_find(state, name);

    if (scope < 0 && !PyErr_Occurred()) {
        PyObject *text = PyObject_Str(name);
        if (text) {
            outcome_fail(state, false, "%s %s%s%sgot an unexpected scope value '%U'", descr, where ? "from " : "",
                         where ? where : "", where ? " " : "", text);
            scope_add_context(text);
            Py_DECREF(text);
        }
    }
    return scope;
}
