/* Expressions, but for what stands in brackets. Precedence does not matter to whether something is one. */
#include <string.h>

#include "syntax/grammar_parser.h"

enum { MOST_IN_ROW = 500 }; /* operators: CPython's compiler recurses for each */

static bool
is_quote(char byte)
{
    return byte == '"' || byte == '\'';
}

void
parser_give_up(struct parser *parser)
{
    parser_doubt(parser, "nested too deep");
    parser->has_given_up = true;
    parser_fail(parser);
}

/* ---- Operands ---- */

/* What may not stand together: bytes, t-strings and others. */
static char
string_family(const struct parser *parser)
{
    const char *text = parser->source + parser->token.start;
    char family = 's';

    for (int i = 0; i < 2 && text[i] != '"' && text[i] != '\''; i++) {
        const char letter = (char)(text[i] | 0x20);
        family = letter == 'b' || letter == 't' ? letter : family;
    }
    return family;
}

static void
parse_strings(struct parser *parser)
{
    const char family = string_family(parser);

    while (parser->token.kind == TOKEN_STRING || parser->token.kind == TOKEN_FORMATTED_STRING) {
        if (string_family(parser) != family) {
            parser_fail(parser);
            return;
        }
        if (parser->token.kind == TOKEN_FORMATTED_STRING || parser->next_backslash < parser->token.end ||
            !is_quote(parser->source[parser->token.start])) {
            check_string(parser, &parser->token);
        }
        parser_advance(parser);
    }
}

/* A name as an expression: a use, until something assigns to it. */
static inline void
use_name(struct parser *parser)
{
    const struct token name = parser->token;

    if (parser->scopes) {
        scopes_use(parser->scopes, &name, NAME_USED);
    }
    parser_advance(parser);
    if (parser_is_debug(parser, &name) && !parser_is(parser, OPERATOR1(':')) && parser->token.kind != TOKEN_NEWLINE &&
        parser->token.kind != TOKEN_NAME) {
        parser_doubt(parser, "an assignment to __debug__");
    }
}

static inline void
parse_number(struct parser *parser)
{
    const uint32_t start = parser->token.start, end = parser->token.end;

    if (parser->source[start] == '0' || end - start > MANY_DIGITS) {
        check_number(parser, &parser->token);
    }
    parser_advance(parser);
    if (parser->token.start == end && parser->token.kind == TOKEN_NAME) {
        check_behind_number(parser);
    }
}

/* An operand that is neither a name nor a number. */
static enum shape
parse_atom(struct parser *parser)
{
    const enum token_kind kind = parser->token.kind;

    if (parser->keyword == KEYWORD_TRUE || parser->keyword == KEYWORD_FALSE || parser->keyword == KEYWORD_NULL ||
        parser_is(parser, OPERATOR3('.', '.', '.'))) {
        parser_advance(parser);
    } else if (kind == TOKEN_STRING || kind == TOKEN_FORMATTED_STRING) {
        parse_strings(parser);
    } else if (parser_take(parser, OPERATOR1('('))) {
        return parse_elements(parser, true);
    } else if (parser_take(parser, OPERATOR1('['))) {
        return parse_elements(parser, false);
    } else if (parser_take(parser, OPERATOR1('{'))) {
        parse_braces(parser);
    } else {
        parser_fail(parser);
    }
    return SHAPE_OTHER;
}

/* Behind an operand: a.b(c)[d]. None of the names in it is bound by an assignment to it. */
static enum shape
parse_trailers(struct parser *parser, uint32_t first_event)
{
    enum shape shape = SHAPE_OTHER;

    for (uint32_t count = 0; !parser->has_failed; count++) {
        if (parser_take(parser, OPERATOR1('.'))) {
            parser_need_name(parser);
            shape = SHAPE_TARGET;
        } else if (parser_take(parser, OPERATOR1('('))) {
            parse_arguments(parser, false);
            shape = SHAPE_OTHER;
        } else if (parser_take(parser, OPERATOR1('['))) {
            parse_slices(parser);
            shape = SHAPE_TARGET;
        } else {
            break;
        }
        if (count == MOST_IN_ROW) {
            parser_doubt(parser, "a very long expression");
        }
    }
    if (parser->scopes) {
        scopes_keep_from_binding(parser->scopes, first_event);
    }
    return shape;
}

static void
parse_await(struct parser *parser)
{
    if (!parser->around.is_in_async && !parser->lexer.depth) { /* a generator expression has its own rules */
        parser_fail(parser);
    }
    parser_note(parser, parser->around.is_in_async ? ODD_AWAIT : ODD_LOOSE_AWAIT, &parser->token);
    parser_advance(parser);
    if (parser->keyword == KEYWORD_AWAIT) {
        parser_fail(parser);
    }
}

/* Nesting is not counted here: what is deep is in brackets, which the lexer counts, or in expressions. */
static enum shape
parse_primary(struct parser *parser)
{
    const uint32_t first_event = parser_event_count(parser);
    enum shape shape = SHAPE_OTHER;

    if (parser_is_name(parser)) {
        use_name(parser);
        shape = SHAPE_TARGET;
    } else if (parser->token.kind == TOKEN_NUMBER) {
        parse_number(parser);
    } else if (parser->keyword == KEYWORD_AWAIT) {
        parse_await(parser);
        parse_primary(parser);
        return SHAPE_OTHER;
    } else {
        shape = parse_atom(parser);
    }
    if (parser_is(parser, OPERATOR1('.')) || parser_is(parser, OPERATOR1('(')) || parser_is(parser, OPERATOR1('['))) {
        shape = parse_trailers(parser, first_event);
    }
    return shape;
}

static bool
is_binary(const struct parser *parser)
{
    switch (parser->token.operator_code) {
    case OPERATOR1('+'):
    case OPERATOR1('-'):
    case OPERATOR1('*'):
    case OPERATOR1('/'):
    case OPERATOR1('%'):
    case OPERATOR1('@'):
    case OPERATOR1('&'):
    case OPERATOR1('|'):
    case OPERATOR1('^'):
    case OPERATOR2('/', '/'):
    case OPERATOR2('<', '<'):
    case OPERATOR2('>', '>'):
    case OPERATOR2('*', '*'):
        return true;
    default:
        return false;
    }
}

/* Arithmetic: what "|" binds, and all that binds closer. */
enum shape
parse_sum(struct parser *parser)
{
    enum shape shape = SHAPE_TARGET;
    bool is_alone = true;

    for (uint32_t count = 0;;) {
        while (parser->token.operator_code && (parser_is(parser, OPERATOR1('+')) || parser_is(parser, OPERATOR1('-')) ||
                                               parser_is(parser, OPERATOR1('~')))) {
            parser_advance(parser);
            is_alone = false;
        }
        shape = parse_primary(parser);
        if (!is_binary(parser)) { /* nor is anything behind a failure */
            return is_alone ? shape : SHAPE_OTHER;
        }
        if (++count == MOST_IN_ROW) {
            parser_doubt(parser, "a very long expression");
        }
        parser_advance(parser);
        is_alone = false;
    }
}

/* ---- Comparisons and logic ---- */

static bool
take_comparison_words(struct parser *parser)
{
    if (parser_take_keyword(parser, KEYWORD_IN)) {
        return true;
    }
    if (parser_take_keyword(parser, KEYWORD_IS)) {
        parser_take_keyword(parser, KEYWORD_NOT);
        return true;
    }
    if (parser_take_keyword(parser, KEYWORD_NOT)) {
        parser_need_keyword(parser, KEYWORD_IN);
        return true;
    }
    return false;
}

static bool
take_comparison(struct parser *parser)
{
    switch (parser->token.operator_code) {
    case OPERATOR1('<'):
    case OPERATOR1('>'):
    case OPERATOR2('=', '='):
    case OPERATOR2('!', '='):
    case OPERATOR2('<', '='):
    case OPERATOR2('>', '='):
        parser_advance(parser);
        return true;
    default:
        return parser->keyword != KEYWORD_NONE && take_comparison_words(parser);
    }
}

enum shape
parse_logical(struct parser *parser)
{
    enum shape shape = SHAPE_OTHER;
    bool is_alone = true;

    for (;;) {
        while (parser_take_keyword(parser, KEYWORD_NOT)) {
            is_alone = false;
        }
        shape = parse_sum(parser);
        while (take_comparison(parser)) {
            is_alone = false;
            parse_sum(parser);
        }
        if (parser->keyword == KEYWORD_NONE ||
            (!parser_take_keyword(parser, KEYWORD_AND) && !parser_take_keyword(parser, KEYWORD_OR))) {
            return is_alone ? shape : SHAPE_OTHER;
        }
        is_alone = false;
    }
}

static void
parse_lambda(struct parser *parser)
{
    const struct surroundings outer = parser->around;
    const uint32_t scope = parser->scopes ? scopes_open(parser->scopes, SCOPE_OF_FUNCTION) : 0;

    if (parser->field_depth && parser->lexer.depth == 1) {
        parser_fail(parser); /* its colon ends the field */
    }
    parser_advance(parser);
    parse_parameters(parser, true, scope);
    parser_need(parser, OPERATOR1(':'));
    const uint32_t odd_count = parser->odd_count;
    parser->around.is_in_function = true;
    parser->around.is_in_class = parser->around.is_in_async = false;
    if (parser->scopes) {
        scopes_enter(parser->scopes, scope);
    }
    parse_expression(parser);
    if (parser->scopes) {
        scopes_leave(parser->scopes);
    }
    if (parser_has_odd(parser, odd_count, ODD_LOOSE_AWAIT)) {
        parser_doubt(parser, "await outside of async functions");
    }
    parser->odd_count = odd_count;
    parser->around = outer;
}

enum shape
parse_expression(struct parser *parser)
{
    enum shape shape = SHAPE_OTHER;

    if (!parser_enter(parser)) {
        return SHAPE_OTHER;
    }
    if (parser->keyword == KEYWORD_LAMBDA) {
        parse_lambda(parser);
    } else {
        shape = parse_logical(parser);
        if (parser_take_keyword(parser, KEYWORD_IF)) {
            parse_logical(parser);
            parser_need_keyword(parser, KEYWORD_ELSE);
            parse_expression(parser);
            shape = SHAPE_OTHER;
        }
    }
    parser_leave(parser);
    return shape;
}

enum shape
parse_named_expression(struct parser *parser)
{
    if (parser_is_name(parser) && token_is(parser_peek(parser), OPERATOR2(':', '='))) {
        parser_note(parser, ODD_WALRUS, &parser->token);
        if (parser->scopes) {
            scopes_use(parser->scopes, &parser->token, NAME_WALRUS);
        }
        if (parser_is_debug(parser, &parser->token)) {
            parser_fail(parser);
        }
        parser_advance(parser);
        parser_advance(parser);
        parse_expression(parser);
        return SHAPE_OTHER;
    }
    return parse_expression(parser);
}

/* ---- Lists without brackets ---- */

/* Whether something that is no expression ends a list behind a comma. */
static bool
ends_list(const struct parser *parser)
{
    switch (parser->token.operator_code) {
    case OPERATOR1(')'):
    case OPERATOR1(']'):
    case OPERATOR1('}'):
    case OPERATOR1('='):
    case OPERATOR1(':'):
    case OPERATOR2(':', '='):
    case OPERATOR1('!'):
    case OPERATOR1(';'):
        return true;
    default:
        return parser->token.kind == TOKEN_NEWLINE || parser->token.kind == TOKEN_END ||
               parser->keyword == KEYWORD_IN || parser->keyword == KEYWORD_IF;
    }
}

enum shape
parse_star_expressions(struct parser *parser)
{
    enum shape shape = SHAPE_SEQUENCE, only = SHAPE_OTHER;
    size_t count = 0;
    bool has_comma = false, is_starred = false;

    do {
        is_starred = parser_take(parser, OPERATOR1('*'));
        only = is_starred ? parse_sum(parser) : parse_expression(parser);
        count++;
        shape = shape_add(shape, only, is_starred);
        has_comma = parser_take(parser, OPERATOR1(','));
    } while (has_comma && !parser->has_failed && !ends_list(parser));
    if (count == 1 && !has_comma) {
        if (is_starred) {
            parser_fail(parser);
        }
        return only;
    }
    return shape;
}

void
parse_yield_or_expressions(struct parser *parser)
{
    if (!parser_take_keyword(parser, KEYWORD_YIELD)) {
        parse_star_expressions(parser);
        return;
    }
    if (!parser->around.is_in_function) {
        parser_fail(parser);
    }
    parser->around.has_yield = true;
    parser_note(parser, ODD_YIELD, &parser->token);
    if (parser->keyword == KEYWORD_FROM) {
        if (parser->around.is_in_async) {
            parser_fail(parser);
        }
        parser_advance(parser);
        parse_expression(parser);
    } else if (!ends_list(parser)) {
        parse_star_expressions(parser);
    }
}

enum shape
parse_target(struct parser *parser)
{
    enum shape shape = parse_sum(parser);

    if (shape == SHAPE_OTHER) {
        parser_fail(parser);
    }
    return shape;
}

void
parse_targets(struct parser *parser, bool is_deletion)
{
    bool is_starred = false, has_comma = false;
    size_t starred_count = 0, count = 0;

    do {
        is_starred = parser_take(parser, OPERATOR1('*'));
        starred_count += is_starred;
        count++;
        if (parse_target(parser) == SHAPE_STARRED && is_deletion) {
            parser_fail(parser);
        }
        has_comma = parser_take(parser, OPERATOR1(','));
    } while (!parser->has_failed && has_comma && !ends_list(parser));
    if (starred_count > 1 || (starred_count && (is_deletion || (count == 1 && !has_comma)))) {
        parser_fail(parser);
    }
}

/* ---- Parameters ---- */

/* A parameter's name: each once. */
static void
take_parameter(struct parser *parser, uint32_t first_name, uint32_t scope)
{
    if (!parser_is_name(parser) || !parser_add_name(parser, first_name, &parser->token) ||
        parser_is_debug(parser, &parser->token)) {
        parser_fail(parser);
        return;
    }
    if (parser->scopes) {
        scopes_add_parameter(parser->scopes, scope, &parser->token);
    }
    parser_advance(parser);
}

void
parse_parameters(struct parser *parser, bool is_lambda, uint32_t scope)
{
    const uint32_t first_name = parser->name_count;
    bool has_star = false, has_slash = false, has_default = false, needs_name = false;
    uint32_t closer = is_lambda ? OPERATOR1(':') : OPERATOR1(')');

    for (size_t count = 0; !parser->has_failed && !parser_is(parser, closer); count++) {
        bool is_mapping = parser_take(parser, OPERATOR2('*', '*'));
        bool is_star = !is_mapping && parser_is(parser, OPERATOR1('*'));
        if (!is_mapping && parser_is(parser, OPERATOR1('/'))) {
            if (has_star || has_slash || count == 0) {
                parser_fail(parser);
            }
            has_slash = true;
            parser_advance(parser);
        } else if (is_star && (token_is(parser_peek(parser), OPERATOR1(',')))) {
            if (has_star) {
                parser_fail(parser);
            }
            has_star = needs_name = true;
            parser_advance(parser);
        } else {
            if (is_star) {
                if (has_star) {
                    parser_fail(parser);
                }
                has_star = true;
                parser_advance(parser);
            }
            if (is_mapping && needs_name) {
                parser_fail(parser);
            }
            needs_name = false;
            take_parameter(parser, first_name, scope);
            if (!is_lambda && parser_take(parser, OPERATOR1(':'))) {
                if (is_star && parser_take(parser, OPERATOR1('*'))) {
                    parser_needs(parser, 11);
                }
                parse_expression(parser);
            }
            bool is_given = !is_star && !is_mapping && parser_take(parser, OPERATOR1('='));
            if (is_given) {
                parse_expression(parser);
            } else if (has_default && !has_star && !is_mapping) {
                parser_fail(parser);
            }
            has_default = has_default || is_given;
        }
        bool has_comma = parser_take(parser, OPERATOR1(','));
        if (!has_comma || is_mapping) {
            break;
        }
    }
    if (needs_name) {
        parser_fail(parser);
    }
    parser->name_count = first_name;
}
