/* The tree of an expression, as deep as an assertion's explanation shows it; all else is one opaque span. */
#ifndef SYNTAX_EXPRESSION_H
#define SYNTAX_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "syntax/lexer.h"

enum expression_kind {
    EXPRESSION_OPAQUE = 1,
    EXPRESSION_NAME,
    EXPRESSION_CONSTANT,
    EXPRESSION_NAMED,     /* name := value; the value is not looked into */
    EXPRESSION_BOOL,      /* operands of one `and` or `or` */
    EXPRESSION_UNARY,     /* one child */
    EXPRESSION_BINARY,    /* two children */
    EXPRESSION_CALL,      /* the callee, then the arguments in source order */
    EXPRESSION_STARRED,   /* one child; in calls only */
    EXPRESSION_KEYWORD,   /* one child; in calls only; no name: ** */
    EXPRESSION_ATTRIBUTE, /* one child */
    EXPRESSION_COMPARE,   /* operands; each but the first has its operator */
};

enum expression_operator {
    OPERATOR_NONE,
    OPERATOR_OR,
    OPERATOR_AND,
    OPERATOR_NOT,
    OPERATOR_INVERT,
    OPERATOR_MINUS,
    OPERATOR_PLUS,
    OPERATOR_BIT_OR,
    OPERATOR_BIT_XOR,
    OPERATOR_BIT_AND,
    OPERATOR_LEFT_SHIFT,
    OPERATOR_RIGHT_SHIFT,
    OPERATOR_ADD,
    OPERATOR_SUBTRACT,
    OPERATOR_MULTIPLY,
    OPERATOR_DIVIDE,
    OPERATOR_FLOOR_DIVIDE,
    OPERATOR_REMAINDER,
    OPERATOR_POWER,
    OPERATOR_MATRIX,
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
    OPERATOR_LESS,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_IS,
    OPERATOR_IS_NOT,
    OPERATOR_IN,
    OPERATOR_NOT_IN,
    OPERATOR_COUNT,
};

/* Offsets are into the source; lives in the parser's arena. */
struct expression {
    enum expression_kind kind;
    enum expression_operator operator_kind; /* BOOL, UNARY, BINARY */
    enum expression_operator comparison;    /* of an operand of COMPARE: the operator before it */
    uint32_t start, end;                    /* as `ast` gives it: without redundant parentheses */
    uint32_t outer_start, outer_end;        /* with them; of a generator as sole argument: the call's own */
    uint32_t name_start, name_end;          /* NAME, NAMED, ATTRIBUTE, KEYWORD; empty for ** */
    uint32_t first_token, last_token;       /* indices into the parser's tokens */
    uint32_t child_count;
    bool is_sole_generator; /* OPAQUE: f(x for x in y): the parentheses belong to the call */
    bool is_tuple;          /* OPAQUE: a tuple with elements, in parentheses */
    struct expression *first_child;
    struct expression *next; /* sibling */
    struct expression *last_child;
};

struct expression_parser {
    const char *source;
    const struct token *tokens; /* ends with a token that is in no expression */
    uint32_t token_count;
    uint32_t at;
    uint32_t nesting;
    struct arena *arena;
};

/*
 * Parses one expression (no bare tuple, no bare `:=`) from tokens[at] on, and stops at the first token behind it.
 * NULL: this is no valid expression, or one nested too deeply; nothing else is known then.
 */
struct expression *expression_parse(struct expression_parser *parser);

#endif
