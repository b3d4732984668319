/* Waits for the import of `logging`, and stands in for its plugin object until then. */
#include "plugins/import_watch.h"
#include "plugins/logging/internal.h"

typedef struct {
    PyObject_HEAD
    PyObject *config; /* NULL once the run is over */
} ConfigHolder;

static int
holder_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((ConfigHolder *)op)->config);
    return 0;
}

static int
holder_clear(PyObject *op)
{
    Py_CLEAR(((ConfigHolder *)op)->config);
    return 0;
}

static void
holder_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    holder_clear(op);
    py_free_instance(op);
}

static PyObject *
holder_new(PyTypeObject *type, struct engine *engine)
{
    ConfigHolder *self = (ConfigHolder *)py_new_instance(type);
    if (self) {
        self->config = Py_NewRef(engine->config);
    }
    return (PyObject *)self;
}

int
logging_watch(struct engine *engine)
{
    struct logging_room *room = logging_room(engine);

    py_replace_take(&room->watcher, import_watch(engine, "logging", logging_start));
    return room->watcher ? 0 : -1;
}

int
logging_unwatch(struct engine *engine)
{
    struct logging_room *room = logging_room(engine);
    PyObject *watcher = room->watcher;
    int status = 0;

    room->watcher = NULL;
    status = import_unwatch(watcher);
    Py_XDECREF(watcher);
    return status;
}

/* ---- the plugin object before there is one ---- */

/* LoggingPlugin, made when it is first asked for: borrowed. */
static PyObject *
real_plugin(PyObject *op)
{
    struct engine *engine = engine_from_config(((ConfigHolder *)op)->config);
    struct logging_room *room = logging_room(engine);

    return !room->plugin && logging_start(engine) < 0 ? NULL : room->plugin;
}

static PyObject *
proxy_getattro(PyObject *op, PyObject *name)
{
    if (py_text_starts_with(name, "__") || !((ConfigHolder *)op)->config) {
        return PyObject_GenericGetAttr(op, name);
    }
    PyObject *borrowed_plugin = real_plugin(op);
    return borrowed_plugin ? PyObject_GetAttr(borrowed_plugin, name) : NULL;
}

static int
proxy_setattro(PyObject *op, PyObject *name, PyObject *value)
{
    if (py_text_starts_with(name, "__") || !((ConfigHolder *)op)->config) {
        return PyObject_GenericSetAttr(op, name, value);
    }
    PyObject *borrowed_plugin = real_plugin(op);
    return borrowed_plugin ? PyObject_SetAttr(borrowed_plugin, name, value) : -1;
}

static PyObject *
proxy_dir(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *borrowed_plugin = ((ConfigHolder *)op)->config ? real_plugin(op) : NULL;

    if (!borrowed_plugin) {
        return PyErr_Occurred() ? NULL : PyList_New(0);
    }
    return PyObject_Dir(borrowed_plugin);
}

static PyMethodDef PROXY_METHODS[] = {{"__dir__", proxy_dir, METH_NOARGS, "__dir__($self)\n--\n\n"}, PY_END_METHOD};

static PyType_Slot PROXY_SLOTS[] = {
    PY_SLOT(tp_traverse, holder_traverse),
    PY_SLOT(tp_clear, holder_clear),
    PY_SLOT(tp_dealloc, holder_dealloc),
    PY_SLOT(tp_getattro, proxy_getattro),
    PY_SLOT(tp_setattro, proxy_setattro),
    PY_SLOT(tp_methods, PROXY_METHODS),
    PY_END_SLOT,
};
static PyType_Spec PROXY_SPEC = {.name = "_pytest.logging.LoggingPlugin",
                                 .basicsize = sizeof(ConfigHolder),
                                 .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                 .slots = PROXY_SLOTS};

PyObject *
logging_proxy_new(struct engine *engine)
{
    return holder_new(logging_types(engine->state)->proxy, engine);
}

int
logging_add(PyObject *module, struct state *state)
{
    struct logging_types *types = STATE_ROOM_ADD(state, ROOM_LOGGING, struct logging_types);

    types->proxy = py_type_add(module, &PROXY_SPEC, NULL);
    return types->proxy ? 0 : -1;
}
