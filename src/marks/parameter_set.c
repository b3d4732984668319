/* ParameterSet (pytest.param), and the parameter sets of one parametrize() call. */
#include "marks/internal.h"

#include "base/arena.h"
#include "code/code.h"

static const char DOCS_OF_PARAM[] = "https://docs.pytest.org/en/stable/reference/reference.html#pytest-param";

int
is_abstract_instance(PyObject *object, const char *name)
{
    PyObject *abstract = NULL;
    int answer = -1;

    if (PyList_CheckExact(object) || PyTuple_CheckExact(object)) {
        return 1;
    }
    abstract = py_import_attr("_collections_abc", name);
    if (abstract) {
        answer = PyObject_IsInstance(object, abstract);
        Py_DECREF(abstract);
    }
    return answer;
}

/* ---- The type: a tuple of three with names ---- */

static PyObject *
parameter_set_new(PyTypeObject *type, PyObject *values, PyObject *marks, PyObject *id)
{
    newfunc new_tuple = (newfunc)PyType_GetSlot(&PyTuple_Type, Py_tp_new);
    PyObject *fields = PyTuple_Pack(3, values, marks, id);
    PyObject *args = fields ? PyTuple_Pack(1, fields) : NULL;
    PyObject *self = args ? new_tuple(type, args, NULL) : NULL;

    Py_XDECREF(args);
    Py_XDECREF(fields);
    return self;
}

static PyObject *
parameter_set_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"values", "marks", "id", NULL};
    PyObject *values[3];

    if (py_unpack_tuple("ParameterSet.__new__", args, kwargs, NAMES, 3, 3, values) < 0) {
        return NULL;
    }
    return parameter_set_new(type, values[0], values[1], values[2]);
}

static PyObject *
parameter_set_get(PyObject *op, void *closure)
{
    return py_tuple_item(op, (Py_ssize_t)(intptr_t)closure);
}

static PyObject *
parameter_set_repr(PyObject *op)
{
    static const char *const FIELDS[] = {"values", "marks", "id", NULL};
    return dataclass_repr(op, FIELDS);
}

/* A mark among those given to pytest.param: 0 when it may be there. */
static int
check_param_mark(PyObject *mark)
{
    PyObject *name = PyObject_GetAttrString(mark, "name");
    int status = name ? 0 : -1;

    if (py_text_equals(name, "usefixtures")) {
        PyErr_Format(PyExc_ValueError, "pytest.param cannot add pytest.mark.usefixtures; see %s", DOCS_OF_PARAM);
        status = -1;
    }
    Py_XDECREF(name);
    return status;
}

static int
check_param_marks(PyObject *marks)
{
    PyObject *iterator = PyObject_GetIter(marks);
    PyObject *mark = NULL;
    int status = iterator ? 0 : -1;

    while (status == 0 && (mark = PyIter_Next(iterator))) {
        status = check_param_mark(mark);
        Py_DECREF(mark);
    }
    Py_XDECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

/* The marks of pytest.param as a collection: a new reference. */
static PyObject *
param_marks(struct state *state, PyObject *marks)
{
    int is_collection = 0;

    if (!marks) {
        return Py_NewRef(state->empty_tuple);
    }
    if (PyObject_TypeCheck(marks, marks_types(state)->mark_decorator)) {
        return PyTuple_Pack(1, marks);
    }
    is_collection = is_abstract_instance(marks, "Collection");
    if (is_collection == 0) {
        PyErr_SetNone(PyExc_AssertionError);
    }
    return is_collection > 0 ? Py_NewRef(marks) : NULL;
}

static PyObject *
param_build(struct state *state, PyTypeObject *type, PyObject *values, PyObject *kwargs)
{
    static const char *const NAMES[] = {"marks", "id", NULL};
    PyObject *given[2];
    PyObject *marks = NULL;
    PyObject *result = NULL;

    if (py_unpack_tuple("param", NULL, kwargs, NAMES, 0, 0, given) < 0) {
        return NULL;
    }
    marks = param_marks(state, given[0]);
    if (!marks || check_param_marks(marks) < 0) {
        goto done;
    }
    if (given[1] && given[1] != Py_None && !PyUnicode_Check(given[1]) && given[1] != marks_types(state)->hidden_param) {
        PyErr_Format(PyExc_TypeError, "Expected id to be a string or a `pytest.HIDDEN_PARAM` sentinel, got %R: %R",
                     (PyObject *)Py_TYPE(given[1]), given[1]);
        goto done;
    }
    result = parameter_set_new(type, values, marks, given[1] ? given[1] : Py_None);
done:
    Py_XDECREF(marks);
    return result;
}

static PyObject *
parameter_set_param(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    return param_build(state_from_type((PyTypeObject *)cls), (PyTypeObject *)cls, args, kwargs);
}

static PyObject *
pytest_param(PyObject *module, PyObject *args, PyObject *kwargs)
{
    struct state *state = state_from_module(module);
    return param_build(state, marks_types(state)->parameter_set, args, kwargs);
}

static PyObject *
parameter_set_extract_from(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"parameterset", "force_tuple", NULL};
    struct state *state = state_from_type((PyTypeObject *)cls);
    PyTypeObject *type = (PyTypeObject *)cls;
    PyObject *values[2];
    PyObject *made = NULL;
    PyObject *result = NULL;
    int force_tuple = 0;

    if (py_unpack_tuple("extract_from", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    if (PyObject_TypeCheck(values[0], type)) {
        return Py_NewRef(values[0]);
    }
    force_tuple = values[1] ? PyObject_IsTrue(values[1]) : 0;
    made = force_tuple < 0 ? NULL : force_tuple ? PyTuple_Pack(1, values[0]) : PyList_New(0);
    if (made) {
        result = force_tuple ? parameter_set_new(type, made, state->empty_tuple, Py_None)
                             : parameter_set_new(type, values[0], made, Py_None);
        Py_DECREF(made);
    }
    return result;
}

/* ---- Names ---- */

static bool
is_ascii_space(Py_UCS4 character)
{
    return character == ' ' || (character >= '\t' && character <= '\r') || (character >= 0x1C && character <= 0x1F);
}

/* text[start:end].strip(), interned: a new reference. */
static PyObject *
stripped_name(PyObject *text, Py_ssize_t start, Py_ssize_t end)
{
    while (start < end && is_ascii_space(PyUnicode_ReadChar(text, start))) {
        start++;
    }
    while (end > start && is_ascii_space(PyUnicode_ReadChar(text, end - 1))) {
        end--;
    }
    bool is_ascii =
        start == end || (PyUnicode_ReadChar(text, start) < 0x80 && PyUnicode_ReadChar(text, end - 1) < 0x80);
    PyObject *name = PyUnicode_Substring(text, start, end);
    if (name && !is_ascii) {
        py_replace_take(&name, PyObject_CallMethod(name, "strip", NULL)); /* there are spaces beyond ASCII */
    }
    if (name) {
        PyUnicode_InternInPlace(&name);
    }
    return name;
}

static PyObject *
split_names(PyObject *text, bool *force_tuple_out)
{
    PyObject *names = PyList_New(0);
    Py_ssize_t length = PyUnicode_GetLength(text);
    bool is_last_empty = false;

    for (Py_ssize_t start = 0; names && start <= length;) {
        Py_ssize_t comma = PyUnicode_FindChar(text, ',', start, length, 1);
        Py_ssize_t end = comma < 0 ? length : comma;
        PyObject *name = stripped_name(text, start, end);
        is_last_empty = name && PyUnicode_GetLength(name) == 0;
        if (!name || (!is_last_empty && PyList_Append(names, name) < 0)) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
        start = end + 1;
    }
    /* "a," asks for tuples of one, "a" for plain values. */
    bool ends_with_comma = is_last_empty && PyUnicode_FindChar(text, ',', 0, length, 1) >= 0;
    *force_tuple_out = names && PyList_Size(names) == 1 && !ends_with_comma;
    return names;
}

/* ParameterSet._parse_parametrize_args(): the names (a new reference). */
static PyObject *
parameter_names_parse(PyObject *argnames, bool *force_tuple_out)
{
    *force_tuple_out = false;
    return PyUnicode_Check(argnames) ? split_names(argnames, force_tuple_out) : Py_NewRef(argnames);
}

static PyObject *
parameter_set_parse_args(PyObject *Py_UNUSED(cls), PyObject *args, PyObject *kwargs)
{
    PyObject *argnames = NULL;
    PyObject *names = NULL;
    bool force_tuple = false;

    /* Takes whatever parametrize() takes; only the names matter. */
    if (PyTuple_Size(args) > 0) {
        argnames = PyTuple_GetItem(args, 0);
    } else if (kwargs) {
        argnames = PyDict_GetItemString(kwargs, "argnames");
    }
    if (!argnames) {
        PyErr_SetString(PyExc_TypeError, "ParameterSet._parse_parametrize_args() missing 1 required positional "
                                         "argument: 'argnames'");
        return NULL;
    }
    names = parameter_names_parse(argnames, &force_tuple);
    return names ? Py_BuildValue("(NO)", names, force_tuple ? Py_True : Py_False) : NULL;
}

PyObject *
parametrize_argnames(struct state *Py_UNUSED(state), PyObject *mark)
{
    PyObject *result = parameter_set_parse_args(NULL, mark_args(mark), mark_kwargs(mark));
    PyObject *names = result ? py_tuple_item(result, 0) : NULL;

    Py_XDECREF(result);
    return names;
}

/* ---- Sets ---- */

void
parameter_sets_release(struct parameter_sets *sets)
{
    for (Py_ssize_t i = 0; i < sets->count; i++) {
        Py_XDECREF(sets->sets[i].values);
        Py_XDECREF(sets->sets[i].marks);
        Py_XDECREF(sets->sets[i].id);
    }
    memory_free(sets->sets);
    Py_CLEAR(sets->argnames);
    Py_CLEAR(sets->names);
    sets->sets = NULL;
    sets->count = 0;
}

PyObject *
parameter_set_value(const struct parameter_set *set, Py_ssize_t i)
{
    if (set->is_single) {
        return Py_NewRef(set->values);
    }
    return PyTuple_Check(set->values) ? py_tuple_item(set->values, i) : PySequence_GetItem(set->values, i);
}

PyObject *
parameter_set_values(const struct parameter_set *set)
{
    return set->is_single ? PyTuple_Pack(1, set->values) : Py_NewRef(set->values);
}

/* Makes `set` from one of the argvalues. */
static int
take_set(struct state *state, struct parameter_set *set, PyObject *value, bool force_tuple)
{
    PyObject *borrowed_marks = NULL;
    PyObject *borrowed_id = NULL;
    Py_ssize_t mark_count = 0;

    if (!PyObject_TypeCheck(value, marks_types(state)->parameter_set)) {
        *set = (struct parameter_set){.values = Py_NewRef(value), .is_single = force_tuple};
        return 0;
    }
    borrowed_marks = PyTuple_GetItem(value, 1);
    borrowed_id = PyTuple_GetItem(value, 2);
    mark_count = PyObject_Size(borrowed_marks);
    if (mark_count < 0) {
        return -1;
    }
    *set = (struct parameter_set){
        .values = py_tuple_item(value, 0),
        .marks = mark_count ? Py_NewRef(borrowed_marks) : NULL,
        .id = borrowed_id == Py_None ? NULL : Py_NewRef(borrowed_id),
    };
    return 0;
}

static int
collect_sets(struct state *state, struct parameter_sets *sets, PyObject *argvalues, bool force_tuple)
{
    PyObject *iterator = PyObject_GetIter(argvalues);
    PyObject *value = NULL;
    Py_ssize_t capacity = 0;
    int status = iterator ? 0 : -1;

    while (status == 0 && (value = PyIter_Next(iterator))) {
        if (sets->count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            sets->sets = memory_resize(sets->sets, (size_t)capacity * sizeof *sets->sets);
        }
        status = take_set(state, &sets->sets[sets->count], value, force_tuple);
        sets->count += status == 0;
        Py_DECREF(value);
    }
    Py_XDECREF(iterator);
    return status < 0 || PyErr_Occurred() ? -1 : 0;
}

/* A sequence whose items are read by index later; anything else with a length and an order becomes a list. */
static int
check_set(struct state *state, struct parameter_sets *sets, struct parameter_set *set, PyObject *nodeid)
{
    Py_ssize_t length = 0;
    PyObject *list = NULL;

    if (set->is_single) {
        return 0;
    }
    length = PyObject_Size(set->values);
    if (length < 0) {
        PyErr_Clear();
        PyObject *type_name = PyObject_GetAttrString((PyObject *)Py_TYPE(set->values), "__name__");
        if (type_name) {
            outcome_fail(state, false,
                         "%S: in \"parametrize\" expected a sequence of values, for a single value use a one-element "
                         "tuple like ('value',), got %U:\n  %S",
                         nodeid, type_name, set->values);
            Py_DECREF(type_name);
        }
        return -1;
    }
    if (length != sets->name_count) {
        outcome_fail(state, false,
                     "%S: in \"parametrize\" the number of names (%zd):\n  %S\n"
                     "must be equal to the number of values (%zd):\n  %S",
                     nodeid, sets->name_count, sets->argnames, length, set->values);
        return -1;
    }
    if (!PyTuple_Check(set->values) && !PyList_Check(set->values)) {
        list = PySequence_List(set->values);
        if (!list) {
            return -1;
        }
        py_replace_take(&set->values, list);
    }
    return 0;
}

/* skip, xfail or a collection error, as empty_parameter_set_mark asks: a new MarkDecorator. */
static PyObject *
empty_set_mark(struct state *state, PyObject *argnames, PyObject *function, PyObject *config)
{
    PyObject *wanted = PyObject_CallMethod(config, "getini", "s", "empty_parameter_set_mark");
    PyObject *names = wanted ? py_text_join(", ", argnames) : NULL;
    PyObject *reason = names ? PyUnicode_FromFormat("got empty parameter set for (%U)", names) : NULL;
    PyObject *kwargs = NULL;
    PyObject *name = NULL;
    PyObject *decorator = NULL;

    if (!reason) {
        goto done;
    }
    if (py_text_equals(wanted, "skip")) {
        kwargs = Py_BuildValue("{sO}", "reason", reason);
    } else if (py_text_equals(wanted, "xfail")) {
        kwargs = Py_BuildValue("{sOsO}", "reason", reason, "run", Py_False);
    } else {
        PyObject *place = code_fslineno(state, function);
        PyObject *own_name = place ? PyObject_GetAttr(function, state->names.__name__) : NULL;
        if (own_name) {
            PyErr_Format((PyObject *)nodes_types(state)->collect_error, "Empty parameter set in '%U' at line %ld",
                         own_name, PyLong_AsLong(PyTuple_GetItem(place, 1)) + 1);
            Py_DECREF(own_name);
        }
        Py_XDECREF(place);
    }
    name = kwargs ? Py_NewRef(wanted) : NULL;
    decorator = name ? mark_decorator_new_take(state, mark_new(state, name, NULL, kwargs)) : NULL;
done:
    Py_XDECREF(name);
    Py_XDECREF(kwargs);
    Py_XDECREF(reason);
    Py_XDECREF(names);
    Py_XDECREF(wanted);
    return decorator;
}

/* The one set that stands for "there are no values": NOTSET for every name, marked. */
static int
add_empty_set(struct state *state, struct parameter_sets *sets, PyObject *function, PyObject *config)
{
    PyObject *mark = empty_set_mark(state, sets->argnames, function, config);
    struct parameter_set set = {0};

    if (!mark) {
        return -1;
    }
    set.marks = Py_BuildValue("[N]", mark);
    set.values = PyTuple_New(sets->name_count);
    for (Py_ssize_t i = 0; set.values && i < sets->name_count; i++) {
        PyTuple_SetItem(set.values, i, Py_NewRef(marks_types(state)->notset));
    }
    set.id = PyUnicode_FromString("NOTSET");
    sets->sets = memory_resize(sets->sets, sizeof *sets->sets);
    sets->sets[0] = set;
    sets->count = 1;
    return set.marks && set.values && set.id ? 0 : -1;
}

int
parameter_sets_build(struct state *state, struct parameter_sets *sets, PyObject *argnames, PyObject *argvalues,
                     PyObject *function, PyObject *config, PyObject *nodeid)
{
    bool force_tuple = false;
    int is_collection = is_abstract_instance(argvalues, "Collection");

    if (is_collection == 0) {
        PyObject *type_name = PyObject_GetAttrString((PyObject *)Py_TYPE(argvalues), "__name__");
        is_collection = type_name
                            ? py_warn("PytestRemovedIn10Warning", 1,
                                      "Passing a non-Collection iterable to parametrize is deprecated.\n"
                                      "Test: %S, argvalues type: %U\n"
                                      "Please convert to a list or tuple.\n"
                                      "See https://docs.pytest.org/en/stable/deprecations.html#parametrize-iterators",
                                      nodeid, type_name)
                            : -1;
        Py_XDECREF(type_name);
    }
    if (is_collection < 0) {
        return -1;
    }
    sets->argnames = parameter_names_parse(argnames, &force_tuple);
    sets->names = sets->argnames ? PySequence_Tuple(sets->argnames) : NULL;
    if (!sets->names) {
        return -1;
    }
    sets->name_count = PyTuple_Size(sets->names);
    if (collect_sets(state, sets, argvalues, force_tuple) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < sets->count; i++) {
        if (check_set(state, sets, &sets->sets[i], nodeid) < 0) {
            return -1;
        }
    }
    return sets->count ? 0 : add_empty_set(state, sets, function, config);
}

/* The sets as pytest hands them around: a new list of ParameterSet. */
static PyObject *
sets_as_list(struct state *state, const struct parameter_sets *sets)
{
    PyObject *list = PyList_New(0);

    for (Py_ssize_t i = 0; list && i < sets->count; i++) {
        const struct parameter_set *set = &sets->sets[i];
        PyObject *values = parameter_set_values(set);
        PyObject *made =
            values ? parameter_set_new(marks_types(state)->parameter_set, values,
                                       set->marks ? set->marks : state->empty_tuple, set->id ? set->id : Py_None)
                   : NULL;
        Py_XDECREF(values);
        if (py_list_append_take(list, made) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *
parameter_set_for_parametrize(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"argnames", "argvalues", "func", "config", "nodeid", NULL};
    struct state *state = state_from_type((PyTypeObject *)cls);
    struct parameter_sets sets = {0};
    PyObject *values[5];
    PyObject *list = NULL;
    PyObject *result = NULL;

    if (py_unpack_tuple("_for_parametrize", args, kwargs, NAMES, 5, 5, values) < 0) {
        return NULL;
    }
    if (parameter_sets_build(state, &sets, values[0], values[1], values[2], values[3], values[4]) == 0) {
        list = sets_as_list(state, &sets);
        result = list ? PyTuple_Pack(2, sets.argnames, list) : NULL;
        Py_XDECREF(list);
    }
    parameter_sets_release(&sets);
    return result;
}

/* ---- The rest of what a named tuple has ---- */

static PyObject *
parameter_set_make(PyObject *cls, PyObject *iterable)
{
    PyObject *fields = PySequence_Tuple(iterable);
    PyObject *self = fields ? PyObject_Call(cls, fields, NULL) : NULL;

    Py_XDECREF(fields);
    return self;
}

static PyObject *
parameter_set_as_dict(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("{sOsOsO}", "values", PyTuple_GetItem(op, 0), "marks", PyTuple_GetItem(op, 1), "id",
                         PyTuple_GetItem(op, 2));
}

static PyObject *
parameter_set_replace(PyObject *op, PyObject *Py_UNUSED(args), PyObject *kwargs)
{
    PyObject *fields = parameter_set_as_dict(op, NULL);
    PyObject *self = NULL;

    if (fields && (!kwargs || PyDict_Update(fields, kwargs) == 0)) {
        self = PyObject_Call((PyObject *)Py_TYPE(op), state_of(op)->empty_tuple, fields);
    }
    Py_XDECREF(fields);
    return self;
}

static PyObject *
parameter_set_getnewargs(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyTuple_GetSlice(op, 0, 3);
}

static PyMethodDef PARAMETER_SET_METHODS[] = {
    {"param", PY_WITH_KEYWORDS(parameter_set_param) | METH_CLASS,
     "param($type, *values, marks=(), id=None)\n--\n\n"
     ":meta private:"},
    {"extract_from", PY_WITH_KEYWORDS(parameter_set_extract_from) | METH_CLASS,
     "Extract from an object or objects.\n\n:meta private:"},
    {"_parse_parametrize_args", PY_WITH_KEYWORDS(parameter_set_parse_args) | METH_CLASS, NULL},
    {"_for_parametrize", PY_WITH_KEYWORDS(parameter_set_for_parametrize) | METH_CLASS, NULL},
    {"_make", parameter_set_make, METH_O | METH_CLASS, NULL},
    {"_asdict", parameter_set_as_dict, METH_NOARGS, "_asdict($self)\n--\n\n"},
    {"_replace", PY_WITH_KEYWORDS(parameter_set_replace), NULL},
    {"__replace__", PY_WITH_KEYWORDS(parameter_set_replace), NULL},
    {"__getnewargs__", parameter_set_getnewargs, METH_NOARGS, "__getnewargs__($self)\n--\n\n"},
    PY_END_METHOD,
};

static PyGetSetDef PARAMETER_SET_GETSET[] = {
    {"values", parameter_set_get, NULL, NULL, (void *)0},
    {"marks", parameter_set_get, NULL, NULL, (void *)1},
    {"id", parameter_set_get, NULL, NULL, (void *)2},
    PY_END_GETSET,
};

static const char PARAMETER_SET_DOC[] = "The return type of :func:`pytest.param`.\n\n"
                                        "A set of values for a set of parameters along with associated marks and\n"
                                        "an optional ID for the set.\n\n.. versionadded:: 9.2";

static PyType_Slot PARAMETER_SET_SLOTS[] = {
    PY_SLOT(tp_doc, PARAMETER_SET_DOC),       PY_SLOT(tp_new, parameter_set_tp_new),
    PY_SLOT(tp_repr, parameter_set_repr),     PY_SLOT(tp_methods, PARAMETER_SET_METHODS),
    PY_SLOT(tp_getset, PARAMETER_SET_GETSET), PY_END_SLOT,
};

static PyType_Spec PARAMETER_SET_SPEC = {
    .name = "pytest.ParameterSet",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = PARAMETER_SET_SLOTS,
};

static const char PARAM_DOC[] = "Specify a parameter in `pytest.mark.parametrize`_ calls or\n"
                                ":ref:`parametrized fixtures <fixture-parametrize-marks>`.\n\n"
                                ":param values: Variable args of the values of the parameter set, in order.\n"
                                ":param marks: A single mark or a list of marks to be applied to this parameter set.\n"
                                ":param id: The id to attribute to this parameter set.";

static PyMethodDef FUNCTIONS[] = {
    {"param", PY_WITH_KEYWORDS(pytest_param), PARAM_DOC},
    PY_END_METHOD,
};

int
parameter_set_add_type(PyObject *module, struct state *state)
{
    PyObject *bases = PyTuple_Pack(1, (PyObject *)&PyTuple_Type);
    PyTypeObject *type = bases ? py_type_add(module, &PARAMETER_SET_SPEC, bases) : NULL;
    PyObject *fields = Py_BuildValue("(sss)", "values", "marks", "id");
    PyObject *defaults = PyDict_New();
    int status = -1;

    marks_types(state)->parameter_set = type;
    if (type && fields && defaults && PyObject_SetAttrString((PyObject *)type, "_fields", fields) == 0 &&
        PyObject_SetAttrString((PyObject *)type, "__match_args__", fields) == 0 &&
        PyObject_SetAttrString((PyObject *)type, "_field_defaults", defaults) == 0) {
        status = PyModule_AddFunctions(module, FUNCTIONS);
    }
    Py_XDECREF(defaults);
    Py_XDECREF(fields);
    Py_XDECREF(bases);
    return status;
}
