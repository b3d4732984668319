/* ExceptionInfo: an exception that was caught, everything about it made when asked for. */
#include <string.h>

#include "code/internal.h"
#include "io/io.h"

enum { REPR_MAX_SIZE = 240 }; /* saferepr's default */

PyObject *
excinfo_new_take(struct state *state, PyObject *exception)
{
    ExceptionInfo *self = (ExceptionInfo *)py_new_instance(code_types(state)->exception_info);
    if (!self) {
        Py_DECREF(exception);
        return NULL;
    }
    self->exception = exception;
    return (PyObject *)self;
}

PyObject *
excinfo_new_caught_take(struct state *state, PyObject *exception)
{
    PyObject *excinfo = excinfo_new_take(state, exception);

    if (excinfo) {
        ((ExceptionInfo *)excinfo)->is_caught_by_runner = true;
    }
    return excinfo;
}

PyObject *
excinfo_value(PyObject *excinfo)
{
    return ((ExceptionInfo *)excinfo)->exception;
}

static int
excinfo_traverse(PyObject *op, visitproc visit, void *arg)
{
    ExceptionInfo *self = (ExceptionInfo *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->exception);
    Py_VISIT(self->type);
    Py_VISIT(self->tb);
    Py_VISIT(self->traceback);
    return 0;
}

static int
excinfo_clear(PyObject *op)
{
    ExceptionInfo *self = (ExceptionInfo *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->exception);
    Py_CLEAR(self->type);
    Py_CLEAR(self->tb);
    Py_CLEAR(self->striptext);
    Py_CLEAR(self->traceback);
    return 0;
}

static void
excinfo_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((ExceptionInfo *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    excinfo_clear(op);
    py_free_instance(op);
}

/* (type, value, traceback) or None. */
static int
fill(ExceptionInfo *self, PyObject *triple)
{
    PyObject *type = NULL;
    PyObject *value = NULL;
    PyObject *tb = NULL;

    if (triple == Py_None) {
        py_replace(&self->exception, NULL);
        return 0;
    }
    if (!PyTuple_Check(triple) || !PyArg_ParseTuple(triple, "OOO", &type, &value, &tb)) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError, "an exc_info tuple is needed, not %R", triple);
        }
        return -1;
    }
    py_replace(&self->type, type);
    py_replace(&self->exception, value);
    py_replace(&self->tb, tb);
    return 0;
}

static int
excinfo_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"excinfo", "striptext", "traceback", "_ispytest", NULL};
    ExceptionInfo *self = (ExceptionInfo *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("ExceptionInfo.__init__", args, kwargs, NAMES, 3, 1, values) < 0) {
        return -1;
    }
    py_replace(&self->striptext, values[1] == Py_None ? NULL : values[1]);
    py_replace(&self->traceback, values[2] == Py_None ? NULL : values[2]);
    return fill(self, values[0]);
}

/* Parses (first, exprinfo=None); -1 with an exception. */
static int
parse_with_exprinfo(const char *function, const char *first, PyObject *args, PyObject *kwargs, PyObject **first_out,
                    PyObject **exprinfo_out)
{
    const char *const names[] = {first, "exprinfo", NULL};
    PyObject *values[COUNT_OF(names)];

    if (py_unpack_tuple(function, args, kwargs, names, 2, 1, values) < 0) {
        return -1;
    }
    *first_out = values[0];
    *exprinfo_out = values[1] == Py_None ? NULL : values[1];
    return 0;
}

static PyObject *
make_from_class(PyObject *cls, PyObject *triple, PyObject *exprinfo)
{
    PyObject *excinfo = py_call1(cls, triple);
    if (excinfo && exprinfo) {
        /* An explicit exprinfo has always disabled stripping. */
        py_replace_take(&((ExceptionInfo *)excinfo)->striptext, PyUnicode_FromString(""));
    }
    return excinfo;
}

static PyObject *
excinfo_from_exc_info(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    PyObject *triple = NULL;
    PyObject *exprinfo = NULL;

    if (parse_with_exprinfo("from_exc_info", "exc_info", args, kwargs, &triple, &exprinfo) < 0) {
        return NULL;
    }
    return make_from_class(cls, triple, exprinfo);
}

static PyObject *
excinfo_from_exception(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    PyObject *exception = NULL;
    PyObject *exprinfo = NULL;
    PyObject *excinfo = NULL;

    if (parse_with_exprinfo("from_exception", "exception", args, kwargs, &exception, &exprinfo) < 0) {
        return NULL;
    }
    PyObject *tb = PyObject_GetAttrString(exception, "__traceback__");
    if (tb == Py_None) {
        Py_DECREF(tb);
        PyErr_SetString(PyExc_AssertionError, "Exceptions passed to ExcInfo.from_exception(...) must have a non-None "
                                              "__traceback__.");
        return NULL;
    }
    PyObject *triple = tb ? PyTuple_Pack(3, Py_TYPE(exception), exception, tb) : NULL;
    if (triple) {
        excinfo = make_from_class(cls, triple, exprinfo);
        Py_DECREF(triple);
    }
    Py_XDECREF(tb);
    return excinfo;
}

static PyObject *
excinfo_from_current(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"exprinfo", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *excinfo = NULL;

    if (py_unpack_tuple("from_current", args, kwargs, NAMES, 1, 0, values) < 0) {
        return NULL;
    }
    PyObject *exc_info = py_import_attr("sys", "exc_info");
    PyObject *triple = exc_info ? py_call0(exc_info) : NULL;
    if (triple && PyTuple_GetItem(triple, 0) == Py_None) {
        PyErr_SetString(PyExc_AssertionError, "no current exception");
    } else if (triple) {
        excinfo = make_from_class(cls, triple, values[0] == Py_None ? NULL : values[0]);
    }
    Py_XDECREF(triple);
    Py_XDECREF(exc_info);
    return excinfo;
}

static PyObject *
excinfo_for_later(PyObject *cls, PyObject *Py_UNUSED(ignored))
{
    return py_call1(cls, Py_None);
}

static PyObject *
excinfo_fill_unfilled(PyObject *op, PyObject *triple)
{
    ExceptionInfo *self = (ExceptionInfo *)op;

    if (self->exception) {
        PyErr_SetString(PyExc_AssertionError, "ExceptionInfo was already filled");
        return NULL;
    }
    if (fill(self, triple) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static bool
is_filled(ExceptionInfo *self, const char *attribute)
{
    if (!self->exception) {
        PyErr_Format(PyExc_AssertionError, ".%s can only be used after the context manager exits", attribute);
    }
    return self->exception != NULL;
}

static PyObject *
get_type(PyObject *op, void *closure)
{
    ExceptionInfo *self = (ExceptionInfo *)op;
    if (!is_filled(self, closure)) {
        return NULL;
    }
    return Py_NewRef(self->type ? self->type : (PyObject *)Py_TYPE(self->exception));
}

static PyObject *
get_value(PyObject *op, void *closure)
{
    ExceptionInfo *self = (ExceptionInfo *)op;
    return is_filled(self, closure) ? Py_NewRef(self->exception) : NULL;
}

static PyObject *
get_tb(PyObject *op, void *closure)
{
    ExceptionInfo *self = (ExceptionInfo *)op;
    if (!is_filled(self, closure)) {
        return NULL;
    }
    return self->tb ? Py_NewRef(self->tb) : py_attr(state_of(op), self->exception, "__traceback__");
}

static PyObject *
get_typename(PyObject *op, void *closure)
{
    PyObject *type = get_type(op, closure);
    PyObject *name = type ? PyObject_GetAttr(type, state_of(op)->names.__name__) : NULL;
    Py_XDECREF(type);
    return name;
}

static PyObject *
get_excinfo(PyObject *op, void *Py_UNUSED(closure))
{
    ExceptionInfo *self = (ExceptionInfo *)op;
    if (!self->exception) {
        Py_RETURN_NONE;
    }
    PyObject *type = get_type(op, NULL);
    PyObject *tb = get_tb(op, NULL);
    PyObject *triple = type && tb ? PyTuple_Pack(3, type, self->exception, tb) : NULL;
    Py_XDECREF(type);
    Py_XDECREF(tb);
    return triple;
}

static int
set_excinfo(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    return fill((ExceptionInfo *)op, value ? value : Py_None);
}

PyObject *
excinfo_traceback(ExceptionInfo *self)
{
    if (!self->traceback) {
        PyObject *tb = get_tb((PyObject *)self, (void *)"tb");
        struct state *state = state_of((PyObject *)self);
        PyObject *source = tb == Py_None ? PyTuple_New(0) : Py_XNewRef(tb);
        self->traceback = source ? traceback_new(state, source) : NULL;
        Py_XDECREF(source);
        Py_XDECREF(tb);
    }
    return Py_XNewRef(self->traceback);
}

static PyObject *
get_traceback(PyObject *op, void *Py_UNUSED(closure))
{
    return excinfo_traceback((ExceptionInfo *)op);
}

static int
set_traceback(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((ExceptionInfo *)op)->traceback, value);
    return 0;
}

/*
 * Whether repr(exception) is AssertionError('assert ...: 1, 0; -1 when only repr() knows. It quotes with ' unless the
 * text has one and no ".
 */
static int
repr_is_assertion(struct state *state, PyObject *exception)
{
    PyObject *args =
        Py_IS_TYPE(exception, (PyTypeObject *)PyExc_AssertionError) ? py_attr(state, exception, "args") : NULL;
    bool is_single = args && PyTuple_CheckExact(args) && PyTuple_Size(args) == 1;
    PyObject *text = is_single ? py_tuple_item(args, 0) : NULL;
    Py_ssize_t size = 0;
    const char *utf8 = text && PyUnicode_CheckExact(text) ? py_utf8_sized(text, &size) : NULL;
    int answer = -1;

    if (utf8) {
        bool is_double = memchr(utf8, '\'', (size_t)size) && !memchr(utf8, '"', (size_t)size);
        answer = strncmp(utf8, "assert ", strlen("assert ")) == 0 && !is_double;
    } else {
        PyErr_Clear(); /* surrogates */
    }
    Py_XDECREF(text);
    Py_XDECREF(args);
    return answer;
}

/* What exconly(tryshort=True) cuts off: "AssertionError: " of a rewritten assert. Borrowed. */
static PyObject *
striptext(ExceptionInfo *self)
{
    struct state *state = state_of((PyObject *)self);
    PyObject *info = NULL;
    bool strips = false;

    if (self->striptext) {
        return self->striptext;
    }
    if (PyObject_TypeCheck(self->exception, (PyTypeObject *)PyExc_AssertionError)) {
        if (py_find_attr(state, self->exception, state->names.msg, &info) < 0) {
            return NULL;
        }
        int known = !info || info == Py_None ? repr_is_assertion(state, self->exception) : -1;
        if (known < 0 && (!info || info == Py_None)) {
            py_replace_take(&info, safe_repr(state, self->exception, REPR_MAX_SIZE, false));
            if (!info) {
                return NULL;
            }
        }
        strips = known < 0 ? py_text_starts_with(info, "AssertionError('assert ") : known;
        Py_XDECREF(info);
    }
    self->striptext = PyUnicode_FromString(strips ? "AssertionError: " : "");
    return self->striptext;
}

/* "Type: text" where that is all the traceback module would print; NULL without an exception where it is not. */
static PyObject *
plain_exception_text(struct state *state, PyObject *exception)
{
    PyObject *notes = NULL;
    PyObject *module = NULL;
    PyObject *qualname = NULL;
    PyObject *text = NULL;
    PyObject *result = NULL;
    PyObject *type = (PyObject *)Py_TYPE(exception);

    /* Syntax errors, suggestions for names, notes and groups have their own lines. */
    if (py_find_attr(state, exception, state->names.exceptions, &text) != 0) {
        Py_XDECREF(text);
        PyErr_Clear();
        return NULL;
    }
    if (PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_SyntaxError) ||
        PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_NameError) ||
        PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_AttributeError) ||
        PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_ImportError)) {
        return NULL;
    }
    if (py_find_attr(state, exception, state->names.__notes__, &notes) != 0) {
        goto done;
    }
    module = PyObject_GetAttr(type, state->names.__module__);
    qualname = module ? PyObject_GetAttr(type, state->names.__qualname__) : NULL;
    text = qualname ? PyObject_Str(exception) : NULL;
    if (!text || !PyUnicode_Check(module)) {
        goto done;
    }
    bool is_bare = py_text_equals(module, "builtins") || py_text_equals(module, "__main__");
    bool is_empty = PyUnicode_GetLength(text) == 0;
    result = is_bare ? PyUnicode_FromFormat(is_empty ? "%U" : "%U: %U", qualname, text)
                     : PyUnicode_FromFormat(is_empty ? "%U.%U" : "%U.%U: %U", module, qualname, text);
done:
    Py_XDECREF(notes);
    Py_XDECREF(module);
    Py_XDECREF(qualname);
    Py_XDECREF(text);
    if (!result) {
        PyErr_Clear(); /* the traceback module knows how to print what cannot be printed */
    }
    return result;
}

PyObject *
excinfo_exconly(ExceptionInfo *self, bool tries_short)
{
    struct state *state = state_of((PyObject *)self);
    PyObject *text = NULL;
    PyObject *stripped = NULL;

    if (!is_filled(self, "value")) {
        return NULL;
    }
    text = plain_exception_text(state, self->exception);
    if (!text) {
        text = code_call_python_take(state, false, "exception_only",
                                     PyTuple_Pack(2, self->exception, tries_short ? Py_True : Py_False));
    }
    stripped = text ? py_method0(text, py_literal(state, "rstrip")) : NULL;
    Py_XDECREF(text);
    if (stripped && tries_short) {
        PyObject *borrowed_prefix = striptext(self);
        if (!borrowed_prefix) {
            Py_CLEAR(stripped);
        } else if (PyUnicode_GetLength(borrowed_prefix) > 0 &&
                   PyUnicode_Tailmatch(stripped, borrowed_prefix, 0, PY_SSIZE_T_MAX, -1) == 1) {
            py_replace_take(&stripped, PyUnicode_Substring(stripped, PyUnicode_GetLength(borrowed_prefix),
                                                           PyUnicode_GetLength(stripped)));
        }
    }
    return stripped;
}

PyObject *
excinfo_text(PyObject *excinfo)
{
    return excinfo_exconly((ExceptionInfo *)excinfo, true);
}

static PyObject *
excinfo_py_exconly(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"tryshort", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("exconly", args, kwargs, NAMES, 1, 0, values) < 0) {
        return NULL;
    }
    int tries_short = values[0] ? PyObject_IsTrue(values[0]) : 0;
    return tries_short < 0 ? NULL : excinfo_exconly((ExceptionInfo *)op, tries_short);
}

static PyObject *
excinfo_errisinstance(PyObject *op, PyObject *types)
{
    ExceptionInfo *self = (ExceptionInfo *)op;
    if (!is_filled(self, "value")) {
        return NULL;
    }
    int answer = PyObject_IsInstance(self->exception, types);
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

static PyObject *
excinfo_getreprcrash(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return excinfo_crash(state_of(op), (ExceptionInfo *)op);
}

static PyObject *
excinfo_getrepr(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"showlocals",      "style",         "abspath", "tbfilter", "funcargs",
                                        "truncate_locals", "truncate_args", "chain",   NULL};
    struct repr_options options = REPR_OPTIONS_INIT;
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("getrepr", args, kwargs, NAMES, 8, 0, values) < 0) {
        return NULL;
    }
    bool *const flags[] = {&options.shows_locals,        NULL,
                           &options.is_absolute_path,    NULL,
                           &options.shows_function_args, &options.truncates_locals,
                           &options.truncates_args,      &options.is_chain};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        int value = flags[i] && values[i] ? PyObject_IsTrue(values[i]) : 0;
        if (value < 0) {
            return NULL;
        }
        if (flags[i] && values[i]) {
            *flags[i] = value;
        }
    }
    if (values[1] && values[1] != Py_None && !(options.style = py_utf8(values[1]))) {
        return NULL;
    }
    options.traceback_filter = values[3];
    return excinfo_repr(state_of(op), op, &options);
}

/* match() and group_contains() stand on re and are asked for by tests: the Python half has them. `name` is the
 * function there. */
static PyObject *
call_with_self(PyObject *op, const char *name, PyObject *args, PyObject *kwargs)
{
    return py_call_of_module("_pytest._code.code", name, op, args, kwargs);
}

static PyObject *
excinfo_match(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return call_with_self(op, "excinfo_match", args, kwargs);
}

static PyObject *
excinfo_group_contains(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return call_with_self(op, "excinfo_group_contains", args, kwargs);
}

static PyObject *
excinfo_repr_text(PyObject *op)
{
    ExceptionInfo *self = (ExceptionInfo *)op;
    PyObject *repr = NULL;
    PyObject *traceback = NULL;
    PyObject *name = NULL;
    PyObject *text = NULL;

    if (!self->exception) {
        return PyUnicode_FromString("<ExceptionInfo for raises contextmanager>");
    }
    repr = safe_repr(state_of(op), self->exception, REPR_MAX_SIZE, false);
    traceback = repr ? excinfo_traceback(self) : NULL;
    name = traceback ? PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__") : NULL;
    if (name) {
        text = PyUnicode_FromFormat("<%U %U tblen=%zd>", name, repr, PyObject_Size(traceback));
    }
    Py_XDECREF(name);
    Py_XDECREF(traceback);
    Py_XDECREF(repr);
    return text;
}

PY_NAMED_ONE(excinfo_fill_unfilled_named, excinfo_fill_unfilled, "fill_unfilled", "exc_info")
PY_NAMED_ONE(excinfo_errisinstance_named, excinfo_errisinstance, "errisinstance", "exc")

static PyMethodDef EXCINFO_METHODS[] = {
    {"from_exception", PY_WITH_KEYWORDS(excinfo_from_exception) | METH_CLASS,
     "from_exception($type, exception, exprinfo=None)\n--\n\n"
     "Return an ExceptionInfo for an existing exception."},
    {"from_exc_info", PY_WITH_KEYWORDS(excinfo_from_exc_info) | METH_CLASS,
     "from_exc_info($type, exc_info, exprinfo=None)\n--\n\n"
     "Like from_exception, but using an exc_info tuple."},
    {"from_current", PY_WITH_KEYWORDS(excinfo_from_current) | METH_CLASS,
     "from_current($type, exprinfo=None)\n--\n\n"
     "Return an ExceptionInfo matching the current traceback."},
    {"for_later", excinfo_for_later, METH_CLASS | METH_NOARGS,
     "for_later($type)\n--\n\nReturn an unfilled ExceptionInfo."},
    {"fill_unfilled", PY_FAST_WITH_KEYWORDS(excinfo_fill_unfilled_named),
     "fill_unfilled($self, exc_info)\n--\n\n"
     "Fill an unfilled ExceptionInfo created with for_later()."},
    {"exconly", PY_WITH_KEYWORDS(excinfo_py_exconly),
     "exconly($self, tryshort=False)\n--\n\n"
     "Return the exception as a string."},
    {"errisinstance", PY_FAST_WITH_KEYWORDS(excinfo_errisinstance_named),
     "errisinstance($self, exc)\n--\n\n"
     "Whether the exception is an instance of the given types."},
    {"_getreprcrash", excinfo_getreprcrash, METH_NOARGS, "_getreprcrash($self)\n--\n\n"},
    {"getrepr", PY_WITH_KEYWORDS(excinfo_getrepr),
     "getrepr($self, showlocals=False, style='long', abspath=False, tbfilter=True, funcargs=False, "
     "truncate_locals=True, truncate_args=True, chain=True)\n--\n\n"
     "Return a str()able representation of this exception info."},
    {"match", PY_WITH_KEYWORDS(excinfo_match),
     "match($self, regexp)\n--\n\n"
     "Check whether a regular expression matches the text of the exception."},
    {"group_contains", PY_WITH_KEYWORDS(excinfo_group_contains),
     "group_contains($self, expected_exception, *, match=None, depth=None)\n--\n\n"
     "Check whether a captured exception group contains a matching exception."},
    {"__class_getitem__", (PyCFunction)Py_GenericAlias, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};

static PyMemberDef EXCINFO_MEMBERS[] = {
    PY_DICT_MEMBER(ExceptionInfo),
    PY_WEAKREF_MEMBER(ExceptionInfo),
    {"_striptext", T_OBJECT, offsetof(ExceptionInfo, striptext), 0, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef EXCINFO_GETSET[] = {
    PY_DICT_GETSET,
    {"type", get_type, NULL, "The exception class.", (void *)"type"},
    {"value", get_value, NULL, "The exception value.", (void *)"value"},
    {"tb", get_tb, NULL, "The exception raw traceback.", (void *)"tb"},
    {"typename", get_typename, NULL, "The type name of the exception.", (void *)"typename"},
    {"traceback", get_traceback, set_traceback, "The traceback.", NULL},
    {"_traceback", get_traceback, set_traceback, NULL, NULL},
    {"_excinfo", get_excinfo, set_excinfo, NULL, NULL},
    PY_END_GETSET,
};

static PyType_Slot EXCINFO_SLOTS[] = {
    PY_SLOT(tp_init, excinfo_init),
    PY_SLOT(tp_traverse, excinfo_traverse),
    PY_SLOT(tp_clear, excinfo_clear),
    PY_SLOT(tp_dealloc, excinfo_dealloc),
    PY_SLOT(tp_repr, excinfo_repr_text),
    PY_SLOT(tp_methods, EXCINFO_METHODS),
    PY_SLOT(tp_members, EXCINFO_MEMBERS),
    PY_SLOT(tp_getset, EXCINFO_GETSET),
    PY_SLOT(tp_doc, "ExceptionInfo(excinfo, striptext=None, traceback=None, *, _ispytest=False)\n--\n\n"
                    "Wraps sys.exc_info() objects and offers help for navigating the traceback."),
    PY_END_SLOT,
};

static PyType_Spec EXCINFO_SPEC = {
    .name = "_pytest._code.code.ExceptionInfo",
    .basicsize = sizeof(ExceptionInfo),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = EXCINFO_SLOTS,
};

int
excinfo_add(PyObject *module, struct state *state)
{
    code_types(state)->exception_info = py_type_add(module, &EXCINFO_SPEC, NULL);
    return code_types(state)->exception_info ? 0 : -1;
}
