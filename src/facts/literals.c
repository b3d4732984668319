/* Numbers and strings as Python reads them: integers in decimal, floats as repr() writes them, escapes resolved. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/reader.h"

enum {
    MAX_DIGITS = 4000,
    LIMB_DIGITS = 9,
    LIMB_BASE = 1000000000,
    MAX_LIMBS = MAX_DIGITS / LIMB_DIGITS + 2,
    MIN_FACTOR = 1 << 25, /* times any radix it is still below LIMB_BASE: the carry fits into one limb */
    MAX_FLOAT_TEXT = 400, /* of a float as it is written */
    FLOAT_DIGITS = 17,
};

static bool
node_decoded(struct facts_reader *reader, struct value_node *node, enum value_kind kind, size_t start)
{
    node->kind = (uint8_t)kind;
    node->is_decoded = true;
    node->text_start = (uint32_t)start;
    node->text_length = (uint32_t)(reader->decoded.length - start);
    return true;
}

/* ---- Integers ---- */

static unsigned
digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return (unsigned)(digit - '0');
    }
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a') + 10 : 16;
}

static unsigned
radix_of(const char *text, size_t length)
{
    if (length < 2 || text[0] != '0') {
        return 10;
    }
    switch (text[1] | 0x20) {
    case 'x':
        return 16;
    case 'o':
        return 8;
    case 'b':
        return 2;
    default:
        return 10;
    }
}

/* Multiplies and adds; false when there is no more room. */
static bool
limbs_shift(uint32_t *limbs, unsigned *count, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;

    for (unsigned i = 0; i < *count; i++) {
        carry += (uint64_t)limbs[i] * factor;
        limbs[i] = (uint32_t)(carry % LIMB_BASE);
        carry /= LIMB_BASE;
    }
    if (carry) {
        if (*count == MAX_LIMBS) {
            return false;
        }
        limbs[(*count)++] = (uint32_t)carry;
    }
    return true;
}

static bool
radix_integer_read(struct facts_reader *reader, const char *text, size_t length, unsigned radix)
{
    uint32_t limbs[MAX_LIMBS];
    unsigned count = 0;
    uint32_t factor = 1; /* of the digits that wait to be added, several at a time */
    uint32_t waiting = 0;

    for (size_t i = 2; i < length; i++) {
        if (text[i] == '_') {
            continue;
        }
        unsigned digit = digit_value(text[i]);
        if (digit >= radix) {
            return false;
        }
        waiting = waiting * radix + digit;
        factor *= radix;
        if (factor >= MIN_FACTOR || i + 1 == length) {
            if (!limbs_shift(limbs, &count, factor, waiting)) {
                return false;
            }
            factor = 1;
            waiting = 0;
        }
    }
    if (length == 2 || text[length - 1] == '_') {
        return false;
    }
    text_add_format(&reader->decoded, "%u", count ? (unsigned)limbs[count - 1] : 0U);
    for (unsigned i = count; i > 1; i--) {
        text_add_format(&reader->decoded, "%09u", (unsigned)limbs[i - 2]);
    }
    return true;
}

static bool
decimal_integer_read(struct facts_reader *reader, const char *text, size_t length)
{
    size_t first = reader->decoded.length;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '_') {
            continue;
        }
        if (digit_value(text[i]) > 9) {
            return false;
        }
        if (reader->decoded.length == first + 1 && reader->decoded.bytes[first] == '0') {
            if (text[i] != '0') {
                return false; /* 012 is no Python */
            }
            continue;
        }
        text_add_char(&reader->decoded, text[i]);
    }
    return true;
}

/* Whether it is written as str() writes it. */
static bool
is_plain_decimal(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (digit_value(text[i]) > 9) {
            return false;
        }
    }
    return length == 1 || text[0] != '0';
}

static bool
integer_read(struct facts_reader *reader, const char *text, size_t length, bool is_negative, struct value_node *node)
{
    size_t start = reader->decoded.length;
    unsigned radix = radix_of(text, length);

    if (!is_negative && is_plain_decimal(text, length)) {
        node->kind = VALUE_INTEGER;
        node->text_start = (uint32_t)(text - reader->source);
        node->text_length = (uint32_t)length;
        return length <= MAX_DIGITS;
    }
    text_add(&reader->decoded, "-", is_negative ? 1 : 0);
    size_t digits = reader->decoded.length;
    if (!(radix == 10 ? decimal_integer_read(reader, text, length) : radix_integer_read(reader, text, length, radix))) {
        return false;
    }
    if (reader->decoded.length - digits > MAX_DIGITS) {
        return false;
    }
    if (is_negative && reader->decoded.bytes[digits] == '0') {
        start = digits;
    }
    return node_decoded(reader, node, VALUE_INTEGER, start);
}

/* ---- Floats ---- */

static bool
is_text_of(const char *text, double value)
{
    double read = strtod(text, NULL);

    return read >= value && read <= value;
}

/* The number in "d.dddde-dd" becomes the next one of as many digits; false where that is none so short. */
static bool
digits_increment(char *text)
{
    for (char *at = text + strcspn(text, "e"); at-- > text;) {
        if (*at != '.' && *at < '9') {
            ++*at;
            return true;
        }
        *at = *at == '.' ? '.' : '0';
    }
    return false;
}

/* The shortest digits that read back as the same value, as "1234" and the exponent of "0.1234". */
static void
shortest_digits(double value, char digits[FLOAT_DIGITS + 1], int *point_out)
{
    char text[FLOAT_DIGITS + 16];
    int exponent = 0;
    unsigned count = 0;
    /* Below a power of two the next double is nearer than above it: what is rounded down may read as that one. */
    const bool is_lopsided = frexp(value, &exponent) <= 0.5;

    /* Up to 15 digits come back as they were written, with zeros behind them, unless the value is subnormal. */
    for (int precision = value < DBL_MIN ? 0 : DBL_DIG - 1; precision < FLOAT_DIGITS; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        if (is_text_of(text, value) ||
            (is_lopsided && precision + 1 < FLOAT_DIGITS && digits_increment(text) && is_text_of(text, value))) {
            break;
        }
    }
    const char *at = text;
    for (; *at && *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9') {
            digits[count++] = *at;
        }
    }
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    digits[count] = '\0';
    *point_out = (*at ? (int)strtol(at + 1, NULL, 10) : 0) + 1;
}

/* As repr() writes it; `has_fraction`: "1.0", not "1". */
static void
float_write(struct text *text, double value, bool has_fraction)
{
    char digits[FLOAT_DIGITS + 1];
    int point = 0;

    if (signbit(value)) {
        text_add_char(text, '-');
        value = -value;
    }
    if (isinf(value)) {
        text_add_string(text, "inf");
        return;
    }
    shortest_digits(value, digits, &point);
    int count = (int)strlen(digits);
    if (point > 16 || point < -3) {
        text_add(text, digits, 1);
        if (count > 1) {
            text_add_char(text, '.');
            text_add_string(text, digits + 1);
        }
        text_add_format(text, "e%c%02d", point - 1 < 0 ? '-' : '+', abs(point - 1));
    } else if (point <= 0) {
        text_add_string(text, "0.");
        text_add_repeated(text, '0', (size_t)-point);
        text_add_string(text, digits);
    } else if (count > point) {
        text_add(text, digits, (size_t)point);
        text_add_char(text, '.');
        text_add_string(text, digits + point);
    } else {
        text_add_string(text, digits);
        text_add_repeated(text, '0', (size_t)(point - count));
        text_add_string(text, has_fraction ? ".0" : "");
    }
}

void
facts_float_write(struct text *text, double value)
{
    float_write(text, value, true);
}

/* Without its underscores; false where it is too long to be looked at. */
static bool
float_parse(const char *text, size_t length, double *value_out)
{
    char plain[MAX_FLOAT_TEXT];
    char *end = NULL;
    size_t count = 0;

    if (length >= sizeof plain) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '_') {
            plain[count++] = text[i];
        }
    }
    plain[count] = '\0';
    *value_out = strtod(plain, &end);
    return end == plain + count && count;
}

bool
facts_number_read(struct facts_reader *reader, const struct token *token, bool is_negative, struct value_node *node)
{
    const char *text = reader->source + token->start;
    size_t length = token->end - token->start;
    size_t start = reader->decoded.length;
    double value = 0;

    if (radix_of(text, length) != 10) {
        return integer_read(reader, text, length, is_negative, node);
    }
    if ((text[length - 1] | 0x20) == 'j') {
        if (!float_parse(text, length - 1, &value)) {
            return false;
        }
        /* -2j is -(0+2j): its real part is -0.0, and repr() shows that. */
        text_add_string(&reader->decoded, is_negative ? "(-0" : "");
        float_write(&reader->decoded, is_negative ? -value : value, false);
        text_add_string(&reader->decoded, is_negative ? "j)" : "j");
        return node_decoded(reader, node, VALUE_COMPLEX, start);
    }
    if (!memchr(text, '.', length) && !memchr(text, 'e', length) && !memchr(text, 'E', length)) {
        return integer_read(reader, text, length, is_negative, node);
    }
    if (!float_parse(text, length, &value)) {
        return false;
    }
    float_write(&reader->decoded, is_negative ? -value : value, true);
    return node_decoded(reader, node, VALUE_FLOAT, start);
}
