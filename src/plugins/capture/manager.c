/* CaptureManager: captures around collection and around each phase of each test. */
#include "io/io.h"
#include "nodes/nodes.h"
#include "plugins/capture/internal.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    struct state *state;
    PyObject *method;              /* str: fd, sys, no, tee-sys */
    MultiCapture *global;          /* NULL: not capturing */
    PyObject *fixture;             /* the CaptureFixture in use, or NULL */
    unsigned long foreign_entries; /* of the state, when the phase began */
    bool is_active;                /* counted in active_captures of the state */
} CaptureManager;

PyObject *
capture_manager_new(struct engine *engine, PyObject *method)
{
    return py_call1((PyObject *)capture_types(engine->state)->capture_manager, method);
}

/* ---- the global capture ---- */

/* The capture classes of a method; NULL: that stream is left alone. */
static int
choose_classes(CaptureManager *self, PyTypeObject **in, PyTypeObject **out, bool *is_tee)
{
    struct capture_types *types = capture_types(self->state);

    *in = *out = NULL;
    *is_tee = false;
    if (py_text_equals(self->method, "fd")) {
        *in = *out = types->fd_capture;
    } else if (py_text_equals(self->method, "sys")) {
        *in = *out = types->sys_capture;
    } else if (py_text_equals(self->method, "tee-sys")) {
        *out = types->sys_capture;
        *is_tee = true;
    } else if (!py_text_equals(self->method, "no")) {
        PyErr_Format(PyExc_ValueError, "unknown capturing method: %R", self->method);
        return -1;
    }
    return 0;
}

static void
set_active(CaptureManager *self, bool is_active)
{
    if (self->is_active != is_active) {
        self->is_active = is_active;
        self->state->active_captures += is_active ? 1u : -1u;
    }
}

int
capture_manager_start_global(PyObject *manager)
{
    CaptureManager *self = (CaptureManager *)manager;
    PyTypeObject *in_class = NULL;
    PyTypeObject *out_class = NULL;
    bool is_tee = false;

    if (self->global) {
        PyErr_SetString(PyExc_AssertionError, "global capturing was already started");
        return -1;
    }
    if (choose_classes(self, &in_class, &out_class, &is_tee) < 0) {
        return -1;
    }
    Capture *in = in_class ? capture_new(in_class, 0, false) : NULL;
    Capture *out = out_class && !PyErr_Occurred() ? capture_new(out_class, 1, is_tee) : NULL;
    Capture *err = out_class && !PyErr_Occurred() ? capture_new(out_class, 2, is_tee) : NULL;
    if (PyErr_Occurred()) {
        Py_XDECREF(in);
        Py_XDECREF(out);
        return -1;
    }
    self->global = multi_capture_new(self->state, in, out, err);
    set_active(self, self->global && (out || err));
    return self->global ? multi_capture_start(self->global) : -1;
}

/* Takes back a suspension that was put off; whether it was. */
static bool
unpark(PyObject *manager)
{
    struct parked_output *parked = &((CaptureManager *)manager)->state->parked_output;
    bool was_parked = parked->owner == manager;

    if (was_parked) {
        *parked = (struct parked_output){0};
    }
    return was_parked;
}

static int
settle(PyObject *manager)
{
    return capture_manager_suspend_global(manager, false);
}

/* Suspends when somebody might notice: see py/state.h. */
static int
suspend_later(CaptureManager *self)
{
    if (!self->global) {
        return 0;
    }
    if (state_settle_output(self->state) < 0) {
        return -1;
    }
    set_active(self, false);
    self->state->parked_output = (struct parked_output){settle, (PyObject *)self};
    return 0;
}

int
capture_manager_stop_global(PyObject *manager)
{
    CaptureManager *self = (CaptureManager *)manager;
    PyObject *out = NULL;
    PyObject *err = NULL;

    if (!self->global) {
        return 0;
    }
    unpark(manager);
    set_active(self, false);
    int status = terminal_hand_over(self->state);
    if (status == 0) {
        status = multi_capture_pop_to_original(self->global, &out, &err);
    }
    Py_XDECREF(out);
    Py_XDECREF(err);
    if (status == 0) {
        status = multi_capture_stop(self->global);
    }
    Py_CLEAR(self->global);
    return status;
}

int
capture_manager_suspend_global(PyObject *manager, bool with_input)
{
    CaptureManager *self = (CaptureManager *)manager;
    unpark(manager);
    set_active(self, false);
    if (!self->global) {
        return 0;
    }
    /* Whoever writes now is behind what the terminal holds back. */
    int status = multi_capture_suspend(self->global, with_input);
    return status < 0 ? status : terminal_hand_over(self->state);
}

static int
capture_manager_resume_global(PyObject *manager)
{
    CaptureManager *self = (CaptureManager *)manager;

    if (!self->global) {
        return 0;
    }
    set_active(self, true);
    return unpark(manager) ? 0 : multi_capture_resume(self->global);
}

int
capture_manager_read_global(PyObject *manager, PyObject **out, PyObject **err)
{
    CaptureManager *self = (CaptureManager *)manager;
    if (!self->global) {
        PyErr_SetString(PyExc_AssertionError, "global capturing is not active");
        return -1;
    }
    return multi_capture_read(self->global, out, err);
}

/* ---- the fixture in use ---- */

int
capture_manager_set_fixture(PyObject *manager, PyObject *fixture)
{
    CaptureManager *self = (CaptureManager *)manager;

    if (self->fixture) {
        PyObject *current = capture_fixture_name(self->fixture);
        PyObject *requested = current ? capture_fixture_name(fixture) : NULL;
        PyObject *request = requested ? PyObject_GetAttrString(fixture, "request") : NULL;
        PyObject *message =
            request ? PyUnicode_FromFormat("cannot use %U and %U at the same time", requested, current) : NULL;
        PyObject *raised = message ? PyObject_CallMethod(request, "raiseerror", "O", message) : NULL;
        Py_XDECREF(raised);
        Py_XDECREF(message);
        Py_XDECREF(request);
        Py_XDECREF(requested);
        Py_XDECREF(current);
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_RuntimeError, "raiseerror() did not raise");
        }
        return -1;
    }
    self->fixture = Py_NewRef(fixture);
    return 0;
}

void
capture_manager_unset_fixture(PyObject *manager)
{
    Py_CLEAR(((CaptureManager *)manager)->fixture);
}

/* ---- hooks ---- */

/* A stream's output as a report section of the item: nothing is made when there is none. */
static int
add_section(Node *item, PyObject *when, const char *key, Capture *stream)
{
    if (!stream) {
        return 0;
    }
    int is_empty = capture_is_empty(stream);
    if (is_empty) {
        return is_empty < 0 ? -1 : 0;
    }
    PyObject *content = capture_take_text(stream);
    if (!content) {
        return -1;
    }
    int status = 0;
    if (PyObject_Size(content) > 0) {
        status = py_status_take(PyObject_CallMethod((PyObject *)item, "add_report_section", "OsO", when, key, content));
    }
    Py_DECREF(content);
    return status;
}

static int
before_phase(struct engine *Py_UNUSED(engine), PyObject *manager, PyObject *const *Py_UNUSED(args),
             void **Py_UNUSED(memory))
{
    CaptureManager *self = (CaptureManager *)manager;

    self->foreign_entries = self->state->foreign_entries;
    if (capture_manager_resume_global(manager) < 0) {
        return -1;
    }
    return self->fixture ? capture_fixture_start(self->fixture) : 0;
}

/* The same after each phase; keeps what the phase returned or raised. */
static PyObject *
after_phase(PyObject *manager, Node *item, PyObject *when, PyObject *result)
{
    struct state *state = item->engine->state;
    CaptureManager *self = (CaptureManager *)manager;
    PyObject *exception = result ? NULL : py_error_take();
    int status = self->fixture ? capture_fixture_close(self->fixture) : 0;

    /* Plain tests are set up and torn down by our own code alone. */
    bool ran_foreign = when == state->names.call || exception || self->foreign_entries != state->foreign_entries;
    enum capture_condition condition =
        status == 0 && self->global && ran_foreign ? multi_capture_look(self->global) : CAPTURE_UNTOUCHED;
    if (status == 0) {
        /* What comes after an exception runs foreign code: __repr__ of what it shows. */
        status = exception || condition == CAPTURE_DISPLACED ? capture_manager_suspend_global(manager, false)
                                                             : suspend_later(self);
    }
    if (status == 0 && condition != CAPTURE_UNTOUCHED) {
        status = add_section(item, when, "stdout", self->global->out);
        if (status == 0) {
            status = add_section(item, when, "stderr", self->global->err);
        }
    }
    return py_pass_on_take(result, exception, status);
}

static PyObject *
after_setup(struct engine *engine, PyObject *manager, PyObject *const *args, void *Py_UNUSED(memory), PyObject *result)
{
    return after_phase(manager, (Node *)args[0], engine->state->names.setup, result);
}

static PyObject *
after_call(struct engine *engine, PyObject *manager, PyObject *const *args, void *Py_UNUSED(memory), PyObject *result)
{
    return after_phase(manager, (Node *)args[0], engine->state->names.call, result);
}

static PyObject *
after_teardown(struct engine *engine, PyObject *manager, PyObject *const *args, void *Py_UNUSED(memory),
               PyObject *result)
{
    return after_phase(manager, (Node *)args[0], engine->state->names.teardown, result);
}

/* Only files are captured: directories and the session run no code of the user's. */
static int
before_collect(struct engine *Py_UNUSED(engine), PyObject *manager, PyObject *const *args, void **Py_UNUSED(memory))
{
    return ((Node *)args[0])->kind & NODE_FILE ? capture_manager_resume_global(manager) : 0;
}

static int
add_collect_section(PyObject *report, const char *heading, PyObject *content)
{
    if (PyObject_Size(content) <= 0) {
        return 0;
    }
    PyObject *sections = PyObject_GetAttrString(report, "sections");
    PyObject *section = sections ? Py_BuildValue("(sO)", heading, content) : NULL;
    int status = section ? PyList_Append(sections, section) : -1;
    Py_XDECREF(section);
    Py_XDECREF(sections);
    return status;
}

static PyObject *
after_collect(struct engine *Py_UNUSED(engine), PyObject *manager, PyObject *const *args, void *Py_UNUSED(memory),
              PyObject *result)
{
    CaptureManager *self = (CaptureManager *)manager;
    PyObject *exception = NULL;
    PyObject *out = NULL;
    PyObject *err = NULL;

    if (!(((Node *)args[0])->kind & NODE_FILE)) {
        return result;
    }
    exception = result ? NULL : py_error_take();
    enum capture_condition condition = self->global ? multi_capture_look(self->global) : CAPTURE_UNTOUCHED;
    int status = capture_manager_suspend_global(manager, false);
    if (status == 0 && result && condition != CAPTURE_UNTOUCHED) {
        status = capture_manager_read_global(manager, &out, &err);
        if (status == 0 && (add_collect_section(result, "Captured stdout", out) < 0 ||
                            add_collect_section(result, "Captured stderr", err) < 0)) {
            status = -1;
        }
        Py_XDECREF(out);
        Py_XDECREF(err);
    }
    return py_pass_on_take(result, exception, status);
}

static PyObject *
stop_at_end(struct engine *Py_UNUSED(engine), PyObject *manager, PyObject *const *Py_UNUSED(args))
{
    if (capture_manager_stop_global(manager) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const struct native_hook MANAGER_HOOKS[] = {
    {.id = HOOK_make_collect_report, .flags = NATIVE_WRAPPER, .before = before_collect, .after = after_collect},
    {.id = HOOK_runtest_setup, .flags = NATIVE_WRAPPER, .before = before_phase, .after = after_setup},
    {.id = HOOK_runtest_call, .flags = NATIVE_WRAPPER, .before = before_phase, .after = after_call},
    {.id = HOOK_runtest_teardown, .flags = NATIVE_WRAPPER, .before = before_phase, .after = after_teardown},
    {.id = HOOK_keyboard_interrupt, .flags = NATIVE_TRYFIRST, .call = stop_at_end},
    {.id = HOOK_internalerror, .flags = NATIVE_TRYFIRST, .call = stop_at_end},
};

const struct native_plugin CAPTURE_MANAGER_PLUGIN = {
    .name = "capturemanager",
    .module = "_pytest.capture",
    .hooks = MANAGER_HOOKS,
    .hook_count = COUNT_OF(MANAGER_HOOKS),
};

/* ---- the class ---- */

static int
manager_traverse(PyObject *op, visitproc visit, void *arg)
{
    CaptureManager *self = (CaptureManager *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT((PyObject *)self->global);
    Py_VISIT(self->fixture);
    return 0;
}

static int
manager_clear(PyObject *op)
{
    CaptureManager *self = (CaptureManager *)op;
    if (self->state) {
        unpark(op);
    }
    Py_CLEAR(self->dict);
    Py_CLEAR(self->method);
    Py_CLEAR(self->global);
    Py_CLEAR(self->fixture);
    return 0;
}

static void
manager_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((CaptureManager *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    manager_clear(op);
    py_free_instance(op);
}

static int
manager_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"method", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("CaptureManager.__init__", args, kwargs, NAMES, 1, 1, values) < 0) {
        return -1;
    }
    ((CaptureManager *)op)->state = state_of(op);
    py_replace(&((CaptureManager *)op)->method, values[0]);
    return 0;
}

static PyObject *
py_is_globally_capturing(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(!py_text_equals(((CaptureManager *)op)->method, "no"));
}

static PyObject *
py_is_capturing(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    CaptureManager *self = (CaptureManager *)op;

    if (!py_text_equals(self->method, "no")) {
        return PyUnicode_FromString("global");
    }
    if (!self->fixture) {
        Py_RETURN_FALSE;
    }
    PyObject *name = capture_fixture_name(self->fixture);
    PyObject *text = name ? PyUnicode_FromFormat("fixture %U", name) : NULL;
    Py_XDECREF(name);
    return text;
}

static PyObject *
py_start_global(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_manager_start_global(op));
}

static PyObject *
py_stop_global(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_manager_stop_global(op));
}

static PyObject *
py_resume_global(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(capture_manager_resume_global(op));
}

/* The one optional argument in_: 1, 0 or -1. */
static int
parse_with_input(const char *function, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"in_", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple(function, args, kwargs, NAMES, 1, 0, values) < 0) {
        return -1;
    }
    return values[0] ? PyObject_IsTrue(values[0]) : 0;
}

static PyObject *
py_suspend_global(PyObject *op, PyObject *args, PyObject *kwargs)
{
    int with_input = parse_with_input("suspend_global_capture", args, kwargs);

    return py_none_or_error(with_input < 0 ? -1 : capture_manager_suspend_global(op, with_input));
}

static PyObject *
py_suspend_fixture(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *fixture = ((CaptureManager *)op)->fixture;
    return py_none_or_error(fixture ? capture_fixture_suspend(fixture) : 0);
}

static PyObject *
py_resume_fixture(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *fixture = ((CaptureManager *)op)->fixture;
    return py_none_or_error(fixture ? capture_fixture_resume(fixture) : 0);
}

static PyObject *
py_suspend(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *fixture = ((CaptureManager *)op)->fixture;
    int with_input = parse_with_input("suspend", args, kwargs);

    if (with_input < 0 || (fixture && capture_fixture_suspend(fixture) < 0)) {
        return NULL;
    }
    return py_none_or_error(capture_manager_suspend_global(op, with_input));
}

static PyObject *
py_resume(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *fixture = ((CaptureManager *)op)->fixture;
    int status = capture_manager_resume_global(op);

    if (status == 0 && fixture) {
        status = capture_fixture_resume(fixture);
    }
    return py_none_or_error(status);
}

static PyObject *
py_read_global(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *out = NULL;
    PyObject *err = NULL;

    if (capture_manager_read_global(op, &out, &err) < 0) {
        return NULL;
    }
    PyObject *result = capture_result_new(((CaptureManager *)op)->state, out, err);
    Py_DECREF(out);
    Py_DECREF(err);
    return result;
}

static PyObject *
py_set_fixture(PyObject *op, PyObject *fixture)
{
    return py_none_or_error(capture_manager_set_fixture(op, fixture));
}

static PyObject *
py_unset_fixture(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    capture_manager_unset_fixture(op);
    Py_RETURN_NONE;
}

static PyObject *
py_activate_fixture(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *fixture = ((CaptureManager *)op)->fixture;
    return py_none_or_error(fixture ? capture_fixture_start(fixture) : 0);
}

static PyObject *
py_deactivate_fixture(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *fixture = ((CaptureManager *)op)->fixture;
    return py_none_or_error(fixture ? capture_fixture_close(fixture) : 0);
}

/* Context managers that plugins ask for: made by the Python half. */
static PyObject *
py_disabled(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *function = py_import_attr("_pytest.capture", "global_and_fixture_disabled");
    PyObject *context = function ? py_call1(function, op) : NULL;
    Py_XDECREF(function);
    return context;
}

static PyObject *
py_item_capture(PyObject *op, PyObject *args)
{
    PyObject *when = NULL;
    PyObject *item = NULL;
    if (!PyArg_ParseTuple(args, "OO", &when, &item)) {
        return NULL;
    }
    PyObject *function = py_import_attr("_pytest.capture", "item_capture");
    PyObject *context = function ? py_call3(function, op, when, item) : NULL;
    Py_XDECREF(function);
    return context;
}

static PyObject *
manager_repr(PyObject *op)
{
    CaptureManager *self = (CaptureManager *)op;
    return PyUnicode_FromFormat("<CaptureManager _method=%R _global_capturing=%R _capture_fixture=%R>", self->method,
                                self->global ? (PyObject *)self->global : Py_None,
                                self->fixture ? self->fixture : Py_None);
}

PY_NAMED_ONE(py_set_fixture_named, py_set_fixture, "set_fixture", "capture_fixture")
static PyMethodDef MANAGER_METHODS[] = {
    {"is_capturing", py_is_capturing, METH_NOARGS, "is_capturing($self)\n--\n\n"},
    {"is_globally_capturing", py_is_globally_capturing, METH_NOARGS, "is_globally_capturing($self)\n--\n\n"},
    {"start_global_capturing", py_start_global, METH_NOARGS, "start_global_capturing($self)\n--\n\n"},
    {"stop_global_capturing", py_stop_global, METH_NOARGS, "stop_global_capturing($self)\n--\n\n"},
    {"resume_global_capture", py_resume_global, METH_NOARGS, "resume_global_capture($self)\n--\n\n"},
    {"suspend_global_capture", PY_WITH_KEYWORDS(py_suspend_global), "suspend_global_capture($self, in_=False)\n--\n\n"},
    {"suspend", PY_WITH_KEYWORDS(py_suspend), "suspend($self, in_=False)\n--\n\n"},
    {"resume", py_resume, METH_NOARGS, "resume($self)\n--\n\n"},
    {"read_global_capture", py_read_global, METH_NOARGS, "read_global_capture($self)\n--\n\n"},
    {"set_fixture", PY_FAST_WITH_KEYWORDS(py_set_fixture_named), "set_fixture($self, capture_fixture)\n--\n\n"},
    {"unset_fixture", py_unset_fixture, METH_NOARGS, "unset_fixture($self)\n--\n\n"},
    {"activate_fixture", py_activate_fixture, METH_NOARGS, "activate_fixture($self)\n--\n\n"},
    {"deactivate_fixture", py_deactivate_fixture, METH_NOARGS, "deactivate_fixture($self)\n--\n\n"},
    {"suspend_fixture", py_suspend_fixture, METH_NOARGS, "suspend_fixture($self)\n--\n\n"},
    {"resume_fixture", py_resume_fixture, METH_NOARGS, "resume_fixture($self)\n--\n\n"},
    {"global_and_fixture_disabled", py_disabled, METH_NOARGS, "global_and_fixture_disabled($self)\n--\n\n"},
    {"item_capture", py_item_capture, METH_VARARGS, "item_capture($self, when, item, /)\n--\n\n"},
    PY_END_METHOD,
};
static PyMemberDef MANAGER_MEMBERS[] = {
    PY_DICT_MEMBER(CaptureManager),
    PY_WEAKREF_MEMBER(CaptureManager),
    {"_method", T_OBJECT, offsetof(CaptureManager, method), 0, NULL},
    PY_END_MEMBER,
};
static const struct py_link GLOBAL = {offsetof(CaptureManager, global), multi_capture_type};
static const struct py_link FIXTURE = {offsetof(CaptureManager, fixture), capture_fixture_type};
static PyGetSetDef MANAGER_GETSET[] = {
    PY_DICT_GETSET,
    PY_LINK_GETSET("_global_capturing", GLOBAL),
    PY_LINK_GETSET("_capture_fixture", FIXTURE),
    PY_END_GETSET,
};
static PyType_Slot MANAGER_SLOTS[] = {
    PY_SLOT(tp_init, manager_init),
    PY_SLOT(tp_traverse, manager_traverse),
    PY_SLOT(tp_clear, manager_clear),
    PY_SLOT(tp_dealloc, manager_dealloc),
    PY_SLOT(tp_repr, manager_repr),
    PY_SLOT(tp_methods, MANAGER_METHODS),
    PY_SLOT(tp_members, MANAGER_MEMBERS),
    PY_SLOT(tp_getset, MANAGER_GETSET),
    PY_SLOT(tp_doc, "CaptureManager(method)\n--\n\n"
                    "The capture plugin."),
    PY_END_SLOT,
};
static PyType_Spec MANAGER_SPEC = {.name = "_pytest.capture.CaptureManager",
                                   .basicsize = sizeof(CaptureManager),
                                   .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
                                   .slots = MANAGER_SLOTS};

int
capture_manager_add(PyObject *module, struct state *state)
{
    capture_types(state)->capture_manager = py_type_add(module, &MANAGER_SPEC, NULL);
    return capture_types(state)->capture_manager ? 0 : -1;
}
