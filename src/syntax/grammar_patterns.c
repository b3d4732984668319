/* Patterns of `match`: what they bind, and which of them leave nothing to those behind them. */
#include <string.h>

#include "syntax/grammar_parser.h"

enum { MOST_IN_ALTERNATIVE = 32 };

/* Of one pattern: what must be there once only. */
struct span_list {
    struct span items[MOST_IN_ALTERNATIVE];
    uint32_t count;
};

static bool parse_pattern(struct parser *parser, uint32_t first_name);

/* False: it is there already. */
static bool
add_span(struct parser *parser, struct span_list *list, struct span span)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].end - list->items[i].start == span.end - span.start &&
            memcmp(parser->source + list->items[i].start, parser->source + span.start, span.end - span.start) == 0) {
            return false;
        }
    }
    if (list->count == MOST_IN_ALTERNATIVE) {
        parser_doubt(parser, "a pattern of very many names");
    } else {
        list->items[list->count++] = span;
    }
    return true;
}

static bool
is_wildcard(const struct parser *parser)
{
    return parser->token.end == parser->token.start + 1 && parser->source[parser->token.start] == '_';
}

/* Binds the name that is looked at: each once in a pattern. */
static void
capture(struct parser *parser, uint32_t first_name)
{
    if (!parser_is_name(parser) || !parser_add_name(parser, first_name, &parser->token)) {
        parser_fail(parser);
        return;
    }
    if (parser->scopes) {
        scopes_use(parser->scopes, &parser->token, NAME_BOUND);
    }
    parser_advance(parser);
}

/* ---- Literals and names ---- */

static bool
is_imaginary(const struct parser *parser)
{
    return (parser->source[parser->token.end - 1] | 0x20) == 'j';
}

static void
parse_number(struct parser *parser)
{
    parser_take(parser, OPERATOR1('-'));
    if (parser->token.kind != TOKEN_NUMBER) {
        parser_fail(parser);
        return;
    }
    bool is_real = !is_imaginary(parser);
    check_number(parser, &parser->token);
    parser_advance(parser);
    if (parser_is(parser, OPERATOR1('+')) || parser_is(parser, OPERATOR1('-'))) {
        parser_advance(parser);
        if (!is_real || parser->token.kind != TOKEN_NUMBER || !is_imaginary(parser)) {
            parser_fail(parser);
            return;
        }
        check_number(parser, &parser->token);
        parser_advance(parser);
    }
}

/* False, and nothing is taken: it is none. */
static bool
parse_literal(struct parser *parser)
{
    if (parser_is(parser, OPERATOR1('-')) || parser->token.kind == TOKEN_NUMBER) {
        parse_number(parser);
        return true;
    }
    if (parser->token.kind == TOKEN_STRING) {
        const char first = parser->source[parser->token.start];
        while (parser->token.kind == TOKEN_STRING) {
            if ((first == 'b' || first == 'B') != ((parser->source[parser->token.start] | 0x20) == 'b')) {
                parser_doubt(parser, "bytes beside text in a pattern");
            }
            check_string(parser, &parser->token);
            parser_advance(parser);
        }
        return true;
    }
    return parser_take_keyword(parser, KEYWORD_NULL) || parser_take_keyword(parser, KEYWORD_TRUE) ||
           parser_take_keyword(parser, KEYWORD_FALSE);
}

/* "(" arguments ")" of a class pattern. */
static void
parse_class_arguments(struct parser *parser, uint32_t first_name)
{
    struct span_list keywords = {.count = 0};
    bool has_keyword = false;

    while (!parser->has_failed && !parser_is(parser, OPERATOR1(')'))) {
        if (parser_is_name(parser) && token_is(parser_peek(parser), OPERATOR1('='))) {
            if (!add_span(parser, &keywords, (struct span){parser->token.start, parser->token.end})) {
                parser_fail(parser);
            }
            has_keyword = true;
            parser_advance(parser);
            parser_advance(parser);
        } else if (has_keyword) {
            parser_fail(parser);
        }
        parse_pattern(parser, first_name);
        if (!parser_take(parser, OPERATOR1(','))) {
            break;
        }
    }
    parser_need(parser, OPERATOR1(')'));
}

/* A capture, a wildcard, a value by its dotted name, or a class. Returns whether all matches. */
static bool
parse_name(struct parser *parser, uint32_t first_name)
{
    const struct token *next = parser_peek(parser);
    const bool is_dotted = token_is(next, OPERATOR1('.'));

    if (!is_dotted && !token_is(next, OPERATOR1('('))) {
        if (is_wildcard(parser)) {
            parser_advance(parser);
        } else {
            capture(parser, first_name);
        }
        return true;
    }
    if (parser->scopes) {
        scopes_use(parser->scopes, &parser->token, NAME_USED);
        scopes_keep_from_binding(parser->scopes, scopes_event_count(parser->scopes) - 1);
    }
    parser_advance(parser);
    while (parser_take(parser, OPERATOR1('.'))) {
        parser_need_name(parser);
    }
    if (parser_take(parser, OPERATOR1('('))) {
        parse_class_arguments(parser, first_name);
    }
    return false;
}

/* ---- Sequences and mappings ---- */

static void
parse_star(struct parser *parser, uint32_t first_name)
{
    parser_advance(parser);
    if (parser_is_name(parser) && is_wildcard(parser)) {
        parser_advance(parser);
    } else {
        capture(parser, first_name);
    }
}

/* Behind the bracket, to its partner. Returns whether it is a pattern in parentheses that matches all. */
static bool
parse_sequence(struct parser *parser, uint32_t closer, uint32_t first_name)
{
    size_t count = 0, starred_count = 0;
    bool is_irrefutable = false, has_comma = false;

    while (!parser->has_failed && !parser_is(parser, closer)) {
        if (parser_is(parser, OPERATOR1('*'))) {
            starred_count++;
            parse_star(parser, first_name);
        } else {
            is_irrefutable = parse_pattern(parser, first_name);
        }
        count++;
        has_comma = parser_take(parser, OPERATOR1(','));
        if (!has_comma) {
            break;
        }
    }
    const bool is_group = closer == OPERATOR1(')') && count == 1 && !has_comma;
    if (starred_count > 1 || (is_group && starred_count)) {
        parser_fail(parser);
    }
    parser_need(parser, closer);
    return is_group && is_irrefutable;
}

/* The literal keys so far. */
struct keys {
    struct span_list strings;
    size_t number_count, odd_string_count; /* whose equality is not looked into */
};

/* A key: a literal, or a dotted name. Equal ones are refused, however they are written. */
static void
parse_key(struct parser *parser, uint32_t first_name, struct keys *keys)
{
    const struct token start = parser->token;

    if (parser_is_name(parser)) {
        if (!token_is(parser_peek(parser), OPERATOR1('.'))) {
            parser_fail(parser);
        }
        parse_name(parser, first_name);
        if (parser->source[parser->token.start - 1] == ')') {
            parser_fail(parser);
        }
        return;
    }
    if (!parse_literal(parser)) {
        parser_fail(parser);
        return;
    }
    const char first = parser->source[start.start];
    const bool is_simple =
        (first == '"' || first == '\'') && !memchr(parser->source + start.start, '\\', start.end - start.start);
    if (start.kind != TOKEN_STRING) {
        keys->number_count += first != 'N';
    } else if (!is_simple) {
        keys->odd_string_count++;
    } else if (!add_span(parser, &keys->strings, (struct span){start.start + 1, start.end - 1})) {
        parser_fail(parser);
    }
    if (keys->number_count > 1 || (keys->odd_string_count && keys->odd_string_count + keys->strings.count > 1)) {
        parser_doubt(parser, "a pattern with keys that may be equal");
    }
}

static void
parse_mapping(struct parser *parser, uint32_t first_name)
{
    struct keys keys = {.number_count = 0};

    while (!parser->has_failed && !parser_is(parser, OPERATOR1('}'))) {
        if (parser_take(parser, OPERATOR2('*', '*'))) {
            if (parser_is_name(parser) && is_wildcard(parser)) {
                parser_fail(parser);
            }
            capture(parser, first_name);
            parser_take(parser, OPERATOR1(','));
            break;
        }
        parse_key(parser, first_name, &keys);
        parser_need(parser, OPERATOR1(':'));
        parse_pattern(parser, first_name);
        if (!parser_take(parser, OPERATOR1(','))) {
            break;
        }
    }
    parser_need(parser, OPERATOR1('}'));
}

/* ---- Alternatives ---- */

static bool
parse_closed(struct parser *parser, uint32_t first_name)
{
    if (parser_take(parser, OPERATOR1('('))) {
        return parse_sequence(parser, OPERATOR1(')'), first_name);
    }
    if (parser_take(parser, OPERATOR1('['))) {
        parse_sequence(parser, OPERATOR1(']'), first_name);
    } else if (parser_take(parser, OPERATOR1('{'))) {
        parse_mapping(parser, first_name);
    } else if (parser_is_name(parser)) {
        return parse_name(parser, first_name);
    } else if (!parse_literal(parser)) {
        parser_fail(parser);
    }
    return false;
}

/* Whether the names on the stack from `first` on are the `count` others. */
static bool
binds_same(struct parser *parser, uint32_t first, const struct span *others, uint32_t count)
{
    bool is_same = parser->name_count - first == count;

    for (uint32_t i = 0; is_same && i < count; i++) {
        const struct token token = {.start = others[i].start, .end = others[i].end};
        const uint32_t before = parser->name_count;
        is_same = !parser_add_name(parser, first, &token);
        parser->name_count = before;
    }
    return is_same;
}

static bool
parse_alternatives(struct parser *parser, uint32_t first_name)
{
    const uint32_t base = parser->name_count;
    bool is_irrefutable = parse_closed(parser, first_name);
    struct span names[MOST_IN_ALTERNATIVE];

    if (!parser_is(parser, OPERATOR1('|'))) {
        return is_irrefutable;
    }
    const uint32_t count = parser->name_count - base;
    if (count > MOST_IN_ALTERNATIVE) {
        parser_doubt(parser, "a pattern of very many names");
    }
    const uint32_t kept = count > MOST_IN_ALTERNATIVE ? 0 : count;
    memcpy(names, parser->notes->names + base, kept * sizeof *names);
    while (!parser->has_failed && parser_take(parser, OPERATOR1('|'))) {
        if (is_irrefutable) {
            parser_fail(parser);
        }
        parser->name_count = base;
        is_irrefutable = parse_closed(parser, first_name);
        if (kept == count && !binds_same(parser, base, names, kept)) {
            parser_doubt(parser, "alternatives of a pattern that bind different names");
        }
    }
    return is_irrefutable;
}

static bool
parse_pattern(struct parser *parser, uint32_t first_name)
{
    if (!parser_enter(parser)) {
        return false;
    }
    bool is_irrefutable = parse_alternatives(parser, first_name);
    if (parser_take_keyword(parser, KEYWORD_AS)) {
        if (parser_is_name(parser) && is_wildcard(parser)) {
            parser_fail(parser);
        }
        capture(parser, first_name);
    }
    parser_leave(parser);
    return is_irrefutable;
}

bool
parse_patterns(struct parser *parser)
{
    const uint32_t first_name = parser->name_count;
    size_t count = 0, starred_count = 0;
    bool is_irrefutable = false, has_comma = false;

    do {
        if (parser_is(parser, OPERATOR1('*'))) {
            starred_count++;
            parse_star(parser, first_name);
        } else {
            is_irrefutable = parse_pattern(parser, first_name);
        }
        count++;
        has_comma = parser_take(parser, OPERATOR1(','));
    } while (!parser->has_failed && has_comma && !parser_is(parser, OPERATOR1(':')) && parser->keyword != KEYWORD_IF);
    if (starred_count > 1 || (starred_count && count == 1 && !has_comma)) {
        parser_fail(parser);
    }
    parser->name_count = first_name;
    return is_irrefutable && count == 1 && !has_comma;
}
