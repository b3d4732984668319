/* The tokenizer: one pass, no memory of its own, strict enough that valid Python is always understood. */
#include "syntax/lexer.h"

#include <string.h>

#include "syntax/strings.h"

enum { TAB_COLUMNS = 8 };

void
lexer_init(struct lexer *lexer, const char *source, size_t length)
{
    *lexer = (struct lexer){.source = source, .length = length, .line = 1, .is_line_start = true};
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

static struct token
fail(struct lexer *lexer)
{
    lexer->has_failed = true;
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

static void
skip_comment(struct lexer *lexer)
{
    while (!is_at_end(lexer) && !is_newline(lexer->source[lexer->offset])) {
        lexer->offset++;
    }
}

/* A backslash that joins lines: true when it does. */
static bool
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
    return byte >= '0' && byte <= '9';
}

static bool
is_hex_digit(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool
is_word_start(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' || (unsigned char)byte >= 0x80;
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
static struct token
next_number(struct lexer *lexer)
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

static struct token
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
    size_t start = lexer->offset;
    unsigned flags = 0;

    while (is_word_start(peek(lexer, 0)) || is_digit(peek(lexer, 0))) {
        lexer->offset++;
    }
    if ((peek(lexer, 0) == '"' || peek(lexer, 0) == '\'') &&
        string_prefix_parse(lexer->source + start, lexer->offset - start, &flags)) {
        return next_string(lexer, start, flags);
    }
    return token_make(lexer, TOKEN_NAME, start, lexer->line);
}

/* The length of the operator at the current byte; 0 when there is none. */
static size_t
operator_length(const struct lexer *lexer)
{
    char a = peek(lexer, 0);
    char b = peek(lexer, 1);
    char c = peek(lexer, 2);

    switch (a) {
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}':
    case ',':
    case ';':
    case '~':
        return 1;
    case '.':
        return b == '.' && c == '.' ? 3 : 1;
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
    case '+':
    case '%':
    case '&':
    case '|':
    case '^':
    case '@':
    case '=':
    case ':':
        return b == '=' ? 2 : 1;
    default:
        return 0;
    }
}

static struct token
next_operator(struct lexer *lexer)
{
    size_t start = lexer->offset;
    size_t length = operator_length(lexer);
    uint32_t code = 0;

    if (!length) {
        return fail(lexer);
    }
    for (size_t i = 0; i < length; i++) {
        code = code << 8 | OPERATOR1(lexer->source[start + i]);
    }
    switch (code) {
    case OPERATOR1('('):
    case OPERATOR1('['):
    case OPERATOR1('{'):
        if (lexer->depth == LEXER_MAX_DEPTH) {
            return fail(lexer);
        }
        lexer->depth++;
        break;
    case OPERATOR1(')'):
    case OPERATOR1(']'):
    case OPERATOR1('}'):
        if (lexer->depth == 0) {
            return fail(lexer);
        }
        lexer->depth--;
        break;
    default:
        break;
    }
    lexer->offset += length;
    struct token token = token_make(lexer, TOKEN_OPERATOR, start, lexer->line);
    token.operator_code = code & 0xffffff;
    return token;
}

/* Skips what separates tokens of one logical line; true at a line end that counts. */
static bool
skip_space(struct lexer *lexer)
{
    while (!is_at_end(lexer)) {
        char byte = lexer->source[lexer->offset];
        if (byte == ' ' || byte == '\t' || byte == '\f') {
            lexer->offset++;
        } else if (byte == '#') {
            skip_comment(lexer);
        } else if (is_newline(byte)) {
            if (lexer->depth == 0) {
                return true;
            }
            skip_newline(lexer);
        } else if (byte != '\\' || !skip_continuation(lexer)) {
            return false;
        }
    }
    return false;
}

static struct token
next_newline(struct lexer *lexer)
{
    size_t start = lexer->offset;
    uint32_t line = lexer->line;

    if (!is_at_end(lexer)) {
        skip_newline(lexer);
    }
    lexer->is_line_start = true;
    return token_make(lexer, TOKEN_NEWLINE, start, line);
}

static struct token
next_of_line(struct lexer *lexer)
{
    char byte = lexer->source[lexer->offset];

    if (is_word_start(byte)) {
        return next_word(lexer);
    }
    if (is_digit(byte) || (byte == '.' && is_digit(peek(lexer, 1)))) {
        return next_number(lexer);
    }
    if (byte == '"' || byte == '\'') {
        return next_string(lexer, lexer->offset, 0);
    }
    return next_operator(lexer);
}

struct token
lexer_next(struct lexer *lexer)
{
    struct token token;

    if (lexer->has_failed) {
        return fail(lexer);
    }
    if (lexer->is_line_start && next_indent(lexer, &token)) {
        return token;
    }
    if (lexer->pending_dedents) {
        lexer->pending_dedents--;
        lexer->indent_count--;
        return token_make(lexer, TOKEN_DEDENT, lexer->offset, lexer->line);
    }
    bool is_line_end = skip_space(lexer);
    if (is_line_end || (is_at_end(lexer) && lexer->is_inside_line && !lexer->depth)) {
        lexer->is_inside_line = false;
        return next_newline(lexer);
    }
    if (is_at_end(lexer)) {
        return lexer->depth ? fail(lexer) : token_make(lexer, TOKEN_END, lexer->offset, lexer->line);
    }
    lexer->is_inside_line = true;
    return next_of_line(lexer);
}
