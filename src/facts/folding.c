/* Operators between literals, where the result is exactly what Python computes: 2 ** 64 - 1, "a" * 80, [1] + [2]. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "facts/reader.h"

enum { INTEGER_MAX_DIGITS = 38, FOLDED_MAX_TEXT = 1 << 16 };

__extension__ typedef __int128 wide;

unsigned
facts_operator_binding(uint32_t operator_code)
{
    switch (operator_code) {
    case OPERATOR1('|'):
        return 1;
    case OPERATOR1('^'):
        return 2;
    case OPERATOR1('&'):
        return 3;
    case OPERATOR2('<', '<'):
    case OPERATOR2('>', '>'):
        return 4;
    case OPERATOR1('+'):
    case OPERATOR1('-'):
        return 5;
    case OPERATOR1('*'):
    case OPERATOR1('/'):
    case OPERATOR1('%'):
    case OPERATOR2('/', '/'):
        return 6;
    case OPERATOR2('*', '*'):
        return 8; /* a sign stands between */
    default:
        return 0;
    }
}

bool
facts_is_foldable(const struct value_node *node)
{
    switch ((enum value_kind)node->kind) {
    case VALUE_INTEGER:
    case VALUE_FLOAT:
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_LIST:
    case VALUE_TUPLE:
        return true;
    default:
        return false;
    }
}

static const char *
node_text(const struct facts_reader *reader, const struct value_node *node)
{
    return (node->is_decoded ? text_string(&reader->decoded) : reader->source) + node->text_start;
}

/* ---- Integers ---- */

static bool
integer_get(const struct facts_reader *reader, const struct value_node *node, wide *integer_out)
{
    const char *text = node_text(reader, node);
    const bool is_negative = node->text_length && text[0] == '-';
    wide value = 0;

    if (node->kind != VALUE_INTEGER || node->text_length > INTEGER_MAX_DIGITS) {
        return false; /* 38 digits are always fewer than 2 ** 127 */
    }
    for (uint32_t i = is_negative ? 1 : 0; i < node->text_length; i++) {
        value = value * 10 + (text[i] - '0');
    }
    *integer_out = is_negative ? -value : value;
    return true;
}

/* To the floor, as Python; the divisor is not 0. */
static wide
floor_divide(wide a, wide b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

static bool
integer_power(wide base, wide exponent, wide *result_out)
{
    wide result = 1;

    if (exponent < 0 || exponent > 200) {
        return false;
    }
    for (; exponent; exponent--) {
        if (__builtin_mul_overflow(result, base, &result)) {
            return false;
        }
    }
    *result_out = result;
    return true;
}

static bool
integers_compute(wide a, uint32_t operator_code, wide b, wide *result_out)
{
    wide power = 0;

    switch (operator_code) {
    case OPERATOR1('|'):
        *result_out = a | b;
        return true;
    case OPERATOR1('^'):
        *result_out = a ^ b;
        return true;
    case OPERATOR1('&'):
        *result_out = a & b;
        return true;
    case OPERATOR1('+'):
        return !__builtin_add_overflow(a, b, result_out);
    case OPERATOR1('-'):
        return !__builtin_sub_overflow(a, b, result_out);
    case OPERATOR1('*'):
        return !__builtin_mul_overflow(a, b, result_out);
    case OPERATOR2('*', '*'):
        return integer_power(a, b, result_out);
    case OPERATOR2('<', '<'):
        return integer_power(2, b, &power) && !__builtin_mul_overflow(a, power, result_out);
    case OPERATOR2('>', '>'):
        *result_out = integer_power(2, b, &power) ? floor_divide(a, power) : 0;
        return power != 0;
    case OPERATOR2('/', '/'):
        *result_out = b ? floor_divide(a, b) : 0;
        return b != 0;
    case OPERATOR1('%'):
        *result_out = b ? a - floor_divide(a, b) * b : 0;
        return b != 0;
    default:
        return false;
    }
}

static bool
integer_set(struct facts_reader *reader, struct value_node *node, wide integer)
{
    char digits[INTEGER_MAX_DIGITS + 2];
    size_t at = sizeof digits;
    /* The smallest one has no positive counterpart: its digits are taken one by one below zero. */
    wide rest = integer < 0 ? integer : -integer;

    do {
        digits[--at] = (char)('0' - (int)(rest % 10));
        rest /= 10;
    } while (rest);
    node->kind = VALUE_INTEGER;
    node->is_decoded = true;
    node->text_start = (uint32_t)reader->decoded.length;
    text_add(&reader->decoded, "-", integer < 0 ? 1 : 0);
    text_add(&reader->decoded, digits + at, sizeof digits - at);
    node->text_length = (uint32_t)(reader->decoded.length - node->text_start);
    return true;
}

/* ---- Floats ---- */

/* Of a float, or of an integer that a double holds exactly. */
static bool
float_get(const struct facts_reader *reader, const struct value_node *node, double *value_out)
{
    const wide limit = (wide)1 << DBL_MANT_DIG;
    char text[64];
    wide integer = 0;

    if (node->kind == VALUE_FLOAT && node->text_length < sizeof text) {
        memcpy(text, node_text(reader, node), node->text_length);
        text[node->text_length] = '\0';
        *value_out = strtod(text, NULL);
        return true;
    }
    if (!integer_get(reader, node, &integer) || integer > limit || integer < -limit) {
        return false;
    }
    *value_out = (double)integer;
    return true;
}

/* Operations that IEEE 754 rounds correctly, as Python does. */
static bool
floats_fold(struct facts_reader *reader, struct value_node *node, uint32_t operator_code, double a, double b)
{
    double result = 0;

    switch (operator_code) {
    case OPERATOR1('+'):
        result = a + b;
        break;
    case OPERATOR1('-'):
        result = a - b;
        break;
    case OPERATOR1('*'):
        result = a * b;
        break;
    case OPERATOR1('/'):
        if (!(b < 0) && !(b > 0)) {
            return false;
        }
        result = a / b;
        break;
    default:
        return false;
    }
    if (!isfinite(result)) {
        return false;
    }
    node->kind = VALUE_FLOAT;
    node->is_decoded = true;
    node->text_start = (uint32_t)reader->decoded.length;
    facts_float_write(&reader->decoded, result);
    node->text_length = (uint32_t)(reader->decoded.length - node->text_start);
    return true;
}

/* ---- Texts and lists ---- */

static bool
text_append(struct facts_reader *reader, const struct value_node *node)
{
    struct text *decoded = &reader->decoded;

    reader->folded_bytes += node->text_length;
    if (reader->folded_bytes > FOLDED_MAX_BYTES) {
        return false;
    }
    if (node->is_decoded) {
        text_add_repeated(decoded, ' ', node->text_length); /* it may move */
        memmove(decoded->bytes + decoded->length - node->text_length, decoded->bytes + node->text_start,
                node->text_length);
    } else {
        text_add(decoded, reader->source + node->text_start, node->text_length);
    }
    return true;
}

/* The texts of both nodes, the first one `count` times. */
static bool
texts_fold(struct facts_reader *reader, struct value_node *node, wide count, const struct value_node *behind)
{
    const size_t start = reader->decoded.length;
    const struct value_node once = *node;

    if (count > FOLDED_MAX_TEXT || (count > 0 && (wide)once.text_length * count > FOLDED_MAX_TEXT)) {
        return false;
    }
    for (wide i = 0; i < count && once.text_length; i++) {
        if (!text_append(reader, &once)) {
            return false;
        }
    }
    if (behind && !text_append(reader, behind)) {
        return false;
    }
    node->is_decoded = true;
    node->text_start = (uint32_t)start;
    node->text_length = (uint32_t)(reader->decoded.length - start);
    return true;
}

static bool
lists_join(struct facts_reader *reader, struct value_node *left, const struct value_node *right)
{
    if (!right->item_count) {
        return true;
    }
    if (left->item_count) {
        reader->nodes[left->last_child].next = right->first_child;
    } else {
        left->first_child = right->first_child;
    }
    left->last_child = right->last_child;
    left->item_count += right->item_count;
    return true;
}

static bool
sequences_fold(struct facts_reader *reader, struct value_node *left, uint32_t operator_code, struct value_node *right)
{
    wide count = 0;

    if (operator_code == OPERATOR1('+') && left->kind == right->kind) {
        return left->kind == VALUE_LIST || left->kind == VALUE_TUPLE ? lists_join(reader, left, right)
                                                                     : texts_fold(reader, left, 1, right);
    }
    if (operator_code != OPERATOR1('*')) {
        return false;
    }
    if (left->kind == VALUE_INTEGER) {
        const struct value_node number = *left;
        const uint32_t next = left->next;
        *left = *right;
        left->next = next;
        *right = number;
    }
    return (left->kind == VALUE_STRING || left->kind == VALUE_BYTES) && integer_get(reader, right, &count) &&
           texts_fold(reader, left, count, NULL);
}

bool
facts_fold(struct facts_reader *reader, uint32_t left_index, uint32_t operator_code, uint32_t right_index)
{
    struct value_node *left = &reader->nodes[left_index];
    struct value_node *right = &reader->nodes[right_index];
    wide a = 0;
    wide b = 0;
    double x = 0;
    double y = 0;

    if (operator_code != OPERATOR1('/') && integer_get(reader, left, &a) && integer_get(reader, right, &b)) {
        return integers_compute(a, operator_code, b, &a) && integer_set(reader, left, a);
    }
    if (float_get(reader, left, &x) && float_get(reader, right, &y)) {
        return (left->kind == VALUE_FLOAT || right->kind == VALUE_FLOAT || operator_code == OPERATOR1('/')) &&
               floats_fold(reader, left, operator_code, x, y);
    }
    return facts_is_foldable(right) && sequences_fold(reader, left, operator_code, right);
}
