/* Names that importing a module uses, and nothing in it binds: built-in ones, those of stars, and mistakes. */
#include <stdlib.h>
#include <string.h>

#include "facts/reader.h"

static bool
is_word(const struct facts_reader *reader, uint32_t at, const char *word)
{
    return facts_token_is_word(reader, &reader->tokens[at], word);
}

/* Whether something in the statement is not run with it, or is no expression: its names are not looked at. */
static bool
is_passed_over(const struct facts_reader *reader)
{
    static const char *const HEADS[] = {"match", "case", "type", "except", "global", "nonlocal"};

    for (size_t i = 0; i < COUNT_OF(HEADS); i++) {
        if (is_word(reader, 0, HEADS[i])) {
            return true;
        }
    }
    for (uint32_t at = 0; at < reader->token_count; at++) {
        if (is_word(reader, at, "lambda") || reader->tokens[at].kind == TOKEN_ERROR) {
            return true;
        }
    }
    return false;
}

void
facts_uses_note(struct facts_reader *reader, const struct context *context)
{
    const unsigned uncertain = BINDING_CONDITIONAL | BINDING_TYPE_CHECKING | BINDING_IN_TRY | BINDING_IN_EXCEPT;
    uint32_t depth = 0;
    bool is_annotation = false, is_target = false;

    if ((context->flags & uncertain) || is_passed_over(reader)) {
        return;
    }
    for (uint32_t at = 0; at < reader->token_count; at++) {
        const struct token *token = &reader->tokens[at];
        const char first = reader->source[token->start];
        depth += token_opens(token);
        depth -= token_closes(token) && depth;
        is_annotation = !depth && (is_annotation ? !token_is(token, OPERATOR1('=')) : token_is(token, OPERATOR1(':')));
        is_target = is_word(reader, at, "for") || (is_target && !is_word(reader, at, "in"));
        if (!facts_token_is_plain_name(reader, token) || (at && token_is(token - 1, OPERATOR1('.'))) ||
            (first == '_' && token->end > token->start + 1 && reader->source[token->start + 1] == '_')) {
            continue;
        }
        const blob_offset name = facts_token_text(reader, token);
        const bool is_keyword = depth && at + 1 < reader->token_count && token_is(token + 1, OPERATOR1('='));
        if (is_target || is_word(reader, at ? at - 1 : at, "as")) {
            text_add(&reader->bound, (const char *)&name, sizeof name);
        } else if (!is_annotation && !is_keyword) {
            text_add(&reader->used, (const char *)&name, sizeof name);
        }
    }
}

static int
compare_offsets(const void *left, const void *right)
{
    const blob_offset a = *(const blob_offset *)left, b = *(const blob_offset *)right;
    return (a > b) - (a < b);
}

/* Leaves those that are used, and neither bound anywhere in the module nor twice in the list. */
struct blob_range
facts_uses_take(struct facts_reader *reader)
{
    blob_offset *used = (blob_offset *)(void *)reader->used.bytes;
    blob_offset *bound = (blob_offset *)(void *)reader->bound.bytes;
    const size_t used_count = reader->used.length / sizeof *used, bound_count = reader->bound.length / sizeof *bound;
    struct blob_range range = {.count = 0};
    size_t k = 0;

    if (!used_count) {
        return range;
    }
    qsort(used, used_count, sizeof *used, compare_offsets);
    if (bound_count) {
        qsort(bound, bound_count, sizeof *bound, compare_offsets);
    }
    for (size_t i = 0; i < used_count; i++) {
        while (k < bound_count && bound[k] < used[i]) {
            k++;
        }
        if ((k == bound_count || bound[k] != used[i]) && (!range.count || used[range.count - 1] != used[i])) {
            used[range.count++] = used[i];
        }
    }
    if (range.count) {
        range.first = blob_add(reader->blob, used, range.count * sizeof *used);
    }
    return range;
}
