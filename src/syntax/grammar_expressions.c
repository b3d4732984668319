/* Expressions. Precedence does not matter to whether something is one. */
#include "syntax/grammar_parser.h"

enum { MOST_DEEP = 2000 }; /* CPython gives up there, too */

bool
parser_enter(struct parser *parser)
{
    if (parser->has_failed) {
        return false;
    }
    if (++parser->depth > MOST_DEEP) {
        parser->has_given_up = true;
        parser_fail(parser);
        parser->depth--;
        return false;
    }
    return true;
}

void
parser_leave(struct parser *parser)
{
    parser->depth--;
}

/* ---- Comprehensions ---- */

static enum shape parse_logical(struct parser *parser);
static enum shape parse_sum(struct parser *parser);

static bool
is_comprehension(struct parser *parser)
{
    return parser->keyword == KEYWORD_FOR ||
           (parser->keyword == KEYWORD_ASYNC && token_is_name(parser_peek(parser), parser->source, "for"));
}

static void
parse_comprehension(struct parser *parser)
{
    while (!parser->has_failed && is_comprehension(parser)) {
        parser_take_keyword(parser, KEYWORD_ASYNC);
        parser_advance(parser);
        parse_targets(parser);
        parser_need_keyword(parser, KEYWORD_IN);
        parse_logical(parser);
        while (parser_take_keyword(parser, KEYWORD_IF)) {
            if (parser->keyword == KEYWORD_LAMBDA) {
                parse_expression(parser); /* 3.8 */
            } else {
                parse_logical(parser);
            }
        }
    }
}

/* ---- In brackets ---- */

static void
parse_as(struct parser *parser)
{
    if (parser->allows_as && parser_take_keyword(parser, KEYWORD_AS)) {
        parse_target(parser);
    }
}

/* "*x" or "x := y": *is_starred says which. */
static enum shape
parse_element(struct parser *parser, bool *is_starred)
{
    enum shape shape = SHAPE_OTHER;

    *is_starred = parser_take(parser, OPERATOR1('*'));
    if (*is_starred) {
        shape = parse_sum(parser);
    } else {
        shape = parse_named_expression(parser);
        parse_as(parser);
    }
    return shape;
}

/* Behind the opening bracket, to the closing one. */
static enum shape
parse_elements(struct parser *parser, bool is_tuple)
{
    uint32_t closer = is_tuple ? OPERATOR1(')') : OPERATOR1(']');
    enum shape shape = SHAPE_SEQUENCE;
    size_t count = 0;
    bool has_comma = true, is_starred = false;

    if (is_tuple && parser->keyword == KEYWORD_YIELD) {
        parse_yield_or_expressions(parser);
        parser_need(parser, closer);
        return SHAPE_OTHER;
    }
    while (!parser->has_failed && has_comma && !parser_is(parser, closer)) {
        enum shape one = parse_element(parser, &is_starred);
        count++;
        shape = one == SHAPE_OTHER ? SHAPE_OTHER : is_tuple && count == 1 ? one : shape;
        if (count == 1 && is_comprehension(parser)) {
            parse_comprehension(parser);
            parser_need(parser, closer);
            return SHAPE_OTHER;
        }
        has_comma = parser_take(parser, OPERATOR1(','));
    }
    if (is_tuple && count == 1 && !has_comma && is_starred) {
        parser_fail(parser);
    }
    parser_need(parser, closer);
    if (is_tuple && count == 1 && !has_comma) {
        return shape;
    }
    return shape == SHAPE_OTHER ? SHAPE_OTHER : SHAPE_SEQUENCE;
}

/* Behind the "{". */
static void
parse_braces(struct parser *parser)
{
    bool is_dict = false, is_set = false, is_starred = false;

    for (size_t count = 0; !parser->has_failed && !parser_is(parser, OPERATOR1('}')); count++) {
        if (parser_take(parser, OPERATOR2('*', '*'))) {
            is_dict = true;
            parse_sum(parser);
        } else {
            parse_element(parser, &is_starred);
            bool is_pair = !is_starred && parser_take(parser, OPERATOR1(':'));
            is_dict = is_dict || is_pair;
            is_set = is_set || !is_pair;
            if (is_pair) {
                parse_expression(parser);
                parse_as(parser);
            }
        }
        if (count == 0 && is_comprehension(parser)) {
            parse_comprehension(parser);
            break;
        }
        if (!parser_take(parser, OPERATOR1(','))) {
            break;
        }
    }
    if (is_dict && is_set) {
        parser_fail(parser);
    }
    parser_need(parser, OPERATOR1('}'));
}

void
parse_arguments(struct parser *parser)
{
    bool has_keyword = false, has_mapping = false, is_comprehended = false;

    for (size_t count = 0; !parser->has_failed && !parser_is(parser, OPERATOR1(')')); count++) {
        if (is_comprehended) {
            parser_fail(parser);
        }
        if (parser_take(parser, OPERATOR2('*', '*'))) {
            has_mapping = true;
            parse_expression(parser);
        } else if (parser_is(parser, OPERATOR1('*'))) {
            if (has_mapping) {
                parser_fail(parser);
            }
            parser_advance(parser);
            parse_expression(parser);
        } else if (parser_is_name(parser) && token_is(parser_peek(parser), OPERATOR1('='))) {
            has_keyword = true;
            parser_advance(parser);
            parser_advance(parser);
            parse_expression(parser);
            parse_as(parser);
        } else {
            if (has_keyword || has_mapping) {
                parser_fail(parser);
            }
            parse_named_expression(parser);
            parse_as(parser);
            if (is_comprehension(parser)) {
                parse_comprehension(parser);
                is_comprehended = true;
                if (count) {
                    parser_fail(parser);
                }
            }
        }
        if (!parser_take(parser, OPERATOR1(','))) {
            break;
        }
    }
    parser_need(parser, OPERATOR1(')'));
}

static void
parse_slices(struct parser *parser)
{
    do {
        if (parser_take(parser, OPERATOR1('*'))) {
            parse_sum(parser);
            continue;
        }
        if (!parser_is(parser, OPERATOR1(':'))) {
            parse_named_expression(parser);
        }
        for (int colons = 0; colons < 2 && parser_take(parser, OPERATOR1(':')); colons++) {
            if (!parser_is(parser, OPERATOR1(':')) && !parser_is(parser, OPERATOR1(',')) &&
                !parser_is(parser, OPERATOR1(']'))) {
                parse_expression(parser);
            }
        }
    } while (parser_take(parser, OPERATOR1(',')) && !parser_is(parser, OPERATOR1(']')));
    parser_need(parser, OPERATOR1(']'));
}

/* ---- Operands ---- */

static bool
is_bytes(const struct parser *parser)
{
    const char *prefix = parser->source + parser->token.start;

    while (*prefix != '"' && *prefix != '\'') {
        if (*prefix == 'b' || *prefix == 'B') {
            return true;
        }
        prefix++;
    }
    return false;
}

static void
parse_strings(struct parser *parser)
{
    bool is_first_bytes = is_bytes(parser);

    while (parser->token.kind == TOKEN_STRING || parser->token.kind == TOKEN_FORMATTED_STRING) {
        if (is_bytes(parser) != is_first_bytes) {
            parser_fail(parser);
            return;
        }
        parser_advance(parser);
    }
}

static enum shape
parse_atom(struct parser *parser)
{
    const enum token_kind kind = parser->token.kind;

    if (parser_is_name(parser)) {
        parser_advance(parser);
        return SHAPE_TARGET;
    }
    if (kind == TOKEN_NUMBER || parser->keyword == KEYWORD_TRUE || parser->keyword == KEYWORD_FALSE ||
        parser->keyword == KEYWORD_NULL || parser_is(parser, OPERATOR3('.', '.', '.'))) {
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

static enum shape
parse_primary(struct parser *parser)
{
    enum shape shape = SHAPE_OTHER;

    if (!parser_enter(parser)) {
        return SHAPE_OTHER;
    }
    if (parser->keyword == KEYWORD_AWAIT) {
        if (!parser->is_in_async && !parser->lexer.depth) { /* a generator expression has its own rules */
            parser_fail(parser);
        }
        parser_advance(parser);
        shape = parse_primary(parser);
        shape = SHAPE_OTHER;
    } else {
        shape = parse_atom(parser);
        while (!parser->has_failed) {
            if (parser_take(parser, OPERATOR1('.'))) {
                parser_need_name(parser);
                shape = SHAPE_TARGET;
            } else if (parser_take(parser, OPERATOR1('('))) {
                parse_arguments(parser);
                shape = SHAPE_OTHER;
            } else if (parser_take(parser, OPERATOR1('['))) {
                parse_slices(parser);
                shape = SHAPE_TARGET;
            } else {
                break;
            }
        }
    }
    parser_leave(parser);
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
static enum shape
parse_sum(struct parser *parser)
{
    enum shape shape = SHAPE_TARGET;
    bool is_alone = true;

    for (;;) {
        while (parser_is(parser, OPERATOR1('+')) || parser_is(parser, OPERATOR1('-')) ||
               parser_is(parser, OPERATOR1('~'))) {
            parser_advance(parser);
            is_alone = false;
        }
        shape = parse_primary(parser);
        if (parser->has_failed || !is_binary(parser)) {
            return is_alone ? shape : SHAPE_OTHER;
        }
        parser_advance(parser);
        is_alone = false;
    }
}

/* ---- Comparisons and logic ---- */

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
        break;
    }
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

static enum shape
parse_logical(struct parser *parser)
{
    enum shape shape = SHAPE_OTHER;
    bool is_alone = true;

    for (;;) {
        while (parser_take_keyword(parser, KEYWORD_NOT)) {
            is_alone = false;
        }
        shape = parse_sum(parser);
        while (!parser->has_failed && take_comparison(parser)) {
            is_alone = false;
            parse_sum(parser);
        }
        if (!parser_take_keyword(parser, KEYWORD_AND) && !parser_take_keyword(parser, KEYWORD_OR)) {
            return is_alone ? shape : SHAPE_OTHER;
        }
        is_alone = false;
    }
}

enum shape
parse_expression(struct parser *parser)
{
    enum shape shape = SHAPE_OTHER;

    if (!parser_enter(parser)) {
        return SHAPE_OTHER;
    }
    if (parser_take_keyword(parser, KEYWORD_LAMBDA)) {
        parse_parameters(parser, true);
        parser_need(parser, OPERATOR1(':'));
        bool was_in_function = parser->is_in_function;
        parser->is_in_function = true;
        parse_expression(parser);
        parser->is_in_function = was_in_function;
    } else {
        shape = parse_logical(parser);
        if (!parser->is_in_case && parser_take_keyword(parser, KEYWORD_IF)) {
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
    enum shape shape = SHAPE_SEQUENCE;
    size_t count = 0;
    bool has_comma = false, is_starred = false;

    do {
        is_starred = parser_take(parser, OPERATOR1('*'));
        enum shape one = is_starred ? parse_sum(parser) : parse_expression(parser);
        if (!is_starred) {
            parse_as(parser);
        }
        count++;
        shape = one == SHAPE_OTHER ? SHAPE_OTHER : count == 1 ? one : shape;
        has_comma = parser_take(parser, OPERATOR1(','));
    } while (has_comma && !parser->has_failed && !ends_list(parser));
    if (count == 1 && !has_comma) {
        return is_starred ? SHAPE_OTHER : shape;
    }
    return shape == SHAPE_OTHER ? SHAPE_OTHER : SHAPE_SEQUENCE;
}

void
parse_yield_or_expressions(struct parser *parser)
{
    if (!parser_take_keyword(parser, KEYWORD_YIELD)) {
        parse_star_expressions(parser);
        return;
    }
    if (!parser->is_in_function) {
        parser_fail(parser);
    }
    if (parser_take_keyword(parser, KEYWORD_FROM)) {
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
parse_targets(struct parser *parser)
{
    do {
        parser_take(parser, OPERATOR1('*'));
        parse_target(parser);
    } while (!parser->has_failed && parser_take(parser, OPERATOR1(',')) && !ends_list(parser));
}

/* ---- Parameters ---- */

void
parse_parameters(struct parser *parser, bool is_lambda)
{
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
            parser_need_name(parser);
            if (!is_lambda && parser_take(parser, OPERATOR1(':'))) {
                if (is_star) {
                    parser_take(parser, OPERATOR1('*'));
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
}
