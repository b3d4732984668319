/* Functions for `_pytest.assertion` and for tests. */
#include <string.h>

#include "base/text.h"
#include "hooks/hooks.h"
#include "rewrite/compare.h"

/* load_code(path, rewrites, has_pass_hook): the code object of a source file. */
PyObject *
load_code_function(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 3) {
        return py_bad_argument_count("load_code", count, 3, 3);
    }
    int rewrites = PyObject_IsTrue(args[1]);
    int has_pass_hook = PyObject_IsTrue(args[2]);
    if (rewrites < 0 || has_pass_hook < 0) {
        return NULL;
    }
    return code_load(state_from_module(module), args[0], rewrites, has_pass_hook, NULL);
}

/* util.format_explanation(explanation) */
PyObject *
format_explanation_function(PyObject *Py_UNUSED(module), PyObject *explanation)
{
    struct text plain = {0};
    struct text formatted = {0};
    PyObject *result = NULL;

    if (explanation == Py_None || py_text_add_str(&plain, explanation) == 0) {
        explanation_format(text_string(&plain), plain.length, &formatted);
        result = py_text_from(&formatted);
    }
    text_release(&plain);
    text_release(&formatted);
    return result;
}

/* line_diff(a, b): list(difflib.ndiff(a, b)) for lists of str. */
PyObject *
line_diff_function(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        return py_bad_argument_count("line_diff", count, 2, 2);
    }
    if (!PyList_Check(args[0]) || !PyList_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "line_diff() takes two lists");
        return NULL;
    }
    return line_diff(state_from_module(module), args[0], args[1]);
}

/* "ndiff" or "block": whether the latter; -1 with an exception for anything else. */
static int
style_is_block(PyObject *style)
{
    if (py_text_equals(style, "block")) {
        return 1;
    }
    if (py_text_equals(style, "ndiff")) {
        return 0;
    }
    PyErr_Format(PyExc_AssertionError, "Unhandled value: %R", style);
    return -1;
}

/* (op, left, right, verbose, highlighter, style, max_lines, max_chars): 0 or -1. */
static int
comparison_read(struct comparison *comparison, PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    *comparison = (struct comparison){.state = state_from_module(module)};
    if (count != 8) {
        py_bad_argument_count("compare_values", count, 8, 8);
        return -1;
    }
    comparison->operator_text = py_utf8(args[0]);
    if (!comparison->operator_text) {
        return -1;
    }
    comparison->left = args[1];
    comparison->right = args[2];
    comparison->verbosity = PyLong_AsLong(args[3]);
    comparison->highlighter = args[4] == Py_None ? NULL : args[4];
    comparison->max_lines = PyLong_AsSsize_t(args[6]);
    comparison->max_chars = PyLong_AsSsize_t(args[7]);
    int is_block = PyErr_Occurred() ? -1 : style_is_block(args[5]);
    if (is_block < 0) {
        return -1;
    }
    comparison->shows_blocks = is_block;
    comparison->runs_on_ci = runs_on_ci();
    return 0;
}

/*
 * compare_values(op, left, right, verbose, highlighter, style, max_lines, max_chars): the lines that
 * util.assertrepr_compare() gives. A list.
 */
PyObject *
compare_values_function(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    struct comparison comparison;

    if (comparison_read(&comparison, module, args, count) < 0) {
        return NULL;
    }
    if (comparison_build(&comparison) < 0) {
        Py_CLEAR(comparison.lines);
    }
    return comparison.lines;
}

static int
part_build(struct comparison *comparison)
{
    static const struct {
        const char *name;
        int (*compare)(struct comparison *comparison, PyObject *left, PyObject *right);
    } PARTS[] = {
        {"any", compare_equal},          {"text", compare_equal_text},    {"not in", compare_not_in_text},
        {"sequence", compare_sequences}, {"iterable", compare_iterables}, {"mapping", compare_mappings},
        {"instance", compare_instances},
    };

    for (size_t i = 0; i < COUNT_OF(PARTS); i++) {
        if (strcmp(comparison->operator_text, PARTS[i].name) == 0) {
            return PARTS[i].compare(comparison, comparison->left, comparison->right);
        }
    }
    return compare_sets(comparison, comparison->left, comparison->right, comparison->operator_text);
}

/* compare_part(what, ...): the lines of one kind of comparison ("mapping", or an operator of sets), no summary. */
PyObject *
compare_part_function(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    struct comparison comparison;

    if (comparison_read(&comparison, module, args, count) < 0) {
        return NULL;
    }
    comparison.has_summary = true;
    comparison.lines = PyList_New(0);
    if (comparison.lines && part_build(&comparison) < 0) {
        Py_CLEAR(comparison.lines);
    }
    return comparison.lines;
}

/*
 * rewritten_source(bytes, has_pass_hook): (text, spelling of temporaries, of the function for failures, of that for
 * passes), or None where nothing is to be rewritten.
 */
PyObject *
rewritten_source_function(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *bytes = NULL;
    Py_ssize_t length = 0;
    int has_pass_hook = 0;
    struct rewritten rewritten = {0};
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "Sp", &result, &has_pass_hook)) {
        return NULL;
    }
    if (PyBytes_AsStringAndSize(result, (char **)&bytes, &length) < 0) {
        return NULL;
    }
    struct emit_options options = {.has_pass_hook = has_pass_hook, .has_columns = true};
    if (rewritten_build(&rewritten, bytes, (size_t)length, &options) && !rewritten.is_disabled &&
        rewritten.place_count) {
        PyObject *text = py_text_from(&rewritten.source);
        result = text ? Py_BuildValue("(Nsss)", text, rewritten.temporary_spelling, rewritten.fail_spelling,
                                      rewritten.pass_spelling)
                      : NULL;
    } else {
        result = Py_NewRef(Py_None);
    }
    rewritten_release(&rewritten);
    return result;
}

/* rewrite._should_repr_global_name(object) */
PyObject *
should_repr_global_name_function(PyObject *module, PyObject *object)
{
    int shows = shows_global_name(state_from_module(module), object);
    return shows < 0 ? NULL : PyBool_FromLong(shows);
}

/* _cache_tag(): the end of cache files' names. */
PyObject *
cache_tag_function(PyObject *module, PyObject *Py_UNUSED(nothing))
{
    return Py_NewRef(rewrite_room(state_from_module(module))->cache_tag);
}

/* _asserting_item(): the item whose hooks explain comparisons now, or None. */
PyObject *
asserting_item_function(PyObject *module, PyObject *Py_UNUSED(nothing))
{
    PyObject *item = rewrite_room(state_from_module(module))->current_item;
    return Py_NewRef(item ? item : Py_None);
}

/* _truncation_of(config): (lines, characters), or None when nothing is cut. */
PyObject *
truncation_of_function(PyObject *Py_UNUSED(module), PyObject *config)
{
    struct truncation truncation;

    if (truncation_read(engine_from_config(config), &truncation) < 0) {
        return NULL;
    }
    if (!truncation.is_on) {
        return Py_NewRef(Py_None);
    }
    return Py_BuildValue("(nn)", truncation.max_lines, truncation.max_chars);
}

/* _truncate_lines(lines, max_lines, max_chars, is_whole=False): a list. */
PyObject *
truncate_lines_function(PyObject *Py_UNUSED(module), PyObject *args)
{
    struct truncation truncation = {.is_on = true};
    PyObject *lines = NULL;

    int is_whole = 0;

    if (!PyArg_ParseTuple(args, "Onn|p", &lines, &truncation.max_lines, &truncation.max_chars, &is_whole)) {
        return NULL;
    }
    truncation.is_whole = is_whole;
    truncation.is_on = truncation.max_lines > 0 || truncation.max_chars > 0;
    return truncation_apply(&truncation, lines);
}

/* _fallback_count(): how many sources with asserts could not be rewritten so far. */
PyObject *
fallback_count_function(PyObject *module, PyObject *Py_UNUSED(nothing))
{
    return Py_NewRef(rewrite_room(state_from_module(module))->fallback_count);
}
