/* Recursive descent over the tokens of one statement. Strict where it looks, lenient inside opaque spans. */
#include "syntax/expression.h"

#include "base/compiler.h"

/* Far above what people write, far below what would exhaust the stack; CPython stops at similar depths. */
enum { MAX_NESTING = 300 };

typedef struct expression Expression;
typedef struct expression_parser Parser;

static Expression *parse_expression(Parser *parser);
static Expression *parse_named(Parser *parser);
static Expression *parse_binary(Parser *parser, int level);
static Expression *parse_unary(Parser *parser);

static const struct token *
peek(const Parser *parser)
{
    return &parser->tokens[parser->at];
}

static bool
peek_is(const Parser *parser, uint32_t operator_code)
{
    return token_is(peek(parser), operator_code);
}

static bool
peek_is_name(const Parser *parser, const char *word)
{
    return token_is_name(peek(parser), parser->source, word);
}

static bool
next_is(const Parser *parser, uint32_t operator_code)
{
    return parser->at + 1 < parser->token_count && token_is(&parser->tokens[parser->at + 1], operator_code);
}

/* Steps over the current token; the last one ends every expression and stays. */
static void
advance(Parser *parser)
{
    if (parser->at + 1 < parser->token_count) {
        parser->at++;
    }
}

static Expression *
node_make(Parser *parser, enum expression_kind kind, uint32_t first_token)
{
    Expression *node = arena_alloc_zeroed(parser->arena, sizeof *node);

    node->kind = kind;
    node->first_token = first_token;
    node->start = node->outer_start = parser->tokens[first_token].start;
    return node;
}

/* The node reaches to the last token that was stepped over. */
static Expression *
node_finish(const Parser *parser, Expression *node)
{
    node->last_token = parser->at - 1;
    node->end = node->outer_end = parser->tokens[node->last_token].end;
    return node;
}

static void
node_add(Expression *node, Expression *child)
{
    if (node->last_child) {
        node->last_child->next = child;
    } else {
        node->first_child = child;
    }
    node->last_child = child;
    node->child_count++;
}

/* A parent that begins where its first child begins, parentheses included. */
static Expression *
node_around(Parser *parser, enum expression_kind kind, Expression *child)
{
    Expression *node = node_make(parser, kind, child->first_token);

    node->start = node->outer_start = child->outer_start;
    node_add(node, child);
    return node;
}

/* From an open bracket at depth 0 to behind its partner. */
static bool
skip_to_close(Parser *parser)
{
    uint32_t depth = 1;

    while (depth) {
        switch (peek(parser)->operator_code) {
        case OPERATOR1('('):
        case OPERATOR1('['):
        case OPERATOR1('{'):
            depth++;
            break;
        case OPERATOR1(')'):
        case OPERATOR1(']'):
        case OPERATOR1('}'):
            depth--;
            break;
        default:
            break;
        }
        if (parser->at + 1 == parser->token_count) {
            return false;
        }
        parser->at++;
    }
    return true;
}

static bool
is_keyword(const Parser *parser, const struct token *token)
{
    static const char *const WORDS[] = {
        "and",      "as",     "assert",  "async", "await", "break",  "class", "continue", "def",  "del",   "elif",
        "else",     "except", "finally", "for",   "from",  "global", "if",    "import",   "in",   "is",    "lambda",
        "nonlocal", "not",    "or",      "pass",  "raise", "return", "try",   "while",    "with", "yield",
    };
    uint32_t length = token->end - token->start;

    if (length < 2 || length > 8) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (token_is_name(token, parser->source, WORDS[i])) {
            return true;
        }
    }
    return false;
}

static bool
is_constant_name(const Parser *parser, const struct token *token)
{
    return token_is_name(token, parser->source, "None") || token_is_name(token, parser->source, "True") ||
           token_is_name(token, parser->source, "False");
}

/* Adjacent literals are one: opaque as soon as one of them is formatted. */
static Expression *
parse_strings(Parser *parser)
{
    Expression *node = node_make(parser, EXPRESSION_CONSTANT, parser->at);

    while (peek(parser)->kind == TOKEN_STRING || peek(parser)->kind == TOKEN_FORMATTED_STRING) {
        if (peek(parser)->kind == TOKEN_FORMATTED_STRING) {
            node->kind = EXPRESSION_OPAQUE;
        }
        advance(parser);
    }
    return node_finish(parser, node);
}

/* "(": a group around one expression, or a tuple, a generator, a yield. */
static Expression *
parse_parenthesis(Parser *parser)
{
    uint32_t open = parser->at;
    Expression *inner = NULL;
    bool is_tuple = false;

    advance(parser);
    is_tuple = peek_is(parser, OPERATOR1('*'));
    if (peek_is_name(parser, "yield")) {
        inner = node_make(parser, EXPRESSION_OPAQUE, parser->at);
        if (!skip_to_close(parser)) {
            return NULL;
        }
        inner->last_token = parser->at - 2;
        inner->end = parser->tokens[inner->last_token].end;
    } else if (!peek_is(parser, OPERATOR1(')')) && !peek_is(parser, OPERATOR1('*'))) {
        inner = parse_named(parser);
        if (!inner) {
            return NULL;
        }
        if (!peek_is(parser, OPERATOR1(')'))) {
            is_tuple = peek_is(parser, OPERATOR1(','));
            inner = NULL;
        } else {
            advance(parser);
        }
    }
    if (inner) {
        inner->outer_start = parser->tokens[open].start;
        inner->outer_end = parser->tokens[parser->at - 1].end;
        return inner;
    }
    if (!skip_to_close(parser)) {
        return NULL;
    }
    Expression *node = node_make(parser, EXPRESSION_OPAQUE, open);
    node->is_tuple = is_tuple;
    return node_finish(parser, node);
}

static Expression *
parse_display(Parser *parser)
{
    Expression *node = node_make(parser, EXPRESSION_OPAQUE, parser->at);

    advance(parser);
    return skip_to_close(parser) ? node_finish(parser, node) : NULL;
}

static Expression *
parse_atom(Parser *parser)
{
    const struct token *token = peek(parser);

    switch (token->kind) {
    case TOKEN_NUMBER: {
        Expression *node = node_make(parser, EXPRESSION_CONSTANT, parser->at);
        advance(parser);
        return node_finish(parser, node);
    }
    case TOKEN_STRING:
    case TOKEN_FORMATTED_STRING:
        return parse_strings(parser);
    case TOKEN_NAME: {
        if (is_keyword(parser, token)) {
            return NULL;
        }
        Expression *node =
            node_make(parser, is_constant_name(parser, token) ? EXPRESSION_CONSTANT : EXPRESSION_NAME, parser->at);
        node->name_start = token->start;
        node->name_end = token->end;
        advance(parser);
        return node_finish(parser, node);
    }
    case TOKEN_OPERATOR:
        break;
    default:
        return NULL;
    }
    switch (token->operator_code) {
    case OPERATOR1('('):
        return parse_parenthesis(parser);
    case OPERATOR1('['):
    case OPERATOR1('{'):
        return parse_display(parser);
    case OPERATOR3('.', '.', '.'): {
        Expression *node = node_make(parser, EXPRESSION_CONSTANT, parser->at);
        advance(parser);
        return node_finish(parser, node);
    }
    default:
        return NULL;
    }
}

/* "*x", "**x", "k=x", "x := 1" or "x" of a call. */
static Expression *
parse_argument(Parser *parser)
{
    bool is_starred = peek_is(parser, OPERATOR1('*'));
    bool is_named = peek(parser)->kind == TOKEN_NAME && next_is(parser, OPERATOR1('='));

    if (!is_starred && !is_named && !peek_is(parser, OPERATOR2('*', '*'))) {
        return parse_named(parser);
    }
    Expression *node = node_make(parser, is_starred ? EXPRESSION_STARRED : EXPRESSION_KEYWORD, parser->at);
    if (is_named) {
        node->name_start = peek(parser)->start;
        node->name_end = peek(parser)->end;
        advance(parser);
    }
    advance(parser);
    Expression *value = parse_expression(parser);
    if (!value) {
        return NULL;
    }
    node_add(node, value);
    return node_finish(parser, node);
}

/* f(x for x in y): at `for`, the element is behind; `open` is the call's parenthesis. */
static Expression *
finish_sole_generator(Parser *parser, uint32_t open)
{
    Expression *node = node_make(parser, EXPRESSION_OPAQUE, open);

    if (!skip_to_close(parser)) {
        return NULL;
    }
    node->is_sole_generator = true;
    return node_finish(parser, node);
}

static Expression *
parse_call(Parser *parser, Expression *callee)
{
    Expression *node = node_around(parser, EXPRESSION_CALL, callee);
    uint32_t open = parser->at;

    advance(parser);
    while (!peek_is(parser, OPERATOR1(')'))) {
        Expression *argument = parse_argument(parser);
        if (!argument) {
            return NULL;
        }
        if (peek_is_name(parser, "for") || peek_is_name(parser, "async")) {
            if (node->child_count != 1 || argument->kind == EXPRESSION_KEYWORD) {
                return NULL;
            }
            argument = finish_sole_generator(parser, open);
            if (!argument) {
                return NULL;
            }
            node_add(node, argument);
            return node_finish(parser, node);
        }
        node_add(node, argument);
        if (!peek_is(parser, OPERATOR1(','))) {
            break;
        }
        advance(parser);
    }
    if (!peek_is(parser, OPERATOR1(')'))) {
        return NULL;
    }
    advance(parser);
    return node_finish(parser, node);
}

static Expression *
parse_trailer(Parser *parser, Expression *base)
{
    Expression *node = NULL;

    if (peek_is(parser, OPERATOR1('('))) {
        return parse_call(parser, base);
    }
    if (peek_is(parser, OPERATOR1('['))) {
        node = node_around(parser, EXPRESSION_OPAQUE, base);
        node->first_child = node->last_child = NULL;
        node->child_count = 0;
        advance(parser);
        return skip_to_close(parser) ? node_finish(parser, node) : NULL;
    }
    advance(parser);
    const struct token *name = peek(parser);
    if (name->kind != TOKEN_NAME) {
        return NULL;
    }
    node = node_around(parser, EXPRESSION_ATTRIBUTE, base);
    node->name_start = name->start;
    node->name_end = name->end;
    advance(parser);
    return node_finish(parser, node);
}

static Expression *
parse_primary(Parser *parser)
{
    uint32_t first = parser->at;
    bool is_await = peek_is_name(parser, "await");
    uint32_t trailers = 0;

    if (is_await) {
        advance(parser);
    }
    Expression *node = parse_atom(parser);
    while (node &&
           (peek_is(parser, OPERATOR1('.')) || peek_is(parser, OPERATOR1('(')) || peek_is(parser, OPERATOR1('[')))) {
        if (++trailers > MAX_NESTING) {
            return NULL;
        }
        node = parse_trailer(parser, node);
    }
    if (node && is_await) {
        node = node_finish(parser, node_make(parser, EXPRESSION_OPAQUE, first));
    }
    return node;
}

/* primary ["**" unary] */
static Expression *
parse_power(Parser *parser)
{
    Expression *base = parse_primary(parser);

    if (!base || !peek_is(parser, OPERATOR2('*', '*'))) {
        return base;
    }
    Expression *node = node_around(parser, EXPRESSION_BINARY, base);
    node->operator_kind = OPERATOR_POWER;
    if (++parser->nesting > MAX_NESTING) {
        return NULL;
    }
    advance(parser);
    Expression *exponent = parse_unary(parser);
    parser->nesting--;
    if (!exponent) {
        return NULL;
    }
    node_add(node, exponent);
    return node_finish(parser, node);
}

static enum expression_operator
unary_operator(uint32_t operator_code)
{
    switch (operator_code) {
    case OPERATOR1('-'):
        return OPERATOR_MINUS;
    case OPERATOR1('+'):
        return OPERATOR_PLUS;
    case OPERATOR1('~'):
        return OPERATOR_INVERT;
    default:
        return OPERATOR_NONE;
    }
}

static Expression *
parse_prefix(Parser *parser, enum expression_operator operator_kind, Expression *(*parse_operand)(Parser *parser))
{
    Expression *node = node_make(parser, EXPRESSION_UNARY, parser->at);

    node->operator_kind = operator_kind;
    if (++parser->nesting > MAX_NESTING) {
        return NULL;
    }
    advance(parser);
    Expression *operand = parse_operand(parser);
    parser->nesting--;
    if (!operand) {
        return NULL;
    }
    node_add(node, operand);
    return node_finish(parser, node);
}

static Expression *
parse_unary(Parser *parser)
{
    enum expression_operator operator_kind = unary_operator(peek(parser)->operator_code);

    return operator_kind ? parse_prefix(parser, operator_kind, parse_unary) : parse_power(parser);
}

enum { LEVEL_BIT_OR, LEVEL_BIT_XOR, LEVEL_BIT_AND, LEVEL_SHIFT, LEVEL_SUM, LEVEL_TERM, LEVEL_UNARY };

static enum expression_operator
binary_operator(uint32_t operator_code, int *level_out)
{
    static const struct {
        uint32_t code;
        int level;
        enum expression_operator kind;
    } ROWS[] = {
        {OPERATOR1('|'), LEVEL_BIT_OR, OPERATOR_BIT_OR},
        {OPERATOR1('^'), LEVEL_BIT_XOR, OPERATOR_BIT_XOR},
        {OPERATOR1('&'), LEVEL_BIT_AND, OPERATOR_BIT_AND},
        {OPERATOR2('<', '<'), LEVEL_SHIFT, OPERATOR_LEFT_SHIFT},
        {OPERATOR2('>', '>'), LEVEL_SHIFT, OPERATOR_RIGHT_SHIFT},
        {OPERATOR1('+'), LEVEL_SUM, OPERATOR_ADD},
        {OPERATOR1('-'), LEVEL_SUM, OPERATOR_SUBTRACT},
        {OPERATOR1('*'), LEVEL_TERM, OPERATOR_MULTIPLY},
        {OPERATOR1('/'), LEVEL_TERM, OPERATOR_DIVIDE},
        {OPERATOR2('/', '/'), LEVEL_TERM, OPERATOR_FLOOR_DIVIDE},
        {OPERATOR1('%'), LEVEL_TERM, OPERATOR_REMAINDER},
        {OPERATOR1('@'), LEVEL_TERM, OPERATOR_MATRIX},
    };

    for (size_t i = 0; operator_code && i < COUNT_OF(ROWS); i++) {
        if (ROWS[i].code == operator_code) {
            *level_out = ROWS[i].level;
            return ROWS[i].kind;
        }
    }
    return OPERATOR_NONE;
}

/* Left-associative operators that bind at least as tightly as `level`. */
static Expression *
parse_binary(Parser *parser, int level)
{
    Expression *left = parse_unary(parser);
    uint32_t count = 0;
    int found_level = 0;

    while (left) {
        enum expression_operator kind = binary_operator(peek(parser)->operator_code, &found_level);
        if (!kind || found_level < level) {
            return left;
        }
        if (++count > MAX_NESTING) {
            return NULL;
        }
        Expression *node = node_around(parser, EXPRESSION_BINARY, left);
        node->operator_kind = kind;
        advance(parser);
        Expression *right = parse_binary(parser, found_level + 1);
        if (!right) {
            return NULL;
        }
        node_add(node, right);
        left = node_finish(parser, node);
    }
    return NULL;
}

/* Steps over a comparison operator, if one is here. */
static enum expression_operator
take_comparison(Parser *parser)
{
    enum expression_operator kind = OPERATOR_NONE;
    const struct token *token = peek(parser);

    switch (token->operator_code) {
    case OPERATOR2('=', '='):
        kind = OPERATOR_EQUAL;
        break;
    case OPERATOR2('!', '='):
        kind = OPERATOR_NOT_EQUAL;
        break;
    case OPERATOR1('<'):
        kind = OPERATOR_LESS;
        break;
    case OPERATOR2('<', '='):
        kind = OPERATOR_LESS_EQUAL;
        break;
    case OPERATOR1('>'):
        kind = OPERATOR_GREATER;
        break;
    case OPERATOR2('>', '='):
        kind = OPERATOR_GREATER_EQUAL;
        break;
    default:
        break;
    }
    if (kind) {
        advance(parser);
    } else if (token_is_name(token, parser->source, "in")) {
        kind = OPERATOR_IN;
        advance(parser);
    } else if (token_is_name(token, parser->source, "is")) {
        advance(parser);
        kind = OPERATOR_IS;
        if (peek_is_name(parser, "not")) {
            kind = OPERATOR_IS_NOT;
            advance(parser);
        }
    } else if (token_is_name(token, parser->source, "not") && parser->at + 1 < parser->token_count &&
               token_is_name(token + 1, parser->source, "in")) {
        kind = OPERATOR_NOT_IN;
        advance(parser);
        advance(parser);
    }
    return kind;
}

static Expression *
parse_comparison(Parser *parser)
{
    Expression *left = parse_binary(parser, LEVEL_BIT_OR);
    Expression *node = NULL;

    while (left) {
        enum expression_operator kind = take_comparison(parser);
        if (!kind) {
            return node ? node_finish(parser, node) : left;
        }
        if (!node) {
            node = node_around(parser, EXPRESSION_COMPARE, left);
        }
        Expression *operand = parse_binary(parser, LEVEL_BIT_OR);
        if (!operand) {
            return NULL;
        }
        operand->comparison = kind;
        node_add(node, operand);
    }
    return NULL;
}

static Expression *
parse_not(Parser *parser)
{
    if (peek_is_name(parser, "not")) {
        return parse_prefix(parser, OPERATOR_NOT, parse_not);
    }
    return parse_comparison(parser);
}

static Expression *
parse_bool(Parser *parser, enum expression_operator kind)
{
    const char *word = kind == OPERATOR_OR ? "or" : "and";
    Expression *node = NULL;

    for (;;) {
        Expression *operand = kind == OPERATOR_OR ? parse_bool(parser, OPERATOR_AND) : parse_not(parser);
        if (!operand) {
            return NULL;
        }
        if (node) {
            node_add(node, operand);
        }
        if (!peek_is_name(parser, word)) {
            return node ? node_finish(parser, node) : operand;
        }
        if (!node) {
            node = node_around(parser, EXPRESSION_BOOL, operand);
            node->operator_kind = kind;
        }
        advance(parser);
    }
}

/* lambda parameters: body. Parameters may hold defaults with lambdas of their own. */
static Expression *
parse_lambda(Parser *parser)
{
    Expression *node = node_make(parser, EXPRESSION_OPAQUE, parser->at);

    advance(parser);
    while (!peek_is(parser, OPERATOR1(':'))) {
        if (peek_is(parser, OPERATOR1('='))) {
            advance(parser);
            if (!parse_expression(parser)) {
                return NULL;
            }
        } else if (peek(parser)->kind == TOKEN_NAME || peek_is(parser, OPERATOR1(',')) ||
                   peek_is(parser, OPERATOR1('*')) || peek_is(parser, OPERATOR1('/')) ||
                   peek_is(parser, OPERATOR2('*', '*'))) {
            advance(parser);
        } else {
            return NULL;
        }
    }
    advance(parser);
    return parse_expression(parser) ? node_finish(parser, node) : NULL;
}

static Expression *
parse_conditional(Parser *parser)
{
    if (peek_is_name(parser, "lambda")) {
        return parse_lambda(parser);
    }
    Expression *value = parse_bool(parser, OPERATOR_OR);
    if (!value || !peek_is_name(parser, "if")) {
        return value;
    }
    Expression *node = node_make(parser, EXPRESSION_OPAQUE, value->first_token);
    node->start = node->outer_start = value->outer_start;
    advance(parser);
    if (!parse_bool(parser, OPERATOR_OR) || !peek_is_name(parser, "else")) {
        return NULL;
    }
    advance(parser);
    return parse_expression(parser) ? node_finish(parser, node) : NULL;
}

static Expression *
parse_expression(Parser *parser)
{
    if (++parser->nesting > MAX_NESTING) {
        return NULL;
    }
    Expression *node = parse_conditional(parser);
    parser->nesting--;
    return node;
}

/* An expression, or name := expression. */
static Expression *
parse_named(Parser *parser)
{
    if (peek(parser)->kind != TOKEN_NAME || !next_is(parser, OPERATOR2(':', '='))) {
        return parse_expression(parser);
    }
    Expression *node = node_make(parser, EXPRESSION_NAMED, parser->at);
    node->name_start = peek(parser)->start;
    node->name_end = peek(parser)->end;
    advance(parser);
    advance(parser);
    return parse_expression(parser) ? node_finish(parser, node) : NULL;
}

struct expression *
expression_parse(struct expression_parser *parser)
{
    parser->nesting = 0;
    return parse_expression(parser);
}
