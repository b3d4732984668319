/*
 * An exception as pytest shows it: source, markers, carets, arguments, locals, location. The result is made of the
 * small Python classes of _pytest._code.code, which plugins build and take apart.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "code/internal.h"
#include "io/io.h"

enum { REPR_MAX_SIZE = 240 }; /* saferepr's default */

struct formatter {
    struct state *state;
    const struct repr_options *options;
    char working_directory[PATH_MAX]; /* empty: unknown */
};

/* ---- file locations ---- */

static bool
exception_has_frames(PyObject *exception)
{
    PyObject *traceback = PyException_GetTraceback(exception);
    Py_XDECREF(traceback);
    return traceback != NULL;
}

/* Where C code raised that has no frame: the module that does it in pytest. 1 when pytest.fail() and the like, 0, -1.
 */
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

static PyObject *
crash_without_frames(struct state *state, ExceptionInfo *self)
{
    int by_user = is_outcome(self->exception);
    PyObject *message = by_user < 0 ? NULL : excinfo_exconly(self, true);
    PyObject *path = message ? py_import_attr(by_user ? "_pytest.outcomes" : "_pytest.runner", "__file__") : NULL;
    PyObject *args = path ? Py_BuildValue("(OlO)", path, 1L, message) : NULL;

    Py_XDECREF(message);
    Py_XDECREF(path);
    return code_call_python_take(state, false, "ReprFileLocation", args);
}

PyObject *
excinfo_crash(struct state *state, ExceptionInfo *self)
{
    PyObject *traceback = excinfo_traceback(self);
    Py_ssize_t i = traceback ? PyList_Size(traceback) : 0;
    PyObject *crash = NULL;
    int hidden = 1;

    while (hidden == 1 && i-- > 0) {
        TracebackEntry *entry = (TracebackEntry *)py_list_item(traceback, i);
        hidden = entry_is_hidden(state, entry, (PyObject *)self);
        if (hidden == 0) {
            PyObject *code = entry_code(entry);
            PyObject *path = code ? PyObject_GetAttrString(code, "co_filename") : NULL;
            PyObject *message = path ? excinfo_exconly(self, true) : NULL;
            PyObject *args = message ? Py_BuildValue("(OlO)", path, entry_line(entry) + 1, message) : NULL;
            crash = code_call_python_take(state, false, "ReprFileLocation", args);
            Py_XDECREF(message);
            Py_XDECREF(path);
            Py_XDECREF(code);
        }
        Py_DECREF(entry);
    }
    if (traceback && hidden == 1) {
        crash = exception_has_frames(self->exception) ? Py_NewRef(Py_None) : crash_without_frames(state, self);
    }
    Py_XDECREF(traceback);
    return crash;
}

/* os.path.relpath in the manner of pytest's bestrelpath: into `relative`. */
static void
add_relative_path(struct text *relative, const char *directory, const char *path)
{
    size_t common = 0; /* up to and including the last shared separator */
    size_t i = 0;

    while (directory[i] && directory[i] == path[i]) {
        i++;
        if (path[i - 1] == '/') {
            common = i;
        }
    }
    if (!directory[i] && path[i] == '/') {
        common = i + 1;
    } else if (!directory[i] && !path[i]) {
        text_add_char(relative, '.');
        return;
    }
    const char *rest = directory + (common > strlen(directory) ? strlen(directory) : common);
    if (*rest) {
        text_add_string(relative, "../");
        for (; *rest; rest++) {
            if (*rest == '/') {
                text_add_string(relative, "../");
            }
        }
    }
    text_add_string(relative, path + common);
}

/* The path as shown: relative to the working directory where that is shorter. */
static PyObject *
shown_path(struct formatter *formatter, PyObject *path)
{
    PyObject *text = PyObject_Str(path);
    struct text relative = {0};

    if (!text || PyUnicode_Check(path) || formatter->options->is_absolute_path || !formatter->working_directory[0]) {
        return text;
    }
    Py_ssize_t length = 0;
    const char *utf8 = py_utf8_sized(text, &length);
    if (!utf8) {
        PyErr_Clear(); /* surrogates in the name: shown whole */
        return text;
    }
    add_relative_path(&relative, formatter->working_directory, utf8);
    if (relative.length < (size_t)length) {
        py_replace_take(&text, py_text_from(&relative));
    }
    text_release(&relative);
    return text;
}

/* ---- lines ---- */

static int
append_prefixed(PyObject *lines, const char *prefix, PyObject *line)
{
    return py_list_append_take(lines, PyUnicode_FromFormat("%s%U", prefix, line));
}

/* The lines of exconly() behind "E": with `marks_all` each, else the first. */
static int
add_exception_lines(PyObject *lines, ExceptionInfo *excinfo, long indent, bool marks_all)
{
    PyObject *text = excinfo_exconly(excinfo, true);
    PyObject *newline = PyUnicode_FromString("\n");
    PyObject *parts = text && newline ? PyUnicode_Split(text, newline, -1) : NULL;
    int status = parts ? 0 : -1;
    struct text prefix = {0};

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(parts); i++) {
        text_clear(&prefix);
        text_add_char(&prefix, i == 0 || marks_all ? 'E' : ' ');
        text_add_repeated(&prefix, ' ', (size_t)indent - 1);
        status = append_prefixed(lines, text_string(&prefix), PyList_GetItem(parts, i));
    }
    text_release(&prefix);
    Py_XDECREF(parts);
    Py_XDECREF(newline);
    Py_XDECREF(text);
    return status;
}

/* Characters in the first `offset` bytes of the UTF-8 of a line. */
static long
character_offset(const char *utf8, size_t length, long offset)
{
    long characters = 0;
    for (size_t i = 0; i < length && (long)i < offset; i++) {
        characters += ((unsigned char)utf8[i] & 0xC0) != 0x80;
    }
    return characters;
}

struct columns {
    long start; /* byte offsets into the raw line; -1: unknown */
    long end;
    bool is_one_line;
};

/* A line of carets under the part of the line that failed, if that says anything. */
static int
add_carets(PyObject *lines, PyObject *raw_line, PyObject *line, const struct columns *columns)
{
    Py_ssize_t raw_bytes = 0;
    const char *raw = NULL;
    struct text text = {0};

    if (!columns->is_one_line || columns->start < 0 || columns->end < 0) {
        return 0;
    }
    raw = py_utf8_sized(raw_line, &raw_bytes);
    PyObject *stripped = raw ? PyObject_CallMethod(line, "strip", NULL) : NULL;
    if (!stripped) {
        return -1;
    }
    long whole = (long)PyUnicode_GetLength(stripped);
    Py_DECREF(stripped);
    long start = character_offset(raw, (size_t)raw_bytes, columns->start);
    long count = character_offset(raw, (size_t)raw_bytes, columns->end) - start;
    if (count >= whole) {
        return 0; /* the whole line: no news */
    }
    long cut = (long)(PyUnicode_GetLength(raw_line) - PyUnicode_GetLength(line));
    long indent = start - cut + 1;
    text_add_string(&text, "    ");
    text_add_repeated(&text, ' ', indent > 0 ? (size_t)indent : 0);
    text_add_repeated(&text, '^', count > 0 ? (size_t)count : 0);
    int status = py_list_append_take(lines, py_text_from(&text));
    text_release(&text);
    return status;
}

/* What is known of the source around an entry. */
struct snippet {
    PyObject *lines;      /* owned: dedented, from the function's start to the statement's end */
    PyObject *file_lines; /* owned: the whole file with line ends, NULL when there is no source */
    PyObject *code;       /* owned */
    long first_line;      /* of the function in the file, 0-based */
    long index;           /* of the failing line in `lines` */
    struct columns columns;
};

static void
snippet_release(struct snippet *snippet)
{
    Py_XDECREF(snippet->lines);
    Py_XDECREF(snippet->file_lines);
    Py_XDECREF(snippet->code);
}

static int
snippet_set_unknown(struct snippet *snippet)
{
    py_replace_take(&snippet->lines, Py_BuildValue("[s]", "???"));
    py_replace(&snippet->file_lines, NULL);
    snippet->index = 0;
    return snippet->lines ? 0 : -1;
}

static int
snippet_load(struct formatter *formatter, TracebackEntry *entry, struct snippet *snippet)
{
    struct state *state = formatter->state;
    PyObject *frame = PyObject_GetAttr(entry->raw, state->names.tb_frame);
    PyObject *globals = frame ? PyObject_GetAttr(frame, state->names.f_globals) : NULL;
    long line = entry_line(entry);
    long end_line = -1;
    int status = -1;

    snippet->code = globals ? frame_code(frame) : NULL;
    snippet->file_lines = snippet->code ? source_lines(state, snippet->code, globals) : NULL;
    if (!snippet->file_lines || line == -2) {
        goto done;
    }
    snippet->first_line = attr_long(snippet->code, "co_firstlineno") - 1;
    snippet->columns.start = snippet->columns.end = -1;
    if (snippet->file_lines == Py_None || PyErr_Occurred()) {
        status = PyErr_Occurred() ? -1 : snippet_set_unknown(snippet);
        goto done;
    }
    long end = source_statement_end(state, snippet->code, snippet->file_lines, line);
    if (end < 0) {
        goto done;
    }
    long first = snippet->first_line < end ? (snippet->first_line < 0 ? 0 : snippet->first_line) : end;
    snippet->lines = source_dedent(snippet->file_lines, first, end);
    snippet->index = line - snippet->first_line;
    if (!snippet->lines || entry_columns(state, entry, &snippet->columns.start, &snippet->columns.end, &end_line) < 0) {
        goto done;
    }
    snippet->columns.is_one_line = end_line == line;
    if (snippet->index < 0) {
        snippet->index += (long)PyList_Size(snippet->lines);
    }
    status = 0;
    if (snippet->index < 0 || snippet->index >= PyList_Size(snippet->lines)) {
        status = snippet_set_unknown(snippet);
    }
done:
    Py_XDECREF(globals);
    Py_XDECREF(frame);
    return status;
}

/* How far "E" lines are indented: like the statement that the source ends with. */
static long
exception_indent(struct formatter *formatter, const struct snippet *snippet)
{
    Py_ssize_t count = PyList_Size(snippet->lines);
    Py_ssize_t length = 0;
    const char *last = py_utf8_sized(PyList_GetItem(snippet->lines, count - 1), &length);

    if (!last) {
        return -1;
    }
    if (snippet->file_lines) {
        long last_line = snippet->first_line + (long)count - 1;
        bool may_continue = count > 1 && snippet->index != (long)count - 1;
        if (may_continue || last_line < 0) {
            PyObject *indent =
                code_call_python_take(formatter->state, true, "last_statement_indent", PyTuple_Pack(1, snippet->lines));
            long result = indent ? PyLong_AsLong(indent) : -1;
            Py_XDECREF(indent);
            return result;
        }
    }
    return 4 + (long)strspn(last, " \t");
}

static PyObject *
raw_line_of(const struct snippet *snippet)
{
    if (!snippet->file_lines) {
        return PyList_GetItem(snippet->lines, snippet->index);
    }
    return PyList_GetItem(snippet->file_lines, snippet->first_line + snippet->index);
}

static int
add_long_source(PyObject *lines, const struct snippet *snippet)
{
    for (Py_ssize_t i = 0; i < PyList_Size(snippet->lines); i++) {
        PyObject *borrowed_line = PyList_GetItem(snippet->lines, i);
        bool is_failing = i == snippet->index;
        if (append_prefixed(lines, is_failing ? ">   " : "    ", borrowed_line) < 0) {
            return -1;
        }
        if (is_failing && add_carets(lines, raw_line_of(snippet), borrowed_line, &snippet->columns) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_short_source(PyObject *lines, const struct snippet *snippet)
{
    PyObject *line = PyObject_CallMethod(PyList_GetItem(snippet->lines, snippet->index), "strip", NULL);
    int status = -1;

    if (line && append_prefixed(lines, "    ", line) == 0) {
        status = add_carets(lines, raw_line_of(snippet), line, &snippet->columns);
    }
    Py_XDECREF(line);
    return status;
}

/* ---- arguments and locals ---- */

static PyObject *
repr_arguments(struct formatter *formatter, TracebackEntry *entry)
{
    struct state *state = formatter->state;
    PyObject *frame = NULL;
    PyObject *pairs = NULL;

    if (!formatter->options->shows_function_args) {
        Py_RETURN_NONE;
    }
    frame = PyObject_GetAttrString((PyObject *)entry, "frame");
    pairs = frame ? PyObject_CallMethod(frame, "getargs", "O", Py_True) : NULL;
    Py_XDECREF(frame);
    for (Py_ssize_t i = 0; pairs && i < PyList_Size(pairs); i++) {
        PyObject *pair = py_list_item(pairs, i);
        Py_ssize_t max_size = formatter->options->truncates_args ? REPR_MAX_SIZE : 0;
        PyObject *text = safe_repr(state, PyTuple_GetItem(pair, 1), max_size, false);
        PyObject *shown = text ? PyTuple_Pack(2, PyTuple_GetItem(pair, 0), text) : NULL;
        Py_XDECREF(text);
        Py_DECREF(pair);
        if (!shown || PyList_SetItem(pairs, i, shown) < 0) {
            Py_CLEAR(pairs);
        }
    }
    return pairs ? code_call_python_take(state, false, "ReprFuncArgs", Py_BuildValue("(N)", pairs)) : NULL;
}

static PyObject *
local_line(struct formatter *formatter, PyObject *name, PyObject *value)
{
    struct state *state = formatter->state;
    PyObject *text = NULL;
    PyObject *padded = NULL;
    PyObject *line = NULL;

    if (py_text_equals(name, "__builtins__")) {
        return PyUnicode_FromString("__builtins__ = <builtins>");
    }
    text = formatter->options->truncates_locals
               ? safe_repr(state, value, REPR_MAX_SIZE, false)
               : code_call_python_take(state, false, "safeformat", PyTuple_Pack(1, value));
    padded = text ? PyObject_CallMethod(name, "ljust", "i", 10) : NULL;
    line = padded ? PyUnicode_FromFormat("%U = %U", padded, text) : NULL;
    Py_XDECREF(padded);
    Py_XDECREF(text);
    return line;
}

static PyObject *
repr_locals(struct formatter *formatter, TracebackEntry *entry)
{
    PyObject *locals = NULL;
    PyObject *names = NULL;
    PyObject *lines = NULL;
    int status = -1;

    if (!formatter->options->shows_locals) {
        Py_RETURN_NONE;
    }
    locals = PyObject_GetAttrString((PyObject *)entry, "locals");
    names = locals ? PySequence_List(locals) : NULL;
    lines = names && PyList_Sort(names) == 0 ? PyList_New(0) : NULL;
    status = lines ? 0 : -1;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(names); i++) {
        PyObject *borrowed_name = PyList_GetItem(names, i);
        if (py_text_starts_with(borrowed_name, "@")) {
            continue; /* a temporary of assertion rewriting */
        }
        PyObject *value = PyObject_GetItem(locals, borrowed_name);
        status = value ? py_list_append_take(lines, local_line(formatter, borrowed_name, value)) : -1;
        Py_XDECREF(value);
    }
    Py_XDECREF(names);
    Py_XDECREF(locals);
    if (status < 0) {
        Py_CLEAR(lines);
    }
    return lines ? code_call_python_take(formatter->state, false, "ReprLocals", Py_BuildValue("(N)", lines)) : NULL;
}

/* ---- entries ---- */

static PyObject *
file_location(struct formatter *formatter, TracebackEntry *entry, ExceptionInfo *excinfo, bool is_short)
{
    PyObject *path = PyObject_GetAttrString((PyObject *)entry, "path");
    PyObject *shown = path ? shown_path(formatter, path) : NULL;
    PyObject *message = NULL;
    PyObject *location = NULL;

    if (is_short) {
        PyObject *name = PyObject_GetAttrString((PyObject *)entry, "name");
        message = name ? PyUnicode_FromFormat("in %U", name) : NULL;
        Py_XDECREF(name);
    } else {
        message = excinfo ? PyObject_GetAttrString((PyObject *)excinfo, "typename") : PyUnicode_FromString("");
    }
    if (shown && message) {
        location = code_call_python_take(formatter->state, false, "ReprFileLocation",
                                         Py_BuildValue("(OlO)", shown, entry_line(entry) + 1, message));
    }
    Py_XDECREF(message);
    Py_XDECREF(shown);
    Py_XDECREF(path);
    return location;
}

/* An entry with its source. */
static PyObject *
repr_source_entry(struct formatter *formatter, TracebackEntry *entry, ExceptionInfo *excinfo, bool is_short)
{
    struct snippet snippet = {0};
    PyObject *lines = PyList_New(0);
    PyObject *arguments = NULL;
    PyObject *location = NULL;
    PyObject *locals = NULL;
    PyObject *result = NULL;

    if (!lines || snippet_load(formatter, entry, &snippet) < 0) {
        goto done;
    }
    arguments = is_short ? Py_NewRef(Py_None) : repr_arguments(formatter, entry);
    if (!arguments || (is_short ? add_short_source(lines, &snippet) : add_long_source(lines, &snippet)) < 0) {
        goto done;
    }
    if (excinfo) {
        long indent = is_short ? 4 : exception_indent(formatter, &snippet);
        if (indent < 0 || add_exception_lines(lines, excinfo, indent, true) < 0) {
            goto done;
        }
    }
    location = file_location(formatter, entry, excinfo, is_short);
    locals = location ? repr_locals(formatter, entry) : NULL;
    if (locals) {
        result = code_call_python_take(
            formatter->state, false, "ReprEntry",
            Py_BuildValue("(OOOOs)", lines, arguments, locals, location, is_short ? "short" : "long"));
    }
done:
    Py_XDECREF(locals);
    Py_XDECREF(location);
    Py_XDECREF(arguments);
    Py_XDECREF(lines);
    snippet_release(&snippet);
    return result;
}

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
        status = add_exception_lines(lines, excinfo, 4, marks_all);
    }
    if (status < 0) {
        Py_XDECREF(lines);
        return NULL;
    }
    return code_call_python_take(formatter->state, false, "ReprEntry",
                                 Py_BuildValue("(NOOOs)", lines, Py_None, Py_None, Py_None, style));
}

/* `entry` NULL: the whole traceback is hidden. */
static PyObject *
repr_entry(struct formatter *formatter, TracebackEntry *entry, ExceptionInfo *excinfo)
{
    const char *style = formatter->options->style;

    if (entry && entry->style != Py_None) {
        style = py_utf8(entry->style);
        if (!style) {
            return NULL;
        }
    }
    bool is_short = strcmp(style, "short") == 0;
    if (entry && (is_short || strcmp(style, "long") == 0)) {
        return repr_source_entry(formatter, entry, excinfo, is_short);
    }
    return repr_bare_entry(formatter, excinfo, style);
}

/* ---- tracebacks ---- */

static PyObject *
filtered_traceback(struct formatter *formatter, ExceptionInfo *excinfo)
{
    PyObject *filter = formatter->options->traceback_filter;

    if (filter && PyCallable_Check(filter)) {
        return py_call1(filter, (PyObject *)excinfo);
    }
    PyObject *traceback = excinfo_traceback(excinfo);
    int filters = filter ? PyObject_IsTrue(filter) : 1;
    if (traceback && filters > 0) {
        py_replace_take(&traceback, traceback_filter_hidden(formatter->state, traceback, (PyObject *)excinfo));
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
    PyObject *traceback = filtered_traceback(formatter, excinfo);
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

/* A group, or an exception without a traceback: as Python itself prints it. */
static PyObject *
repr_natively(struct formatter *formatter, PyObject *exception, ExceptionInfo *excinfo)
{
    PyObject *filter = formatter->options->traceback_filter;
    return code_call_python_take(formatter->state, false, excinfo ? "native_group" : "native_without_traceback",
                                 excinfo ? PyTuple_Pack(2, excinfo, filter ? filter : Py_True)
                                         : PyTuple_Pack(1, exception));
}

static int
is_exception_group(struct state *state, PyObject *exception)
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
next_in_chain(PyObject *exception, const char **description_out)
{
    PyObject *cause = PyException_GetCause(exception);
    PyObject *context = NULL;

    if (cause) {
        *description_out = "The above exception was the direct cause of the following exception:";
        return cause;
    }
    long suppressed = attr_long(exception, "__suppress_context__");
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
        int is_group = is_exception_group(state, exception);
        if (is_seen || is_group < 0 || PyList_Append(seen, exception) < 0) {
            status = is_seen ? 0 : -1;
            break;
        }
        status = py_list_append_take(chain,
                                     repr_link(formatter, exception, (ExceptionInfo *)excinfo, is_group, description));
        bool goes_on = formatter->options->is_chain && !is_group;
        py_replace_take(&exception, goes_on ? next_in_chain(exception, &description) : NULL);
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
    struct formatter formatter = {.state = state, .options = options};

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
