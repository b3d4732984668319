/* TOML's strings, numbers, booleans, dates and times. */
#include <string.h>

#include "base/utf8.h"
#include "config/toml_internal.h"

/* ---- Strings ---- */

static bool
read_hex_escape(struct toml_reader *reader, unsigned digits, struct text *text)
{
    unsigned long point = 0;

    for (unsigned i = 0; i < digits; i++) {
        static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
        const char *found = *reader->next ? strchr(DIGITS, *reader->next) : NULL;
        if (!found) {
            return toml_fail(reader, "hexadecimal digits");
        }
        point = point << 4 | ((unsigned long)(found - DIGITS) & 0xf);
        reader->next++;
    }
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return toml_fail(reader, "a Unicode scalar value");
    }
    text_add_point(text, (uint32_t)point);
    return true;
}

/* A backslash before the end of a line swallows all white space up to the next character. */
static bool
skip_line_continuation(struct toml_reader *reader)
{
    const char *at = reader->next;

    while (*at == ' ' || *at == '\t') {
        at++;
    }
    if (*at != '\n' && !(at[0] == '\r' && at[1] == '\n')) {
        return false;
    }
    while (*at == ' ' || *at == '\t' || *at == '\n' || (at[0] == '\r' && at[1] == '\n')) {
        at++;
    }
    reader->next = at;
    return true;
}

/* Behind the backslash. */
static bool
read_escape(struct toml_reader *reader, bool is_multiline, struct text *text)
{
    static const char NAMES[] = "btnfr\"\\";
    static const char VALUES[] = "\b\t\n\f\r\"\\";

    if (is_multiline && skip_line_continuation(reader)) {
        return true;
    }
    char name = *reader->next;
    const char *found = name ? strchr(NAMES, name) : NULL;
    if (found) {
        text_add_char(text, VALUES[found - NAMES]);
        reader->next++;
        return true;
    }
    if (name == 'u' || name == 'U') {
        reader->next++;
        return read_hex_escape(reader, name == 'u' ? 4 : 8, text);
    }
    return toml_fail(reader, "an escape sequence");
}

static bool
is_control(char character)
{
    return ((unsigned char)character < 0x20 && character != '\t') || character == 0x7f;
}

/* At three quotes: whether they close the string (up to two more may belong to its text). */
static bool
closes_multiline(struct toml_reader *reader, char quote, struct text *text)
{
    const char *at = reader->next;

    if (at[0] != quote || at[1] != quote || at[2] != quote) {
        return false;
    }
    at += 3;
    for (unsigned extra = 0; extra < 2 && *at == quote; extra++) {
        text_add_char(text, quote);
        at++;
    }
    reader->next = at;
    return true;
}

static bool
read_multiline(struct toml_reader *reader, char quote, struct text *text)
{
    if (*reader->next == '\n') {
        reader->next++;
    } else if (reader->next[0] == '\r' && reader->next[1] == '\n') {
        reader->next += 2;
    }
    while (reader->next < reader->end) {
        char character = *reader->next;
        if (character == quote && closes_multiline(reader, quote, text)) {
            return true;
        }
        reader->next++;
        if (character == '\\' && quote == '"') {
            if (!read_escape(reader, true, text)) {
                return false;
            }
        } else if (character == '\r' && *reader->next == '\n') {
            continue;
        } else if (is_control(character) && character != '\n') {
            return toml_fail(reader, "no control characters");
        } else {
            text_add_char(text, character);
        }
    }
    return toml_fail(reader, "the end of the string");
}

static bool
read_one_line(struct toml_reader *reader, char quote, struct text *text)
{
    while (reader->next < reader->end && *reader->next != quote) {
        char character = *reader->next++;
        if (character == '\\' && quote == '"') {
            if (!read_escape(reader, false, text)) {
                return false;
            }
        } else if (is_control(character)) {
            return toml_fail(reader, "no control characters");
        } else {
            text_add_char(text, character);
        }
    }
    if (reader->next >= reader->end) {
        return toml_fail(reader, "the end of the string");
    }
    reader->next++;
    return true;
}

bool
toml_read_string(struct toml_reader *reader, bool is_key, const char **text_out, size_t *length_out)
{
    char quote = *reader->next;
    bool is_multiline = reader->next[1] == quote && reader->next[2] == quote;
    struct text text = {0};

    if (is_multiline && is_key) {
        return toml_fail(reader, "a key");
    }
    reader->next += is_multiline ? 3 : 1;
    bool is_read = is_multiline ? read_multiline(reader, quote, &text) : read_one_line(reader, quote, &text);
    if (is_read) {
        *text_out = arena_copy_bytes(reader->arena, text_string(&text), text.length);
        *length_out = text.length;
    }
    text_release(&text);
    return is_read;
}

/* ---- Numbers and times, over the whole word that a scalar is ---- */

static bool
is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* Digits of a set with single underscores between them; returns what follows, NULL when there is none. */
static const char *
skip_digits(const char *at, const char *digits)
{
    if (!*at || !strchr(digits, *at)) {
        return NULL;
    }
    while (*at && (strchr(digits, *at) || (*at == '_' && at[1] && strchr(digits, at[1])))) {
        at++;
    }
    return at;
}

static const char *
skip_count(const char *at, unsigned count)
{
    for (unsigned i = 0; at && i < count; i++) {
        at = is_digit(at[i]) ? at : NULL;
    }
    return at ? at + count : NULL;
}

static bool
is_in_range(const char *two_digits, unsigned min, unsigned max)
{
    unsigned value = (unsigned)(two_digits[0] - '0') * 10 + (unsigned)(two_digits[1] - '0');
    return value >= min && value <= max;
}

static bool
is_date(const char *at)
{
    static const unsigned char DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = 0;
    unsigned month = (unsigned)(at[5] - '0') * 10 + (unsigned)(at[6] - '0');
    for (unsigned i = 0; i < 4; i++) {
        year = year * 10 + (unsigned)(at[i] - '0');
    }
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    if (year == 0 || month < 1 || month > 12) {
        return false;
    }
    return is_in_range(at + 8, 1, DAYS[month - 1] + (month == 2 && is_leap ? 1U : 0U));
}

/* HH:MM:SS[.fraction]; NULL when it is none. */
static const char *
skip_time(const char *at)
{
    if (!skip_count(at, 2) || at[2] != ':' || !skip_count(at + 3, 2) || at[5] != ':' || !skip_count(at + 6, 2)) {
        return NULL;
    }
    if (!is_in_range(at, 0, 23) || !is_in_range(at + 3, 0, 59) || !is_in_range(at + 6, 0, 59)) {
        return NULL;
    }
    at += 8;
    if (*at == '.' && is_digit(at[1])) {
        at++;
        while (is_digit(*at)) {
            at++;
        }
    }
    return at;
}

static const char *
skip_offset(const char *at)
{
    if (*at == 'Z' || *at == 'z') {
        return at + 1;
    }
    if (*at != '+' && *at != '-') {
        return at;
    }
    if (!skip_count(at + 1, 2) || at[3] != ':' || !skip_count(at + 4, 2)) {
        return at;
    }
    return is_in_range(at + 1, 0, 23) && is_in_range(at + 4, 0, 59) ? at + 6 : at;
}

static const char *
skip_date_or_time(const char *at)
{
    if (!skip_count(at, 4) || at[4] != '-') {
        return skip_time(at);
    }
    if (!skip_count(at + 5, 2) || at[7] != '-' || !skip_count(at + 8, 2) || !is_date(at)) {
        return NULL;
    }
    at += 10;
    if (*at != 'T' && *at != 't' && *at != ' ') {
        return at;
    }
    const char *after_time = skip_time(at + 1);
    return after_time ? skip_offset(after_time) : *at == ' ' ? at : NULL;
}

static const char *
skip_prefixed_integer(const char *at)
{
    switch (at[1]) {
    case 'x':
        return skip_digits(at + 2, "0123456789abcdefABCDEF");
    case 'o':
        return skip_digits(at + 2, "01234567");
    case 'b':
        return skip_digits(at + 2, "01");
    default:
        return NULL;
    }
}

/* An integer or a float; tells which. */
static const char *
skip_number(const char *at, enum toml_kind *kind_out)
{
    *kind_out = TOML_INTEGER;
    if (*at == '0' && at[1] && strchr("xob", at[1])) {
        const char *after = skip_prefixed_integer(at);
        return after ? after : at + 1;
    }
    at += *at == '+' || *at == '-';
    if (strncmp(at, "inf", 3) == 0 || strncmp(at, "nan", 3) == 0) {
        *kind_out = TOML_FLOAT;
        return at + 3;
    }
    const char *after = *at == '0' ? at + 1 : skip_digits(at, "0123456789");
    if (!after) {
        return NULL;
    }
    if (*after == '.' && is_digit(after[1])) {
        *kind_out = TOML_FLOAT;
        after = skip_digits(after + 1, "0123456789");
    }
    if (*after == 'e' || *after == 'E') {
        const char *exponent = after + 1 + (after[1] == '+' || after[1] == '-');
        if (is_digit(*exponent)) {
            *kind_out = TOML_FLOAT;
            after = skip_digits(exponent, "0123456789");
        }
    }
    return after;
}

static struct toml_value *
new_word(struct toml_reader *reader, enum toml_kind kind, const char *after)
{
    struct toml_value *value = toml_new(reader, kind);
    struct text text = {0};

    for (const char *at = reader->next; at < after; at++) {
        if (*at != '_') {
            text_add_char(&text, *at);
        }
    }
    value->text = arena_copy_bytes(reader->arena, text_string(&text), text.length);
    value->length = text.length;
    text_release(&text);
    reader->next = after;
    return value;
}

struct toml_value *
toml_read_scalar(struct toml_reader *reader)
{
    enum toml_kind kind = TOML_BOOLEAN;
    const char *at = reader->next;
    const char *after = NULL;

    if (*at == '"' || *at == '\'') {
        struct toml_value *value = toml_new(reader, TOML_STRING);
        return toml_read_string(reader, false, &value->text, &value->length) ? value : NULL;
    }
    if (strncmp(at, "true", 4) == 0 || strncmp(at, "false", 5) == 0) {
        struct toml_value *value = new_word(reader, kind, at + (*at == 't' ? 4 : 5));
        value->truth = *at == 't';
        return value;
    }
    after = skip_date_or_time(at);
    if (after) {
        return new_word(reader, TOML_TIME, after);
    }
    after = skip_number(at, &kind);
    if (after) {
        return new_word(reader, kind, after);
    }
    toml_fail(reader, "a value");
    return NULL;
}
