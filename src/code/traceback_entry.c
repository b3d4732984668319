/* TracebackEntry: one frame of a traceback, with the place in it that raised. */
#include "code/internal.h"

static PyObject *
entry_raw_frame(TracebackEntry *entry)
{
    return PyObject_GetAttr(entry->raw, state_of((PyObject *)entry)->names.tb_frame);
}

PyObject *
entry_code(TracebackEntry *entry)
{
    PyObject *frame = entry_raw_frame(entry);
    PyObject *code = frame ? frame_code(state_of((PyObject *)entry), frame) : NULL;
    Py_XDECREF(frame);
    return code;
}

long
entry_line(TracebackEntry *entry)
{
    long line = attr_long(state_of((PyObject *)entry), entry->raw, "tb_lineno");
    return PyErr_Occurred() ? -2 : line - 1;
}

PyObject *
entry_new(struct state *state, PyObject *raw_traceback, PyObject *style)
{
    TracebackEntry *self = (TracebackEntry *)py_new_instance(code_types(state)->traceback_entry);
    if (self) {
        self->raw = Py_NewRef(raw_traceback);
        self->style = Py_NewRef(style ? style : Py_None);
    }
    return (PyObject *)self;
}

static int
entry_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((TracebackEntry *)op)->raw);
    return 0;
}

static int
entry_clear(PyObject *op)
{
    Py_CLEAR(((TracebackEntry *)op)->raw);
    Py_CLEAR(((TracebackEntry *)op)->style);
    return 0;
}

static void
entry_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    entry_clear(op);
    py_free_instance(op);
}

static int
entry_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"rawentry", "repr_style", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("TracebackEntry", args, kwargs, NAMES, 2, 1, values) < 0) {
        return -1;
    }
    py_replace(&((TracebackEntry *)op)->raw, values[0]);
    py_replace(&((TracebackEntry *)op)->style, values[1] ? values[1] : Py_None);
    return 0;
}

static PyObject *
entry_with_repr_style(PyObject *op, PyObject *style)
{
    return entry_new(state_of(op), ((TracebackEntry *)op)->raw, style);
}

static PyObject *
entry_lineno(PyObject *op, void *Py_UNUSED(closure))
{
    long line = entry_line((TracebackEntry *)op);
    return line == -2 ? NULL : PyLong_FromLong(line);
}

static PyObject *
entry_frame(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *raw = entry_raw_frame((TracebackEntry *)op);
    PyObject *frame = raw_wrapper_new(code_types(state_of(op))->frame, raw);
    Py_XDECREF(raw);
    return frame;
}

static PyObject *
entry_locals(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *raw = entry_raw_frame((TracebackEntry *)op);
    PyObject *locals = raw ? PyObject_GetAttrString(raw, "f_locals") : NULL;
    Py_XDECREF(raw);
    return locals;
}

static long
entry_first_line(TracebackEntry *entry)
{
    PyObject *code = entry_code(entry);
    long line = code ? attr_long(state_of((PyObject *)entry), code, "co_firstlineno") : -1;
    Py_XDECREF(code);
    return line - 1;
}

static PyObject *
entry_getfirstlinesource(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    long line = entry_first_line((TracebackEntry *)op);
    return PyErr_Occurred() ? NULL : PyLong_FromLong(line);
}

static PyObject *
entry_relline(PyObject *op, void *Py_UNUSED(closure))
{
    long line = entry_line((TracebackEntry *)op) - entry_first_line((TracebackEntry *)op);
    return PyErr_Occurred() ? NULL : PyLong_FromLong(line);
}

static PyObject *
entry_path(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *code = entry_code((TracebackEntry *)op);
    PyObject *path = code ? code_path(state_of(op), code) : NULL;
    Py_XDECREF(code);
    return path;
}

static PyObject *
entry_name(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *code = entry_code((TracebackEntry *)op);
    PyObject *name = code ? PyObject_GetAttrString(code, "co_name") : NULL;
    Py_XDECREF(code);
    return name;
}

/* The position of an instruction: (line, end line, column, end column), each int or None. New reference. */
static PyObject *
instruction_position(struct state *state, PyObject *code, long index)
{
    PyObject *positions = py_method0(code, py_literal(state, "co_positions"));
    PyObject *position = NULL;

    for (long i = 0; positions && i <= index; i++) {
        py_replace_take(&position, PyIter_Next(positions));
        if (!position) {
            break;
        }
    }
    Py_XDECREF(positions);
    return position;
}

static long
position_part(PyObject *position, Py_ssize_t i)
{
    PyObject *borrowed_value = PyTuple_GetItem(position, i);
    return borrowed_value && borrowed_value != Py_None ? PyLong_AsLong(borrowed_value) : -1;
}

long
entry_instruction(TracebackEntry *entry)
{
    return attr_long(state_of((PyObject *)entry), entry->raw, "tb_lasti") / 2;
}

int
code_columns(struct state *state, PyObject *code, long instruction, struct columns *columns)
{
    PyObject *position = NULL;

    *columns = (struct columns){-1, -1, -1};
    if (state->python_version < 0x030B0000) {
        return 0; /* no columns before 3.11 */
    }
    position = instruction_position(state, code, instruction);
    if (position) {
        long end_line = position_part(position, 1);
        columns->start = position_part(position, 2);
        columns->end = position_part(position, 3);
        columns->end_line = end_line < 0 ? -1 : end_line - 1;
        Py_DECREF(position);
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* end_lineno_relative, colno, end_colno; `closure` is the index. */
static PyObject *
entry_get_column(PyObject *op, void *closure)
{
    TracebackEntry *entry = (TracebackEntry *)op;
    PyObject *code = entry_code(entry);
    struct columns columns;
    int status = code ? code_columns(state_of(op), code, entry_instruction(entry), &columns) : -1;

    Py_XDECREF(code);
    if (status < 0) {
        return NULL;
    }
    long values[] = {columns.end_line, columns.start, columns.end};
    size_t i = (size_t)closure;
    if (values[i] < 0) {
        Py_RETURN_NONE;
    }
    if (i == 0) {
        values[0] -= entry_first_line((TracebackEntry *)op);
    }
    return PyErr_Occurred() ? NULL : PyLong_FromLong(values[i]);
}

/* Whether a function's frame can have a local of that name at all: making f_locals costs. */
static int
may_have_local(struct state *state, PyObject *code, PyObject *name)
{
    enum { OPTIMIZED = 1 };
    static const char *const LISTS[] = {"co_varnames", "co_cellvars", "co_freevars"};
    long flags = attr_long(state, code, "co_flags");
    int found = PyErr_Occurred() ? -1 : !(flags & OPTIMIZED);

    for (size_t i = 0; i < COUNT_OF(LISTS) && found == 0; i++) {
        PyObject *names = py_attr(state, code, LISTS[i]);
        found = names ? PySequence_Contains(names, name) : -1;
        Py_XDECREF(names);
    }
    return found;
}

/* namespace["__tracebackhide__"], whatever kind of object the namespace is: 1, 0. Exceptions mean it has none. */
static bool
find_hide(struct state *state, PyObject *raw_frame, const char *attribute, PyObject *name, PyObject **value_out)
{
    PyObject *namespace = py_attr(state, raw_frame, attribute);

    *value_out = namespace ? PyObject_GetItem(namespace, name) : NULL;
    Py_XDECREF(namespace);
    if (!*value_out && PyErr_ExceptionMatches(PyExc_Exception)) {
        PyErr_Clear(); /* exec() takes any mapping, also broken ones: pytest looks away, too */
    }
    return *value_out != NULL;
}

int
entry_is_hidden(struct state *state, TracebackEntry *entry, PyObject *excinfo)
{
    PyObject *frame = entry_raw_frame(entry);
    PyObject *code = frame ? frame_code(state, frame) : NULL;
    PyObject *name = state->names.__tracebackhide__;
    PyObject *hide = NULL;
    int answer = code ? may_have_local(state, code, name) : -1;

    if (answer < 0) {
        goto done;
    }
    if (answer == 0 || !find_hide(state, frame, "f_locals", name, &hide)) {
        find_hide(state, frame, "f_globals", name, &hide);
    }
    if (PyErr_Occurred()) {
        answer = -1;
        goto done;
    }
    answer = hide ? PyObject_IsTrue(hide) : 0;
    if (answer > 0 && PyCallable_Check(hide)) {
        PyObject *result = py_call1(hide, excinfo);
        answer = result ? PyObject_IsTrue(result) : -1;
        Py_XDECREF(result);
    }
done:
    Py_XDECREF(hide);
    Py_XDECREF(code);
    Py_XDECREF(frame);
    return answer;
}

static PyObject *
entry_ishidden(PyObject *op, PyObject *excinfo)
{
    int hidden = entry_is_hidden(state_of(op), (TracebackEntry *)op, excinfo);
    return hidden < 0 ? NULL : PyBool_FromLong(hidden);
}

static PyObject *
entry_getsource(PyObject *op, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *cache = Py_None;
    if (!PyArg_ParseTuple(args, "|O", &cache)) {
        return NULL;
    }
    return code_call_python_take(state_of(op), true, "entry_source", PyTuple_Pack(1, op));
}

static PyObject *
entry_framesummary(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return code_call_python_take(state_of(op), true, "entry_framesummary", PyTuple_Pack(1, op));
}

static PyObject *
entry_repr(PyObject *op)
{
    PyObject *path = entry_path(op, NULL);
    PyObject *text = NULL;

    if (path) {
        text = PyUnicode_FromFormat("<TracebackEntry %S:%ld>", path, entry_line((TracebackEntry *)op) + 1);
        Py_DECREF(path);
    }
    return text;
}

static PyObject *
entry_str(PyObject *op)
{
    return code_call_python_take(state_of(op), true, "entry_text", PyTuple_Pack(1, op));
}

static PyMemberDef ENTRY_MEMBERS[] = {
    {"_rawentry", T_OBJECT_EX, offsetof(TracebackEntry, raw), READONLY, NULL},
    {"_repr_style", T_OBJECT, offsetof(TracebackEntry, style), READONLY, NULL},
    PY_END_MEMBER,
};
PY_NAMED_ONE(entry_with_repr_style_named, entry_with_repr_style, "with_repr_style", "repr_style")
PY_NAMED_ONE(entry_ishidden_named, entry_ishidden, "ishidden", "excinfo")
static PyMethodDef ENTRY_METHODS[] = {
    {"with_repr_style", PY_FAST_WITH_KEYWORDS(entry_with_repr_style_named),
     "with_repr_style($self, repr_style)\n--\n\n"},
    {"get_python_framesummary", entry_framesummary, METH_NOARGS, "get_python_framesummary($self)\n--\n\n"},
    {"getfirstlinesource", entry_getfirstlinesource, METH_NOARGS, "getfirstlinesource($self)\n--\n\n"},
    {"getsource", PY_WITH_KEYWORDS(entry_getsource),
     "getsource($self, astcache=None)\n--\n\n"
     "The failing source."},
    {"ishidden", PY_FAST_WITH_KEYWORDS(entry_ishidden_named),
     "ishidden($self, excinfo)\n--\n\n"
     "Whether the frame says __tracebackhide__."},
    PY_END_METHOD,
};
static PyGetSetDef ENTRY_GETSET[] = {
    {"lineno", entry_lineno, NULL, NULL, NULL},
    {"frame", entry_frame, NULL, NULL, NULL},
    {"relline", entry_relline, NULL, NULL, NULL},
    {"path", entry_path, NULL, "Path to the source code.", NULL},
    {"locals", entry_locals, NULL, "Locals of the underlying frame.", NULL},
    {"name", entry_name, NULL, "co_name of the underlying code.", NULL},
    {"statement", code_get_from_python, NULL, "The Source of the current statement.", (void *)"entry_statement"},
    {"source", code_get_from_python, NULL, "The failing source.", (void *)"entry_source"},
    {"end_lineno_relative", entry_get_column, NULL, NULL, (void *)0},
    {"colno", entry_get_column, NULL, "Starting byte offset of the expression.", (void *)1},
    {"end_colno", entry_get_column, NULL, "Ending byte offset of the expression.", (void *)2},
    PY_END_GETSET,
};
static PyType_Slot ENTRY_SLOTS[] = {
    PY_SLOT(tp_init, entry_init),
    PY_SLOT(tp_traverse, entry_traverse),
    PY_SLOT(tp_clear, entry_clear),
    PY_SLOT(tp_dealloc, entry_dealloc),
    PY_SLOT(tp_repr, entry_repr),
    PY_SLOT(tp_str, entry_str),
    PY_SLOT(tp_members, ENTRY_MEMBERS),
    PY_SLOT(tp_methods, ENTRY_METHODS),
    PY_SLOT(tp_getset, ENTRY_GETSET),
    PY_SLOT(tp_doc, "TracebackEntry(rawentry, repr_style=None)\n--\n\n"
                    "A single entry in a Traceback."),
    PY_END_SLOT,
};
static PyType_Spec ENTRY_SPEC = {.name = "_pytest._code.code.TracebackEntry",
                                 .basicsize = sizeof(TracebackEntry),
                                 .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
                                 .slots = ENTRY_SLOTS};

int
traceback_entry_add(PyObject *module, struct state *state)
{
    struct code_types *types = code_types(state);

    types->traceback_entry = py_type_add(module, &ENTRY_SPEC, NULL);
    return types->traceback_entry ? 0 : -1;
}
