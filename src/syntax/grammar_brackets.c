/* What stands in brackets: tuples, lists, sets, dictionaries, comprehensions, arguments, subscripts. */
#include <string.h>

#include "syntax/grammar_parser.h"

bool
parser_is_debug(const struct parser *parser, const struct token *token)
{
    static const char NAME[] = "__debug__";

    return token->end - token->start == sizeof NAME - 1 &&
           memcmp(parser->source + token->start, NAME, sizeof NAME - 1) == 0;
}

/* ---- Comprehensions ---- */

static bool
is_comprehension(struct parser *parser)
{
    return parser->keyword == KEYWORD_FOR ||
           (parser->keyword == KEYWORD_ASYNC && token_is_name(parser_peek(parser), parser->source, "for"));
}

/* Where a comprehension begins: what was noted before it. */
struct comprehension {
    uint32_t first_odd, first_event;
    bool is_generator;
};

static struct comprehension
comprehension_start(const struct parser *parser, bool is_generator)
{
    return (struct comprehension){parser->odd_count, parser_event_count(parser), is_generator};
}

/* Whether an expression in [first_odd, ...) binds a name of the targets in [start, end). */
static bool
rebinds_target(const struct parser *parser, uint32_t first_odd, uint32_t start, uint32_t end)
{
    struct lexer lexer = parser->lexer;

    lexer.offset = start;
    lexer.length = end;
    for (;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_END || token.kind == TOKEN_ERROR || token.start >= end) {
            return false;
        }
        for (uint32_t i = first_odd; token.kind == TOKEN_NAME && i < parser->odd_count; i++) {
            const struct odd *odd = &parser->notes->odds[i];
            if (odd->kind == ODD_WALRUS && odd->end - odd->start == token.end - token.start &&
                memcmp(parser->source + odd->start, parser->source + token.start, token.end - token.start) == 0) {
                return true;
            }
        }
    }
}

/* What is refused within it: yield; assignments here and there; await, but in a generator expression. */
static void
judge_comprehension(struct parser *parser, const struct comprehension *start, bool is_async)
{
    struct parser_notes *notes = parser->notes;

    if (parser_has_odd(parser, start->first_odd, ODD_YIELD)) {
        parser_doubt(parser, "yield inside of a comprehension");
    }
    if (parser->around.is_in_class && parser_has_odd(parser, start->first_odd, ODD_WALRUS)) {
        parser_doubt(parser, "an assignment expression in a comprehension in a class");
    }
    if (parser_has_odd(parser, start->first_odd, ODD_ASYNC_COMPREHENSION)) {
        parser_needs(parser, 11);
    }
    for (uint32_t i = start->first_odd; i < parser->odd_count; i++) {
        is_async = is_async || notes->odds[i].kind == ODD_AWAIT || notes->odds[i].kind == ODD_LOOSE_AWAIT;
        if (start->is_generator && notes->odds[i].kind == ODD_LOOSE_AWAIT) {
            notes->odds[i].kind = ODD_AWAIT;
        }
    }
    if (is_async && !start->is_generator) {
        parser_note(parser, parser->around.is_in_async ? ODD_ASYNC_COMPREHENSION : ODD_LOOSE_AWAIT, &parser->token);
    }
}

static void
parse_comprehension(struct parser *parser, const struct comprehension *start)
{
    uint32_t outer_first = 0, outer_end = 0;
    bool is_async = false;

    for (bool is_first = true; !parser->has_failed && is_comprehension(parser); is_first = false) {
        is_async = parser_take_keyword(parser, KEYWORD_ASYNC) || is_async;
        parser_advance(parser);
        const uint32_t targets_start = parser->token.start;
        const uint32_t first_target = parser_event_count(parser);
        parse_targets(parser, false);
        if (parser->scopes) {
            scopes_bind(parser->scopes, first_target);
        }
        const uint32_t targets_end = parser->token.start;
        parser_need_keyword(parser, KEYWORD_IN);
        const uint32_t odd_count = parser->odd_count;
        outer_first = is_first ? parser_event_count(parser) : outer_first;
        parse_logical(parser);
        outer_end = is_first ? parser_event_count(parser) : outer_end;
        if (parser_has_odd(parser, odd_count, ODD_WALRUS)) {
            parser_doubt(parser, "an assignment expression in what a comprehension goes over");
        }
        while (parser_take_keyword(parser, KEYWORD_IF)) {
            if (parser->keyword == KEYWORD_LAMBDA) {
                parse_expression(parser); /* 3.8 */
            } else {
                parse_logical(parser);
            }
        }
        if (parser->odd_count != start->first_odd && !parser->has_failed &&
            rebinds_target(parser, start->first_odd, targets_start, targets_end)) {
            parser_doubt(parser, "an assignment expression to what a comprehension binds");
        }
    }
    if (parser->odd_count != start->first_odd || is_async) {
        judge_comprehension(parser, start, is_async);
    }
    if (parser->scopes) {
        scopes_hide(parser->scopes, start->first_event, outer_first, outer_end);
    }
}

/* ---- In brackets ---- */

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
    }
    return shape;
}

/* What a sequence can be used for with one more element. */
enum shape
shape_add(enum shape shape, enum shape element, bool is_starred)
{
    if (shape == SHAPE_OTHER || element == SHAPE_OTHER || (is_starred && shape == SHAPE_STARRED)) {
        return SHAPE_OTHER;
    }
    return is_starred ? SHAPE_STARRED : shape;
}

/* Behind the opening bracket, to the closing one. */
enum shape
parse_elements(struct parser *parser, bool is_tuple)
{
    uint32_t closer = is_tuple ? OPERATOR1(')') : OPERATOR1(']');
    const struct comprehension start = comprehension_start(parser, is_tuple);
    enum shape shape = SHAPE_SEQUENCE;
    size_t count = 0;
    enum shape only = SHAPE_OTHER;
    bool has_comma = true, is_starred = false;

    if (is_tuple && parser->keyword == KEYWORD_YIELD) {
        parse_yield_or_expressions(parser);
        parser_need(parser, closer);
        return SHAPE_OTHER;
    }
    while (!parser->has_failed && has_comma && !parser_is(parser, closer)) {
        enum shape one = parse_element(parser, &is_starred);
        count++;
        shape = shape_add(shape, one, is_starred);
        if (count == 1 && is_comprehension(parser)) {
            if (is_starred) {
                parser_needs(parser, 15);
            }
            parse_comprehension(parser, &start);
            parser_need(parser, closer);
            return SHAPE_OTHER;
        }
        only = one;
        has_comma = parser_take(parser, OPERATOR1(','));
    }
    if (is_tuple && count == 1 && !has_comma && is_starred) {
        parser_fail(parser);
    }
    const uint32_t end = parser->token.end;
    parser_need(parser, closer);
    if (is_tuple && count == 1 && !has_comma) {
        return only;
    }
    if (is_tuple && count) {
        parser->tuple_end = end;
    }
    return shape;
}

/* Behind the "{". */
void
parse_braces(struct parser *parser)
{
    const struct comprehension start = comprehension_start(parser, false);
    bool is_dict = false, is_set = false, is_starred = false;

    for (size_t count = 0; !parser->has_failed && !parser_is(parser, OPERATOR1('}')); count++) {
        const bool is_mapping = parser_take(parser, OPERATOR2('*', '*'));
        if (is_mapping) {
            is_dict = true;
            parse_sum(parser);
        } else {
            parse_element(parser, &is_starred);
            bool is_pair = !is_starred && parser_take(parser, OPERATOR1(':'));
            is_dict = is_dict || is_pair;
            is_set = is_set || !is_pair;
            if (is_pair) {
                parse_expression(parser);
            }
        }
        if (count == 0 && is_comprehension(parser)) {
            if (is_starred || is_mapping) {
                parser_needs(parser, 15);
            }
            parse_comprehension(parser, &start);
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

/* "name=value": each name once. */
static void
parse_keyword(struct parser *parser, uint32_t first_name)
{
    if (!parser_add_name(parser, first_name, &parser->token)) {
        parser_fail(parser);
    }
    if (parser_is_debug(parser, &parser->token)) {
        parser_fail(parser);
    }
    parser_advance(parser);
    parser_advance(parser);
    parse_expression(parser);
}

/* An argument without a name, which may be a generator expression if it is alone. */
static bool
parse_positional(struct parser *parser, bool is_alone)
{
    const struct comprehension start = comprehension_start(parser, true);

    parse_named_expression(parser);
    if (!is_comprehension(parser)) {
        return false;
    }
    parse_comprehension(parser, &start);
    if (!is_alone || !parser_is(parser, OPERATOR1(')'))) {
        parser_fail(parser);
    }
    return true;
}

void
parse_arguments(struct parser *parser, bool is_class)
{
    const uint32_t first_name = parser->name_count;
    bool has_keyword = false, has_mapping = false;

    for (bool is_first = true; !parser->has_failed && !parser_is(parser, OPERATOR1(')')); is_first = false) {
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
            parse_keyword(parser, first_name);
        } else {
            if (has_keyword || has_mapping) {
                parser_fail(parser);
            }
            if (parse_positional(parser, is_first) && is_class) {
                parser_fail(parser);
            }
        }
        if (!parser_take(parser, OPERATOR1(','))) {
            break;
        }
    }
    parser_need(parser, OPERATOR1(')'));
    parser->name_count = first_name;
}

void
parse_slices(struct parser *parser)
{
    do {
        if (parser_take(parser, OPERATOR1('*'))) {
            parser_needs(parser, 11);
            parse_expression(parser);
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
