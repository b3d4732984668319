/* Code and Frame: thin wrappers around the interpreter's own objects. */
#include <unistd.h>

#include "code/internal.h"
#include "io/io.h"

/* ---- helpers on raw objects ---- */

long
attr_long(struct state *state, PyObject *object, const char *name)
{
    PyObject *value = py_attr(state, object, name);
    long number = value ? PyLong_AsLong(value) : -1;
    Py_XDECREF(value);
    return number;
}

PyObject *
frame_code(struct state *state, PyObject *raw_frame)
{
    return py_attr(state, raw_frame, "f_code");
}

static bool
is_existing_file(PyObject *path)
{
    const char *utf8 = py_utf8(path);
    if (!utf8) {
        PyErr_Clear(); /* a name with surrogates: no such file as far as we can see */
        return false;
    }
    return access(utf8, F_OK) == 0;
}

PyObject *
code_absolute_path(struct state *state, PyObject *raw_code)
{
    PyObject *filename = PyObject_GetAttr(raw_code, state->names.co_filename);
    PyObject *abspath = filename ? py_import_attr("os.path", "abspath") : NULL;
    PyObject *absolute = abspath ? py_call1(abspath, filename) : NULL;

    Py_XDECREF(abspath);
    Py_XDECREF(filename);
    return absolute;
}

/* A Path when there is such a file, else the name as it is. */
static PyObject *
existing_path(struct state *state, PyObject *raw_code, PyObject *filename)
{
    PyObject *absolute = code_absolute_path(state, raw_code);
    PyObject *path = NULL;

    if (absolute) {
        path = is_existing_file(absolute) ? py_path_object(state, absolute) : Py_NewRef(filename);
        Py_DECREF(absolute);
    }
    return path;
}

PyObject *
code_path(struct state *state, PyObject *raw_code)
{
    struct code_room *room = code_room(state);
    PyObject *filename = PyObject_GetAttr(raw_code, state->names.co_filename);
    PyObject *path = NULL;

    if (!filename) {
        return NULL;
    }
    if (!room->paths && !(room->paths = PyDict_New())) {
        goto done;
    }
    int found = py_dict_find(room->paths, filename, &path);
    if (found == 0) {
        path = existing_path(state, raw_code, filename);
        bool is_kept = path && !PyUnicode_Check(path) && py_text_starts_with(filename, "/");
        if (is_kept && PyDict_SetItem(room->paths, filename, path) < 0) {
            Py_CLEAR(path);
        }
    }
done:
    Py_DECREF(filename);
    return path;
}

/* ---- Code and Frame ---- */

static int
wrapper_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((RawWrapper *)op)->raw);
    return 0;
}

static int
wrapper_clear(PyObject *op)
{
    Py_CLEAR(((RawWrapper *)op)->raw);
    return 0;
}

static void
wrapper_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    wrapper_clear(op);
    py_free_instance(op);
}

static int
wrapper_init(PyObject *op, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *raw = NULL;
    if (!PyArg_ParseTuple(args, "O", &raw)) {
        return -1;
    }
    py_replace(&((RawWrapper *)op)->raw, raw);
    return 0;
}

PyObject *
raw_wrapper_new(PyTypeObject *type, PyObject *raw)
{
    RawWrapper *self = raw ? (RawWrapper *)py_new_instance(type) : NULL;
    if (self) {
        self->raw = Py_NewRef(raw);
    }
    return (PyObject *)self;
}

static PyObject *
code_richcompare(PyObject *op, PyObject *other, int operation)
{
    PyObject *other_raw = NULL;
    PyObject *result = NULL;

    if (operation != Py_EQ && operation != Py_NE) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    other_raw = PyObject_GetAttrString(other, "raw");
    if (other_raw) {
        result = PyObject_RichCompare(((RawWrapper *)op)->raw, other_raw, operation);
        Py_DECREF(other_raw);
    }
    return result;
}

static PyObject *
code_from_function(PyObject *cls, PyObject *object)
{
    struct state *state = state_from_type((PyTypeObject *)cls);
    PyObject *raw = NULL;
    PyObject *code = NULL;

    if (py_find_attr(state, object, state->names.__code__, &raw) < 0) {
        return NULL;
    }
    if (!raw) {
        raw = code_call_python_take(state, true, "getrawcode", PyTuple_Pack(1, object));
    }
    code = raw ? py_call1(cls, raw) : NULL;
    Py_XDECREF(raw);
    return code;
}

static PyObject *
code_firstlineno(PyObject *op, void *Py_UNUSED(closure))
{
    long line = attr_long(state_of(op), ((RawWrapper *)op)->raw, "co_firstlineno");
    return PyErr_Occurred() ? NULL : PyLong_FromLong(line - 1);
}

static PyObject *
code_name(PyObject *op, void *Py_UNUSED(closure))
{
    return PyObject_GetAttrString(((RawWrapper *)op)->raw, "co_name");
}

static PyObject *
code_get_path(PyObject *op, void *Py_UNUSED(closure))
{
    return code_path(state_of(op), ((RawWrapper *)op)->raw);
}

PyObject *
code_get_from_python(PyObject *op, void *closure)
{
    return code_call_python_take(state_of(op), true, closure, PyTuple_Pack(1, op));
}

static PyObject *
code_source(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return code_call_python_take(state_of(op), true, "code_source", PyTuple_Pack(1, op));
}

/* The names of a code object's arguments; with `var` those of *args and **kwargs, too. A new list. */
static PyObject *
argument_names(struct state *state, PyObject *raw_code, bool var)
{
    enum { VARARGS = 4, VARKEYWORDS = 8 };
    PyObject *varnames = py_attr(state, raw_code, "co_varnames");
    long count = attr_long(state, raw_code, "co_argcount");
    long flags = attr_long(state, raw_code, "co_flags");
    PyObject *names = NULL;

    if (var) {
        count += attr_long(state, raw_code, "co_kwonlyargcount");
        count += (flags & VARARGS ? 1 : 0) + (flags & VARKEYWORDS ? 1 : 0);
    }
    if (varnames && !PyErr_Occurred()) {
        PyObject *slice = PyTuple_GetSlice(varnames, 0, count);
        names = slice ? PySequence_List(slice) : NULL;
        Py_XDECREF(slice);
    }
    Py_XDECREF(varnames);
    return names;
}

static int
parse_var(PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"var", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    if (py_unpack_tuple("getargs", args, kwargs, NAMES, 1, 0, values) < 0) {
        return -1;
    }
    return values[0] ? PyObject_IsTrue(values[0]) : 0;
}

static PyObject *
code_getargs(PyObject *op, PyObject *args, PyObject *kwargs)
{
    int var = parse_var(args, kwargs);
    PyObject *names = var < 0 ? NULL : argument_names(state_of(op), ((RawWrapper *)op)->raw, var);
    PyObject *tuple = names ? PyList_AsTuple(names) : NULL;
    Py_XDECREF(names);
    return tuple;
}

static PyObject *
frame_lineno(PyObject *op, void *Py_UNUSED(closure))
{
    long line = attr_long(state_of(op), ((RawWrapper *)op)->raw, "f_lineno");
    return PyErr_Occurred() ? NULL : PyLong_FromLong(line - 1);
}

/* `closure` names the raw frame's attribute. */
static PyObject *
frame_get_attribute(PyObject *op, void *closure)
{
    return PyObject_GetAttrString(((RawWrapper *)op)->raw, closure);
}

static PyObject *
frame_get_code(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *raw = frame_code(state_of(op), ((RawWrapper *)op)->raw);
    PyObject *code = raw_wrapper_new(code_types(state_of(op))->code, raw);
    Py_XDECREF(raw);
    return code;
}

static PyObject *
frame_eval(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *expression = NULL;
    if (!PyArg_ParseTuple(args, "O", &expression)) {
        return NULL;
    }
    return code_call_python_take(state_of(op), true, "frame_eval",
                                 PyTuple_Pack(3, op, expression, kwargs ? kwargs : Py_None));
}

static PyObject *
frame_repr_object(PyObject *op, PyObject *object)
{
    enum { DEFAULT_REPR_MAX_SIZE = 240 };
    return safe_repr(state_of(op), object, DEFAULT_REPR_MAX_SIZE, false);
}

PyObject *
frame_arguments(struct state *state, PyObject *raw_frame, bool var)
{
    PyObject *code = frame_code(state, raw_frame);
    PyObject *names = code ? argument_names(state, code, var) : NULL;
    PyObject *pairs = names ? PyList_New(0) : NULL;
    PyObject *locals = NULL;

    if (pairs && PyList_Size(names)) {
        locals = py_attr(state, raw_frame, "f_locals"); /* dear: not without need */
        if (!locals) {
            Py_CLEAR(pairs);
        }
    }

    for (Py_ssize_t i = 0; pairs && i < PyList_Size(names); i++) {
        PyObject *name = py_list_item(names, i);
        PyObject *value = PyObject_GetItem(locals, name);
        int status = 0;
        if (value) {
            status = py_list_append_take(pairs, PyTuple_Pack(2, name, value));
        } else if (PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_Clear(); /* deleted by the function */
        } else {
            status = -1;
        }
        Py_XDECREF(value);
        Py_DECREF(name);
        if (status < 0) {
            Py_CLEAR(pairs);
        }
    }
    Py_XDECREF(locals);
    Py_XDECREF(names);
    Py_XDECREF(code);
    return pairs;
}

static PyObject *
frame_getargs(PyObject *op, PyObject *args, PyObject *kwargs)
{
    int var = parse_var(args, kwargs);
    return var < 0 ? NULL : frame_arguments(state_of(op), ((RawWrapper *)op)->raw, var);
}

/* ---- types ---- */

static PyMemberDef RAW_MEMBERS[] = {{"raw", T_OBJECT_EX, offsetof(RawWrapper, raw), 0, NULL}, PY_END_MEMBER};

PY_NAMED_ONE(code_from_function_named, code_from_function, "from_function", "obj")
static PyMethodDef CODE_METHODS[] = {
    {"from_function", PY_FAST_WITH_KEYWORDS(code_from_function_named) | METH_CLASS,
     "from_function($type, obj)\n--\n\n"},
    {"source", code_source, METH_NOARGS,
     "source($self)\n--\n\n"
     "The Source of the code object only."},
    {"getargs", PY_WITH_KEYWORDS(code_getargs),
     "getargs($self, var=False)\n--\n\n"
     "The names of the arguments; with var also those of *args and **kwargs."},
    PY_END_METHOD,
};
static PyGetSetDef CODE_GETSET[] = {
    {"firstlineno", code_firstlineno, NULL, NULL, NULL},
    {"name", code_name, NULL, NULL, NULL},
    {"path", code_get_path, NULL, "A Path to the source, or a str where there is no such file.", NULL},
    {"fullsource", code_get_from_python, NULL, "The Source of the whole file.", (void *)"code_fullsource"},
    PY_END_GETSET,
};
static PyType_Slot CODE_SLOTS[] = {
    PY_SLOT(tp_init, wrapper_init),
    PY_SLOT(tp_traverse, wrapper_traverse),
    PY_SLOT(tp_clear, wrapper_clear),
    PY_SLOT(tp_dealloc, wrapper_dealloc),
    PY_SLOT(tp_richcompare, code_richcompare),
    PY_SLOT(tp_hash, PyObject_HashNotImplemented),
    PY_SLOT(tp_members, RAW_MEMBERS),
    PY_SLOT(tp_methods, CODE_METHODS),
    PY_SLOT(tp_getset, CODE_GETSET),
    PY_SLOT(tp_doc, "Code(obj)\n--\n\n"),
    PY_END_SLOT,
};
enum { WRAPPER_FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE };
static PyType_Spec CODE_SPEC = {
    .name = "_pytest._code.code.Code", .basicsize = sizeof(RawWrapper), .flags = WRAPPER_FLAGS, .slots = CODE_SLOTS};

PY_NAMED_ONE(frame_repr_object_named, frame_repr_object, "repr", "object")
static PyMethodDef FRAME_METHODS[] = {
    {"eval", PY_WITH_KEYWORDS(frame_eval),
     "eval($self, code, **vars)\n--\n\n"
     "Evaluate code in the frame."},
    {"repr", PY_FAST_WITH_KEYWORDS(frame_repr_object_named),
     "repr($self, object)\n--\n\n"
     "A safe one-line repr of an object."},
    {"getargs", PY_WITH_KEYWORDS(frame_getargs),
     "getargs($self, var=False)\n--\n\n"
     "[(name, value)] of all arguments."},
    PY_END_METHOD,
};
static PyGetSetDef FRAME_GETSET[] = {
    {"lineno", frame_lineno, NULL, NULL, NULL},
    {"f_globals", frame_get_attribute, NULL, NULL, (void *)"f_globals"},
    {"f_locals", frame_get_attribute, NULL, NULL, (void *)"f_locals"},
    {"code", frame_get_code, NULL, NULL, NULL},
    {"statement", code_get_from_python, NULL, "The statement that this frame is at.", (void *)"frame_statement"},
    PY_END_GETSET,
};
static PyType_Slot FRAME_SLOTS[] = {
    PY_SLOT(tp_init, wrapper_init),       PY_SLOT(tp_traverse, wrapper_traverse),  PY_SLOT(tp_clear, wrapper_clear),
    PY_SLOT(tp_dealloc, wrapper_dealloc), PY_SLOT(tp_members, RAW_MEMBERS),        PY_SLOT(tp_methods, FRAME_METHODS),
    PY_SLOT(tp_getset, FRAME_GETSET),     PY_SLOT(tp_doc, "Frame(frame)\n--\n\n"), PY_END_SLOT,
};
static PyType_Spec FRAME_SPEC = {
    .name = "_pytest._code.code.Frame", .basicsize = sizeof(RawWrapper), .flags = WRAPPER_FLAGS, .slots = FRAME_SLOTS};

int
frames_add(PyObject *module, struct state *state)
{
    struct code_types *types = code_types(state);

    types->code = py_type_add(module, &CODE_SPEC, NULL);
    types->frame = py_type_add(module, &FRAME_SPEC, NULL);
    return types->code && types->frame ? 0 : -1;
}
