/* The tokenizer: one pass, no memory of its own, strict enough that valid Python is always understood. */
#include "syntax/lexer.h"

#include <string.h>

#include "base/compiler.h"

#include "syntax/strings.h"

enum { TAB_COLUMNS = 8 };

/* What a byte is outside of strings and comments. */
enum byte_class {
    BYTE_WORD, /* a letter, an underscore, and all that is not ASCII */
    BYTE_DIGIT,
    BYTE_OTHER, /* begins no token */
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

/* Whether it goes on with a word. */
static inline bool
is_word_part(char byte)
{
    return class_of(byte) <= BYTE_DIGIT;
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

/* A token from `start` up to where the lexer is. */
static inline void
token_set(const struct lexer *lexer, enum token_kind kind, size_t start, uint32_t line, struct token *token)
{
    *token = (struct token){.kind = kind, .start = (uint32_t)start, .end = (uint32_t)lexer->offset, .line = line};
}

/* A token on the lexer's line, behind which the lexer goes on. */
static inline void
token_take(struct lexer *lexer, enum token_kind kind, size_t start, size_t end, struct token *token)
{
    *token = (struct token){.kind = kind, .start = (uint32_t)start, .end = (uint32_t)end, .line = lexer->line};
    lexer->offset = end;
}

SELDOM static void
fail(struct lexer *lexer, struct token *token)
{
    lexer->has_failed = lexer->is_between = true;
    token_set(lexer, TOKEN_ERROR, lexer->offset, lexer->line, token);
}

static bool
is_newline(char byte)
{
    return byte == '\n' || byte == '\r';
}

/* "\n", "\r\n" or a lone "\r". */
static inline void
skip_newline(struct lexer *lexer)
{
    lexer->offset += lexer->source[lexer->offset] == '\r' && peek(lexer, 1) == '\n' ? 2 : 1;
    lexer->line++;
}

NEVER_INLINE static void
skip_comment(struct lexer *lexer)
{
    const char *start = lexer->source + lexer->offset;
    const size_t rest = lexer->length - lexer->offset;
    const char *newline = memchr(start, '\n', rest);
    const size_t length = newline ? (size_t)(newline - start) : rest;
    const char *alone = memchr(start, '\r', length);

    lexer->offset += alone ? (size_t)(alone - start) : length;
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

/* Returns how many there are. */
static inline uint32_t
skip_spaces(struct lexer *lexer)
{
    const char *source = lexer->source;
    const size_t length = lexer->length, start = lexer->offset;
    size_t at = start;

    while (at < length && source[at] == ' ') {
        at++;
    }
    lexer->offset = at;
    return (uint32_t)(at - start);
}

/* Measures the indentation of the next line that holds code, skipping blank ones; false at the end. */
static inline bool
measure_indent(struct lexer *lexer, uint32_t *column_out)
{
    uint32_t column = skip_spaces(lexer);
    uint32_t first_column = 0; /* of the first of lines joined by backslashes: it counts */

    for (; !is_at_end(lexer); column += skip_spaces(lexer)) {
        char byte = lexer->source[lexer->offset];
        if (LIKELY(is_word_part(byte))) {
            break;
        }
        if (byte == '\t') {
            column = (column / TAB_COLUMNS + 1) * TAB_COLUMNS;
            lexer->offset++;
        } else if (byte == '\f') {
            column = 0;
            lexer->offset++;
        } else if (byte == '#') {
            skip_comment(lexer);
        } else if (is_newline(byte)) {
            skip_newline(lexer);
            column = first_column = 0;
        } else if (byte == '\\' && skip_continuation(lexer)) {
            first_column = first_column ? first_column : column;
        } else {
            break;
        }
    }
    *column_out = first_column ? first_column : column;
    return !is_at_end(lexer);
}

/* At the start of a logical line: true with an INDENT, DEDENT, END or ERROR token, false when there is none. */
static bool
next_indent(struct lexer *lexer, struct token *token)
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
            fail(lexer, token);
            return true;
        }
        lexer->indents[lexer->indent_count++] = column;
        token_set(lexer, TOKEN_INDENT, lexer->offset, lexer->line, token);
        return true;
    }
    uint32_t kept = lexer->indent_count;
    while (kept && lexer->indents[kept - 1] > column) {
        kept--;
    }
    if ((kept ? lexer->indents[kept - 1] : 0) != column) {
        fail(lexer, token);
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
SELDOM static void
next_long_number(struct lexer *lexer, size_t start, struct token *token)
{
    lexer->offset = start;
    char second = peek(lexer, 1);

    if (peek(lexer, 0) == '0' && (second == 'x' || second == 'X') &&
        (is_hex_digit(peek(lexer, 2)) || peek(lexer, 2) == '_')) {
        skip_radix_digits(lexer, is_hex_digit);
        token_set(lexer, TOKEN_NUMBER, start, lexer->line, token);
        return;
    }
    if (peek(lexer, 0) == '0' && (second == 'o' || second == 'O' || second == 'b' || second == 'B')) {
        skip_radix_digits(lexer, is_digit);
        token_set(lexer, TOKEN_NUMBER, start, lexer->line, token);
        return;
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
    token_set(lexer, TOKEN_NUMBER, start, lexer->line, token);
}

/* Most numbers are a few digits, and nothing that could belong to them follows. */
static inline void
next_number(struct lexer *lexer, size_t start, struct token *token)
{
    const char *source = lexer->source;
    const size_t length = lexer->length;
    size_t at = start;

    do {
        at++;
    } while (at < length && is_digit(source[at]));
    if (at < length && UNLIKELY(source[at] == '.' || class_of(source[at]) == BYTE_WORD)) {
        next_long_number(lexer, start, token);
    } else {
        token_take(lexer, TOKEN_NUMBER, start, at, token);
    }
}

/* To the end of a string, which may be lines below. */
static void
skip_literal(struct lexer *lexer, size_t end)
{
    const char *at = lexer->source + lexer->offset;
    const size_t length = end - lexer->offset;

    if (!memchr(at, '\n', length) && !memchr(at, '\r', length)) {
        lexer->offset = end;
    }
    while (lexer->offset < end) {
        if (is_newline(lexer->source[lexer->offset])) {
            skip_newline(lexer);
        } else {
            lexer->offset++;
        }
    }
}

NEVER_INLINE static void
next_string(struct lexer *lexer, size_t start, unsigned flags, struct token *token)
{
    uint32_t line = lexer->line;
    size_t end = string_end_find(lexer->source, lexer->length, lexer->offset, flags);

    if (!end) {
        fail(lexer, token);
        return;
    }
    skip_literal(lexer, end);
    token_set(lexer, flags & STRING_FORMATTED ? TOKEN_FORMATTED_STRING : TOKEN_STRING, start, line, token);
}

/* A word with a quote behind it, which may be a string's prefix. */
NEVER_INLINE static void
next_quoted_word(struct lexer *lexer, size_t start, size_t quote, struct token *token)
{
    unsigned flags = 0;

    if (string_prefix_parse(lexer->source + start, quote - start, &flags)) {
        lexer->offset = quote;
        next_string(lexer, start, flags, token);
    } else {
        token_take(lexer, TOKEN_NAME, start, quote, token);
    }
}

static inline void
next_word(struct lexer *lexer, size_t start, struct token *token)
{
    const char *source = lexer->source;
    const size_t length = lexer->length;
    size_t at = start;

    do {
        at++;
    } while (at < length && is_word_part(source[at]));
    if (at < length && UNLIKELY(class_of(source[at]) == BYTE_QUOTE)) {
        next_quoted_word(lexer, start, at, token);
    } else {
        token_take(lexer, TOKEN_NAME, start, at, token);
    }
}

static inline void
take_operator(struct lexer *lexer, size_t start, uint32_t code, size_t length, struct token *token)
{
    *token = (struct token){.kind = TOKEN_OPERATOR,
                            .operator_code = code,
                            .start = (uint32_t)start,
                            .end = (uint32_t)(start + length),
                            .line = lexer->line};
    lexer->offset = start + length;
}

/* How many of the bytes belong to the operator that `a` begins; 0: there is none. */
static size_t
operator_length(char a, char b, char c, bool is_in_field)
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
        return b == '=' ? 2 : is_in_field ? 1 : 0;
    default:
        return b == '=' ? 2 : 1;
    }
}

/* Of those that others may continue, where one does. */
NEVER_INLINE static void
next_long_operator(struct lexer *lexer, size_t start, struct token *token)
{
    lexer->offset = start;
    char a = peek(lexer, 0);
    char b = peek(lexer, 1);
    char c = peek(lexer, 2);

    switch (operator_length(a, b, c, lexer->is_in_field)) {
    case 1:
        take_operator(lexer, start, OPERATOR1(a), 1, token);
        break;
    case 2:
        take_operator(lexer, start, OPERATOR2(a, b), 2, token);
        break;
    case 3:
        take_operator(lexer, start, OPERATOR3(a, b, c), 3, token);
        break;
    default:
        fail(lexer, token);
        break;
    }
}

static inline void
next_operator(struct lexer *lexer, size_t start, char byte, struct token *token)
{
    if (byte == '!' || (start + 1 < lexer->length && class_of(lexer->source[start + 1]) == BYTE_OPERATOR)) {
        next_long_operator(lexer, start, token);
    } else {
        take_operator(lexer, start, OPERATOR1(byte), 1, token);
    }
}

NEVER_INLINE static void
next_dots(struct lexer *lexer, size_t start, struct token *token)
{
    lexer->offset = start;
    if (is_digit(peek(lexer, 1))) {
        next_long_number(lexer, start, token);
    } else if (peek(lexer, 1) == '.' && peek(lexer, 2) == '.') {
        take_operator(lexer, start, OPERATOR3('.', '.', '.'), 3, token);
    } else {
        take_operator(lexer, start, OPERATOR1('.'), 1, token);
    }
}

static inline void
next_dot(struct lexer *lexer, size_t start, struct token *token)
{
    if (start + 1 < lexer->length && class_of(lexer->source[start + 1]) == BYTE_WORD) {
        take_operator(lexer, start, OPERATOR1('.'), 1, token);
    } else {
        next_dots(lexer, start, token);
    }
}

static inline void
next_bracket(struct lexer *lexer, size_t start, char byte, bool is_open, struct token *token)
{
    if (UNLIKELY(lexer->depth == (is_open ? LEXER_MAX_DEPTH : 0))) {
        lexer->offset = start;
        fail(lexer, token);
    } else {
        lexer->depth += is_open ? 1 : UINT32_MAX;
        take_operator(lexer, start, OPERATOR1(byte), 1, token);
    }
}

/* Outside of brackets. */
NEVER_INLINE static void
next_newline(struct lexer *lexer, size_t start, struct token *token)
{
    uint32_t line = lexer->line;

    lexer->offset = start;
    if (!is_at_end(lexer)) {
        skip_newline(lexer);
    }
    lexer->is_inside_line = false;
    lexer->is_line_start = lexer->is_between = true;
    token_set(lexer, TOKEN_NEWLINE, start, line, token);
}

/* Behind all bytes. */
SELDOM static void
next_end(struct lexer *lexer, struct token *token)
{
    lexer->offset = lexer->length;
    if (lexer->depth) {
        fail(lexer, token);
    } else if (lexer->is_inside_line) {
        next_newline(lexer, lexer->offset, token);
    } else {
        token_set(lexer, TOKEN_END, lexer->offset, lexer->line, token);
    }
}

/* Over spaces, comments, joined lines, and line ends within brackets; whether there was any of it. */
static bool
skip_insignificant(struct lexer *lexer)
{
    const size_t start = lexer->offset;

    for (bool is_skipped = true; is_skipped && !is_at_end(lexer);) {
        switch (class_of(lexer->source[lexer->offset])) {
        case BYTE_SPACE:
            lexer->offset++;
            break;
        case BYTE_COMMENT:
            skip_comment(lexer);
            break;
        case BYTE_BACKSLASH:
            is_skipped = skip_continuation(lexer);
            break;
        case BYTE_LINE_END:
            is_skipped = lexer->depth != 0;
            if (is_skipped) {
                skip_newline(lexer);
            }
            break;
        default:
            is_skipped = false;
            break;
        }
    }
    return lexer->offset != start;
}

/* What is no token, and what is behind it. */
NEVER_INLINE static void
next_behind_insignificant(struct lexer *lexer, size_t start, struct token *token)
{
    lexer->offset = start;
    if (skip_insignificant(lexer)) {
        lexer_read(lexer, token); /* which finds nothing of it any more */
    } else {
        fail(lexer, token);
    }
}

/* At the start of a line, or where nothing is to be read any more. */
NEVER_INLINE static void
next_between(struct lexer *lexer, struct token *token)
{
    if (lexer->has_failed) {
        fail(lexer, token);
        return;
    }
    lexer->is_between = false;
    if (lexer->is_line_start && next_indent(lexer, token)) {
        return;
    }
    if (lexer->pending_dedents) {
        lexer->pending_dedents--;
        lexer->indent_count--;
        lexer->is_between = true;
        token_set(lexer, TOKEN_DEDENT, lexer->offset, lexer->line, token);
        return;
    }
    lexer_read(lexer, token);
}

/* What takes more than a few steps is left to functions that end this one: it has no registers to save for them. */
void
lexer_read(struct lexer *lexer, struct token *token)
{
    if (UNLIKELY(lexer->is_between)) {
        next_between(lexer, token);
        return;
    }
    const char *source = lexer->source;
    size_t at = lexer->offset;
    char byte = ' ';
    for (;; at++) {
        if (UNLIKELY(at >= lexer->length)) {
            next_end(lexer, token);
            return;
        }
        byte = source[at];
        if (byte != ' ') {
            break;
        }
    }
    switch (class_of(byte)) {
    case BYTE_WORD:
        next_word(lexer, at, token);
        break;
    case BYTE_DIGIT:
        next_number(lexer, at, token);
        break;
    case BYTE_QUOTE:
        lexer->offset = at;
        next_string(lexer, at, 0, token);
        break;
    case BYTE_OPEN:
        next_bracket(lexer, at, byte, true, token);
        break;
    case BYTE_CLOSE:
        next_bracket(lexer, at, byte, false, token);
        break;
    case BYTE_SINGLE:
        take_operator(lexer, at, OPERATOR1(byte), 1, token);
        break;
    case BYTE_DOT:
        next_dot(lexer, at, token);
        break;
    case BYTE_OPERATOR:
        next_operator(lexer, at, byte, token);
        break;
    case BYTE_LINE_END:
        if (lexer->depth == 0) {
            next_newline(lexer, at, token);
            break;
        }
        next_behind_insignificant(lexer, at, token);
        break;
    case BYTE_SPACE:
    case BYTE_COMMENT:
    case BYTE_BACKSLASH:
    case BYTE_OTHER:
        next_behind_insignificant(lexer, at, token);
        break;
    default:
        __builtin_unreachable(); /* the table holds no other class */
    }
}
