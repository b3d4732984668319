/* OptionGroup: the options of one section of --help, and the rules for adding to it. */
#include <ctype.h>

#include "hooks/config_internal.h"

PyObject *
option_group_new(struct state *state, PyObject *parser, PyObject *name, PyObject *description)
{
    OptionGroup *group = (OptionGroup *)py_new_instance(hooks_room(state)->option_group);

    if (!group) {
        return NULL;
    }
    group->name = Py_NewRef(name);
    group->description = Py_NewRef(description);
    group->parser = Py_NewRef(parser);
    group->options = PyList_New(0);
    if (!group->options) {
        Py_DECREF(group);
        return NULL;
    }
    return (PyObject *)group;
}

int
option_group_add_take(OptionGroup *group, PyObject *argument)
{
    Parser *parser = group->parser == Py_None ? NULL : (Parser *)group->parser;
    int status = 0;

    if (!argument) {
        return -1;
    }
    if (group->arggroup || (parser && parser->optparser)) {
        PyObject *add = py_import_attr("_pytest.config.argparsing", "_add_to_group");
        PyObject *added = add ? py_call2(add, (PyObject *)group, argument) : NULL;
        status = added ? 0 : -1;
        Py_XDECREF(add);
        Py_XDECREF(added);
    }
    status = status == 0 ? PyList_Append(group->options, argument) : status;
    if (status == 0 && parser) {
        status = parser_note_argument(parser, (Argument *)argument);
    }
    Py_DECREF(argument);
    return status;
}

/* ValueError for names that the group has, as a set would print them. */
static int
refuse_known_names(OptionGroup *group, PyObject *opts)
{
    PyObject *conflict = PySet_New(NULL);
    int status = conflict ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyTuple_Size(opts); i++) {
        PyObject *borrowed_opt = PyTuple_GetItem(opts, i);
        for (Py_ssize_t j = 0; status == 0 && j < PyList_Size(group->options); j++) {
            PyObject *names = argument_names((Argument *)PyList_GetItem(group->options, j));
            int found = names ? PySequence_Contains(names, borrowed_opt) : -1;
            status = found > 0 ? PySet_Add(conflict, borrowed_opt) : found;
        }
    }
    if (status == 0 && PySet_Size(conflict) > 0) {
        PyErr_Format(PyExc_ValueError, "option names %R already added", conflict);
        status = -1;
    }
    Py_XDECREF(conflict);
    return status;
}

static int
refuse_shared_dest(Parser *parser, PyObject *opts)
{
    PyObject *dest = argument_derive_dest(opts);
    int status = dest ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(parser->groups); i++) {
        OptionGroup *group = (OptionGroup *)PyList_GetItem(parser->groups, i);
        for (Py_ssize_t j = 0; status == 0 && j < PyList_Size(group->options); j++) {
            Argument *argument = (Argument *)PyList_GetItem(group->options, j);
            if (PyUnicode_Check(argument->dest) && PyUnicode_Compare(argument->dest, dest) == 0) {
                PyObject *names = argument_names(argument);
                status = -1;
                if (names) {
                    PyErr_Format(PyExc_ValueError,
                                 "option dest %R already used by %R (this is the option that maps to dest %R); pass "
                                 "dest=%R explicitly to share the destination",
                                 dest, names, dest, dest);
                }
            }
        }
    }
    Py_XDECREF(dest);
    return status;
}

static int
refuse_reserved_names(PyObject *opts)
{
    for (Py_ssize_t i = 0; i < PyTuple_Size(opts); i++) {
        const char *text = py_utf8(PyTuple_GetItem(opts, i));
        if (!text) {
            return -1;
        }
        if (text[0] == '-' && islower((unsigned char)text[1])) {
            PyErr_SetString(PyExc_ValueError, "lowercase short options are reserved");
            return -1;
        }
    }
    return 0;
}

/* Another group may have the name already: argparse refuses that in its own words. */
static bool
is_named_elsewhere(Parser *parser, PyObject *opts)
{
    for (Py_ssize_t i = 0; i < PyTuple_Size(opts); i++) {
        Py_ssize_t length = 0;
        PyObject *borrowed_opt = PyTuple_GetItem(opts, i);
        const char *text = PyUnicode_Check(borrowed_opt) ? py_utf8_sized(borrowed_opt, &length) : NULL;
        if (!text) {
            PyErr_Clear();
        } else if (parser_find_named(parser, text, (size_t)length)) {
            return true;
        }
    }
    return false;
}

static PyObject *
add_inner(OptionGroup *group, PyObject *opts, PyObject *kwargs, bool allows_reserved)
{
    struct state *state = state_of((PyObject *)group);
    Parser *parser = group->parser == Py_None ? NULL : (Parser *)group->parser;
    PyObject *attrs = NULL;
    PyObject *result = NULL;

    if (!allows_reserved && refuse_reserved_names(opts) < 0) {
        return NULL;
    }
    attrs = kwargs ? Py_NewRef(kwargs) : PyDict_New();
    if (!attrs) {
        return NULL;
    }
    if (parser && is_named_elsewhere(parser, opts) && !parser_optparser(group->parser)) {
        goto done;
    }
    if (option_group_add_take(group, argument_from_python(state, opts, attrs)) == 0) {
        result = Py_NewRef(Py_None);
    }
done:
    Py_DECREF(attrs);
    return result;
}

static PyObject *
option_group_addoption(PyObject *op, PyObject *args, PyObject *kwargs)
{
    OptionGroup *self = (OptionGroup *)op;
    bool has_dest = kwargs && PyDict_GetItemString(kwargs, "dest");

    if (refuse_known_names(self, args) < 0) {
        return NULL;
    }
    if (self->parser != Py_None && !has_dest && refuse_shared_dest((Parser *)self->parser, args) < 0) {
        return NULL;
    }
    return add_inner(self, args, kwargs, false);
}

static PyObject *
option_group_addoption_private(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return add_inner((OptionGroup *)op, args, kwargs, true);
}

static int
option_group_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"arggroup", "name", "parser", "_ispytest", NULL};
    OptionGroup *self = (OptionGroup *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("OptionGroup.__init__", args, kwargs, NAMES, 4, 3, values) < 0 ||
        parser_check_private(values[3]) < 0) {
        return -1;
    }
    py_replace(&self->arggroup, values[0]);
    py_replace(&self->name, values[1]);
    py_replace(&self->description, values[1]);
    py_replace(&self->parser, values[2]);
    py_replace_take(&self->options, PyList_New(0));
    return self->options ? 0 : -1;
}

static PyObject *
option_group_get_arggroup(PyObject *op, void *Py_UNUSED(closure))
{
    OptionGroup *self = (OptionGroup *)op;

    if (!self->arggroup && (self->parser == Py_None || !parser_optparser(self->parser))) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    return Py_XNewRef(self->arggroup);
}

static int
option_group_set_arggroup(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((OptionGroup *)op)->arggroup, value);
    return 0;
}

static int
option_group_traverse(PyObject *op, visitproc visit, void *arg)
{
    OptionGroup *self = (OptionGroup *)op;

    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->options);
    Py_VISIT(self->parser);
    Py_VISIT(self->arggroup);
    return 0;
}

static int
option_group_clear(PyObject *op)
{
    OptionGroup *self = (OptionGroup *)op;

    Py_CLEAR(self->dict);
    Py_CLEAR(self->name);
    Py_CLEAR(self->description);
    Py_CLEAR(self->options);
    Py_CLEAR(self->parser);
    Py_CLEAR(self->arggroup);
    return 0;
}

static void
option_group_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((OptionGroup *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    option_group_clear(op);
    py_free_instance(op);
}

static PyMethodDef option_group_methods[] = {
    {"addoption", PY_WITH_KEYWORDS(option_group_addoption),
     "addoption($self, *opts, **attrs)\n--\n\n"
     "Add an option to this group."},
    {"_addoption", PY_WITH_KEYWORDS(option_group_addoption_private),
     "_addoption($self, *opts, **attrs)\n--\n\n"
     "Like addoption(), but short lower case options (e.g. -x) are allowed, too."},
    PY_END_METHOD,
};

static PyMemberDef option_group_members[] = {
    {"name", T_OBJECT, offsetof(OptionGroup, name), 0, NULL},
    {"_description", T_OBJECT, offsetof(OptionGroup, description), READONLY, NULL},
    {"options", T_OBJECT, offsetof(OptionGroup, options), 0, NULL},
    {"parser", T_OBJECT, offsetof(OptionGroup, parser), 0, NULL},
    PY_DICT_MEMBER(OptionGroup),
    PY_WEAKREF_MEMBER(OptionGroup),
    PY_END_MEMBER,
};

static PyGetSetDef option_group_getsets[] = {
    {"_arggroup", option_group_get_arggroup, option_group_set_arggroup, NULL, NULL},
    PY_DICT_GETSET,
    PY_END_GETSET,
};

static PyType_Slot option_group_slots[] = {
    PY_SLOT(tp_doc, "OptionGroup(arggroup, name, parser, _ispytest=False)\n--\n\n"
                    "A group of options shown in its own section."),
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_init, option_group_init),
    PY_SLOT(tp_dealloc, option_group_dealloc),
    PY_SLOT(tp_traverse, option_group_traverse),
    PY_SLOT(tp_clear, option_group_clear),
    PY_SLOT(tp_methods, option_group_methods),
    PY_SLOT(tp_members, option_group_members),
    PY_SLOT(tp_getset, option_group_getsets),
    PY_END_SLOT,
};

static PyType_Spec option_group_spec = {
    .name = "_pytest.config.argparsing.OptionGroup",
    .basicsize = sizeof(OptionGroup),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = option_group_slots,
};

int
option_group_add_type(PyObject *module, struct state *state)
{
    hooks_room(state)->option_group = py_type_add(module, &option_group_spec, NULL);
    return hooks_room(state)->option_group ? 0 : -1;
}
