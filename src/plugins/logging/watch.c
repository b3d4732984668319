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

static PyObject *
proxy_getattro(PyObject *op, PyObject *name)
{
    PyObject *config = ((ConfigHolder *)op)->config;
    struct logging_room *room = NULL;

    if (py_text_starts_with(name, "__") || !config) {
        return PyObject_GenericGetAttr(op, name);
    }
    room = logging_room(engine_from_config(config));
    if (!room->plugin && logging_start(engine_from_config(config)) < 0) {
        return NULL;
    }
    return PyObject_GetAttr(room->plugin, name);
}

static PyType_Slot PROXY_SLOTS[] = {
    PY_SLOT(tp_traverse, holder_traverse),
    PY_SLOT(tp_clear, holder_clear),
    PY_SLOT(tp_dealloc, holder_dealloc),
    PY_SLOT(tp_getattro, proxy_getattro),
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
