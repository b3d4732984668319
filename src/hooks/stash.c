/* Stash and StashKey: typed private storage on configs and nodes. */
#include "hooks/dispatch.h"

typedef struct {
    PyObject_HEAD
    PyObject *storage; /* dict; NULL while nothing was stored: most stashes stay empty */
} Stash;

static int
stash_need_storage(Stash *self)
{
    if (!self->storage) {
        self->storage = PyDict_New();
    }
    return self->storage ? 0 : -1;
}

static Py_ssize_t
stash_length(PyObject *op)
{
    Stash *self = (Stash *)op;
    return self->storage ? PyDict_Size(self->storage) : 0;
}

static PyObject *
stash_getitem(PyObject *op, PyObject *key)
{
    Stash *self = (Stash *)op;
    PyObject *value = NULL;

    if (self->storage && py_dict_find(self->storage, key, &value) < 0) {
        return NULL;
    }
    if (!value) {
        PyErr_SetObject(PyExc_KeyError, key);
    }
    return value;
}

static int
stash_setitem(PyObject *op, PyObject *key, PyObject *value)
{
    Stash *self = (Stash *)op;

    if (stash_need_storage(self) < 0) {
        return -1;
    }
    return value ? PyDict_SetItem(self->storage, key, value) : PyDict_DelItem(self->storage, key);
}

static int
stash_contains(PyObject *op, PyObject *key)
{
    Stash *self = (Stash *)op;
    return self->storage ? PyDict_Contains(self->storage, key) : 0;
}

static PyObject *
stash_get(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"key", "default", NULL};
    Stash *self = (Stash *)op;
    PyObject *values[2];
    PyObject *value = NULL;

    if (py_unpack_tuple("get", args, kwargs, NAMES, 2, 2, values) < 0 ||
        (self->storage && py_dict_find(self->storage, values[0], &value) < 0)) {
        return NULL;
    }
    return value ? value : Py_NewRef(values[1]);
}

static PyObject *
stash_setdefault(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"key", "default", NULL};
    Stash *self = (Stash *)op;
    PyObject *values[2];
    PyObject *value = NULL;

    if (py_unpack_tuple("setdefault", args, kwargs, NAMES, 2, 2, values) < 0 || stash_need_storage(self) < 0 ||
        py_dict_find(self->storage, values[0], &value) < 0) {
        return NULL;
    }
    if (!value && PyDict_SetItem(self->storage, values[0], values[1]) == 0) {
        value = Py_NewRef(values[1]);
    }
    return value;
}

static PyObject *
stash_get_storage(PyObject *op, void *Py_UNUSED(closure))
{
    Stash *self = (Stash *)op;
    return stash_need_storage(self) < 0 ? NULL : Py_NewRef(self->storage);
}

static int
stash_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((Stash *)op)->storage);
    return 0;
}

static int
stash_clear(PyObject *op)
{
    Py_CLEAR(((Stash *)op)->storage);
    return 0;
}

static void
stash_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    stash_clear(op);
    py_free_instance(op);
}

static PyMethodDef STASH_METHODS[] = {
    {"get", PY_WITH_KEYWORDS(stash_get),
     "get($self, key, default)\n--\n\n"
     "Get the value for key, or return default if the key wasn't set before."},
    {"setdefault", PY_WITH_KEYWORDS(stash_setdefault), "setdefault($self, key, default)\n--\n\n"},
    PY_END_METHOD,
};

static PyGetSetDef STASH_GETSETS[] = {
    {"_storage", stash_get_storage, NULL, NULL, NULL},
    PY_END_GETSET,
};

static PyType_Slot STASH_SLOTS[] = {
    PY_SLOT(mp_length, stash_length),         PY_SLOT(mp_subscript, stash_getitem),
    PY_SLOT(mp_ass_subscript, stash_setitem), PY_SLOT(sq_contains, stash_contains),
    PY_SLOT(tp_traverse, stash_traverse),     PY_SLOT(tp_clear, stash_clear),
    PY_SLOT(tp_dealloc, stash_dealloc),       PY_SLOT(tp_methods, STASH_METHODS),
    PY_SLOT(tp_getset, STASH_GETSETS),        PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_doc, "Stash()\n--\n\n"),       PY_END_SLOT,
};

static PyType_Spec STASH_SPEC = {
    .name = "_pytest.stash.Stash",
    .basicsize = sizeof(Stash),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = STASH_SLOTS,
};

/* ---- keys: told apart by identity only ---- */

typedef struct {
    PyObject_HEAD
} StashKey;

static void
key_dealloc(PyObject *op)
{
    py_free_instance(op);
}

/* StashKey[str]: the parameter is for type checkers. */
static PyObject *
key_class_getitem(PyObject *type, PyObject *parameter)
{
    return Py_GenericAlias(type, parameter);
}

static PyMethodDef KEY_METHODS[] = {
    {"__class_getitem__", key_class_getitem, METH_O | METH_CLASS, NULL},
    PY_END_METHOD,
};

static PyType_Slot KEY_SLOTS[] = {
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_dealloc, key_dealloc),
    PY_SLOT(tp_methods, KEY_METHODS),
    PY_SLOT(tp_doc, "StashKey()\n--\n\n"),
    PY_END_SLOT,
};

static PyType_Spec KEY_SPEC = {
    .name = "_pytest.stash.StashKey",
    .basicsize = sizeof(StashKey),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = KEY_SLOTS,
};

int
stash_add_types(PyObject *module, struct state *state)
{
    struct hooks_types *types = hooks_types(state);

    types->stash = py_type_add(module, &STASH_SPEC, NULL);
    types->stash_key = py_type_add(module, &KEY_SPEC, NULL);
    return types->stash && types->stash_key ? 0 : -1;
}
