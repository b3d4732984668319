/* The check as a whole, and how its parser steps: recursive descent over the lexer's tokens. */
#include "syntax/grammar.h"

#include <string.h>

#include "base/compiler.h"
#include "base/utf8.h"
#include "syntax/grammar_parser.h"

/* ---- Tokens ---- */

/* No two keywords share a slot: the compiler warns of two initializers for one. */
#define SLOT(first, last, length) ((unsigned)((first) + 11 * (last) + (length)) % 128)

static const unsigned char SLOTS[128] = {
    [SLOT('F', 'e', 5)] = KEYWORD_FALSE,  [SLOT('N', 'e', 4)] = KEYWORD_NULL,     [SLOT('T', 'e', 4)] = KEYWORD_TRUE,
    [SLOT('a', 'd', 3)] = KEYWORD_AND,    [SLOT('a', 's', 2)] = KEYWORD_AS,       [SLOT('a', 't', 6)] = KEYWORD_ASSERT,
    [SLOT('a', 'c', 5)] = KEYWORD_ASYNC,  [SLOT('a', 't', 5)] = KEYWORD_AWAIT,    [SLOT('b', 'k', 5)] = KEYWORD_BREAK,
    [SLOT('c', 's', 5)] = KEYWORD_CLASS,  [SLOT('c', 'e', 8)] = KEYWORD_CONTINUE, [SLOT('d', 'f', 3)] = KEYWORD_DEF,
    [SLOT('d', 'l', 3)] = KEYWORD_DEL,    [SLOT('e', 'f', 4)] = KEYWORD_ELIF,     [SLOT('e', 'e', 4)] = KEYWORD_ELSE,
    [SLOT('e', 't', 6)] = KEYWORD_EXCEPT, [SLOT('f', 'y', 7)] = KEYWORD_FINALLY,  [SLOT('f', 'r', 3)] = KEYWORD_FOR,
    [SLOT('f', 'm', 4)] = KEYWORD_FROM,   [SLOT('g', 'l', 6)] = KEYWORD_GLOBAL,   [SLOT('i', 'f', 2)] = KEYWORD_IF,
    [SLOT('i', 't', 6)] = KEYWORD_IMPORT, [SLOT('i', 'n', 2)] = KEYWORD_IN,       [SLOT('i', 's', 2)] = KEYWORD_IS,
    [SLOT('l', 'a', 6)] = KEYWORD_LAMBDA, [SLOT('n', 'l', 8)] = KEYWORD_NONLOCAL, [SLOT('n', 't', 3)] = KEYWORD_NOT,
    [SLOT('o', 'r', 2)] = KEYWORD_OR,     [SLOT('p', 's', 4)] = KEYWORD_PASS,     [SLOT('r', 'e', 5)] = KEYWORD_RAISE,
    [SLOT('r', 'n', 6)] = KEYWORD_RETURN, [SLOT('t', 'y', 3)] = KEYWORD_TRY,      [SLOT('w', 'e', 5)] = KEYWORD_WHILE,
    [SLOT('w', 'h', 4)] = KEYWORD_WITH,   [SLOT('y', 'd', 5)] = KEYWORD_YIELD,
};

static const char WORDS[][9] = {
    [KEYWORD_FALSE] = "False",
    [KEYWORD_NULL] = "None",
    [KEYWORD_TRUE] = "True",
    [KEYWORD_AND] = "and",
    [KEYWORD_AS] = "as",
    [KEYWORD_ASSERT] = "assert",
    [KEYWORD_ASYNC] = "async",
    [KEYWORD_AWAIT] = "await",
    [KEYWORD_BREAK] = "break",
    [KEYWORD_CLASS] = "class",
    [KEYWORD_CONTINUE] = "continue",
    [KEYWORD_DEF] = "def",
    [KEYWORD_DEL] = "del",
    [KEYWORD_ELIF] = "elif",
    [KEYWORD_ELSE] = "else",
    [KEYWORD_EXCEPT] = "except",
    [KEYWORD_FINALLY] = "finally",
    [KEYWORD_FOR] = "for",
    [KEYWORD_FROM] = "from",
    [KEYWORD_GLOBAL] = "global",
    [KEYWORD_IF] = "if",
    [KEYWORD_IMPORT] = "import",
    [KEYWORD_IN] = "in",
    [KEYWORD_IS] = "is",
    [KEYWORD_LAMBDA] = "lambda",
    [KEYWORD_NONLOCAL] = "nonlocal",
    [KEYWORD_NOT] = "not",
    [KEYWORD_OR] = "or",
    [KEYWORD_PASS] = "pass",
    [KEYWORD_RAISE] = "raise",
    [KEYWORD_RETURN] = "return",
    [KEYWORD_TRY] = "try",
    [KEYWORD_WHILE] = "while",
    [KEYWORD_WITH] = "with",
    [KEYWORD_YIELD] = "yield",
};

static inline enum keyword
keyword_find(const char *text, size_t length)
{
    if (length < 2 || length > 8) {
        return KEYWORD_NONE;
    }
    const unsigned slot = SLOT((unsigned char)text[0], (unsigned char)text[length - 1], (int)length);
    const unsigned keyword = SLOTS[slot];
    const char *word = WORDS[keyword];
    if (!keyword || word[length]) {
        return KEYWORD_NONE;
    }
    for (size_t i = 0; i < length; i++) {
        if (word[i] != text[i]) {
            return KEYWORD_NONE;
        }
    }
    return (enum keyword)keyword;
}

enum keyword
parser_keyword_of(const char *text, size_t length)
{
    return keyword_find(text, length);
}

/* What the new token is. */
static inline void
token_take_in(struct parser *parser)
{
    parser->keyword = KEYWORD_NONE;
    if (parser->token.kind == TOKEN_NAME) {
        parser->keyword = keyword_find(parser->source + parser->token.start, parser->token.end - parser->token.start);
    } else if (UNLIKELY(parser->token.kind == TOKEN_ERROR)) {
        parser_fail(parser);
    }
}

/* Where it takes more than reading the next token. */
SELDOM static void
advance_with_care(struct parser *parser)
{
    if (parser->has_failed) {
        return;
    }
    parser->needs_care = !parser->is_ascii;
    if (parser->has_next) {
        parser->token = parser->next;
        parser->has_next = false;
    } else {
        lexer_read(&parser->lexer, &parser->token);
    }
    token_take_in(parser);
    if (!parser->is_ascii && parser->token.kind == TOKEN_NAME) {
        check_name(parser, &parser->token);
    }
}

void
parser_advance(struct parser *parser)
{
    if (UNLIKELY(parser->needs_care)) {
        advance_with_care(parser);
    } else {
        lexer_read(&parser->lexer, &parser->token);
        token_take_in(parser);
    }
}

const struct token *
parser_peek(struct parser *parser)
{
    if (!parser->has_next) {
        lexer_read(&parser->lexer, &parser->next);
        parser->has_next = parser->needs_care = true;
    }
    return &parser->next;
}

/* From here on nothing matches any more, so that all loops end. */
void
parser_fail(struct parser *parser)
{
    parser->has_failed = parser->needs_care = true;
    parser->token.kind = TOKEN_ERROR;
    parser->token.operator_code = 0;
    parser->keyword = KEYWORD_NONE;
}

void
parser_doubt(struct parser *parser, const char *doubt)
{
    if (!parser->found.doubt) {
        parser->found.doubt = doubt;
        parser->found.line = parser->token.line;
    }
}

void
parser_needs(struct parser *parser, unsigned minor)
{
    if (parser->found.newer_minor < minor) {
        parser->found.newer_minor = minor;
        parser->found.newer_line = parser->token.line;
    }
}

void
parser_need_keyword(struct parser *parser, enum keyword keyword)
{
    if (!parser_take_keyword(parser, keyword)) {
        parser_fail(parser);
    }
}

void
parser_need_name(struct parser *parser)
{
    if (!parser_is_name(parser)) {
        parser_fail(parser);
    }
    parser_advance(parser);
}

void
parser_need_bound_name(struct parser *parser)
{
    if (parser_is_name(parser)) {
        if (parser->scopes) {
            scopes_use(parser->scopes, &parser->token, NAME_BOUND);
        }
        if (parser->token.end - parser->token.start == strlen("__debug__") &&
            token_is_name(&parser->token, parser->source, "__debug__")) {
            parser_fail(parser);
        }
    }
    parser_need_name(parser);
}

/* ---- All of it ---- */

/* Whether imports from __future__ may stand behind the statement that begins here. */
static bool
keeps_futures(struct parser *parser, bool is_first)
{
    if (parser->keyword == KEYWORD_FROM) {
        return parser_is_word(parser, parser_peek(parser), "__future__");
    }
    return is_first && parser->token.kind == TOKEN_STRING;
}

static void
parse_file(struct parser *parser)
{
    bool is_first = true;

    parser_advance(parser);
    while (!parser->has_failed && parser->token.kind != TOKEN_END) {
        if (parser->token.kind == TOKEN_NEWLINE) {
            parser_advance(parser);
            continue;
        }
        if (!parser->is_past_futures) {
            parser->is_past_futures = !keeps_futures(parser, is_first);
        }
        is_first = false;
        parse_statement(parser);
    }
}

/* Whether a backslash joins the last line to one that is not there. */
static bool
ends_with_backslash(const char *source, size_t length)
{
    while (length && (source[length - 1] == '\n' || source[length - 1] == '\r')) {
        length--;
    }
    if (!length || source[length - 1] != '\\') {
        return false;
    }
    const char *line = memrchr(source, '\n', length);
    line = line ? line : source;
    return !memchr(line, '#', (size_t)(source + length - line));
}

struct grammar
grammar_check(const char *source, size_t length)
{
    struct parser_notes notes;
    struct parser parser = {.source = source, .notes = &notes};

    parser.is_ascii = utf8_is_ascii(source, length);
    parser.needs_care = !parser.is_ascii;
    const char *backslash = memchr(source, '\\', length);
    parser.next_backslash = backslash ? (uint32_t)(backslash - source) : UINT32_MAX;
    lexer_init(&parser.lexer, source, length);
    const struct parser start = parser;
    parse_file(&parser);
    if (parser.has_declarations && !parser.has_failed && !parser.found.doubt) {
        parser = start;
        parser.scopes = scopes_new(source);
        parse_file(&parser);
        uint32_t line = 0;
        const char *doubt = scopes_judge(parser.scopes, &line);
        if (doubt && !parser.found.doubt) {
            parser.found.doubt = doubt;
            parser.found.line = line;
        }
        scopes_free(parser.scopes);
    }
    if (backslash && ends_with_backslash(source, length)) {
        parser_doubt(&parser, "a backslash at its end");
    }
    parser.found.is_ascii = parser.is_ascii;
    parser.found.may_declare = parser.has_declarations || parser.has_failed;
    parser.found.is_python = !parser.has_failed || parser.has_given_up;
    if (!parser.found.is_python) {
        parser.found.doubt = NULL;
    }
    if (!parser.found.doubt) {
        parser.found.line = parser.token.line;
    }
    return parser.found;
}
