/* Traceback: a list of entries that can be cut and filtered. */
#include "code/internal.h"

/* Appends an entry for each element of a chain of raw traceback objects. */
static int
extend_from_raw(struct state *state, PyObject *list, PyObject *raw)
{
    PyObject *current = Py_NewRef(raw);
    int status = 0;

    while (status == 0 && current != Py_None) {
        status = py_list_append_take(list, entry_new(state, current, NULL));
        if (status == 0) {
            py_replace_take(&current, PyObject_GetAttr(current, state->names.tb_next));
            status = current ? 0 : -1;
        }
    }
    Py_XDECREF(current);
    return status;
}

static bool
is_raw_traceback(struct state *state, PyObject *object)
{
    return !PyTuple_CheckExact(object) && !PyList_CheckExact(object) &&
           PyObject_HasAttr((PyObject *)Py_TYPE(object), state->names.tb_next);
}

static int
traceback_init(PyObject *op, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *source = NULL;

    if (!PyArg_ParseTuple(args, "O", &source)) {
        return -1;
    }
    if (PyList_SetSlice(op, 0, PyList_Size(op), NULL) < 0) {
        return -1;
    }
    if (is_raw_traceback(state_of(op), source)) {
        return extend_from_raw(state_of(op), op, source);
    }
    PyObject *entries = PySequence_List(source);
    int status = entries ? PyList_SetSlice(op, 0, 0, entries) : -1;
    Py_XDECREF(entries);
    return status;
}

PyObject *
traceback_new(struct state *state, PyObject *source)
{
    return py_call1((PyObject *)code_types(state)->traceback, source);
}

static PyObject *
traceback_subscript(PyObject *op, PyObject *key)
{
    PyObject *part = PyObject_CallMethod((PyObject *)&PyList_Type, "__getitem__", "OO", op, key);

    if (part && PySlice_Check(key)) {
        py_replace_take(&part, py_call1((PyObject *)Py_TYPE(op), part));
    }
    return part;
}

/* What cut() looks for; NULL and -1 mean "any". */
struct cut {
    PyObject *path;
    PyObject *excluded_path;
    PyObject *line;
    PyObject *first_line;
};

static int
is_number(PyObject *wanted, long number)
{
    if (!wanted || wanted == Py_None) {
        return 1;
    }
    long value = PyLong_AsLong(wanted);
    return PyErr_Occurred() ? -1 : value == number;
}

/* Whether excluded is a parent folder of the path. */
static int
is_below(PyObject *path_text, PyObject *excluded)
{
    PyObject *prefix = PyUnicode_FromFormat("%U/", excluded);
    int below = prefix ? (int)PyUnicode_Tailmatch(path_text, prefix, 0, PY_SSIZE_T_MAX, -1) : -1;
    Py_XDECREF(prefix);
    return below;
}

static int
cut_matches(struct state *state, const struct cut *cut, TracebackEntry *entry)
{
    PyObject *code = entry_code(entry);
    PyObject *path = code ? code_path(state, code) : NULL;
    PyObject *text = path ? PyObject_Str(path) : NULL;
    int matches = text ? 1 : -1;

    if (matches > 0 && cut->path) {
        matches = PyUnicode_Compare(text, cut->path) == 0;
    }
    if (matches > 0 && cut->excluded_path && !PyUnicode_Check(path)) {
        int below = is_below(text, cut->excluded_path);
        matches = below < 0 ? -1 : !below;
    }
    if (matches > 0) {
        matches = is_number(cut->line, entry_line(entry));
    }
    if (matches > 0) {
        matches = is_number(cut->first_line, attr_long(state, code, "co_firstlineno") - 1);
    }
    Py_XDECREF(text);
    Py_XDECREF(path);
    Py_XDECREF(code);
    return PyErr_Occurred() ? -1 : matches;
}

static PyObject *
optional_path(struct state *state, PyObject *path)
{
    return path && path != Py_None ? py_path_text(state, path) : NULL;
}

static PyObject *
traceback_cut(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"path", "lineno", "firstlineno", "excludepath", NULL};
    struct state *state = state_of(op);
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *result = NULL;
    struct cut cut = {0};

    if (py_unpack_tuple("cut", args, kwargs, NAMES, 4, 0, values) < 0) {
        return NULL;
    }
    cut.line = values[1];
    cut.first_line = values[2];
    cut.path = optional_path(state, values[0]);
    cut.excluded_path = PyErr_Occurred() ? NULL : optional_path(state, values[3]);
    int matches = PyErr_Occurred() ? -1 : 0;
    for (Py_ssize_t i = 0; matches == 0 && i < PyList_Size(op); i++) {
        TracebackEntry *borrowed_entry = (TracebackEntry *)PyList_GetItem(op, i);
        matches = cut_matches(state, &cut, borrowed_entry);
        if (matches > 0) {
            result = traceback_new(state, borrowed_entry->raw);
        }
    }
    if (matches == 0) {
        result = Py_NewRef(op);
    }
    Py_XDECREF(cut.path);
    Py_XDECREF(cut.excluded_path);
    return result;
}

/* Keeps the entries for which keep() says 1. */
static PyObject *
filter_entries(struct state *state, PyObject *op, int (*keep)(struct state *, TracebackEntry *, PyObject *),
               PyObject *context)
{
    PyObject *kept = PyList_New(0);
    PyObject *result = NULL;
    int status = kept ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(op); i++) {
        PyObject *entry = py_list_item(op, i);
        int is_kept = keep(state, (TracebackEntry *)entry, context);
        status = is_kept < 0 ? -1 : is_kept ? PyList_Append(kept, entry) : 0;
        Py_DECREF(entry);
    }
    if (status == 0) {
        result = traceback_new(state, kept);
    }
    Py_XDECREF(kept);
    return result;
}

static int
is_shown(struct state *state, TracebackEntry *entry, PyObject *excinfo)
{
    int hidden = entry_is_hidden(state, entry, excinfo);
    return hidden < 0 ? -1 : !hidden;
}

static int
is_chosen(struct state *Py_UNUSED(state), TracebackEntry *entry, PyObject *function)
{
    PyObject *result = py_call1(function, (PyObject *)entry);
    int chosen = result ? PyObject_IsTrue(result) : -1;
    Py_XDECREF(result);
    return chosen;
}

PyObject *
traceback_filter_hidden(struct state *state, PyObject *traceback, PyObject *excinfo)
{
    return filter_entries(state, traceback, is_shown, excinfo);
}

static PyObject *
traceback_filter(PyObject *op, PyObject *filter)
{
    struct state *state = state_of(op);
    bool is_excinfo = PyObject_TypeCheck(filter, code_types(state)->exception_info);
    return filter_entries(state, op, is_excinfo ? is_shown : is_chosen, filter);
}

/* Whether the entry is in the function whose code begins at `line` of the file. 1, 0, -1. */
static int
is_in_function(struct state *state, TracebackEntry *entry, PyObject *filename, long line)
{
    PyObject *code = entry_code(entry);
    PyObject *own = code ? PyObject_GetAttr(code, state->names.co_filename) : NULL;
    int is_in = own ? PyUnicode_Compare(own, filename) == 0 : -1;

    if (is_in > 0) {
        is_in = attr_long(state, code, "co_firstlineno") == line;
    }
    Py_XDECREF(own);
    Py_XDECREF(code);
    return PyErr_Occurred() ? -1 : is_in;
}

/* All but the first and the last in the style "short". */
static int
shorten_between(struct state *state, PyObject *traceback)
{
    PyObject *style = PyUnicode_FromString("short");
    int status = style ? 0 : -1;

    for (Py_ssize_t i = 1; status == 0 && i < PyList_Size(traceback) - 1; i++) {
        TracebackEntry *borrowed_entry = (TracebackEntry *)PyList_GetItem(traceback, i);
        PyObject *entry = entry_new(state, borrowed_entry->raw, style);
        status = entry ? PyList_SetItem(traceback, i, entry) : -1;
    }
    Py_XDECREF(style);
    return status;
}

PyObject *
traceback_from_function(struct state *state, PyObject *excinfo, PyObject *code, bool shortens)
{
    PyObject *whole = excinfo_traceback((ExceptionInfo *)excinfo);
    PyObject *filename = whole ? PyObject_GetAttr(code, state->names.co_filename) : NULL;
    long line = filename ? attr_long(state, code, "co_firstlineno") : -1;
    PyObject *shown = NULL;
    int found = PyErr_Occurred() ? -1 : 0;

    for (Py_ssize_t i = 0; found == 0 && i < PyList_Size(whole); i++) {
        TracebackEntry *borrowed_entry = (TracebackEntry *)PyList_GetItem(whole, i);
        found = is_in_function(state, borrowed_entry, filename, line);
        if (found > 0) {
            shown = traceback_new(state, borrowed_entry->raw);
            py_replace_take(&shown, shown ? traceback_filter_hidden(state, shown, excinfo) : NULL);
        }
    }
    if (shown && shortens && shorten_between(state, shown) < 0) {
        Py_CLEAR(shown);
    }
    Py_XDECREF(filename);
    Py_XDECREF(whole);
    return shown;
}

static PyObject *
traceback_recursionindex(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return code_call_python_take(state_of(op), false, "recursion_index", PyTuple_Pack(1, op));
}

PY_NAMED_ONE(traceback_subscript_named, traceback_subscript, "__getitem__", "key")
static PyMethodDef TRACEBACK_METHODS[] = {
    {"cut", PY_WITH_KEYWORDS(traceback_cut),
     "cut($self, path=None, lineno=None, firstlineno=None, excludepath=None)\n--\n\n"
     "The part of the traceback from the first entry that matches."},
    {"filter", traceback_filter, METH_O, "Without hidden entries, or with those that a function chooses."},
    {"recursionindex", traceback_recursionindex, METH_NOARGS,
     "recursionindex($self)\n--\n\n"
     "Where recursion originates, or None."},
    {"__getitem__", PY_FAST_WITH_KEYWORDS(traceback_subscript_named) | METH_COEXIST, "__getitem__($self, key)\n--\n\n"},
    PY_END_METHOD,
};

static PyType_Slot TRACEBACK_SLOTS[] = {
    PY_SLOT(tp_init, traceback_init),
    PY_SLOT(tp_methods, TRACEBACK_METHODS),
    PY_SLOT(mp_subscript, traceback_subscript),
    PY_SLOT(tp_doc, "Traceback objects encapsulate and offer higher level access to Traceback entries."),
    PY_END_SLOT,
};

static PyType_Spec TRACEBACK_SPEC = {
    .name = "_pytest._code.code.Traceback",
    .basicsize = 0, /* a list's */
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = TRACEBACK_SLOTS,
};

int
traceback_add(PyObject *module, struct state *state)
{
    code_types(state)->traceback = py_type_add(module, &TRACEBACK_SPEC, (PyObject *)&PyList_Type);
    return code_types(state)->traceback ? 0 : -1;
}
