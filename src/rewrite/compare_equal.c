/* left == right: by what the two sides are. */
#include "io/io.h"
#include "rewrite/compare.h"

/* The whole diff, of both sides as they are printed prettily. */
int
compare_iterables(struct comparison *comparison, PyObject *left, PyObject *right)
{
    struct state *state = comparison->state;
    Py_ssize_t max_lines = comparison->max_lines ? comparison->max_lines : -1;
    Py_ssize_t max_chars = comparison->max_chars ? comparison->max_chars : -1;
    PyObject *left_lines = NULL;
    PyObject *right_lines = NULL;
    PyObject *diff = NULL;
    int status = -1;

    if (comparison->verbosity <= 0 && !comparison->runs_on_ci) {
        return comparison_add(comparison, "Use -v to get more diff");
    }
    left_lines = pretty_format_lines(state, left, max_lines, max_chars);
    right_lines = left_lines ? pretty_format_lines(state, right, max_lines, max_chars) : NULL;
    if (!right_lines) {
        goto done;
    }
    status = comparison_add(comparison, "");
    if (status == 0) {
        status = comparison_add(comparison, "Full diff: (-: missing in left side, +: extra in left side)");
    }
    if (status != 0) {
        goto done;
    }
    diff = line_diff(state, right_lines, left_lines);
    status = diff ? 0 : -1;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(diff); i++) {
        PyObject *line = PyObject_CallMethod(PyList_GetItem(diff, i), "rstrip", NULL);
        status = comparison_add_take(comparison, comparison_highlight_take(comparison, line, "diff"));
    }
done:
    Py_XDECREF(left_lines);
    Py_XDECREF(right_lines);
    Py_XDECREF(diff);
    return status;
}

/* "text" of repr(value), highlighted: a new reference. */
static PyObject *
highlighted_repr(struct comparison *comparison, PyObject *value)
{
    return comparison_highlight_take(comparison, PyObject_Repr(value), "python");
}

static int
add_difference(struct comparison *comparison, Py_ssize_t index, PyObject *left, PyObject *right)
{
    PyObject *left_text = highlighted_repr(comparison, left);
    PyObject *right_text = left_text ? highlighted_repr(comparison, right) : NULL;
    int status = -1;

    if (right_text) {
        status = comparison_add_format(comparison, "At index %zd diff: %U != %U", index, left_text, right_text);
    }
    Py_XDECREF(left_text);
    Py_XDECREF(right_text);
    return status;
}

/* The first index at which the two differ. Bytes are shown as bytes, not as numbers. */
static int
add_first_difference(struct comparison *comparison, PyObject *left, PyObject *right, Py_ssize_t count, bool are_bytes)
{
    int status = 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *left_item = PySequence_GetItem(left, i);
        PyObject *right_item = left_item ? PySequence_GetItem(right, i) : NULL;
        int differs = right_item ? values_compare(left_item, right_item, Py_NE) : -1;

        if (differs > 0 && are_bytes) {
            py_replace_take(&left_item, PySequence_GetSlice(left, i, i + 1));
            py_replace_take(&right_item, PySequence_GetSlice(right, i, i + 1));
        }
        status = differs < 0 || !left_item || !right_item ? -1
                 : differs                                ? add_difference(comparison, i, left_item, right_item)
                                                          : 0;
        Py_XDECREF(left_item);
        Py_XDECREF(right_item);
        if (differs || status != 0) {
            break;
        }
    }
    return status;
}

static int
add_longer_side(struct comparison *comparison, const char *side, PyObject *longer, Py_ssize_t index, Py_ssize_t count)
{
    PyObject *item = PySequence_GetItem(longer, index);
    PyObject *text = item ? safe_repr(comparison->state, item, 240, false) : NULL;
    int status = -1;

    text = comparison_highlight_take(comparison, text, "python");
    if (text && count == 1) {
        status = comparison_add_format(comparison, "%s contains one more item: %U", side, text);
    } else if (text) {
        status =
            comparison_add_format(comparison, "%s contains %zd more items, first extra item: %U", side, count, text);
    }
    Py_XDECREF(item);
    Py_XDECREF(text);
    return status;
}

int
compare_sequences(struct comparison *comparison, PyObject *left, PyObject *right)
{
    bool are_bytes = PyBytes_Check(left) && PyBytes_Check(right);
    Py_ssize_t left_count = PySequence_Size(left);
    Py_ssize_t right_count = left_count < 0 ? -1 : PySequence_Size(right);

    if (right_count < 0) {
        return -1;
    }
    Py_ssize_t common = left_count < right_count ? left_count : right_count;
    int status = add_first_difference(comparison, left, right, common, are_bytes);
    if (status != 0 || are_bytes || left_count == right_count) {
        return status;
    }
    return left_count > right_count ? add_longer_side(comparison, "Left", left, right_count, left_count - right_count)
                                    : add_longer_side(comparison, "Right", right, left_count, right_count - left_count);
}

/* approx(...) on either side explains itself: its module is there if such an object is. 1, 0, -1. */
static int
is_approx(PyObject *value)
{
    PyObject *module = py_find_module("_pytest.approx");
    PyObject *approx = module ? PyObject_GetAttrString(module, "Approx") : NULL;
    int is_one = !module ? 0 : approx ? PyObject_IsInstance(value, approx) : -1;

    Py_XDECREF(module);
    Py_XDECREF(approx);
    return is_one;
}

static int
compare_approx(struct comparison *comparison, PyObject *approx, PyObject *other)
{
    PyObject *lines = PyObject_CallMethod(approx, "_repr_compare", "(O)", other);
    PyObject *iterator = lines ? PyObject_GetIter(lines) : NULL;
    int status = iterator ? 0 : -1;

    while (status == 0) {
        PyObject *line = PyIter_Next(iterator);
        if (!line) {
            status = PyErr_Occurred() ? -1 : 0;
            break;
        }
        status = comparison_add_take(comparison, line);
    }
    Py_XDECREF(lines);
    Py_XDECREF(iterator);
    return status;
}

/* Whether both sides pass a test. */
static int
both(struct state *state, PyObject *left, PyObject *right, int (*test)(struct state *state, PyObject *value))
{
    int passes = test(state, left);
    return passes > 0 ? test(state, right) : passes;
}

static int
is_fielded(struct state *state, PyObject *value)
{
    int is_one = value_is_dataclass(state, value);

    if (is_one == 0) {
        is_one = value_is_attrs(state, value);
    }
    return is_one == 0 ? value_is_namedtuple(state, value) : is_one;
}

/* What is special to the kind of the two values. */
static int
compare_by_kind(struct comparison *comparison, PyObject *left, PyObject *right)
{
    static const struct {
        int (*test)(struct state *state, PyObject *value);
        int (*compare)(struct comparison *comparison, PyObject *left, PyObject *right);
    } KINDS[] = {
        {value_is_sequence, compare_sequences},
        {value_is_set, NULL},
        {value_is_mapping, compare_mappings},
    };
    struct state *state = comparison->state;
    int is_one = is_approx(right);

    if (is_one != 0) {
        return is_one < 0 ? -1 : compare_approx(comparison, right, left);
    }
    is_one = is_approx(left);
    if (is_one != 0) {
        return is_one < 0 ? -1 : compare_approx(comparison, left, right);
    }
    if (Py_TYPE(left) == Py_TYPE(right)) {
        is_one = is_fielded(state, left);
        if (is_one != 0) {
            return is_one < 0 ? -1 : compare_instances(comparison, left, right);
        }
    }
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        is_one = both(state, left, right, KINDS[i].test);
        if (is_one < 0) {
            return -1;
        }
        if (is_one) {
            return KINDS[i].compare ? KINDS[i].compare(comparison, left, right)
                                    : compare_sets(comparison, left, right, "==");
        }
    }
    return 0;
}

int
compare_equal(struct comparison *comparison, PyObject *left, PyObject *right)
{
    if (PyUnicode_Check(left) && PyUnicode_Check(right)) {
        return compare_equal_text(comparison, left, right);
    }
    int status = compare_by_kind(comparison, left, right);
    if (status != 0) {
        return status;
    }
    int are_iterable = value_is_iterable(left);
    if (are_iterable > 0) {
        are_iterable = value_is_iterable(right);
    }
    return are_iterable > 0 ? compare_iterables(comparison, left, right) : are_iterable;
}
