/* The check as a whole, and how its parser steps: recursive descent over the lexer's tokens. */
#include "syntax/grammar.h"

#include <string.h>

#include "base/compiler.h"
#include "base/utf8.h"
#include "syntax/grammar_parser.h"

/* ---- Tokens ---- */

enum keyword
parser_keyword_of(const char *text, size_t length)
{
    static const struct {
        char name[9];
        unsigned char keyword;
    } WORDS[] = {
        {"False", KEYWORD_FALSE},
        {"None", KEYWORD_NULL},
        {"True", KEYWORD_TRUE},
        {"and", KEYWORD_AND},
        {"as", KEYWORD_AS},
        {"assert", KEYWORD_ASSERT},
        {"async", KEYWORD_ASYNC},
        {"await", KEYWORD_AWAIT},
        {"break", KEYWORD_BREAK},
        {"class", KEYWORD_CLASS},
        {"continue", KEYWORD_CONTINUE},
        {"def", KEYWORD_DEF},
        {"del", KEYWORD_DEL},
        {"elif", KEYWORD_ELIF},
        {"else", KEYWORD_ELSE},
        {"except", KEYWORD_EXCEPT},
        {"finally", KEYWORD_FINALLY},
        {"for", KEYWORD_FOR},
        {"from", KEYWORD_FROM},
        {"global", KEYWORD_GLOBAL},
        {"if", KEYWORD_IF},
        {"import", KEYWORD_IMPORT},
        {"in", KEYWORD_IN},
        {"is", KEYWORD_IS},
        {"lambda", KEYWORD_LAMBDA},
        {"nonlocal", KEYWORD_NONLOCAL},
        {"not", KEYWORD_NOT},
        {"or", KEYWORD_OR},
        {"pass", KEYWORD_PASS},
        {"raise", KEYWORD_RAISE},
        {"return", KEYWORD_RETURN},
        {"try", KEYWORD_TRY},
        {"while", KEYWORD_WHILE},
        {"with", KEYWORD_WITH},
        {"yield", KEYWORD_YIELD},
    };
    if (length < 2 || length > 8) {
        return KEYWORD_NONE;
    }
    /* Where the words of a letter begin. */
    static const unsigned char STARTS[26] = {['a' - 'a'] = 3,  ['b' - 'a'] = 8,  ['c' - 'a'] = 9,  ['d' - 'a'] = 11,
                                             ['e' - 'a'] = 13, ['f' - 'a'] = 16, ['g' - 'a'] = 19, ['i' - 'a'] = 20,
                                             ['l' - 'a'] = 24, ['n' - 'a'] = 25, ['o' - 'a'] = 27, ['p' - 'a'] = 28,
                                             ['r' - 'a'] = 29, ['t' - 'a'] = 31, ['w' - 'a'] = 32, ['y' - 'a'] = 34};
    size_t start = 0;
    if (text[0] >= 'a' && text[0] <= 'z') {
        start = STARTS[text[0] - 'a'];
        if (!start) {
            return KEYWORD_NONE;
        }
    }
    for (size_t i = start; i < COUNT_OF(WORDS) && WORDS[i].name[0] <= text[0]; i++) {
        if (WORDS[i].name[1] != text[1] || WORDS[i].name[0] != text[0]) {
            continue;
        }
        size_t same = 2;
        while (same < length && WORDS[i].name[same] == text[same]) {
            same++;
        }
        if (same == length && !WORDS[i].name[same]) {
            return WORDS[i].keyword;
        }
    }
    return KEYWORD_NONE;
}

void
parser_advance(struct parser *parser)
{
    if (parser->has_failed) {
        return;
    }
    parser->token = parser->has_next ? parser->next : lexer_next(&parser->lexer);
    parser->has_next = false;
    parser->keyword = KEYWORD_NONE;
    if (parser->token.kind == TOKEN_NAME) {
        parser->keyword =
            parser_keyword_of(parser->source + parser->token.start, parser->token.end - parser->token.start);
        if (!parser->is_ascii) {
            check_name(parser, &parser->token);
        }
    } else if (parser->token.kind == TOKEN_ERROR) {
        parser_fail(parser);
    }
}

const struct token *
parser_peek(struct parser *parser)
{
    if (!parser->has_next) {
        parser->next = lexer_next(&parser->lexer);
        parser->has_next = true;
    }
    return &parser->next;
}

/* From here on nothing matches any more, so that all loops end. */
void
parser_fail(struct parser *parser)
{
    parser->has_failed = true;
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
parser_need(struct parser *parser, uint32_t operator_code)
{
    if (!parser_take(parser, operator_code)) {
        parser_fail(parser);
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
    parser.found.is_python = !parser.has_failed || parser.has_given_up;
    if (!parser.found.is_python) {
        parser.found.doubt = NULL;
    }
    if (!parser.found.doubt) {
        parser.found.line = parser.token.line;
    }
    return parser.found;
}
