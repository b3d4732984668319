/* What the two halves of the grammar share: expressions, and statements. Private to syntax/. */
#ifndef SYNTAX_GRAMMAR_PARSER_H
#define SYNTAX_GRAMMAR_PARSER_H

#include "syntax/lexer.h"

enum keyword {
    KEYWORD_NONE, /* a name, also of a soft keyword, or no NAME at all */
    KEYWORD_FALSE,
    KEYWORD_NULL,
    KEYWORD_TRUE,
    KEYWORD_AND,
    KEYWORD_AS,
    KEYWORD_ASSERT,
    KEYWORD_ASYNC,
    KEYWORD_AWAIT,
    KEYWORD_BREAK,
    KEYWORD_CLASS,
    KEYWORD_CONTINUE,
    KEYWORD_DEF,
    KEYWORD_DEL,
    KEYWORD_ELIF,
    KEYWORD_ELSE,
    KEYWORD_EXCEPT,
    KEYWORD_FINALLY,
    KEYWORD_FOR,
    KEYWORD_FROM,
    KEYWORD_GLOBAL,
    KEYWORD_IF,
    KEYWORD_IMPORT,
    KEYWORD_IN,
    KEYWORD_IS,
    KEYWORD_LAMBDA,
    KEYWORD_NONLOCAL,
    KEYWORD_NOT,
    KEYWORD_OR,
    KEYWORD_PASS,
    KEYWORD_RAISE,
    KEYWORD_RETURN,
    KEYWORD_TRY,
    KEYWORD_WHILE,
    KEYWORD_WITH,
    KEYWORD_YIELD,
};

/* What can be done with an expression. */
enum shape {
    SHAPE_OTHER,
    SHAPE_TARGET,   /* a name, an attribute, a subscript */
    SHAPE_SEQUENCE, /* a tuple or list of targets */
};

struct parser {
    const char *source;
    struct lexer lexer;
    struct token token; /* looked at */
    enum keyword keyword;
    struct token next; /* behind it; only when has_next */
    bool has_next;
    unsigned depth;  /* of recursion */
    bool has_failed; /* and `token` is where; nothing is taken any more */
    bool has_given_up;
    bool allows_as;  /* "x as y" within brackets: patterns, and with's own */
    bool is_in_case; /* an "if" ends what is matched */
    bool is_in_function, is_in_async, is_in_loop;
};

void parser_advance(struct parser *parser);
const struct token *parser_peek(struct parser *parser);
void parser_fail(struct parser *parser);
bool parser_enter(struct parser *parser); /* false: too deep; then parser_leave() is not called */
void parser_leave(struct parser *parser);

/* Takes it if it is next. */
static inline bool
parser_take(struct parser *parser, uint32_t operator_code)
{
    if (parser->token.operator_code != operator_code) {
        return false;
    }
    parser_advance(parser);
    return true;
}

static inline bool
parser_take_keyword(struct parser *parser, enum keyword keyword)
{
    if (parser->keyword != keyword) {
        return false;
    }
    parser_advance(parser);
    return true;
}

/* Fails unless it is next, and takes it. */
void parser_need(struct parser *parser, uint32_t operator_code);
void parser_need_keyword(struct parser *parser, enum keyword keyword);
void parser_need_name(struct parser *parser);

static inline bool
parser_is(const struct parser *parser, uint32_t operator_code)
{
    return parser->token.operator_code == operator_code;
}

static inline bool
parser_is_name(const struct parser *parser)
{
    return parser->token.kind == TOKEN_NAME && parser->keyword == KEYWORD_NONE;
}

enum shape parse_expression(struct parser *parser);
enum shape parse_named_expression(struct parser *parser);
enum shape parse_star_expressions(struct parser *parser); /* a, *b */
void parse_yield_or_expressions(struct parser *parser);
void parse_targets(struct parser *parser); /* of `for` and `del` */
enum shape parse_target(struct parser *parser);
void parse_arguments(struct parser *parser);                  /* behind the "(" to the ")" */
void parse_parameters(struct parser *parser, bool is_lambda); /* up to what ends them */

#endif
