/* Expressions of -k and -m: scanner, parser, evaluation. */
#include "discover/match_expression.h"

#include <string.h>

#include "base/text.h"

enum { MAX_DEPTH = 500 };

enum token_kind {
    TOKEN_LEFT,
    TOKEN_RIGHT,
    TOKEN_OR,
    TOKEN_AND,
    TOKEN_NOT,
    TOKEN_WORD,
    TOKEN_END,
    TOKEN_EQUAL,
    TOKEN_STRING,
    TOKEN_COMMA,
};

/* As messages name them, in the order of the enum. */
static const char *const TOKEN_NAMES[] = {
    "left parenthesis",
    "right parenthesis",
    "or",
    "and",
    "not",
    "identifier",
    "end of input",
    "=",
    "string literal",
    ",",
};

enum node_kind { NODE_NOTHING, NODE_OR, NODE_AND, NODE_NOT, NODE_TERM };

struct match_node {
    enum node_kind kind;
    struct match_node *left;  /* the operand */
    struct match_node *right; /* of OR and AND: the node of the next operand; NULL */
    size_t term;
};

/* One pass over the text; the token is the one not yet taken. */
struct parser {
    const char *text;
    struct arena *arena;
    struct match_expression *expression;
    struct error *error;
    enum token_kind token;
    const char *start, *end; /* of the token */
    unsigned depth;
};

/* Columns count characters, from 1. Always false. */
static bool
fail(struct parser *parser, const char *at, const char *message)
{
    size_t column = 1;

    for (const char *byte = parser->text; byte < at; byte++) {
        column += (*byte & 0xc0) != 0x80;
    }
    return error_set(parser->error, ERROR_USAGE, "%s: at column %zu: %s", parser->text, column, message);
}

static bool
fail_with(struct parser *parser, const char *at, const char *before, const char *quoted, size_t length,
          const char *after)
{
    struct text message = {0};

    text_add_format(&message, "%s%.*s%s", before, (int)length, quoted, after);
    fail(parser, at, text_string(&message));
    text_release(&message);
    return false;
}

static bool
fail_expected(struct parser *parser, const char *expected)
{
    struct text message = {0};

    text_add_format(&message, "expected %s; got %s", expected, TOKEN_NAMES[parser->token]);
    fail(parser, parser->start, text_string(&message));
    text_release(&message);
    return false;
}

/* ---- Tokens ---- */

/* All of what is not ASCII counts as a letter. */
static bool
is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           (byte & 0x80) || (byte && strchr("_:+-.[]\\/", byte));
}

static bool
scan_string(struct parser *parser)
{
    const char *end = strchr(parser->start + 1, *parser->start);

    if (!end) {
        return fail_with(parser, parser->start, "closing quote \"", parser->start, 1, "\" is missing");
    }
    const char *backslash = memchr(parser->start, '\\', (size_t)(end - parser->start));
    if (backslash) {
        return fail(parser, backslash, "escaping with \"\\\" not supported in marker expression");
    }
    parser->token = TOKEN_STRING;
    parser->end = end + 1;
    return true;
}

static bool
word_is(const char *word, size_t length, const char *expected)
{
    return length == strlen(expected) && memcmp(word, expected, length) == 0;
}

static bool
scan_word(struct parser *parser)
{
    while (is_word_byte(*parser->end)) {
        parser->end++;
    }
    if (parser->end == parser->start) {
        return fail_with(parser, parser->start, "unexpected character \"", parser->start, 1, "\"");
    }
    size_t length = (size_t)(parser->end - parser->start);
    parser->token = word_is(parser->start, length, "or")    ? TOKEN_OR
                    : word_is(parser->start, length, "and") ? TOKEN_AND
                    : word_is(parser->start, length, "not") ? TOKEN_NOT
                                                            : TOKEN_WORD;
    return true;
}

static bool
advance(struct parser *parser)
{
    parser->start = parser->end + strspn(parser->end, " \t");
    parser->end = parser->start;
    switch (*parser->start) {
    case '\0':
        parser->token = TOKEN_END;
        return true;
    case '(':
        parser->token = TOKEN_LEFT;
        break;
    case ')':
        parser->token = TOKEN_RIGHT;
        break;
    case '=':
        parser->token = TOKEN_EQUAL;
        break;
    case ',':
        parser->token = TOKEN_COMMA;
        break;
    case '\'':
    case '"':
        return scan_string(parser);
    default:
        return scan_word(parser);
    }
    parser->end++;
    return true;
}

static bool
expect(struct parser *parser, enum token_kind token)
{
    return parser->token == token ? advance(parser) : fail_expected(parser, TOKEN_NAMES[token]);
}

/* ---- Arguments ---- */

static bool
is_identifier(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr(":+-.[]\\/", word[i])) {
            return false;
        }
    }
    return length > 0 && !(word[0] >= '0' && word[0] <= '9');
}

static bool
is_reserved(const char *word, size_t length)
{
    static const char *const WORDS[] = {
        "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",
    };

    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (word_is(word, length, WORDS[i])) {
            return true;
        }
    }
    return false;
}

static bool
read_integer(struct parser *parser, const char *word, size_t length, struct match_argument *argument)
{
    struct text number = {0};
    bool is_negative = length > 1 && word[0] == '-';
    const char *digits = word + is_negative;
    const char *end = word + length;

    for (const char *at = digits; at < end; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
    }
    while (digits + 1 < end && *digits == '0') {
        digits++;
    }
    text_add_string(&number, is_negative && *digits != '0' ? "-" : "");
    text_add(&number, digits, (size_t)(end - digits));
    argument->kind = MATCH_INTEGER;
    argument->text = arena_copy_bytes(parser->arena, number.bytes, number.length);
    text_release(&number);
    return true;
}

static bool
parse_value(struct parser *parser, struct match_argument *argument)
{
    const char *word = parser->start;
    size_t length = (size_t)(parser->end - word);

    if (parser->token == TOKEN_STRING) {
        argument->kind = MATCH_STRING;
        argument->text = arena_copy_bytes(parser->arena, word + 1, length - 2);
        return advance(parser);
    }
    if (!expect(parser, TOKEN_WORD)) {
        return false;
    }
    if (word_is(word, length, "True") || word_is(word, length, "False") || word_is(word, length, "None")) {
        argument->kind = *word == 'T' ? MATCH_TRUE : *word == 'F' ? MATCH_FALSE : MATCH_NONE;
        argument->text = "";
    } else if (!read_integer(parser, word, length, argument)) {
        return fail_with(parser, word, "unexpected character/s \"", word, length, "\"");
    }
    return true;
}

static bool
parse_argument(struct parser *parser, struct match_argument *argument)
{
    const char *word = parser->start;
    size_t length = (size_t)(parser->end - word);

    if (!expect(parser, TOKEN_WORD)) {
        return false;
    }
    if (!is_identifier(word, length)) {
        return fail_with(parser, word, "not a valid python identifier ", word, length, "");
    }
    if (is_reserved(word, length)) {
        return fail_with(parser, word, "unexpected reserved python keyword `", word, length, "`");
    }
    argument->name = arena_copy_bytes(parser->arena, word, length);
    return expect(parser, TOKEN_EQUAL) && parse_value(parser, argument);
}

/* Behind the opening parenthesis, up to and with the closing one. */
static bool
parse_arguments(struct parser *parser, struct match_term *term)
{
    struct match_argument *arguments = NULL;
    size_t count = 0;
    bool has_more = true;

    while (has_more) {
        if ((count & (count - 1)) == 0) {
            struct match_argument *larger = arena_alloc(parser->arena, (count ? count * 2 : 1) * sizeof *larger);
            if (count) {
                memcpy(larger, arguments, count * sizeof *larger);
            }
            arguments = larger;
        }
        if (!parse_argument(parser, &arguments[count++])) {
            return false;
        }
        has_more = parser->token == TOKEN_COMMA;
        if (has_more && !advance(parser)) {
            return false;
        }
    }
    term->arguments = arguments;
    term->argument_count = count;
    return expect(parser, TOKEN_RIGHT);
}

/* ---- Expressions: each returns NULL after a failure ---- */

static struct match_node *
node_make(struct parser *parser, enum node_kind kind, struct match_node *left, struct match_node *right)
{
    struct match_node *node = arena_alloc_zeroed(parser->arena, sizeof *node);

    node->kind = kind;
    node->left = left;
    node->right = right;
    return node;
}

static struct match_node *parse_or(struct parser *parser);

static struct match_node *
parse_term(struct parser *parser)
{
    struct match_expression *expression = parser->expression;
    struct match_node *node = node_make(parser, NODE_TERM, NULL, NULL);
    struct match_term term = {
        .name = arena_copy_bytes(parser->arena, parser->start, (size_t)(parser->end - parser->start))};

    if (!advance(parser)) {
        return NULL;
    }
    if (parser->token == TOKEN_LEFT && !(advance(parser) && parse_arguments(parser, &term))) {
        return NULL;
    }
    node->term = expression->term_count;
    expression->terms[expression->term_count++] = term;
    return node;
}

static struct match_node *
parse_operand(struct parser *parser)
{
    struct match_node *inner = NULL;

    if (parser->token == TOKEN_WORD) {
        return parse_term(parser);
    }
    if (parser->token != TOKEN_LEFT) {
        fail_expected(parser, "not OR left parenthesis OR identifier");
        return NULL;
    }
    inner = advance(parser) ? parse_or(parser) : NULL;
    return inner && expect(parser, TOKEN_RIGHT) ? inner : NULL;
}

static struct match_node *
parse_not(struct parser *parser)
{
    struct match_node *node = NULL;

    if (++parser->depth > MAX_DEPTH) {
        fail(parser, parser->start, "nested too deeply");
        return NULL;
    }
    if (parser->token == TOKEN_NOT) {
        node = advance(parser) ? parse_not(parser) : NULL;
        node = node ? node_make(parser, NODE_NOT, node, NULL) : NULL;
    } else {
        node = parse_operand(parser);
    }
    parser->depth--;
    return node;
}

/* OPERAND (TOKEN OPERAND)*: a lone operand stays itself; of several each has a node whose right one is the next's. */
static struct match_node *
parse_chain(struct parser *parser, enum node_kind kind, enum token_kind token,
            struct match_node *(*parse)(struct parser *parser))
{
    struct match_node *operand = parse(parser);

    if (!operand || parser->token != token) {
        return operand;
    }
    struct match_node *first = node_make(parser, kind, operand, NULL);
    struct match_node *last = first;
    while (parser->token == token) {
        operand = advance(parser) ? parse(parser) : NULL;
        if (!operand) {
            return NULL;
        }
        last->right = node_make(parser, kind, operand, NULL);
        last = last->right;
    }
    return first;
}

static struct match_node *
parse_and(struct parser *parser)
{
    return parse_chain(parser, NODE_AND, TOKEN_AND, parse_not);
}

static struct match_node *
parse_or(struct parser *parser)
{
    return parse_chain(parser, NODE_OR, TOKEN_OR, parse_and);
}

bool
match_expression_parse(const char *text, struct arena *arena, struct match_expression *expression_out,
                       struct error *error)
{
    struct parser parser = {.text = text, .arena = arena, .expression = expression_out, .error = error, .end = text};

    *expression_out = (struct match_expression){0};
    expression_out->terms = arena_alloc(arena, (strlen(text) / 2 + 1) * sizeof *expression_out->terms);
    if (!advance(&parser)) {
        return false;
    }
    if (parser.token == TOKEN_END) {
        expression_out->root = node_make(&parser, NODE_NOTHING, NULL, NULL);
        return true;
    }
    expression_out->root = parse_or(&parser);
    return expression_out->root && expect(&parser, TOKEN_END);
}

/* ---- Evaluation ---- */

struct evaluation {
    const struct match_expression *expression;
    enum match_answer (*matcher)(void *context, const struct match_term *term);
    void *context;
};

static enum match_answer
evaluate(const struct evaluation *evaluation, const struct match_node *node)
{
    enum match_answer decisive = node->kind == NODE_OR ? MATCH_YES : MATCH_NO;
    enum match_answer answer = node->kind == NODE_OR ? MATCH_NO : MATCH_YES;

    switch (node->kind) {
    case NODE_NOTHING:
        return MATCH_NO;
    case NODE_TERM:
        return evaluation->matcher(evaluation->context, &evaluation->expression->terms[node->term]);
    case NODE_NOT:
        answer = evaluate(evaluation, node->left);
        return answer == MATCH_UNKNOWN ? answer : answer == MATCH_NO ? MATCH_YES : MATCH_NO;
    case NODE_OR:
    case NODE_AND:
        break;
    }
    for (; node; node = node->right) {
        enum match_answer one = evaluate(evaluation, node->left);
        if (one == decisive) {
            return one;
        }
        answer = one == MATCH_UNKNOWN ? one : answer;
    }
    return answer;
}

enum match_answer
match_expression_evaluate(const struct match_expression *expression,
                          enum match_answer (*matcher)(void *context, const struct match_term *term), void *context)
{
    struct evaluation evaluation = {.expression = expression, .matcher = matcher, .context = context};
    return evaluate(&evaluation, expression->root);
}
