/* What the files of the plugin "monkeypatch" share. */
#ifndef PLUGINS_MONKEYPATCH_INTERNAL_H
#define PLUGINS_MONKEYPATCH_INTERNAL_H

#include "marks/marks.h"
#include "plugins/monkeypatch/monkeypatch.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *attributes; /* list of (target, name, old value or NOTSET) */
    PyObject *items;      /* list of (mapping, key, old value or NOTSET) */
    PyObject *cwd;        /* None, or where to go back to */
    PyObject *syspath;    /* None, or what sys.path was */
} MonkeyPatch;

struct monkeypatch_types {
    PyTypeObject *monkeypatch, *context;
    PyObject *derive; /* _pytest.monkeypatch.derive_importpath, when first needed */
};
static inline struct monkeypatch_types *
monkeypatch_types(struct state *state)
{
    return state_room(state, ROOM_MONKEYPATCH);
}

static inline PyObject *
notset_of(PyObject *op)
{
    return marks_types(state_of(op))->notset;
}

static inline int
truth_or(PyObject *value, int otherwise)
{
    return value ? PyObject_IsTrue(value) : otherwise;
}

/* Appends what undo() needs: 0 or -1. */
static inline int
remember(PyObject *list, PyObject *target, PyObject *name, PyObject *old)
{
    return py_list_append_take(list, PyTuple_Pack(3, target, name, old));
}

/* mapping.get(key, NOTSET): a new reference. */
PyObject *get_or_notset(PyObject *op, PyObject *mapping, PyObject *key);

/* The methods setattr and delattr. */
PyObject *patch_setattr(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames);
PyObject *patch_delattr(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames);

#endif
