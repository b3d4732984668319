/* TerminalReporter's methods that write: lines, separators, the current file's name. */
#include <string.h>

#include "plugins/terminal/reporter.h"

/* ---- Text and markup ---- */

int
text_add_object(struct text *text, PyObject *object)
{
    return py_text_add_str(text, object);
}

int
write_painted_string(PyObject *writer, PyObject *string, struct paint paint)
{
    struct text text = {0};
    int status = -1;

    if (paint.dict) {
        PyObject *function = PyObject_GetAttrString(writer, "write");
        PyObject *args = function ? PyTuple_Pack(1, string) : NULL;
        PyObject *result = args ? PyObject_Call(function, args, paint.dict) : NULL;
        Py_XDECREF(function);
        Py_XDECREF(args);
        return py_status_take(result);
    }
    if (text_add_object(&text, string) == 0) {
        status = terminal_write(writer, text_string(&text), text.length, paint.flags);
    }
    text_release(&text);
    return status;
}

/* tw.write(text, **paint) */
static int
write_painted(PyObject *writer, const char *utf8, size_t length, struct paint paint)
{
    PyObject *string = NULL;
    int status = -1;

    if (!paint.dict) {
        return terminal_write(writer, utf8, length, paint.flags);
    }
    string = PyUnicode_DecodeUTF8(utf8, (Py_ssize_t)length, "surrogatepass");
    if (string) {
        status = write_painted_string(writer, string, paint);
        Py_DECREF(string);
    }
    return status;
}

static PyObject *
paint_kwargs(struct paint paint)
{
    return paint.dict ? Py_NewRef(paint.dict) : terminal_markup_dict(paint.flags);
}

/* self.<method>(*args, **paint); takes `args`. */
static int
call_overridden(TerminalReporter *self, const char *method, PyObject *args, struct paint paint)
{
    PyObject *function = args ? PyObject_GetAttrString((PyObject *)self, method) : NULL;
    PyObject *kwargs = function ? paint_kwargs(paint) : NULL;
    return py_status_take(py_call_take(function, args, kwargs));
}

/* ---- The current line ---- */

int
reporter_set_current(TerminalReporter *self, PyObject *current)
{
    self->current_is_path = false;
    py_replace(&self->current, current == Py_None ? NULL : current);
    return 0;
}

static int
ensure_newline(TerminalReporter *self)
{
    int has_text = self->current && !self->current_is_path ? PyObject_IsTrue(self->current) : self->current != NULL;

    if (has_text <= 0) {
        return has_text;
    }
    if (terminal_line(self->tw, "", 0, 0) < 0) {
        return -1;
    }
    return reporter_set_current(self, NULL);
}

int
reporter_ensure_newline(TerminalReporter *self)
{
    if (!reporter_is_plain(self)) {
        return call_overridden(self, "ensure_newline", PyTuple_New(0), (struct paint){0});
    }
    return ensure_newline(self);
}

int
reporter_write_line(TerminalReporter *self, const char *utf8, size_t length, unsigned markup)
{
    if (!reporter_is_plain(self)) {
        PyObject *line = PyUnicode_DecodeUTF8(utf8, (Py_ssize_t)length, "surrogatepass");
        return call_overridden(self, "write_line", line ? Py_BuildValue("(N)", line) : NULL,
                               (struct paint){.flags = markup});
    }
    if (ensure_newline(self) < 0) {
        return -1;
    }
    return terminal_line(self->tw, utf8, length, markup);
}

int
reporter_write_sep(TerminalReporter *self, char character, const char *title, unsigned markup)
{
    if (!reporter_is_plain(self)) {
        PyObject *text =
            title ? PyUnicode_DecodeUTF8(title, (Py_ssize_t)strlen(title), "surrogatepass") : Py_NewRef(Py_None);
        PyObject *args = text ? Py_BuildValue("(CN)", (int)character, text) : NULL;
        return call_overridden(self, "write_sep", args, (struct paint){.flags = markup});
    }
    if (ensure_newline(self) < 0) {
        return -1;
    }
    return terminal_sep(self->tw, character, title, markup);
}

/* Whether `nodeid` lies in the file whose letters are being written. */
static bool
is_current_file(TerminalReporter *self, const char *nodeid, size_t length)
{
    size_t key_length = self->current_key.length;

    if (!self->current_is_path || length < key_length ||
        memcmp(nodeid, text_string(&self->current_key), key_length) != 0) {
        return false;
    }
    return length == key_length || (length >= key_length + 2 && memcmp(nodeid + key_length, "::", 2) == 0);
}

/* config.rootpath / path, as str. */
static PyObject *
path_in_root(TerminalReporter *self, const char *path, size_t length)
{
    PyObject *root = config_rootpath(self->engine);
    struct text text = {0};
    PyObject *result = NULL;

    if (length && path[0] == '/') {
        text_add(&text, path, length);
    } else {
        if (text_add_object(&text, root) < 0) {
            goto done;
        }
        if (length) {
            text_add_char(&text, '/');
            text_add(&text, path, length);
        }
    }
    result = py_text_from(&text);
done:
    text_release(&text);
    return result;
}

/* currentfspath == path, where a plugin may have put a pathlib.Path there. */
static int
current_equals_path(TerminalReporter *self, PyObject *path)
{
    PyObject *text = NULL;
    int is_equal = 0;

    if (!self->current || PyLong_Check(self->current)) {
        return 0;
    }
    if (!self->current_is_path && PyUnicode_Check(self->current)) {
        return 0; /* a prefix is never equal to a path */
    }
    text = PyObject_Str(self->current);
    is_equal = text ? PyObject_RichCompareBool(text, path, Py_EQ) : -1;
    Py_XDECREF(text);
    return is_equal;
}

static int
begin_file(TerminalReporter *self, PyObject *path)
{
    struct text line = {0};
    const char *start = py_utf8(config_invocation_dir(self->engine));
    const char *full = start ? py_utf8(path) : NULL;
    int status = -1;

    if (!full) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
            return -1;
        }
        /* A path that is not UTF-8 is shown in full. */
        PyErr_Clear();
        if (text_add_object(&line, path) < 0) {
            goto done;
        }
    } else {
        relative_path_add(&line, start, full);
    }
    text_add_char(&line, ' ');
    /* Shown before the first test runs: it may be the one that hangs. */
    if (terminal_line(self->tw, "", 0, 0) == 0 && terminal_write(self->tw, line.bytes, line.length, 0) == 0) {
        status = terminal_flush(self->tw);
    }
done:
    text_release(&line);
    return status;
}

/* The first letter of another file: finishes the line of the one before. */
static int
enter_file(TerminalReporter *self, const char *nodeid, size_t length)
{
    size_t path_length = nodeid_path_length(nodeid, length);
    PyObject *path = path_in_root(self, nodeid, path_length);
    int status = -1;
    int is_same = path ? current_equals_path(self, path) : -1;

    if (is_same < 0) {
        goto done;
    }
    if (!is_same) {
        if (self->current && self->progress != PROGRESS_NONE && reporter_fill_progress(self) < 0) {
            goto done;
        }
        if (begin_file(self, path) < 0) {
            goto done;
        }
    }
    py_replace(&self->current, path);
    self->current_is_path = true;
    text_clear(&self->current_key);
    text_add(&self->current_key, nodeid, path_length);
    status = 0;
done:
    Py_XDECREF(path);
    return status;
}

static int
write_fspath_result(TerminalReporter *self, PyObject *nodeid, PyObject *result, struct paint paint)
{
    struct text text = {0};
    int status = -1;

    if (text_add_object(&text, nodeid) < 0) {
        goto done;
    }
    if (!is_current_file(self, text_string(&text), text.length) &&
        enter_file(self, text_string(&text), text.length) < 0) {
        goto done;
    }
    status = result ? write_painted_string(self->tw, result, paint) : 0;
done:
    text_release(&text);
    return status;
}

int
reporter_write_fspath_result(TerminalReporter *self, PyObject *nodeid, const char *result, struct paint paint)
{
    Py_ssize_t length = 0;
    const char *utf8 = NULL;

    if (!reporter_is_plain(self)) {
        return call_overridden(self, "write_fspath_result", Py_BuildValue("(Os)", nodeid, result), paint);
    }
    utf8 = PyUnicode_Check(nodeid) ? PyUnicode_AsUTF8AndSize(nodeid, &length) : NULL;
    if (utf8 && is_current_file(self, utf8, (size_t)length)) {
        return *result ? write_painted(self->tw, result, strlen(result), paint) : 0;
    }
    PyErr_Clear(); /* a node id with surrogates: the slow way */
    if (write_fspath_result(self, nodeid, NULL, paint) < 0) {
        return -1;
    }
    return *result ? write_painted(self->tw, result, strlen(result), paint) : 0;
}

static int
write_ensure_prefix(TerminalReporter *self, PyObject *prefix, PyObject *extra, struct paint paint)
{
    int is_same = self->current && !self->current_is_path ? PyObject_RichCompareBool(self->current, prefix, Py_EQ) : 0;
    int has_extra = extra ? PyObject_IsTrue(extra) : 0;

    if (is_same < 0 || has_extra < 0) {
        return -1;
    }
    if (!is_same) {
        if (terminal_line(self->tw, "", 0, 0) < 0) {
            return -1;
        }
        reporter_set_current(self, prefix);
        if (write_painted_string(self->tw, prefix, (struct paint){0}) < 0) {
            return -1;
        }
    }
    if (has_extra) {
        if (write_painted_string(self->tw, extra, paint) < 0) {
            return -1;
        }
        self->current_is_path = false;
        py_replace_take(&self->current, PyLong_FromLong(-2));
    }
    return 0;
}

int
reporter_write_ensure_prefix(TerminalReporter *self, PyObject *prefix, PyObject *extra, struct paint paint)
{
    if (!reporter_is_plain(self)) {
        PyObject *args = extra ? PyTuple_Pack(2, prefix, extra) : PyTuple_Pack(1, prefix);
        return call_overridden(self, "write_ensure_prefix", args, paint);
    }
    return write_ensure_prefix(self, prefix, extra, paint);
}

int
reporter_rewrite(TerminalReporter *self, const char *utf8, size_t length, unsigned markup)
{
    struct text line = {0};
    int width = terminal_width(self->tw);
    int status = -1;

    if (width < 0) {
        return -1;
    }
    text_add_char(&line, '\r');
    text_add(&line, utf8, length);
    if (width - 1 > (int)length) {
        text_add_repeated(&line, ' ', (size_t)width - 1 - length);
    }
    status = terminal_write(self->tw, line.bytes, line.length, markup);
    text_release(&line);
    return status;
}

static int
wrap_write_in_python(TerminalReporter *self, PyObject *content, PyObject *args, PyObject *kwargs)
{
    PyObject *function = py_import_attr("_pytest.terminal", "_wrap_write");
    PyObject *all = args ? Py_NewRef(args) : PyTuple_Pack(2, (PyObject *)self, content);
    PyObject *result = function && all ? PyObject_Call(function, all, kwargs) : NULL;

    Py_XDECREF(function);
    Py_XDECREF(all);
    return py_status_take(result);
}

enum { WRAP_MARGIN = 8 };

int
reporter_wrap_write(TerminalReporter *self, PyObject *content)
{
    Py_ssize_t length = 0;
    const char *utf8 = NULL;
    int width = 0;
    bool fits = false;

    if (!reporter_is_plain(self)) {
        return call_overridden(self, "wrap_write", PyTuple_Pack(1, content), (struct paint){0});
    }
    utf8 = PyUnicode_AsUTF8AndSize(content, &length);
    width = terminal_current_width(self->tw);
    if (!utf8 || (width < 0 && PyErr_Occurred())) {
        PyErr_Clear(); /* textwrap's own answer for such a text */
        return wrap_write_in_python(self, content, NULL, NULL);
    }
    fits = width + (int)length <= self->screen_width - WRAP_MARGIN;
    for (Py_ssize_t i = 0; fits && i < length; i++) {
        fits = utf8[i] >= ' ' && utf8[i] <= '~';
    }
    if (!fits || (length && utf8[length - 1] == ' ')) {
        return wrap_write_in_python(self, content, NULL, NULL);
    }
    return terminal_write(self->tw, utf8, (size_t)length, 0);
}

/* ---- The same as methods ---- */

/* tw.<method>(*args, **kwargs) */
static PyObject *
forward(TerminalReporter *self, const char *method, PyObject *args, PyObject *kwargs)
{
    PyObject *function = PyObject_GetAttrString(self->tw, method);
    PyObject *result = function ? PyObject_Call(function, args, kwargs) : NULL;

    Py_XDECREF(function);
    return result;
}

static PyObject *
method_write(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return forward((TerminalReporter *)self, "write", args, kwargs);
}

static PyObject *
method_write_raw(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return forward((TerminalReporter *)self, "write_raw", args, kwargs);
}

static PyObject *
method_line(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return forward((TerminalReporter *)self, "line", args, kwargs);
}

static PyObject *
method_flush(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return py_none_or_error(terminal_flush(((TerminalReporter *)self)->tw));
}

static PyObject *
method_ensure_newline(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return py_none_or_error(ensure_newline((TerminalReporter *)self));
}

/* bytes given to write_line() are deprecated, but decoded. */
static PyObject *
decode_line(PyObject *line)
{
    PyObject *warning = py_import_attr("_pytest.deprecated", "TERMINAL_WRITE_LINE_BYTES");
    PyObject *formatted = warning ? PyObject_CallMethod(warning, "format", NULL) : NULL;
    PyObject *warn = formatted ? py_import_attr("warnings", "warn") : NULL;
    PyObject *done = warn ? py_call1(warn, formatted) : NULL;
    PyObject *text = done ? PyUnicode_FromEncodedObject(line, NULL, "replace") : NULL;

    Py_XDECREF(warn);
    Py_XDECREF(done);
    Py_XDECREF(warning);
    Py_XDECREF(formatted);
    return text;
}

/* ensure_newline(), then tw.line(line, **markup). */
static PyObject *
method_write_line(PyObject *op, PyObject *args, PyObject *kwargs)
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *line = NULL;
    PyObject *decoded_args = NULL;
    PyObject *result = NULL;

    if (reporter_ensure_newline(self) < 0) {
        return NULL;
    }
    if (kwargs && PyDict_GetItemString(kwargs, "line")) {
        PyObject *copy = PyDict_Copy(kwargs);
        line = copy ? Py_XNewRef(PyDict_GetItemString(copy, "line")) : NULL;
        if (line && PyDict_DelItemString(copy, "line") == 0) {
            decoded_args = PyTuple_Pack(1, line);
        }
        result = decoded_args ? forward(self, "line", decoded_args, copy) : NULL;
        Py_XDECREF(copy);
        Py_XDECREF(line);
        Py_XDECREF(decoded_args);
        return result;
    }
    if (PyTuple_Size(args) == 1 && !PyUnicode_Check(PyTuple_GetItem(args, 0))) {
        line = decode_line(PyTuple_GetItem(args, 0));
        decoded_args = line ? PyTuple_Pack(1, line) : NULL;
        result = decoded_args ? forward(self, "line", decoded_args, kwargs) : NULL;
        Py_XDECREF(line);
        Py_XDECREF(decoded_args);
        return result;
    }
    return forward(self, "line", args, kwargs);
}

static PyObject *
method_write_sep(PyObject *op, PyObject *args, PyObject *kwargs)
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *renamed = NULL;
    PyObject *borrowed_sep = NULL;
    PyObject *result = NULL;

    if (reporter_ensure_newline(self) < 0) {
        return NULL;
    }
    borrowed_sep = kwargs ? PyDict_GetItemString(kwargs, "sep") : NULL;
    if (!borrowed_sep) {
        return forward(self, "sep", args, kwargs);
    }
    renamed = PyDict_Copy(kwargs);
    if (renamed && PyDict_SetItemString(renamed, "sepchar", borrowed_sep) == 0 &&
        PyDict_DelItemString(renamed, "sep") == 0) {
        result = forward(self, "sep", args, renamed);
    }
    Py_XDECREF(renamed);
    return result;
}

/* section(title, sep="=", **markup) */
static PyObject *
method_section(PyObject *op, PyObject *args, PyObject *kwargs)
{
    TerminalReporter *self = (TerminalReporter *)op;
    Py_ssize_t given = PyTuple_Size(args);
    PyObject *markup = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
    PyObject *title = given > 0 ? py_tuple_item(args, 0) : NULL;
    PyObject *sep = given > 1 ? py_tuple_item(args, 1) : NULL;
    PyObject *result = NULL;
    PyObject *sep_args = NULL;

    if (!markup) {
        goto done;
    }
    if (!title && (title = Py_XNewRef(PyDict_GetItemString(markup, "title"))) &&
        PyDict_DelItemString(markup, "title") < 0) {
        goto done;
    }
    if (!sep && (sep = Py_XNewRef(PyDict_GetItemString(markup, "sep"))) && PyDict_DelItemString(markup, "sep") < 0) {
        goto done;
    }
    if (!sep) {
        sep = PyUnicode_FromString("=");
    }
    if (!title || !sep) {
        PyErr_SetString(PyExc_TypeError, "section() missing 1 required positional argument: 'title'");
        goto done;
    }
    sep_args = PyTuple_Pack(2, sep, title);
    result = sep_args ? forward(self, "sep", sep_args, markup) : NULL;
done:
    Py_XDECREF(markup);
    Py_XDECREF(title);
    Py_XDECREF(sep);
    Py_XDECREF(sep_args);
    return result;
}

/* Splits off the first parameters of (name, ..., **markup): borrowed values, the rest in a new dict. */
static PyObject *
split_markup(const char *function, PyObject *args, PyObject *kwargs, const char *const *names, PyObject **values)
{
    PyObject *markup = kwargs ? PyDict_Copy(kwargs) : PyDict_New();
    Py_ssize_t given = PyTuple_Size(args);

    for (Py_ssize_t i = 0; markup && names[i]; i++) {
        values[i] = i < given ? PyTuple_GetItem(args, i) : NULL;
        if (!values[i] && kwargs) {
            values[i] = PyDict_GetItemString(kwargs, names[i]);
            if (values[i] && PyDict_DelItemString(markup, names[i]) < 0) {
                Py_CLEAR(markup);
            }
        }
    }
    if (markup && !values[0]) {
        PyErr_Format(PyExc_TypeError, "%s() missing 1 required positional argument: '%s'", function, names[0]);
        Py_CLEAR(markup);
    }
    return markup;
}

static PyObject *
method_write_fspath_result(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"nodeid", "res", NULL};
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *values[2] = {NULL, NULL};
    PyObject *markup = split_markup("write_fspath_result", args, kwargs, NAMES, values);
    int status = -1;

    if (markup) {
        status = write_fspath_result(self, values[0], values[1], (struct paint){.dict = markup});
        Py_DECREF(markup);
    }
    if (status == 0) {
        status = terminal_flush(self->tw);
    }
    return py_none_or_error(status);
}

static PyObject *
method_write_ensure_prefix(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"prefix", "extra", NULL};
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *values[2] = {NULL, NULL};
    PyObject *markup = split_markup("write_ensure_prefix", args, kwargs, NAMES, values);
    int status = -1;

    if (markup) {
        status = write_ensure_prefix(self, values[0], values[1], (struct paint){.dict = markup});
        Py_DECREF(markup);
    }
    return py_none_or_error(status);
}

static PyObject *
method_rewrite(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"line", "erase", NULL};
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *values[2] = {NULL, NULL};
    PyObject *markup = split_markup("rewrite", args, kwargs, NAMES, values);
    PyObject *text = markup ? PyObject_Str(values[0]) : NULL;
    int erases = text && values[1] ? PyObject_IsTrue(values[1]) : 0;
    struct text line = {0};
    Py_ssize_t fill = 0;
    int status = -1;

    if (!text || erases < 0) {
        goto done;
    }
    if (erases) {
        fill = terminal_width(self->tw) - PyUnicode_GetLength(text) - 1;
    }
    text_add_char(&line, '\r');
    if (text_add_object(&line, text) < 0) {
        goto done;
    }
    text_add_repeated(&line, ' ', fill > 0 ? (size_t)fill : 0);
    status = write_painted(self->tw, line.bytes, line.length, (struct paint){.dict = markup});
done:
    text_release(&line);
    Py_XDECREF(text);
    Py_XDECREF(markup);
    return py_none_or_error(status);
}

static PyObject *
method_wrap_write(PyObject *op, PyObject *args, PyObject *kwargs)
{
    TerminalReporter *self = (TerminalReporter *)op;
    PyObject *first = PyTuple_Pack(1, op);
    PyObject *all = first ? PySequence_Concat(first, args) : NULL;
    int status = all ? wrap_write_in_python(self, NULL, all, kwargs) : -1;

    Py_XDECREF(first);
    Py_XDECREF(all);
    return py_none_or_error(status);
}

PyMethodDef WRITING_METHODS[] = {
    {"write", PY_WITH_KEYWORDS(method_write), "write($self, content, *, flush=False, **markup)\n--\n\n"},
    {"write_raw", PY_WITH_KEYWORDS(method_write_raw), "write_raw($self, content, *, flush=False)\n--\n\n"},
    {"line", PY_WITH_KEYWORDS(method_line), "line($self, msg, **kw)\n--\n\n"},
    {"flush", method_flush, METH_NOARGS, "flush($self)\n--\n\n"},
    {"ensure_newline", method_ensure_newline, METH_NOARGS, "ensure_newline($self)\n--\n\n"},
    {"write_line", PY_WITH_KEYWORDS(method_write_line), "write_line($self, line, **markup)\n--\n\n"},
    {"write_sep", PY_WITH_KEYWORDS(method_write_sep),
     "write_sep($self, sep, title=None, fullwidth=None, **markup)\n--\n\n"},
    {"section", PY_WITH_KEYWORDS(method_section), "section($self, title, sep='=', **kw)\n--\n\n"},
    {"write_fspath_result", PY_WITH_KEYWORDS(method_write_fspath_result),
     "write_fspath_result($self, nodeid, res, **markup)\n--\n\n"},
    {"write_ensure_prefix", PY_WITH_KEYWORDS(method_write_ensure_prefix),
     "write_ensure_prefix($self, prefix, extra='', **kwargs)\n--\n\n"},
    {"rewrite", PY_WITH_KEYWORDS(method_rewrite),
     "rewrite($self, line, **markup)\n--\n\n"
     "Rewinds the terminal cursor to the beginning and writes the given line."},
    {"wrap_write", PY_WITH_KEYWORDS(method_wrap_write),
     "wrap_write($self, content, *, flush=False, margin=8, **markup)\n--\n\n"
     "Wrap message with margin for progress info."},
    PY_END_METHOD,
};
