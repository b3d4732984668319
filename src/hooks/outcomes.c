/* Outcome exceptions (Failed, Skipped, Exit, ...), and pytest.fail(), skip(), xfail(), exit(). */
#include <stdarg.h>

#include "hooks/dispatch.h"

/* ---- exception types: the instance has Exception's own layout, attributes live in its __dict__ ---- */

static int
set_attribute(PyObject *op, const char *name, PyObject *value)
{
    return PyObject_SetAttrString(op, name, value);
}

/* BaseException.__init__(self, *args) */
static int
init_arguments(PyObject *op, PyObject *args)
{
    initproc init = (initproc)PyType_GetSlot((PyTypeObject *)PyExc_BaseException, Py_tp_init);
    return init(op, args, NULL);
}

static int
init_message(PyObject *op, PyObject *message)
{
    PyObject *args = PyTuple_Pack(1, message);
    int status = args ? init_arguments(op, args) : -1;

    Py_XDECREF(args);
    return status < 0 ? -1 : set_attribute(op, "msg", message);
}

static int
init_outcome(PyObject *op, PyObject *message, PyObject *pytrace)
{
    message = message ? message : Py_None;
    if (message != Py_None && !PyUnicode_Check(message)) {
        PyObject *own = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
        PyObject *other = own ? PyObject_GetAttrString((PyObject *)Py_TYPE(message), "__name__") : NULL;
        if (other) {
            PyErr_Format(PyExc_TypeError,
                         "%U expected string as 'msg' parameter, got '%U' instead.\nPerhaps you meant to use a mark?",
                         own, other);
        }
        Py_XDECREF(own);
        Py_XDECREF(other);
        return -1;
    }
    if (init_message(op, message) < 0) {
        return -1;
    }
    return set_attribute(op, "pytrace", pytrace ? pytrace : Py_True);
}

static int
outcome_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"msg", "pytrace", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("__init__", args, kwargs, NAMES, 2, 0, values) < 0) {
        return -1;
    }
    return init_outcome(op, values[0], values[1]);
}

static int
skipped_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"msg", "pytrace", "allow_module_level", "_use_item_location", NULL};
    PyObject *values[4];

    if (py_unpack_tuple("__init__", args, kwargs, NAMES, 3, 0, values) < 0 ||
        init_outcome(op, values[0], values[1]) < 0 ||
        set_attribute(op, "allow_module_level", values[2] ? values[2] : Py_False) < 0) {
        return -1;
    }
    return set_attribute(op, "_use_item_location", values[3] ? values[3] : Py_False);
}

static int
exit_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"msg", "returncode", NULL};
    PyObject *values[2];
    PyObject *message = NULL;
    int status = -1;

    if (py_unpack_tuple("__init__", args, kwargs, NAMES, 2, 0, values) < 0) {
        return -1;
    }
    message = values[0] ? Py_NewRef(values[0]) : PyUnicode_FromString("unknown reason");
    if (message && init_message(op, message) == 0) {
        status = set_attribute(op, "returncode", values[1] ? values[1] : Py_None);
    }
    Py_XDECREF(message);
    return status;
}

static PyObject *
outcome_repr(PyObject *op)
{
    PyObject *message = PyObject_GetAttrString(op, "msg");
    PyObject *name = NULL;
    PyObject *text = NULL;

    if (!message || message != Py_None) {
        return message;
    }
    Py_DECREF(message);
    name = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
    text = name ? PyUnicode_FromFormat("<%U instance>", name) : NULL;
    Py_XDECREF(name);
    return text;
}

/* ConftestImportFailure(path, *, cause) */
static int
conftest_failure_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"path", "cause", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("ConftestImportFailure.__init__", args, kwargs, NAMES, 1, 2, values) < 0 ||
        init_arguments(op, args) < 0 || set_attribute(op, "path", values[0]) < 0) {
        return -1;
    }
    return set_attribute(op, "cause", values[1]);
}

static PyObject *
conftest_failure_str(PyObject *op)
{
    PyObject *cause = PyObject_GetAttrString(op, "cause");
    PyObject *path = cause ? PyObject_GetAttrString(op, "path") : NULL;
    PyObject *name = path ? PyObject_GetAttrString((PyObject *)Py_TYPE(cause), "__name__") : NULL;
    PyObject *text = name ? PyUnicode_FromFormat("%U: %S (from %S)", name, cause, path) : NULL;

    Py_XDECREF(cause);
    Py_XDECREF(path);
    Py_XDECREF(name);
    return text;
}

/* ---- pytest.fail and its kin: callables with an attribute Exception ---- */

enum outcome_kind { KIND_EXIT, KIND_SKIP, KIND_FAIL, KIND_XFAIL };

typedef struct {
    PyObject_HEAD
    enum outcome_kind kind;
    PyObject *exception; /* the type */
} OutcomeFunction;

static const char *const FUNCTION_NAMES[] = {"exit", "skip", "fail", "xfail"};

/* What the exception is called with: a new dict. */
static PyObject *
exception_kwargs(enum outcome_kind kind, PyObject *reason, PyObject *second)
{
    static const char *const SECOND[] = {"returncode", "allow_module_level", "pytrace", NULL};
    PyObject *kwargs = PyDict_New();
    PyObject *message = reason ? Py_NewRef(reason) : PyUnicode_FromString("");

    if (!kwargs || !message || PyDict_SetItemString(kwargs, "msg", message) < 0 ||
        (second && PyDict_SetItemString(kwargs, SECOND[kind], second) < 0)) {
        Py_CLEAR(kwargs);
    }
    Py_XDECREF(message);
    return kwargs;
}

static PyObject *
function_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[][3] = {
        {"reason", "returncode", NULL},
        {"reason", "allow_module_level", NULL},
        {"reason", "pytrace", NULL},
        {"reason", NULL, NULL},
    };
    OutcomeFunction *self = (OutcomeFunction *)op;
    Py_ssize_t count = self->kind == KIND_XFAIL ? 1 : 2;
    PyObject *values[2] = {NULL, NULL};
    PyObject *exception_arguments = NULL;
    PyObject *exception = NULL;

    if (py_unpack_tuple(FUNCTION_NAMES[self->kind], args, kwargs, NAMES[self->kind], count, 0, values) < 0) {
        return NULL;
    }
    exception_arguments = exception_kwargs(self->kind, values[0], values[1]);
    if (exception_arguments) {
        exception = py_call(state_of(op), self->exception, NULL, exception_arguments);
        Py_DECREF(exception_arguments);
    }
    if (exception) {
        PyErr_SetObject(self->exception, exception);
        Py_DECREF(exception);
    }
    return NULL;
}

static int
function_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((OutcomeFunction *)op)->exception);
    return 0;
}

static int
function_clear(PyObject *op)
{
    Py_CLEAR(((OutcomeFunction *)op)->exception);
    return 0;
}

static void
function_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    function_clear(op);
    py_free_instance(op);
}

static PyMemberDef FUNCTION_MEMBERS[] = {
    {"Exception", T_OBJECT, offsetof(OutcomeFunction, exception), 0, NULL},
    PY_END_MEMBER,
};

static PyType_Slot FUNCTION_SLOTS[] = {
    PY_SLOT(tp_call, function_call),       PY_SLOT(tp_traverse, function_traverse), PY_SLOT(tp_clear, function_clear),
    PY_SLOT(tp_dealloc, function_dealloc), PY_SLOT(tp_members, FUNCTION_MEMBERS),   PY_END_SLOT,
};

/* One type each, as in pytest: their names show in messages and help(). */
static const char *const FUNCTION_TYPE_NAMES[] = {
    "_pytest.outcomes._Exit",
    "_pytest.outcomes._Skip",
    "_pytest.outcomes._Fail",
    "_pytest.outcomes._XFail",
};

static int
add_function(PyObject *module, enum outcome_kind kind, PyObject *exception)
{
    PyType_Spec spec = {
        .name = FUNCTION_TYPE_NAMES[kind],
        .basicsize = sizeof(OutcomeFunction),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
        .slots = FUNCTION_SLOTS,
    };
    PyTypeObject *type = py_type_add(module, &spec, NULL);
    OutcomeFunction *function = type ? (OutcomeFunction *)py_new_instance(type) : NULL;
    int status = -1;

    if (function) {
        function->kind = kind;
        function->exception = Py_NewRef(exception);
        status = PyObject_SetAttrString((PyObject *)type, "Exception", exception);
        if (status == 0) {
            status = PyModule_AddObjectRef(module, FUNCTION_NAMES[kind], (PyObject *)function);
        }
    }
    Py_XDECREF(function);
    Py_XDECREF(type);
    return status;
}

/* ---- making the types ---- */

struct exception_row {
    const char *name; /* with the module that pytest shows */
    initproc init;
    reprfunc repr;
    reprfunc str;
    const char *doc;
};

/* A subclass of `base`, with `base`'s layout: a new reference. */
static PyObject *
exception_type(PyObject *module, const struct exception_row *row, PyObject *base)
{
    PyType_Slot slots[5];
    size_t count = 0;

    slots[count++] = (PyType_Slot)PY_SLOT(tp_doc, row->doc);
    if (row->init) {
        slots[count++] = (PyType_Slot)PY_SLOT(tp_init, row->init);
    }
    if (row->repr) {
        slots[count++] = (PyType_Slot)PY_SLOT(tp_repr, row->repr);
    }
    if (row->str) {
        slots[count++] = (PyType_Slot)PY_SLOT(tp_str, row->str);
    }
    slots[count] = (PyType_Slot)PY_END_SLOT;
    PyType_Spec spec = {.name = row->name, .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .slots = slots};
    return (PyObject *)py_type_add(module, &spec, base);
}

/* Skipped and Failed claim to live in builtins so that tracebacks print them short. */
static int
add_outcomes(PyObject *module, struct hooks_room *room)
{
    static const struct exception_row OUTCOME = {"_pytest.outcomes.OutcomeException", outcome_init, outcome_repr,
                                                 outcome_repr, "Outcomes of tests and collection."};
    static const struct exception_row SKIPPED = {"builtins.Skipped", skipped_init, NULL, NULL, NULL};
    static const struct exception_row FAILED = {"builtins.Failed", NULL, NULL, NULL,
                                                "Raised from an explicit call to pytest.fail()."};
    static const struct exception_row XFAILED = {"_pytest.outcomes.XFailed", NULL, NULL, NULL,
                                                 "Raised from an explicit call to pytest.xfail()."};
    static const struct exception_row EXIT = {"_pytest.outcomes.Exit", exit_init, NULL, NULL,
                                              "Raised for immediate program exits (no tracebacks/summaries)."};

    room->types.outcome_exception = exception_type(module, &OUTCOME, PyExc_BaseException);
    if (!room->types.outcome_exception) {
        return -1;
    }
    room->types.skipped = exception_type(module, &SKIPPED, room->types.outcome_exception);
    room->types.failed = exception_type(module, &FAILED, room->types.outcome_exception);
    room->types.exit = exception_type(module, &EXIT, PyExc_Exception);
    if (!room->types.failed || !room->types.skipped || !room->types.exit) {
        return -1;
    }
    room->outcome_xfailed = exception_type(module, &XFAILED, room->types.failed);
    return room->outcome_xfailed ? 0 : -1;
}

static int
add_errors(PyObject *module, struct hooks_room *room)
{
    static const struct exception_row USAGE = {"pytest.UsageError", NULL, NULL, NULL,
                                               "Error in pytest usage or invocation."};
    static const struct exception_row PLUGIN = {"_pytest.config.PluginImportFailure", NULL, NULL, NULL,
                                                "A plugin was found, but raised while being imported."};
    static const struct exception_row CONFTEST = {"_pytest.config.ConftestImportFailure", conftest_failure_init, NULL,
                                                  conftest_failure_str, NULL};

    room->types.usage_error = exception_type(module, &USAGE, PyExc_Exception);
    room->plugin_import_failure = exception_type(module, &PLUGIN, PyExc_Exception);
    room->conftest_import_failure = exception_type(module, &CONFTEST, PyExc_Exception);
    return room->types.usage_error && room->plugin_import_failure && room->conftest_import_failure ? 0 : -1;
}

int
outcomes_add_types(PyObject *module, struct state *state)
{
    struct hooks_room *room = hooks_room(state);

    if (add_outcomes(module, room) < 0 || add_errors(module, room) < 0 ||
        add_function(module, KIND_EXIT, room->types.exit) < 0 ||
        add_function(module, KIND_SKIP, room->types.skipped) < 0 ||
        add_function(module, KIND_FAIL, room->types.failed) < 0) {
        return -1;
    }
    return add_function(module, KIND_XFAIL, room->outcome_xfailed);
}

/* ---- raising from C ---- */

PyObject *
outcome_fail(struct state *state, bool with_traceback, const char *fmt, ...)
{
    PyObject *type = hooks_types(state)->failed;
    PyObject *message = NULL;
    PyObject *exception = NULL;
    va_list arguments;

    va_start(arguments, fmt);
    message = PyUnicode_FromFormatV(fmt, arguments);
    va_end(arguments);
    if (message) {
        exception = py_call2(type, message, with_traceback ? Py_True : Py_False);
        Py_DECREF(message);
    }
    if (exception) {
        PyErr_SetObject(type, exception);
        Py_DECREF(exception);
    }
    return NULL;
}

PyObject *
outcome_skip(struct state *state, PyObject *reason)
{
    PyObject *exception = py_call1(hooks_types(state)->skipped, reason);

    if (exception) {
        PyErr_SetObject(hooks_types(state)->skipped, exception);
        Py_DECREF(exception);
    }
    return NULL;
}

PyObject *
usage_error(struct state *state, const char *fmt, ...)
{
    PyObject *message = NULL;
    va_list arguments;

    va_start(arguments, fmt);
    message = PyUnicode_FromFormatV(fmt, arguments);
    va_end(arguments);
    if (message) {
        PyErr_SetObject(hooks_types(state)->usage_error, message);
        Py_DECREF(message);
    }
    return NULL;
}
