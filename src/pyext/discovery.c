/* _discover(): asks the ground floor which tests there are, without the GIL, and hands the answer on as tuples. */
#include "pyext/discovery.h"

#include <string.h>

#include "base/arena.h"
#include "discover/discover.h"
#include "py/py.h"

static PyObject *
text_new(const char *bytes, size_t length)
{
    return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)length, "surrogateescape");
}

static PyObject *
text_or_none(const char *string)
{
    return string ? text_new(string, strlen(string)) : Py_NewRef(Py_None);
}

static PyObject *
blob_text_new(const struct found_file *found, blob_offset offset)
{
    return offset ? text_new(blob_text(found, offset), blob_text_length(found, offset)) : Py_NewRef(Py_None);
}

/* ---- The question ---- */

/* A list of bytes as C strings, NULL-terminated; NULL with an exception. */
static const char **
strings_from(PyObject *list, struct arena *arena, size_t *count_out)
{
    Py_ssize_t count = PyList_Check(list) ? PyList_Size(list) : -1;

    if (count < 0) {
        PyErr_SetString(PyExc_TypeError, "a list of bytes is needed");
        return NULL;
    }
    const char **strings = arena_alloc(arena, ((size_t)count + 1) * sizeof *strings);
    for (Py_ssize_t i = 0; i < count; i++) {
        char *string = NULL;
        if (PyBytes_AsStringAndSize(PyList_GetItem(list, i), &string, NULL) < 0) {
            return NULL;
        }
        strings[i] = arena_copy_string(arena, string);
    }
    strings[count] = NULL;
    *count_out = (size_t)count;
    return strings;
}

/* bytes or None; false with an exception. */
static bool
interpreter_from(PyObject *object, struct arena *arena, const char **interpreter_out)
{
    char *string = NULL;

    if (object != Py_None) {
        if (PyBytes_AsStringAndSize(object, &string, NULL) < 0) {
            return false;
        }
        *interpreter_out = arena_copy_string(arena, string);
    }
    return true;
}

/* ---- The answer ---- */

/* A tuple of texts. */
static PyObject *
texts_new(const struct found_file *found, struct blob_range range)
{
    const blob_offset *offsets = blob_at(found, range.first);
    PyObject *tuple = PyTuple_New((Py_ssize_t)range.count);

    for (uint32_t i = 0; tuple && i < range.count; i++) {
        PyObject *text = blob_text_new(found, offsets[i]);
        if (!text || PyTuple_SetItem(tuple, (Py_ssize_t)i, text) < 0) {
            Py_CLEAR(tuple);
        }
    }
    return tuple;
}

static int
add_marks(PyObject *list, const struct found_file *found, struct blob_range range)
{
    const struct found_mark *marks = blob_at(found, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        PyObject *name = blob_text_new(found, marks[i].name);
        PyObject *arguments = name ? blob_text_new(found, marks[i].arguments) : NULL;
        if (py_list_append_take(list, arguments ? Py_BuildValue("(OO)", name, arguments) : NULL) < 0) {
            Py_XDECREF(name);
            Py_XDECREF(arguments);
            return -1;
        }
        Py_DECREF(name);
        Py_DECREF(arguments);
    }
    return 0;
}

/* [(name, JSON of the arguments or None), ...] */
static PyObject *
marks_new(const struct found_file *found, const struct found_details *details, const struct found_test *test)
{
    const struct blob_range *id_marks = blob_at(found, details->id_marks.first);
    PyObject *list = PyList_New(0);

    if (!list || (test->id < details->id_marks.count && add_marks(list, found, id_marks[test->id]) < 0) ||
        add_marks(list, found, details->marks) < 0) {
        Py_CLEAR(list);
    }
    return list;
}

/* The names that the parameters are for. */
static PyObject *
parameter_names_new(const struct found_file *found, const struct found_details *details)
{
    const struct found_parametrization *by = blob_at(found, details->parametrization.first);
    PyObject *list = PyList_New(0);
    PyObject *tuple = NULL;

    for (uint32_t i = 0; list && i < details->parametrization.count; i++) {
        PyObject *names = texts_new(found, by[i].names);
        Py_ssize_t end = PyList_Size(list);
        if (!names || PyList_SetSlice(list, end, end, names) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(names);
    }
    tuple = list ? PyList_AsTuple(list) : NULL;
    Py_XDECREF(list);
    return tuple;
}

static bool
is_exact(const struct discovery *discovery, const struct discovered_file *file, const struct found_function *function)
{
    bool is_recorded = file->found->flags & FILE_RECORDED;

    return (is_recorded || !(discovery->reason || file->reason)) && !file->undecided && (function->flags & TEST_EXACT);
}

static PyObject *
reason_new(const struct discovery *discovery, const struct discovered_file *file, const struct found_function *function)
{
    const struct found_file *found = file->found;
    const struct found_details *details = found_details(found, function);

    if (is_exact(discovery, file, function)) {
        return Py_NewRef(Py_None);
    }
    if (discovery->reason || file->reason) {
        return text_or_none(discovery->reason ? discovery->reason : file->reason);
    }
    if (details->reason || found->reason) {
        return blob_text_new(found, details->reason ? details->reason : found->reason);
    }
    return text_or_none(file->undecided);
}

/* Sets the next item; false with an exception when there is none to set. */
static bool
put(PyObject *tuple, Py_ssize_t *place, PyObject *value)
{
    return value && PyTuple_SetItem(tuple, (*place)++, value) == 0;
}

/* In the order of TestInfo's fields. */
static PyObject *
test_new(const struct discovery *discovery, const struct discovered_file *file, const struct found_test *test)
{
    const struct found_file *found = file->found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    const struct found_function *function = &functions[test->function];
    const struct found_details *details = found_details(found, function);
    const blob_offset *ids = blob_at(found, details->ids.first);
    struct text id = {0};
    PyObject *tuple = PyTuple_New(17);
    Py_ssize_t place = 0;

    discovered_id_add(file, test, &id);
    bool is_made =
        tuple && put(tuple, &place, text_new(id.bytes, id.length)) && put(tuple, &place, text_or_none(file->path)) &&
        put(tuple, &place, details->file ? blob_text_new(found, details->file) : text_or_none(file->nodeid)) &&
        put(tuple, &place, PyLong_FromUnsignedLong(function->line)) &&
        put(tuple, &place, PyLong_FromUnsignedLong(function->column)) &&
        put(tuple, &place, PyLong_FromUnsignedLong(function->end_line)) &&
        put(tuple, &place, blob_text_new(found, function->classes)) &&
        put(tuple, &place, text_new(blob_text(found, function->name), blob_text_length(found, function->name))) &&
        put(tuple, &place, PyBool_FromLong((function->flags & TEST_ASYNC) != 0)) &&
        put(tuple, &place, PyBool_FromLong((function->flags & TEST_UNITTEST) != 0)) &&
        put(tuple, &place, marks_new(found, details, test)) &&
        put(tuple, &place, texts_new(found, details->fixtures)) &&
        put(tuple, &place,
            details->ids.count ? text_new(blob_text(found, ids[test->id]), blob_text_length(found, ids[test->id]))
                               : Py_NewRef(Py_None)) &&
        put(tuple, &place, parameter_names_new(found, details)) &&
        put(tuple, &place, PyBool_FromLong(is_exact(discovery, file, function))) &&
        put(tuple, &place, reason_new(discovery, file, function)) &&
        put(tuple, &place, PyBool_FromLong((function->flags & TEST_RECORDED) != 0));
    text_release(&id);
    if (!is_made) {
        Py_CLEAR(tuple);
    }
    return tuple;
}

/* (path, line, message) */
static PyObject *
problem_new(const char *path, unsigned line, const char *message)
{
    PyObject *path_text = text_or_none(path);
    PyObject *message_text = path_text ? text_or_none(message) : NULL;
    PyObject *tuple = message_text ? Py_BuildValue("(OIO)", path_text, line, message_text) : NULL;

    Py_XDECREF(path_text);
    Py_XDECREF(message_text);
    return tuple;
}

static PyObject *
tests_new(const struct discovery *discovery)
{
    PyObject *list = PyList_New(0);

    for (size_t i = 0; list && i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        for (size_t j = 0; list && j < file->selected_count; j++) {
            if (py_list_append_take(list, test_new(discovery, file, &file->selected[j])) < 0) {
                Py_CLEAR(list);
            }
        }
    }
    return list;
}

static PyObject *
problems_new(const struct discovery *discovery)
{
    PyObject *list = PyList_New(0);

    for (size_t i = 0; list && i < discovery->problem_count; i++) {
        const struct discovery_problem *problem = &discovery->problems[i];
        if (py_list_append_take(list, problem_new(problem->path, problem->line, problem->message)) < 0) {
            Py_CLEAR(list);
        }
    }
    for (size_t i = 0; list && i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        const struct found_file *found = file->found;
        if (found->error && py_list_append_take(list, problem_new(file->nodeid, found->error_line,
                                                                  blob_text(found, found->error))) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *
answer_new(const struct discovery *discovery)
{
    PyObject *tests = tests_new(discovery);
    PyObject *problems = tests ? problems_new(discovery) : NULL;
    PyObject *answer = problems ? PyTuple_Pack(2, tests, problems) : NULL;

    Py_XDECREF(tests);
    Py_XDECREF(problems);
    return answer;
}

/*
 * _discover(folder, arguments, environment, interpreter or None, without_index): ([test, ...], [problem, ...]).
 * Everything is bytes. ValueError for what pytest calls a usage error.
 */
static PyObject *
module_discover(PyObject *Py_UNUSED(module), PyObject *args)
{
    struct discover_question question = {0};
    struct discovery discovery = {0};
    struct error error = ERROR_INIT;
    struct arena arena = {0};
    PyObject *arguments = NULL;
    PyObject *environment = NULL;
    PyObject *interpreter = NULL;
    PyObject *answer = NULL;
    size_t variable_count = 0;
    int without_index = 0;
    bool is_made = false;

    if (!PyArg_ParseTuple(args, "yOOOp:_discover", &question.folder, &arguments, &environment, &interpreter,
                          &without_index)) {
        return NULL;
    }
    question.without_index = without_index != 0;
    question.arguments = strings_from(arguments, &arena, &question.argument_count);
    question.environment = question.arguments && interpreter_from(interpreter, &arena, &question.interpreter)
                               ? strings_from(environment, &arena, &variable_count)
                               : NULL;
    if (question.environment) {
        question.folder = arena_copy_string(&arena, question.folder);
        Py_BEGIN_ALLOW_THREADS;
        is_made = discovery_make(&question, &discovery, &error);
        Py_END_ALLOW_THREADS;
        if (is_made) {
            answer = answer_new(&discovery);
        } else {
            PyErr_SetString(error.kind == ERROR_USAGE ? PyExc_ValueError : PyExc_OSError, error.message);
        }
        discovery_release(&discovery);
    }
    arena_release(&arena);
    return answer;
}

static PyMethodDef FUNCTIONS[] = {
    {"_discover", module_discover, METH_VARARGS, NULL},
    PY_END_METHOD,
};

int
discovery_add(PyObject *module)
{
    return PyModule_AddFunctions(module, FUNCTIONS);
}
