/* Reads a plan and the frame it belongs to: the text of what was asserted, with the values that it had. */
#include <string.h>

#include "fixtures/fixtures.h"
#include "io/io.h"
#include "rewrite/internal.h"
#include "rewrite/plan_values.h"

static const char *const OPERATOR_TEXTS[OPERATOR_COUNT] = {
    [OPERATOR_NOT] = "not ",         [OPERATOR_INVERT] = "~",
    [OPERATOR_MINUS] = "-",          [OPERATOR_PLUS] = "+",
    [OPERATOR_BIT_OR] = "|",         [OPERATOR_BIT_XOR] = "^",
    [OPERATOR_BIT_AND] = "&",        [OPERATOR_LEFT_SHIFT] = "<<",
    [OPERATOR_RIGHT_SHIFT] = ">>",   [OPERATOR_ADD] = "+",
    [OPERATOR_SUBTRACT] = "-",       [OPERATOR_MULTIPLY] = "*",
    [OPERATOR_DIVIDE] = "/",         [OPERATOR_FLOOR_DIVIDE] = "//",
    [OPERATOR_REMAINDER] = "%",      [OPERATOR_POWER] = "**",
    [OPERATOR_MATRIX] = "@",         [OPERATOR_EQUAL] = "==",
    [OPERATOR_NOT_EQUAL] = "!=",     [OPERATOR_LESS] = "<",
    [OPERATOR_LESS_EQUAL] = "<=",    [OPERATOR_GREATER] = ">",
    [OPERATOR_GREATER_EQUAL] = ">=", [OPERATOR_IS] = "is",
    [OPERATOR_IS_NOT] = "is not",    [OPERATOR_IN] = "in",
    [OPERATOR_NOT_IN] = "not in",
};

static int explain_node(struct explain_frame *frame, struct plan_cursor *cursor, struct text *out);

/* ---- Representations ---- */

static void
add_escaped(const char *string, size_t length, struct text *out)
{
    const char *at = string;
    const char *end = string + length;

    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end) {
            text_add(out, at, (size_t)(end - at));
            return;
        }
        text_add(out, at, (size_t)(line_end - at));
        text_add(out, "\\n", 2);
        at = line_end + 1;
    }
}

static int
is_bound_method(struct state *state, PyObject *object)
{
    struct rewrite_room *room = rewrite_room(state);

    if (!room->method_type) {
        room->method_type = py_import_attr("types", "MethodType");
        if (!room->method_type) {
            return -1;
        }
    }
    return PyObject_TypeCheck(object, (PyTypeObject *)room->method_type);
}

/*
 * Methods and functions that are Python in pytest and C here look as they do there: 1 and a new str in *shown_out, 0,
 * -1.
 */
static int
show_native_callable(struct state *state, PyObject *object, PyObject **shown_out)
{
    PyObject *self = NULL; /* borrowed */
    PyObject *module = NULL;

    if (!PyCFunction_Check(object) || !(self = PyCFunction_GetSelf(object))) {
        return 0;
    }
    if (self == state->module) {
        PyObject *name = PyObject_GetAttr(object, state->names.__name__);
        *shown_out = name ? PyUnicode_FromFormat("<function %U at %p>", name, (void *)object) : NULL;
        Py_XDECREF(name);
        return *shown_out ? 1 : -1;
    }
    if (PyModule_Check(self)) {
        return 0;
    }
    int found = py_find_attr(state, (PyObject *)Py_TYPE(self), state->names.__module__, &module);
    bool is_ours = found > 0 && py_text_starts_with(module, "_pytest");
    Py_XDECREF(module);
    if (found < 0 || !is_ours) {
        return found < 0 ? -1 : 0;
    }
    *shown_out = PyObject_GetAttr(object, state->names.__name__);
    return *shown_out ? 1 : -1;
}

/* Bound methods by name; all else by its representation, cut and on one line. */
int
representation_add(struct explain_frame *frame, PyObject *object, struct text *out)
{
    struct text plain = {0};
    PyObject *shown = NULL;
    int status = -1;
    int is_method = is_bound_method(frame->state, object);
    if (is_method < 0) {
        return -1;
    }
    if (is_method) {
        shown = PyObject_GetAttr(object, frame->state->names.__name__);
    } else if (show_native_callable(frame->state, object, &shown) == 0) {
        shown = safe_repr(frame->state, object, frame->max_size, frame->max_size == 0);
    }
    if (shown && py_text_add_str(&plain, shown) == 0) {
        add_escaped(text_string(&plain), plain.length, out);
        status = 0;
    }
    text_release(&plain);
    Py_XDECREF(shown);
    return status;
}

static int
add_value(struct explain_frame *frame, const struct plan_node *node, struct text *out)
{
    PyObject *value = plan_temporary_value(frame, node);
    int status = value ? representation_add(frame, value, out) : -1;

    Py_XDECREF(value);
    return status;
}

int
shows_global_name(struct state *state, PyObject *object)
{
    PyObject *name = NULL;

    if (PyCallable_Check(object)) {
        PyTypeObject *type = fixtures_types(state) ? fixtures_types(state)->fixture_function_definition : NULL;
        return type && PyObject_TypeCheck(object, type);
    }
    int found = py_find_attr(state, object, state->names.__name__, &name);
    Py_XDECREF(name);
    if (found < 0 && PyErr_ExceptionMatches(PyExc_Exception)) {
        PyErr_Clear();
        return 1;
    }
    return found < 0 ? -1 : !found;
}

/* Local variables by value; global ones by value unless they are functions, classes or modules. */
static int
explain_name(struct explain_frame *frame, const struct plan_node *node, struct text *out)
{
    PyObject *name = NULL;
    PyObject *local = NULL;
    PyObject *value = NULL;
    int is_shown = -1;

    if (node->temporary && (node->flags & NODE_SHOWS_VALUE)) {
        return add_value(frame, node, out);
    }
    name = PyUnicode_DecodeUTF8(node->text, (Py_ssize_t)node->text_length, NULL);
    is_shown = name ? plan_mapping_find(frame->locals, name, &local) : -1;
    if (is_shown < 0) {
        goto done;
    }
    value = node->temporary && node->kind == EXPRESSION_NAME ? plan_temporary_value(frame, node)
                                                             : plan_name_value(frame, node);
    if (!value) {
        is_shown = -1;
        goto done;
    }
    if (is_shown == 0) {
        is_shown = shows_global_name(frame->state, value);
    }
    if (is_shown > 0) {
        is_shown = representation_add(frame, value, out);
    } else if (is_shown == 0) {
        text_add(out, node->text, node->text_length);
    }
done:
    Py_XDECREF(name);
    Py_XDECREF(local);
    Py_XDECREF(value);
    return is_shown < 0 ? -1 : 0;
}

/* ---- Nodes ---- */

/* "value\n{value = what\n}": format_explanation() makes a "where" line of it. */
static void
add_where(struct text *out, const struct text *value, const struct text *what)
{
    text_add(out, text_string(value), value->length);
    text_add(out, "\n{", 2);
    text_add(out, text_string(value), value->length);
    text_add(out, " = ", 3);
    text_add(out, text_string(what), what->length);
    text_add(out, "\n}", 2);
}

/* Positional arguments come first in an explanation, wherever the keywords stand. */
static int
explain_arguments(struct explain_frame *frame, struct plan_cursor *cursor, uint32_t count, struct text *what)
{
    bool is_first = true;

    for (int shows_keywords = 0; shows_keywords < 2; shows_keywords++) {
        struct plan_cursor at = *cursor;
        for (uint32_t i = 0; i < count; i++) {
            bool is_keyword = at.at < at.end && *at.at == EXPRESSION_KEYWORD;
            if (is_keyword != (shows_keywords == 1)) {
                plan_skip_node(&at);
                continue;
            }
            if (!is_first) {
                text_add(what, ", ", 2);
            }
            is_first = false;
            if (explain_node(frame, &at, what) < 0) {
                return -1;
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        plan_skip_node(cursor);
    }
    return 0;
}

/* The node's value, and where it comes from. */
static int
add_value_where(struct explain_frame *frame, const struct plan_node *node, const struct text *what, struct text *out)
{
    struct text value = {0};
    int status = add_value(frame, node, &value);

    if (status == 0) {
        add_where(out, &value, what);
    }
    text_release(&value);
    return status;
}

static int
explain_call(struct explain_frame *frame, struct plan_cursor *cursor, const struct plan_node *node, struct text *out)
{
    struct text what = {0};
    int status = explain_node(frame, cursor, &what);

    if (status == 0) {
        text_add_char(&what, '(');
        status = explain_arguments(frame, cursor, node->count - 1, &what);
        text_add_char(&what, ')');
    }
    if (status == 0) {
        status = add_value_where(frame, node, &what, out);
    }
    text_release(&what);
    return status;
}

static int
explain_attribute(struct explain_frame *frame, struct plan_cursor *cursor, const struct plan_node *node,
                  struct text *out)
{
    struct text what = {0};
    int status = explain_node(frame, cursor, &what);

    if (status == 0) {
        text_add_char(&what, '.');
        text_add(&what, node->text, node->text_length);
        status = add_value_where(frame, node, &what, out);
    }
    text_release(&what);
    return status;
}

/* Whether evaluation went past this operand: 1, 0, -1. */
static int
goes_on(struct explain_frame *frame, struct plan_cursor operand, enum expression_operator operator_kind, bool is_known)
{
    if (is_known) {
        return 1;
    }
    PyObject *value = plan_value(frame, &operand);
    int truth = value ? PyObject_IsTrue(value) : -1;

    Py_XDECREF(value);
    if (truth < 0) {
        return -1;
    }
    return truth == (operator_kind == OPERATOR_AND);
}

/* A value can be asked for: the plan gave the node a temporary, or it needs none. */
static bool
has_value(struct plan_cursor cursor)
{
    struct plan_node node = plan_read_node(&cursor);

    if (node.temporary) {
        return true;
    }
    switch (node.kind) {
    case EXPRESSION_NAME:
    case EXPRESSION_NAMED:
    case EXPRESSION_CONSTANT:
        return true;
    case EXPRESSION_UNARY:
        return node.operator_kind != OPERATOR_NOT && has_value(cursor);
    case EXPRESSION_BINARY: {
        struct plan_cursor right = cursor;
        plan_skip_node(&right);
        return has_value(cursor) && has_value(right);
    }
    default:
        return false;
    }
}

static int
explain_bool(struct explain_frame *frame, struct plan_cursor *cursor, const struct plan_node *node, struct text *out)
{
    bool is_reached = true;

    text_add_char(out, '(');
    for (uint32_t i = 0; i < node->count; i++) {
        struct plan_cursor operand = *cursor;
        if (!is_reached) {
            plan_skip_node(cursor);
            continue;
        }
        if (i) {
            text_add_string(out, node->operator_kind == OPERATOR_OR ? " or " : " and ");
        }
        if (explain_node(frame, cursor, out) < 0) {
            return -1;
        }
        if (i + 1 < node->count) {
            int went_on = goes_on(frame, operand, node->operator_kind, !has_value(operand));
            if (went_on < 0) {
                return -1;
            }
            is_reached = went_on;
        }
    }
    text_add_char(out, ')');
    return 0;
}

static int
explain_operand(struct explain_frame *frame, struct plan_cursor cursor, struct text *out)
{
    bool has_parentheses = *cursor.at == EXPRESSION_COMPARE || *cursor.at == EXPRESSION_BOOL;

    if (has_parentheses) {
        text_add_char(out, '(');
    }
    if (explain_node(frame, &cursor, out) < 0) {
        return -1;
    }
    if (has_parentheses) {
        text_add_char(out, ')');
    }
    return 0;
}

/* Whether a chain got to the operand at the cursor: its temporary is set. 1, 0, -1. */
static int
chain_reached(struct explain_frame *frame, struct plan_cursor cursor)
{
    struct plan_node node = plan_read_node(&cursor);
    PyObject *value = NULL;
    int found = plan_temporary_find(frame, &node, &value);

    if (found > 0) {
        found = value != rewrite_room(frame->state)->fail;
        Py_DECREF(value);
    }
    return found;
}

/* One pair of a comparison: what the hooks say of it, else both sides. */
static int
explain_pair(struct explain_frame *frame, struct plan_cursor left, struct plan_cursor right,
             enum expression_operator operator_kind, struct text *out)
{
    const char *operator_text = OPERATOR_TEXTS[operator_kind];
    struct plan_cursor at = left;
    PyObject *left_value = plan_value(frame, &at);
    PyObject *right_value = NULL;
    int status = -1;

    if (!left_value) {
        return -1;
    }
    at = right;
    right_value = plan_value(frame, &at);
    if (!right_value) {
        goto done;
    }
    status = comparison_explain(frame->state, operator_text, left_value, right_value, out);
    if (status != 0) {
        status = status < 0 ? -1 : 0;
        goto done;
    }
    status = explain_operand(frame, left, out);
    if (status < 0) {
        goto done;
    }
    text_add_format(out, " %s ", operator_text);
    status = explain_operand(frame, right, out);
done:
    Py_DECREF(left_value);
    Py_XDECREF(right_value);
    return status;
}

static int
explain_compare(struct explain_frame *frame, struct plan_cursor *cursor, const struct plan_node *node, struct text *out)
{
    struct plan_cursor left = *cursor;
    struct plan_cursor right = *cursor;
    enum expression_operator operator_kind = OPERATOR_NONE;
    bool is_found = false;

    plan_skip_node(cursor);
    for (uint32_t i = 1; i < node->count; i++) {
        enum expression_operator next = (enum expression_operator)(plan_read_number(cursor) % OPERATOR_COUNT);
        if (!is_found) {
            int reached = i < 2 ? 1 : chain_reached(frame, *cursor);
            if (reached < 0) {
                return -1;
            }
            if (reached) {
                left = i < 2 ? left : right;
                right = *cursor;
                operator_kind = next;
            } else {
                is_found = true;
            }
        }
        plan_skip_node(cursor);
    }
    return explain_pair(frame, left, right, operator_kind, out);
}

static int
explain_node(struct explain_frame *frame, struct plan_cursor *cursor, struct text *out)
{
    struct plan_node node = plan_read_node(cursor);
    int status = 0;

    switch (node.kind) {
    case EXPRESSION_OPAQUE:
        return add_value(frame, &node, out);
    case EXPRESSION_NAME:
    case EXPRESSION_NAMED:
        return explain_name(frame, &node, out);
    case EXPRESSION_CONSTANT: {
        PyObject *value = plan_constant_value(frame, &node);
        status = value ? representation_add(frame, value, out) : -1;
        Py_XDECREF(value);
        return status;
    }
    case EXPRESSION_BOOL:
        return explain_bool(frame, cursor, &node, out);
    case EXPRESSION_UNARY:
        text_add_string(out, OPERATOR_TEXTS[node.operator_kind]);
        return explain_node(frame, cursor, out);
    case EXPRESSION_BINARY:
        text_add_char(out, '(');
        status = explain_node(frame, cursor, out);
        text_add_format(out, " %s ", OPERATOR_TEXTS[node.operator_kind]);
        status = status < 0 ? -1 : explain_node(frame, cursor, out);
        text_add_char(out, ')');
        return status;
    case EXPRESSION_CALL:
        return explain_call(frame, cursor, &node, out);
    case EXPRESSION_STARRED:
        text_add_char(out, '*');
        return explain_node(frame, cursor, out);
    case EXPRESSION_KEYWORD:
        text_add(out, node.text, node.text_length);
        text_add_string(out, node.text_length ? "=" : "**");
        return explain_node(frame, cursor, out);
    case EXPRESSION_ATTRIBUTE:
        return explain_attribute(frame, cursor, &node, out);
    case EXPRESSION_COMPARE:
        return explain_compare(frame, cursor, &node, out);
    }
    PyErr_SetString(PyExc_SystemError, "fastest: the plan of this assertion is damaged");
    return -1;
}

int
explain_plan(struct explain_frame *frame, const unsigned char *plan, size_t length, struct text *out)
{
    struct plan_cursor cursor = {plan, plan + length};
    return explain_node(frame, &cursor, out);
}
