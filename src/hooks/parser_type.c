/* Parser: the type that plugins see, and which of two parsers reads a command line. */
#include "hooks/config_internal.h"

/* ---- Construction ---- */

static int
parser_setup(Parser *self, PyObject *usage, PyObject *prog, PyObject *processopt)
{
    PyObject *name = PyUnicode_FromString("_anonymous");
    PyObject *description = PyUnicode_FromString("Custom options");
    PyObject *anonymous = NULL;
    int status = -1;

    py_replace(&self->usage, usage);
    py_replace(&self->prog, prog);
    py_replace(&self->processopt, processopt);
    py_replace_take(&self->extra_info, PyDict_New());
    py_replace_take(&self->groups, PyList_New(0));
    py_replace_take(&self->inidict, PyDict_New());
    py_replace_take(&self->ini_aliases, PyDict_New());
    if (name && description && self->extra_info && self->groups && self->inidict && self->ini_aliases) {
        anonymous = option_group_new(state_of((PyObject *)self), (PyObject *)self, name, description);
        status = py_list_append_take(self->groups, anonymous);
    }
    Py_XDECREF(name);
    Py_XDECREF(description);
    return status;
}

PyObject *
parser_new(struct state *state, PyObject *usage, PyObject *prog, PyObject *options)
{
    PyObject *op = py_new_instance(hooks_types(state)->parser);

    if (!op) {
        return NULL;
    }
    ((Parser *)op)->options = Py_NewRef(options);
    if (parser_setup((Parser *)op, usage, prog, Py_None) < 0) {
        Py_CLEAR(op);
    }
    return op;
}

int
parser_check_private(PyObject *is_pytest)
{
    PyObject *check = NULL;
    PyObject *checked = NULL;

    if (is_pytest == Py_True) {
        return 0;
    }
    check = py_import_attr("_pytest.deprecated", "check_ispytest");
    checked = check ? py_call1(check, Py_False) : NULL;
    Py_XDECREF(check);
    return py_status_take(checked);
}

static int
parser_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"usage", "processopt", "prog", "_ispytest", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Parser.__init__", args, kwargs, NAMES, 2, 0, values) < 0) {
        return -1;
    }
    if (parser_check_private(values[3]) < 0) {
        return -1;
    }
    return parser_setup((Parser *)op, values[0] ? values[0] : Py_None, values[2] ? values[2] : Py_None,
                        values[1] ? values[1] : Py_None);
}

/* ---- Methods ---- */

static PyObject *
parser_getgroup(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "description", "after", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Parser.getgroup", args, kwargs, NAMES, 3, 1, values) < 0) {
        return NULL;
    }
    return Py_XNewRef(
        parser_get_group((Parser *)op, values[0], values[1] ? values[1] : Py_None, values[2] ? values[2] : Py_None));
}

static PyObject *
parser_addoption(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *anonymous = py_list_item(((Parser *)op)->groups, 0);
    PyObject *method = anonymous ? PyObject_GetAttrString(anonymous, "addoption") : NULL;
    PyObject *result = method ? PyObject_Call(method, args, kwargs) : NULL;

    Py_XDECREF(method);
    Py_XDECREF(anonymous);
    return result;
}

static PyObject *
parser_processoption(PyObject *op, PyObject *option)
{
    Parser *self = (Parser *)op;

    if (self->processopt && self->processopt != Py_None) {
        return py_call1(self->processopt, option);
    }
    Py_RETURN_NONE;
}

/* [os.fspath(arg) for arg in args] */
static PyObject *
texts_of_args(struct state *state, PyObject *args)
{
    PyObject *items = PySequence_Fast(args, "args must be a sequence");
    PyObject *texts = items ? PyList_New(0) : NULL;
    Py_ssize_t count = items ? PySequence_Size(items) : 0;

    for (Py_ssize_t i = 0; texts && i < count; i++) {
        PyObject *item = PySequence_GetItem(items, i);
        PyObject *text = item ? py_path_text(state, item) : NULL;
        Py_XDECREF(item);
        if (py_list_append_take(texts, text) < 0) {
            Py_CLEAR(texts);
        }
    }
    Py_XDECREF(items);
    return texts;
}

/* Hands the parse to argparse: _pytest.config.argparsing.<function>(parser, args, namespace). */
static PyObject *
parse_with_argparse(PyObject *op, const char *function, PyObject *args, PyObject *namespace)
{
    PyObject *parse = py_import_attr("_pytest.config.argparsing", function);
    PyObject *result = parse ? py_call3(parse, op, args, namespace) : NULL;

    Py_XDECREF(parse);
    return result;
}

int
parser_parse_known(PyObject *op, PyObject *args, PyObject *namespace, PyObject **unknown_out)
{
    PyObject *unknown = NULL;
    PyObject *pair = NULL;
    enum parse_result result = option_parse((Parser *)op, args, namespace, false, &unknown);

    if (result == PARSE_UNUSUAL) {
        pair = parse_with_argparse(op, "_parse_known", args, namespace);
        result = pair ? PARSE_DONE : PARSE_FAILED;
        unknown = pair ? py_tuple_item(pair, 1) : NULL;
        Py_XDECREF(pair);
    }
    if (result == PARSE_DONE && unknown_out) {
        *unknown_out = Py_NewRef(unknown);
    }
    Py_XDECREF(unknown);
    return result == PARSE_FAILED ? -1 : 0;
}

int
parser_parse_strict(PyObject *op, PyObject *args, PyObject *namespace)
{
    PyObject *unknown = NULL;
    PyObject *parsed = NULL;
    enum parse_result result = option_parse((Parser *)op, args, namespace, true, &unknown);

    Py_XDECREF(unknown);
    if (result != PARSE_UNUSUAL) {
        return result == PARSE_HELP ? 1 : (int)result;
    }
    parsed = parse_with_argparse(op, "_parse_strict", args, namespace);
    if (!parsed) {
        return -1;
    }
    int is_help = parsed == Py_None;
    Py_DECREF(parsed);
    return is_help;
}

/* The namespace to parse into: the one given when it is ours, a new one; 0 when it is somebody else's. */
static int
own_namespace(PyObject *op, PyObject *given, PyObject **namespace_out)
{
    struct state *state = state_of(op);

    *namespace_out = NULL;
    if (given && given != Py_None) {
        *namespace_out = namespace_check(state, given) ? Py_NewRef(given) : NULL;
        return *namespace_out != NULL;
    }
    *namespace_out = namespace_new(state);
    return *namespace_out ? 1 : -1;
}

static PyObject *
parse_known_pair(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"args", "namespace", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *texts = NULL;
    PyObject *namespace = NULL;
    PyObject *unknown = NULL;
    PyObject *result = NULL;

    if (py_unpack_tuple("Parser.parse_known_and_unknown_args", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    int is_own = own_namespace(op, values[1], &namespace);
    texts = is_own < 0 ? NULL : texts_of_args(state_of(op), values[0]);
    if (!texts) {
        goto done;
    }
    if (!is_own) {
        result = parse_with_argparse(op, "_parse_known", texts, values[1]);
    } else if (parser_parse_known(op, texts, namespace, &unknown) == 0) {
        result = PyTuple_Pack(2, namespace, unknown);
    }
done:
    Py_XDECREF(texts);
    Py_XDECREF(namespace);
    Py_XDECREF(unknown);
    return result;
}

static PyObject *
parser_parse_known_args(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *pair = parse_known_pair(op, args, kwargs);
    PyObject *namespace = pair ? py_tuple_item(pair, 0) : NULL;

    Py_XDECREF(pair);
    return namespace;
}

static PyObject *
parser_parse(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"args", "namespace", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *texts = NULL;
    PyObject *namespace = NULL;
    PyObject *result = NULL;

    if (py_unpack_tuple("Parser.parse", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    int is_own = own_namespace(op, values[1], &namespace);
    texts = is_own < 0 ? NULL : texts_of_args(state_of(op), values[0]);
    if (!texts) {
        goto done;
    }
    int status = 0;
    if (is_own) {
        status = parser_parse_strict(op, texts, namespace);
    } else {
        namespace = Py_NewRef(values[1]);
        PyObject *parsed = parse_with_argparse(op, "_parse_strict", texts, namespace);
        status = parsed ? parsed == Py_None : -1;
        Py_XDECREF(parsed);
    }
    if (status == 1) {
        PyObject *print_help = py_import_attr("_pytest.config.exceptions", "PrintHelp");
        if (print_help) {
            PyErr_SetNone(print_help);
            Py_DECREF(print_help);
        }
    }
    result = status == 0 ? Py_NewRef(namespace) : NULL;
done:
    Py_XDECREF(texts);
    Py_XDECREF(namespace);
    return result;
}

/* ---- Attributes ---- */

static PyObject *
parser_get_prog(PyObject *op, void *Py_UNUSED(closure))
{
    Parser *self = (Parser *)op;

    if (self->prog != Py_None && !self->optparser) {
        return Py_NewRef(self->prog);
    }
    PyObject *optparser = parser_optparser(op);
    return optparser ? PyObject_GetAttrString(optparser, "prog") : NULL;
}

static int
parser_set_prog(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Parser *self = (Parser *)op;

    py_replace(&self->prog, value ? value : Py_None);
    return self->optparser ? PyObject_SetAttrString(self->optparser, "prog", self->prog) : 0;
}

static PyObject *
parser_get_optparser(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_XNewRef(parser_optparser(op));
}

static PyObject *
parser_get_opt2dest(PyObject *op, void *Py_UNUSED(closure))
{
    Parser *self = (Parser *)op;
    PyObject *dict = PyDict_New();

    for (Py_ssize_t i = 0; dict && i < PyList_Size(self->groups); i++) {
        PyObject *borrowed_options = ((OptionGroup *)PyList_GetItem(self->groups, i))->options;
        for (Py_ssize_t j = 0; dict && j < PyList_Size(borrowed_options); j++) {
            Argument *argument = (Argument *)PyList_GetItem(borrowed_options, j);
            PyObject *names = argument_names(argument);
            for (Py_ssize_t k = 0; names && dict && k < PyList_Size(names); k++) {
                if (PyDict_SetItem(dict, PyList_GetItem(names, k), argument->dest) < 0) {
                    Py_CLEAR(dict);
                }
            }
        }
    }
    return dict;
}

static PyObject *
parser_get_anonymous(PyObject *op, void *Py_UNUSED(closure))
{
    return py_list_item(((Parser *)op)->groups, 0);
}

static int
parser_traverse(PyObject *op, visitproc visit, void *arg)
{
    Parser *self = (Parser *)op;

    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->processopt);
    Py_VISIT(self->options);
    Py_VISIT(self->extra_info);
    Py_VISIT(self->groups);
    Py_VISIT(self->optparser);
    Py_VISIT(self->inidict);
    Py_VISIT(self->ini_aliases);
    return 0;
}

static int
parser_clear(PyObject *op)
{
    Parser *self = (Parser *)op;

    Py_CLEAR(self->dict);
    Py_CLEAR(self->usage);
    Py_CLEAR(self->prog);
    Py_CLEAR(self->processopt);
    Py_CLEAR(self->options);
    Py_CLEAR(self->extra_info);
    Py_CLEAR(self->groups);
    Py_CLEAR(self->optparser);
    Py_CLEAR(self->inidict);
    Py_CLEAR(self->ini_aliases);
    return 0;
}

static void
parser_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Parser *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    parser_clear(op);
    py_free_instance(op);
}

PY_NAMED_ONE(parser_processoption_named, parser_processoption, "processoption", "option")

static PyMethodDef parser_methods[] = {
    {"processoption", PY_FAST_WITH_KEYWORDS(parser_processoption_named), "processoption($self, option)\n--\n\n"},
    {"getgroup", PY_WITH_KEYWORDS(parser_getgroup),
     "getgroup($self, name, description='', after=None)\n--\n\n"
     "Get (or create) a named option Group."},
    {"addoption", PY_WITH_KEYWORDS(parser_addoption),
     "addoption($self, *opts, **attrs)\n--\n\n"
     "Register a command line option."},
    {"parse", PY_WITH_KEYWORDS(parser_parse),
     "parse($self, args, namespace=None)\n--\n\n"
     "Parse the arguments."},
    {"parse_known_args", PY_WITH_KEYWORDS(parser_parse_known_args),
     "parse_known_args($self, args, namespace=None)\n--\n\n"
     "Parse the known arguments at this point."},
    {"parse_known_and_unknown_args", PY_WITH_KEYWORDS(parse_known_pair),
     "parse_known_and_unknown_args($self, args, namespace=None)\n--\n\n"
     "Parse the known arguments at this point, and also return the remaining unknown flag arguments."},
    {"addini", PY_WITH_KEYWORDS(parser_addini),
     "addini($self, name, help, type=None, default=None, *, aliases=())\n--\n\n"
     "Register a configuration file option."},
    PY_END_METHOD,
};

static PyMemberDef parser_members[] = {
    {"_usage", T_OBJECT, offsetof(Parser, usage), READONLY, NULL},
    {"_prog", T_OBJECT, offsetof(Parser, prog), READONLY, NULL},
    {"_processopt", T_OBJECT, offsetof(Parser, processopt), 0, NULL},
    {"extra_info", T_OBJECT, offsetof(Parser, extra_info), 0, NULL},
    {"_groups", T_OBJECT, offsetof(Parser, groups), 0, NULL},
    {"_inidict", T_OBJECT, offsetof(Parser, inidict), 0, NULL},
    {"_ini_aliases", T_OBJECT, offsetof(Parser, ini_aliases), 0, NULL},
    PY_DICT_MEMBER(Parser),
    PY_WEAKREF_MEMBER(Parser),
    PY_END_MEMBER,
};

static PyGetSetDef parser_getsets[] = {
    {"prog", parser_get_prog, parser_set_prog, NULL, NULL},
    {"optparser", parser_get_optparser, NULL, NULL, NULL},
    {"_opt2dest", parser_get_opt2dest, NULL, NULL, NULL},
    {"_anonymous", parser_get_anonymous, NULL, NULL, NULL},
    PY_DICT_GETSET,
    PY_END_GETSET,
};

static PyType_Slot parser_slots[] = {
    PY_SLOT(tp_doc, "Parser(usage=None, processopt=None, *, prog=None, _ispytest=False)\n--\n\n"
                    "Parser for command line arguments and config-file values."),
    PY_SLOT(tp_init, parser_init),
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_dealloc, parser_dealloc),
    PY_SLOT(tp_traverse, parser_traverse),
    PY_SLOT(tp_clear, parser_clear),
    PY_SLOT(tp_methods, parser_methods),
    PY_SLOT(tp_members, parser_members),
    PY_SLOT(tp_getset, parser_getsets),
    PY_END_SLOT,
};

static PyType_Spec parser_spec = {
    .name = "_pytest.config.argparsing.Parser",
    .basicsize = sizeof(Parser),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = parser_slots,
};

int
parser_add_types(PyObject *module, struct state *state)
{
    hooks_types(state)->parser = py_type_add(module, &parser_spec, NULL);
    if (!hooks_types(state)->parser) {
        return -1;
    }
    return option_group_add_type(module, state) < 0 || argument_add_type(module, state) < 0 ? -1 : 0;
}
