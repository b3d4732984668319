/* The representation of a failure that is made when somebody asks for it: without frames, from what was read at once.
 */
#include "code/format.h"

#include <string.h>
#include <unistd.h>

typedef struct {
    PyObject_HEAD
    struct entry_facts *entries; /* with neither globals nor path */
    Py_ssize_t count;
    struct exception_facts exception;
    PyObject *crash_path; /* NULL: nowhere */
    long crash_line;
    PyObject *directory; /* bytes: the working folder; NULL when unknown */
    bool is_absolute_path;
} LaterRepr;

/* No cycle can lead through code objects and texts: the collector need not know the type. */
static void
later_dealloc(PyObject *op)
{
    LaterRepr *self = (LaterRepr *)op;

    for (Py_ssize_t i = 0; i < self->count; i++) {
        entry_facts_release(&self->entries[i]);
    }
    PyMem_Free(self->entries);
    exception_facts_release(&self->exception);
    Py_CLEAR(self->crash_path);
    Py_CLEAR(self->directory);
    py_free_instance(op);
}

/* Nothing but its own traceback is shown: 1, 0, -1. */
static int
stands_alone(struct state *state, PyObject *exception)
{
    PyObject *cause = PyException_GetCause(exception);
    PyObject *context = PyException_GetContext(exception);
    bool has_other = cause || context;

    Py_XDECREF(cause);
    Py_XDECREF(context);
    if (has_other || PyObject_TypeCheck(exception, (PyTypeObject *)PyExc_RecursionError)) {
        return 0;
    }
    int is_group = exception_is_group(state, exception);
    return is_group < 0 ? -1 : !is_group;
}

/* Whether the source of the code is an ordinary file. */
static bool
has_file(struct state *state, const struct entry_facts *facts)
{
    PyObject *filename = PyObject_GetAttr(facts->code, state->names.co_filename);
    const char *text = filename ? py_utf8(filename) : NULL;
    bool exists = text && text[0] == '/' && access(text, F_OK) == 0;

    if (!text) {
        PyErr_Clear(); /* surrogates in the name: shown at once */
    }
    Py_XDECREF(filename);
    return exists;
}

/* Reads every entry: 1, 0 when one cannot wait, -1. */
static int
take_entries(LaterRepr *self, struct formatter *formatter, PyObject *traceback)
{
    Py_ssize_t count = PyList_Size(traceback);
    int status = 1;

    self->entries = PyMem_Calloc((size_t)count, sizeof *self->entries);
    if (!self->entries) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; status == 1 && i < count; i++) {
        TracebackEntry *entry = (TracebackEntry *)py_list_item(traceback, i);
        struct entry_facts *facts = &self->entries[self->count++];
        const char *style = entry_style(formatter, entry);
        if (!style || (strcmp(style, "long") != 0 && strcmp(style, "short") != 0)) {
            status = style ? 0 : -1;
        } else if (entry_facts_take(formatter, entry, style[0] == 's', facts) < 0) {
            status = -1;
        } else {
            Py_CLEAR(facts->globals);
            status = has_file(formatter->state, facts);
        }
        Py_DECREF(entry);
    }
    return status;
}

static int
take_exception(LaterRepr *self, struct state *state, ExceptionInfo *excinfo)
{
    int found = exception_facts_take(excinfo, &self->exception);

    return found < 0 ? -1 : excinfo_find_crash(state, excinfo, &self->crash_path, &self->crash_line);
}

static int
take_directory(LaterRepr *self, struct formatter *formatter)
{
    if (getcwd(formatter->working_directory, sizeof formatter->working_directory)) {
        self->directory = PyBytes_FromString(formatter->working_directory);
        return self->directory ? 0 : -1;
    }
    return 0;
}

PyObject *
excinfo_repr_later(struct state *state, PyObject *excinfo, const struct repr_options *options)
{
    ExceptionInfo *info = (ExceptionInfo *)excinfo;
    struct formatter formatter = {.state = state, .options = options};
    bool is_simple = info->exception && strcmp(options->style, "long") == 0 && !options->shows_locals;
    int status = is_simple ? stands_alone(state, info->exception) : 0;
    PyObject *traceback = NULL;
    LaterRepr *self = NULL;

    if (status <= 0) {
        return NULL;
    }
    traceback = excinfo_filtered_traceback(state, info, options->traceback_filter);
    if (!traceback || PyList_Size(traceback) <= 0) {
        Py_XDECREF(traceback);
        return NULL;
    }
    self = (LaterRepr *)py_new_instance(code_room(state)->later_repr);
    status = self ? take_entries(self, &formatter, traceback) : -1;
    if (status == 1 && (take_exception(self, state, info) < 0 || take_directory(self, &formatter) < 0)) {
        status = -1;
    }
    if (status == 1) {
        self->is_absolute_path = options->is_absolute_path;
    } else {
        Py_CLEAR(self);
    }
    Py_DECREF(traceback);
    return (PyObject *)self;
}

bool
later_repr_check(struct state *state, PyObject *object)
{
    return object && Py_IS_TYPE(object, code_room(state)->later_repr);
}

/* ReprTraceback(entries, None, "long"): takes `entries`. */
static PyObject *
make_traceback_take(struct state *state, PyObject *entries)
{
    PyObject *args = entries ? Py_BuildValue("(NOs)", entries, Py_None, "long") : NULL;
    return code_call_python_take(state, false, "ReprTraceback", args);
}

static PyObject *
make_crash(LaterRepr *self, struct state *state)
{
    if (!self->crash_path) {
        Py_RETURN_NONE;
    }
    return format_location_take(state, Py_NewRef(self->crash_path), self->crash_line, Py_NewRef(self->exception.text));
}

PyObject *
later_repr_make(PyObject *later)
{
    static const struct exception_facts NONE;
    LaterRepr *self = (LaterRepr *)later;
    struct state *state = state_of(later);
    struct repr_options options = REPR_OPTIONS_INIT;
    struct formatter formatter = {.state = state, .options = &options};
    PyObject *entries = PyList_New(0);
    PyObject *crash = NULL;

    options.is_absolute_path = self->is_absolute_path;
    if (self->directory) {
        memcpy(formatter.working_directory, PyBytes_AsString(self->directory),
               (size_t)PyBytes_Size(self->directory) + 1);
    }
    for (Py_ssize_t i = 0; entries && i < self->count; i++) {
        const struct exception_facts *exception = i == self->count - 1 ? &self->exception : &NONE;
        PyObject *entry = entry_facts_format(&formatter, &self->entries[i], exception);
        if (py_list_append_take(entries, entry) < 0) {
            Py_CLEAR(entries);
        }
    }
    PyObject *traceback = make_traceback_take(state, entries);
    crash = traceback ? make_crash(self, state) : NULL;
    if (!crash) {
        Py_XDECREF(traceback);
        return NULL;
    }
    return code_call_python_take(state, false, "ExceptionChainRepr",
                                 Py_BuildValue("([(NNO)])", traceback, crash, Py_None));
}

PyObject *
later_repr_line(PyObject *later)
{
    LaterRepr *self = (LaterRepr *)later;

    if (!self->crash_path) {
        return Py_NewRef(self->exception.text);
    }
    return PyUnicode_FromFormat("%U:%ld: %U", self->crash_path, self->crash_line, self->exception.text);
}

static PyType_Slot LATER_SLOTS[] = {PY_SLOT(tp_dealloc, later_dealloc), PY_END_SLOT};

static PyType_Spec LATER_SPEC = {
    .name = "fastest._fastest.LaterRepr",
    .basicsize = sizeof(LaterRepr),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = LATER_SLOTS,
};

int
later_add(PyObject *module, struct state *state)
{
    code_room(state)->later_repr = py_type_add(module, &LATER_SPEC, NULL);
    return code_room(state)->later_repr ? 0 : -1;
}
