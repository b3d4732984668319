/* Statements of one line: imports, assignments, declarations, and those that begin with a word of their own. */
#include "base/compiler.h"
#include "syntax/grammar_parser.h"

/* a.b: only the first name may be bound. */
static void
parse_dotted_name(struct parser *parser)
{
    parser_need_name(parser);
    while (parser_take(parser, OPERATOR1('.'))) {
        parser_need_name(parser);
    }
}

/* "as name", or the name itself is bound. */
static void
parse_alias(struct parser *parser, const struct token *name)
{
    if (parser_take_keyword(parser, KEYWORD_AS)) {
        parser_need_bound_name(parser);
    } else if (parser->scopes && !parser->has_failed) {
        scopes_use(parser->scopes, name, NAME_BOUND);
    }
}

/* What __future__ has, wherever it stands in front of all else. */
static void
check_future(struct parser *parser)
{
    static const char *const FEATURES[] = {"annotations",      "division",       "print_function",
                                           "unicode_literals", "nested_scopes",  "generators",
                                           "absolute_import",  "with_statement", "generator_stop"};
    bool is_known = !parser->is_past_futures;

    for (size_t i = 0; i < COUNT_OF(FEATURES) && is_known; i++) {
        if (parser_is_word(parser, &parser->token, FEATURES[i])) {
            return;
        }
    }
    parser_fail(parser);
}

static void
parse_imported_names(struct parser *parser, bool is_future)
{
    bool is_bracketed = parser_take(parser, OPERATOR1('('));

    do {
        const struct token name = parser->token;
        if (is_future) {
            check_future(parser);
        }
        parser_need_name(parser);
        parse_alias(parser, &name);
    } while (parser_take(parser, OPERATOR1(',')) && !(is_bracketed && parser_is(parser, OPERATOR1(')'))));
    if (is_bracketed) {
        parser_need(parser, OPERATOR1(')'));
    }
}

static void
parse_import(struct parser *parser)
{
    bool has_dots = false, is_future = false;

    if (parser_take_keyword(parser, KEYWORD_IMPORT)) {
        do {
            const struct token name = parser->token;
            parse_dotted_name(parser);
            parse_alias(parser, &name);
        } while (parser_take(parser, OPERATOR1(',')));
        return;
    }
    parser_need_keyword(parser, KEYWORD_FROM);
    while (parser_take(parser, OPERATOR1('.')) || parser_take(parser, OPERATOR3('.', '.', '.'))) {
        has_dots = true;
    }
    if (!has_dots || parser->keyword != KEYWORD_IMPORT) {
        is_future = !has_dots && parser_is_word(parser, &parser->token, "__future__");
        parse_dotted_name(parser);
    }
    parser_need_keyword(parser, KEYWORD_IMPORT);
    if (parser_is(parser, OPERATOR1('*'))) {
        if (parser->around.is_in_function || parser->around.is_in_class || is_future) {
            parser_fail(parser);
        }
        parser_advance(parser);
        return;
    }
    parse_imported_names(parser, is_future);
}

/* Behind the target of an annotation, at its colon. */
static void
parse_annotation(struct parser *parser, uint32_t first_event)
{
    const uint32_t odd_count = parser->odd_count;

    if (parser->scopes) {
        scopes_annotate(parser->scopes, first_event);
        scopes_bind(parser->scopes, first_event);
    }
    parser_advance(parser);
    parse_expression(parser);
    if (parser->odd_count != odd_count) {
        parser_doubt(parser, "an annotation that yields, awaits or assigns");
    }
    if (parser_take(parser, OPERATOR1('='))) {
        parse_yield_or_expressions(parser);
    }
}

static void
parse_assignments(struct parser *parser, enum shape shape, uint32_t first_event)
{
    while (parser_is(parser, OPERATOR1('='))) {
        if (shape == SHAPE_OTHER) {
            parser_fail(parser);
        }
        if (parser->scopes) {
            scopes_bind(parser->scopes, first_event);
            first_event = scopes_event_count(parser->scopes);
        }
        parser_advance(parser);
        if (parser->keyword == KEYWORD_YIELD) {
            parse_yield_or_expressions(parser);
            shape = SHAPE_OTHER;
        } else {
            shape = parse_star_expressions(parser);
        }
    }
    if (parser->scopes) {
        scopes_keep_from_binding(parser->scopes, first_event);
    }
}

static void
parse_expression_statement(struct parser *parser)
{
    const uint32_t first_event = parser_event_count(parser);
    const struct token start = parser->token;

    if (parser->keyword == KEYWORD_YIELD) {
        parse_yield_or_expressions(parser);
        return;
    }
    enum shape shape = parse_star_expressions(parser);
    if (token_is_augmented(&parser->token) || parser_is(parser, OPERATOR1(':'))) {
        if (shape != SHAPE_TARGET || parser_is_word(parser, &start, "__debug__")) {
            parser_fail(parser);
        } else if (parser_is(parser, OPERATOR1(':'))) {
            parse_annotation(parser, first_event);
        } else {
            if (parser->scopes) {
                scopes_bind(parser->scopes, first_event);
            }
            parser_advance(parser);
            parse_yield_or_expressions(parser);
        }
        return;
    }
    if (parser_is(parser, OPERATOR1('='))) {
        parse_assignments(parser, shape, first_event);
    }
}

static bool
is_simple_end(const struct parser *parser)
{
    return parser->token.kind == TOKEN_NEWLINE || parser->token.kind == TOKEN_END || parser_is(parser, OPERATOR1(';'));
}

void
parse_type_parameters(struct parser *parser)
{
    const uint32_t first_name = parser->name_count, odd_count = parser->odd_count;
    bool has_default = false;

    if (!parser_take(parser, OPERATOR1('['))) {
        return;
    }
    parser_needs(parser, 12);
    do {
        const bool is_tuple = parser_take(parser, OPERATOR1('*'));
        const bool is_plain = !is_tuple && !parser_take(parser, OPERATOR2('*', '*'));
        if (!parser_add_name(parser, first_name, &parser->token)) {
            parser_fail(parser);
        }
        parser_need_name(parser);
        if (is_plain && parser_take(parser, OPERATOR1(':'))) {
            parse_expression(parser);
        }
        if (parser_take(parser, OPERATOR1('='))) {
            parser_needs(parser, 13);
            has_default = true;
            if (is_tuple) {
                parser_take(parser, OPERATOR1('*'));
            }
            parse_expression(parser);
        } else if (has_default) {
            parser_fail(parser);
        }
    } while (parser_take(parser, OPERATOR1(',')) && !parser_is(parser, OPERATOR1(']')));
    parser_need(parser, OPERATOR1(']'));
    if (parser->odd_count != odd_count) {
        parser_doubt(parser, "a type parameter that yields, awaits or assigns");
    }
    parser->name_count = first_name;
}

void
parse_bound_targets(struct parser *parser, bool is_deletion)
{
    const uint32_t first_event = parser_event_count(parser);

    parse_targets(parser, is_deletion);
    if (parser->scopes) {
        scopes_bind(parser->scopes, first_event);
    }
}

static void
parse_declaration(struct parser *parser, enum name_use use)
{
    parser->has_declarations = true;
    do {
        if (parser->scopes && parser_is_name(parser)) {
            scopes_use(parser->scopes, &parser->token, use);
        }
        parser_need_name(parser);
    } while (parser_take(parser, OPERATOR1(',')));
}

static void
parse_return(struct parser *parser)
{
    if (!parser->around.is_in_function || parser->around.is_in_group) {
        parser_fail(parser);
    }
    if (!is_simple_end(parser)) {
        parser->around.has_return_value = true;
        parse_star_expressions(parser);
    }
}

/* Whether the tuple that was read last is all that stands before the token. */
static bool
ends_with_tuple(const struct parser *parser)
{
    uint32_t at = parser->tuple_end;

    while (at < parser->token.start && (parser->source[at] == ' ' || parser->source[at] == '\t')) {
        at++;
    }
    return parser->tuple_end && !parser->has_failed && (at == parser->token.start || parser->source[at] == '#');
}

static void
parse_assert(struct parser *parser)
{
    const bool may_be_tuple = parser_is(parser, OPERATOR1('('));

    parser->tuple_end = 0;
    parse_expression(parser);
    if (may_be_tuple && ends_with_tuple(parser)) {
        parser->found.may_warn = true;
    }
    if (parser_take(parser, OPERATOR1(','))) {
        parse_expression(parser);
    }
}

static void
parse_words(struct parser *parser)
{
    const enum keyword keyword = parser->keyword;

    parser_advance(parser);
    switch (keyword) {
    case KEYWORD_BREAK:
    case KEYWORD_CONTINUE:
        if (!parser->around.is_in_loop) {
            parser_fail(parser);
        }
        break;
    case KEYWORD_RETURN:
        parse_return(parser);
        break;
    case KEYWORD_RAISE:
        if (!is_simple_end(parser)) {
            parse_expression(parser);
            if (parser_take_keyword(parser, KEYWORD_FROM)) {
                parse_expression(parser);
            }
        }
        break;
    case KEYWORD_GLOBAL:
    case KEYWORD_NONLOCAL:
        parse_declaration(parser, keyword == KEYWORD_GLOBAL ? NAME_GLOBAL : NAME_NONLOCAL);
        break;
    case KEYWORD_DEL:
        parse_bound_targets(parser, true);
        break;
    case KEYWORD_ASSERT:
        parse_assert(parser);
        break;
    default: /* pass */
        break;
    }
}

/* type X = ... */
static void
parse_type_alias(struct parser *parser)
{
    const uint32_t odd_count = parser->odd_count;

    parser_advance(parser);
    parser_need_bound_name(parser);
    parse_type_parameters(parser);
    parser_need(parser, OPERATOR1('='));
    parse_expression(parser);
    if (parser->odd_count != odd_count) {
        parser_doubt(parser, "a type that yields, awaits or assigns");
    }
}

static void
parse_simple_statement(struct parser *parser)
{
    switch (parser->keyword) {
    case KEYWORD_PASS:
    case KEYWORD_BREAK:
    case KEYWORD_CONTINUE:
    case KEYWORD_RETURN:
    case KEYWORD_RAISE:
    case KEYWORD_GLOBAL:
    case KEYWORD_NONLOCAL:
    case KEYWORD_DEL:
    case KEYWORD_ASSERT:
        parse_words(parser);
        return;
    case KEYWORD_IMPORT:
    case KEYWORD_FROM:
        parse_import(parser);
        return;
    default:
        break;
    }
    if ((parser_is_soft(parser, "type") || parser_is_soft(parser, "lazy")) && parser_peek(parser)->kind == TOKEN_NAME) {
        const char *text = parser->source + parser->next.start;
        enum keyword next = parser_keyword_of(text, parser->next.end - parser->next.start);
        if (next == KEYWORD_IMPORT || next == KEYWORD_FROM) {
            parser_needs(parser, 15);
            parser_advance(parser);
            parse_import(parser);
            return;
        }
        if (next == KEYWORD_NONE) {
            parser_needs(parser, 12);
            parse_type_alias(parser);
            return;
        }
    }
    parse_expression_statement(parser);
}

void
parse_simple_statements(struct parser *parser)
{
    do {
        parse_simple_statement(parser);
        if (parser->odd_count) {
            parser_forget_odds(parser);
        }
    } while (parser_take(parser, OPERATOR1(';')) && parser->token.kind != TOKEN_NEWLINE &&
             parser->token.kind != TOKEN_END);
    if (parser->token.kind == TOKEN_NEWLINE) {
        parser_advance(parser);
    } else if (parser->token.kind != TOKEN_END) {
        parser_fail(parser);
    }
}
