/* The objects that stand in for sys.stdin, sys.stdout and sys.stderr while output is captured. */
#include "plugins/capture/internal.h"

/* ---- EncodedFile, CaptureIO, TeeCaptureIO: text layers over a file or bytes ---- */

static PyObject *
encoded_file_name(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *buffer = PyObject_GetAttrString(op, "buffer");
    PyObject *name = buffer ? PyObject_Repr(buffer) : NULL;
    Py_XDECREF(buffer);
    return name;
}

static PyObject *
encoded_file_mode(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *buffer = PyObject_GetAttrString(op, "buffer");
    PyObject *mode = buffer ? PyObject_GetAttrString(buffer, "mode") : NULL;
    PyObject *text_mode = mode ? PyObject_CallMethod(mode, "replace", "ss", "b", "") : NULL;
    Py_XDECREF(mode);
    Py_XDECREF(buffer);
    return text_mode;
}

static PyGetSetDef ENCODED_FILE_GETSET[] = {
    {"name", encoded_file_name, NULL, NULL, NULL},
    {"mode", encoded_file_mode, NULL, NULL, NULL},
    PY_END_GETSET,
};
static PyType_Slot ENCODED_FILE_SLOTS[] = {PY_SLOT(tp_getset, ENCODED_FILE_GETSET), PY_END_SLOT};
enum { STREAM_FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE };
static PyType_Spec ENCODED_FILE_SPEC = {
    .name = "_pytest.capture.EncodedFile", .flags = STREAM_FLAGS, .slots = ENCODED_FILE_SLOTS};

/* TextIOWrapper.__init__(self, BytesIO(), encoding="UTF-8", newline="", write_through=True) */
static int
capture_io_init(PyObject *op, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    struct capture_types *types = capture_types(state_of(op));
    PyObject *buffer = py_call0(types->bytes_io);
    PyObject *args = buffer ? PyTuple_Pack(1, buffer) : NULL;
    initproc init = (initproc)PyType_GetSlot(types->text_io_wrapper, Py_tp_init);
    int status = args ? init(op, args, types->capture_io_arguments) : -1;

    Py_XDECREF(args);
    Py_XDECREF(buffer);
    return status;
}

static PyObject *
capture_io_getvalue(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    struct state *state = state_of(op);
    PyObject *buffer = py_attr(state, op, "buffer");
    PyObject *bytes = buffer ? py_method0(buffer, py_literal(state, "getvalue")) : NULL;
    PyObject *text = NULL;
    char *start = NULL;
    Py_ssize_t length = 0;

    if (bytes && PyBytes_AsStringAndSize(bytes, &start, &length) == 0) {
        text = PyUnicode_DecodeUTF8(start, length, NULL);
    }
    Py_XDECREF(bytes);
    Py_XDECREF(buffer);
    return text;
}

static PyMethodDef CAPTURE_IO_METHODS[] = {
    {"getvalue", capture_io_getvalue, METH_NOARGS,
     "getvalue($self)\n--\n\n"
     "Everything written so far."},
    PY_END_METHOD,
};
static PyType_Slot CAPTURE_IO_SLOTS[] = {PY_SLOT(tp_init, capture_io_init), PY_SLOT(tp_methods, CAPTURE_IO_METHODS),
                                         PY_END_SLOT};
static PyType_Spec CAPTURE_IO_SPEC = {
    .name = "_pytest.capture.CaptureIO", .flags = STREAM_FLAGS, .slots = CAPTURE_IO_SLOTS};

/* TeeCaptureIO(other): `other` lives in the instance's dict, under pytest's name for it. */
static int
tee_init(PyObject *op, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *other = NULL;
    if (!PyArg_ParseTuple(args, "O", &other) || PyObject_SetAttrString(op, "_other", other) < 0) {
        return -1;
    }
    return capture_io_init(op, NULL, NULL);
}

static PyObject *
tee_write(PyObject *op, PyObject *text)
{
    PyObject *base = (PyObject *)capture_types(state_of(op))->text_io_wrapper;
    PyObject *written = PyObject_CallMethod(base, "write", "OO", op, text);
    PyObject *other = written ? PyObject_GetAttrString(op, "_other") : NULL;
    PyObject *result = other ? py_method1(other, state_of(op)->names.write, text) : NULL;
    Py_XDECREF(other);
    Py_XDECREF(written);
    return result;
}

static PyMethodDef TEE_METHODS[] = {{"write", tee_write, METH_O, NULL}, PY_END_METHOD};
static PyType_Slot TEE_SLOTS[] = {PY_SLOT(tp_init, tee_init), PY_SLOT(tp_methods, TEE_METHODS), PY_END_SLOT};
static PyType_Spec TEE_SPEC = {.name = "_pytest.capture.TeeCaptureIO", .flags = STREAM_FLAGS, .slots = TEE_SLOTS};

/* ---- DontReadFromInput: sys.stdin while output is captured ---- */

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
} InputStub;

static int
input_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((InputStub *)op)->dict);
    return 0;
}

static int
input_clear(PyObject *op)
{
    Py_CLEAR(((InputStub *)op)->dict);
    return 0;
}

static void
input_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((InputStub *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    input_clear(op);
    py_free_instance(op);
}

static PyObject *
refuse_read(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(args))
{
    PyErr_SetString(PyExc_OSError, "pytest: reading from stdin while output is captured!  Consider using `-s`.");
    return NULL;
}

static PyObject *
refuse_next(PyObject *op)
{
    return refuse_read(op, NULL);
}

static PyObject *
unsupported(const char *message)
{
    PyObject *type = py_import_attr("io", "UnsupportedOperation");
    if (type) {
        PyErr_SetString(type, message);
        Py_DECREF(type);
    }
    return NULL;
}

/* One C function per message: a method table has no closure. */
#define UNSUPPORTED(name, message)                                                                                     \
    static PyObject *refuse_##name(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(args))                                 \
    {                                                                                                                  \
        return unsupported(message);                                                                                   \
    }
UNSUPPORTED(fileno, "redirected stdin is pseudofile, has no fileno()")
UNSUPPORTED(flush, "redirected stdin is pseudofile, has no flush()")
UNSUPPORTED(seek, "redirected stdin is pseudofile, has no seek(int)")
UNSUPPORTED(tell, "redirected stdin is pseudofile, has no tell()")
UNSUPPORTED(truncate, "cannot truncate stdin")
UNSUPPORTED(write, "cannot write to stdin")
UNSUPPORTED(writelines, "Cannot write to stdin")

static PyObject *
answer_false(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(args))
{
    Py_RETURN_FALSE;
}

static PyObject *
answer_none(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(args))
{
    Py_RETURN_NONE;
}

static PyObject *
answer_self(PyObject *op, PyObject *Py_UNUSED(args))
{
    return Py_NewRef(op);
}

static PyObject *
input_buffer(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(op);
}

/* What typing.TextIO, its base in pytest, says of all its properties. */
static PyObject *
input_unknown(PyObject *Py_UNUSED(op), void *Py_UNUSED(closure))
{
    Py_RETURN_NONE;
}

static PyObject *
input_encoding(PyObject *Py_UNUSED(op), void *Py_UNUSED(closure))
{
    PyObject *borrowed_stdin = PySys_GetObject("__stdin__");
    return borrowed_stdin ? PyObject_GetAttrString(borrowed_stdin, "encoding") : PyUnicode_FromString("utf-8");
}

static PyMethodDef INPUT_METHODS[] = {
    {"read", refuse_read, METH_VARARGS, "read($self, size=-1, /)\n--\n\n"},
    {"readline", refuse_read, METH_VARARGS, "readline($self, size=-1, /)\n--\n\n"},
    {"readlines", refuse_read, METH_VARARGS, "readlines($self, hint=-1, /)\n--\n\n"},
    {"fileno", refuse_fileno, METH_VARARGS, "fileno($self)\n--\n\n"},
    {"flush", refuse_flush, METH_VARARGS, "flush($self)\n--\n\n"},
    {"seek", refuse_seek, METH_VARARGS, "seek($self, offset, whence=0, /)\n--\n\n"},
    {"tell", refuse_tell, METH_VARARGS, "tell($self)\n--\n\n"},
    {"truncate", refuse_truncate, METH_VARARGS, "truncate($self, size=None, /)\n--\n\n"},
    {"write", refuse_write, METH_VARARGS, NULL},
    {"writelines", refuse_writelines, METH_VARARGS, "writelines($self, lines, /)\n--\n\n"},
    {"isatty", answer_false, METH_VARARGS, "isatty($self)\n--\n\n"},
    {"readable", answer_false, METH_VARARGS, "readable($self)\n--\n\n"},
    {"seekable", answer_false, METH_VARARGS, "seekable($self)\n--\n\n"},
    {"writable", answer_false, METH_VARARGS, "writable($self)\n--\n\n"},
    {"close", answer_none, METH_VARARGS, "close($self)\n--\n\n"},
    {"__enter__", answer_self, METH_VARARGS, "__enter__($self)\n--\n\n"},
    {"__exit__", answer_none, METH_VARARGS, "__exit__($self, type, value, traceback, /)\n--\n\n"},
    PY_END_METHOD,
};
static PyGetSetDef INPUT_GETSET[] = {
    {"buffer", input_buffer, NULL, NULL, NULL},
    {"encoding", input_encoding, NULL, NULL, NULL},
    {"closed", input_unknown, NULL, NULL, NULL},
    {"errors", input_unknown, NULL, NULL, NULL},
    {"line_buffering", input_unknown, NULL, NULL, NULL},
    {"mode", input_unknown, NULL, NULL, NULL},
    {"name", input_unknown, NULL, NULL, NULL},
    {"newlines", input_unknown, NULL, NULL, NULL},
    PY_DICT_GETSET,
    PY_END_GETSET,
};
static PyMemberDef INPUT_MEMBERS[] = {
    PY_DICT_MEMBER(InputStub),
    PY_WEAKREF_MEMBER(InputStub),
    PY_END_MEMBER,
};
static PyType_Slot INPUT_SLOTS[] = {
    PY_SLOT(tp_traverse, input_traverse), PY_SLOT(tp_clear, input_clear),     PY_SLOT(tp_dealloc, input_dealloc),
    PY_SLOT(tp_methods, INPUT_METHODS),   PY_SLOT(tp_members, INPUT_MEMBERS), PY_SLOT(tp_getset, INPUT_GETSET),
    PY_SLOT(tp_iter, PyObject_SelfIter),  PY_SLOT(tp_iternext, refuse_next),  PY_END_SLOT,
};
static PyType_Spec INPUT_SPEC = {.name = "_pytest.capture.DontReadFromInput",
                                 .basicsize = sizeof(InputStub),
                                 .flags = STREAM_FLAGS | Py_TPFLAGS_HAVE_GC,
                                 .slots = INPUT_SLOTS};

int
streams_add(PyObject *module, struct state *state)
{
    struct capture_types *types = capture_types(state);
    PyObject *text_io_wrapper = py_import_attr("io", "TextIOWrapper");

    types->text_io_wrapper = (PyTypeObject *)text_io_wrapper;
    types->bytes_io = py_import_attr("io", "BytesIO");
    types->capture_io_arguments =
        Py_BuildValue("{s:s,s:s,s:O}", "encoding", "UTF-8", "newline", "", "write_through", Py_True);
    if (!text_io_wrapper || !types->bytes_io || !types->capture_io_arguments) {
        return -1;
    }
    types->encoded_file = py_type_add(module, &ENCODED_FILE_SPEC, text_io_wrapper);
    types->capture_io = py_type_add(module, &CAPTURE_IO_SPEC, text_io_wrapper);
    if (types->capture_io) {
        types->tee_capture_io = py_type_add(module, &TEE_SPEC, (PyObject *)types->capture_io);
    }
    types->dont_read_from_input = py_type_add(module, &INPUT_SPEC, NULL);
    return types->encoded_file && types->tee_capture_io && types->dont_read_from_input ? 0 : -1;
}
