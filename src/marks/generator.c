/* MarkGenerator: `pytest.mark`, makes a decorator of any name and warns about unknown ones. */
#include "marks/internal.h"

#include <string.h>

#include "base/arena.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *config;  /* of the innermost running session; NULL is None */
    PyObject *markers; /* set of names known to be registered */
} MarkGenerator;

/* What a session found when it took `pytest.mark` over. */
struct marks_room {
    PyObject *outer_config;
};

static int
room_traverse(void *data, visitproc visit, void *arg)
{
    struct marks_room *room = data;
    Py_VISIT(room->outer_config);
    return 0;
}

static void
room_release(void *data)
{
    struct marks_room *room = data;
    Py_CLEAR(room->outer_config);
    memory_free(room);
}

PyObject *
mark_plugin_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    MarkGenerator *generator = (MarkGenerator *)marks_types(engine->state)->mark_gen;
    struct marks_room *room = engine_room(engine, ROOM_MARKS);
    PyObject *value = NULL;

    if (!room) {
        room = memory_alloc_zeroed(sizeof *room);
        engine->rooms[ROOM_MARKS] =
            (struct engine_room){.data = room, .traverse = room_traverse, .release = room_release};
    }
    py_replace(&room->outer_config, generator->config);
    py_replace(&generator->config, args[0]);
    /* Refuse a bad value now: it is only used when an empty parameter set turns up. */
    value = ini_get(engine, "empty_parameter_set_mark");
    if (!value) {
        return NULL;
    }
    Py_DECREF(value);
    Py_RETURN_NONE;
}

PyObject *
mark_plugin_unconfigure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    MarkGenerator *generator = (MarkGenerator *)marks_types(engine->state)->mark_gen;
    struct marks_room *room = engine_room(engine, ROOM_MARKS);

    py_replace(&generator->config, room ? room->outer_config : NULL);
    if (room) {
        py_replace(&room->outer_config, NULL); /* a config that lives on must not keep those around it */
    }
    Py_RETURN_NONE;
}

/* "name(args): description" of the ini value: adds the name. 0 or -1. */
static int
add_name_of_line(PyObject *line, PyObject *set)
{
    const char *text = py_utf8(line);
    size_t end = text ? strcspn(text, ":(") : 0;
    size_t start = text ? strspn(text, " \t\n\r\f\v") : 0;

    while (end > start && strchr(" \t\n\r\f\v", text[end - 1])) {
        end--;
    }
    PyObject *name =
        text ? PyUnicode_FromStringAndSize(text + start, start < end ? (Py_ssize_t)(end - start) : 0) : NULL;
    int status = name ? PySet_Add(set, name) : -1;
    Py_XDECREF(name);
    return status;
}

/* config._iter_registered_markers() of a Config of ours, whose Python half need not be there for it. */
static int
add_names_of_ini(PyObject *config, PyObject *set)
{
    PyObject *lines = ini_get(engine_from_config(config), "markers");
    PyObject *iterator = py_iterate_take(lines);
    PyObject *line = NULL;
    int status = iterator ? 0 : -1;

    while (status == 0 && (line = PyIter_Next(iterator))) {
        status = add_name_of_line(line, set);
        Py_DECREF(line);
    }
    Py_XDECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

/* Adds the names of all registered markers to the set. */
int
registered_marker_names_add(struct state *state, PyObject *config, PyObject *set)
{
    if (Py_IS_TYPE(config, hooks_types(state)->config)) {
        return add_names_of_ini(config, set);
    }
    PyObject *markers = PyObject_CallMethod(config, "_iter_registered_markers", NULL);
    PyObject *iterator = markers ? PyObject_GetIter(markers) : NULL;
    PyObject *marker = NULL;
    int status = iterator ? 0 : -1;

    while (status == 0 && (marker = PyIter_Next(iterator))) {
        PyObject *name = PyObject_GetAttrString(marker, "name");
        status = name ? PySet_Add(set, name) : -1;
        Py_XDECREF(name);
        Py_DECREF(marker);
    }
    Py_XDECREF(iterator);
    Py_XDECREF(markers);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

int
markers_are_strict(PyObject *config)
{
    PyObject *value = PyObject_CallMethod(config, "getini", "s", "strict_markers");
    int strict = -1;

    if (value == Py_None) {
        Py_DECREF(value);
        value = PyObject_CallMethod(config, "getini", "s", "strict");
    }
    if (value) {
        strict = PyObject_IsTrue(value);
        Py_DECREF(value);
    }
    return strict;
}

/* 0 when the mark may be made, -1 with pytest.fail or the warning raised. */
static int
check_unknown(MarkGenerator *self, struct state *state, PyObject *name)
{
    int strict = 0;

    if (py_text_equals(name, "parameterize") || py_text_equals(name, "parametrise") ||
        py_text_equals(name, "parameterise")) {
        outcome_fail(state, true, "Unknown '%U' mark, did you mean 'parametrize'?", name);
        return -1;
    }
    strict = markers_are_strict(self->config);
    if (strict != 0) {
        if (strict > 0) {
            outcome_fail(state, false, "%R not found in `markers` configuration option", name);
        }
        return -1;
    }
    return py_warn("PytestUnknownMarkWarning", 1,
                   "Unknown pytest.mark.%U - is this a typo?  You can register custom marks to avoid this warning - "
                   "for details, see https://docs.pytest.org/en/stable/how-to/mark.html",
                   name);
}

static int
check_registered(MarkGenerator *self, struct state *state, PyObject *name)
{
    int known = self->markers ? PySet_Contains(self->markers, name) : 0;

    if (known != 0) {
        return known < 0 ? -1 : 0;
    }
    if (!self->markers && !(self->markers = PySet_New(NULL))) {
        return -1;
    }
    if (registered_marker_names_add(state, self->config, self->markers) < 0) {
        return -1;
    }
    known = PySet_Contains(self->markers, name);
    if (known != 0) {
        return known < 0 ? -1 : 0;
    }
    return check_unknown(self, state, name);
}

static PyObject *
generator_getattro(PyObject *op, PyObject *name)
{
    MarkGenerator *self = (MarkGenerator *)op;
    struct state *state = state_of(op);
    PyObject *found = NULL;

    if (py_text_starts_with(name, "_")) {
        found = PyObject_GenericGetAttr(op, name);
        if (!found && PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_Clear();
            PyErr_SetString(PyExc_AttributeError, "Marker name must NOT start with underscore");
        }
        return found;
    }
    if (self->dict && py_dict_find(self->dict, name, &found) != 0) {
        return found;
    }
    if (self->config && self->config != Py_None && check_registered(self, state, name) < 0) {
        return NULL;
    }
    return mark_decorator_new_take(state, mark_new(state, name, NULL, NULL));
}

static int
generator_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"_ispytest", NULL};
    PyObject *values[1];
    MarkGenerator *self = (MarkGenerator *)op;

    if (py_unpack_tuple("MarkGenerator.__init__", args, kwargs, NAMES, 0, 0, values) < 0 ||
        py_check_is_pytest(values[0]) < 0) {
        return -1;
    }
    py_replace_take(&self->markers, PySet_New(NULL));
    return self->markers ? 0 : -1;
}

static int
generator_traverse(PyObject *op, visitproc visit, void *arg)
{
    MarkGenerator *self = (MarkGenerator *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->config);
    Py_VISIT(self->markers);
    return 0;
}

static int
generator_clear(PyObject *op)
{
    MarkGenerator *self = (MarkGenerator *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->config);
    Py_CLEAR(self->markers);
    return 0;
}

static void
generator_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((MarkGenerator *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    generator_clear(op);
    py_free_instance(op);
}

static PyMemberDef GENERATOR_MEMBERS[] = {
    {"_config", T_OBJECT, offsetof(MarkGenerator, config), 0, NULL},
    {"_markers", T_OBJECT_EX, offsetof(MarkGenerator, markers), 0, NULL},
    PY_DICT_MEMBER(MarkGenerator),
    PY_WEAKREF_MEMBER(MarkGenerator),
    PY_END_MEMBER,
};

static PyGetSetDef GENERATOR_GETSET[] = {PY_DICT_GETSET, PY_END_GETSET};

static const char GENERATOR_DOC[] = "Factory for :class:`MarkDecorator` objects - exposed as\n"
                                    "a ``pytest.mark`` singleton instance.";

static PyType_Slot GENERATOR_SLOTS[] = {
    PY_SLOT(tp_doc, GENERATOR_DOC),           PY_SLOT(tp_init, generator_init),
    PY_SLOT(tp_new, PyType_GenericNew),       PY_SLOT(tp_getattro, generator_getattro),
    PY_SLOT(tp_traverse, generator_traverse), PY_SLOT(tp_clear, generator_clear),
    PY_SLOT(tp_dealloc, generator_dealloc),   PY_SLOT(tp_members, GENERATOR_MEMBERS),
    PY_SLOT(tp_getset, GENERATOR_GETSET),     PY_END_SLOT,
};

static PyType_Spec GENERATOR_SPEC = {
    .name = "_pytest.mark.structures.MarkGenerator",
    .basicsize = sizeof(MarkGenerator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = GENERATOR_SLOTS,
};

int
mark_generator_add_type(PyObject *module, struct state *state)
{
    struct marks_types *types = marks_types(state);

    types->mark_generator = py_type_add(module, &GENERATOR_SPEC, NULL);
    if (!types->mark_generator) {
        return -1;
    }
    types->mark_gen = py_new_instance(types->mark_generator);
    return types->mark_gen ? PyModule_AddObjectRef(module, "MARK_GEN", types->mark_gen) : -1;
}
