/* Argument: the type that plugins see. */
#include "hooks/config_internal.h"

static int
argument_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"action", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Argument.__init__", args, kwargs, NAMES, 1, 1, values) < 0) {
        return -1;
    }
    return argument_fill_from_action((Argument *)op, values[0]);
}

static int
argument_traverse(PyObject *op, visitproc visit, void *arg)
{
    Argument *self = (Argument *)op;

    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((Argument *)op)->dict);
    Py_VISIT(self->names);
    Py_VISIT(self->default_value);
    Py_VISIT(self->const_value);
    Py_VISIT(self->type);
    Py_VISIT(self->choices);
    Py_VISIT(self->attrs);
    Py_VISIT(self->action);
    return 0;
}

static int
argument_clear(PyObject *op)
{
    Argument *self = (Argument *)op;

    Py_CLEAR(self->dict);
    Py_CLEAR(self->names);
    Py_CLEAR(self->dest);
    Py_CLEAR(self->default_value);
    Py_CLEAR(self->const_value);
    Py_CLEAR(self->type);
    Py_CLEAR(self->choices);
    Py_CLEAR(self->attrs);
    Py_CLEAR(self->action);
    return 0;
}

static void
argument_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Argument *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    argument_clear(op);
    py_free_instance(op);
}

static PyObject *
argument_names_method(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_XNewRef(argument_names((Argument *)op));
}

static PyObject *
text_or_none(const char *text)
{
    return text ? PyUnicode_FromString(text) : Py_NewRef(Py_None);
}

static PyObject *
choices_from_spec(const struct option_spec *spec)
{
    PyObject *choices = PyList_New(0);

    for (size_t i = 0; choices && i < COUNT_OF(spec->choices) && spec->choices[i]; i++) {
        if (py_list_append_take(choices, PyUnicode_FromString(spec->choices[i])) < 0) {
            Py_CLEAR(choices);
        }
    }
    return choices;
}

static PyObject *
spec_as_attrs(const struct option_spec *spec)
{
    static const char *const ACTIONS[] = {
        [OPTION_STORE] = "store",
        [OPTION_STORE_TRUE] = "store_true",
        [OPTION_STORE_FALSE] = "store_false",
        [OPTION_STORE_CONST] = "store_const",
        [OPTION_APPEND] = "append",
        [OPTION_COUNT] = "count",
        [OPTION_CUSTOM] = NULL,
    };
    static const char *const TYPES[] = {
        [OPTION_TEXT] = NULL,
        [OPTION_INT] = "builtins:int",
        [OPTION_FLOAT] = "builtins:float",
        [OPTION_CUSTOM_TYPE] = NULL,
    };
    const char *action = spec->action == OPTION_CUSTOM ? spec->custom_action : ACTIONS[spec->action];
    const char *type = spec->type == OPTION_CUSTOM_TYPE ? spec->custom_type : TYPES[spec->type];
    PyObject *attrs = PyDict_New();

    if (!attrs || py_dict_set_string_take(attrs, "action", text_or_none(action)) < 0 ||
        py_dict_set_string_take(attrs, "type", text_or_none(type)) < 0 ||
        py_dict_set_string_take(attrs, "help", text_or_none(spec->help)) < 0 ||
        py_dict_set_string_take(attrs, "metavar", text_or_none(spec->metavar)) < 0 ||
        py_dict_set_string_take(attrs, "nargs", text_or_none(spec->nargs)) < 0 ||
        py_dict_set_string_take(attrs, "choices", choices_from_spec(spec)) < 0 ||
        PyDict_SetItemString(attrs, "has_default", spec->default_text ? Py_True : Py_False) < 0) {
        Py_CLEAR(attrs);
    }
    return attrs;
}

/* (names, kwargs, is_native): what _pytest.config.argparsing builds argparse's action from. */
static PyObject *
argument_definition(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Argument *self = (Argument *)op;
    PyObject *names = argument_names(self);
    PyObject *attrs = self->spec ? spec_as_attrs(self->spec) : Py_XNewRef(self->attrs);
    PyObject *result = NULL;

    if (names && attrs) {
        result = PyTuple_Pack(3, names, attrs, self->spec ? Py_True : Py_False);
    }
    Py_XDECREF(attrs);
    return result;
}

static PyObject *
argument_get_type(PyObject *op, void *Py_UNUSED(closure))
{
    Argument *self = (Argument *)op;
    enum option_type type = self->spec ? self->spec->type : OPTION_TEXT;

    if (self->type) {
        return Py_NewRef(self->type);
    }
    return Py_NewRef(type == OPTION_INT     ? (PyObject *)&PyLong_Type
                     : type == OPTION_FLOAT ? (PyObject *)&PyFloat_Type
                                            : Py_None);
}

static PyObject *
argument_repr(PyObject *op)
{
    Argument *self = (Argument *)op;
    PyObject *names = NULL;
    PyObject *type = argument_get_type(op, NULL);
    PyObject *result = NULL;

    if (!self->dest) {
        Py_XDECREF(type);
        return PyUnicode_FromString("Argument(<uninitialized>)");
    }
    names = argument_names(self);
    if (names && type) {
        result = type == Py_None ? PyUnicode_FromFormat("Argument(opts: %R, dest: %R, default: %R)", names, self->dest,
                                                        self->default_value)
                                 : PyUnicode_FromFormat("Argument(opts: %R, dest: %R, type: %R, default: %R)", names,
                                                        self->dest, type, self->default_value);
    }
    Py_XDECREF(type);
    return result;
}

static PyMemberDef argument_members[] = {
    PY_DICT_MEMBER(Argument),
    PY_WEAKREF_MEMBER(Argument),
    {"dest", T_OBJECT, offsetof(Argument, dest), READONLY, NULL},
    {"default", T_OBJECT, offsetof(Argument, default_value), READONLY, NULL},
    {"_const", T_OBJECT, offsetof(Argument, const_value), READONLY, NULL},
    {"_number", T_PYSSIZET, offsetof(Argument, number), READONLY, NULL},
    PY_END_MEMBER,
};

/* argparse's action: made on a parser of its own while the real one is not needed. */
static PyObject *
argument_get_action(PyObject *op, void *Py_UNUSED(closure))
{
    Argument *self = (Argument *)op;

    if (!self->action) {
        PyObject *make = py_import_attr("_pytest.config.argparsing", "_action_of");
        PyObject *action = make ? py_call1(make, op) : NULL;
        Py_XDECREF(make);
        if (!action) {
            return NULL;
        }
        py_replace_take(&self->action, action);
    }
    return Py_NewRef(self->action);
}

static int
argument_set_action(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((Argument *)op)->action, value);
    return 0;
}

static PyGetSetDef argument_getsets[] = {
    PY_DICT_GETSET,
    {"_action", argument_get_action, argument_set_action, NULL, NULL},
    {"type", argument_get_type, NULL, NULL, NULL},
    PY_END_GETSET,
};

static PyObject *
argument_attrs(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *action = argument_get_action(op, NULL);
    PyObject *attrs = action ? PyObject_GetAttrString(action, "__dict__") : NULL;

    Py_XDECREF(action);
    return attrs;
}

static PyMethodDef argument_methods[] = {
    {"attrs", argument_attrs, METH_NOARGS, "attrs($self)\n--\n\n"},
    {"names", argument_names_method, METH_NOARGS, "names($self)\n--\n\n"},
    {"_definition", argument_definition, METH_NOARGS, "_definition($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyType_Slot argument_slots[] = {
    PY_SLOT(tp_doc, "Argument(action)\n--\n\n"
                    "An option defined in an OptionGroup."),
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_init, argument_init),
    PY_SLOT(tp_dealloc, argument_dealloc),
    PY_SLOT(tp_traverse, argument_traverse),
    PY_SLOT(tp_clear, argument_clear),
    PY_SLOT(tp_repr, argument_repr),
    PY_SLOT(tp_methods, argument_methods),
    PY_SLOT(tp_members, argument_members),
    PY_SLOT(tp_getset, argument_getsets),
    PY_END_SLOT,
};

static PyType_Spec argument_spec = {
    .name = "_pytest.config.argparsing.Argument",
    .basicsize = sizeof(Argument),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = argument_slots,
};

int
argument_add_type(PyObject *module, struct state *state)
{
    hooks_room(state)->argument = py_type_add(module, &argument_spec, NULL);
    return hooks_room(state)->argument ? 0 : -1;
}
