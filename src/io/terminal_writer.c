/* TerminalWriter: text, colours and separators for a terminal or any file (`_pytest._io.terminalwriter`). */
#include "io/writer.h"

/* ---- Attributes ---- */

static PyObject *
get_full_width(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(writer_full_width((TerminalWriter *)op));
}

static int
set_full_width(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    TerminalWriter *self = (TerminalWriter *)op;
    long width = -1;

    if (value && value != Py_None) {
        width = PyLong_AsLong(value);
        if (width == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    self->full_width = width;
    return 0;
}

static PyObject *
get_set_width(PyObject *op, void *Py_UNUSED(closure))
{
    long width = ((TerminalWriter *)op)->full_width;
    return width < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(width);
}

static PyObject *
get_line_width(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(writer_line_width((TerminalWriter *)op));
}

static PyObject *
get_current_line(PyObject *op, void *Py_UNUSED(closure))
{
    return py_text_from(&((TerminalWriter *)op)->line);
}

static int
set_current_line(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    TerminalWriter *self = (TerminalWriter *)op;
    PyObject *owner = NULL;
    Py_ssize_t length = 0;
    const char *utf8 = value ? text_bytes(value, &length, &owner) : "";

    if (!utf8) {
        return -1;
    }
    text_clear(&self->line);
    text_add(&self->line, utf8, (size_t)length);
    self->is_line_plain = is_plain_ascii(utf8, (size_t)length);
    Py_XDECREF(owner);
    return 0;
}

/* Whoever asks for the file may write to it: from now on nothing is held back. */
static PyObject *
get_file(PyObject *op, void *Py_UNUSED(closure))
{
    TerminalWriter *self = (TerminalWriter *)op;

    if (self->output.fd >= 0) {
        if (output_share(&self->output) < 0) {
            return NULL;
        }
        self->output.is_shared = true;
    }
    self->is_file_known = true;
    return Py_NewRef(self->output.file);
}

static int
set_file(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    TerminalWriter *self = (TerminalWriter *)op;

    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "_file");
        return -1;
    }
    if (terminal_release_descriptor(op) < 0) {
        return -1;
    }
    Py_INCREF(value);
    output_release(&self->output);
    self->output.file = value;
    return 0;
}

static PyObject *
get_flag(PyObject *op, void *closure)
{
    return PyBool_FromLong(*((bool *)((char *)op + (size_t)closure)));
}

static int
set_flag(PyObject *op, PyObject *value, void *closure)
{
    int is_on = value ? PyObject_IsTrue(value) : 0;

    if (is_on < 0) {
        return -1;
    }
    *((bool *)((char *)op + (size_t)closure)) = is_on;
    return 0;
}

/* ---- Life ---- */

static PyObject *
writer_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    TerminalWriter *self = (TerminalWriter *)py_new_instance(type);

    if (self) {
        self->output.state = state_from_type(type);
        self->output.fd = -1;
        self->output.file = Py_NewRef(Py_None);
        self->full_width = -1;
        self->is_line_plain = true;
        self->highlights_code = true;
    }
    return (PyObject *)self;
}

static int
writer_start(TerminalWriter *self, PyObject *file)
{
    PyObject *borrowed_file = file && file != Py_None ? file : PySys_GetObject("stdout");
    int wants_markup = 0;

    if (!borrowed_file) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.stdout");
        return -1;
    }
    py_replace(&self->output.file, borrowed_file);
    wants_markup = file_wants_markup(self->output.file);
    self->has_markup = wants_markup > 0;
    return wants_markup < 0 ? -1 : 0;
}

static int
writer_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"file", NULL};
    PyObject *values[1];

    if (py_unpack_tuple("TerminalWriter", args, kwargs, NAMES, 1, 0, values) < 0) {
        return -1;
    }
    return writer_start((TerminalWriter *)op, values[0]);
}

PyObject *
terminal_writer_new(struct state *state, PyObject *file)
{
    PyObject *writer = writer_new(io_types(state)->terminal_writer, NULL, NULL);

    if (writer && writer_start((TerminalWriter *)writer, file) < 0) {
        Py_CLEAR(writer);
    }
    return writer;
}

static int
writer_traverse(PyObject *op, visitproc visit, void *arg)
{
    TerminalWriter *self = (TerminalWriter *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->output.file);
    Py_VISIT(self->output.watched_write);
    return 0;
}

static int
writer_clear(PyObject *op)
{
    TerminalWriter *self = (TerminalWriter *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->output.watched_write);
    py_replace(&self->output.file, Py_None);
    return 0;
}

void
writer_dealloc(PyObject *op)
{
    TerminalWriter *self = (TerminalWriter *)op;

    PyObject_GC_UnTrack(op);
    if (self->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    Py_CLEAR(self->dict);
    output_release(&self->output);
    text_release(&self->line);
    text_release(&self->scratch);
    py_free_instance(op);
}

static PyMemberDef MEMBERS[] = {
    PY_DICT_MEMBER(TerminalWriter),
    PY_WEAKREF_MEMBER(TerminalWriter),
    PY_END_MEMBER,
};

static PyGetSetDef GETSETS[] = {
    PY_DICT_GETSET,
    {"_file", get_file, set_file, NULL, NULL},
    {"_current_line", get_current_line, set_current_line, NULL, NULL},
    {"_terminal_width", get_set_width, set_full_width, NULL, NULL},
    {"fullwidth", get_full_width, set_full_width, NULL, NULL},
    {"width_of_current_line", get_line_width, NULL, "Return an estimate of the width so far in the current line.",
     NULL},
    {"hasmarkup", get_flag, set_flag, NULL, (void *)offsetof(TerminalWriter, has_markup)},
    {"code_highlight", get_flag, set_flag, NULL, (void *)offsetof(TerminalWriter, highlights_code)},
    PY_END_GETSET,
};

static PyType_Slot SLOTS[] = {
    PY_SLOT(tp_new, writer_new),
    PY_SLOT(tp_init, writer_init),
    PY_SLOT(tp_traverse, writer_traverse),
    PY_SLOT(tp_clear, writer_clear),
    PY_SLOT(tp_dealloc, writer_dealloc),
    PY_SLOT(tp_methods, WRITER_METHODS),
    PY_SLOT(tp_members, MEMBERS),
    PY_SLOT(tp_getset, GETSETS),
    PY_SLOT(tp_doc, "TerminalWriter(file=None)\n--\n\n"),
    PY_END_SLOT,
};

static PyType_Spec SPEC = {
    .name = "_pytest._io.terminalwriter.TerminalWriter",
    .basicsize = sizeof(TerminalWriter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = SLOTS,
};

int
terminal_writer_add_type(PyObject *module, struct state *state)
{
    struct io_types *types = io_types(state);

    types->buffering_writers = PyList_New(0);
    types->terminal_writer = py_type_add(module, &SPEC, NULL);
    return types->buffering_writers && types->terminal_writer ? 0 : -1;
}
