/* Waits for the import of `logging`, and stands in for its plugin object until then. */
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

/* ---- the finder that waits ---- */

static PyObject *
logging_arrived(PyObject *config, PyObject *Py_UNUSED(ignored))
{
    if (logging_start(engine_from_config(config)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef LOGGING_ARRIVED = {"logging_arrived", logging_arrived, METH_NOARGS, NULL};

static PyObject *
watcher_find_spec(PyObject *op, PyObject *args)
{
    PyObject *name = NULL;
    PyObject *path = NULL;
    PyObject *target = NULL;
    PyObject *config = ((ConfigHolder *)op)->config;

    if (!PyArg_ParseTuple(args, "O|OO", &name, &path, &target)) {
        return NULL;
    }
    if (!config || !py_text_equals(name, "logging")) {
        Py_RETURN_NONE;
    }
    Py_INCREF(config);
    PyObject *callback = PyCFunction_New(&LOGGING_ARRIVED, config);
    PyObject *watched_spec = callback ? py_import_attr("_pytest._import_watch", "watched_spec") : NULL;
    PyObject *spec = NULL;
    if (watched_spec && logging_unwatch(engine_from_config(config)) == 0) {
        spec = py_call2(watched_spec, name, callback);
    }
    Py_XDECREF(watched_spec);
    Py_XDECREF(callback);
    Py_DECREF(config);
    return spec;
}

static PyMethodDef WATCHER_METHODS[] = {
    {"find_spec", watcher_find_spec, METH_VARARGS, NULL},
    PY_END_METHOD,
};
static PyType_Slot WATCHER_SLOTS[] = {
    PY_SLOT(tp_traverse, holder_traverse),
    PY_SLOT(tp_clear, holder_clear),
    PY_SLOT(tp_dealloc, holder_dealloc),
    PY_SLOT(tp_methods, WATCHER_METHODS),
    PY_END_SLOT,
};
static PyType_Spec WATCHER_SPEC = {.name = "fastest._fastest.LoggingImportWatcher",
                                   .basicsize = sizeof(ConfigHolder),
                                   .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                   .slots = WATCHER_SLOTS};

int
logging_watch(struct engine *engine)
{
    struct logging_room *room = logging_room(engine);
    PyObject *borrowed_meta_path = PySys_GetObject("meta_path");

    py_replace_take(&room->watcher, holder_new(logging_types(engine->state)->watcher, engine));
    if (!room->watcher) {
        return -1;
    }
    return borrowed_meta_path ? PyList_Insert(borrowed_meta_path, 0, room->watcher) : 0;
}

int
logging_unwatch(struct engine *engine)
{
    struct logging_room *room = logging_room(engine);
    PyObject *meta_path = Py_XNewRef(PySys_GetObject("meta_path"));
    int status = 0;

    for (Py_ssize_t i = 0; room->watcher && meta_path && i < PyList_Size(meta_path); i++) {
        if (PyList_GetItem(meta_path, i) == room->watcher) {
            status = PyList_SetSlice(meta_path, i, i + 1, NULL);
            break;
        }
    }
    if (room->watcher) {
        Py_CLEAR(((ConfigHolder *)room->watcher)->config);
        Py_CLEAR(room->watcher);
    }
    Py_XDECREF(meta_path);
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

    types->watcher = py_type_add(module, &WATCHER_SPEC, NULL);
    types->proxy = py_type_add(module, &PROXY_SPEC, NULL);
    return types->watcher && types->proxy ? 0 : -1;
}
