/* Statements, and the check as a whole: recursive descent over the lexer's tokens. */
#include "syntax/grammar.h"

#include <string.h>

#include "base/compiler.h"
#include "syntax/grammar_parser.h"

/* ---- Tokens ---- */

static enum keyword
keyword_of(const char *text, size_t length)
{
    static const struct {
        char name[9];
        unsigned char keyword;
    } WORDS[] = {
        {"False", KEYWORD_FALSE},
        {"None", KEYWORD_NULL},
        {"True", KEYWORD_TRUE},
        {"and", KEYWORD_AND},
        {"as", KEYWORD_AS},
        {"assert", KEYWORD_ASSERT},
        {"async", KEYWORD_ASYNC},
        {"await", KEYWORD_AWAIT},
        {"break", KEYWORD_BREAK},
        {"class", KEYWORD_CLASS},
        {"continue", KEYWORD_CONTINUE},
        {"def", KEYWORD_DEF},
        {"del", KEYWORD_DEL},
        {"elif", KEYWORD_ELIF},
        {"else", KEYWORD_ELSE},
        {"except", KEYWORD_EXCEPT},
        {"finally", KEYWORD_FINALLY},
        {"for", KEYWORD_FOR},
        {"from", KEYWORD_FROM},
        {"global", KEYWORD_GLOBAL},
        {"if", KEYWORD_IF},
        {"import", KEYWORD_IMPORT},
        {"in", KEYWORD_IN},
        {"is", KEYWORD_IS},
        {"lambda", KEYWORD_LAMBDA},
        {"nonlocal", KEYWORD_NONLOCAL},
        {"not", KEYWORD_NOT},
        {"or", KEYWORD_OR},
        {"pass", KEYWORD_PASS},
        {"raise", KEYWORD_RAISE},
        {"return", KEYWORD_RETURN},
        {"try", KEYWORD_TRY},
        {"while", KEYWORD_WHILE},
        {"with", KEYWORD_WITH},
        {"yield", KEYWORD_YIELD},
    };
    if (length < 2 || length > 8) {
        return KEYWORD_NONE;
    }
    /* Where the words of a letter begin. */
    static const unsigned char STARTS[26] = {['a' - 'a'] = 3,  ['b' - 'a'] = 8,  ['c' - 'a'] = 9,  ['d' - 'a'] = 11,
                                             ['e' - 'a'] = 13, ['f' - 'a'] = 16, ['g' - 'a'] = 19, ['i' - 'a'] = 20,
                                             ['l' - 'a'] = 24, ['n' - 'a'] = 25, ['o' - 'a'] = 27, ['p' - 'a'] = 28,
                                             ['r' - 'a'] = 29, ['t' - 'a'] = 31, ['w' - 'a'] = 32, ['y' - 'a'] = 34};
    size_t start = 0;
    if (text[0] >= 'a' && text[0] <= 'z') {
        start = STARTS[text[0] - 'a'];
        if (!start) {
            return KEYWORD_NONE;
        }
    }
    for (size_t i = start; i < COUNT_OF(WORDS) && WORDS[i].name[0] <= text[0]; i++) {
        if (WORDS[i].name[1] == text[1] && strlen(WORDS[i].name) == length &&
            memcmp(WORDS[i].name, text, length) == 0) {
            return WORDS[i].keyword;
        }
    }
    return KEYWORD_NONE;
}

void
parser_advance(struct parser *parser)
{
    if (parser->has_failed) {
        return;
    }
    parser->token = parser->has_next ? parser->next : lexer_next(&parser->lexer);
    parser->has_next = false;
    parser->keyword = KEYWORD_NONE;
    if (parser->token.kind == TOKEN_NAME) {
        parser->keyword = keyword_of(parser->source + parser->token.start, parser->token.end - parser->token.start);
    } else if (parser->token.kind == TOKEN_ERROR) {
        parser_fail(parser);
    }
}

const struct token *
parser_peek(struct parser *parser)
{
    if (!parser->has_next) {
        parser->next = lexer_next(&parser->lexer);
        parser->has_next = true;
    }
    return &parser->next;
}

/* From here on nothing matches any more, so that all loops end. */
void
parser_fail(struct parser *parser)
{
    parser->has_failed = true;
    parser->token.kind = TOKEN_ERROR;
    parser->token.operator_code = 0;
    parser->keyword = KEYWORD_NONE;
}

void
parser_need(struct parser *parser, uint32_t operator_code)
{
    if (!parser_take(parser, operator_code)) {
        parser_fail(parser);
    }
}

void
parser_need_keyword(struct parser *parser, enum keyword keyword)
{
    if (!parser_take_keyword(parser, keyword)) {
        parser_fail(parser);
    }
}

void
parser_need_name(struct parser *parser)
{
    if (!parser_is_name(parser)) {
        parser_fail(parser);
    }
    parser_advance(parser);
}

static bool
is_soft(const struct parser *parser, const char *word)
{
    return parser_is_name(parser) && token_is_name(&parser->token, parser->source, word);
}

static void parse_statement(struct parser *parser);
static void parse_simple_statements(struct parser *parser);

/* ---- Simple statements ---- */

static void
parse_dotted_name(struct parser *parser)
{
    do {
        parser_need_name(parser);
    } while (parser_take(parser, OPERATOR1('.')));
}

static void
parse_alias(struct parser *parser)
{
    if (parser_take_keyword(parser, KEYWORD_AS)) {
        parser_need_name(parser);
    }
}

static void
parse_import(struct parser *parser)
{
    if (parser_take_keyword(parser, KEYWORD_IMPORT)) {
        do {
            parse_dotted_name(parser);
            parse_alias(parser);
        } while (parser_take(parser, OPERATOR1(',')));
        return;
    }
    parser_need_keyword(parser, KEYWORD_FROM);
    bool has_dots = false;
    while (parser_take(parser, OPERATOR1('.')) || parser_take(parser, OPERATOR3('.', '.', '.'))) {
        has_dots = true;
    }
    if (!has_dots || parser->keyword != KEYWORD_IMPORT) {
        parse_dotted_name(parser);
    }
    parser_need_keyword(parser, KEYWORD_IMPORT);
    if (parser_take(parser, OPERATOR1('*'))) {
        return;
    }
    bool is_bracketed = parser_take(parser, OPERATOR1('('));
    do {
        parser_need_name(parser);
        parse_alias(parser);
    } while (parser_take(parser, OPERATOR1(',')) && !(is_bracketed && parser_is(parser, OPERATOR1(')'))));
    if (is_bracketed) {
        parser_need(parser, OPERATOR1(')'));
    }
}

static void
parse_expression_statement(struct parser *parser)
{
    if (parser->keyword == KEYWORD_YIELD) {
        parse_yield_or_expressions(parser);
        return;
    }
    enum shape shape = parse_star_expressions(parser);
    if (token_is_augmented(&parser->token) || parser_is(parser, OPERATOR1(':'))) {
        bool is_annotation = parser_is(parser, OPERATOR1(':'));
        if (shape != SHAPE_TARGET) {
            parser_fail(parser);
        }
        parser_advance(parser);
        if (!is_annotation) {
            parse_yield_or_expressions(parser);
            return;
        }
        parse_expression(parser);
        if (parser_take(parser, OPERATOR1('='))) {
            parse_yield_or_expressions(parser);
        }
        return;
    }
    while (parser_is(parser, OPERATOR1('='))) {
        if (shape == SHAPE_OTHER) {
            parser_fail(parser);
        }
        parser_advance(parser);
        if (parser->keyword == KEYWORD_YIELD) {
            parse_yield_or_expressions(parser);
            shape = SHAPE_OTHER;
        } else {
            shape = parse_star_expressions(parser);
        }
    }
}

static bool
is_simple_end(const struct parser *parser)
{
    return parser->token.kind == TOKEN_NEWLINE || parser->token.kind == TOKEN_END || parser_is(parser, OPERATOR1(';'));
}

static void
parse_type_parameters(struct parser *parser)
{
    if (!parser_take(parser, OPERATOR1('['))) {
        return;
    }
    do {
        if (!parser_take(parser, OPERATOR1('*'))) {
            parser_take(parser, OPERATOR2('*', '*'));
        }
        parser_need_name(parser);
        if (parser_take(parser, OPERATOR1(':'))) {
            parse_expression(parser);
        }
        if (parser_take(parser, OPERATOR1('='))) {
            parser_take(parser, OPERATOR1('*'));
            parse_expression(parser);
        }
    } while (parser_take(parser, OPERATOR1(',')) && !parser_is(parser, OPERATOR1(']')));
    parser_need(parser, OPERATOR1(']'));
}

static void
parse_words(struct parser *parser)
{
    const enum keyword keyword = parser->keyword;

    parser_advance(parser);
    switch (keyword) {
    case KEYWORD_BREAK:
    case KEYWORD_CONTINUE:
        if (!parser->is_in_loop) {
            parser_fail(parser);
        }
        break;
    case KEYWORD_RETURN:
        if (!parser->is_in_function) {
            parser_fail(parser);
        }
        if (!is_simple_end(parser)) {
            parse_star_expressions(parser);
        }
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
        do {
            parser_need_name(parser);
        } while (parser_take(parser, OPERATOR1(',')));
        break;
    case KEYWORD_DEL:
        parse_targets(parser);
        break;
    case KEYWORD_ASSERT:
        parse_expression(parser);
        if (parser_take(parser, OPERATOR1(','))) {
            parse_expression(parser);
        }
        break;
    default: /* pass */
        break;
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
    if ((is_soft(parser, "type") || is_soft(parser, "lazy")) && parser_peek(parser)->kind == TOKEN_NAME) {
        const char *text = parser->source + parser->next.start;
        enum keyword next = keyword_of(text, parser->next.end - parser->next.start);
        if (next == KEYWORD_IMPORT || next == KEYWORD_FROM) {
            parser_advance(parser);
            parse_import(parser);
            return;
        }
        if (next == KEYWORD_NONE) {
            parser_advance(parser);
            parser_need_name(parser);
            parse_type_parameters(parser);
            parser_need(parser, OPERATOR1('='));
            parse_expression(parser);
            return;
        }
    }
    parse_expression_statement(parser);
}

static void
parse_simple_statements(struct parser *parser)
{
    do {
        parse_simple_statement(parser);
    } while (parser_take(parser, OPERATOR1(';')) && parser->token.kind != TOKEN_NEWLINE &&
             parser->token.kind != TOKEN_END);
    if (parser->token.kind == TOKEN_NEWLINE) {
        parser_advance(parser);
    } else if (parser->token.kind != TOKEN_END) {
        parser_fail(parser);
    }
}

/* ---- Compound statements ---- */

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

static void
parse_loop_block(struct parser *parser)
{
    bool was_in_loop = parser->is_in_loop;

    parser->is_in_loop = true;
    parse_block(parser);
    parser->is_in_loop = was_in_loop;
    if (parser_take_keyword(parser, KEYWORD_ELSE)) {
        parse_block(parser);
    }
}

static void
parse_for(struct parser *parser)
{
    parser_advance(parser);
    parse_targets(parser);
    parser_need_keyword(parser, KEYWORD_IN);
    parse_star_expressions(parser);
    parse_loop_block(parser);
}

static void
parse_if(struct parser *parser)
{
    do {
        parser_advance(parser);
        parse_named_expression(parser);
        parse_block(parser);
    } while (parser->keyword == KEYWORD_ELIF);
    if (parser_take_keyword(parser, KEYWORD_ELSE)) {
        parse_block(parser);
    }
}

static void
parse_with(struct parser *parser)
{
    parser_advance(parser);
    do {
        parser->allows_as = true;
        parse_expression(parser);
        parser->allows_as = false;
        if (parser_take_keyword(parser, KEYWORD_AS)) {
            parse_target(parser);
        }
    } while (parser_take(parser, OPERATOR1(',')));
    parse_block(parser);
}

static void
parse_try(struct parser *parser)
{
    bool has_handler = false, was_bare = false;

    parser_advance(parser);
    parse_block(parser);
    while (!parser->has_failed && parser_take_keyword(parser, KEYWORD_EXCEPT)) {
        if (was_bare) {
            parser_fail(parser);
        }
        has_handler = true;
        was_bare = parser_is(parser, OPERATOR1(':'));
        parser_take(parser, OPERATOR1('*'));
        if (!was_bare) {
            do {
                parse_expression(parser);
            } while (parser_take(parser, OPERATOR1(','))); /* 3.14 */
            parse_alias(parser);
        }
        parse_block(parser);
    }
    if (has_handler && parser_take_keyword(parser, KEYWORD_ELSE)) {
        parse_block(parser);
    }
    if (parser_take_keyword(parser, KEYWORD_FINALLY)) {
        parse_block(parser);
    } else if (!has_handler) {
        parser_fail(parser);
    }
}

/* The body of a function or a class: loops and functions around it are none of its own. */
static void
parse_body(struct parser *parser, bool is_function, bool is_async)
{
    const struct parser outer = {
        .is_in_function = parser->is_in_function, .is_in_async = parser->is_in_async, .is_in_loop = parser->is_in_loop};

    parser->is_in_function = is_function;
    parser->is_in_async = is_async;
    parser->is_in_loop = false;
    parse_block(parser);
    parser->is_in_function = outer.is_in_function;
    parser->is_in_async = outer.is_in_async;
    parser->is_in_loop = outer.is_in_loop;
}

static void
parse_function(struct parser *parser, bool is_async)
{
    parser_advance(parser);
    parser_need_name(parser);
    parse_type_parameters(parser);
    parser_need(parser, OPERATOR1('('));
    parse_parameters(parser, false);
    parser_need(parser, OPERATOR1(')'));
    if (parser_take(parser, OPERATOR2('-', '>'))) {
        parse_expression(parser);
    }
    parse_body(parser, true, is_async);
}

static void
parse_class(struct parser *parser)
{
    parser_advance(parser);
    parser_need_name(parser);
    parse_type_parameters(parser);
    if (parser_take(parser, OPERATOR1('('))) {
        parse_arguments(parser);
    }
    parse_body(parser, false, false);
}

static void
parse_async(struct parser *parser)
{
    parser_advance(parser);
    if (parser->keyword == KEYWORD_DEF) {
        parse_function(parser, true);
    } else if (!parser->is_in_async) {
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

static void
parse_case(struct parser *parser)
{
    parser_advance(parser);
    parser->allows_as = parser->is_in_case = true;
    parse_star_expressions(parser);
    parser->allows_as = parser->is_in_case = false;
    if (parser_take_keyword(parser, KEYWORD_IF)) {
        parse_named_expression(parser);
    }
    parse_block(parser);
}

/* False, and nothing is taken: it is no match statement. */
static bool
parse_match(struct parser *parser)
{
    const struct parser before = *parser;

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
                if (is_soft(parser, "case")) {
                    while (is_soft(parser, "case")) {
                        parse_case(parser);
                    }
                    if (parser->token.kind != TOKEN_DEDENT && parser->token.kind != TOKEN_END) {
                        parser_fail(parser);
                    }
                    parser_advance(parser);
                    return true;
                }
            }
        }
    }
    *parser = before;
    return false;
}

/* ---- All of it ---- */

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
    } else if (!is_soft(parser, "match") || !parse_match(parser)) {
        parse_simple_statements(parser);
    }
}

static void
parse_statement(struct parser *parser)
{
    if (parser_enter(parser)) {
        parse_compound(parser);
        parser_leave(parser);
    }
}

bool
grammar_check(const char *source, size_t length, uint32_t *line_out)
{
    struct parser parser = {.source = source};

    lexer_init(&parser.lexer, source, length);
    parser_advance(&parser);
    while (!parser.has_failed && parser.token.kind != TOKEN_END) {
        if (parser.token.kind == TOKEN_NEWLINE) {
            parser_advance(&parser);
        } else {
            parse_statement(&parser);
        }
    }
    *line_out = parser.token.line;
    return !parser.has_failed || parser.has_given_up;
}
