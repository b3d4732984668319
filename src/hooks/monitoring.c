/* add_hookcall_monitoring(): what is put around every call of a hook, and pm.trace. */
#include "hooks/plugin_manager.h"

/* A link in the chain of pm._inner_hookexec. */
typedef struct {
    PyObject_HEAD
    PyObject *manager;
    PyObject *before;
    PyObject *after;
    PyObject *old; /* the link inside; NULL: our own multicall */
} MonitoredExec;

/* The call itself, as a Result. */
static PyObject *
call_inside(MonitoredExec *self, PyObject *args)
{
    PyObject *exec = self->old ? Py_NewRef(self->old) : PyObject_GetAttrString(self->manager, "_multicall");
    PyObject *value = exec ? PyObject_Call(exec, args, NULL) : NULL;
    PyObject *exception = value ? NULL : py_error_take();
    PyObject *outcome = result_new(((PluginManager *)self->manager)->state, value, exception);

    Py_XDECREF(exec);
    Py_XDECREF(value);
    Py_XDECREF(exception);
    return outcome;
}

/* exec(hook_name, hook_impls, caller_kwargs, firstresult) */
static PyObject *
monitored_call(PyObject *op, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    MonitoredExec *self = (MonitoredExec *)op;
    PyObject *name = NULL;
    PyObject *impls = NULL;
    PyObject *call_kwargs = NULL;
    PyObject *firstresult = NULL;
    PyObject *done = NULL;
    PyObject *outcome = NULL;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "OOOO:_inner_hookexec", &name, &impls, &call_kwargs, &firstresult)) {
        return NULL;
    }
    struct state *state = ((PluginManager *)self->manager)->state;
    done = state_settle_output(state) == 0 ? py_call3(self->before, name, impls, call_kwargs) : NULL;
    if (!done) {
        return NULL;
    }
    Py_DECREF(done);
    outcome = call_inside(self, args);
    if (!outcome || state_settle_output(state) < 0) {
        Py_XDECREF(outcome);
        return NULL;
    }
    done = PyObject_CallFunctionObjArgs(self->after, outcome, name, impls, call_kwargs, NULL);
    if (done) {
        result = result_get(outcome);
        Py_DECREF(done);
    }
    Py_DECREF(outcome);
    return result;
}

static PyObject *
monitored_undo(PyObject *op, PyObject *Py_UNUSED(none))
{
    MonitoredExec *self = (MonitoredExec *)op;

    py_replace(&((PluginManager *)self->manager)->inner_hookexec, self->old);
    Py_RETURN_NONE;
}

static int
monitored_traverse(PyObject *op, visitproc visit, void *arg)
{
    MonitoredExec *self = (MonitoredExec *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->manager);
    Py_VISIT(self->before);
    Py_VISIT(self->after);
    Py_VISIT(self->old);
    return 0;
}

static int
monitored_clear(PyObject *op)
{
    MonitoredExec *self = (MonitoredExec *)op;
    Py_CLEAR(self->manager);
    Py_CLEAR(self->before);
    Py_CLEAR(self->after);
    Py_CLEAR(self->old);
    return 0;
}

static void
monitored_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    monitored_clear(op);
    py_free_instance(op);
}

static PyMethodDef MONITORED_METHODS[] = {
    {"undo", monitored_undo, METH_NOARGS, "undo($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyType_Slot MONITORED_SLOTS[] = {
    PY_SLOT(tp_call, monitored_call),       PY_SLOT(tp_traverse, monitored_traverse),
    PY_SLOT(tp_clear, monitored_clear),     PY_SLOT(tp_dealloc, monitored_dealloc),
    PY_SLOT(tp_methods, MONITORED_METHODS), PY_END_SLOT,
};

static PyType_Spec MONITORED_SPEC = {
    .name = "pluggy._manager._MonitoredExec",
    .basicsize = sizeof(MonitoredExec),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = MONITORED_SLOTS,
};

int
monitoring_add_type(PyObject *module, struct state *state)
{
    hooks_room(state)->monitored_exec = py_type_add(module, &MONITORED_SPEC, NULL);
    return hooks_room(state)->monitored_exec ? 0 : -1;
}

PyObject *
plugin_manager_add_monitoring(PluginManager *manager, PyObject *before, PyObject *after)
{
    MonitoredExec *exec = (MonitoredExec *)py_new_instance(hooks_room(manager->state)->monitored_exec);
    PyObject *undo = NULL;

    if (!exec) {
        return NULL;
    }
    exec->manager = Py_NewRef((PyObject *)manager);
    exec->before = Py_NewRef(before);
    exec->after = Py_NewRef(after);
    exec->old = Py_XNewRef(manager->inner_hookexec);
    undo = PyObject_GetAttrString((PyObject *)exec, "undo");
    if (undo) {
        py_replace(&manager->inner_hookexec, (PyObject *)exec);
    }
    Py_DECREF(exec);
    return undo;
}

/* ---- pm.trace ---- */

PyObject *
plugin_manager_trace(PluginManager *manager)
{
    if (!manager->trace) {
        PyObject *type = py_import_attr("pluggy._tracing", "TagTracer");
        PyObject *tracer = type ? py_call0(type) : NULL;
        manager->trace = tracer ? PyObject_CallMethod(tracer, "get", "s", "pluginmanage") : NULL;
        Py_XDECREF(type);
        Py_XDECREF(tracer);
    }
    return Py_XNewRef(manager->trace);
}

int
plugin_manager_trace_take(PluginManager *manager, PyObject *text)
{
    PyObject *done = NULL;

    if (!text || !manager->trace) {
        return py_status_take(text); /* nobody has asked for it yet: nobody listens */
    }
    done = py_call1(manager->trace, text);
    Py_DECREF(text);
    return py_status_take(done);
}
