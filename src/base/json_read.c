/* Skips through JSON texts without building anything. */
#include "base/json_read.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

static const char *
skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) {
        at++;
    }
    return at;
}

/* Behind the string that begins at `at`. */
static const char *
skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        at += *at == '\\' && at + 1 < end;
    }
    return at < end ? at + 1 : end;
}

/* Behind the value that begins at `at`. */
static const char *
skip_value(const char *at, const char *end)
{
    size_t depth = 0;

    do {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (depth == 0 && *at != '[' && *at != '{') {
            while (at < end && !strchr(",]} \t\r\n", *at)) {
                at++;
            }
            return at;
        }
        depth += *at == '[' || *at == '{';
        depth -= *at == ']' || *at == '}';
        at++;
    } while (at < end && depth > 0);
    return at;
}

/* The number of four hexadecimal digits; -1 when they are none. */
static int32_t
read_unit(const char *digits, const char *end)
{
    int32_t unit = 0;

    if (end - digits < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        char digit = digits[i];
        int value = digit >= '0' && digit <= '9'   ? digit - '0'
                    : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                    : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                   : -1;
        if (value < 0) {
            return -1;
        }
        unit = unit * 16 + value;
    }
    return unit;
}

/* Behind the escape whose letter is at `at`. */
static const char *
read_escape(const char *at, const char *end, struct text *text)
{
    static const char MEANINGS[] = "n\nt\tr\rb\bf\f";
    int32_t unit = *at == 'u' ? read_unit(at + 1, end) : -1;
    const char *meaning = NULL;

    if (unit < 0) {
        for (size_t i = 0; i + 1 < sizeof MEANINGS; i += 2) {
            meaning = *at == MEANINGS[i] ? &MEANINGS[i + 1] : meaning;
        }
        text_add_char(text, meaning ? *meaning : *at);
        return at + 1;
    }
    at += 5;
    int32_t low =
        unit >= 0xd800 && unit < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? read_unit(at + 2, end) : -1;
    if (low >= 0xdc00 && low < 0xe000) {
        text_add_point(text, 0x10000U + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
        return at + 6;
    }
    text_add_point(text, (uint32_t)unit);
    return at;
}

bool
json_string_read(struct json_slice string, struct text *text)
{
    const char *at = string.start + 1;
    const char *end = string.start + string.length;

    if (string.length < 2 || *string.start != '"' || *--end != '"') {
        return false;
    }
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        const char *stop = escape ? escape : end;
        text_add(text, at, (size_t)(stop - at));
        at = escape && escape + 1 < end ? read_escape(escape + 1, end, text) : end;
    }
    return true;
}

bool
json_find(struct json_slice object, const char *key, struct json_slice *value_out)
{
    const char *end = object.start + object.length;
    const char *at = skip_space(object.start, end);
    struct text name = {0};
    bool is_found = false;

    if (at == end || *at != '{') {
        return false;
    }
    at = skip_space(at + 1, end);
    while (!is_found && at < end && *at == '"') {
        const char *name_end = skip_string(at, end);
        text_clear(&name);
        is_found = json_string_read((struct json_slice){at, (size_t)(name_end - at)}, &name) &&
                   name.length == strlen(key) && memcmp(text_string(&name), key, name.length) == 0;
        at = skip_space(name_end, end);
        at = at < end ? skip_space(at + 1, end) : end; /* the colon */
        const char *value_end = at < end ? skip_value(at, end) : end;
        *value_out = (struct json_slice){at, (size_t)(value_end - at)};
        at = skip_space(value_end, end);
        at = at < end && *at == ',' ? skip_space(at + 1, end) : end;
    }
    text_release(&name);
    return is_found;
}
