/* CaptureFixture: what capsys, capsysbinary, capteesys, capfd and capfdbinary are. */
#include "plugins/capture/internal.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyTypeObject *capture_class;
    PyObject *request;
    PyObject *captured_out; /* read when the capture was closed; NULL is empty */
    PyObject *captured_err;
    MultiCapture *capture; /* NULL: not started, or closed */
    bool is_tee;
} CaptureFixture;

int
capture_fixture_start(PyObject *fixture)
{
    CaptureFixture *self = (CaptureFixture *)fixture;

    if (self->capture) {
        return 0;
    }
    Capture *out = capture_new(self->capture_class, 1, self->is_tee);
    Capture *err = out ? capture_new(self->capture_class, 2, self->is_tee) : NULL;
    if (!err) {
        Py_XDECREF(out);
        return -1;
    }
    self->capture = multi_capture_new(state_of(fixture), NULL, out, err);
    return self->capture ? multi_capture_start(self->capture) : -1;
}

/* *kept += more; takes `more`. */
static int
append_take(PyObject **kept, PyObject *more)
{
    if (!*kept) {
        *kept = more;
        return 0;
    }
    PyObject *sum = PySequence_Concat(*kept, more);
    Py_DECREF(more);
    if (!sum) {
        return -1;
    }
    py_replace_take(kept, sum);
    return 0;
}

int
capture_fixture_close(PyObject *fixture)
{
    CaptureFixture *self = (CaptureFixture *)fixture;
    PyObject *out = NULL;
    PyObject *err = NULL;

    if (!self->capture) {
        return 0;
    }
    /* What was teed has reached the original stream already. */
    int status = self->is_tee ? multi_capture_read(self->capture, &out, &err)
                              : multi_capture_pop_to_original(self->capture, &out, &err);
    if (status < 0) {
        return -1;
    }
    status = append_take(&self->captured_out, out);
    if (append_take(&self->captured_err, err) < 0 || status < 0 || multi_capture_stop(self->capture) < 0) {
        return -1;
    }
    Py_CLEAR(self->capture);
    return 0;
}

int
capture_fixture_suspend(PyObject *fixture)
{
    CaptureFixture *self = (CaptureFixture *)fixture;
    return self->capture ? multi_capture_suspend(self->capture, false) : 0;
}

int
capture_fixture_resume(PyObject *fixture)
{
    CaptureFixture *self = (CaptureFixture *)fixture;
    return self->capture ? multi_capture_resume(self->capture) : 0;
}

static bool
capture_fixture_is_started(PyObject *fixture)
{
    CaptureFixture *self = (CaptureFixture *)fixture;
    return self->capture && self->capture->state == CAPTURE_STARTED;
}

PyObject *
capture_fixture_name(PyObject *fixture)
{
    return PyObject_GetAttrString(((CaptureFixture *)fixture)->request, "fixturename");
}

/* ---- the class ---- */

static int
fixture_traverse(PyObject *op, visitproc visit, void *arg)
{
    CaptureFixture *self = (CaptureFixture *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT((PyObject *)self->capture_class);
    Py_VISIT(self->request);
    Py_VISIT((PyObject *)self->capture);
    return 0;
}

static int
fixture_clear(PyObject *op)
{
    CaptureFixture *self = (CaptureFixture *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->capture_class);
    Py_CLEAR(self->request);
    Py_CLEAR(self->captured_out);
    Py_CLEAR(self->captured_err);
    Py_CLEAR(self->capture);
    return 0;
}

static void
fixture_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((CaptureFixture *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    fixture_clear(op);
    py_free_instance(op);
}

static int
fixture_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"captureclass", "request", "config", "_ispytest", NULL};
    CaptureFixture *self = (CaptureFixture *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("CaptureFixture.__init__", args, kwargs, NAMES, 2, 2, values) < 0) {
        return -1;
    }
    if (!PyType_Check(values[0])) {
        PyErr_Format(PyExc_TypeError, "captureclass must be a class, not %R", values[0]);
        return -1;
    }
    py_replace((PyObject **)&self->capture_class, values[0]);
    py_replace(&self->request, values[1]);
    if (values[2] && PyDict_Check(values[2])) {
        PyObject *borrowed_tee = PyDict_GetItemString(values[2], "tee");
        int is_tee = borrowed_tee ? PyObject_IsTrue(borrowed_tee) : 0;
        if (is_tee < 0) {
            return -1;
        }
        self->is_tee = is_tee;
    }
    return 0;
}

static PyObject *
py_start(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_fixture_start(op));
}

static PyObject *
py_close(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_fixture_close(op));
}

static PyObject *
py_suspend(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_fixture_suspend(op));
}

static PyObject *
py_resume(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_fixture_resume(op));
}

static PyObject *
py_is_started(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(capture_fixture_is_started(op));
}

static PyObject *
py_readouterr(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    CaptureFixture *self = (CaptureFixture *)op;
    PyObject *out = NULL;
    PyObject *err = NULL;
    PyObject *result = NULL;

    if (self->capture) {
        if (multi_capture_read(self->capture, &out, &err) < 0) {
            return NULL;
        }
    } else {
        out = PyObject_GetAttrString((PyObject *)self->capture_class, "EMPTY_BUFFER");
        err = Py_XNewRef(out);
        if (!out) {
            return NULL;
        }
    }
    if (append_take(&self->captured_out, out) == 0 && append_take(&self->captured_err, err) == 0) {
        result = capture_result_new(state_of(op), self->captured_out, self->captured_err);
    }
    Py_CLEAR(self->captured_out);
    Py_CLEAR(self->captured_err);
    return result;
}

static PyObject *
py_disabled(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *function = py_import_attr("_pytest.capture", "fixture_disabled");
    PyObject *context = function ? py_call1(function, op) : NULL;
    Py_XDECREF(function);
    return context;
}

static PyMethodDef FIXTURE_METHODS[] = {
    {"_start", py_start, METH_NOARGS, "_start($self)\n--\n\n"},
    {"close", py_close, METH_NOARGS, "close($self)\n--\n\n"},
    {"readouterr", py_readouterr, METH_NOARGS,
     "readouterr($self)\n--\n\n"
     "Read and return the captured output so far, resetting the internal buffer."},
    {"_suspend", py_suspend, METH_NOARGS, "_suspend($self)\n--\n\n"},
    {"_resume", py_resume, METH_NOARGS, "_resume($self)\n--\n\n"},
    {"_is_started", py_is_started, METH_NOARGS, "_is_started($self)\n--\n\n"},
    {"disabled", py_disabled, METH_NOARGS,
     "disabled($self)\n--\n\n"
     "Temporarily disable capturing while inside the ``with`` block."},
    {"__class_getitem__", (PyCFunction)Py_GenericAlias, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};
static PyMemberDef FIXTURE_MEMBERS[] = {
    PY_DICT_MEMBER(CaptureFixture),
    PY_WEAKREF_MEMBER(CaptureFixture),
    {"captureclass", T_OBJECT, offsetof(CaptureFixture, capture_class), 0, NULL},
    {"request", T_OBJECT, offsetof(CaptureFixture, request), 0, NULL},
    PY_END_MEMBER,
};
static const struct py_link CAPTURE = {offsetof(CaptureFixture, capture), multi_capture_type};
static PyGetSetDef FIXTURE_GETSET[] = {PY_DICT_GETSET, PY_LINK_GETSET("_capture", CAPTURE), PY_END_GETSET};
static PyType_Slot FIXTURE_SLOTS[] = {
    PY_SLOT(tp_init, fixture_init),
    PY_SLOT(tp_traverse, fixture_traverse),
    PY_SLOT(tp_clear, fixture_clear),
    PY_SLOT(tp_dealloc, fixture_dealloc),
    PY_SLOT(tp_methods, FIXTURE_METHODS),
    PY_SLOT(tp_members, FIXTURE_MEMBERS),
    PY_SLOT(tp_getset, FIXTURE_GETSET),
    PY_SLOT(tp_doc, "CaptureFixture(captureclass, request, *, config=None, _ispytest=False)\n--\n\n"
                    "Object returned by the :fixture:`capsys`, :fixture:`capsysbinary`, :fixture:`capfd` and "
                    ":fixture:`capfdbinary` fixtures."),
    PY_END_SLOT,
};
static PyType_Spec FIXTURE_SPEC = {.name = "_pytest.capture.CaptureFixture",
                                   .basicsize = sizeof(CaptureFixture),
                                   .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
                                   .slots = FIXTURE_SLOTS};

int
capture_fixture_add(PyObject *module, struct state *state)
{
    capture_types(state)->capture_fixture = py_type_add(module, &FIXTURE_SPEC, NULL);
    return capture_types(state)->capture_fixture ? 0 : -1;
}

/* ---- the fixtures ---- */

static PyObject *
setup_fixture(struct engine *engine, PyObject *request, PyTypeObject *capture_class, bool is_tee)
{
    PyObject *manager = plugin_find(engine, "capturemanager");
    PyObject *self = NULL;
    PyObject *result = NULL;

    if (!manager) {
        return PyErr_Format(PyExc_RuntimeError, "the capture fixtures need the plugin 'capture'");
    }
    self = py_call2((PyObject *)capture_types(engine->state)->capture_fixture, (PyObject *)capture_class, request);
    if (self) {
        ((CaptureFixture *)self)->is_tee = is_tee;
        if (capture_manager_set_fixture(manager, self) == 0 && capture_fixture_start(self) == 0) {
            result = Py_NewRef(self);
        }
    }
    Py_XDECREF(self);
    Py_DECREF(manager);
    return result;
}

static int
teardown_fixture(struct engine *engine, PyObject *Py_UNUSED(request), PyObject *value)
{
    int status = capture_fixture_close(value);
    PyObject *manager = plugin_find(engine, "capturemanager");

    if (manager) {
        capture_manager_unset_fixture(manager);
        Py_DECREF(manager);
    }
    return status;
}

static PyObject *
setup_capsys(struct engine *engine, PyObject *request, PyObject *const *Py_UNUSED(args))
{
    return setup_fixture(engine, request, capture_types(engine->state)->sys_capture, false);
}

static PyObject *
setup_capteesys(struct engine *engine, PyObject *request, PyObject *const *Py_UNUSED(args))
{
    return setup_fixture(engine, request, capture_types(engine->state)->sys_capture, true);
}

static PyObject *
setup_capsysbinary(struct engine *engine, PyObject *request, PyObject *const *Py_UNUSED(args))
{
    return setup_fixture(engine, request, capture_types(engine->state)->sys_capture_binary, false);
}

static PyObject *
setup_capfd(struct engine *engine, PyObject *request, PyObject *const *Py_UNUSED(args))
{
    return setup_fixture(engine, request, capture_types(engine->state)->fd_capture, false);
}

static PyObject *
setup_capfdbinary(struct engine *engine, PyObject *request, PyObject *const *Py_UNUSED(args))
{
    return setup_fixture(engine, request, capture_types(engine->state)->fd_capture_binary, false);
}

#define CAPTURE_FIXTURE(fixture_name, line_number, documentation)                                                      \
    {.name = #fixture_name,                                                                                            \
     .scope = SCOPE_FUNCTION,                                                                                          \
     .argnames = {"request"},                                                                                          \
     .setup = setup_##fixture_name,                                                                                    \
     .teardown = teardown_fixture,                                                                                     \
     .module = "_pytest.capture",                                                                                      \
     .doc = documentation,                                                                                             \
     .line = line_number}

const struct native_fixture CAPTURE_FIXTURES[] = {
    CAPTURE_FIXTURE(capsys, 1012,
                    "Enable text capturing of writes to ``sys.stdout`` and ``sys.stderr``.\n\n"
                    "    The captured output is made available via ``capsys.readouterr()`` method\n"
                    "    calls, which return a ``(out, err)`` namedtuple.\n"
                    "    ``out`` and ``err`` will be ``text`` objects.\n\n"
                    "    Returns an instance of :class:`CaptureFixture[str] <pytest.CaptureFixture>`.\n\n"
                    "    Example:\n\n    .. code-block:: python\n\n        def test_output(capsys):\n"
                    "            print(\"hello\")\n            captured = capsys.readouterr()\n"
                    "            assert captured.out == \"hello\\n\"\n    "),
    CAPTURE_FIXTURE(capteesys, 1040,
                    "Enable simultaneous text capturing and pass-through of writes\n"
                    "    to ``sys.stdout`` and ``sys.stderr`` as defined by ``--capture=``.\n\n\n"
                    "    The captured output is made available via ``capteesys.readouterr()`` method\n"
                    "    calls, which return a ``(out, err)`` namedtuple.\n"
                    "    ``out`` and ``err`` will be ``text`` objects.\n\n"
                    "    The output is also passed-through, allowing it to be \"live-printed\",\n"
                    "    reported, or both as defined by ``--capture=``.\n\n"
                    "    Returns an instance of :class:`CaptureFixture[str] <pytest.CaptureFixture>`.\n\n"
                    "    Example:\n\n    .. code-block:: python\n\n        def test_output(capteesys):\n"
                    "            print(\"hello\")\n            captured = capteesys.readouterr()\n"
                    "            assert captured.out == \"hello\\n\"\n    "),
    CAPTURE_FIXTURE(capsysbinary, 1075,
                    "Enable bytes capturing of writes to ``sys.stdout`` and ``sys.stderr``.\n\n"
                    "    The captured output is made available via ``capsysbinary.readouterr()``\n"
                    "    method calls, which return a ``(out, err)`` namedtuple.\n"
                    "    ``out`` and ``err`` will be ``bytes`` objects.\n\n"
                    "    Returns an instance of :class:`CaptureFixture[bytes] <pytest.CaptureFixture>`.\n\n"
                    "    Example:\n\n    .. code-block:: python\n\n        def test_output(capsysbinary):\n"
                    "            print(\"hello\")\n            captured = capsysbinary.readouterr()\n"
                    "            assert captured.out == b\"hello\\n\"\n    "),
    CAPTURE_FIXTURE(capfd, 1103,
                    "Enable text capturing of writes to file descriptors ``1`` and ``2``.\n\n"
                    "    The captured output is made available via ``capfd.readouterr()`` method\n"
                    "    calls, which return a ``(out, err)`` namedtuple.\n"
                    "    ``out`` and ``err`` will be ``text`` objects.\n\n"
                    "    Returns an instance of :class:`CaptureFixture[str] <pytest.CaptureFixture>`.\n\n"
                    "    Example:\n\n    .. code-block:: python\n\n        def test_system_echo(capfd):\n"
                    "            os.system('echo \"hello\"')\n            captured = capfd.readouterr()\n"
                    "            assert captured.out == \"hello\\n\"\n    "),
    CAPTURE_FIXTURE(capfdbinary, 1131,
                    "Enable bytes capturing of writes to file descriptors ``1`` and ``2``.\n\n"
                    "    The captured output is made available via ``capfd.readouterr()`` method\n"
                    "    calls, which return a ``(out, err)`` namedtuple.\n"
                    "    ``out`` and ``err`` will be ``byte`` objects.\n\n"
                    "    Returns an instance of :class:`CaptureFixture[bytes] <pytest.CaptureFixture>`.\n\n"
                    "    Example:\n\n    .. code-block:: python\n\n        def test_system_echo(capfdbinary):\n"
                    "            os.system('echo \"hello\"')\n            captured = capfdbinary.readouterr()\n"
                    "            assert captured.out == b\"hello\\n\"\n\n    "),
};
const size_t CAPTURE_FIXTURE_COUNT = COUNT_OF(CAPTURE_FIXTURES);
