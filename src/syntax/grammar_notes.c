/* What the parser remembers of an expression or a list of names, to refuse it by what stands around it. */
#include <string.h>

#include "syntax/grammar_parser.h"

void
parser_note(struct parser *parser, enum odd_kind kind, const struct token *token)
{
    if (parser->odd_count == MOST_ODDS) {
        parser_doubt(parser, "a statement with many assignments in expressions");
        return;
    }
    parser->notes->odds[parser->odd_count++] =
        (struct odd){.kind = kind, .start = token->start, .end = token->end, .line = token->line};
}

bool
parser_has_odd(const struct parser *parser, uint32_t first, enum odd_kind kind)
{
    for (uint32_t i = first; i < parser->odd_count; i++) {
        if (parser->notes->odds[i].kind == kind) {
            return true;
        }
    }
    return false;
}

void
parser_forget_odds(struct parser *parser)
{
    if (parser_has_odd(parser, 0, ODD_LOOSE_AWAIT)) {
        parser_doubt(parser, "await outside of async functions");
    }
    parser->odd_count = 0;
}

bool
parser_add_name(struct parser *parser, uint32_t first, const struct token *token)
{
    struct span *names = parser->notes->names;
    const uint32_t length = token->end - token->start;

    for (uint32_t i = first; i < parser->name_count; i++) {
        if (names[i].end - names[i].start == length &&
            memcmp(parser->source + names[i].start, parser->source + token->start, length) == 0) {
            return false;
        }
    }
    if (parser->name_count == MOST_NAMES) {
        parser_doubt(parser, "a list of very many names");
        return true;
    }
    names[parser->name_count++] = (struct span){token->start, token->end};
    return true;
}
