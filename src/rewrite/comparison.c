/* Asks the hooks of the running test about a comparison that failed, and holds the lines that answers are made of. */
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "code/code.h"
#include "hooks/hooks.h"
#include "io/io.h"
#include "rewrite/compare.h"

/* ---- Lines ---- */

static int
append_line_take(struct comparison *comparison, PyObject *line)
{
    Py_ssize_t length = line ? PyUnicode_GetLength(line) : -1;

    if (length < 0) {
        Py_XDECREF(line);
        return -1;
    }
    if (py_list_append_take(comparison->lines, line) < 0) {
        return -1;
    }
    comparison->char_count += length;
    return (comparison->line_cap && PyList_Size(comparison->lines) >= comparison->line_cap) ||
           (comparison->char_cap && comparison->char_count > comparison->char_cap);
}

/* util.assertrepr_compare's first line: both sides, each in as much room as a terminal line leaves. */
static PyObject *
summary_line(struct comparison *comparison)
{
    struct state *state = comparison->state;
    PyObject *left = comparison->left;
    PyObject *right = comparison->right;
    PyObject *left_text = NULL;
    PyObject *right_text = NULL;
    PyObject *line = NULL;
    int uses_ascii = texts_look_equal(left, right);

    if (uses_ascii < 0) {
        return NULL;
    }
    if (comparison->verbosity > 1) {
        left_text = safe_repr_unlimited(state, left, uses_ascii);
        right_text = left_text ? safe_repr_unlimited(state, right, uses_ascii) : NULL;
    } else {
        Py_ssize_t max_size = (80 - 15 - (Py_ssize_t)strlen(comparison->operator_text) - 2) / 2;
        left_text = safe_repr(state, left, max_size, uses_ascii);
        right_text = left_text ? safe_repr(state, right, max_size, uses_ascii) : NULL;
    }
    if (right_text) {
        line = PyUnicode_FromFormat("%U %s %U", left_text, comparison->operator_text, right_text);
    }
    Py_XDECREF(left_text);
    Py_XDECREF(right_text);
    return line;
}

/* The summary comes before the first line of detail, with an empty line between them. */
static int
add_summary(struct comparison *comparison, bool has_gap)
{
    comparison->has_summary = true;
    int status = append_line_take(comparison, summary_line(comparison));
    if (status == 0 && has_gap) {
        status = append_line_take(comparison, PyUnicode_FromString(""));
    }
    return status;
}

int
comparison_add_take(struct comparison *comparison, PyObject *line)
{
    int status = 0;

    if (line && comparison->indent) {
        char blanks[256];
        size_t count = comparison->indent < sizeof blanks ? comparison->indent : sizeof blanks - 1;
        memset(blanks, ' ', count);
        blanks[count] = '\0';
        PyObject *indented = PyUnicode_FromFormat("%s%U", blanks, line);
        Py_DECREF(line);
        line = indented;
    }
    if (line && !comparison->has_summary) {
        status = add_summary(comparison, PyUnicode_GetLength(line) != 0);
    }
    if (status != 0 || !line) {
        Py_XDECREF(line);
        return line ? status : -1;
    }
    return append_line_take(comparison, line);
}

int
comparison_add(struct comparison *comparison, const char *line)
{
    return comparison_add_take(comparison, PyUnicode_FromString(line));
}

int
comparison_add_format(struct comparison *comparison, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    PyObject *line = PyUnicode_FromFormatV(fmt, args);
    va_end(args);
    return comparison_add_take(comparison, line);
}

int
comparison_add_split_take(struct comparison *comparison, PyObject *text)
{
    PyObject *lines = text ? PyUnicode_Splitlines(text, 0) : NULL;
    int status = lines ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(lines); i++) {
        status = comparison_add_take(comparison, py_list_item(lines, i));
    }
    Py_XDECREF(text);
    Py_XDECREF(lines);
    return status;
}

PyObject *
comparison_highlight_take(struct comparison *comparison, PyObject *source, const char *lexer)
{
    PyObject *highlighted = NULL;

    if (!source || (!comparison->writer && !comparison->highlighter)) {
        return source;
    }
    if (comparison->writer) {
        highlighted = terminal_highlight(comparison->writer, source, lexer);
    } else {
        highlighted = PyObject_CallFunction(comparison->highlighter, "Os", source, lexer);
    }
    Py_DECREF(source);
    return highlighted;
}

/* ---- The whole explanation ---- */

static int
add_details(struct comparison *comparison)
{
    PyObject *left = comparison->left;
    PyObject *right = comparison->right;
    const char *operator_text = comparison->operator_text;

    if (strcmp(operator_text, "==") == 0) {
        return compare_equal(comparison, left, right);
    }
    if (strcmp(operator_text, "not in") == 0) {
        return PyUnicode_Check(left) && PyUnicode_Check(right) ? compare_not_in_text(comparison, left, right) : 0;
    }
    if (operator_text[0] != '<' && operator_text[0] != '>' && strcmp(operator_text, "!=") != 0) {
        return 0;
    }
    int are_sets = value_is_set(comparison->state, left);
    if (are_sets > 0) {
        are_sets = value_is_set(comparison->state, right);
    }
    return are_sets > 0 ? compare_sets(comparison, left, right, operator_text) : are_sets;
}

/*
 * Where the exception came from and what it says: "file:line: Error: text"; without a place when no Python code raised
 * it. Takes the reference; a new str.
 */
static PyObject *
crash_text_take(struct state *state, PyObject *exception)
{
    PyObject *traceback = PyException_GetTraceback(exception);
    PyObject *excinfo = NULL;
    PyObject *crash = NULL;
    PyObject *text = NULL;

    if (!traceback) {
        PyObject *name = PyObject_GetAttr((PyObject *)Py_TYPE(exception), state->names.__name__);
        text = name ? PyUnicode_FromFormat("%U: %S", name, exception) : NULL;
        Py_XDECREF(name);
        Py_DECREF(exception);
        return text;
    }
    Py_DECREF(traceback);
    excinfo = excinfo_new_take(state, exception);
    crash = excinfo ? PyObject_CallMethod(excinfo, "_getreprcrash", NULL) : NULL;
    text = crash ? PyObject_Str(crash) : NULL;
    Py_XDECREF(excinfo);
    Py_XDECREF(crash);
    return text;
}

/* An exception while looking at the values is told instead of them, unless it ends the run. */
static int
add_failure(struct comparison *comparison)
{
    PyObject *borrowed_exit = hooks_types(comparison->state) ? hooks_types(comparison->state)->exit : NULL;
    PyObject *text = NULL;
    int status = 0;

    if (!PyErr_ExceptionMatches(PyExc_Exception) || (borrowed_exit && PyErr_ExceptionMatches(borrowed_exit))) {
        return -1;
    }
    comparison->indent = 0;
    text = crash_text_take(comparison->state, py_error_take());
    if (!text) {
        return -1;
    }
    if (!comparison->has_summary) {
        status = add_summary(comparison, true);
    }
    if (status == 0) {
        status =
            comparison_add_format(comparison, "(pytest_assertion plugin: representation of details failed: %U.", text);
    }
    if (status == 0) {
        status = comparison_add(comparison, " Probably an object has a faulty __repr__.)");
    }
    Py_DECREF(text);
    return status;
}

int
comparison_build(struct comparison *comparison)
{
    comparison->lines = PyList_New(0);
    if (!comparison->lines) {
        return -1;
    }
    int status = add_details(comparison);
    if (status < 0) {
        status = add_failure(comparison);
    }
    return status < 0 ? -1 : 0;
}

/* ---- The hooks ---- */

/* A hook's lines, cut, escaped and joined: 1 and the text appended, 0 when there are none, -1. */
static int
add_answer(struct engine *engine, PyObject *answer, struct text *out)
{
    struct truncation truncation;
    PyObject *lines = NULL;
    int status = -1;

    if (truncation_read(engine, &truncation) < 0) {
        return -1;
    }
    lines = truncation_apply(&truncation, answer);
    if (!lines) {
        return -1;
    }
    Py_ssize_t count = PyList_Size(lines);
    for (Py_ssize_t i = 0; i < count; i++) {
        struct text line = {0};
        if (py_text_add_str(&line, PyList_GetItem(lines, i)) < 0) {
            text_release(&line);
            goto done;
        }
        if (i) {
            text_add(out, "\n~", 2);
        }
        for (size_t at = 0; at < line.length; at++) {
            if (line.bytes[at] == '\n') {
                text_add(out, "\\n", 2);
            } else {
                text_add_char(out, line.bytes[at]);
            }
        }
        text_release(&line);
    }
    status = count > 0;
done:
    Py_DECREF(lines);
    return status;
}

/* The first result that has lines. */
static int
add_first_answer(struct engine *engine, PyObject *results, struct text *out)
{
    Py_ssize_t count = PySequence_Size(results);
    int status = count < 0 ? -1 : 0;

    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        PyObject *answer = PySequence_GetItem(results, i);
        int has_lines = answer ? PyObject_IsTrue(answer) : -1;
        status = has_lines > 0 ? add_answer(engine, answer, out) : has_lines;
        Py_XDECREF(answer);
    }
    return status;
}

/* Such an answer is a template: its percent signs are doubled. */
static int
add_template(PyObject *answer, struct text *out)
{
    struct text template = {0};
    int status = py_text_add_str(&template, answer);

    for (size_t i = 0; status == 0 && i < template.length; i++) {
        text_add_char(out, template.bytes[i]);
        i += template.bytes[i] == '%' && i + 1 < template.length && template.bytes[i + 1] == '%';
    }
    text_release(&template);
    return status < 0 ? -1 : 1;
}

/* util._reprcompare, where somebody set it: 1 and the text appended, 0, -1. */
static int
ask_replaced_function(const char *operator_text, PyObject *left, PyObject *right, struct text *out)
{
    PyObject *util = py_find_module("_pytest.assertion.util");
    PyObject *function = util ? PyObject_GetAttrString(util, "_reprcompare") : NULL;
    PyObject *answer = NULL;
    int status = 0;

    if (util && !function) {
        PyErr_Clear();
    }
    if (function && function != Py_None) {
        answer = PyObject_CallFunction(function, "sOO", operator_text, left, right);
        status = !answer ? -1 : answer == Py_None ? 0 : add_template(answer, out);
    }
    Py_XDECREF(util);
    Py_XDECREF(function);
    Py_XDECREF(answer);
    return status;
}

int
comparison_explain(struct state *state, const char *operator_text, PyObject *left, PyObject *right, struct text *out)
{
    Node *item = (Node *)Py_XNewRef(rewrite_room(state)->current_item);
    PyObject *operator_object = NULL;
    PyObject *results = NULL;
    int status = ask_replaced_function(operator_text, left, right, out);

    if (status != 0 || !item) {
        goto done;
    }
    PyObject *relay = node_relay(item);
    operator_object = relay ? PyUnicode_FromString(operator_text) : NULL;
    if (operator_object) {
        PyObject *const args[] = {item->config, operator_object, left, right};
        results = hook_call(relay, HOOK_assertrepr_compare, args);
    }
    status = results ? add_first_answer(item->engine, results, out) : -1;
done:
    Py_XDECREF((PyObject *)item);
    Py_XDECREF(operator_object);
    Py_XDECREF(results);
    return status;
}
