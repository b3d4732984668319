/* IdMaker: the maker of ids as Python code sees it (plugins and pytest's own tests use it). */
#include "marks/internal.h"

#include "base/arena.h"

typedef struct {
    PyObject_HEAD
    PyObject *argnames;
    PyObject *parametersets;
    PyObject *idfn;
    PyObject *ids;
    PyObject *config;
    PyObject *nodeid;
} IdMaker;

static PyObject *
none_is_null(PyObject *object)
{
    return object == Py_None ? NULL : object;
}

/* Fills `sets` from a sequence of ParameterSet; release in both cases. */
static int
read_sets(struct parameter_sets *sets, PyObject *argnames, PyObject *parametersets)
{
    Py_ssize_t count = PyObject_Size(parametersets);

    sets->argnames = Py_NewRef(argnames);
    sets->names = PySequence_Tuple(argnames);
    if (count < 0 || !sets->names) {
        return -1;
    }
    sets->name_count = PyTuple_Size(sets->names);
    sets->sets = memory_alloc_zeroed((size_t)(count ? count : 1) * sizeof *sets->sets);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PySequence_GetItem(parametersets, i);
        struct parameter_set *set = &sets->sets[i];
        PyObject *values = item ? PyObject_GetAttrString(item, "values") : NULL;
        sets->count = i + 1;
        set->values = values ? PySequence_Tuple(values) : NULL;
        set->id = set->values ? PyObject_GetAttrString(item, "id") : NULL;
        Py_XDECREF(values);
        Py_XDECREF(item);
        if (!set->id) {
            return -1;
        }
        if (set->id == Py_None) {
            Py_CLEAR(set->id);
        }
        if (PyTuple_Size(set->values) != sets->name_count) {
            PyErr_SetString(PyExc_ValueError, "zip() arguments have different lengths");
            return -1;
        }
    }
    return 0;
}

typedef PyObject *(*maker_step)(struct id_maker *maker);

static PyObject *
with_maker(PyObject *op, maker_step step)
{
    IdMaker *self = (IdMaker *)op;
    struct parameter_sets sets = {0};
    PyObject *ids = self->ids == Py_None ? NULL : PySequence_List(self->ids);
    struct id_maker maker = {
        .state = state_of(op),
        .sets = &sets,
        .config = none_is_null(self->config),
        .idfn = none_is_null(self->idfn),
        .ids = ids,
        .nodeid = none_is_null(self->nodeid),
    };
    PyObject *result = NULL;

    if ((ids || self->ids == Py_None) && read_sets(&sets, self->argnames, self->parametersets) == 0) {
        result = step(&maker);
    }
    parameter_sets_release(&sets);
    Py_XDECREF(ids);
    return result;
}

static PyObject *
make_unique_parameterset_ids(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return with_maker(op, id_maker_run);
}

static PyObject *
start_and_resolve(struct id_maker *maker)
{
    id_maker_start(maker);
    return id_maker_resolve(maker);
}

static PyObject *
resolve_ids(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return with_maker(op, start_and_resolve);
}

static struct id_maker
maker_of(IdMaker *self, const struct parameter_sets *sets)
{
    struct id_maker maker = {
        .state = state_of((PyObject *)self),
        .sets = sets,
        .config = none_is_null(self->config),
        .idfn = none_is_null(self->idfn),
        .nodeid = none_is_null(self->nodeid),
    };
    id_maker_start(&maker);
    return maker;
}

static PyObject *
id_value(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"val", "argname", "idx", NULL};
    struct parameter_sets sets = {0};
    struct id_maker maker = maker_of((IdMaker *)op, &sets);
    PyObject *values[3];

    if (py_unpack_tuple("_idval", args, kwargs, NAMES, 3, 3, values) < 0) {
        return NULL;
    }
    Py_ssize_t index = PyLong_AsSsize_t(values[2]);
    return index == -1 && PyErr_Occurred() ? NULL : id_maker_value(&maker, values[0], values[1], index);
}

static PyObject *
id_value_from_value(PyObject *op, PyObject *value)
{
    struct parameter_sets sets = {0};
    struct id_maker maker = maker_of((IdMaker *)op, &sets);
    PyObject *id = NULL;

    if (id_maker_from_value(&maker, value, &id) == 0) {
        Py_RETURN_NONE;
    }
    return id;
}

static PyObject *
id_value_from_argname(PyObject *Py_UNUSED(cls), PyObject *args)
{
    PyObject *argname = NULL;
    PyObject *index = NULL;

    if (!PyArg_UnpackTuple(args, "_idval_from_argname", 2, 2, &argname, &index)) {
        return NULL;
    }
    return PyUnicode_FromFormat("%S%S", argname, index);
}

static int
maker_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"argnames", "parametersets", "idfn", "ids", "config", "nodeid", NULL};
    IdMaker *self = (IdMaker *)op;
    PyObject *values[6];

    if (py_unpack_tuple("IdMaker.__init__", args, kwargs, NAMES, 6, 6, values) < 0) {
        return -1;
    }
    py_replace(&self->argnames, values[0]);
    py_replace(&self->parametersets, values[1]);
    py_replace(&self->idfn, values[2]);
    py_replace(&self->ids, values[3]);
    py_replace(&self->config, values[4]);
    py_replace(&self->nodeid, values[5]);
    return 0;
}

static int
maker_traverse(PyObject *op, visitproc visit, void *arg)
{
    IdMaker *self = (IdMaker *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->argnames);
    Py_VISIT(self->parametersets);
    Py_VISIT(self->idfn);
    Py_VISIT(self->ids);
    Py_VISIT(self->config);
    Py_VISIT(self->nodeid);
    return 0;
}

static int
maker_clear(PyObject *op)
{
    IdMaker *self = (IdMaker *)op;
    Py_CLEAR(self->argnames);
    Py_CLEAR(self->parametersets);
    Py_CLEAR(self->idfn);
    Py_CLEAR(self->ids);
    Py_CLEAR(self->config);
    Py_CLEAR(self->nodeid);
    return 0;
}

static void
maker_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    maker_clear(op);
    py_free_instance(op);
}

static PyMethodDef MAKER_METHODS[] = {
    {"make_unique_parameterset_ids", make_unique_parameterset_ids, METH_NOARGS,
     "make_unique_parameterset_ids($self)\n--\n\n"
     "Make a unique identifier for each ParameterSet, that may be used to\n"
     "identify the parametrization in a node ID."},
    {"_resolve_ids", resolve_ids, METH_NOARGS, "_resolve_ids($self)\n--\n\n"},
    {"_idval", PY_WITH_KEYWORDS(id_value), "_idval($self, val, argname, idx)\n--\n\n"},
    {"_idval_from_value", id_value_from_value, METH_O, NULL},
    {"_idval_from_argname", id_value_from_argname, METH_VARARGS | METH_STATIC, NULL},
    PY_END_METHOD,
};

static PyMemberDef MAKER_MEMBERS[] = {
    {"argnames", T_OBJECT_EX, offsetof(IdMaker, argnames), 0, NULL},
    {"parametersets", T_OBJECT_EX, offsetof(IdMaker, parametersets), 0, NULL},
    {"idfn", T_OBJECT_EX, offsetof(IdMaker, idfn), 0, NULL},
    {"ids", T_OBJECT_EX, offsetof(IdMaker, ids), 0, NULL},
    {"config", T_OBJECT_EX, offsetof(IdMaker, config), 0, NULL},
    {"nodeid", T_OBJECT_EX, offsetof(IdMaker, nodeid), 0, NULL},
    PY_END_MEMBER,
};

static PyType_Slot MAKER_SLOTS[] = {
    PY_SLOT(tp_doc, "IdMaker(argnames, parametersets, idfn, ids, config, nodeid)\n--\n\n"
                    "Make IDs for a parametrization."),
    PY_SLOT(tp_new, PyType_GenericNew),
    PY_SLOT(tp_init, maker_init),
    PY_SLOT(tp_traverse, maker_traverse),
    PY_SLOT(tp_clear, maker_clear),
    PY_SLOT(tp_dealloc, maker_dealloc),
    PY_SLOT(tp_methods, MAKER_METHODS),
    PY_SLOT(tp_members, MAKER_MEMBERS),
    PY_END_SLOT,
};

static PyType_Spec MAKER_SPEC = {
    .name = "_pytest.python.IdMaker",
    .basicsize = sizeof(IdMaker),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = MAKER_SLOTS,
};

int
id_maker_add_type(PyObject *module, struct state *state)
{
    marks_types(state)->id_maker = py_type_add(module, &MAKER_SPEC, NULL);
    return marks_types(state)->id_maker ? 0 : -1;
}
