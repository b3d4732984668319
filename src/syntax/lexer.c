/* The tokenizer: one pass, no memory of its own, strict enough that valid Python is always understood. */
#include "syntax/lexer.h"

#include <string.h>

#include "base/compiler.h"

#include "syntax/strings.h"

enum { TAB_COLUMNS = 8 };

/* What a byte is outside of strings and comments. */
enum byte_class {
    BYTE_OTHER, /* begins no token */
    BYTE_WORD,  /* a letter, an underscore, and all that is not ASCII */
    BYTE_DIGIT,
    BYTE_SPACE,
    BYTE_LINE_END,
    BYTE_COMMENT,
    BYTE_BACKSLASH,
    BYTE_QUOTE,
    BYTE_OPEN,
    BYTE_CLOSE,
    BYTE_SINGLE, /* an operator with nothing behind it */
    BYTE_DOT,
    BYTE_OPERATOR, /* one that others of its kind may continue */
};

/* clang-format off */
#define O BYTE_OTHER
#define W BYTE_WORD
#define D BYTE_DIGIT
#define S BYTE_SPACE
#define L BYTE_LINE_END
#define P BYTE_OPERATOR
static const unsigned char CLASSES[256] = {
    O, O, O, O, O, O, O, O, O, S, L, O, S, L, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    S, P, BYTE_QUOTE, BYTE_COMMENT, O, P, P, BYTE_QUOTE,
    BYTE_OPEN, BYTE_CLOSE, P, P, BYTE_SINGLE, P, BYTE_DOT, P,
    D, D, D, D, D, D, D, D, D, D, P, BYTE_SINGLE, P, P, P, O,
    P, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, BYTE_OPEN, BYTE_BACKSLASH, BYTE_CLOSE, P, W,
    O, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, BYTE_OPEN, P, BYTE_CLOSE, BYTE_SINGLE, O,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
};
#undef O
#undef W
#undef D
#undef S
#undef L
#undef P
/* clang-format on */

static inline enum byte_class
class_of(char byte)
{
    return (enum byte_class)CLASSES[(unsigned char)byte];
}

void
lexer_init(struct lexer *lexer, const char *source, size_t length)
{
    *lexer = (struct lexer){.source = source, .length = length, .line = 1, .is_between = true, .is_line_start = true};
}

void
lexer_init_within(struct lexer *lexer, const char *source, size_t length, size_t offset, uint32_t line)
{
    *lexer = (struct lexer){.source = source, .length = length, .offset = offset, .line = line, .is_inside_line = true};
}

bool
token_is_name(const struct token *token, const char *source, const char *word)
{
    size_t length = strlen(word);

    return token->kind == TOKEN_NAME && token->end - token->start == length &&
           memcmp(source + token->start, word, length) == 0;
}

bool
token_is_augmented(const struct token *token)
{
    switch (token->operator_code) {
    case OPERATOR2('+', '='):
    case OPERATOR2('-', '='):
    case OPERATOR2('*', '='):
    case OPERATOR2('/', '='):
    case OPERATOR2('%', '='):
    case OPERATOR2('@', '='):
    case OPERATOR2('&', '='):
    case OPERATOR2('|', '='):
    case OPERATOR2('^', '='):
    case OPERATOR3('*', '*', '='):
    case OPERATOR3('/', '/', '='):
    case OPERATOR3('<', '<', '='):
    case OPERATOR3('>', '>', '='):
        return true;
    default:
        return false;
    }
}

/* The byte `ahead` of the current one; NUL past the end. */
static char
peek(const struct lexer *lexer, size_t ahead)
{
    return lexer->offset + ahead < lexer->length ? lexer->source[lexer->offset + ahead] : '\0';
}

static bool
is_at_end(const struct lexer *lexer)
{
    return lexer->offset >= lexer->length;
}

static struct token
token_make(const struct lexer *lexer, enum token_kind kind, size_t start, uint32_t line)
{
    return (struct token){.kind = kind, .start = (uint32_t)start, .end = (uint32_t)lexer->offset, .line = line};
}

SELDOM static struct token
fail(struct lexer *lexer)
{
    lexer->has_failed = lexer->is_between = true;
    return token_make(lexer, TOKEN_ERROR, lexer->offset, lexer->line);
}

static bool
is_newline(char byte)
{
    return byte == '\n' || byte == '\r';
}

/* "\n", "\r\n" or a lone "\r". */
static void
skip_newline(struct lexer *lexer)
{
    lexer->offset += peek(lexer, 0) == '\r' && peek(lexer, 1) == '\n' ? 2 : 1;
    lexer->line++;
}

SELDOM static void
skip_comment(struct lexer *lexer)
{
    while (!is_at_end(lexer) && !is_newline(lexer->source[lexer->offset])) {
        lexer->offset++;
    }
}

/* A backslash that joins lines: true when it does. */
SELDOM static bool
skip_continuation(struct lexer *lexer)
{
    if (peek(lexer, 0) != '\\' || lexer->offset + 1 >= lexer->length || !is_newline(peek(lexer, 1))) {
        return false;
    }
    lexer->offset++;
    skip_newline(lexer);
    return true;
}

/* Measures the indentation of the next line that holds code, skipping blank ones; false at the end. */
static bool
measure_indent(struct lexer *lexer, uint32_t *column_out)
{
    uint32_t column = 0;
    uint32_t first_column = 0; /* of the first of lines joined by backslashes: it counts */

    while (!is_at_end(lexer)) {
        char byte = lexer->source[lexer->offset];
        if (byte == ' ') {
            column++;
        } else if (byte == '\t') {
            column = (column / TAB_COLUMNS + 1) * TAB_COLUMNS;
        } else if (byte == '\f') {
            column = 0;
        } else if (byte == '#') {
            skip_comment(lexer);
            continue;
        } else if (is_newline(byte)) {
            skip_newline(lexer);
            column = first_column = 0;
            continue;
        } else if (byte == '\\' && skip_continuation(lexer)) {
            first_column = first_column ? first_column : column;
            continue;
        } else {
            *column_out = first_column ? first_column : column;
            return true;
        }
        lexer->offset++;
    }
    return false;
}

/* At the start of a logical line: true with an INDENT, DEDENT, END or ERROR token, false when there is none. */
static bool
next_indent(struct lexer *lexer, struct token *token_out)
{
    uint32_t column = 0;

    lexer->is_line_start = false;
    if (!measure_indent(lexer, &column)) {
        lexer->pending_dedents = lexer->indent_count;
        return false;
    }
    lexer->is_inside_line = true;
    uint32_t current = lexer->indent_count ? lexer->indents[lexer->indent_count - 1] : 0;
    if (column > current) {
        if (lexer->indent_count == LEXER_MAX_INDENTS) {
            *token_out = fail(lexer);
            return true;
        }
        lexer->indents[lexer->indent_count++] = column;
        *token_out = token_make(lexer, TOKEN_INDENT, lexer->offset, lexer->line);
        return true;
    }
    uint32_t kept = lexer->indent_count;
    while (kept && lexer->indents[kept - 1] > column) {
        kept--;
    }
    if ((kept ? lexer->indents[kept - 1] : 0) != column) {
        *token_out = fail(lexer);
        return true;
    }
    lexer->pending_dedents = lexer->indent_count - kept;
    return false;
}

static bool
is_digit(char byte)
{
    return class_of(byte) == BYTE_DIGIT;
}

static bool
is_hex_digit(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static void
skip_digits(struct lexer *lexer)
{
    while (is_digit(peek(lexer, 0)) || (peek(lexer, 0) == '_' && is_digit(peek(lexer, 1)))) {
        lexer->offset++;
    }
}

static void
skip_radix_digits(struct lexer *lexer, bool (*is_radix_digit)(char byte))
{
    lexer->offset += 2;
    while (is_radix_digit(peek(lexer, 0)) || (peek(lexer, 0) == '_' && is_radix_digit(peek(lexer, 1)))) {
        lexer->offset++;
    }
}

/* "1if x": a number ends where its own grammar ends, not at the next space. */
SELDOM static struct token
next_long_number(struct lexer *lexer)
{
    size_t start = lexer->offset;
    char second = peek(lexer, 1);

    if (peek(lexer, 0) == '0' && (second == 'x' || second == 'X') &&
        (is_hex_digit(peek(lexer, 2)) || peek(lexer, 2) == '_')) {
        skip_radix_digits(lexer, is_hex_digit);
        return token_make(lexer, TOKEN_NUMBER, start, lexer->line);
    }
    if (peek(lexer, 0) == '0' && (second == 'o' || second == 'O' || second == 'b' || second == 'B')) {
        skip_radix_digits(lexer, is_digit);
        return token_make(lexer, TOKEN_NUMBER, start, lexer->line);
    }
    skip_digits(lexer);
    if (peek(lexer, 0) == '.') {
        lexer->offset++;
        skip_digits(lexer);
    }
    if (peek(lexer, 0) == 'e' || peek(lexer, 0) == 'E') {
        size_t sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-' ? 1 : 0;
        if (is_digit(peek(lexer, 1 + sign))) {
            lexer->offset += 1 + sign;
            skip_digits(lexer);
        }
    }
    if (peek(lexer, 0) == 'j' || peek(lexer, 0) == 'J') {
        lexer->offset++;
    }
    return token_make(lexer, TOKEN_NUMBER, start, lexer->line);
}

/* Most numbers are a few digits, and nothing that could belong to them follows. */
static struct token
next_number(struct lexer *lexer)
{
    const char *end = lexer->source + lexer->length;
    const char *at = lexer->source + lexer->offset;
    size_t start = lexer->offset;

    while (at < end && is_digit(*at)) {
        at++;
    }
    if (at < end && (*at == '.' || class_of(*at) == BYTE_WORD)) {
        return next_long_number(lexer);
    }
    lexer->offset = (size_t)(at - lexer->source);
    return token_make(lexer, TOKEN_NUMBER, start, lexer->line);
}

SELDOM static struct token
next_string(struct lexer *lexer, size_t start, unsigned flags)
{
    uint32_t line = lexer->line;
    size_t end = string_end_find(lexer->source, lexer->length, lexer->offset, flags);

    if (!end) {
        return fail(lexer);
    }
    while (lexer->offset < end) {
        if (is_newline(lexer->source[lexer->offset])) {
            skip_newline(lexer);
        } else {
            lexer->offset++;
        }
    }
    return token_make(lexer, flags & STRING_FORMATTED ? TOKEN_FORMATTED_STRING : TOKEN_STRING, start, line);
}

static struct token
next_word(struct lexer *lexer)
{
    const char *end = lexer->source + lexer->length;
    const char *at = lexer->source + lexer->offset;
    size_t start = lexer->offset;
    unsigned flags = 0;

    do {
        at++;
    } while (at < end && (class_of(*at) == BYTE_WORD || class_of(*at) == BYTE_DIGIT));
    lexer->offset = (size_t)(at - lexer->source);
    if (at < end && class_of(*at) == BYTE_QUOTE &&
        string_prefix_parse(lexer->source + start, lexer->offset - start, &flags)) {
        return next_string(lexer, start, flags);
    }
    return token_make(lexer, TOKEN_NAME, start, lexer->line);
}

static struct token
operator_make(struct lexer *lexer, uint32_t code, size_t length)
{
    size_t start = lexer->offset;

    lexer->offset += length;
    struct token token = token_make(lexer, TOKEN_OPERATOR, start, lexer->line);
    token.operator_code = code & 0xffffff;
    return token;
}

/* How many of the bytes belong to the operator that `a` begins; 0: there is none. */
static size_t
operator_length(char a, char b, char c)
{
    switch (a) {
    case '*':
    case '/':
    case '<':
    case '>':
        if (b == a) {
            return c == '=' ? 3 : 2;
        }
        return b == '=' || (a == '<' && b == '>') ? 2 : 1;
    case '-':
        return b == '>' || b == '=' ? 2 : 1;
    case '!':
        return b == '=' ? 2 : 0;
    default:
        return b == '=' ? 2 : 1;
    }
}

static struct token
next_operator(struct lexer *lexer)
{
    char a = peek(lexer, 0);
    char b = peek(lexer, 1);

    if (class_of(b) != BYTE_OPERATOR) {
        return a == '!' && !lexer->is_in_field ? fail(lexer) : operator_make(lexer, OPERATOR1(a), 1);
    }
    char c = peek(lexer, 2);
    switch (operator_length(a, b, c)) {
    case 1:
        return operator_make(lexer, OPERATOR1(a), 1);
    case 2:
        return operator_make(lexer, OPERATOR2(a, b), 2);
    case 3:
        return operator_make(lexer, OPERATOR3(a, b, c), 3);
    default:
        return fail(lexer);
    }
}

static struct token
next_dot(struct lexer *lexer)
{
    if (is_digit(peek(lexer, 1))) {
        return next_long_number(lexer);
    }
    if (peek(lexer, 1) == '.' && peek(lexer, 2) == '.') {
        return operator_make(lexer, OPERATOR3('.', '.', '.'), 3);
    }
    return operator_make(lexer, OPERATOR1('.'), 1);
}

static struct token
next_bracket(struct lexer *lexer, bool is_open)
{
    if (lexer->depth == (is_open ? LEXER_MAX_DEPTH : 0)) {
        return fail(lexer);
    }
    lexer->depth = is_open ? lexer->depth + 1 : lexer->depth - 1;
    return operator_make(lexer, OPERATOR1(lexer->source[lexer->offset]), 1);
}

static struct token
next_newline(struct lexer *lexer)
{
    size_t start = lexer->offset;
    uint32_t line = lexer->line;

    if (!is_at_end(lexer)) {
        skip_newline(lexer);
    }
    lexer->is_inside_line = false;
    lexer->is_line_start = lexer->is_between = true;
    return token_make(lexer, TOKEN_NEWLINE, start, line);
}

/* Behind all bytes. */
SELDOM static struct token
next_end(struct lexer *lexer)
{
    if (lexer->depth) {
        return fail(lexer);
    }
    return lexer->is_inside_line ? next_newline(lexer) : token_make(lexer, TOKEN_END, lexer->offset, lexer->line);
}

static inline struct token
next_in_line(struct lexer *lexer)
{
    while (!is_at_end(lexer)) {
        char byte = lexer->source[lexer->offset];
        switch (class_of(byte)) {
        case BYTE_SPACE:
            lexer->offset++;
            break;
        case BYTE_WORD:
            return next_word(lexer);
        case BYTE_DIGIT:
            return next_number(lexer);
        case BYTE_QUOTE:
            return next_string(lexer, lexer->offset, 0);
        case BYTE_OPEN:
        case BYTE_CLOSE:
            return next_bracket(lexer, class_of(byte) == BYTE_OPEN);
        case BYTE_SINGLE:
            return operator_make(lexer, OPERATOR1(byte), 1);
        case BYTE_DOT:
            return next_dot(lexer);
        case BYTE_OPERATOR:
            return next_operator(lexer);
        case BYTE_LINE_END:
            if (lexer->depth == 0) {
                return next_newline(lexer);
            }
            skip_newline(lexer);
            break;
        case BYTE_COMMENT:
            skip_comment(lexer);
            break;
        case BYTE_BACKSLASH:
            if (!skip_continuation(lexer)) {
                return fail(lexer);
            }
            break;
        default:
            return fail(lexer);
        }
    }
    return next_end(lexer);
}

/* Kept out of lexer_next(), which is short for it. */
__attribute__((noinline)) static struct token
next_between(struct lexer *lexer)
{
    struct token token;

    if (lexer->has_failed) {
        return fail(lexer);
    }
    lexer->is_between = false;
    if (lexer->is_line_start && next_indent(lexer, &token)) {
        return token;
    }
    if (lexer->pending_dedents) {
        lexer->pending_dedents--;
        lexer->indent_count--;
        lexer->is_between = true;
        return token_make(lexer, TOKEN_DEDENT, lexer->offset, lexer->line);
    }
    return next_in_line(lexer);
}

struct token
lexer_next(struct lexer *lexer)
{
    return lexer->is_between ? next_between(lexer) : next_in_line(lexer);
}
