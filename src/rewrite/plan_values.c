/* The values that the nodes of a plan had when the assertion failed, from the frame that it failed in. */
#include "rewrite/plan_values.h"

#include <string.h>

int
plan_mapping_find(PyObject *mapping, PyObject *key, PyObject **value_out)
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

int
plan_temporary_find(struct explain_frame *frame, const struct plan_node *node, PyObject **value_out)
{
    PyObject *name = PyUnicode_FromFormat("@py_assert%u", (unsigned)node->temporary - 1);
    int found = name ? plan_mapping_find(frame->locals, name, value_out) : -1;

    Py_XDECREF(name);
    return found;
}

PyObject *
plan_temporary_value(struct explain_frame *frame, const struct plan_node *node)
{
    PyObject *value = NULL;
    int found = plan_temporary_find(frame, node, &value);

    if (found == 0) {
        return Py_NewRef(Py_None);
    }
    return value;
}

PyObject *
plan_name_value(struct explain_frame *frame, const struct plan_node *node)
{
    PyObject *spaces[] = {frame->locals, frame->globals, frame->builtins};
    PyObject *name = PyUnicode_DecodeUTF8(node->mangled, (Py_ssize_t)node->mangled_length, NULL);
    PyObject *value = NULL;
    int found = name ? 0 : -1;

    for (size_t i = 0; found == 0 && i < COUNT_OF(spaces); i++) {
        found = plan_mapping_find(spaces[i], name, &value);
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

PyObject *
plan_constant_value(struct explain_frame *frame, const struct plan_node *node)
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

PyObject *
plan_value(struct explain_frame *frame, struct plan_cursor *cursor)
{
    struct plan_cursor start = *cursor;
    struct plan_node node = plan_read_node(cursor);
    PyObject *left = NULL;
    PyObject *right = NULL;
    PyObject *value = NULL;

    if (!node.temporary && (node.kind == EXPRESSION_UNARY || node.kind == EXPRESSION_BINARY)) {
        left = plan_value(frame, cursor);
        if (left && node.kind == EXPRESSION_UNARY) {
            value = unary_value(node.operator_kind, left);
        } else if (left) {
            right = plan_value(frame, cursor);
            value = right ? binary_value(node.operator_kind, left, right) : NULL;
        }
        Py_XDECREF(left);
        Py_XDECREF(right);
        return value;
    }
    *cursor = start;
    plan_skip_node(cursor);
    if (node.temporary) {
        return plan_temporary_value(frame, &node);
    }
    if (node.kind == EXPRESSION_CONSTANT) {
        return plan_constant_value(frame, &node);
    }
    if (node.kind == EXPRESSION_NAME || node.kind == EXPRESSION_NAMED) {
        return plan_name_value(frame, &node);
    }
    return Py_NewRef(Py_None);
}
