/* Reads a plan and the frame it belongs to: the text of what was asserted, with the values that it had. */
#include <string.h>

#include "fixtures/fixtures.h"
#include "io/io.h"
#include "rewrite/internal.h"
#include "rewrite/plan.h"

/* Where in the plan we are. */
struct cursor {
    const unsigned char *at;
    const unsigned char *end;
};

/* A node's head, read: the cursor is at its children. */
struct plan_node {
    enum expression_kind kind;
    uint32_t temporary; /* number + 1; 0: none */
    uint32_t flags;
    uint32_t count;
    enum expression_operator operator_kind;
    const char *text; /* name or constant */
    size_t text_length;
    const char *mangled;
    size_t mangled_length;
};

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

static int explain_node(struct explain_frame *frame, struct cursor *cursor, struct text *out);
static PyObject *node_value(struct explain_frame *frame, struct cursor *cursor);

/* ---- Decoding ---- */

static uint32_t
read_number(struct cursor *cursor)
{
    uint32_t value = 0;
    unsigned shift = 0;

    while (cursor->at < cursor->end) {
        unsigned byte = *cursor->at++;
        value |= shift < 32 ? (byte & 0x7f) << shift : 0;
        shift += 7;
        if (!(byte & 0x80)) {
            break;
        }
    }
    return value;
}

static const char *
read_bytes(struct cursor *cursor, size_t *length_out)
{
    size_t length = read_number(cursor);
    const char *bytes = (const char *)cursor->at;

    if (length > (size_t)(cursor->end - cursor->at)) {
        length = (size_t)(cursor->end - cursor->at);
    }
    cursor->at += length;
    *length_out = length;
    return bytes;
}

static struct plan_node
read_node(struct cursor *cursor)
{
    struct plan_node node = {.kind = (enum expression_kind)read_number(cursor)};

    node.temporary = read_number(cursor);
    switch (node.kind) {
    case EXPRESSION_NAME:
    case EXPRESSION_NAMED:
        node.flags = read_number(cursor);
        node.text = node.mangled = read_bytes(cursor, &node.text_length);
        node.mangled_length = node.text_length;
        if (node.flags & NODE_IS_MANGLED) {
            node.mangled = read_bytes(cursor, &node.mangled_length);
        }
        break;
    case EXPRESSION_CONSTANT:
    case EXPRESSION_KEYWORD:
    case EXPRESSION_ATTRIBUTE:
        node.text = read_bytes(cursor, &node.text_length);
        break;
    case EXPRESSION_BOOL:
        node.operator_kind = read_number(cursor) ? OPERATOR_OR : OPERATOR_AND;
        node.count = read_number(cursor);
        break;
    case EXPRESSION_UNARY:
    case EXPRESSION_BINARY:
        node.operator_kind = (enum expression_operator)(read_number(cursor) % OPERATOR_COUNT);
        break;
    case EXPRESSION_CALL:
    case EXPRESSION_COMPARE:
        node.count = read_number(cursor);
        break;
    default:
        break;
    }
    return node;
}

/* How many children follow a node's head. */
static uint32_t
child_count(const struct plan_node *node)
{
    switch (node->kind) {
    case EXPRESSION_BOOL:
    case EXPRESSION_CALL:
    case EXPRESSION_COMPARE:
        return node->count;
    case EXPRESSION_BINARY:
        return 2;
    case EXPRESSION_UNARY:
    case EXPRESSION_STARRED:
    case EXPRESSION_KEYWORD:
    case EXPRESSION_ATTRIBUTE:
        return 1;
    default:
        return 0;
    }
}

static void
skip_node(struct cursor *cursor)
{
    struct plan_node node = read_node(cursor);
    uint32_t count = child_count(&node);

    for (uint32_t i = 0; i < count && cursor->at < cursor->end; i++) {
        if (node.kind == EXPRESSION_COMPARE && i) {
            read_number(cursor);
        }
        skip_node(cursor);
    }
}

/* ---- Values ---- */

/* mapping[key]: 1 and a new reference, 0, -1. */
static int
mapping_find(PyObject *mapping, PyObject *key, PyObject **value_out)
{
    if (PyDict_CheckExact(mapping)) {
        return py_dict_find(mapping, key, value_out);
    }
    *value_out = PyObject_GetItem(mapping, key);
    if (*value_out) {
        return 1;
    }
    if (PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
        return 0;
    }
    return -1;
}

/* What a temporary holds: 1 and a new reference, 0 when it was never set, -1. */
static int
temporary_find(struct explain_frame *frame, const struct plan_node *node, PyObject **value_out)
{
    PyObject *name = PyUnicode_FromFormat("@py_assert%u", (unsigned)node->temporary - 1);
    int found = name ? mapping_find(frame->locals, name, value_out) : -1;

    Py_XDECREF(name);
    return found;
}

static PyObject *
temporary_value(struct explain_frame *frame, const struct plan_node *node)
{
    PyObject *value = NULL;
    int found = temporary_find(frame, node, &value);

    if (found == 0) {
        return Py_NewRef(Py_None);
    }
    return value;
}

/* A name as the code of the frame would read it: a new reference, or NameError. */
static PyObject *
name_value(struct explain_frame *frame, const struct plan_node *node)
{
    PyObject *spaces[] = {frame->locals, frame->globals, frame->builtins};
    PyObject *name = PyUnicode_DecodeUTF8(node->mangled, (Py_ssize_t)node->mangled_length, NULL);
    PyObject *value = NULL;
    int found = name ? 0 : -1;

    for (size_t i = 0; found == 0 && i < COUNT_OF(spaces); i++) {
        found = mapping_find(spaces[i], name, &value);
    }
    if (found == 0) {
        PyErr_Format(PyExc_NameError, "name %R is not defined", name);
    }
    Py_XDECREF(name);
    return value;
}

/* Literals that are everywhere, without asking the compiler. NULL without an exception for others. */
static PyObject *
simple_constant(const char *text, size_t length)
{
    if (length == 4 && memcmp(text, "None", 4) == 0) {
        return Py_NewRef(Py_None);
    }
    if (length == 4 && memcmp(text, "True", 4) == 0) {
        return Py_NewRef(Py_True);
    }
    if (length == 5 && memcmp(text, "False", 5) == 0) {
        return Py_NewRef(Py_False);
    }
    if (length && length <= 18 && (text[0] != '0' || length == 1) && strspn(text, "0123456789") >= length) {
        long long value = 0;
        for (size_t i = 0; i < length; i++) {
            value = value * 10 + (text[i] - '0');
        }
        return PyLong_FromLongLong(value);
    }
    if (length >= 2 && (text[0] == '\'' || text[0] == '"') && text[length - 1] == text[0] &&
        !memchr(text, '\\', length) && !memchr(text + 1, text[0], length - 2)) {
        return PyUnicode_DecodeUTF8(text + 1, (Py_ssize_t)length - 2, NULL);
    }
    return NULL;
}

/* Evaluates a literal; its warnings were given when the module was compiled. */
static PyObject *
evaluate_constant(struct explain_frame *frame, const char *text, size_t length)
{
    PyObject *catch_warnings = py_import_attr("warnings", "catch_warnings");
    PyObject *simplefilter = py_import_attr("warnings", "simplefilter");
    PyObject *eval = PyDict_GetItemString(frame->builtins, "eval"); /* borrowed */
    PyObject *manager = catch_warnings ? PyObject_CallNoArgs(catch_warnings) : NULL;
    PyObject *literal = PyUnicode_DecodeUTF8(text, (Py_ssize_t)length, NULL);
    PyObject *source = literal ? PyUnicode_FromFormat("(%U)", literal) : NULL;
    PyObject *entered = manager ? PyObject_CallMethod(manager, "__enter__", NULL) : NULL;
    PyObject *ignored = NULL;
    PyObject *left = NULL;
    PyObject *empty = PyDict_New();
    PyObject *value = NULL;

    if (entered && simplefilter && source && empty && eval) {
        ignored = PyObject_CallFunction(simplefilter, "s", "ignore");
        value = ignored ? PyObject_CallFunctionObjArgs(eval, source, empty, NULL) : NULL;
        PyObject *error = py_error_take();
        left = PyObject_CallMethod(manager, "__exit__", "OOO", Py_None, Py_None, Py_None);
        if (error) {
            py_error_restore_take(error);
        }
    }
    Py_XDECREF(catch_warnings);
    Py_XDECREF(simplefilter);
    Py_XDECREF(manager);
    Py_XDECREF(literal);
    Py_XDECREF(source);
    Py_XDECREF(entered);
    Py_XDECREF(ignored);
    Py_XDECREF(left);
    Py_XDECREF(empty);
    return value;
}

static PyObject *
constant_value(struct explain_frame *frame, const struct plan_node *node)
{
    PyObject *value = simple_constant(node->text, node->text_length);

    if (value || PyErr_Occurred()) {
        return value;
    }
    return evaluate_constant(frame, node->text, node->text_length);
}

static PyObject *
unary_value(enum expression_operator operator_kind, PyObject *operand)
{
    switch (operator_kind) {
    case OPERATOR_MINUS:
        return PyNumber_Negative(operand);
    case OPERATOR_PLUS:
        return PyNumber_Positive(operand);
    case OPERATOR_INVERT:
        return PyNumber_Invert(operand);
    default:
        return Py_NewRef(operand);
    }
}

static PyObject *
binary_value(enum expression_operator operator_kind, PyObject *left, PyObject *right)
{
    switch (operator_kind) {
    case OPERATOR_BIT_OR:
        return PyNumber_Or(left, right);
    case OPERATOR_BIT_XOR:
        return PyNumber_Xor(left, right);
    case OPERATOR_BIT_AND:
        return PyNumber_And(left, right);
    case OPERATOR_LEFT_SHIFT:
        return PyNumber_Lshift(left, right);
    case OPERATOR_RIGHT_SHIFT:
        return PyNumber_Rshift(left, right);
    case OPERATOR_ADD:
        return PyNumber_Add(left, right);
    case OPERATOR_SUBTRACT:
        return PyNumber_Subtract(left, right);
    case OPERATOR_MULTIPLY:
        return PyNumber_Multiply(left, right);
    case OPERATOR_DIVIDE:
        return PyNumber_TrueDivide(left, right);
    case OPERATOR_FLOOR_DIVIDE:
        return PyNumber_FloorDivide(left, right);
    case OPERATOR_REMAINDER:
        return PyNumber_Remainder(left, right);
    case OPERATOR_POWER:
        return PyNumber_Power(left, right, Py_None);
    case OPERATOR_MATRIX:
        return PyNumber_MatrixMultiply(left, right);
    default:
        return Py_NewRef(left);
    }
}

/* The value of a node that has one: a new reference. Moves the cursor behind the node. */
static PyObject *
node_value(struct explain_frame *frame, struct cursor *cursor)
{
    struct cursor start = *cursor;
    struct plan_node node = read_node(cursor);
    PyObject *left = NULL;
    PyObject *right = NULL;
    PyObject *value = NULL;

    if (!node.temporary && (node.kind == EXPRESSION_UNARY || node.kind == EXPRESSION_BINARY)) {
        left = node_value(frame, cursor);
        if (left && node.kind == EXPRESSION_UNARY) {
            value = unary_value(node.operator_kind, left);
        } else if (left) {
            right = node_value(frame, cursor);
            value = right ? binary_value(node.operator_kind, left, right) : NULL;
        }
        Py_XDECREF(left);
        Py_XDECREF(right);
        return value;
    }
    *cursor = start;
    skip_node(cursor);
    if (node.temporary) {
        return temporary_value(frame, &node);
    }
    if (node.kind == EXPRESSION_CONSTANT) {
        return constant_value(frame, &node);
    }
    if (node.kind == EXPRESSION_NAME || node.kind == EXPRESSION_NAMED) {
        return name_value(frame, &node);
    }
    return Py_NewRef(Py_None);
}

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
    PyObject *value = temporary_value(frame, node);
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
    is_shown = name ? mapping_find(frame->locals, name, &local) : -1;
    if (is_shown < 0) {
        goto done;
    }
    value = node->temporary && node->kind == EXPRESSION_NAME ? temporary_value(frame, node) : name_value(frame, node);
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
explain_arguments(struct explain_frame *frame, struct cursor *cursor, uint32_t count, struct text *what)
{
    bool is_first = true;

    for (int shows_keywords = 0; shows_keywords < 2; shows_keywords++) {
        struct cursor at = *cursor;
        for (uint32_t i = 0; i < count; i++) {
            bool is_keyword = at.at < at.end && *at.at == EXPRESSION_KEYWORD;
            if (is_keyword != (shows_keywords == 1)) {
                skip_node(&at);
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
        skip_node(cursor);
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
explain_call(struct explain_frame *frame, struct cursor *cursor, const struct plan_node *node, struct text *out)
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
explain_attribute(struct explain_frame *frame, struct cursor *cursor, const struct plan_node *node, struct text *out)
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
goes_on(struct explain_frame *frame, struct cursor operand, enum expression_operator operator_kind, bool is_known)
{
    if (is_known) {
        return 1;
    }
    PyObject *value = node_value(frame, &operand);
    int truth = value ? PyObject_IsTrue(value) : -1;

    Py_XDECREF(value);
    if (truth < 0) {
        return -1;
    }
    return truth == (operator_kind == OPERATOR_AND);
}

/* A value can be asked for: the plan gave the node a temporary, or it needs none. */
static bool
has_value(struct cursor cursor)
{
    struct plan_node node = read_node(&cursor);

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
        struct cursor right = cursor;
        skip_node(&right);
        return has_value(cursor) && has_value(right);
    }
    default:
        return false;
    }
}

static int
explain_bool(struct explain_frame *frame, struct cursor *cursor, const struct plan_node *node, struct text *out)
{
    bool is_reached = true;

    text_add_char(out, '(');
    for (uint32_t i = 0; i < node->count; i++) {
        struct cursor operand = *cursor;
        if (!is_reached) {
            skip_node(cursor);
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
explain_operand(struct explain_frame *frame, struct cursor cursor, struct text *out)
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
chain_reached(struct explain_frame *frame, struct cursor cursor)
{
    struct plan_node node = read_node(&cursor);
    PyObject *value = NULL;
    int found = temporary_find(frame, &node, &value);

    if (found > 0) {
        found = value != rewrite_room(frame->state)->fail;
        Py_DECREF(value);
    }
    return found;
}

/* One pair of a comparison: what the hooks say of it, else both sides. */
static int
explain_pair(struct explain_frame *frame, struct cursor left, struct cursor right,
             enum expression_operator operator_kind, struct text *out)
{
    const char *operator_text = OPERATOR_TEXTS[operator_kind];
    struct cursor at = left;
    PyObject *left_value = node_value(frame, &at);
    PyObject *right_value = NULL;
    int status = -1;

    if (!left_value) {
        return -1;
    }
    at = right;
    right_value = node_value(frame, &at);
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
explain_compare(struct explain_frame *frame, struct cursor *cursor, const struct plan_node *node, struct text *out)
{
    struct cursor left = *cursor;
    struct cursor right = *cursor;
    enum expression_operator operator_kind = OPERATOR_NONE;
    bool is_found = false;

    skip_node(cursor);
    for (uint32_t i = 1; i < node->count; i++) {
        enum expression_operator next = (enum expression_operator)(read_number(cursor) % OPERATOR_COUNT);
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
        skip_node(cursor);
    }
    return explain_pair(frame, left, right, operator_kind, out);
}

static int
explain_node(struct explain_frame *frame, struct cursor *cursor, struct text *out)
{
    struct plan_node node = read_node(cursor);
    int status = 0;

    switch (node.kind) {
    case EXPRESSION_OPAQUE:
        return add_value(frame, &node, out);
    case EXPRESSION_NAME:
    case EXPRESSION_NAMED:
        return explain_name(frame, &node, out);
    case EXPRESSION_CONSTANT: {
        PyObject *value = constant_value(frame, &node);
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
    struct cursor cursor = {plan, plan + length};
    return explain_node(frame, &cursor, out);
}
