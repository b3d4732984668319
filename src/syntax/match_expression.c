/* Expressions of -k and -m: scanner, parser, evaluation. */
#include "syntax/match_expression.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

/* Calls within calls: what a run of pytest has left of Python's 1,000. A parenthesis takes three, `not` takes one. */
enum { MAX_DEPTH = 960 };

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
    const struct match_source *source;
    const char *limit; /* of the text */
    struct arena *arena;
    struct match_expression *expression;
    struct match_fault *fault;
    struct match_fault call_fault; /* the first of an argument: it counts if nothing else is wrong */
    enum token_kind token;
    const char *start, *end; /* of the token */
    unsigned depth;
};

struct word {
    const char *start;
    size_t length;
};

static struct word
token_word(const struct parser *parser)
{
    return (struct word){parser->start, (size_t)(parser->end - parser->start)};
}

static bool
word_is(struct word word, const char *expected)
{
    return word.length == strlen(expected) && memcmp(word.start, expected, word.length) == 0;
}

static struct match_fault
make_fault(const struct parser *parser, enum match_fault_kind kind, const char *at, const char *before,
           struct word quoted, const char *after)
{
    struct text message = {0};

    text_add_string(&message, before);
    text_add(&message, quoted.start, quoted.length);
    text_add_string(&message, after);
    struct match_fault fault = {
        .kind = kind,
        .column = utf8_length(parser->source->text, (size_t)(at - parser->source->text)) + 1,
        .message = arena_copy_bytes(parser->arena, text_string(&message), message.length),
        .message_length = message.length,
    };
    text_release(&message);
    return fault;
}

/* "BEFORE quoted AFTER" about what stands at `at`. Always false. */
static bool
fail(struct parser *parser, const char *at, const char *before, struct word quoted, const char *after)
{
    *parser->fault = make_fault(parser, MATCH_FAULT_GRAMMAR, at, before, quoted, after);
    return false;
}

static bool
fail_expected(struct parser *parser, const char *expected)
{
    struct text after = {0};

    text_add_format(&after, "; got %s", TOKEN_NAMES[parser->token]);
    fail(parser, parser->start, "expected ", (struct word){expected, strlen(expected)}, text_string(&after));
    text_release(&after);
    return false;
}

/* ---- Tokens ---- */

/* The enum match_class of the character at `at`, and its width. */
static unsigned
class_at(const struct parser *parser, const char *at, size_t *width_out)
{
    static const unsigned LETTER = MATCH_LETTER | MATCH_NAME_START | MATCH_NAME;
    uint32_t point = 0;

    *width_out = 1;
    if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_') {
        return LETTER;
    }
    if (*at >= '0' && *at <= '9') {
        return MATCH_LETTER | MATCH_DIGIT | MATCH_NAME;
    }
    if (!(*at & 0x80)) {
        return 0;
    }
    if (!parser->source->classify) {
        return LETTER;
    }
    *width_out = utf8_read(at, (size_t)(parser->limit - at), &point);
    if (*width_out) {
        return parser->source->classify(point);
    }
    do { /* a surrogate */
        ++*width_out;
    } while (utf8_is_tail(at[*width_out]));
    return 0;
}

static bool
scan_string(struct parser *parser)
{
    struct word quote = {parser->start, 1};
    const char *end = memchr(parser->start + 1, *parser->start, (size_t)(parser->limit - parser->start - 1));

    if (!end) {
        return fail(parser, parser->start, "closing quote \"", quote, "\" is missing");
    }
    struct word backslash = {memchr(parser->start, '\\', (size_t)(end - parser->start)), 1};
    if (backslash.start) {
        return fail(parser, backslash.start, "escaping with \"", backslash, "\" not supported in marker expression");
    }
    parser->token = TOKEN_STRING;
    parser->end = end + 1;
    return true;
}

static bool
scan_word(struct parser *parser)
{
    size_t width = 0;

    while ((class_at(parser, parser->end, &width) & MATCH_LETTER) ||
           (*parser->end && strchr(":+-.[]\\/", *parser->end))) {
        parser->end += width;
    }
    struct word word = token_word(parser);
    if (word.length == 0) {
        return fail(parser, parser->start, "unexpected character \"", (struct word){parser->start, width}, "\"");
    }
    parser->token = word_is(word, "or")    ? TOKEN_OR
                    : word_is(word, "and") ? TOKEN_AND
                    : word_is(word, "not") ? TOKEN_NOT
                                           : TOKEN_WORD;
    return true;
}

static bool
advance(struct parser *parser)
{
    parser->start = parser->end + strspn(parser->end, " \t");
    parser->end = parser->start;
    if (parser->start == parser->limit) {
        parser->token = TOKEN_END;
        return true;
    }
    switch (*parser->start) {
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
is_identifier(const struct parser *parser, struct word word)
{
    size_t width = 0;
    unsigned wanted = MATCH_NAME_START;

    for (size_t i = 0; i < word.length; i += width) {
        if (!(class_at(parser, word.start + i, &width) & wanted)) {
            return false;
        }
        wanted = MATCH_NAME;
    }
    return true;
}

static bool
is_integer(const struct parser *parser, struct word word)
{
    size_t width = 0;
    size_t first = *word.start == '-';

    for (size_t i = first; i < word.length; i += width) {
        if (!(class_at(parser, word.start + i, &width) & MATCH_DIGIT)) {
            return false;
        }
    }
    return word.length > first;
}

static bool
is_reserved(struct word word)
{
    static const char *const WORDS[] = {
        "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",
    };

    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (word_is(word, WORDS[i])) {
            return true;
        }
    }
    return false;
}

static bool
parse_value(struct parser *parser, struct match_argument *argument)
{
    struct word word = token_word(parser);

    if (parser->token == TOKEN_STRING) {
        argument->kind = MATCH_STRING;
        argument->text = arena_copy_bytes(parser->arena, word.start + 1, word.length - 2);
        argument->text_length = word.length - 2;
        return advance(parser);
    }
    if (!expect(parser, TOKEN_WORD)) {
        return false;
    }
    if (is_integer(parser, word)) {
        argument->kind = MATCH_INTEGER;
    } else if (word_is(word, "True") || word_is(word, "False") || word_is(word, "None")) {
        argument->kind = *word.start == 'T' ? MATCH_TRUE : *word.start == 'F' ? MATCH_FALSE : MATCH_NONE;
    } else {
        return fail(parser, word.start, "unexpected character/s \"", word, "\"");
    }
    argument->text = arena_copy_bytes(parser->arena, word.start, word.length);
    argument->text_length = word.length;
    return true;
}

static bool
parse_argument(struct parser *parser, struct match_argument *argument)
{
    struct word word = token_word(parser);

    if (!expect(parser, TOKEN_WORD)) {
        return false;
    }
    if (!is_identifier(parser, word)) {
        return fail(parser, word.start, "not a valid python identifier ", word, "");
    }
    if (is_reserved(word)) {
        return fail(parser, word.start, "unexpected reserved python keyword `", word, "`");
    }
    argument->name = arena_copy_bytes(parser->arena, word.start, word.length);
    return expect(parser, TOKEN_EQUAL) && parse_value(parser, argument);
}

/* What the grammar lets pass and Python's compiler does not. */
static void
check_names(struct parser *parser, const struct match_argument *arguments, size_t count)
{
    for (size_t i = 0; i < count && !parser->call_fault.message; i++) {
        struct word name = {arguments[i].name, strlen(arguments[i].name)};
        const char *problem = word_is(name, "__debug__") ? "cannot assign to " : NULL;
        for (size_t j = i + 1; j < count && !problem; j++) {
            problem = strcmp(arguments[j].name, name.start) == 0 ? "keyword argument repeated: " : NULL;
        }
        if (problem) {
            parser->call_fault = make_fault(parser, MATCH_FAULT_ARGUMENT, parser->source->text, problem, name, "");
        }
    }
}

/* Behind the opening parenthesis, up to and with the closing one. */
static bool
parse_arguments(struct parser *parser, struct match_term *term)
{
    struct match_argument *arguments = NULL;
    size_t count = 0;
    bool has_more = true;

    while (has_more) {
        arguments = arena_grow(parser->arena, arguments, count, sizeof *arguments);
        if (!parse_argument(parser, &arguments[count++])) {
            return false;
        }
        has_more = parser->token == TOKEN_COMMA;
        if (has_more && !advance(parser)) {
            return false;
        }
    }
    check_names(parser, arguments, count);
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

static bool
enter(struct parser *parser)
{
    if (++parser->depth > MAX_DEPTH) {
        *parser->fault =
            make_fault(parser, MATCH_FAULT_DEPTH, parser->start, "nested too deeply", (struct word){"", 0}, "");
        return false;
    }
    return true;
}

static struct match_node *
parse_not(struct parser *parser)
{
    struct match_node *node = NULL;

    if (!enter(parser)) {
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
    struct match_node *operand = enter(parser) ? parse(parser) : NULL;
    struct match_node *first = operand;

    if (operand && parser->token == token) {
        first = node_make(parser, kind, operand, NULL);
        for (struct match_node *last = first; parser->token == token; last = last->right) {
            operand = advance(parser) ? parse(parser) : NULL;
            if (!operand) {
                return NULL;
            }
            last->right = node_make(parser, kind, operand, NULL);
        }
    }
    parser->depth--;
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
match_expression_parse(const struct match_source *source, struct arena *arena, struct match_expression *expression_out,
                       struct match_fault *fault_out)
{
    struct parser parser = {
        .source = source,
        .limit = source->text + source->length,
        .arena = arena,
        .expression = expression_out,
        .fault = fault_out,
        .end = source->text,
    };

    *expression_out = (struct match_expression){0};
    expression_out->terms = arena_alloc(arena, (source->length / 2 + 1) * sizeof *expression_out->terms);
    if (!advance(&parser)) {
        return false;
    }
    if (parser.token == TOKEN_END) {
        expression_out->root = node_make(&parser, NODE_NOTHING, NULL, NULL);
        return true;
    }
    expression_out->root = parse_or(&parser);
    if (!expression_out->root || !expect(&parser, TOKEN_END)) {
        return false;
    }
    *fault_out = parser.call_fault;
    return !parser.call_fault.message;
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
        return answer == MATCH_NO ? MATCH_YES : answer == MATCH_YES ? MATCH_NO : answer;
    case NODE_OR:
    case NODE_AND:
        break;
    }
    for (; node; node = node->right) {
        enum match_answer one = evaluate(evaluation, node->left);
        if (one == decisive || one == MATCH_FAILED) {
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
