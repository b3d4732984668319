/* What every heap type of ours repeats: construction, lazy __dict__, weak references, deallocation. */
#ifndef PY_TYPE_H
#define PY_TYPE_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <structmember.h>

struct state; /* py/state.h */

/* Members for Py_tp_members: give a struct with `PyObject *dict; PyObject *weakrefs;` a lazy __dict__ and weakrefs. */
#define PY_DICT_MEMBER(type) {"__dictoffset__", T_PYSSIZET, offsetof(type, dict), READONLY, NULL}
#define PY_WEAKREF_MEMBER(type) {"__weaklistoffset__", T_PYSSIZET, offsetof(type, weakrefs), READONLY, NULL}
/* Getset row for `__dict__`, made when first asked for. */
#define PY_DICT_GETSET {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL}
/*
 * Getset row for a field where C code takes NULL for None and, with `type`, everything else for an instance of that:
 * anything else is refused. `link` is a const struct py_link.
 */
#define PY_LINK_GETSET(name, link) {name, py_get_link, py_set_link, NULL, (void *)(uintptr_t)&(link)}
struct py_link {
    size_t offset;
    PyTypeObject *(*type)(struct state *state); /* borrowed; NULL: any object */
};
PyObject *py_get_link(PyObject *op, void *closure);
int py_set_link(PyObject *op, PyObject *value, void *closure);

#define PY_END_MEMBER {NULL, 0, 0, 0, NULL}
#define PY_END_GETSET {NULL, NULL, NULL, NULL, NULL}
#define PY_END_METHOD {NULL, NULL, 0, NULL}
/*
 * Function and flags of a method's row, where the function is not of two arguments: (self, args, kwargs);
 * (self, args[], count); (self, args[], count, kwnames).
 */
#define PY_WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS
#define PY_FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL
#define PY_FAST_WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS
/*
 * Defines `wrapper`, a PY_FAST_WITH_KEYWORDS function of the method `name`, whose one argument can be given by name
 * too, as in Python; `function` is (self, argument).
 */
#define PY_NAMED_ONE(wrapper, function, name, parameter)                                                               \
    static PyObject *wrapper(PyObject *op, PyObject *const *args, Py_ssize_t count, PyObject *kwnames)                 \
    {                                                                                                                  \
        PyObject *borrowed_value =                                                                                     \
            count == 1 && !kwnames ? args[0] : py_only_argument(name, parameter, args, count, kwnames);                \
        return borrowed_value ? function(op, borrowed_value) : NULL;                                                   \
    }
#define PY_SLOT(slot, value) {Py_##slot, (void *)(value)}
#define PY_END_SLOT {0, NULL}

/*
 * Makes the type and adds it to the module under the last part of its spec's name. `bases`: NULL, a type, or a tuple.
 * The result is owned by the caller, which stores it in its room.
 */
PyTypeObject *py_type_add(PyObject *module, PyType_Spec *spec, PyObject *bases);

/* tp_alloc: a zeroed instance (GC-tracked if the type is), with its own reference to the type. */
PyObject *py_new_instance(PyTypeObject *type);

/* The end of every tp_dealloc: PyObject_GC_UnTrack first, clear the fields, then this. */
void py_free_instance(PyObject *op);

/* PyErr_Format(TypeError) for a method called with a wrong number of positional arguments; returns NULL. */
PyObject *py_bad_argument_count(const char *function, Py_ssize_t given, Py_ssize_t min, Py_ssize_t max);

/*
 * Unpacks METH_FASTCALL|METH_KEYWORDS arguments by name into borrowed `values` (NULL where not given).
 * `names`: NULL-terminated; the first `required` must be given; the first `positional` may be given by position.
 * 0, or -1 with pytest-like TypeError.
 */
int py_unpack_arguments(const char *function, PyObject *const *args, Py_ssize_t positional_given, PyObject *kwnames,
                        const char *const *names, Py_ssize_t positional, Py_ssize_t required, PyObject **values);

/* The argument of a function that has one, borrowed; NULL with pytest-like TypeError. */
PyObject *py_only_argument(const char *function, const char *parameter, PyObject *const *args,
                           Py_ssize_t positional_given, PyObject *kwnames);

/* The same for (args tuple, kwargs dict or NULL), as tp_new, tp_init and tp_call get them. */
int py_unpack_tuple(const char *function, PyObject *args, PyObject *kwargs, const char *const *names,
                    Py_ssize_t positional, Py_ssize_t required, PyObject **values);

#endif
