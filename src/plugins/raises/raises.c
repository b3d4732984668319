/*
 * RaisesExc, which pytest.raises() returns: entering, leaving and matching by type are C. Patterns, checks and the
 * words for what went wrong are Python (`_pytest.raises`), which also derives RaisesGroup from the same base.
 */
#include "plugins/raises/raises.h"

#include "code/code.h"
#include "hooks/hooks.h"

struct raises_room {
    PyTypeObject *abstract_raises;
    PyTypeObject *raises_exc;
};

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *expected;    /* tuple of types */
    PyObject *match;       /* compiled pattern, or NULL */
    PyObject *raw_match;   /* str that the pattern stands for literally, or NULL */
    PyObject *check;       /* callable, or NULL */
    PyObject *fail_reason; /* str, or NULL */
    PyObject *excinfo;     /* ExceptionInfo, from __enter__ on */
    char is_nested;
    char is_baseexception;
    char just_propagates;
} Raises;

/* ---- construction ---- */

/* What is no exception type: Python says what is wrong with it, or what it stands for (ExceptionGroup[Exception]). */
static PyObject *
parse_unusual(Raises *self, PyObject *expected)
{
    PyObject *function = py_import_attr("_pytest.raises", "parse_unusual");
    PyObject *parsed =
        function ? PyObject_CallFunction(function, "OOs", (PyObject *)self, expected, "a BaseException type") : NULL;
    Py_XDECREF(function);
    return parsed;
}

static PyObject *
parse_type(Raises *self, PyObject *expected)
{
    if (!PyType_Check(expected) || !PyType_IsSubtype((PyTypeObject *)expected, (PyTypeObject *)PyExc_BaseException)) {
        return parse_unusual(self, expected);
    }
    if (!PyType_IsSubtype((PyTypeObject *)expected, (PyTypeObject *)PyExc_Exception)) {
        self->is_baseexception = 1;
    }
    return Py_NewRef(expected);
}

static PyObject *
parse_types(Raises *self, PyObject *expected)
{
    PyObject *given = !expected || expected == Py_None ? PyTuple_New(0)
                      : PyTuple_Check(expected)        ? Py_NewRef(expected)
                                                       : PyTuple_Pack(1, expected);
    PyObject *types = given ? PyTuple_New(PyTuple_Size(given)) : NULL;

    for (Py_ssize_t i = 0; types && i < PyTuple_Size(given); i++) {
        PyObject *type = parse_type(self, PyTuple_GetItem(given, i));
        if (!type || PyTuple_SetItem(types, i, type) < 0) {
            Py_CLEAR(types);
        }
    }
    Py_XDECREF(given);
    return types;
}

/* Whether a text can only be a pattern: not empty, and without the ^ and $ around what is meant literally. */
static bool
is_pattern_only(PyObject *match)
{
    Py_ssize_t length = PyUnicode_CheckExact(match) ? PyUnicode_GetLength(match) : 0;
    return length > 0 && !(PyUnicode_ReadChar(match, 0) == '^' && PyUnicode_ReadChar(match, length - 1) == '$');
}

/* re.compile(match): false, without an exception, where that fails. */
static bool
try_compile(Raises *self, PyObject *match)
{
    PyObject *compile = py_import_attr("re", "compile");
    PyObject *pattern = compile ? py_call1(compile, match) : NULL;

    Py_XDECREF(compile);
    if (!pattern) {
        PyErr_Clear(); /* who says what is wrong with it compiles it again */
        return false;
    }
    py_replace_take(&self->match, pattern);
    return true;
}

/* match=: compiled, with what it stands for literally. */
static int
set_match(Raises *self, PyObject *match)
{
    if (!match || match == Py_None || (is_pattern_only(match) && try_compile(self, match))) {
        return 0;
    }
    PyObject *function = py_import_attr("_pytest.raises", "compile_match");
    PyObject *pair = function ? py_call1(function, match) : NULL;
    Py_XDECREF(function);
    if (!pair) {
        return -1;
    }
    py_replace_take(&self->match, py_tuple_item(pair, 0));
    PyObject *raw = py_tuple_item(pair, 1);
    py_replace(&self->raw_match, raw == Py_None ? NULL : raw);
    Py_XDECREF(raw);
    Py_DECREF(pair);
    return 0;
}

static int
abstract_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"match", "check", NULL};
    Raises *self = (Raises *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("AbstractRaises.__init__", args, kwargs, NAMES, 0, 0, values) < 0) {
        return -1;
    }
    py_replace(&self->check, values[1] == Py_None ? NULL : values[1]);
    return set_match(self, values[0]);
}

static int
raises_exc_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"expected_exception", "match", "check", NULL};
    Raises *self = (Raises *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("RaisesExc.__init__", args, kwargs, NAMES, 1, 0, values) < 0 ||
        set_match(self, values[1]) < 0) {
        return -1;
    }
    py_replace(&self->check, values[2] == Py_None ? NULL : values[2]);
    bool is_empty = !values[0] || values[0] == Py_None || (PyTuple_Check(values[0]) && PyTuple_Size(values[0]) == 0);
    if (is_empty && !self->match && !self->check) {
        PyErr_SetString(PyExc_ValueError, "You must specify at least one parameter to match on.");
        return -1;
    }
    py_replace_take(&self->expected, parse_types(self, values[0]));
    return self->expected ? 0 : -1;
}

/* ---- matching ---- */

/* A method of the Python half on this object and an exception: 1, 0, -1. */
static int
ask_python(PyObject *op, const char *function_name, PyObject *exception)
{
    PyObject *function = py_import_attr("_pytest.raises", function_name);
    PyObject *answer = function ? py_call2(function, op, exception) : NULL;
    int is_true = answer ? PyObject_IsTrue(answer) : -1;

    Py_XDECREF(answer);
    Py_XDECREF(function);
    return is_true;
}

/* Whether the pattern is in str(exception), where that is the whole text: 1; 0 is for Python to look at again; -1. */
static int
finds_pattern(Raises *self, PyObject *exception)
{
    struct state *state = state_of((PyObject *)self);
    PyObject *notes = NULL;
    PyObject *inner = NULL;
    int has_more = py_find_attr(state, exception, state->names.__notes__, &notes);

    if (has_more == 0) {
        has_more = py_find_attr(state, exception, state->names.exceptions, &inner);
    }
    Py_XDECREF(notes);
    Py_XDECREF(inner);
    if (has_more) {
        PyErr_Clear(); /* some exceptions of 3.10 and 3.11 raise KeyError here */
        return 0;
    }
    PyObject *text = PyObject_Str(exception);
    PyObject *search = text ? py_attr(state, self->match, "search") : NULL;
    PyObject *found = search ? py_call1(search, text) : NULL;
    bool is_found = found && found != Py_None;
    Py_XDECREF(found);
    Py_XDECREF(search);
    Py_XDECREF(text);
    return found ? is_found : -1;
}

static int
check_match(Raises *self, PyObject *exception)
{
    PyObject *borrowed_type = (PyObject *)Py_TYPE(self->match);
    PyObject *module = PyObject_GetAttr(borrowed_type, state_of((PyObject *)self)->names.__module__);
    int found = !module ? -1 : py_text_equals(module, "re") ? finds_pattern(self, exception) : 0;

    Py_XDECREF(module);
    return found == 0 ? ask_python((PyObject *)self, "check_match", exception) : found;
}

static int
check_type(Raises *self, PyObject *exception)
{
    int matches = PyTuple_Size(self->expected) == 0 ? 1 : PyObject_IsInstance(exception, self->expected);

    py_replace(&self->fail_reason, NULL);
    if (matches == 0) {
        return ask_python((PyObject *)self, "explain_type", exception);
    }
    return matches;
}

static int
raises_matches(Raises *self, PyObject *exception)
{
    self->just_propagates = 0;
    if (exception == Py_None) {
        py_replace_take(&self->fail_reason, PyUnicode_FromString("exception is None"));
        return self->fail_reason ? 0 : -1;
    }
    int matches = check_type(self, exception);
    if (matches <= 0) {
        self->just_propagates = 1;
        return matches;
    }
    if (self->match) {
        matches = check_match(self, exception);
    }
    if (matches > 0 && self->check) {
        matches = ask_python((PyObject *)self, "check_check", exception);
    }
    return matches;
}

static PyObject *
py_matches(PyObject *op, PyObject *exception)
{
    int matches = raises_matches((Raises *)op, exception);
    return matches < 0 ? NULL : PyBool_FromLong(matches);
}

static PyObject *
py_check_match(PyObject *op, PyObject *exception)
{
    int matches = ((Raises *)op)->match ? check_match((Raises *)op, exception) : 1;
    return matches < 0 ? NULL : PyBool_FromLong(matches);
}

static PyObject *
py_check_check(PyObject *op, PyObject *exception)
{
    int matches = ((Raises *)op)->check ? ask_python(op, "check_check", exception) : 1;
    return matches < 0 ? NULL : PyBool_FromLong(matches);
}

/* ---- as a context manager ---- */

static PyObject *
raises_enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Raises *self = (Raises *)op;
    PyObject *excinfo = py_call1((PyObject *)code_types(state_of(op))->exception_info, Py_None);

    if (!excinfo) {
        return NULL;
    }
    py_replace(&self->excinfo, excinfo);
    return excinfo;
}

static PyObject *
did_not_raise(Raises *self)
{
    struct state *state = state_of((PyObject *)self);
    Py_ssize_t count = PyTuple_Size(self->expected);
    PyObject *names = PyList_New(0);
    PyObject *joined = NULL;

    for (Py_ssize_t i = 0; names && i < count; i++) {
        PyObject *name = PyObject_GetAttr(PyTuple_GetItem(self->expected, i), state->names.__name__);
        if (py_list_append_take(names, name) < 0) {
            Py_CLEAR(names);
        }
    }
    joined = py_text_join(", ", names);
    if (joined) {
        if (count == 0) {
            outcome_fail(state, true, "DID NOT RAISE any exception");
        } else if (count == 1) {
            outcome_fail(state, true, "DID NOT RAISE %U", joined);
        } else {
            outcome_fail(state, true, "DID NOT RAISE any of (%U)", joined);
        }
    }
    Py_XDECREF(joined);
    Py_XDECREF(names);
    return NULL;
}

static PyObject *
raises_exit(PyObject *op, PyObject *args)
{
    Raises *self = (Raises *)op;
    PyObject *type = NULL;
    PyObject *exception = NULL;
    PyObject *traceback = NULL;

    if (!PyArg_ParseTuple(args, "OOO", &type, &exception, &traceback)) {
        return NULL;
    }
    if (type == Py_None) {
        return did_not_raise(self);
    }
    int matches = raises_matches(self, exception);
    if (matches < 0) {
        return NULL;
    }
    if (!matches && self->just_propagates) {
        Py_RETURN_FALSE;
    }
    if (!matches) {
        /* `raise AssertionError(...) from None`: what was raised is in the message. */
        PyObject *error = py_call1(PyExc_AssertionError, self->fail_reason ? self->fail_reason : Py_None);
        if (error && PyObject_SetAttrString(error, "__suppress_context__", Py_True) == 0) {
            PyErr_SetObject(PyExc_AssertionError, error);
        }
        Py_XDECREF(error);
        return NULL;
    }
    PyObject *filled = PyObject_CallMethod(self->excinfo, "fill_unfilled", "(O)", args);
    Py_XDECREF(filled);
    return filled ? Py_NewRef(Py_True) : NULL;
}

/* ---- the types ---- */

static int
raises_traverse(PyObject *op, visitproc visit, void *arg)
{
    Raises *self = (Raises *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->expected);
    Py_VISIT(self->match);
    Py_VISIT(self->check);
    Py_VISIT(self->excinfo);
    return 0;
}

static int
raises_clear(PyObject *op)
{
    Raises *self = (Raises *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->expected);
    Py_CLEAR(self->match);
    Py_CLEAR(self->raw_match);
    Py_CLEAR(self->check);
    Py_CLEAR(self->fail_reason);
    Py_CLEAR(self->excinfo);
    return 0;
}

static void
raises_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Raises *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    raises_clear(op);
    py_free_instance(op);
}

static PyObject *
raises_repr(PyObject *op)
{
    PyObject *function = py_import_attr("_pytest.raises", "repr_raises_exc");
    PyObject *text = function ? py_call1(function, op) : NULL;
    Py_XDECREF(function);
    return text;
}

static PyMethodDef ABSTRACT_METHODS[] = {
    {"_check_match", py_check_match, METH_O, NULL},
    {"_check_check", py_check_check, METH_O, NULL},
    {"__class_getitem__", (PyCFunction)Py_GenericAlias, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};
PY_NAMED_ONE(py_matches_named, py_matches, "matches", "exception")

static PyMethodDef RAISES_METHODS[] = {
    {"matches", PY_FAST_WITH_KEYWORDS(py_matches_named),
     "matches($self, exception)\n--\n\n"
     "Whether an exception is what is expected; if not, fail_reason says why."},
    {"__enter__", raises_enter, METH_NOARGS, "__enter__($self)\n--\n\n"},
    {"__exit__", raises_exit, METH_VARARGS, "__exit__($self, exc_type, exc_val, exc_tb, /)\n--\n\n"},
    PY_END_METHOD,
};
static PyMemberDef ABSTRACT_MEMBERS[] = {
    PY_DICT_MEMBER(Raises),
    PY_WEAKREF_MEMBER(Raises),
    {"expected_exceptions", T_OBJECT, offsetof(Raises, expected), 0, NULL},
    {"match", T_OBJECT, offsetof(Raises, match), 0, NULL},
    {"rawmatch", T_OBJECT, offsetof(Raises, raw_match), 0, NULL},
    {"check", T_OBJECT, offsetof(Raises, check), 0, NULL},
    {"_fail_reason", T_OBJECT, offsetof(Raises, fail_reason), 0, NULL},
    {"fail_reason", T_OBJECT, offsetof(Raises, fail_reason), READONLY, "Why the last match failed."},
    {"excinfo", T_OBJECT, offsetof(Raises, excinfo), 0, NULL},
    {"_nested", T_BOOL, offsetof(Raises, is_nested), 0, NULL},
    {"is_baseexception", T_BOOL, offsetof(Raises, is_baseexception), 0, NULL},
    {"_just_propagate", T_BOOL, offsetof(Raises, just_propagates), 0, NULL},
    PY_END_MEMBER,
};
static PyGetSetDef ABSTRACT_GETSET[] = {PY_DICT_GETSET, PY_END_GETSET};

static PyType_Slot ABSTRACT_SLOTS[] = {
    PY_SLOT(tp_init, abstract_init),
    PY_SLOT(tp_traverse, raises_traverse),
    PY_SLOT(tp_clear, raises_clear),
    PY_SLOT(tp_dealloc, raises_dealloc),
    PY_SLOT(tp_methods, ABSTRACT_METHODS),
    PY_SLOT(tp_members, ABSTRACT_MEMBERS),
    PY_SLOT(tp_getset, ABSTRACT_GETSET),
    PY_SLOT(tp_doc, "AbstractRaises(*, match, check)\n--\n\n"),
    PY_END_SLOT,
};
static PyType_Slot RAISES_SLOTS[] = {
    PY_SLOT(tp_init, raises_exc_init),
    PY_SLOT(tp_traverse, raises_traverse),
    PY_SLOT(tp_clear, raises_clear),
    PY_SLOT(tp_dealloc, raises_dealloc),
    PY_SLOT(tp_repr, raises_repr),
    PY_SLOT(tp_methods, RAISES_METHODS),
    PY_SLOT(tp_doc, "RaisesExc(expected_exception=None, /, *, match=None, check=None)\n--\n\n"),
    PY_END_SLOT,
};
enum { RAISES_FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE };
static PyType_Spec ABSTRACT_SPEC = {.name = "_pytest.raises.AbstractRaises",
                                    .basicsize = sizeof(Raises),
                                    .flags = RAISES_FLAGS,
                                    .slots = ABSTRACT_SLOTS};
static PyType_Spec RAISES_SPEC = {
    .name = "_pytest.raises.RaisesExc", .basicsize = sizeof(Raises), .flags = RAISES_FLAGS, .slots = RAISES_SLOTS};

/* ---- pytest.raises ---- */

/* A function that, as in pytest, carries the exception that it fails with: raises.Exception. */
typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
} RaisesFunction;

/* Whether there is nothing but match and check. */
static bool
are_patterns_only(PyObject *kwargs)
{
    Py_ssize_t count = kwargs ? PyDict_Size(kwargs) : 0;
    Py_ssize_t known = 0;

    if (count) {
        known += PyDict_GetItemString(kwargs, "match") != NULL;
        known += PyDict_GetItemString(kwargs, "check") != NULL;
    }
    return known == count;
}

/* raises(type, match=..., check=...) is what most tests say; the rest of its signature is Python's. */
static PyObject *
function_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    struct raises_room *room = state_room(state_of(op), ROOM_RAISES);

    if (PyTuple_Size(args) == 1 && PyTuple_GetItem(args, 0) != Py_None && are_patterns_only(kwargs)) {
        return PyObject_Call((PyObject *)room->raises_exc, args, kwargs);
    }
    PyObject *function = py_import_attr("_pytest.raises", "raises_in_full");
    PyObject *result = function ? PyObject_Call(function, args, kwargs) : NULL;
    Py_XDECREF(function);
    return result;
}

static PyObject *
function_repr(PyObject *op)
{
    return PyUnicode_FromFormat("<function raises at %p>", (void *)op);
}

static int
function_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((RaisesFunction *)op)->dict);
    return 0;
}

static int
function_clear(PyObject *op)
{
    Py_CLEAR(((RaisesFunction *)op)->dict);
    return 0;
}

static void
function_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((RaisesFunction *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    function_clear(op);
    py_free_instance(op);
}

/* The signature is asked of the function that handles all of it. */
static PyObject *
function_signature(PyObject *Py_UNUSED(op), void *Py_UNUSED(closure))
{
    PyObject *signature = py_import_attr("inspect", "signature");
    PyObject *function = signature ? py_import_attr("_pytest.raises", "raises_in_full") : NULL;
    PyObject *result = function ? py_call1(signature, function) : NULL;

    Py_XDECREF(function);
    Py_XDECREF(signature);
    return result;
}

static PyMemberDef FUNCTION_MEMBERS[] = {PY_DICT_MEMBER(RaisesFunction), PY_WEAKREF_MEMBER(RaisesFunction),
                                         PY_END_MEMBER};
static PyGetSetDef FUNCTION_GETSET[] = {
    PY_DICT_GETSET, {"__signature__", function_signature, NULL, NULL, NULL}, PY_END_GETSET};
static PyType_Slot FUNCTION_SLOTS[] = {
    PY_SLOT(tp_call, function_call),         PY_SLOT(tp_repr, function_repr),
    PY_SLOT(tp_traverse, function_traverse), PY_SLOT(tp_clear, function_clear),
    PY_SLOT(tp_dealloc, function_dealloc),   PY_SLOT(tp_members, FUNCTION_MEMBERS),
    PY_SLOT(tp_getset, FUNCTION_GETSET),     PY_END_SLOT,
};
static PyType_Spec FUNCTION_SPEC = {.name = "_pytest.raises.function",
                                    .basicsize = sizeof(RaisesFunction),
                                    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                    .slots = FUNCTION_SLOTS};

static int
add_function(PyObject *module, struct state *state)
{
    static const char *const TEXTS[][2] = {
        {"__name__", "raises"},
        {"__qualname__", "raises"},
        {"__module__", "_pytest.raises"},
        {"__doc__", "Assert that a code block or function call raises an exception type, or one of its subclasses."},
    };
    PyTypeObject *type = py_type_add(module, &FUNCTION_SPEC, NULL);
    PyObject *function = type ? (PyObject *)py_new_instance(type) : NULL;
    int status = function ? PyObject_SetAttrString(function, "Exception", (PyObject *)hooks_types(state)->failed) : -1;

    for (size_t i = 0; i < COUNT_OF(TEXTS) && status == 0; i++) {
        PyObject *text = PyUnicode_FromString(TEXTS[i][1]);
        status = text ? PyObject_SetAttrString(function, TEXTS[i][0], text) : -1;
        Py_XDECREF(text);
    }
    if (status == 0) {
        status = PyModule_AddObjectRef(module, "raises", function);
    }
    Py_XDECREF(function);
    Py_XDECREF(type);
    return status;
}

int
raises_add(PyObject *module, struct state *state)
{
    struct raises_room *room = STATE_ROOM_ADD(state, ROOM_RAISES, struct raises_room);

    room->abstract_raises = py_type_add(module, &ABSTRACT_SPEC, NULL);
    if (!room->abstract_raises) {
        return -1;
    }
    room->raises_exc = py_type_add(module, &RAISES_SPEC, (PyObject *)room->abstract_raises);
    return room->raises_exc ? add_function(module, state) : -1;
}
