/* Statements that hold others: branches, loops, functions, classes, match. */
#include "syntax/grammar_parser.h"

/* ":" and what is under it. */
static void
parse_block(struct parser *parser)
{
    parser_need(parser, OPERATOR1(':'));
    if (parser->token.kind != TOKEN_NEWLINE) {
        parse_simple_statements(parser);
        return;
    }
    parser_advance(parser);
    if (parser->token.kind != TOKEN_INDENT) {
        parser_fail(parser);
        return;
    }
    parser_advance(parser);
    while (!parser->has_failed && parser->token.kind != TOKEN_DEDENT && parser->token.kind != TOKEN_END) {
        parse_statement(parser);
    }
    parser_advance(parser);
}

/* A block that may be left from inside: CPython allows some twenty within each other. */
static void
parse_left_block(struct parser *parser)
{
    enum { MANY_BLOCKS = 9 };

    if (parser->around.block_depth == MANY_BLOCKS) {
        parser_doubt(parser, "blocks nested very deep");
        parse_block(parser);
        return;
    }
    parser->around.block_depth++;
    parse_block(parser);
    parser->around.block_depth--;
}

static void
parse_loop_block(struct parser *parser)
{
    bool was_in_loop = parser->around.is_in_loop;

    parser->around.is_in_loop = true;
    parse_left_block(parser);
    parser->around.is_in_loop = was_in_loop;
    if (parser_take_keyword(parser, KEYWORD_ELSE)) {
        parse_block(parser);
    }
}

static void
parse_for(struct parser *parser)
{
    parser_advance(parser);
    parse_bound_targets(parser, false);
    parser_need_keyword(parser, KEYWORD_IN);
    parse_star_expressions(parser);
    parse_loop_block(parser);
}

static void
parse_if(struct parser *parser)
{
    enum { MANY_BRANCHES = 500 };
    uint32_t count = 0;

    do {
        if (count++ == MANY_BRANCHES) {
            parser_doubt(parser, "hundreds of elif");
        }
        parser_advance(parser);
        parse_named_expression(parser);
        parse_block(parser);
    } while (parser->keyword == KEYWORD_ELIF);
    if (parser_take_keyword(parser, KEYWORD_ELSE)) {
        parse_block(parser);
    }
}

static void
parse_with_item(struct parser *parser)
{
    parse_expression(parser);
    if (parser_take_keyword(parser, KEYWORD_AS)) {
        const uint32_t first_event = parser_event_count(parser);
        parse_target(parser);
        if (parser->scopes) {
            scopes_bind(parser->scopes, first_event);
        }
    }
}

/* "(a as b, c)" to the colon. False, and nothing is taken: it is an expression. */
static bool
parse_with_brackets(struct parser *parser)
{
    const struct parser before = *parser;
    const uint32_t event_count = parser_event_count(parser);

    parser_advance(parser);
    do {
        parse_with_item(parser);
    } while (parser_take(parser, OPERATOR1(',')) && !parser_is(parser, OPERATOR1(')')));
    if (parser_take(parser, OPERATOR1(')')) && parser_is(parser, OPERATOR1(':'))) {
        return true;
    }
    *parser = before;
    if (parser->scopes) {
        scopes_forget(parser->scopes, event_count);
    }
    return false;
}

static void
parse_with(struct parser *parser)
{
    parser_advance(parser);
    if (!parser_is(parser, OPERATOR1('(')) || !parse_with_brackets(parser)) {
        do {
            parse_with_item(parser);
        } while (parser_take(parser, OPERATOR1(',')));
    }
    parse_left_block(parser);
}

/* Behind "except": what it catches, and the block. Returns whether it is a bare one. */
static bool
parse_handler(struct parser *parser, bool is_group)
{
    const bool was_in_group = parser->around.is_in_group, was_in_loop = parser->around.is_in_loop;
    const bool is_bare = parser_is(parser, OPERATOR1(':'));

    if (is_bare && is_group) {
        parser_fail(parser);
    }
    if (!is_bare) {
        parse_expression(parser);
        bool is_list = parser_is(parser, OPERATOR1(','));
        if (is_list) {
            parser_needs(parser, 14);
        }
        while (parser_take(parser, OPERATOR1(','))) {
            parse_expression(parser);
        }
        if (!is_list && parser_take_keyword(parser, KEYWORD_AS)) {
            parser_need_bound_name(parser);
        }
    }
    if (is_group) {
        parser->around.is_in_group = true;
        parser->around.is_in_loop = false;
    }
    parse_left_block(parser);
    parser->around.is_in_group = was_in_group;
    parser->around.is_in_loop = was_in_loop;
    return is_bare;
}

static void
parse_try(struct parser *parser)
{
    size_t handler_count = 0, group_count = 0;
    bool was_bare = false;

    parser_advance(parser);
    parse_left_block(parser);
    for (; !parser->has_failed && parser_take_keyword(parser, KEYWORD_EXCEPT); handler_count++) {
        const bool is_group = parser_take(parser, OPERATOR1('*'));
        if (is_group) {
            parser_needs(parser, 11);
        }
        group_count += is_group;
        if (was_bare || (group_count && group_count != handler_count + 1)) {
            parser_fail(parser);
        }
        was_bare = parse_handler(parser, is_group);
    }
    if (handler_count && parser_take_keyword(parser, KEYWORD_ELSE)) {
        parse_left_block(parser);
    }
    if (parser_take_keyword(parser, KEYWORD_FINALLY)) {
        parse_left_block(parser);
    } else if (!handler_count) {
        parser_fail(parser);
    }
}

/* The body of a function or a class: loops and functions around it are none of its own. */
static void
parse_body(struct parser *parser, bool is_function, bool is_async, uint32_t scope)
{
    const struct surroundings outer = parser->around;

    parser->around =
        (struct surroundings){.is_in_function = is_function, .is_in_class = !is_function, .is_in_async = is_async};
    if (parser->odd_count) {
        parser_forget_odds(parser);
    }
    if (parser->scopes) {
        scopes_enter(parser->scopes, scope);
    }
    parse_block(parser);
    if (parser->scopes) {
        scopes_leave(parser->scopes);
    }
    if (is_async && parser->around.has_yield && parser->around.has_return_value) {
        parser_fail(parser);
    }
    parser->around = outer;
}

static void
parse_function(struct parser *parser, bool is_async)
{
    const uint32_t scope = parser->scopes ? scopes_open(parser->scopes, SCOPE_OF_FUNCTION) : 0;

    parser_advance(parser);
    parser_need_bound_name(parser);
    if (parser_is(parser, OPERATOR1('['))) {
        parse_type_parameters(parser);
    }
    parser_need(parser, OPERATOR1('('));
    if (!parser_is(parser, OPERATOR1(')'))) {
        parse_parameters(parser, false, scope);
    }
    parser_need(parser, OPERATOR1(')'));
    if (parser_take(parser, OPERATOR2('-', '>'))) {
        parse_expression(parser);
    }
    parse_body(parser, true, is_async, scope);
}

static void
parse_class(struct parser *parser)
{
    const uint32_t scope = parser->scopes ? scopes_open(parser->scopes, SCOPE_OF_CLASS) : 0;

    parser_advance(parser);
    parser_need_bound_name(parser);
    parse_type_parameters(parser);
    if (parser_take(parser, OPERATOR1('('))) {
        parse_arguments(parser, true);
    }
    parse_body(parser, false, false, scope);
}

static void
parse_async(struct parser *parser)
{
    parser_advance(parser);
    if (parser->keyword == KEYWORD_DEF) {
        parse_function(parser, true);
    } else if (!parser->around.is_in_async) {
        parser_fail(parser);
    } else if (parser->keyword == KEYWORD_FOR) {
        parse_for(parser);
    } else if (parser->keyword == KEYWORD_WITH) {
        parse_with(parser);
    } else {
        parser_fail(parser);
    }
}

static void
parse_decorated(struct parser *parser)
{
    while (parser_take(parser, OPERATOR1('@'))) {
        parse_named_expression(parser);
        if (parser->token.kind != TOKEN_NEWLINE) {
            parser_fail(parser);
        }
        parser_advance(parser);
    }
    if (parser->keyword == KEYWORD_CLASS) {
        parse_class(parser);
    } else if (parser->keyword == KEYWORD_DEF) {
        parse_function(parser, false);
    } else if (parser->keyword == KEYWORD_ASYNC && token_is_name(parser_peek(parser), parser->source, "def")) {
        parse_async(parser);
    } else {
        parser_fail(parser);
    }
}

/* ---- match ---- */

/* Returns whether it leaves nothing to the cases behind it. */
static bool
parse_case(struct parser *parser)
{
    parser_advance(parser);
    bool takes_all = parse_patterns(parser);
    if (parser_take_keyword(parser, KEYWORD_IF)) {
        parse_named_expression(parser);
        takes_all = false;
    }
    parse_block(parser);
    return takes_all;
}

/* All of them, up to the end of their block. */
static void
parse_cases(struct parser *parser)
{
    bool takes_all = false;

    while (parser_is_soft(parser, "case")) {
        if (takes_all) {
            parser_fail(parser);
        }
        takes_all = parse_case(parser);
    }
    if (parser->token.kind != TOKEN_DEDENT && parser->token.kind != TOKEN_END) {
        parser_fail(parser);
    }
    parser_advance(parser);
}

/* False, and nothing is taken: it is no match statement. */
static bool
parse_match(struct parser *parser)
{
    const struct parser before = *parser;
    const uint32_t event_count = parser_event_count(parser);

    parser_advance(parser);
    if (parser_is(parser, OPERATOR1('*')) || parser_is(parser, OPERATOR1('-')) || parser_is_name(parser) ||
        parser->token.kind != TOKEN_OPERATOR || parser_is(parser, OPERATOR1('(')) ||
        parser_is(parser, OPERATOR1('[')) || parser_is(parser, OPERATOR1('{')) || parser_is(parser, OPERATOR1('~')) ||
        parser_is(parser, OPERATOR1('+')) || parser_is(parser, OPERATOR3('.', '.', '.'))) {
        do {
            if (parser_is_name(parser) && token_is(parser_peek(parser), OPERATOR2(':', '='))) {
                parse_named_expression(parser);
            } else {
                parse_star_expressions(parser);
            }
        } while (parser_take(parser, OPERATOR1(',')) && !parser_is(parser, OPERATOR1(':')));
        if (parser_take(parser, OPERATOR1(':')) && parser->token.kind == TOKEN_NEWLINE) {
            parser_advance(parser);
            if (parser->token.kind == TOKEN_INDENT) {
                parser_advance(parser);
                if (parser_is_soft(parser, "case")) {
                    parse_cases(parser);
                    return true;
                }
            }
        }
    }
    *parser = before;
    if (parser->scopes) {
        scopes_forget(parser->scopes, event_count);
    }
    return false;
}

static void
parse_compound(struct parser *parser)
{
    switch (parser->keyword) {
    case KEYWORD_IF:
        parse_if(parser);
        return;
    case KEYWORD_FOR:
        parse_for(parser);
        return;
    case KEYWORD_WHILE:
        parser_advance(parser);
        parse_named_expression(parser);
        parse_loop_block(parser);
        return;
    case KEYWORD_TRY:
        parse_try(parser);
        return;
    case KEYWORD_WITH:
        parse_with(parser);
        return;
    case KEYWORD_DEF:
        parse_function(parser, false);
        return;
    case KEYWORD_CLASS:
        parse_class(parser);
        return;
    case KEYWORD_ASYNC:
        parse_async(parser);
        return;
    default:
        break;
    }
    if (parser_is(parser, OPERATOR1('@'))) {
        parse_decorated(parser);
    } else if (!parser_is_soft(parser, "match") || !parse_match(parser)) {
        parse_simple_statements(parser);
    }
}

void
parse_statement(struct parser *parser)
{
    if (parser_enter(parser)) {
        parse_compound(parser);
        parser_leave(parser);
    }
}
