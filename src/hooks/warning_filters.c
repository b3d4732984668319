/* Filters of warnings as -W and filterwarnings write them: the ordinary ones, without Python modules of ours. */
#include <string.h>

#include "base/text.h"
#include "hooks/config_internal.h"

enum filter_field { FIELD_ACTION, FIELD_MESSAGE, FIELD_CATEGORY, FIELD_MODULE, FIELD_LINE, FIELD_COUNT };

/* The fields between colons, stripped. False when there are too many. */
static bool
split_fields(PyObject *text, struct text *fields)
{
    Py_ssize_t length = 0;
    const char *bytes = py_utf8_sized(text, &length);
    size_t field = 0;

    if (!bytes || strlen(bytes) != (size_t)length) {
        PyErr_Clear();
        return false;
    }
    for (const char *at = bytes;; field++) {
        size_t width = strcspn(at, ":");
        const char *start = at + strspn(at, " \t\r\n");
        const char *end = at + width;
        if (field == FIELD_COUNT) {
            return false;
        }
        while (end > start && strchr(" \t\r\n", end[-1])) {
            end--;
        }
        text_add(&fields[field], start, start < end ? (size_t)(end - start) : 0);
        if (!at[width]) {
            return true;
        }
        at += width + 1;
    }
}

/* The action that a word or its beginning means; NULL when none. */
static const char *
find_action(const char *word)
{
    static const char *const ACTIONS[] = {"default", "always", "ignore", "module", "once", "error"};

    if (strcmp(word, "all") == 0) {
        return "always";
    }
    for (size_t i = 0; i < COUNT_OF(ACTIONS); i++) {
        if (strncmp(ACTIONS[i], word, strlen(word)) == 0) {
            return ACTIONS[i];
        }
    }
    return NULL;
}

/* The class of a dotted name, or of a builtin; NULL without exception when Python must say what is wrong. */
static PyObject *
find_category(const char *name)
{
    const char *dot = strrchr(name, '.');
    struct text module = {0};
    PyObject *found = NULL;

    if (!*name) {
        return Py_NewRef(PyExc_Warning);
    }
    text_add(&module, dot ? name : "builtins", dot ? (size_t)(dot - name) : strlen("builtins"));
    found = py_import_attr(text_string(&module), dot ? dot + 1 : name);
    text_release(&module);
    if (found && (!PyType_Check(found) || PyObject_IsSubclass(found, PyExc_Warning) != 1)) {
        Py_CLEAR(found);
    }
    if (!found) {
        PyErr_Clear();
    }
    return found;
}

/* warnings.filterwarnings(...): 1 when done, 0 when Python must do it or word the error. */
static int
add_filter(PyObject *filterwarnings, const struct text *fields)
{
    const char *line = text_string(&fields[FIELD_LINE]);
    const char *action = find_action(text_string(&fields[FIELD_ACTION]));
    PyObject *category = NULL;
    PyObject *done = NULL;
    long number = 0;

    if (!action || strspn(line, "0123456789") != strlen(line) || strlen(line) > 8) {
        return 0;
    }
    for (const char *digit = line; *digit; digit++) {
        number = number * 10 + (*digit - '0');
    }
    category = find_category(text_string(&fields[FIELD_CATEGORY]));
    if (!category) {
        return 0;
    }
    done = PyObject_CallFunction(filterwarnings, "ssOsl", action, text_string(&fields[FIELD_MESSAGE]), category,
                                 text_string(&fields[FIELD_MODULE]), number);
    Py_DECREF(category);
    Py_XDECREF(done);
    if (!done) {
        PyErr_Clear(); /* a pattern that does not compile */
    }
    return done != NULL;
}

static int
apply_one(PyObject *filterwarnings, PyObject *text, bool is_escaped)
{
    struct text fields[FIELD_COUNT] = {{0}};
    PyObject *configured = NULL;
    PyObject *given = NULL;
    PyObject *done = NULL;
    int status = 0;

    if (PyUnicode_Check(text) && split_fields(text, fields)) {
        /* -W takes message and module literally: re.escape() is for Python. */
        bool needs_escape = is_escaped && (fields[FIELD_MESSAGE].length || fields[FIELD_MODULE].length);
        status = needs_escape ? 0 : add_filter(filterwarnings, fields);
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        text_release(&fields[i]);
    }
    if (status > 0) {
        return 0;
    }
    configured = is_escaped ? PyTuple_New(0) : PyTuple_Pack(1, text);
    given = is_escaped ? PyTuple_Pack(1, text) : PyTuple_New(0);
    done = configured && given ? config_call_python("apply_warning_filters", configured, given, NULL) : NULL;
    Py_XDECREF(configured);
    Py_XDECREF(given);
    return py_status_take(done);
}

static int
apply_all(PyObject *filterwarnings, PyObject *filters, bool is_escaped)
{
    Py_ssize_t count = filters == Py_None ? 0 : PySequence_Size(filters);
    int status = count < 0 ? -1 : 0;

    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *text = PySequence_GetItem(filters, i);
        status = text ? apply_one(filterwarnings, text, is_escaped) : -1;
        Py_XDECREF(text);
    }
    return status;
}

/* -W of the command line, as known before all plugins are: a new reference. */
static PyObject *
given_filters(Config *config)
{
    PyObject *namespace = config->known_args_namespace;
    PyObject *borrowed = namespace ? PyDict_GetItemString(namespace_dict(namespace), "pythonwarnings") : NULL;

    return Py_NewRef(borrowed ? borrowed : Py_None);
}

int
config_apply_warning_filters(struct engine *engine)
{
    PyObject *configured = ini_get(engine, "filterwarnings");
    PyObject *given = given_filters(config_of(engine));
    PyObject *filterwarnings = NULL;
    int status = configured && given ? 0 : -1;

    if (status == 0 && (PySequence_Size(configured) > 0 || given != Py_None)) {
        filterwarnings = py_import_attr("warnings", "filterwarnings");
        status = filterwarnings ? apply_all(filterwarnings, configured, false) : -1;
        status = status == 0 ? apply_all(filterwarnings, given, true) : status;
    }
    Py_XDECREF(configured);
    Py_XDECREF(given);
    Py_XDECREF(filterwarnings);
    return status;
}
