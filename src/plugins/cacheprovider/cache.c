/* The class Cache: made for every run, used by few; its methods are Python's. */
#include "plugins/cacheprovider/internal.h"

#include "discover/discover.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *config;
    PyObject *directory; /* str */
    PyObject *path;      /* pathlib.Path, made when first asked for */
} Cache;

PyObject *
cache_new(struct engine *engine, PyObject *directory)
{
    struct cache_types *types = state_room(engine->state, ROOM_CACHE);
    Cache *self = (Cache *)py_new_instance(types->cache);

    if (self) {
        self->config = Py_NewRef(engine->config);
        self->directory = Py_NewRef(directory);
    }
    return (PyObject *)self;
}

static int
cache_traverse(PyObject *op, visitproc visit, void *arg)
{
    Cache *self = (Cache *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->config);
    return 0;
}

static int
cache_clear(PyObject *op)
{
    Cache *self = (Cache *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->config);
    Py_CLEAR(self->directory);
    Py_CLEAR(self->path);
    return 0;
}

static void
cache_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Cache *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    cache_clear(op);
    py_free_instance(op);
}

/* Cache(cachedir, config) */
static int
cache_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"cachedir", "config", "_ispytest", NULL};
    Cache *self = (Cache *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Cache.__init__", args, kwargs, NAMES, 2, 2, values) < 0) {
        return -1;
    }
    py_replace_take(&self->directory, py_path_text(state_of(op), values[0]));
    py_replace(&self->config, values[1]);
    return self->directory ? 0 : -1;
}

static PyObject *
get_cachedir(PyObject *op, void *Py_UNUSED(closure))
{
    Cache *self = (Cache *)op;
    if (!self->path) {
        self->path = py_path_object(state_of(op), self->directory);
    }
    return Py_XNewRef(self->path);
}

/* function(cache, *args) of the Python half. */
static PyObject *
call_python(PyObject *op, const char *name, PyObject *args)
{
    return py_call_of_module("_pytest.cacheprovider", name, op, args, NULL);
}

/* The same with two arguments. */
static PyObject *
call_python_pair(PyObject *op, const char *name, PyObject *const *values)
{
    PyObject *pair = PyTuple_Pack(2, values[0], values[1]);
    PyObject *result = pair ? call_python(op, name, pair) : NULL;
    Py_XDECREF(pair);
    return result;
}

static PyObject *
method_get(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"key", "default", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Cache.get", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    return call_python_pair(op, "cache_get", values);
}

static PyObject *
method_set(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"key", "value", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Cache.set", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    return call_python_pair(op, "cache_set", values);
}

static PyObject *
method_mkdir(PyObject *op, PyObject *name)
{
    PyObject *args = PyTuple_Pack(1, name);
    PyObject *folder = args ? call_python(op, "cache_mkdir", args) : NULL;

    Py_XDECREF(args);
    return folder;
}

PY_NAMED_ONE(method_mkdir_named, method_mkdir, "mkdir", "name")

/* Both fields are for us alone. */
static PyObject *
cache_repr(PyObject *op)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__qualname__");
    PyObject *text = name ? PyUnicode_FromFormat("%U()", name) : NULL;

    Py_XDECREF(name);
    return text;
}

static PyObject *
method_getvaluepath(PyObject *op, PyObject *args)
{
    return call_python(op, "value_path", args);
}

static PyObject *
method_make_folder(PyObject *op, PyObject *args)
{
    return call_python(op, "make_folder", args);
}

/* For the others: _pytest.cacheprovider.<function>(self or class, *args, **kwargs). */
#define PYTHON_METHOD(function)                                                                                        \
    static PyObject *python_##function(PyObject *op, PyObject *args, PyObject *kwargs)                                 \
    {                                                                                                                  \
        return py_call_of_module("_pytest.cacheprovider", #function, op, args, kwargs);                                \
    }
PYTHON_METHOD(cache_warn_with)
PYTHON_METHOD(cache_for_config)
PYTHON_METHOD(cache_clear)
PYTHON_METHOD(cache_dir_from_config)

static PyMethodDef CACHE_METHODS[] = {
    {"warn", PY_WITH_KEYWORDS(python_cache_warn_with), "warn($self, fmt, *, _ispytest=False, **args)\n--\n\n"},
    {"for_config", PY_WITH_KEYWORDS(python_cache_for_config) | METH_CLASS,
     "for_config($type, config, *, _ispytest=False)\n--\n\n"},
    {"clear_cache", PY_WITH_KEYWORDS(python_cache_clear) | METH_CLASS,
     "clear_cache($type, cachedir, _ispytest=False)\n--\n\n"},
    {"cache_dir_from_config", PY_WITH_KEYWORDS(python_cache_dir_from_config) | METH_CLASS,
     "cache_dir_from_config($type, config, *, _ispytest=False)\n--\n\n"},
    {"get", PY_WITH_KEYWORDS(method_get),
     "get($self, key, default)\n--\n\n"
     "The value for a key, or the default."},
    {"set", PY_WITH_KEYWORDS(method_set),
     "set($self, key, value)\n--\n\n"
     "Save the value for a key."},
    {"mkdir", PY_FAST_WITH_KEYWORDS(method_mkdir_named),
     "mkdir($self, name)\n--\n\n"
     "A folder of that name in the cache."},
    {"_getvaluepath", method_getvaluepath, METH_VARARGS, "_getvaluepath($self, key, /)\n--\n\n"},
    {"_mkdir", method_make_folder, METH_VARARGS, "_mkdir($self, path, /)\n--\n\n"},
    PY_END_METHOD,
};
static PyMemberDef CACHE_MEMBERS[] = {
    PY_DICT_MEMBER(Cache),
    PY_WEAKREF_MEMBER(Cache),
    {"_config", T_OBJECT, offsetof(Cache, config), 0, NULL},
    PY_END_MEMBER,
};
static PyGetSetDef CACHE_GETSET[] = {PY_DICT_GETSET, {"_cachedir", get_cachedir, NULL, NULL, NULL}, PY_END_GETSET};
static PyType_Slot CACHE_SLOTS[] = {
    PY_SLOT(tp_init, cache_init),
    PY_SLOT(tp_traverse, cache_traverse),
    PY_SLOT(tp_clear, cache_clear),
    PY_SLOT(tp_dealloc, cache_dealloc),
    PY_SLOT(tp_repr, cache_repr),
    PY_SLOT(tp_methods, CACHE_METHODS),
    PY_SLOT(tp_members, CACHE_MEMBERS),
    PY_SLOT(tp_getset, CACHE_GETSET),
    PY_SLOT(tp_doc, "Cache(cachedir, config, *, _ispytest=False)\n--\n\n"
                    "Instance of the `cache` fixture."),
    PY_END_SLOT,
};
static PyType_Spec CACHE_SPEC = {.name = "_pytest.cacheprovider.Cache",
                                 .basicsize = sizeof(Cache),
                                 .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
                                 .slots = CACHE_SLOTS};

/* CACHEDIR_FILES: what stands in a cache folder, for the Python half. 0 or -1. */
static int
add_folder_files(PyObject *module)
{
    PyObject *files = PyDict_New();
    int status = files ? 0 : -1;

    for (const struct cache_folder_file *file = CACHE_FOLDER_FILES; status == 0 && file->name; file++) {
        PyObject *content = PyBytes_FromString(file->content);
        status = content ? PyDict_SetItemString(files, file->name, content) : -1;
        Py_XDECREF(content);
    }
    status = status == 0 ? PyModule_AddObjectRef(module, "CACHEDIR_FILES", files) : -1;
    Py_XDECREF(files);
    return status;
}

int
cache_add_type(PyObject *module, struct state *state)
{
    struct cache_types *types = state_room(state, ROOM_CACHE);
    types->cache = py_type_add(module, &CACHE_SPEC, NULL);
    if (!types->cache) {
        return -1;
    }
    /* Where values are, and folders of plugins. */
    PyObject *values = PyUnicode_FromString("v");
    PyObject *folders = PyUnicode_FromString("d");
    int status = -1;
    if (values && folders && PyObject_SetAttrString((PyObject *)types->cache, "_CACHE_PREFIX_VALUES", values) == 0) {
        status = PyObject_SetAttrString((PyObject *)types->cache, "_CACHE_PREFIX_DIRS", folders);
    }
    Py_XDECREF(values);
    Py_XDECREF(folders);
    return status == 0 ? add_folder_files(module) : -1;
}
