/* Waits on sys.meta_path for the import of a module. */
#include "plugins/import_watch.h"

typedef struct {
    PyObject_HEAD
    PyObject *config; /* NULL once nobody waits any more */
    const char *name;
    import_arrived arrived;
    bool is_asking; /* the other finders, for the module's spec */
} ImportWatcher;

/* ROOM_IMPORT_WATCH of the state. */
struct watch_types {
    PyTypeObject *watcher;
};

static int
watcher_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((ImportWatcher *)op)->config);
    return 0;
}

static int
watcher_clear(PyObject *op)
{
    Py_CLEAR(((ImportWatcher *)op)->config);
    return 0;
}

static void
watcher_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    watcher_clear(op);
    py_free_instance(op);
}

/* The spec that the other finders have, with a loader that calls _arrived(). Asking is not importing: the wait goes on.
 */
static PyObject *
watcher_find_spec(PyObject *op, PyObject *args)
{
    ImportWatcher *self = (ImportWatcher *)op;
    PyObject *name = NULL;
    PyObject *path = NULL;
    PyObject *target = NULL;
    PyObject *watched_spec = NULL;
    PyObject *spec = NULL;

    if (!PyArg_ParseTuple(args, "O|OO", &name, &path, &target)) {
        return NULL;
    }
    if (!self->config || self->is_asking || !py_text_equals(name, self->name)) {
        Py_RETURN_NONE;
    }
    self->is_asking = true;
    watched_spec = py_import_attr("_pytest._import_watch", "watched_spec");
    spec = watched_spec ? py_call2(watched_spec, name, op) : NULL;
    self->is_asking = false;
    Py_XDECREF(watched_spec);
    return spec;
}

static PyObject *
watcher_arrived(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    ImportWatcher *self = (ImportWatcher *)op;
    PyObject *config = self->config;
    int status = 0;

    /* It stays on sys.meta_path until its run is over: a test may compare the list before and after an import. */
    self->config = NULL;
    if (config) {
        status = self->arrived(engine_from_config(config));
    }
    Py_XDECREF(config);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef WATCHER_METHODS[] = {
    {"find_spec", watcher_find_spec, METH_VARARGS, "find_spec($self, name, path=None, target=None, /)\n--\n\n"},
    {"_arrived", watcher_arrived, METH_NOARGS, "_arrived($self)\n--\n\n"},
    PY_END_METHOD,
};
static PyType_Slot WATCHER_SLOTS[] = {
    PY_SLOT(tp_traverse, watcher_traverse),
    PY_SLOT(tp_clear, watcher_clear),
    PY_SLOT(tp_dealloc, watcher_dealloc),
    PY_SLOT(tp_methods, WATCHER_METHODS),
    PY_END_SLOT,
};
static PyType_Spec WATCHER_SPEC = {.name = "fastest._fastest.ImportWatcher",
                                   .basicsize = sizeof(ImportWatcher),
                                   .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                   .slots = WATCHER_SLOTS};

PyObject *
import_watch(struct engine *engine, const char *name, import_arrived arrived)
{
    struct watch_types *types = state_room(engine->state, ROOM_IMPORT_WATCH);
    ImportWatcher *self = (ImportWatcher *)py_new_instance(types->watcher);
    PyObject *borrowed_meta_path = PySys_GetObject("meta_path");

    if (!self) {
        return NULL;
    }
    self->config = Py_NewRef(engine->config);
    self->name = name;
    self->arrived = arrived;
    if (borrowed_meta_path && PyList_Insert(borrowed_meta_path, 0, (PyObject *)self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

int
import_unwatch(PyObject *watcher)
{
    PyObject *meta_path = watcher ? Py_XNewRef(PySys_GetObject("meta_path")) : NULL;
    int status = 0;

    if (meta_path && PyList_Check(meta_path)) {
        status = py_list_discard(meta_path, watcher);
    }
    if (watcher) {
        Py_CLEAR(((ImportWatcher *)watcher)->config);
    }
    Py_XDECREF(meta_path);
    return status;
}

int
import_watch_add(PyObject *module, struct state *state)
{
    struct watch_types *types = STATE_ROOM_ADD(state, ROOM_IMPORT_WATCH, struct watch_types);

    types->watcher = py_type_add(module, &WATCHER_SPEC, NULL);
    return types->watcher ? 0 : -1;
}
