/* HookimplMarker and HookspecMarker: the decorators that plugins mark their hooks with. */
#include "hooks/dispatch.h"

typedef struct {
    PyObject_HEAD
    PyObject *project_name;
} Marker;

/* What a marker called without a function returns: sets the options on the function it decorates. */
typedef struct {
    PyObject_HEAD
    PyObject *attribute;
    PyObject *opts;
} MarkerDecorator;

/* ---- the decorator ---- */

static PyObject *
decorate(PyObject *function, PyObject *attribute, PyObject *opts)
{
    if (PyDict_GetItemString(opts, "historic") == Py_True && PyDict_GetItemString(opts, "firstresult") == Py_True) {
        PyErr_SetString(PyExc_ValueError, "cannot have a historic firstresult hook");
        return NULL;
    }
    return PyObject_SetAttr(function, attribute, opts) < 0 ? NULL : Py_NewRef(function);
}

static PyObject *
decorator_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"func", NULL};
    MarkerDecorator *self = (MarkerDecorator *)op;
    PyObject *function = NULL;
    PyObject *opts = NULL;
    PyObject *result = NULL;

    if (py_unpack_tuple("setattr_hookimpl_opts", args, kwargs, NAMES, 1, 1, &function) < 0) {
        return NULL;
    }
    opts = PyDict_Copy(self->opts); /* each function has its own, as in pluggy */
    if (opts) {
        result = decorate(function, self->attribute, opts);
        Py_DECREF(opts);
    }
    return result;
}

static int
decorator_traverse(PyObject *op, visitproc visit, void *arg)
{
    MarkerDecorator *self = (MarkerDecorator *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->attribute);
    Py_VISIT(self->opts);
    return 0;
}

static int
decorator_clear(PyObject *op)
{
    MarkerDecorator *self = (MarkerDecorator *)op;
    Py_CLEAR(self->attribute);
    Py_CLEAR(self->opts);
    return 0;
}

static void
decorator_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    decorator_clear(op);
    py_free_instance(op);
}

static PyType_Slot DECORATOR_SLOTS[] = {
    PY_SLOT(tp_call, decorator_call),
    PY_SLOT(tp_traverse, decorator_traverse),
    PY_SLOT(tp_clear, decorator_clear),
    PY_SLOT(tp_dealloc, decorator_dealloc),
    PY_END_SLOT,
};

static PyType_Spec DECORATOR_SPEC = {
    .name = "pluggy._hooks._MarkerDecorator",
    .basicsize = sizeof(MarkerDecorator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = DECORATOR_SLOTS,
};

/* Decorates `function`, or returns the decorator when there is none. Takes `opts`. */
static PyObject *
apply_take(PyObject *op, PyObject *function, const char *suffix, PyObject *opts)
{
    PyObject *attribute = opts ? PyUnicode_FromFormat("%S%s", ((Marker *)op)->project_name, suffix) : NULL;
    PyObject *result = NULL;

    if (!attribute) {
        Py_XDECREF(opts);
        return NULL;
    }
    if (function && function != Py_None) {
        result = decorate(function, attribute, opts);
    } else {
        MarkerDecorator *decorator = (MarkerDecorator *)py_new_instance(hooks_room(state_of(op))->marker_decorator);
        if (decorator) {
            decorator->attribute = Py_NewRef(attribute);
            decorator->opts = Py_NewRef(opts);
        }
        result = (PyObject *)decorator;
    }
    Py_DECREF(attribute);
    Py_DECREF(opts);
    return result;
}

/* ---- the markers ---- */

static PyObject *
impl_marker_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"function", "hookwrapper", "optionalhook", "tryfirst",
                                        "trylast",  "specname",    "wrapper",      NULL};
    PyObject *values[7];

    if (py_unpack_tuple("HookimplMarker.__call__", args, kwargs, NAMES, 7, 0, values) < 0) {
        return NULL;
    }
    for (size_t i = 1; i < COUNT_OF(values); i++) {
        if (!values[i]) {
            values[i] = i == 5 ? Py_None : Py_False;
        }
    }
    return apply_take(op, values[0], "_impl",
                      Py_BuildValue("{s:O,s:O,s:O,s:O,s:O,s:O}", "wrapper", values[6], "hookwrapper", values[1],
                                    "optionalhook", values[2], "tryfirst", values[3], "trylast", values[4], "specname",
                                    values[5]));
}

static PyObject *
spec_marker_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"function",     "firstresult",       "historic",
                                        "warn_on_impl", "warn_on_impl_args", NULL};
    PyObject *values[5];

    if (py_unpack_tuple("HookspecMarker.__call__", args, kwargs, NAMES, 5, 0, values) < 0) {
        return NULL;
    }
    for (size_t i = 1; i < COUNT_OF(values); i++) {
        if (!values[i]) {
            values[i] = i >= 3 ? Py_None : Py_False;
        }
    }
    return apply_take(op, values[0], "_spec",
                      Py_BuildValue("{s:O,s:O,s:O,s:O}", "firstresult", values[1], "historic", values[2],
                                    "warn_on_impl", values[3], "warn_on_impl_args", values[4]));
}

static PyObject *
marker_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"project_name", NULL};
    PyObject *project_name = NULL;

    if (py_unpack_tuple("HookimplMarker", args, kwargs, NAMES, 1, 1, &project_name) < 0) {
        return NULL;
    }
    Marker *self = (Marker *)py_new_instance(type);
    if (self) {
        self->project_name = Py_NewRef(project_name);
    }
    return (PyObject *)self;
}

static int
marker_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((Marker *)op)->project_name);
    return 0;
}

static int
marker_clear(PyObject *op)
{
    Py_CLEAR(((Marker *)op)->project_name);
    return 0;
}

static void
marker_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    marker_clear(op);
    py_free_instance(op);
}

static PyMemberDef MARKER_MEMBERS[] = {
    {"project_name", T_OBJECT, offsetof(Marker, project_name), READONLY, NULL},
    PY_END_MEMBER,
};

#define MARKER_SLOTS(call)                                                                                             \
    {                                                                                                                  \
        PY_SLOT(tp_new, marker_new),                                                                                   \
        PY_SLOT(tp_call, call),                                                                                        \
        PY_SLOT(tp_traverse, marker_traverse),                                                                         \
        PY_SLOT(tp_clear, marker_clear),                                                                               \
        PY_SLOT(tp_dealloc, marker_dealloc),                                                                           \
        PY_SLOT(tp_members, MARKER_MEMBERS),                                                                           \
        PY_END_SLOT,                                                                                                   \
    }

static PyType_Slot IMPL_MARKER_SLOTS[] = MARKER_SLOTS(impl_marker_call);
static PyType_Slot SPEC_MARKER_SLOTS[] = MARKER_SLOTS(spec_marker_call);

static PyType_Spec IMPL_MARKER_SPEC = {
    .name = "pluggy._hooks.HookimplMarker",
    .basicsize = sizeof(Marker),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = IMPL_MARKER_SLOTS,
};

static PyType_Spec SPEC_MARKER_SPEC = {
    .name = "pluggy._hooks.HookspecMarker",
    .basicsize = sizeof(Marker),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = SPEC_MARKER_SLOTS,
};

/* pytest.hookimpl and pytest.hookspec */
static int
add_instance(PyObject *module, PyTypeObject *type, const char *name)
{
    PyObject *marker = PyObject_CallFunction((PyObject *)type, "s", "pytest");
    int status = marker ? PyModule_AddObjectRef(module, name, marker) : -1;

    Py_XDECREF(marker);
    return status;
}

int
markers_add_types(PyObject *module, struct state *state)
{
    struct hooks_room *room = hooks_room(state);

    room->impl_marker = py_type_add(module, &IMPL_MARKER_SPEC, NULL);
    room->spec_marker = py_type_add(module, &SPEC_MARKER_SPEC, NULL);
    room->marker_decorator = py_type_add(module, &DECORATOR_SPEC, NULL);
    if (!room->impl_marker || !room->spec_marker || !room->marker_decorator) {
        return -1;
    }
    return add_instance(module, room->impl_marker, "hookimpl") < 0
               ? -1
               : add_instance(module, room->spec_marker, "hookspec");
}
