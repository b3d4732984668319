/* String and bytes literals: escapes resolved, adjacent ones joined. */
#include <string.h>

#include "base/utf8.h"
#include "facts/reader.h"

/* A literal taken apart. */
struct literal {
    const char *body; /* between the quotes */
    const char *end;
    bool is_bytes;
    bool is_raw;
};

static struct literal
literal_of(const struct facts_reader *reader, const struct token *token)
{
    const char *at = reader->source + token->start;
    struct literal literal = {.end = reader->source + token->end};

    for (; *at != '"' && *at != '\''; at++) {
        literal.is_bytes = literal.is_bytes || (*at | 0x20) == 'b';
        literal.is_raw = literal.is_raw || (*at | 0x20) == 'r';
    }
    size_t quotes = literal.end - at >= 6 && at[1] == at[0] && at[2] == at[0] ? 3 : 1;
    literal.body = at + quotes;
    literal.end -= quotes;
    return literal;
}

/* False for a lone surrogate and what is no code point. */
static bool
add_code_point(struct text *text, uint32_t code)
{
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        return false;
    }
    text_add_point(text, code);
    return true;
}

static bool
add_code(struct text *text, uint32_t code, bool is_bytes)
{
    if (is_bytes) {
        text_add_char(text, (char)(code & 0xFF));
        return true;
    }
    return add_code_point(text, code);
}

/* Exactly `count` hexadecimal digits. */
static bool
add_hex(struct text *text, const char **at, const char *end, unsigned count, bool is_bytes)
{
    uint32_t code = 0;

    for (unsigned i = 0; i < count; i++, (*at)++) {
        if (*at == end) {
            return false;
        }
        char digit = **at;
        char letter = (char)(digit | 0x20);
        if (digit >= '0' && digit <= '9') {
            code = code << 4 | (uint32_t)(digit - '0');
        } else if (letter >= 'a' && letter <= 'f') {
            code = code << 4 | (uint32_t)(letter - 'a' + 10);
        } else {
            return false;
        }
    }
    return add_code(text, code, is_bytes);
}

static bool
add_octal(struct text *text, const char **at, const char *end, bool is_bytes)
{
    uint32_t code = 0;

    for (unsigned i = 0; i < 3 && *at < end && **at >= '0' && **at <= '7'; i++, (*at)++) {
        code = code << 3 | (uint32_t)(**at - '0');
    }
    return add_code(text, code, is_bytes);
}

/* What follows a backslash. */
static bool
add_escape(struct text *text, const char **at, const char *end, bool is_bytes)
{
    static const char SIMPLE[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
    char escape = *(*at)++;

    for (size_t i = 0; i + 1 < sizeof SIMPLE; i += 2) {
        if (SIMPLE[i] == escape) {
            text_add_char(text, SIMPLE[i + 1]);
            return true;
        }
    }
    switch (escape) {
    case '\r':
        *at += *at < end && **at == '\n' ? 1 : 0;
        return true;
    case '\n':
        return true;
    case 'x':
        return add_hex(text, at, end, 2, is_bytes);
    case 'u':
    case 'U':
    case 'N':
        if (!is_bytes) {
            return escape != 'N' && add_hex(text, at, end, escape == 'u' ? 4 : 8, false);
        }
        break;
    default:
        if (escape >= '0' && escape <= '7') {
            (*at)--;
            return add_octal(text, at, end, is_bytes);
        }
        break;
    }
    text_add_char(text, '\\');
    (*at)--; /* it may begin a character of several bytes */
    return true;
}

static bool
literal_decode(struct text *text, const struct literal *literal)
{
    const char *at = literal->body;

    while (at < literal->end) {
        const char *plain = at;
        while (at < literal->end && *at != '\r' && (literal->is_raw || *at != '\\')) {
            at++;
        }
        text_add(text, plain, (size_t)(at - plain));
        if (at == literal->end) {
            break;
        }
        if (*at++ == '\r') { /* Python reads every line end as \n */
            text_add_char(text, '\n');
            at += at < literal->end && *at == '\n' ? 1 : 0;
        } else if (at == literal->end || !add_escape(text, &at, literal->end, literal->is_bytes)) {
            return false;
        }
    }
    return true;
}

bool
facts_strings_read(struct facts_reader *reader, uint32_t first, uint32_t end, struct value_node *node)
{
    struct literal literal = literal_of(reader, &reader->tokens[first]);
    const bool is_bytes = literal.is_bytes;
    size_t length = (size_t)(literal.end - literal.body);

    node->kind = is_bytes ? VALUE_BYTES : VALUE_STRING;
    if (end == first + 1 && !memchr(literal.body, '\r', length) &&
        (literal.is_raw || !memchr(literal.body, '\\', length))) {
        node->text_start = (uint32_t)(literal.body - reader->source);
        node->text_length = (uint32_t)length;
        return is_bytes ? utf8_is_ascii(literal.body, length) : utf8_find_invalid(literal.body, length) == length;
    }
    node->is_decoded = true;
    node->text_start = (uint32_t)reader->decoded.length;
    for (uint32_t i = first; i < end; i++) {
        literal = literal_of(reader, &reader->tokens[i]);
        length = (size_t)(literal.end - literal.body);
        if (literal.is_bytes != is_bytes || (is_bytes && !utf8_is_ascii(literal.body, length)) ||
            (!is_bytes && utf8_find_invalid(literal.body, length) < length) ||
            !literal_decode(&reader->decoded, &literal)) {
            return false;
        }
    }
    node->text_length = (uint32_t)(reader->decoded.length - node->text_start);
    return true;
}
