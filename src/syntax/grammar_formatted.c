/* Formatted strings: what stands in their replacement fields is parsed where it stands. */
#include <string.h>

#include "syntax/grammar_parser.h"

/* Fields within formats of fields: CPython's own limits. Strings within fields: each is read once more for each. */
enum { MOST_NESTED = 3, MOST_NESTED_BEFORE_12 = 2, MOST_WITHIN = 12 };

struct formatted {
    struct parser *parser;
    uint32_t at, end; /* between the quotes */
    uint32_t line;
    char quote;
    bool is_triple;
    bool is_raw;
};

static void read_field(struct formatted *formatted, unsigned level);

static char
byte_at(const struct formatted *formatted, uint32_t at)
{
    return at < formatted->end ? formatted->parser->source[at] : '\0';
}

static void
count_lines(struct formatted *formatted, uint32_t start, uint32_t end)
{
    for (const char *at = formatted->parser->source + start;
         (at = memchr(at, '\n', (size_t)(formatted->parser->source + end - at)));) {
        formatted->line++;
        at++;
    }
}

/* Up to a brace that means a field; of a format, also its end. Returns false at the end. */
static bool
skip_text(struct formatted *formatted, bool is_format)
{
    const uint32_t start = formatted->at;

    for (;; formatted->at++) {
        const char byte = byte_at(formatted, formatted->at);
        const bool is_doubled = !is_format && byte == byte_at(formatted, formatted->at + 1);
        if (formatted->at >= formatted->end) {
            break;
        }
        if (byte == '\\') {
            const char next = byte_at(formatted, formatted->at + 1);
            if (next == 'N' && !formatted->is_raw && byte_at(formatted, formatted->at + 2) == '{') {
                while (formatted->at < formatted->end && byte_at(formatted, formatted->at) != '}') {
                    formatted->at++;
                }
            } else if (next != '{' && next != '}') {
                formatted->at++;
            }
        } else if ((byte == '{' || byte == '}') && is_doubled) {
            formatted->at++;
        } else if (byte == '{' || byte == '}') {
            break;
        }
    }
    formatted->at = formatted->at > formatted->end ? formatted->end : formatted->at;
    if (!formatted->is_raw) {
        check_escapes(formatted->parser, start, formatted->at, false);
    }
    count_lines(formatted, start, formatted->at);
    return formatted->at < formatted->end;
}

/* What Python before 3.12 does not allow between the braces. */
static void
check_old(struct formatted *formatted, uint32_t start, uint32_t end)
{
    const char *source = formatted->parser->source;

    for (uint32_t at = start; at < end; at++) {
        const char byte = source[at];
        const bool is_end =
            byte == formatted->quote && (!formatted->is_triple || (source[at + 1] == byte && source[at + 2] == byte));
        if (byte == '\\' || byte == '#' || is_end || (!formatted->is_triple && (byte == '\n' || byte == '\r'))) {
            parser_needs(formatted->parser, 12);
            return;
        }
    }
}

/* "!r", "=" and ":...": behind the expression, to the brace. `inner` has the first sign. */
static void
read_ending(struct formatted *formatted, struct parser *inner, unsigned level)
{
    parser_take(inner, OPERATOR1('='));
    if (parser_is(inner, OPERATOR1('!'))) {
        const uint32_t end = inner->token.end;
        parser_advance(inner);
        const char kind = inner->source[inner->token.start];
        if (inner->token.kind != TOKEN_NAME || inner->token.start != end || inner->token.end != end + 1 ||
            (kind != 'r' && kind != 's' && kind != 'a')) {
            parser_fail(inner);
        }
        if (byte_at(formatted, end + 1) == ' ') {
            parser_needs(formatted->parser, 12);
        }
        parser_advance(inner);
    }
    if (parser_is(inner, OPERATOR1('}'))) {
        formatted->at = inner->token.end;
        return;
    }
    if (!parser_is(inner, OPERATOR1(':')) && !parser_is(inner, OPERATOR2(':', '='))) {
        parser_fail(inner);
        return;
    }
    formatted->at = inner->token.start + 1;
    while (!formatted->parser->has_failed && skip_text(formatted, true) && byte_at(formatted, formatted->at) == '{') {
        read_field(formatted, level + 1);
    }
    formatted->at++;
}

/* From its brace to the closing one. */
static void
read_field(struct formatted *formatted, unsigned level)
{
    struct parser *parser = formatted->parser;
    const uint32_t start = formatted->at + 1;

    if (level > MOST_NESTED) {
        parser_fail(parser);
        return;
    }
    if (parser->field_depth == MOST_WITHIN) {
        parser_doubt(parser, "formatted strings nested very deep");
        formatted->at = formatted->end;
        return;
    }
    if (level > MOST_NESTED_BEFORE_12) {
        parser_needs(parser, 12);
    }
    struct parser inner = *parser;
    inner.field_depth++;
    inner.has_next = false;
    inner.lexer.is_in_field = true;
    inner.lexer.is_line_start = false;
    inner.lexer.is_inside_line = true;
    inner.lexer.offset = start;
    inner.lexer.length = formatted->end;
    inner.lexer.line = formatted->line;
    inner.lexer.depth = 1;
    inner.lexer.indent_count = 0;
    inner.lexer.pending_dedents = 0;
    parser_advance(&inner);
    parse_yield_or_expressions(&inner);
    const uint32_t end = inner.token.start;
    formatted->line = inner.token.line;
    parser->found = inner.found;
    read_ending(formatted, &inner, level);
    if (inner.has_failed) {
        parser->has_given_up = inner.has_given_up;
        parser_fail(parser);
        return;
    }
    parser->odd_count = inner.odd_count;
    parser->around.has_yield = inner.around.has_yield;
    check_old(formatted, start, end);
}

void
check_formatted(struct parser *parser, const struct token *token, uint32_t quote, bool is_raw)
{
    const char *source = parser->source;
    struct formatted formatted = {.parser = parser, .line = token->line, .quote = source[quote], .is_raw = is_raw};

    formatted.is_triple =
        token->end >= quote + 6 && source[quote + 1] == source[quote] && source[quote + 2] == source[quote];
    formatted.at = quote + (formatted.is_triple ? 3 : 1);
    formatted.end = token->end - (formatted.is_triple ? 3 : 1);
    if ((source[token->start] | 0x20) == 't' || (source[token->start + 1] | 0x20) == 't') {
        parser_needs(parser, 14);
    }
    while (!parser->has_failed && skip_text(&formatted, false)) {
        if (byte_at(&formatted, formatted.at) == '}') {
            parser_fail(parser);
            return;
        }
        read_field(&formatted, 1);
    }
}
