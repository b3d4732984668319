/* CallSpec: one planned invocation of a parametrized test. Compact, since there may be very many. */
#include "marks/call_spec.h"

#include <string.h>

#include "base/arena.h"

/* ---- Shapes ---- */

static void
shape_dealloc(PyObject *op)
{
    CallShape *self = (CallShape *)op;
    Py_CLEAR(self->names);
    memory_free(self->scopes);
    py_free_instance(op);
}

static PyType_Slot SHAPE_SLOTS[] = {
    PY_SLOT(tp_dealloc, shape_dealloc),
    PY_END_SLOT,
};

static PyType_Spec SHAPE_SPEC = {
    .name = "_fastest._CallShape",
    .basicsize = sizeof(CallShape),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = SHAPE_SLOTS,
};

static Py_ssize_t
shape_count(PyObject *shape)
{
    return shape ? PyTuple_Size(((CallShape *)shape)->names) : 0;
}

/* -1 when there is none of that name; exceptions of odd names' comparisons are not expected: names are str. */
static Py_ssize_t
shape_find(PyObject *shape, PyObject *name)
{
    Py_ssize_t count = shape_count(shape);
    PyObject *names = shape ? ((CallShape *)shape)->names : NULL;

    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyTuple_GetItem(names, i) == name) {
            return i;
        }
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyObject_RichCompareBool(PyTuple_GetItem(names, i), name, Py_EQ) == 1) {
            return i;
        }
    }
    return -1;
}

static int
check_duplicates(struct state *state, PyObject *names, PyObject *nodeid)
{
    PyObject *seen = PySet_New(NULL);
    int status = seen ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyTuple_Size(names); i++) {
        PyObject *borrowed_name = PyTuple_GetItem(names, i);
        int known = PySet_Contains(seen, borrowed_name);
        if (known > 0) {
            PyErr_Format((PyObject *)nodes_types(state)->collect_error, "%S: duplicate parametrization of %R", nodeid,
                         borrowed_name);
        }
        status = known != 0 ? -1 : PySet_Add(seen, borrowed_name);
    }
    Py_XDECREF(seen);
    return status;
}

/* The shape of CallSpecs of shape `base` (may be NULL) extended by the batch. */
static PyObject *
shape_extend(struct state *state, PyObject *base, const struct call_batch *batch)
{
    CallShape *self = (CallShape *)py_new_instance(marks_types(state)->call_shape);
    Py_ssize_t base_count = shape_count(base);
    Py_ssize_t count = 0;

    if (!self) {
        return NULL;
    }
    self->names = base ? PySequence_Concat(((CallShape *)base)->names, batch->names) : Py_NewRef(batch->names);
    if (!self->names || check_duplicates(state, self->names, batch->nodeid) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    count = PyTuple_Size(self->names);
    self->scopes = memory_alloc_zeroed((size_t)count + 1);
    if (base_count) {
        memcpy(self->scopes, ((CallShape *)base)->scopes, (size_t)base_count);
        self->has_high_scope = ((CallShape *)base)->has_high_scope;
    }
    memset(self->scopes + base_count, (int)batch->scope, (size_t)(count - base_count));
    self->has_high_scope = self->has_high_scope || (batch->scope != SCOPE_FUNCTION && count > base_count);
    return (PyObject *)self;
}

/* ---- Making ---- */

static CallSpec *
spec_alloc(struct state *state, Py_ssize_t argument_count)
{
    PyTypeObject *type = marks_types(state)->call_spec;
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    return (CallSpec *)alloc(type, argument_count);
}

PyObject *
call_spec_new(struct state *state)
{
    return (PyObject *)spec_alloc(state, 0);
}

/* The base's ids and one more: a new reference. */
static PyObject *
idlist_extend(PyObject *idlist, PyObject *id)
{
    PyObject *both = NULL;
    PyObject *last = NULL;

    if (!idlist) {
        return Py_NewRef(id);
    }
    if (PyUnicode_Check(idlist)) {
        return PyTuple_Pack(2, idlist, id);
    }
    both = PySequence_Tuple(idlist);
    last = PyTuple_Pack(1, id);
    if (both && last) {
        py_replace_take(&both, PySequence_Concat(both, last));
    }
    Py_XDECREF(last);
    return both;
}

/* *list_out: the base's marks and those of the set, normalised; NULL when there are none. */
static int
marks_extend(struct state *state, PyObject *base_marks, PyObject *marks, PyObject **list_out)
{
    PyObject *list = NULL;
    PyObject *iterator = NULL;
    PyObject *mark = NULL;
    int status = 0;

    *list_out = NULL;
    if (!base_marks && !marks) {
        return 0;
    }
    list = base_marks ? PySequence_List(base_marks) : PyList_New(0);
    iterator = list && marks ? PyObject_GetIter(marks) : NULL;
    status = list && (!marks || iterator) ? 0 : -1;
    while (iterator && status == 0 && (mark = PyIter_Next(iterator))) {
        status = py_list_append_take(list, mark_normalize(state, mark));
        Py_DECREF(mark);
    }
    Py_XDECREF(iterator);
    if (status < 0 || PyErr_Occurred()) {
        Py_XDECREF(list);
        return -1;
    }
    *list_out = list;
    return 0;
}

/* The fields that do not depend on how arguments are kept. */
static int
extend_common(struct state *state, const CallSpec *base, CallSpec *self, PyObject *marks, PyObject *id)
{
    if (id == marks_types(state)->hidden_param) {
        self->idlist = Py_XNewRef(base->idlist);
    } else {
        self->idlist = idlist_extend(base->idlist, id);
        if (!self->idlist) {
            return -1;
        }
    }
    return marks_extend(state, base->marks, marks, &self->marks);
}

/* {name: part} of the arguments: a new dict. */
static PyObject *
arguments_as_dict(CallSpec *self, enum argument_part part)
{
    Py_ssize_t count = shape_count(self->shape);
    CallShape *shape = (CallShape *)self->shape;
    PyObject *dict = PyDict_New();

    for (Py_ssize_t i = 0; dict && i < count; i++) {
        PyObject *value = part == PART_VALUE   ? Py_NewRef(self->arguments[i].value)
                          : part == PART_INDEX ? PyLong_FromSsize_t(self->arguments[i].index)
                                               : scope_object(state_of((PyObject *)self), shape->scopes[i]);
        if (py_dict_set_take(dict, PyTuple_GetItem(shape->names, i), value) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

PyObject *
call_spec_dict(CallSpec *self, PyObject **slot, enum argument_part part)
{
    if (!*slot) {
        *slot = arguments_as_dict(self, part);
    }
    return *slot;
}

PyObject *
callspec_params(PyObject *op)
{
    return call_spec_dict((CallSpec *)op, &((CallSpec *)op)->params, PART_VALUE);
}

PyObject *
callspec_indices(PyObject *op)
{
    return call_spec_dict((CallSpec *)op, &((CallSpec *)op)->indices, PART_INDEX);
}

/* dict.copy() of three dicts, with the new arguments: for a base whose dicts were made, and may have been changed. */
static int
extend_dicts(struct state *state, PyObject *base, CallSpec *self, const struct call_batch *batch,
             const struct parameter_set *set, Py_ssize_t param_index)
{
    PyObject *scope = scope_object(state, batch->scope);
    PyObject *borrowed_scopes = NULL;
    int status = -1;

    if (!scope || !callspec_params(base) || !callspec_indices(base)) {
        goto done;
    }
    self->params = PyDict_Copy(callspec_params(base));
    self->indices = PyDict_Copy(callspec_indices(base));
    borrowed_scopes = ((CallSpec *)base)->arg2scope;
    self->arg2scope = borrowed_scopes ? PyDict_Copy(borrowed_scopes) : PyDict_New();
    if (!self->params || !self->indices || !self->arg2scope) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyTuple_Size(batch->names); i++) {
        PyObject *borrowed_name = PyTuple_GetItem(batch->names, i);
        int known = PyDict_Contains(self->params, borrowed_name);
        if (known != 0) {
            if (known > 0) {
                PyErr_Format((PyObject *)nodes_types(state)->collect_error, "%S: duplicate parametrization of %R",
                             batch->nodeid, borrowed_name);
            }
            goto done;
        }
        if (py_dict_set_take(self->params, borrowed_name, parameter_set_value(set, i)) < 0 ||
            py_dict_set_take(self->indices, borrowed_name, PyLong_FromSsize_t(param_index)) < 0 ||
            PyDict_SetItem(self->arg2scope, borrowed_name, scope) < 0) {
            goto done;
        }
    }
    status = 0;
done:
    Py_XDECREF(scope);
    return status;
}

static int
extend_arguments(const CallSpec *base, CallSpec *self, Py_ssize_t base_count, Py_ssize_t added,
                 const struct parameter_set *set, Py_ssize_t param_index)
{
    for (Py_ssize_t i = 0; i < base_count; i++) {
        self->arguments[i].value = Py_NewRef(base->arguments[i].value);
        self->arguments[i].index = base->arguments[i].index;
    }
    for (Py_ssize_t i = 0; i < added; i++) {
        PyObject *value = parameter_set_value(set, i);
        if (!value) {
            return -1;
        }
        self->arguments[base_count + i] = (struct call_argument){.value = value, .index = param_index};
    }
    return 0;
}

PyObject *
call_spec_extend(struct state *state, PyObject *base_op, struct call_batch *batch, const struct parameter_set *set,
                 PyObject *id, Py_ssize_t param_index)
{
    CallSpec *base = (CallSpec *)base_op;
    CallSpec *self = NULL;
    bool keeps_dicts = base->params || base->indices || base->arg2scope;
    Py_ssize_t added = PyTuple_Size(batch->names);
    Py_ssize_t base_count = keeps_dicts ? 0 : shape_count(base->shape);
    int status = 0;

    if (!keeps_dicts && (!batch->shape || batch->shape_base != base->shape)) {
        py_replace_take(&batch->shape, shape_extend(state, base->shape, batch));
        batch->shape_base = base->shape;
        if (!batch->shape) {
            return NULL;
        }
    }
    self = spec_alloc(state, keeps_dicts ? 0 : base_count + added);
    if (!self) {
        return NULL;
    }
    if (keeps_dicts) {
        status = extend_dicts(state, base_op, self, batch, set, param_index);
    } else {
        self->shape = Py_NewRef(batch->shape);
        status = extend_arguments(base, self, base_count, added, set, param_index);
    }
    if (status < 0 || extend_common(state, base, self, set->marks, id) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

/* ---- Reading from C ---- */

bool
callspec_check(struct state *state, PyObject *object)
{
    if (Py_IS_TYPE(object, marks_types(state)->call_spec)) {
        return true;
    }
    PyErr_Format(PyExc_TypeError, "expected a CallSpec, not %R", (PyObject *)Py_TYPE(object));
    return false;
}

int
callspec_find(PyObject *op, PyObject *argname, PyObject **value_out, Py_ssize_t *index_out)
{
    CallSpec *self = (CallSpec *)op;
    Py_ssize_t i = -1;

    if (index_out) {
        *index_out = 0;
    }
    if (self->params || self->indices || !self->shape) {
        PyObject *indices = index_out ? callspec_indices(op) : NULL;
        PyObject *params = callspec_params(op);
        PyObject *borrowed_index = indices ? PyDict_GetItemWithError(indices, argname) : NULL;
        PyObject *borrowed_value = params ? PyDict_GetItemWithError(params, argname) : NULL;
        if (borrowed_index) {
            *index_out = PyLong_AsSsize_t(borrowed_index);
        }
        if (value_out) {
            *value_out = Py_XNewRef(borrowed_value);
        }
        return borrowed_value ? 1 : PyErr_Occurred() ? -1 : 0;
    }
    i = shape_find(self->shape, argname);
    if (value_out) {
        *value_out = i < 0 ? NULL : Py_NewRef(self->arguments[i].value);
    }
    if (i >= 0 && index_out) {
        *index_out = self->arguments[i].index;
    }
    return i >= 0;
}

Py_ssize_t
callspec_argument_count(PyObject *op)
{
    CallSpec *self = (CallSpec *)op;
    return self->params ? PyDict_Size(self->params) : shape_count(self->shape);
}

PyObject *
callspec_argument_name(PyObject *op, Py_ssize_t i)
{
    CallSpec *self = (CallSpec *)op;
    PyObject *borrowed_key = NULL;
    Py_ssize_t position = 0;

    if (!self->params) {
        return PyTuple_GetItem(((CallShape *)self->shape)->names, i);
    }
    for (Py_ssize_t k = 0; k <= i && PyDict_Next(self->params, &position, &borrowed_key, NULL); k++) {
    }
    return borrowed_key;
}

int
callspec_scope(PyObject *op, PyObject *argname)
{
    CallSpec *self = (CallSpec *)op;

    if (self->arg2scope) {
        PyObject *scope = NULL;
        int found = py_dict_find(self->arg2scope, argname, &scope);
        int number = found > 0 ? scope_find(state_of(op), scope) : -1;
        Py_XDECREF(scope);
        return number;
    }
    Py_ssize_t i = shape_find(self->shape, argname);
    return i < 0 ? -1 : ((CallShape *)self->shape)->scopes[i];
}

bool
callspec_has_high_scope(PyObject *op)
{
    CallSpec *self = (CallSpec *)op;
    return self->arg2scope ? PyDict_Size(self->arg2scope) > 0
                           : self->shape && ((CallShape *)self->shape)->has_high_scope;
}

PyObject *
callspec_marks(PyObject *op)
{
    return ((CallSpec *)op)->marks;
}

bool
callspec_has_id(PyObject *op)
{
    PyObject *idlist = ((CallSpec *)op)->idlist;
    return idlist && (PyUnicode_Check(idlist) || PyObject_Size(idlist) > 0);
}

PyObject *
callspec_id(PyObject *op)
{
    PyObject *idlist = ((CallSpec *)op)->idlist;

    if (!idlist) {
        return PyUnicode_FromString("");
    }
    if (PyUnicode_CheckExact(idlist)) {
        return Py_NewRef(idlist);
    }
    return py_text_join("-", idlist);
}

int
call_spec_set_index(PyObject *op, PyObject *argname, Py_ssize_t index)
{
    CallSpec *self = (CallSpec *)op;
    Py_ssize_t i = -1;

    if (self->indices || !self->shape) {
        PyObject *indices = callspec_indices(op);
        return indices ? py_dict_set_take(indices, argname, PyLong_FromSsize_t(index)) : -1;
    }
    i = shape_find(self->shape, argname);
    if (i >= 0) {
        self->arguments[i].index = index;
    }
    return 0;
}

int
call_shape_add_type(PyObject *module, struct state *state)
{
    marks_types(state)->call_shape = (PyTypeObject *)PyType_FromModuleAndSpec(module, &SHAPE_SPEC, NULL);
    return marks_types(state)->call_shape ? 0 : -1;
}
