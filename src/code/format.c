/*
 * An exception as pytest shows it: its traceback's entries, and the exceptions behind it. The result is made of the
 * small Python classes of _pytest._code.code, which plugins build and take apart.
 */
#include "code/format.h"

#include <string.h>
#include <unistd.h>

/* ---- where it crashed ---- */

static bool
exception_has_frames(PyObject *exception)
{
    PyObject *traceback = PyException_GetTraceback(exception);
    Py_XDECREF(traceback);
    return traceback != NULL;
}

/* Whether it is pytest.fail() or the like: 1, 0, -1. */
static int
is_outcome(PyObject *exception)
{
    PyObject *module = py_find_module("_pytest.outcomes");
    PyObject *type = module ? PyObject_GetAttrString(module, "OutcomeException") : NULL;
    int result = type ? PyObject_IsInstance(exception, type) : PyErr_Occurred() ? -1 : 0;

    Py_XDECREF(type);
    Py_XDECREF(module);
    return result;
}

/* Where C code raised that has no frame: the module that does it in pytest. */
static PyObject *
path_without_frames(PyObject *exception)
{
    int by_user = is_outcome(exception);
    return by_user < 0 ? NULL : py_import_attr(by_user ? "_pytest.outcomes" : "_pytest.runner", "__file__");
}

/* (path, line) of the last entry that is not hidden: 1, 0 when all are, -1. */
static int
last_shown(struct state *state, ExceptionInfo *self, PyObject **path_out, long *line_out)
{
    PyObject *traceback = excinfo_traceback(self);
    int hidden = traceback ? 1 : -1;

    for (Py_ssize_t i = traceback ? PyList_Size(traceback) : 0; hidden == 1 && i-- > 0;) {
        TracebackEntry *entry = (TracebackEntry *)py_list_item(traceback, i);
        hidden = entry_is_hidden(state, entry, (PyObject *)self);
        if (hidden == 0) {
            PyObject *code = entry_code(entry);
            *path_out = code ? PyObject_GetAttr(code, state->names.co_filename) : NULL;
            *line_out = entry_line(entry) + 1;
            hidden = *path_out ? 0 : -1;
            Py_XDECREF(code);
        }
        Py_DECREF(entry);
    }
    Py_XDECREF(traceback);
    return hidden < 0 ? -1 : !hidden;
}

int
excinfo_find_crash(struct state *state, ExceptionInfo *self, PyObject **path_out, long *line_out)
{
    *path_out = NULL;
    int found = last_shown(state, self, path_out, line_out);

    /* Beneath what ends a phase lie the runner's own frames, and those are not hidden. */
    if (found != 0 || (!self->is_caught_by_runner && exception_has_frames(self->exception))) {
        return found;
    }
    *path_out = path_without_frames(self->exception);
    *line_out = 1;
    return *path_out ? 1 : -1;
}

PyObject *
excinfo_crash(struct state *state, ExceptionInfo *self)
{
    PyObject *path = NULL;
    long line = 0;
    int found = excinfo_find_crash(state, self, &path, &line);

    if (found <= 0) {
        return found < 0 ? NULL : Py_NewRef(Py_None);
    }
    return format_location_take(state, path, line, excinfo_exconly(self, true));
}

/* ---- entries ---- */

/* Styles without source: value, line, no. */
static PyObject *
repr_bare_entry(struct formatter *formatter, ExceptionInfo *excinfo, const char *style)
{
    PyObject *lines = PyList_New(0);
    int status = lines ? 0 : -1;

    if (status == 0 && excinfo && strcmp(style, "value") == 0) {
        PyObject *text = PyObject_Str(excinfo->exception);
        py_replace_take(&lines, text ? PyObject_CallMethod(text, "split", "s", "\n") : NULL);
        Py_XDECREF(text);
        status = lines ? 0 : -1;
    } else if (status == 0 && excinfo) {
        /* What C raised without any frame is marked as it would be below one. */
        bool marks_all = strcmp(style, "short") == 0 && !exception_has_frames(excinfo->exception);
        PyObject *text = excinfo_exconly(excinfo, true);
        status = text ? format_exception_lines(lines, text, 4, marks_all) : -1;
        Py_XDECREF(text);
    }
    if (status < 0) {
        Py_XDECREF(lines);
        return NULL;
    }
    return code_call_python_take(formatter->state, false, "ReprEntry",
                                 Py_BuildValue("(NOOOs)", lines, Py_None, Py_None, Py_None, style));
}

static PyObject *
repr_source_entry(struct formatter *formatter, TracebackEntry *entry, ExceptionInfo *excinfo, bool is_short)
{
    struct entry_facts facts = {0};
    struct exception_facts exception = {0};
    PyObject *result = NULL;

    if (entry_facts_take(formatter, entry, is_short, &facts) == 0 &&
        (!excinfo || exception_facts_take(excinfo, &exception) == 0)) {
        facts.path = code_path(formatter->state, facts.code);
        result = facts.path ? entry_facts_format(formatter, &facts, &exception) : NULL;
    }
    exception_facts_release(&exception);
    entry_facts_release(&facts);
    return result;
}

/* `entry` NULL: the whole traceback is hidden. */
static PyObject *
repr_entry(struct formatter *formatter, TracebackEntry *entry, ExceptionInfo *excinfo)
{
    const char *style = entry ? entry_style(formatter, entry) : formatter->options->style;

    if (!style) {
        return NULL;
    }
    bool is_short = strcmp(style, "short") == 0;
    if (entry && (is_short || strcmp(style, "long") == 0)) {
        return repr_source_entry(formatter, entry, excinfo, is_short);
    }
    return repr_bare_entry(formatter, excinfo, style);
}

/* ---- tracebacks ---- */

PyObject *
excinfo_filtered_traceback(struct state *state, ExceptionInfo *excinfo, PyObject *filter)
{
    if (filter && PyCallable_Check(filter)) {
        return py_call1(filter, (PyObject *)excinfo);
    }
    PyObject *traceback = excinfo_traceback(excinfo);
    int filters = filter ? PyObject_IsTrue(filter) : 1;
    if (traceback && filters > 0) {
        py_replace_take(&traceback, traceback_filter_hidden(state, traceback, (PyObject *)excinfo));
    }
    return filters < 0 ? NULL : traceback;
}

static const char ALL_HIDDEN[] =
    "All traceback entries are hidden. Pass `--full-trace` to see hidden and internal frames.";

static PyObject *
repr_entries(struct formatter *formatter, PyObject *traceback, ExceptionInfo *excinfo)
{
    PyObject *entries = PyList_New(0);
    Py_ssize_t count = PyList_Size(traceback);
    bool is_value = strcmp(formatter->options->style, "value") == 0;
    int status = entries ? 0 : -1;

    for (Py_ssize_t i = is_value ? count - 1 : 0; status == 0 && i < count; i++) {
        TracebackEntry *entry = (TracebackEntry *)py_list_item(traceback, i);
        bool is_last = i == count - 1;
        status = py_list_append_take(entries, repr_entry(formatter, entry, is_last ? excinfo : NULL));
        Py_DECREF(entry);
    }
    if (status < 0) {
        Py_CLEAR(entries);
    }
    return entries;
}

/* RecursionError: shortened, with a line that says so. */
static int
truncate_recursion(struct formatter *formatter, PyObject **traceback, PyObject **extra_line)
{
    PyObject *filter = formatter->options->traceback_filter;
    PyObject *pair = code_call_python_take(formatter->state, false, "truncate_recursive_traceback",
                                           PyTuple_Pack(2, *traceback, filter ? filter : Py_True));
    if (!pair) {
        return -1;
    }
    py_replace_take(traceback, py_tuple_item(pair, 0));
    py_replace_take(extra_line, py_tuple_item(pair, 1));
    Py_DECREF(pair);
    return 0;
}

static PyObject *
repr_traceback(struct formatter *formatter, ExceptionInfo *excinfo)
{
    PyObject *traceback = excinfo_filtered_traceback(formatter->state, excinfo, formatter->options->traceback_filter);
    PyObject *extra_line = Py_NewRef(Py_None);
    PyObject *entries = NULL;
    PyObject *result = NULL;

    if (!traceback) {
        goto done;
    }
    if (PyObject_TypeCheck(excinfo->exception, (PyTypeObject *)PyExc_RecursionError) &&
        truncate_recursion(formatter, &traceback, &extra_line) < 0) {
        goto done;
    }
    if (PyList_Size(traceback) == 0) {
        /* What C raises without any frame is not hidden: pytest.fail(pytrace=False) shows its text alone. */
        bool has_frames = exception_has_frames(excinfo->exception);
        if (extra_line == Py_None && has_frames) {
            py_replace_take(&extra_line, PyUnicode_FromString(ALL_HIDDEN));
        }
        PyObject *entry = repr_entry(formatter, NULL, excinfo);
        entries = entry ? Py_BuildValue("[N]", entry) : NULL;
    } else {
        entries = repr_entries(formatter, traceback, excinfo);
        if (strcmp(formatter->options->style, "value") == 0) {
            py_replace(&extra_line, Py_None);
        }
    }
    if (entries) {
        result = code_call_python_take(formatter->state, false, "ReprTraceback",
                                       Py_BuildValue("(OOs)", entries, extra_line, formatter->options->style));
    }
done:
    Py_XDECREF(entries);
    Py_XDECREF(extra_line);
    Py_XDECREF(traceback);
    return result;
}

/* ---- chains ---- */

/* As Python itself prints it: an exception without a traceback, and the whole chain where it leads to a group. */
static PyObject *
repr_natively(struct formatter *formatter, PyObject *exception, ExceptionInfo *excinfo)
{
    PyObject *filter = formatter->options->traceback_filter;
    return code_call_python_take(formatter->state, false, excinfo ? "native_group" : "native_without_traceback",
                                 excinfo ? PyTuple_Pack(2, formatter->first, filter ? filter : Py_True)
                                         : PyTuple_Pack(1, exception));
}

int
exception_is_group(struct state *state, PyObject *exception)
{
    PyObject *exceptions = NULL;
    PyObject *split = NULL;
    int is_group = py_find_attr(state, exception, state->names.exceptions, &exceptions);

    if (is_group > 0) {
        is_group = py_find_attr(state, exception, state->names.split, &split);
    }
    Py_XDECREF(exceptions);
    Py_XDECREF(split);
    return is_group;
}

/* The exception behind this one, and what to say between them: new references, NULL at the end of the chain. */
static PyObject *
next_in_chain(struct state *state, PyObject *exception, const char **description_out)
{
    PyObject *cause = PyException_GetCause(exception);
    PyObject *context = NULL;

    if (cause) {
        *description_out = "The above exception was the direct cause of the following exception:";
        return cause;
    }
    long suppressed = attr_long(state, exception, "__suppress_context__");
    context = suppressed == 0 ? PyException_GetContext(exception) : NULL;
    *description_out = "During handling of the above exception, another exception occurred:";
    return context;
}

/* One link: (reprtraceback, reprcrash, description). */
static PyObject *
repr_link(struct formatter *formatter, PyObject *exception, ExceptionInfo *excinfo, int is_group,
          const char *description)
{
    PyObject *traceback = NULL;
    PyObject *crash = NULL;
    PyObject *link = NULL;

    if (!excinfo || is_group) {
        traceback = repr_natively(formatter, exception, excinfo);
    } else {
        traceback = repr_traceback(formatter, excinfo);
    }
    if (traceback) {
        crash = excinfo ? excinfo_crash(formatter->state, excinfo) : Py_NewRef(Py_None);
    }
    if (crash) {
        link = Py_BuildValue("(OOz)", traceback, crash, description);
    }
    Py_XDECREF(crash);
    Py_XDECREF(traceback);
    return link;
}

/* NULL for one that was never raised; what C raised and handled under `first` has no frame either, but was. */
static PyObject *
excinfo_if_raised(struct state *state, PyObject *exception, ExceptionInfo *first)
{
    bool was_raised = exception_has_frames(exception) || !exception_has_frames(first->exception);
    return was_raised ? excinfo_new_take(state, Py_NewRef(exception)) : NULL;
}

static PyObject *
repr_chain(struct formatter *formatter, PyObject *first)
{
    struct state *state = formatter->state;
    PyObject *chain = PyList_New(0);
    PyObject *seen = PyList_New(0);
    PyObject *excinfo = Py_NewRef(first);
    PyObject *exception = Py_NewRef(((ExceptionInfo *)first)->exception);
    const char *description = NULL;
    int status = chain && seen ? 0 : -1;

    while (status == 0 && exception) {
        bool is_seen = false;
        for (Py_ssize_t i = 0; i < PyList_Size(seen); i++) {
            is_seen = is_seen || PyList_GetItem(seen, i) == exception;
        }
        int is_group = exception_is_group(state, exception);
        if (is_seen || is_group < 0 || PyList_Append(seen, exception) < 0) {
            status = is_seen ? 0 : -1;
            break;
        }
        status = py_list_append_take(chain,
                                     repr_link(formatter, exception, (ExceptionInfo *)excinfo, is_group, description));
        bool goes_on = formatter->options->is_chain && !is_group;
        py_replace_take(&exception, goes_on ? next_in_chain(state, exception, &description) : NULL);
        py_replace_take(&excinfo, exception ? excinfo_if_raised(state, exception, (ExceptionInfo *)first) : NULL);
        if (PyErr_Occurred()) {
            status = -1;
        }
    }
    if (status == 0) {
        status = PyList_Reverse(chain);
    }
    Py_XDECREF(exception);
    Py_XDECREF(excinfo);
    Py_XDECREF(seen);
    if (status < 0) {
        Py_CLEAR(chain);
    }
    return chain;
}

PyObject *
excinfo_repr(struct state *state, PyObject *excinfo, const struct repr_options *options)
{
    struct formatter formatter = {.state = state, .options = options, .first = excinfo};

    if (!((ExceptionInfo *)excinfo)->exception) {
        PyErr_SetString(PyExc_AssertionError, ".value can only be used after the context manager exits");
        return NULL;
    }
    if (strcmp(options->style, "native") == 0) {
        return code_call_python_take(state, false, "native_repr", PyTuple_Pack(1, excinfo));
    }
    if (!getcwd(formatter.working_directory, sizeof formatter.working_directory)) {
        formatter.working_directory[0] = '\0';
    }
    PyObject *chain = repr_chain(&formatter, excinfo);
    return chain ? code_call_python_take(state, false, "ExceptionChainRepr", Py_BuildValue("(N)", chain)) : NULL;
}
