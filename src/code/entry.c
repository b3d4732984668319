/* One entry of a traceback as pytest shows it: source, markers, carets, arguments, locals, location. */
#include "code/format.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "io/io.h"

enum { REPR_MAX_SIZE = 240 }; /* saferepr's default */

/* ---- file locations ---- */

PyObject *
format_location_take(struct state *state, PyObject *path, long line, PyObject *message)
{
    PyObject *args = path && message ? Py_BuildValue("(OlO)", path, line, message) : NULL;
    Py_XDECREF(path);
    Py_XDECREF(message);
    return code_call_python_take(state, false, "ReprFileLocation", args);
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
shown_path(struct formatter *formatter, PyObject *path, bool is_file)
{
    PyObject *text = PyObject_Str(path);
    struct text relative = {0};

    if (!text || !is_file || formatter->options->is_absolute_path || !formatter->working_directory[0]) {
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

int
format_exception_lines(PyObject *lines, PyObject *text, long indent, bool marks_all)
{
    PyObject *newline = PyUnicode_FromString("\n");
    PyObject *parts = newline ? PyUnicode_Split(text, newline, -1) : NULL;
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
    return status;
}

/* The source around an entry. */
struct snippet {
    PyObject *lines;      /* owned: dedented, from the function's start to the statement's end */
    PyObject *file_lines; /* owned: the whole file with line ends, NULL when there is no source */
    long first_line;      /* of the function in the file, 0-based */
    long index;           /* of the failing line in `lines` */
    struct columns columns;
    bool has_columns; /* of a part of the failing line */
};

static void
snippet_release(struct snippet *snippet)
{
    Py_XDECREF(snippet->lines);
    Py_XDECREF(snippet->file_lines);
}

static int
snippet_set_unknown(struct snippet *snippet)
{
    py_replace_take(&snippet->lines, Py_BuildValue("[s]", "???"));
    py_replace(&snippet->file_lines, NULL);
    snippet->index = 0;
    snippet->has_columns = false;
    return snippet->lines ? 0 : -1;
}

static int
snippet_load(struct formatter *formatter, const struct entry_facts *facts, struct snippet *snippet)
{
    struct state *state = formatter->state;

    snippet->file_lines = source_lines(state, facts->code, facts->globals);
    if (!snippet->file_lines) {
        return -1;
    }
    snippet->first_line = attr_long(state, facts->code, "co_firstlineno") - 1;
    if (snippet->file_lines == Py_None || PyErr_Occurred()) {
        return PyErr_Occurred() ? -1 : snippet_set_unknown(snippet);
    }
    struct columns *columns = &snippet->columns;
    if (code_columns(state, facts->code, facts->instruction, columns) < 0) {
        return -1;
    }
    snippet->has_columns = columns->end_line == facts->line && columns->start >= 0 && columns->end >= 0;
    long end = source_statement_end(state, facts->code, snippet->file_lines, facts->line);
    if (end < 0) {
        return -1;
    }
    long first = snippet->first_line < end ? (snippet->first_line < 0 ? 0 : snippet->first_line) : end;
    snippet->lines = source_dedent(snippet->file_lines, first, end);
    snippet->index = facts->line - snippet->first_line;
    if (!snippet->lines) {
        return -1;
    }
    if (snippet->index < 0) {
        snippet->index += (long)PyList_Size(snippet->lines);
    }
    if (snippet->index < 0 || snippet->index >= PyList_Size(snippet->lines)) {
        return snippet_set_unknown(snippet);
    }
    return 0;
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

/* Characters in the first `offset` bytes of the UTF-8 of a line. */
static long
character_offset(const char *utf8, size_t length, long offset)
{
    return offset <= 0 ? 0 : (long)utf8_length(utf8, (size_t)offset < length ? (size_t)offset : length);
}

/* A line of carets under the part of the line that failed, if that says anything. */
static int
add_carets(PyObject *lines, const struct snippet *snippet, PyObject *line)
{
    PyObject *raw_line = raw_line_of(snippet);
    Py_ssize_t raw_bytes = 0;
    const char *raw = NULL;
    struct text text = {0};

    if (!snippet->has_columns) {
        return 0;
    }
    raw = py_utf8_sized(raw_line, &raw_bytes);
    PyObject *stripped = raw ? PyObject_CallMethod(line, "strip", NULL) : NULL;
    if (!stripped) {
        return -1;
    }
    long whole = (long)PyUnicode_GetLength(stripped);
    Py_DECREF(stripped);
    long start = character_offset(raw, (size_t)raw_bytes, snippet->columns.start);
    long count = character_offset(raw, (size_t)raw_bytes, snippet->columns.end) - start;
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

static int
add_long_source(PyObject *lines, const struct snippet *snippet)
{
    for (Py_ssize_t i = 0; i < PyList_Size(snippet->lines); i++) {
        PyObject *borrowed_line = PyList_GetItem(snippet->lines, i);
        bool is_failing = i == snippet->index;
        if (append_prefixed(lines, is_failing ? ">   " : "    ", borrowed_line) < 0) {
            return -1;
        }
        if (is_failing && add_carets(lines, snippet, borrowed_line) < 0) {
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
        status = add_carets(lines, snippet, line);
    }
    Py_XDECREF(line);
    return status;
}

/* ---- arguments and locals ---- */

/* [(name, text)] of the arguments of the frame's function. */
static PyObject *
argument_texts(struct formatter *formatter, PyObject *frame)
{
    PyObject *pairs = frame_arguments(formatter->state, frame, true);

    for (Py_ssize_t i = 0; pairs && i < PyList_Size(pairs); i++) {
        PyObject *pair = py_list_item(pairs, i);
        Py_ssize_t max_size = formatter->options->truncates_args ? REPR_MAX_SIZE : 0;
        PyObject *text = safe_repr(formatter->state, PyTuple_GetItem(pair, 1), max_size, false);
        PyObject *shown = text ? PyTuple_Pack(2, PyTuple_GetItem(pair, 0), text) : NULL;
        Py_XDECREF(text);
        Py_DECREF(pair);
        if (!shown || PyList_SetItem(pairs, i, shown) < 0) {
            Py_CLEAR(pairs);
        }
    }
    return pairs;
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
local_lines(struct formatter *formatter, PyObject *frame)
{
    PyObject *locals = PyObject_GetAttrString(frame, "f_locals");
    PyObject *names = locals ? PySequence_List(locals) : NULL;
    PyObject *lines = names && PyList_Sort(names) == 0 ? PyList_New(0) : NULL;
    int status = lines ? 0 : -1;

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
    return lines;
}

/* ---- facts ---- */

void
entry_facts_release(struct entry_facts *facts)
{
    Py_CLEAR(facts->code);
    Py_CLEAR(facts->globals);
    Py_CLEAR(facts->path);
    Py_CLEAR(facts->arguments);
    Py_CLEAR(facts->locals);
}

int
entry_facts_take(struct formatter *formatter, TracebackEntry *entry, bool is_short, struct entry_facts *facts)
{
    const struct repr_options *options = formatter->options;
    PyObject *frame = PyObject_GetAttr(entry->raw, formatter->state->names.tb_frame);

    facts->is_short = is_short;
    facts->line = entry_line(entry);
    facts->code = frame && facts->line != -2 ? frame_code(formatter->state, frame) : NULL;
    facts->instruction = facts->code ? entry_instruction(entry) : -1;
    if (!facts->code || PyErr_Occurred()) {
        Py_XDECREF(frame);
        return -1;
    }
    facts->globals = PyObject_GetAttr(frame, formatter->state->names.f_globals);
    facts->arguments =
        !is_short && options->shows_function_args ? argument_texts(formatter, frame) : Py_NewRef(Py_None);
    if (facts->globals && facts->arguments) {
        facts->locals = options->shows_locals ? local_lines(formatter, frame) : Py_NewRef(Py_None);
    }
    Py_DECREF(frame);
    return facts->locals ? 0 : -1;
}

void
exception_facts_release(struct exception_facts *facts)
{
    Py_CLEAR(facts->text);
    Py_CLEAR(facts->type_name);
}

int
exception_facts_take(ExceptionInfo *excinfo, struct exception_facts *facts)
{
    facts->text = excinfo_exconly(excinfo, true);
    facts->type_name = facts->text ? py_attr(state_of((PyObject *)excinfo), (PyObject *)excinfo, "typename") : NULL;
    return facts->type_name ? 0 : -1;
}

const char *
entry_style(const struct formatter *formatter, TracebackEntry *entry)
{
    return entry->style == Py_None ? formatter->options->style : py_utf8(entry->style);
}

/* ---- entries ---- */

static PyObject *
file_location(struct formatter *formatter, const struct entry_facts *facts, const struct exception_facts *exception)
{
    PyObject *path = facts->path ? Py_NewRef(facts->path) : code_absolute_path(formatter->state, facts->code);
    PyObject *shown = path ? shown_path(formatter, path, !facts->path || !PyUnicode_Check(path)) : NULL;
    PyObject *message = NULL;

    if (facts->is_short) {
        PyObject *name = py_attr(formatter->state, facts->code, "co_name");
        message = name ? PyUnicode_FromFormat("in %U", name) : NULL;
        Py_XDECREF(name);
    } else {
        message = exception->type_name ? Py_NewRef(exception->type_name) : PyUnicode_FromString("");
    }
    Py_XDECREF(path);
    return format_location_take(formatter->state, shown, facts->line + 1, message);
}

/* `value` in an instance of a class of the Python half; None stays None. */
static PyObject *
wrapped(struct state *state, const char *class_name, PyObject *value)
{
    return value == Py_None ? Py_NewRef(value)
                            : code_call_python_take(state, false, class_name, PyTuple_Pack(1, value));
}

PyObject *
entry_facts_format(struct formatter *formatter, const struct entry_facts *facts,
                   const struct exception_facts *exception)
{
    struct state *state = formatter->state;
    struct snippet snippet = {0};
    PyObject *lines = PyList_New(0);
    PyObject *arguments = NULL;
    PyObject *location = NULL;
    PyObject *locals = NULL;
    PyObject *result = NULL;

    if (!lines || snippet_load(formatter, facts, &snippet) < 0 ||
        (facts->is_short ? add_short_source(lines, &snippet) : add_long_source(lines, &snippet)) < 0) {
        goto done;
    }
    if (exception->text) {
        long indent = facts->is_short ? 4 : exception_indent(formatter, &snippet);
        if (indent < 0 || format_exception_lines(lines, exception->text, indent, true) < 0) {
            goto done;
        }
    }
    arguments = wrapped(state, "ReprFuncArgs", facts->arguments);
    locals = arguments ? wrapped(state, "ReprLocals", facts->locals) : NULL;
    location = locals ? file_location(formatter, facts, exception) : NULL;
    if (location) {
        result = code_call_python_take(
            state, false, "ReprEntry",
            Py_BuildValue("(OOOOs)", lines, arguments, locals, location, facts->is_short ? "short" : "long"));
    }
done:
    Py_XDECREF(locals);
    Py_XDECREF(location);
    Py_XDECREF(arguments);
    Py_XDECREF(lines);
    snippet_release(&snippet);
    return result;
}
