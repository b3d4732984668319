/* Sets, mappings and instances with fields. */
#include <string.h>

#include "io/io.h"
#include "rewrite/compare.h"

/* ---- Sets ---- */

static int
add_one_sided(struct comparison *comparison, const char *side, PyObject *set, PyObject *other)
{
    PyObject *difference = PyNumber_Subtract(set, other);
    PyObject *iterator = NULL;
    int status = difference ? PyObject_IsTrue(difference) : -1;

    if (status <= 0) {
        goto done;
    }
    status = comparison_add_format(comparison, "Extra items in the %s set:", side);
    iterator = status == 0 ? PyObject_GetIter(difference) : NULL;
    if (status == 0 && !iterator) {
        status = -1;
    }
    while (status == 0) {
        PyObject *item = PyIter_Next(iterator);
        if (!item) {
            status = PyErr_Occurred() ? -1 : 0;
            break;
        }
        PyObject *text = safe_repr(comparison->state, item, 240, false);
        Py_DECREF(item);
        status = comparison_add_take(comparison, comparison_highlight_take(comparison, text, "python"));
    }
done:
    Py_XDECREF(difference);
    Py_XDECREF(iterator);
    return status;
}

int
compare_sets(struct comparison *comparison, PyObject *left, PyObject *right, const char *operator_text)
{
    bool is_strict = strcmp(operator_text, "<") == 0 || strcmp(operator_text, ">") == 0;

    if (strcmp(operator_text, "!=") == 0) {
        return comparison_add(comparison, "Both sets are equal");
    }
    if (is_strict) {
        int are_equal = values_compare(left, right, Py_EQ);
        if (are_equal != 0) {
            return are_equal < 0 ? -1 : comparison_add(comparison, "Both sets are equal");
        }
    }
    int status = 0;
    if (operator_text[0] != '>') {
        status = add_one_sided(comparison, "left", left, right);
    }
    if (status == 0 && operator_text[0] != '<') {
        status = add_one_sided(comparison, "right", right, left);
    }
    return status;
}

/* ---- Mappings ---- */

/* {key: mapping[key]}: a new dict. */
static PyObject *
item_dict(PyObject *mapping, PyObject *key)
{
    PyObject *dict = PyDict_New();

    if (dict && py_dict_set_take(dict, key, PyObject_GetItem(mapping, key)) < 0) {
        Py_CLEAR(dict);
    }
    return dict;
}

/* saferepr({key: mapping[key]}), highlighted. */
static PyObject *
item_text(struct comparison *comparison, PyObject *mapping, PyObject *key)
{
    PyObject *dict = item_dict(mapping, key);
    PyObject *text = dict ? safe_repr(comparison->state, dict, 240, false) : NULL;

    Py_XDECREF(dict);
    return comparison_highlight_take(comparison, text, "python");
}

/* Of the common keys, those whose values are equal, with the values; and those whose values differ. */
static int
split_common(PyObject *left, PyObject *right, PyObject *common, PyObject *same, PyObject *different)
{
    for (int pass = 0; pass < 2; pass++) {
        PyObject *iterator = PyObject_GetIter(common);
        PyObject *key = NULL;
        while (iterator && (key = PyIter_Next(iterator))) {
            PyObject *left_value = PyObject_GetItem(left, key);
            PyObject *right_value = left_value ? PyObject_GetItem(right, key) : NULL;
            int holds = right_value ? values_compare(left_value, right_value, pass ? Py_NE : Py_EQ) : -1;
            Py_XDECREF(left_value);
            Py_XDECREF(right_value);
            if (holds > 0 && pass) {
                holds = PySet_Add(different, key);
            } else if (holds > 0) {
                holds = py_dict_set_take(same, key, PyObject_GetItem(left, key));
            }
            Py_DECREF(key);
            if (holds < 0) {
                break;
            }
        }
        Py_XDECREF(iterator);
        if (PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

static int
add_same(struct comparison *comparison, PyObject *same)
{
    Py_ssize_t count = PyDict_Size(same);
    int status = 0;

    if (!count) {
        return 0;
    }
    if (comparison->verbosity < 2) {
        return comparison_add_format(comparison, "Omitting %zd identical items, use -vv to show", count);
    }
    status = comparison_add(comparison, "Common items:");
    if (status != 0) {
        return status;
    }
    PyObject *text = plain_pretty_format(comparison->state, same);
    return comparison_add_split_take(comparison, comparison_highlight_take(comparison, text, "python"));
}

static int
add_different(struct comparison *comparison, PyObject *left, PyObject *right, PyObject *different)
{
    PyObject *iterator = NULL;
    PyObject *key = NULL;
    int status = 0;

    if (!PySet_Size(different)) {
        return 0;
    }
    status = comparison_add(comparison, "Differing items:");
    iterator = PyObject_GetIter(different);
    while (status == 0 && iterator && (key = PyIter_Next(iterator))) {
        PyObject *left_text = item_text(comparison, left, key);
        PyObject *right_text = left_text ? item_text(comparison, right, key) : NULL;
        status = right_text ? comparison_add_format(comparison, "%U != %U", left_text, right_text) : -1;
        Py_XDECREF(left_text);
        Py_XDECREF(right_text);
        Py_DECREF(key);
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? -1 : status;
}

/* The first keys in the order of the pretty printer: one line each, as many as can be shown. */
static int
add_smallest_items(struct comparison *comparison, PyObject *mapping, PyObject *keys)
{
    PyObject *sort = py_import_attr("_pytest._io.pprint", "_sorted_by_type");
    PyObject *sorted = sort ? py_call1(sort, keys) : NULL;
    int status = sorted ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < comparison->max_lines; i++) {
        status = comparison_add_take(comparison, item_text(comparison, mapping, PyList_GetItem(sorted, i)));
    }
    Py_XDECREF(sort);
    Py_XDECREF(sorted);
    return status;
}

static int
add_all_items(struct comparison *comparison, PyObject *mapping, PyObject *keys)
{
    PyObject *dict = PyDict_New();
    PyObject *iterator = PyObject_GetIter(keys);
    PyObject *key = NULL;
    PyObject *text = NULL;
    int status = dict && iterator ? 0 : -1;

    while (status == 0 && (key = PyIter_Next(iterator))) {
        status = py_dict_set_take(dict, key, PyObject_GetItem(mapping, key));
        Py_DECREF(key);
    }
    if (status == 0 && !PyErr_Occurred()) {
        text = plain_pretty_format(comparison->state, dict);
        status = comparison_add_split_take(comparison, comparison_highlight_take(comparison, text, "python"));
    }
    Py_XDECREF(dict);
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? -1 : status;
}

/* What only one side has. */
static int
add_extra(struct comparison *comparison, const char *side, PyObject *mapping, PyObject *keys, PyObject *other_keys)
{
    PyObject *extra = PyNumber_Subtract(keys, other_keys);
    Py_ssize_t count = extra ? PyObject_Size(extra) : -1;
    int status = count < 0 ? -1 : 0;

    if (count > 0) {
        status = comparison_add_format(comparison, "%s contains %zd more item%s:", side, count, count == 1 ? "" : "s");
    }
    if (status == 0 && count > 0) {
        status = comparison->max_lines && count > comparison->max_lines ? add_smallest_items(comparison, mapping, extra)
                                                                        : add_all_items(comparison, mapping, extra);
    }
    Py_XDECREF(extra);
    return status;
}

int
compare_mappings(struct comparison *comparison, PyObject *left, PyObject *right)
{
    PyObject *left_keys = PyObject_CallMethod(left, "keys", NULL);
    PyObject *right_keys = left_keys ? PyObject_CallMethod(right, "keys", NULL) : NULL;
    PyObject *common = right_keys ? PyNumber_And(left_keys, right_keys) : NULL;
    PyObject *same = PyDict_New();
    PyObject *different = PySet_New(NULL);
    int status = -1;

    if (!common || !same || !different || split_common(left, right, common, same, different) < 0) {
        goto done;
    }
    status = add_same(comparison, same);
    if (status == 0) {
        status = add_different(comparison, left, right, different);
    }
    if (status == 0) {
        status = add_extra(comparison, "Left", left, left_keys, right_keys);
    }
    if (status == 0) {
        status = add_extra(comparison, "Right", right, right_keys, left_keys);
    }
done:
    Py_XDECREF(left_keys);
    Py_XDECREF(right_keys);
    Py_XDECREF(common);
    Py_XDECREF(same);
    Py_XDECREF(different);
    return status;
}

/* ---- Dataclasses, attrs classes, named tuples ---- */

/* Whether __eq__ is the one that its generator made: 1, 0, -1. */
static int
has_default_equality(struct state *state, PyObject *instance)
{
    PyObject *equality = PyObject_GetAttrString(instance, "__eq__");
    PyObject *code = NULL;
    PyObject *file = NULL;
    int found = equality ? py_find_attr(state, equality, state->names.__code__, &code) : -1;

    if (found > 0) {
        found = py_find_attr(state, code, state->names.co_filename, &file);
    }
    int is_default = found < 0 ? -1 : 1;
    if (found > 0) {
        int is_attrs = value_is_attrs(state, instance);
        if (is_attrs > 0) {
            PyObject *part = PyUnicode_FromString("attrs generated ");
            is_default = part ? PyUnicode_Contains(file, part) : -1;
            Py_XDECREF(part);
        } else {
            is_default = is_attrs < 0 ? -1 : py_text_equals(file, "<string>");
        }
    }
    Py_XDECREF(equality);
    Py_XDECREF(code);
    Py_XDECREF(file);
    return is_default;
}

/* Names of the fields whose `flag` attribute is true. A new list. */
static PyObject *
flagged_names(struct state *state, PyObject *fields, const char *flag)
{
    PyObject *names = PyList_New(0);
    PyObject *iterator = PyObject_GetIter(fields);
    PyObject *field = NULL;

    while (names && iterator && (field = PyIter_Next(iterator))) {
        PyObject *value = PyObject_GetAttrString(field, flag);
        int is_set = value ? PyObject_IsTrue(value) : -1;
        if (is_set > 0) {
            is_set = py_list_append_take(names, PyObject_GetAttr(field, state->names.name));
        }
        Py_XDECREF(value);
        Py_DECREF(field);
        if (is_set < 0) {
            break;
        }
    }
    Py_XDECREF(iterator);
    if (PyErr_Occurred()) {
        Py_CLEAR(names);
    }
    return names;
}

static PyObject *
field_names(struct state *state, PyObject *instance)
{
    PyObject *fields = NULL;
    PyObject *names = NULL;
    int is_dataclass = value_is_dataclass(state, instance);
    int is_attrs = is_dataclass == 0 ? value_is_attrs(state, instance) : 0;

    if (is_dataclass < 0 || is_attrs < 0) {
        return NULL;
    }
    if (is_dataclass) {
        PyObject *function = py_import_attr("dataclasses", "fields");
        fields = function ? py_call1(function, instance) : NULL;
        names = fields ? flagged_names(state, fields, "compare") : NULL;
        Py_XDECREF(function);
    } else if (is_attrs) {
        fields = PyObject_GetAttrString(instance, "__attrs_attrs__");
        names = fields ? flagged_names(state, fields, "eq") : NULL;
    } else {
        fields = PyObject_GetAttrString(instance, "_fields");
        names = fields ? PySequence_List(fields) : NULL;
    }
    Py_XDECREF(fields);
    return names;
}

static int
split_fields(PyObject *left, PyObject *right, PyObject *names, PyObject *same, PyObject *different)
{
    for (Py_ssize_t i = 0; i < PyList_Size(names); i++) {
        PyObject *name = PyList_GetItem(names, i); /* borrowed: the list is ours */
        PyObject *left_value = PyObject_GetAttr(left, name);
        PyObject *right_value = left_value ? PyObject_GetAttr(right, name) : NULL;
        int are_equal = right_value ? values_compare(left_value, right_value, Py_EQ) : -1;

        Py_XDECREF(left_value);
        Py_XDECREF(right_value);
        if (are_equal < 0 || PyList_Append(are_equal ? same : different, name) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_names(struct comparison *comparison, const char *title, PyObject *names)
{
    int status = comparison_add(comparison, title);

    if (status != 0) {
        return status;
    }
    PyObject *text = plain_pretty_format(comparison->state, names);
    return comparison_add_split_take(comparison, comparison_highlight_take(comparison, text, "python"));
}

static int
drill_down(struct comparison *comparison, PyObject *left, PyObject *right, PyObject *name)
{
    PyObject *left_value = PyObject_GetAttr(left, name);
    PyObject *right_value = left_value ? PyObject_GetAttr(right, name) : NULL;
    PyObject *left_text = NULL;
    PyObject *right_text = NULL;
    int status = right_value ? comparison_add(comparison, "") : -1;

    if (status == 0) {
        status = comparison_add_format(comparison, "Drill down into differing attribute %U:", name);
    }
    if (status != 0) {
        goto done;
    }
    left_text = comparison_highlight_take(comparison, PyObject_Repr(left_value), "python");
    right_text = left_text ? comparison_highlight_take(comparison, PyObject_Repr(right_value), "python") : NULL;
    status = right_text ? comparison_add_format(comparison, "  %U: %U != %U", name, left_text, right_text) : -1;
    if (status == 0) {
        Py_ssize_t max_lines = comparison->max_lines;
        Py_ssize_t max_chars = comparison->max_chars;
        comparison->max_lines = comparison->max_chars = 0;
        comparison->indent += 2;
        status = Py_EnterRecursiveCall(" while comparing attributes") ? -1 : 0;
        if (status == 0) {
            status = compare_equal(comparison, left_value, right_value);
            Py_LeaveRecursiveCall();
        }
        comparison->indent -= 2;
        comparison->max_lines = max_lines;
        comparison->max_chars = max_chars;
    }
done:
    Py_XDECREF(left_value);
    Py_XDECREF(right_value);
    Py_XDECREF(left_text);
    Py_XDECREF(right_text);
    return status;
}

static int
add_fields(struct comparison *comparison, PyObject *left, PyObject *right, PyObject *same, PyObject *different)
{
    Py_ssize_t same_count = PyList_Size(same);
    Py_ssize_t different_count = PyList_Size(different);
    int status = same_count || different_count ? comparison_add(comparison, "") : 0;

    if (status == 0 && same_count) {
        status = comparison->verbosity < 2
                     ? comparison_add_format(comparison, "Omitting %zd identical items, use -vv to show", same_count)
                     : add_names(comparison, "Matching attributes:", same);
    }
    if (status == 0 && different_count) {
        status = add_names(comparison, "Differing attributes:", different);
    }
    for (Py_ssize_t i = 0; status == 0 && i < different_count; i++) {
        status = drill_down(comparison, left, right, PyList_GetItem(different, i));
    }
    return status;
}

int
compare_instances(struct comparison *comparison, PyObject *left, PyObject *right)
{
    PyObject *names = NULL;
    PyObject *same = PyList_New(0);
    PyObject *different = PyList_New(0);
    int status = has_default_equality(comparison->state, left);

    if (status <= 0 || !same || !different) {
        goto done;
    }
    names = field_names(comparison->state, left);
    status = names && split_fields(left, right, names, same, different) == 0
                 ? add_fields(comparison, left, right, same, different)
                 : -1;
done:
    Py_XDECREF(names);
    Py_XDECREF(same);
    Py_XDECREF(different);
    return status;
}
