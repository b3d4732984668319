/* What the statements of an outline begin with, and the parts of them that need tokens to find. */
#include "syntax/outline_words.h"

#include <string.h>

#include "base/compiler.h"
#include "syntax/lexer.h"
#include "syntax/strings.h"

enum { TAB_COLUMNS = 8, MAX_LAMBDAS = LEXER_MAX_DEPTH };

enum { KEYWORD_SLOTS = 32, KEYWORD_BYTES = 8 };

/* At keyword_slot() of its first two letters; where two keywords share these, both are here. */
struct keyword {
    char text[KEYWORD_BYTES];
    char other[KEYWORD_BYTES];
    uint8_t length;
    uint8_t word;
};

static const struct keyword KEYWORDS[KEYWORD_SLOTS] = {
    [1] = {"if", "if", 2, WORD_BLOCK},
    [2] = {"for", "for", 3, WORD_BLOCK},
    [5] = {"except", "except", 6, WORD_BLOCK},
    [7] = {"case", "case", 4, WORD_CASE},
    [10] = {"finally", "finally", 7, WORD_BLOCK},
    [13] = {"async", "async", 5, WORD_ASYNC},
    [14] = {"from", "from", 4, WORD_FROM},
    [17] = {"match", "match", 5, WORD_MATCH},
    [19] = {"class", "class", 5, WORD_CLASS},
    [21] = {"elif", "else", 4, WORD_BLOCK},
    [23] = {"while", "while", 5, WORD_BLOCK},
    [24] = {"def", "def", 3, WORD_DEF},
    [27] = {"with", "with", 4, WORD_BLOCK},
    [28] = {"try", "try", 3, WORD_BLOCK},
    [29] = {"import", "import", 6, WORD_IMPORT},
};

static inline unsigned
keyword_slot(char first, char second)
{
    return ((unsigned char)first + 4u * (unsigned char)second) % KEYWORD_SLOTS;
}

size_t
word_skip(const char *source, size_t start, size_t end)
{
    while (start < end && is_word_byte(source[start])) {
        start++;
    }
    return start;
}

size_t
blanks_skip(const char *source, size_t start, size_t end)
{
    while (start < end) {
        char byte = source[start];
        if (byte == ' ' || byte == '\t' || byte == '\f') {
            start++;
        } else if (byte == '\\' && start + 1 < end && (source[start + 1] == '\n' || source[start + 1] == '\r')) {
            start += start + 2 < end && source[start + 1] == '\r' && source[start + 2] == '\n' ? 3 : 2;
        } else {
            break;
        }
    }
    return start;
}

/* The first `length` bytes of a word, zeros behind them. */
static inline uint64_t
word_bytes(const char text[KEYWORD_BYTES], size_t length)
{
    static const char ONES[2 * KEYWORD_BYTES] = "\xff\xff\xff\xff\xff\xff\xff\xff";
    uint64_t bytes, mask;

    memcpy(&bytes, text, sizeof(bytes));
    memcpy(&mask, ONES + KEYWORD_BYTES - length, sizeof(mask));
    return bytes & mask;
}

enum statement_word
statement_word_find(const char *source, size_t start, size_t end)
{
    char text[KEYWORD_BYTES] = {0};

    if (LIKELY(end - start >= KEYWORD_BYTES)) {
        memcpy(text, source + start, KEYWORD_BYTES);
    } else {
        memcpy(text, source + start, end - start);
    }
    const struct keyword *keyword = &KEYWORDS[keyword_slot(text[0], text[1])];
    uint64_t found = word_bytes(text, keyword->length);
    bool is_keyword =
        found == word_bytes(keyword->text, KEYWORD_BYTES) || found == word_bytes(keyword->other, KEYWORD_BYTES);

    return is_keyword && !is_word_byte(text[keyword->length]) ? (enum statement_word)keyword->word : WORD_OTHER;
}

size_t
head_end_find(const char *source, size_t start, size_t end)
{
    struct lexer lexer;
    struct token token;
    uint32_t lambdas = 0; /* outside of brackets, whose colon is still to come */

    lexer_init(&lexer, source + start, end - start);
    do {
        token = lexer_next(&lexer);
        if (lexer.depth) {
            continue;
        }
        if (token.kind == TOKEN_NAME && token_is_name(&token, source + start, "lambda")) {
            lambdas++;
        } else if (token_is(&token, OPERATOR1(':'))) {
            if (!lambdas) {
                return start + token.end;
            }
            lambdas--;
        }
    } while (token.kind != TOKEN_END && token.kind != TOKEN_ERROR && token.kind != TOKEN_NEWLINE);
    return 0;
}

/* Lambdas around the current token: in their parameters until the colon, then in their bodies. */
struct lambda {
    uint32_t depth; /* of brackets */
    bool is_body;
};

struct lambda_stack {
    struct lambda lambdas[MAX_LAMBDAS];
    size_t count;
};

/* Those that a token ends: a comma or a colon at their own depth, or the bracket around them. */
static void
lambdas_end(struct lambda_stack *stack, const struct token *token, uint32_t depth)
{
    bool is_end = token_is(token, OPERATOR1(',')) || token_is(token, OPERATOR1(':'));

    while (stack->count) {
        struct lambda *last = &stack->lambdas[stack->count - 1];
        if (last->depth > depth || (last->depth == depth && last->is_body && is_end)) {
            stack->count--;
        } else {
            break;
        }
    }
    if (stack->count && token_is(token, OPERATOR1(':')) && stack->lambdas[stack->count - 1].depth == depth) {
        stack->lambdas[stack->count - 1].is_body = true;
    }
}

static bool
is_in_lambda_body(const struct lambda_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++) {
        if (stack->lambdas[i].is_body) {
            return true;
        }
    }
    return false;
}

bool
statement_has_yield(const char *source, size_t start, size_t end)
{
    struct lexer lexer;
    struct token token;
    struct lambda_stack stack = {.count = 0};

    if (!memmem(source + start, end - start, "lambda", 6)) {
        return true;
    }
    lexer_init(&lexer, source + start, end - start);
    do {
        token = lexer_next(&lexer);
        const char *text = source + start;
        bool is_yield =
            token_is_name(&token, text, "yield") ||
            (token.kind == TOKEN_FORMATTED_STRING && formatted_string_has_yield(text, token.start, token.end));
        if (is_yield && !is_in_lambda_body(&stack)) {
            return true;
        }
        lambdas_end(&stack, &token, lexer.depth);
        if (token_is_name(&token, text, "lambda") && stack.count < MAX_LAMBDAS) {
            stack.lambdas[stack.count++] = (struct lambda){.depth = lexer.depth};
        }
    } while (token.kind != TOKEN_END && token.kind != TOKEN_ERROR);
    return false;
}

struct indentation
indentation_measure(const char *source, size_t line_start, size_t end, size_t *start_out)
{
    struct indentation found = {0};
    uint32_t joined_column = 0; /* of the first of lines joined by backslashes: it counts */
    size_t at = line_start;

    for (; at < end; at++) {
        char byte = source[at];
        size_t behind = byte == '\\' ? blanks_skip(source, at, end) : at;
        if (byte == ' ') {
            found.column++;
            found.alternative++;
        } else if (byte == '\t') {
            found.column = (found.column / TAB_COLUMNS + 1) * TAB_COLUMNS;
            found.alternative++;
        } else if (byte == '\f') {
            found = (struct indentation){0};
        } else if (behind > at) {
            joined_column = joined_column ? joined_column : found.column;
            found = (struct indentation){0};
            at += source[at + 1] == '\r' && at + 2 < end && source[at + 2] == '\n' ? 2 : 1;
        } else {
            break;
        }
    }
    *start_out = at;
    return joined_column ? (struct indentation){joined_column, joined_column} : found;
}
