/* The tokens of one statement. */
#include <string.h>

#include "base/arena.h"
#include "facts/reader.h"

static void
token_add(struct facts_reader *reader, struct token token)
{
    if (reader->token_count == reader->token_capacity) {
        reader->token_capacity = reader->token_capacity ? reader->token_capacity * 2 : 64;
        reader->tokens = memory_resize(reader->tokens, reader->token_capacity * sizeof *reader->tokens);
    }
    reader->tokens[reader->token_count++] = token;
}

void
facts_tokens_read(struct facts_reader *reader, uint32_t start, uint32_t end, uint32_t line)
{
    struct lexer lexer;
    struct token token;

    lexer_init_within(&lexer, reader->source, end, start, line);
    reader->token_count = 0;
    reader->at = 0;
    do {
        token = lexer_next(&lexer);
        if (token.kind < TOKEN_NAME || reader->token_count == TOKENS_MAX) {
            token.kind = TOKEN_END;
            token.operator_code = 0;
        }
        token_add(reader, token);
    } while (token.kind != TOKEN_END);
    reader->token_count--;
}

bool
facts_word_is_keyword(const char *word, size_t length)
{
    static const char KEYWORDS[][9] = {
        "as",     "if",     "in",     "is",     "or",     "and",     "def",      "del",      "for",
        "not",    "try",    "None",   "True",   "elif",   "else",    "from",     "pass",     "with",
        "async",  "False",  "await",  "break",  "class",  "raise",   "while",    "yield",    "assert",
        "except", "global", "import", "lambda", "return", "finally", "continue", "nonlocal",
    };

    if (length < 2 || length > 8) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(KEYWORDS); i++) {
        if (KEYWORDS[i][0] == word[0] && strlen(KEYWORDS[i]) == length && memcmp(KEYWORDS[i], word, length) == 0) {
            return true;
        }
    }
    return false;
}

bool
facts_token_is_plain_name(const struct facts_reader *reader, const struct token *token)
{
    return token->kind == TOKEN_NAME &&
           !facts_word_is_keyword(reader->source + token->start, token->end - token->start);
}

bool
facts_token_is_word(const struct facts_reader *reader, const struct token *token, const char *word)
{
    return token_is_name(token, reader->source, word);
}

blob_offset
facts_token_text(struct facts_reader *reader, const struct token *token)
{
    return facts_name_text(reader, reader->source + token->start, token->end - token->start);
}

uint32_t
facts_token_close(const struct facts_reader *reader, uint32_t open)
{
    uint32_t depth = 0;
    uint32_t at = open;

    for (; at < reader->token_count; at++) {
        if (token_opens(&reader->tokens[at])) {
            depth++;
        } else if (token_closes(&reader->tokens[at]) && --depth == 0) {
            break;
        }
    }
    return at;
}

blob_offset
facts_dotted_text(struct facts_reader *reader, uint32_t first, uint32_t end)
{
    struct text text = {0};
    blob_offset offset = 0;

    if (end == first + 1) {
        return facts_token_text(reader, &reader->tokens[first]);
    }
    for (uint32_t i = first; i < end; i++) {
        text_add(&text, reader->source + reader->tokens[i].start, reader->tokens[i].end - reader->tokens[i].start);
    }
    offset = facts_name_text(reader, text_string(&text), text.length);
    text_release(&text);
    return offset;
}
