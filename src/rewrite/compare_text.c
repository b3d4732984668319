/* Strings: what they share at both ends is left out, the rest is diffed line by line. */
#include "io/io.h"
#include "rewrite/compare.h"

enum { SKIP_MIN = 42, SKIP_CONTEXT = 10, TERM_LIMIT = 42 };

static bool
is_ascii(PyObject *text)
{
    Py_ssize_t bytes = 0;
    if (!PyUnicode_AsUTF8AndSize(text, &bytes)) {
        PyErr_Clear(); /* lone surrogates */
        return false;
    }
    return bytes == PyUnicode_GetLength(text);
}

/* Whether two strings are equal once normalised: then only their escapes tell them apart. 1, 0, -1. */
int
texts_look_equal(PyObject *left, PyObject *right)
{
    PyObject *normalize = NULL;
    PyObject *left_text = NULL;
    PyObject *right_text = NULL;
    int are_equal = -1;

    if (!PyUnicode_Check(left) || !PyUnicode_Check(right)) {
        return 0;
    }
    if (is_ascii(left) && is_ascii(right)) {
        return PyUnicode_Compare(left, right) == 0;
    }
    normalize = py_import_attr("unicodedata", "normalize");
    left_text = normalize ? PyObject_CallFunction(normalize, "sO", "NFD", left) : NULL;
    right_text = left_text ? PyObject_CallFunction(normalize, "sO", "NFD", right) : NULL;
    if (right_text) {
        are_equal = PyObject_RichCompareBool(left_text, right_text, Py_EQ);
    }
    Py_XDECREF(normalize);
    Py_XDECREF(left_text);
    Py_XDECREF(right_text);
    return are_equal;
}

/* The index of the first difference, or of the last character compared (0 when there is none). */
static Py_ssize_t
common_start(PyObject *left, PyObject *right)
{
    Py_ssize_t left_length = PyUnicode_GetLength(left);
    Py_ssize_t right_length = PyUnicode_GetLength(right);
    Py_ssize_t count = left_length < right_length ? left_length : right_length;
    Py_ssize_t i = 0;

    for (i = 0; i < count; i++) {
        if (PyUnicode_ReadChar(left, i) != PyUnicode_ReadChar(right, i)) {
            return i;
        }
    }
    return count ? count - 1 : 0;
}

/* The same from the end, counted from 1, for strings of one length. */
static Py_ssize_t
common_end(PyObject *left, PyObject *right, Py_ssize_t otherwise)
{
    Py_ssize_t length = PyUnicode_GetLength(left);

    for (Py_ssize_t i = 1; i <= length; i++) {
        if (PyUnicode_ReadChar(left, length - i) != PyUnicode_ReadChar(right, length - i)) {
            return i;
        }
    }
    return length ? length : otherwise;
}

static int
cut(PyObject **text, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *part = PyUnicode_Substring(*text, start, end);
    if (!part) {
        return -1;
    }
    py_replace_take(text, part);
    return 0;
}

/* Takes equal ends off both strings and says so. */
static int
skip_equal_ends(struct comparison *comparison, PyObject **left, PyObject **right)
{
    Py_ssize_t i = common_start(*left, *right);
    int status = 0;

    if (i > SKIP_MIN) {
        i -= SKIP_CONTEXT;
        status =
            comparison_add_format(comparison, "Skipping %zd identical leading characters in diff, use -v to show", i);
        if (status != 0 || cut(left, i, PyUnicode_GetLength(*left)) < 0 ||
            cut(right, i, PyUnicode_GetLength(*right)) < 0) {
            return status != 0 ? status : -1;
        }
    }
    if (PyUnicode_GetLength(*left) != PyUnicode_GetLength(*right)) {
        return 0;
    }
    i = common_end(*left, *right, i);
    if (i <= SKIP_MIN) {
        return 0;
    }
    i -= SKIP_CONTEXT;
    status = comparison_add_format(comparison, "Skipping %zd identical trailing characters in diff, use -v to show", i);
    if (status != 0) {
        return status;
    }
    Py_ssize_t end = PyUnicode_GetLength(*left) - i;
    return cut(left, 0, end) < 0 || cut(right, 0, end) < 0 ? -1 : 0;
}

static int
is_only_space(PyObject *text)
{
    PyObject *answer = PyObject_CallMethod(text, "isspace", NULL);
    int is_space = answer ? PyObject_IsTrue(answer) : -1;

    Py_XDECREF(answer);
    return is_space;
}

/* Strings of white space cannot be read: their representations can. */
static int
escape_space(struct comparison *comparison, PyObject **left, PyObject **right)
{
    int is_space = is_only_space(*left);

    if (is_space == 0) {
        is_space = is_only_space(*right);
    }
    if (is_space <= 0) {
        return is_space;
    }
    py_replace_take(left, PyObject_Repr(*left));
    py_replace_take(right, PyObject_Repr(*right));
    if (!*left || !*right) {
        return -1;
    }
    return comparison_add(comparison, "Strings contain only whitespace, escaping them using repr()");
}

/* The lines of a text that are worth comparing: a new list. */
static PyObject *
diff_input(const struct comparison *comparison, PyObject *text)
{
    PyObject *part = NULL;
    PyObject *lines = NULL;

    part = comparison->max_chars ? PyUnicode_Substring(text, 0, comparison->max_chars) : Py_NewRef(text);
    lines = part ? PyUnicode_Splitlines(part, 1) : NULL;
    if (lines && comparison->max_lines && PyList_Size(lines) > comparison->max_lines) {
        py_replace_take(&lines, PyList_GetSlice(lines, 0, comparison->max_lines));
    }
    Py_XDECREF(part);
    return lines;
}

/* The diff's lines without their line ends, joined by newlines: a new str. */
static PyObject *
join_diff(PyObject *diff)
{
    PyObject *newline = PyUnicode_FromString("\n");
    PyObject *lines = PyList_New(0);
    PyObject *text = NULL;
    int status = newline && lines ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(diff); i++) {
        status = py_list_append_take(lines, PyObject_CallMethod(PyList_GetItem(diff, i), "strip", "O", newline));
    }
    if (status == 0) {
        text = PyUnicode_Join(newline, lines);
    }
    Py_XDECREF(newline);
    Py_XDECREF(lines);
    return text;
}

static int
compare_text_diff(struct comparison *comparison, PyObject *left_text, PyObject *right_text)
{
    PyObject *left = PyUnicode_FromObject(left_text);
    PyObject *right = PyUnicode_FromObject(right_text);
    PyObject *left_lines = NULL;
    PyObject *right_lines = NULL;
    PyObject *diff = NULL;
    int status = left && right ? 0 : -1;

    if (status == 0 && comparison->verbosity < 1) {
        status = skip_equal_ends(comparison, &left, &right);
    }
    if (status == 0) {
        status = escape_space(comparison, &left, &right);
    }
    if (status != 0) {
        goto done;
    }
    left_lines = diff_input(comparison, left);
    right_lines = diff_input(comparison, right);
    diff = left_lines && right_lines ? line_diff(comparison->state, right_lines, left_lines) : NULL;
    status = diff
                 ? comparison_add_split_take(comparison, comparison_highlight_take(comparison, join_diff(diff), "diff"))
                 : -1;
done:
    Py_XDECREF(left);
    Py_XDECREF(right);
    Py_XDECREF(left_lines);
    Py_XDECREF(right_lines);
    Py_XDECREF(diff);
    return status;
}

/* A text as it is, its lines indented. */
static int
add_block(struct comparison *comparison, const char *title, PyObject *text)
{
    PyObject *newline = PyUnicode_FromString("\n");
    PyObject *lines = newline ? PyUnicode_Split(text, newline, -1) : NULL;
    int status = lines ? comparison_add(comparison, title) : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(lines); i++) {
        status = comparison_add_format(comparison, "  %U", PyList_GetItem(lines, i));
    }
    Py_XDECREF(newline);
    Py_XDECREF(lines);
    return status;
}

int
compare_equal_text(struct comparison *comparison, PyObject *left, PyObject *right)
{
    if (!comparison->shows_blocks) {
        return compare_text_diff(comparison, left, right);
    }
    int status = add_block(comparison, "Left:", left);
    if (status == 0) {
        status = comparison_add(comparison, "");
    }
    return status == 0 ? add_block(comparison, "Right:", right) : status;
}

/* The diff between the text and itself without the term: its "+" lines are where the term is. */
static int
add_occurrence(struct comparison *comparison, PyObject *line)
{
    if (py_text_starts_with(line, "Skipping") || py_text_starts_with(line, "- ")) {
        return 0;
    }
    if (py_text_starts_with(line, "+ ")) {
        PyObject *rest = PyUnicode_Substring(line, 2, PyUnicode_GetLength(line));
        int status = rest ? comparison_add_format(comparison, "  %U", rest) : -1;
        Py_XDECREF(rest);
        return status;
    }
    return comparison_add_take(comparison, Py_NewRef(line));
}

int
compare_not_in_text(struct comparison *comparison, PyObject *term, PyObject *text)
{
    struct comparison inner = *comparison;
    Py_ssize_t length = PyUnicode_GetLength(text);
    Py_ssize_t index = PyUnicode_Find(text, term, 0, length, 1);
    PyObject *head = NULL;
    PyObject *tail = NULL;
    PyObject *rest = NULL;
    PyObject *term_text = NULL;
    int status = -1;

    if (index < -1) {
        return -1;
    }
    /* text[:-1] when it is not there, as slices count */
    Py_ssize_t after = index + PyUnicode_GetLength(term);
    head = PyUnicode_Substring(text, 0, index < 0 ? (length ? length - 1 : 0) : index);
    tail = head ? PyUnicode_Substring(text, after < 0 ? 0 : after, length) : NULL;
    rest = tail ? PyUnicode_Concat(head, tail) : NULL;
    inner.lines = rest ? PyList_New(0) : NULL;
    if (!inner.lines) {
        goto done;
    }
    inner.writer = inner.highlighter = NULL;
    inner.line_cap = inner.char_cap = 0;
    inner.indent = 0;
    inner.has_summary = true;
    term_text = safe_repr(comparison->state, term, TERM_LIMIT, false);
    status = term_text ? comparison_add_format(comparison, "%U is contained here:", term_text) : -1;
    if (status == 0) {
        status = compare_text_diff(&inner, text, rest);
    }
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(inner.lines); i++) {
        status = add_occurrence(comparison, PyList_GetItem(inner.lines, i));
    }
done:
    Py_XDECREF(head);
    Py_XDECREF(tail);
    Py_XDECREF(rest);
    Py_XDECREF(term_text);
    Py_XDECREF(inner.lines);
    return status;
}
