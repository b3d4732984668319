/* Python source to tokens, for every version from 3.8 to 3.15. */
#ifndef SYNTAX_LEXER_H
#define SYNTAX_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum token_kind {
    TOKEN_END,     /* the source is used up; comes again when asked again */
    TOKEN_ERROR,   /* no Python: comes again when asked again */
    TOKEN_NEWLINE, /* the end of a logical line */
    TOKEN_INDENT,
    TOKEN_DEDENT,
    TOKEN_NAME, /* keywords, too: hard and soft */
    TOKEN_NUMBER,
    TOKEN_STRING,           /* with its prefix and quotes */
    TOKEN_FORMATTED_STRING, /* f"..." and t"...", whole */
    TOKEN_OPERATOR,
};

/* An operator's bytes as one number, for switches. */
#define OPERATOR1(a) ((uint32_t)(unsigned char)(a))
#define OPERATOR2(a, b) (OPERATOR1(a) << 8 | OPERATOR1(b))
#define OPERATOR3(a, b, c) (OPERATOR2(a, b) << 8 | OPERATOR1(c))

struct token {
    enum token_kind kind;
    uint32_t operator_code; /* OPERATOR1('+') ...; 0 for other kinds */
    uint32_t start;         /* byte offsets into the source; INDENT, DEDENT, END are empty */
    uint32_t end;
    uint32_t line; /* of the start, from 1 */
};

enum { LEXER_MAX_INDENTS = 100, LEXER_MAX_DEPTH = 200 }; /* CPython's own limits */

/*
 * Reads UTF-8 (or any superset of ASCII) without a byte order mark. Copies nothing: `source` must outlive it. Linear
 * in the length, whatever the bytes are. Sources are below 4 GiB.
 */
struct lexer {
    const char *source;
    size_t length;
    size_t offset;
    uint32_t line;
    uint32_t depth; /* of open brackets */
    uint32_t indent_count;
    uint32_t pending_dedents;
    bool is_between;     /* tokens of a line: begins one, ends blocks, or has failed */
    bool is_line_start;  /* the next token begins a logical line */
    bool is_inside_line; /* the current logical line has tokens: a NEWLINE ends it, also at the end of the source */
    bool has_failed;
    bool is_in_field; /* of a formatted string: "!" is a sign of its own */
    uint32_t indents[LEXER_MAX_INDENTS];
};

void lexer_init(struct lexer *lexer, const char *source, size_t length);
/* Begins at `offset`, within a logical line on `line`, as if its block were the module's. */
void lexer_init_within(struct lexer *lexer, const char *source, size_t length, size_t offset, uint32_t line);
void lexer_read(struct lexer *lexer, struct token *token_out);

static inline struct token
lexer_next(struct lexer *lexer)
{
    struct token token;

    lexer_read(lexer, &token);
    return token;
}

/* How deep the block is that the last token belongs to. */
static inline uint32_t
lexer_indent_count(const struct lexer *lexer)
{
    return lexer->indent_count;
}

static inline bool
token_is(const struct token *token, uint32_t operator_code)
{
    return token->operator_code == operator_code;
}

/* Whether a NAME token is this word: inline, because what is asked for is written where it is asked. */
static inline bool
token_is_name(const struct token *token, const char *source, const char *word)
{
    const size_t length = strlen(word);

    return token->kind == TOKEN_NAME && token->end - token->start == length &&
           memcmp(source + token->start, word, length) == 0;
}

/* Whether it is the sign of an augmented assignment: `+=` ... */
bool token_is_augmented(const struct token *token);

#endif
