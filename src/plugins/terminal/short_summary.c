/* "short test summary info": a line per report of the kinds that -r names. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "plugins/terminal/reporter.h"

/* ---- Parts of a line ---- */

bool
trimmed_add(struct text *out, const char *prefix, const char *suffix, PyObject *message, int width)
{
    static const char ELLIPSIS[] = "...";
    struct text text = {0};
    int format_width = (int)(strlen(prefix) + strlen(suffix));
    bool fits = false;

    if (text_add_object(&text, message) < 0 || format_width + (int)strlen(ELLIPSIS) > width) {
        text_release(&text);
        return false;
    }
    const char *start = text_string(&text);
    size_t length = text.length;
    const char *newline = memchr(start, '\n', length);
    if (newline) {
        length = (size_t)(newline - start);
    }
    fits = format_width + text_columns(start, length) <= width;
    if (!fits) {
        /* First to that many characters, then by columns: wide characters take two. */
        int room = width - (int)strlen(ELLIPSIS);
        size_t end = 0;
        for (int count = 0; end < length && count < room; count++) {
            do {
                end++;
            } while (end < length && utf8_is_tail(start[end]));
        }
        while (end && format_width + text_columns(start, end) > room) {
            do {
                end--;
            } while (end && utf8_is_tail(start[end]));
        }
        length = end;
    }
    text_add_string(out, prefix);
    text_add(out, start, length);
    text_add_string(out, fits ? "" : ELLIPSIS);
    text_add_string(out, suffix);
    text_release(&text);
    return true;
}

static PyObject *
without_prefix_take(PyObject *text, const char *prefix)
{
    PyObject *rest = NULL;

    if (!text || !py_text_starts_with(text, prefix)) {
        return text;
    }
    rest = PyUnicode_Substring(text, (Py_ssize_t)strlen(prefix), PyUnicode_GetLength(text));
    Py_DECREF(text);
    return rest;
}

PyObject *
raw_skip_reason(struct state *state, PyObject *report)
{
    PyObject *reason = NULL;
    PyObject *longrepr = NULL;
    int found = py_find_attr(state, report, state->names.wasxfail, &reason);

    if (found) {
        return found < 0 ? NULL : without_prefix_take(reason, "reason: ");
    }
    longrepr = PyObject_GetAttr(report, state->names.longrepr);
    reason = longrepr ? PySequence_GetItem(longrepr, 2) : NULL;
    Py_XDECREF(longrepr);
    if (py_text_equals(reason, "Skipped")) {
        Py_DECREF(reason);
        return PyUnicode_FromString("");
    }
    return without_prefix_take(reason, "Skipped: ");
}

/* tw.markup(text, **markup) appended. */
static int
add_painted(TerminalReporter *self, struct text *out, PyObject *text, PyObject *markup)
{
    PyObject *function = PyObject_GetAttrString(self->tw, "markup");
    PyObject *args = function ? PyTuple_Pack(1, text) : NULL;
    PyObject *result = args ? PyObject_Call(function, args, markup) : NULL;
    int status = result ? text_add_object(out, result) : -1;

    Py_XDECREF(function);
    Py_XDECREF(args);
    Py_XDECREF(result);
    return status;
}

/* The report's word ("FAILED") in its colour, as pytest_report_teststatus says. */
static int
add_word(TerminalReporter *self, struct text *out, PyObject *report, unsigned markup)
{
    PyObject *dict = terminal_markup_dict(markup);
    PyObject *pair =
        dict ? PyObject_CallMethod(report, "_get_verbose_word_with_markup", "OO", self->config, dict) : NULL;
    PyObject *word = pair ? PySequence_GetItem(pair, 0) : NULL;
    PyObject *word_markup = word ? PySequence_GetItem(pair, 1) : NULL;
    PyObject *kwargs = NULL;
    int status = -1;

    if (word_markup) {
        kwargs = PyDict_New();
        if (kwargs && PyDict_Update(kwargs, word_markup) == 0) {
            status = add_painted(self, out, word, kwargs);
        }
    }
    Py_XDECREF(dict);
    Py_XDECREF(pair);
    Py_XDECREF(word);
    Py_XDECREF(word_markup);
    Py_XDECREF(kwargs);
    return status;
}

/* The node id, relative to where pytest was started; what stands behind the file is bold. */
static int
add_node_id(TerminalReporter *self, struct text *out, PyObject *report)
{
    PyObject *nodeid = PyObject_GetAttr(report, self->engine->state->names.nodeid);
    struct text id = {0};
    struct text relative = {0};
    int status = -1;

    if (!nodeid || text_add_object(&id, nodeid) < 0 ||
        nodeid_add_relative(self, &relative, text_string(&id), id.length) < 0) {
        goto done;
    }
    size_t path_length = nodeid_path_length(text_string(&relative), relative.length);
    text_add(out, text_string(&relative), path_length);
    if (path_length < relative.length) {
        text_add_string(out, "::");
        status = terminal_add_markup(self->tw, out, relative.bytes + path_length + 2, relative.length - path_length - 2,
                                     MARKUP_BOLD);
    } else {
        status = 0;
    }
done:
    text_release(&id);
    text_release(&relative);
    Py_XDECREF(nodeid);
    return status;
}

static bool
is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

/* The report's message: rep.longrepr or its reprcrash.message. 1 and a new reference, 0: none, -1. */
static int
find_message(TerminalReporter *self, PyObject *report, PyObject **message_out)
{
    struct names *names = &self->engine->state->names;
    struct state *state = self->engine->state;
    PyObject *longrepr = NULL;
    PyObject *crash = NULL;
    int found = py_find_attr(state, report, names->longrepr, &longrepr);

    if (found > 0 && PyUnicode_Check(longrepr)) {
        *message_out = longrepr;
        return 1;
    }
    if (found > 0) {
        found = py_find_attr(state, longrepr, names->reprcrash, &crash);
    }
    if (found > 0) {
        found = py_find_attr(state, crash, names->message, message_out);
    }
    Py_XDECREF(longrepr);
    Py_XDECREF(crash);
    return found;
}

/* " - message", cut to the line's width unless the run is in CI or very verbose. */
static int
add_message(TerminalReporter *self, struct text *line, PyObject *report)
{
    const struct verbosities *verbosities = reporter_verbosities(self);
    PyObject *message = NULL;
    int found = verbosities ? find_message(self, report, &message) : -1;
    int forces = found > 0 ? option_is_true(self->engine, "force_short_summary") : 0;
    int status = 0;

    if (found <= 0 || forces < 0) {
        Py_XDECREF(message);
        return found < 0 || forces < 0 ? -1 : 0;
    }
    if (!forces && (is_set("CI") || is_set("BUILD_NUMBER") || verbosities->main >= 2)) {
        text_add_string(line, " - ");
        status = text_add_object(line, message);
    } else {
        /* Escape sequences count, as unprintable: then the width is -1, and a column more is free. */
        int room = terminal_width(self->tw) - text_columns(text_string(line), line->length);
        trimmed_add(line, " - ", "", message, room);
        status = PyErr_Occurred() ? -1 : 0;
    }
    Py_DECREF(message);
    return status;
}

/* ---- Kinds of lines ---- */

static int
append_line(PyObject *lines, struct text *line)
{
    int status = py_list_append_take(lines, py_text_from(line));
    text_release(line);
    return status;
}

/* FAILED, ERROR, PASSED */
static int
add_simple(TerminalReporter *self, PyObject *lines, PyObject *report, const char *category)
{
    struct text line = {0};

    if (add_word(self, &line, report, markup_of_category(self, category)) < 0) {
        goto failed;
    }
    text_add_char(&line, ' ');
    if (add_node_id(self, &line, report) < 0 || add_message(self, &line, report) < 0) {
        goto failed;
    }
    return append_line(lines, &line);
failed:
    text_release(&line);
    return -1;
}

/* " - reason" */
static int
add_reason_take(struct text *line, PyObject *reason)
{
    int has_reason = reason ? PyObject_IsTrue(reason) : -1;
    int status = has_reason < 0 ? -1 : 0;

    if (has_reason > 0) {
        text_add_string(line, " - ");
        status = text_add_object(line, reason);
    }
    Py_XDECREF(reason);
    return status;
}

/* XFAIL, XPASS */
static int
add_xfail(TerminalReporter *self, PyObject *lines, PyObject *report, const char *category)
{
    PyObject *when = NULL;
    struct text line = {0};
    int status = -1;

    if (add_word(self, &line, report, markup_of_category(self, "warnings")) < 0) {
        goto done;
    }
    when = PyObject_GetAttr(report, self->engine->state->names.when);
    if (!when) {
        goto done;
    }
    if (strcmp(category, "xfailed") == 0 && !py_text_equals(when, "call")) {
        text_add_string(&line, " at ");
        if (text_add_object(&line, when) < 0) {
            goto done;
        }
        text_add_string(&line, " of");
    }
    text_add_char(&line, ' ');
    if (add_node_id(self, &line, report) == 0) {
        status = add_reason_take(&line, PyObject_GetAttr(report, self->engine->state->names.wasxfail));
    }
done:
    Py_XDECREF(when);
    if (status < 0) {
        text_release(&line);
        return -1;
    }
    return append_line(lines, &line);
}

static int
check_skip(PyObject *longrepr, PyObject *report)
{
    if (longrepr && PyTuple_Check(longrepr) && PyTuple_Size(longrepr) == 3) {
        return 0;
    }
    if (longrepr) {
        PyErr_Format(PyExc_AssertionError, "(%R, %R)", report, longrepr);
    }
    return -1;
}

/* SKIPPED, one line per report */
static int
add_unfolded_skip(TerminalReporter *self, PyObject *lines, PyObject *report)
{
    PyObject *longrepr = PyObject_GetAttr(report, self->engine->state->names.longrepr);
    struct text line = {0};
    int status = -1;

    if (check_skip(longrepr, report) == 0 && add_word(self, &line, report, markup_of_category(self, "warnings")) == 0) {
        text_add_char(&line, ' ');
        if (add_node_id(self, &line, report) == 0) {
            status = add_reason_take(&line, py_tuple_item(longrepr, 2));
        }
    }
    Py_XDECREF(longrepr);
    if (status < 0) {
        text_release(&line);
        return -1;
    }
    return append_line(lines, &line);
}

/* 1: the skip is the test's own mark, whose line says nothing about the place of the mark; 0; -1. */
static int
is_marked_skip(TerminalReporter *self, PyObject *report)
{
    struct names *names = &self->engine->state->names;
    PyObject *when = PyObject_GetAttr(report, names->when);
    PyObject *keywords = NULL;
    int answer = when ? py_text_equals(when, "setup") : -1;

    if (answer > 0) {
        answer = py_find_attr(self->engine->state, report, names->keywords, &keywords);
    }
    if (answer > 0) {
        answer = PySequence_Contains(keywords, names->skip);
    }
    if (answer > 0) {
        answer = PySequence_Contains(keywords, names->pytestmark);
        answer = answer < 0 ? -1 : !answer;
    }
    Py_XDECREF(when);
    Py_XDECREF(keywords);
    return answer;
}

/* (path, line or None, reason) that reports are folded by: a new tuple. */
static PyObject *
fold_key(TerminalReporter *self, PyObject *report)
{
    PyObject *longrepr = PyObject_GetAttr(report, self->engine->state->names.longrepr);
    struct text path = {0};
    struct text relative = {0};
    PyObject *key = NULL;
    int is_marked = check_skip(longrepr, report) < 0 ? -1 : is_marked_skip(self, report);

    if (is_marked >= 0 && text_add_object(&path, PyTuple_GetItem(longrepr, 0)) == 0) {
        const char *start = py_utf8(config_invocation_dir(self->engine));
        if (start) {
            relative_path_add(&relative, start, text_string(&path));
            key = Py_BuildValue("(NOO)", py_text_from(&relative), is_marked ? Py_None : PyTuple_GetItem(longrepr, 1),
                                PyTuple_GetItem(longrepr, 2));
        }
    }
    text_release(&path);
    text_release(&relative);
    Py_XDECREF(longrepr);
    return key;
}

static int
count_up(PyObject *counts, PyObject *key)
{
    PyObject *borrowed_count = PyDict_GetItemWithError(counts, key);
    long count = borrowed_count ? PyLong_AsLong(borrowed_count) : 0;

    return PyErr_Occurred() ? -1 : py_dict_set_take(counts, key, PyLong_FromLong(count + 1));
}

/* {fold_key: count} in the order of first appearance: a new dict. */
static PyObject *
fold_skips(TerminalReporter *self, PyObject *reports)
{
    PyObject *counts = PyDict_New();

    for (Py_ssize_t i = 0; counts && i < PySequence_Size(reports); i++) {
        PyObject *report = PySequence_GetItem(reports, i);
        PyObject *key = report ? fold_key(self, report) : NULL;
        if (!key || count_up(counts, key) < 0) {
            Py_CLEAR(counts);
        }
        Py_XDECREF(report);
        Py_XDECREF(key);
    }
    return counts;
}

static int
add_folded_line(PyObject *lines, const struct text *word, PyObject *key, long count)
{
    PyObject *borrowed_line = PyTuple_GetItem(key, 1);
    PyObject *reason = without_prefix_take(py_tuple_item(key, 2), "Skipped: ");
    struct text line = {0};

    text_add(&line, text_string(word), word->length);
    text_add_format(&line, " [%ld] ", count);
    if (!reason || text_add_object(&line, PyTuple_GetItem(key, 0)) < 0) {
        goto failed;
    }
    if (borrowed_line != Py_None) {
        text_add_char(&line, ':');
        if (text_add_object(&line, borrowed_line) < 0) {
            goto failed;
        }
    }
    text_add_string(&line, ": ");
    if (text_add_object(&line, reason) < 0) {
        goto failed;
    }
    Py_DECREF(reason);
    return append_line(lines, &line);
failed:
    Py_XDECREF(reason);
    text_release(&line);
    return -1;
}

static int
add_folded_skips(TerminalReporter *self, PyObject *lines, PyObject *reports)
{
    PyObject *counts = fold_skips(self, reports);
    PyObject *first = counts ? PySequence_GetItem(reports, 0) : NULL;
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_count = NULL;
    Py_ssize_t position = 0;
    struct text word = {0};
    int status = first ? add_word(self, &word, first, markup_of_category(self, "warnings")) : -1;

    while (status == 0 && PyDict_Next(counts, &position, &borrowed_key, &borrowed_count)) {
        status = add_folded_line(lines, &word, borrowed_key, PyLong_AsLong(borrowed_count));
    }
    text_release(&word);
    Py_XDECREF(first);
    Py_XDECREF(counts);
    return status;
}

/* 1, 0, -1 */
static int
folds_skips(TerminalReporter *self)
{
    return self->foldskipped ? PyObject_IsTrue(self->foldskipped) : 1;
}

static int
add_category(TerminalReporter *self, PyObject *lines, char letter)
{
    static const struct {
        char letter;
        const char *category;
        int (*add)(TerminalReporter *self, PyObject *lines, PyObject *report, const char *category);
    } KINDS[] = {
        {'f', "failed", add_simple}, {'p', "passed", add_simple}, {'E', "error", add_simple},
        {'x', "xfailed", add_xfail}, {'X', "xpassed", add_xfail}, {'s', "skipped", NULL},
    };
    PyObject *reports = NULL;
    size_t kind = 0;
    int status = 0;

    while (kind < COUNT_OF(KINDS) && KINDS[kind].letter != letter) {
        kind++;
    }
    if (kind == COUNT_OF(KINDS)) {
        return 0; /* "w", "P": shown elsewhere */
    }
    reports = reporter_find_stats(self, KINDS[kind].category);
    Py_ssize_t count = reports ? PySequence_Size(reports) : 0;
    int folds = KINDS[kind].add ? 0 : folds_skips(self);
    if (folds && count) {
        status = folds < 0 ? -1 : add_folded_skips(self, lines, reports);
        count = 0;
    }
    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *report = PySequence_GetItem(reports, i);
        if (!report) {
            status = -1;
        } else if (KINDS[kind].add) {
            status = KINDS[kind].add(self, lines, report, KINDS[kind].category);
        } else {
            status = add_unfolded_skip(self, lines, report);
        }
        Py_XDECREF(report);
    }
    Py_XDECREF(reports);
    return status;
}

static int
write_all(TerminalReporter *self, PyObject *lines)
{
    int status = 0;

    if (PyList_Size(lines) == 0) {
        return 0;
    }
    status = reporter_write_sep(self, '=', "short test summary info", MARKUP_CYAN | MARKUP_THEN_BOLD);
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(lines); i++) {
        struct text line = {0};
        status = text_add_object(&line, PyList_GetItem(lines, i));
        if (status == 0) {
            status = reporter_write_line(self, text_string(&line), line.length, 0);
        }
        text_release(&line);
    }
    return status;
}

static PyObject *
method_short_test_summary(PyObject *op, PyObject *Py_UNUSED(unused))
{
    TerminalReporter *self = (TerminalReporter *)op;
    struct text letters = {0};
    PyObject *lines = PyList_New(0);
    int status = lines && self->reportchars ? text_add_object(&letters, self->reportchars) : -1;

    for (size_t i = 0; status == 0 && i < letters.length; i++) {
        status = add_category(self, lines, letters.bytes[i]);
    }
    if (status == 0) {
        status = write_all(self, lines);
    }
    text_release(&letters);
    Py_XDECREF(lines);
    return py_none_or_error(status);
}

PyMethodDef SHORT_SUMMARY_METHODS[] = {
    {"short_test_summary", method_short_test_summary, METH_NOARGS, "short_test_summary($self)\n--\n\n"},
    PY_END_METHOD,
};

/* ---- The same for `_pytest.terminal` ---- */

PyObject *
function_format_trimmed(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *format = NULL;
    PyObject *message = NULL;
    int width = 0;
    struct text out = {0};
    struct text prefix = {0};
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "sUi:_format_trimmed", &format, &message, &width)) {
        return NULL;
    }
    const char *hole = strstr(format, "{}");
    text_add(&prefix, format, hole ? (size_t)(hole - format) : strlen(format));
    if (trimmed_add(&out, text_string(&prefix), hole ? hole + 2 : "", message, width)) {
        result = py_text_from(&out);
    } else if (!PyErr_Occurred()) {
        result = Py_NewRef(Py_None);
    }
    text_release(&prefix);
    text_release(&out);
    return result;
}

PyObject *
function_raw_skip_reason(PyObject *module, PyObject *report)
{
    return raw_skip_reason(state_from_module(module), report);
}
