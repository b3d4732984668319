/* BaseReport, TestReport, CollectReport: plain fields, Python objects made when somebody looks. */
#include <string.h>

#include "code/code.h"
#include "io/io.h"
#include "run/internal.h"

static const char *const OUTCOME_TEXTS[] = {"passed", "failed", "skipped"};

static int
report_traverse(PyObject *op, visitproc visit, void *arg)
{
    Report *self = (Report *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->location);
    Py_VISIT(self->keywords);
    Py_VISIT(self->item);
    Py_VISIT(self->longrepr);
    Py_VISIT(self->sections);
    Py_VISIT(self->user_properties);
    Py_VISIT(self->result);
    return 0;
}

static int
report_clear(PyObject *op)
{
    Report *self = (Report *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->nodeid);
    Py_CLEAR(self->location);
    Py_CLEAR(self->keywords);
    Py_CLEAR(self->item);
    Py_CLEAR(self->longrepr);
    Py_CLEAR(self->sections);
    Py_CLEAR(self->user_properties);
    Py_CLEAR(self->when);
    Py_CLEAR(self->outcome_text);
    Py_CLEAR(self->result);
    return 0;
}

static void
report_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((Report *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    report_clear(op);
    py_free_instance(op);
}

/* ---- fields as Python sees them ---- */

static PyObject *
absent(const char *name)
{
    PyErr_SetString(PyExc_AttributeError, name);
    return NULL;
}

static PyObject *
get_nodeid(PyObject *op, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;
    return self->nodeid ? Py_NewRef(self->nodeid) : absent("nodeid");
}

static int
set_nodeid(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    PyObject *text = value ? PyObject_Str(value) : NULL; /* a NodeId's str() is the node id */
    if (value && !text) {
        return -1;
    }
    py_replace_take(&((Report *)op)->nodeid, text);
    return 0;
}

static PyObject *
get_id(PyObject *op, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;
    if (!self->nodeid) {
        return absent("_id");
    }
    return PyObject_CallMethod((PyObject *)nodes_types(state_of(op))->node_id, "parse", "O", self->nodeid);
}

static PyObject *
get_location(PyObject *op, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;

    if (!self->location && self->item) {
        self->location = item_location((Node *)self->item);
    }
    if (!self->location) {
        return PyErr_Occurred() ? NULL : absent("location");
    }
    return Py_NewRef(self->location);
}

static PyObject *
get_keywords(PyObject *op, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;

    if (!self->keywords && self->item) {
        PyObject *borrowed_keywords = node_keywords((Node *)self->item);
        if (!borrowed_keywords) {
            return NULL;
        }
        self->keywords = PyObject_CallMethod((PyObject *)&PyDict_Type, "fromkeys", "Oi", borrowed_keywords, 1);
    }
    if (!self->keywords) {
        return PyErr_Occurred() ? NULL : absent("keywords");
    }
    return Py_NewRef(self->keywords);
}

PyObject *
report_get_outcome(PyObject *op, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;
    struct names *names = &state_of(op)->names;
    PyObject *const texts[] = {names->passed, names->failed, names->skipped};
    return Py_NewRef(self->outcome_text ? self->outcome_text : texts[self->outcome]);
}

static int
set_outcome(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;

    py_replace(&self->outcome_text, value);
    for (size_t i = 0; i < COUNT_OF(OUTCOME_TEXTS); i++) {
        if (py_text_equals(value, OUTCOME_TEXTS[i])) {
            self->outcome = (enum report_outcome)i;
            py_replace(&self->outcome_text, NULL);
            break;
        }
    }
    return 0;
}

static PyObject *
get_longrepr(PyObject *op, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;

    if (later_repr_check(state_of(op), self->longrepr)) {
        PyObject *made = later_repr_make(self->longrepr);
        if (!made) {
            return NULL;
        }
        py_replace_take(&self->longrepr, made);
    }
    return Py_NewRef(self->longrepr ? self->longrepr : Py_None);
}

PyObject *
report_get_when(PyObject *op, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;
    return Py_NewRef(self->when ? self->when : phase_name(state_of(op), self->phase));
}

static int
set_when(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;

    py_replace(&self->when, value);
    for (int phase = PHASE_COLLECT; phase <= PHASE_TEARDOWN; phase++) {
        if (py_text_equals(value, phase_text((enum phase)phase))) {
            self->phase = (enum phase)phase;
        }
    }
    return 0;
}

/* Fields of type list that are NULL while empty. `closure` is the field's offset. */
static PyObject *
get_list(PyObject *op, void *closure)
{
    PyObject **slot = (PyObject **)((char *)op + (size_t)closure);
    if (!*slot) {
        *slot = PyList_New(0);
    }
    return Py_XNewRef(*slot);
}

/* Plain object fields. `closure` is the field's offset. */
static int
set_object(PyObject *op, PyObject *value, void *closure)
{
    py_replace((PyObject **)((char *)op + (size_t)closure), value);
    return 0;
}

static PyObject *
get_passed(PyObject *op, void *closure)
{
    Report *self = (Report *)op;
    bool is_it = !self->outcome_text && self->outcome == (enum report_outcome)(size_t)closure;
    return PyBool_FromLong(is_it);
}

static PyObject *
get_fspath(PyObject *op, void *Py_UNUSED(closure))
{
    Report *self = (Report *)op;
    if (!self->nodeid) {
        return absent("fspath");
    }
    Py_ssize_t length = PyUnicode_GetLength(self->nodeid);
    Py_ssize_t end = 0;
    PyObject *separator = PyUnicode_FromString("::");
    if (!separator) {
        return NULL;
    }
    end = PyUnicode_Find(self->nodeid, separator, 0, length, 1);
    Py_DECREF(separator);
    return PyUnicode_Substring(self->nodeid, 0, end < 0 ? length : end);
}

static PyObject *
get_count_towards_summary(PyObject *Py_UNUSED(op), void *Py_UNUSED(closure))
{
    Py_RETURN_TRUE;
}

static PyObject *
get_head_line(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *location = PyObject_GetAttr(op, state_of(op)->names.location);
    PyObject *domain = NULL;

    if (!location || location == Py_None) {
        return location;
    }
    domain = PySequence_GetItem(location, 2);
    Py_DECREF(location);
    return domain;
}

/* Written by report_text.c's functions. */
static PyObject *
get_collect_location(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *path = PyObject_GetAttrString(op, "fspath");
    PyObject *location = path ? PyTuple_Pack(3, path, Py_None, path) : NULL;
    Py_XDECREF(path);
    return location;
}

/* ---- the whole as a dict ---- */

static const char *const TEST_FIELDS[] = {"location",        "keywords", "outcome",  "longrepr", "when",
                                          "user_properties", "sections", "duration", "start",    "stop"};
static const char *const COLLECT_FIELDS[] = {"outcome", "longrepr", "result", "sections"};

/* __dict__ with every field in it, as plugins that serialise reports expect; writing fields goes through setattr. */
static PyObject *
get_dict(PyObject *op, void *closure)
{
    Report *self = (Report *)op;
    bool is_collect = PyObject_TypeCheck(op, run_types(state_of(op))->collect_report);
    bool is_test = PyObject_TypeCheck(op, run_types(state_of(op))->test_report);
    const char *const *fields = is_collect ? COLLECT_FIELDS : TEST_FIELDS;
    size_t count = is_collect ? COUNT_OF(COLLECT_FIELDS) : is_test ? COUNT_OF(TEST_FIELDS) : 0;
    PyObject *dict = PyObject_GenericGetDict(op, closure);

    if (dict && count && self->nodeid) {
        int status = py_dict_set_string_take(dict, "_id", get_id(op, NULL));
        for (size_t i = 0; i < count && status == 0; i++) {
            status = py_dict_set_string_take(dict, fields[i], PyObject_GetAttrString(op, fields[i]));
        }
        if (status < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

static PyObject *
report_setstate(PyObject *op, PyObject *state_dict)
{
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;

    while (PyDict_Next(state_dict, &position, &borrowed_key, &borrowed_value)) {
        if (PyObject_SetAttr(op, borrowed_key, borrowed_value) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

/* ---- construction ---- */

static int
set_extra(PyObject *op, PyObject *kwargs, const char *const *known)
{
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;

    while (kwargs && PyDict_Next(kwargs, &position, &borrowed_key, &borrowed_value)) {
        bool is_known = false;
        for (size_t i = 0; known[i] && !is_known; i++) {
            is_known = PyUnicode_CompareWithASCIIString(borrowed_key, known[i]) == 0;
        }
        if (!is_known && PyObject_SetAttr(op, borrowed_key, borrowed_value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
base_report_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NONE[] = {NULL};
    if (PyTuple_Size(args) > 0) {
        PyErr_SetString(PyExc_TypeError, "BaseReport.__init__() takes 1 positional argument");
        return -1;
    }
    return set_extra(op, kwargs, NONE);
}

/* The known arguments of a constructor, by position or name; the rest of kwargs is extra. Borrowed values. */
static int
unpack_fields(PyObject *args, PyObject *kwargs, const char *const *names, Py_ssize_t required, PyObject **values)
{
    Py_ssize_t given = PyTuple_Size(args);

    for (Py_ssize_t i = 0; names[i]; i++) {
        values[i] = i < given ? PyTuple_GetItem(args, i) : NULL;
        if (!values[i] && kwargs) {
            values[i] = PyDict_GetItemString(kwargs, names[i]);
        }
        if (!values[i] && i < required) {
            PyErr_Format(PyExc_TypeError, "__init__() missing 1 required positional argument: '%s'", names[i]);
            return -1;
        }
    }
    return 0;
}

static int
set_list(PyObject **slot, PyObject *iterable)
{
    PyObject *list = NULL;
    if (iterable && iterable != Py_None) {
        list = PySequence_List(iterable);
        if (!list) {
            return -1;
        }
    }
    py_replace_take(slot, list);
    return 0;
}

static int
set_double(double *slot, PyObject *value)
{
    if (value) {
        *slot = PyFloat_AsDouble(value);
        if (PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

static int
test_report_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"nodeid",   "location", "keywords", "outcome", "longrepr",        "when",
                                        "sections", "duration", "start",    "stop",    "user_properties", NULL};
    Report *self = (Report *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (unpack_fields(args, kwargs, NAMES, 6, values) < 0 || set_nodeid(op, values[0], NULL) < 0) {
        return -1;
    }
    py_replace(&self->location, values[1]);
    py_replace(&self->keywords, values[2]);
    set_outcome(op, values[3], NULL);
    py_replace(&self->longrepr, values[4] == Py_None ? NULL : values[4]);
    set_when(op, values[5], NULL);
    if (set_list(&self->sections, values[6]) < 0 || set_double(&self->duration, values[7]) < 0 ||
        set_double(&self->start, values[8]) < 0 || set_double(&self->stop, values[9]) < 0 ||
        set_list(&self->user_properties, values[10]) < 0) {
        return -1;
    }
    return set_extra(op, kwargs, NAMES);
}

static int
collect_report_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"nodeid", "outcome", "longrepr", "result", "sections", NULL};
    Report *self = (Report *)op;
    PyObject *values[COUNT_OF(NAMES)];

    if (unpack_fields(args, kwargs, NAMES, 4, values) < 0 || set_nodeid(op, values[0], NULL) < 0) {
        return -1;
    }
    set_outcome(op, values[1], NULL);
    py_replace(&self->longrepr, values[2] == Py_None ? NULL : values[2]);
    int is_something = PyObject_IsTrue(values[3]);
    if (is_something < 0) {
        return -1;
    }
    py_replace(&self->result, is_something ? values[3] : NULL);
    self->phase = PHASE_COLLECT;
    return set_list(&self->sections, values[4]) < 0 ? -1 : set_extra(op, kwargs, NAMES);
}

/* Rare: these live in Python. */
static PyObject *
call_in_reports_module(const char *function_name, PyObject *args)
{
    PyObject *function = py_import_attr("_pytest.reports", function_name);
    PyObject *result = function && args ? PyObject_Call(function, args, NULL) : NULL;
    Py_XDECREF(function);
    Py_XDECREF(args);
    return result;
}

static PyObject *
report_to_json(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return call_in_reports_module("_report_to_json", PyTuple_Pack(1, op));
}

static PyObject *
report_from_json(PyObject *cls, PyObject *data)
{
    PyObject *kwargs = call_in_reports_module("_report_kwargs_from_json", PyTuple_Pack(1, data));
    PyObject *no_args = kwargs ? PyTuple_New(0) : NULL;
    PyObject *report = no_args ? PyObject_Call(cls, no_args, kwargs) : NULL;
    Py_XDECREF(no_args);
    Py_XDECREF(kwargs);
    return report;
}

static PyObject *
report_verbose_word(PyObject *op, PyObject *args)
{
    PyObject *config = NULL;
    PyObject *markup = NULL;
    if (!PyArg_ParseTuple(args, "OO", &config, &markup)) {
        return NULL;
    }
    return call_in_reports_module("get_verbose_word_with_markup", PyTuple_Pack(3, op, config, markup));
}

static PyObject *
test_report_from_item_and_call(PyObject *cls, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"item", "call", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("from_item_and_call", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    return test_report_make((PyTypeObject *)cls, (Node *)values[0], values[1]);
}

PY_NAMED_ONE(report_toterminal_named, report_toterminal, "toterminal", "out")
PY_NAMED_ONE(report_get_sections_named, report_get_sections, "get_sections", "prefix")

PY_NAMED_ONE(report_from_json_named, report_from_json, "_from_json", "reportdict")
static PyMethodDef REPORT_METHODS[] = {
    {"toterminal", PY_FAST_WITH_KEYWORDS(report_toterminal_named), "toterminal($self, out)\n--\n\n"},
    {"get_sections", PY_FAST_WITH_KEYWORDS(report_get_sections_named), "get_sections($self, prefix)\n--\n\n"},
    {"_get_verbose_word_with_markup", report_verbose_word, METH_VARARGS, NULL},
    {"_to_json", report_to_json, METH_NOARGS,
     "_to_json($self)\n--\n\n"
     "The contents of this report as builtin objects."},
    {"_from_json", PY_FAST_WITH_KEYWORDS(report_from_json_named) | METH_CLASS,
     "_from_json($type, reportdict)\n--\n\n"
     "The report that _to_json() gave."},
    {"__setstate__", report_setstate, METH_O, NULL},
    PY_END_METHOD,
};

static PyMethodDef TEST_REPORT_METHODS[] = {
    {"from_item_and_call", PY_WITH_KEYWORDS(test_report_from_item_and_call) | METH_CLASS,
     "from_item_and_call($type, item, call)\n--\n\n"
     "Create a TestReport with standard item and call info."},
    PY_END_METHOD,
};

static PyMemberDef REPORT_MEMBERS[] = {
    PY_DICT_MEMBER(Report),
    PY_WEAKREF_MEMBER(Report),
    PY_END_MEMBER,
};

static PyMemberDef TEST_REPORT_MEMBERS[] = {
    {"duration", T_DOUBLE, offsetof(Report, duration), 0, "Seconds it took to run just the test."},
    {"start", T_DOUBLE, offsetof(Report, start), 0, "When the call started, in seconds since the epoch."},
    {"stop", T_DOUBLE, offsetof(Report, stop), 0, "When the call ended, in seconds since the epoch."},
    PY_END_MEMBER,
};

#define OFFSET(field) ((void *)offsetof(Report, field))

static PyGetSetDef REPORT_GETSET[] = {
    {"__dict__", get_dict, PyObject_GenericSetDict, NULL, NULL},
    {"nodeid", get_nodeid, set_nodeid, "Normalized collection nodeid.", NULL},
    {"id", get_id, set_nodeid, "The structured form of nodeid.", NULL},
    {"_id", get_id, set_nodeid, NULL, NULL},
    {"location", get_location, set_object, NULL, OFFSET(location)},
    {"keywords", get_keywords, set_object, NULL, OFFSET(keywords)},
    {"outcome", report_get_outcome, set_outcome, NULL, NULL},
    {"longrepr", get_longrepr, set_object, NULL, OFFSET(longrepr)},
    {"when", report_get_when, set_when, NULL, NULL},
    {"sections", get_list, set_object, NULL, OFFSET(sections)},
    {"user_properties", get_list, set_object, NULL, OFFSET(user_properties)},
    {"passed", get_passed, NULL, "Whether the outcome is passed.", (void *)REPORT_PASSED},
    {"failed", get_passed, NULL, "Whether the outcome is failed.", (void *)REPORT_FAILED},
    {"skipped", get_passed, NULL, "Whether the outcome is skipped.", (void *)REPORT_SKIPPED},
    {"fspath", get_fspath, NULL, "The path portion of the reported node, as a string.", NULL},
    {"count_towards_summary", get_count_towards_summary, NULL, NULL, NULL},
    {"head_line", get_head_line, NULL, "The head line shown with longrepr output.", NULL},
    {"longreprtext", report_get_text, NULL, "The full string representation of longrepr.", NULL},
    {"caplog", report_get_captured, NULL, "Captured log lines.", (void *)&CAPTURED_LOG},
    {"capstdout", report_get_captured, NULL, "Captured text from stdout.", (void *)&CAPTURED_STDOUT},
    {"capstderr", report_get_captured, NULL, "Captured text from stderr.", (void *)&CAPTURED_STDERR},
    PY_END_GETSET,
};

static PyGetSetDef COLLECT_REPORT_GETSET[] = {
    {"location", get_collect_location, NULL, NULL, NULL},
    {"result", get_list, set_object, "The collected items and collection nodes.", OFFSET(result)},
    PY_END_GETSET,
};

static PyType_Slot BASE_REPORT_SLOTS[] = {
    PY_SLOT(tp_init, base_report_init),
    PY_SLOT(tp_traverse, report_traverse),
    PY_SLOT(tp_clear, report_clear),
    PY_SLOT(tp_dealloc, report_dealloc),
    PY_SLOT(tp_methods, REPORT_METHODS),
    PY_SLOT(tp_members, REPORT_MEMBERS),
    PY_SLOT(tp_getset, REPORT_GETSET),
    PY_SLOT(tp_doc, "BaseReport(**kw)\n--\n\n"),
    PY_END_SLOT,
};

static PyType_Slot TEST_REPORT_SLOTS[] = {
    PY_SLOT(tp_init, test_report_init),
    PY_SLOT(tp_traverse, report_traverse),
    PY_SLOT(tp_clear, report_clear),
    PY_SLOT(tp_dealloc, report_dealloc),
    PY_SLOT(tp_repr, test_report_repr),
    PY_SLOT(tp_methods, TEST_REPORT_METHODS),
    PY_SLOT(tp_members, TEST_REPORT_MEMBERS),
    PY_SLOT(tp_doc, "TestReport(nodeid, location, keywords, outcome, longrepr, when, sections=(), duration=0, start=0, "
                    "stop=0, user_properties=None, **extra)\n--\n\n"
                    "Basic test report object (also used for setup and teardown calls if they fail)."),
    PY_END_SLOT,
};

static PyType_Slot COLLECT_REPORT_SLOTS[] = {
    PY_SLOT(tp_init, collect_report_init),
    PY_SLOT(tp_traverse, report_traverse),
    PY_SLOT(tp_clear, report_clear),
    PY_SLOT(tp_dealloc, report_dealloc),
    PY_SLOT(tp_repr, collect_report_repr),
    PY_SLOT(tp_getset, COLLECT_REPORT_GETSET),
    PY_SLOT(tp_doc, "CollectReport(nodeid, outcome, longrepr, result, sections=(), **extra)\n--\n\n"
                    "Collection report object."),
    PY_END_SLOT,
};

enum { REPORT_FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE };

static PyType_Spec BASE_REPORT_SPEC = {.name = "_pytest.reports.BaseReport",
                                       .basicsize = sizeof(Report),
                                       .flags = REPORT_FLAGS,
                                       .slots = BASE_REPORT_SLOTS};
static PyType_Spec TEST_REPORT_SPEC = {.name = "_pytest.reports.TestReport",
                                       .basicsize = sizeof(Report),
                                       .flags = REPORT_FLAGS,
                                       .slots = TEST_REPORT_SLOTS};
static PyType_Spec COLLECT_REPORT_SPEC = {.name = "_pytest.reports.CollectReport",
                                          .basicsize = sizeof(Report),
                                          .flags = REPORT_FLAGS,
                                          .slots = COLLECT_REPORT_SLOTS};

int
report_add(PyObject *module, struct state *state)
{
    struct run_types *types = run_types(state);

    types->base_report = py_type_add(module, &BASE_REPORT_SPEC, NULL);
    if (!types->base_report) {
        return -1;
    }
    PyObject *bases = PyTuple_Pack(1, types->base_report);
    if (!bases) {
        return -1;
    }
    types->test_report = py_type_add(module, &TEST_REPORT_SPEC, bases);
    types->collect_report = py_type_add(module, &COLLECT_REPORT_SPEC, bases);
    Py_DECREF(bases);
    if (!types->test_report || !types->collect_report) {
        return -1;
    }
    /* pytest must not collect it as a test class. */
    return PyObject_SetAttrString((PyObject *)types->test_report, "__test__", Py_False);
}
