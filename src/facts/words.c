/* What the bodies of functions say, as far as collection depends on it. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "facts/reader.h"

static bool
is_word(const struct facts_reader *reader, const struct token *token, const char *word)
{
    return facts_token_is_word(reader, token, word);
}

/* The tokens of a function's body, one after the other, with the line structure. */
struct body_lexer {
    struct facts_reader *reader;
    const struct outline_entry *entry;
    struct lexer lexer;
    uint32_t next; /* the next entry that may be a definition inside */
    uint32_t end;  /* behind all entries inside */
};

static struct body_lexer
body_lexer_make(struct facts_reader *reader, uint32_t index)
{
    struct body_lexer body = {.reader = reader, .entry = &reader->outline->entries[index], .next = index + 1};

    body.end = facts_subtree_end(reader, index);
    lexer_init_within(&body.lexer, reader->source, reader->length, body.entry->end, body.entry->line);
    /* Lines are counted from the head's first one: count those that the head takes. */
    for (uint32_t at = body.entry->start; at < body.entry->end; at++) {
        char byte = reader->source[at];
        body.lexer.line += byte == '\n' || (byte == '\r' && reader->source[at + 1] != '\n') ? 1 : 0;
    }
    return body;
}

/* False behind the body. */
static bool
body_lexer_next(struct body_lexer *body, struct token *token_out)
{
    *token_out = lexer_next(&body->lexer);
    return token_out->kind != TOKEN_END && token_out->kind != TOKEN_ERROR && token_out->line <= body->entry->end_line &&
           (token_out->kind != TOKEN_DEDENT || body->lexer.indent_count);
}

/* Steps over definitions inside, whose first token this is; false when it is none. */
static bool
body_lexer_skip_definition(struct body_lexer *body, const struct token *token)
{
    const struct outline_entry *entries = body->reader->outline->entries;

    while (body->next < body->end &&
           (entries[body->next].start < token->start ||
            (entries[body->next].kind != OUTLINE_FUNCTION && entries[body->next].kind != OUTLINE_CLASS))) {
        body->next++;
    }
    if (body->next == body->end || entries[body->next].start != token->start) {
        return false;
    }
    const uint32_t end_line = entries[body->next].end_line;
    const uint32_t end = facts_subtree_end(body->reader, body->next);
    struct lexer before = body->lexer;
    struct token skipped = *token;
    while (skipped.kind != TOKEN_END && skipped.kind != TOKEN_ERROR && skipped.line <= end_line) {
        before = body->lexer;
        skipped = lexer_next(&body->lexer);
    }
    body->lexer = before; /* the token behind it is given out again */
    body->next = end;
    return true;
}

/* ---- Words of hooks ---- */

static void
word_add(struct facts_reader *reader, const char *word, size_t length)
{
    if (!facts_word_is_keyword(word, length)) {
        blob_offset offset = facts_text(reader, word, length);
        facts_push(reader, &offset, sizeof offset);
    }
}

/* Every word in f"...{a.b}...": more than its names, never fewer. */
static void
formatted_words_add(struct facts_reader *reader, const struct token *token)
{
    uint32_t start = token->start;

    for (uint32_t at = token->start; at <= token->end; at++) {
        char byte = at < token->end ? reader->source[at] : ' ';
        bool is_word = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
                       (byte >= '0' && byte <= '9') || (unsigned char)byte >= 0x80;
        if (!is_word) {
            if (at > start) {
                word_add(reader, reader->source + start, at - start);
            }
            start = at + 1;
        }
    }
}

struct word {
    const char *text;
    blob_offset offset;
};

static int
word_compare(const void *a, const void *b)
{
    return strcmp(((const struct word *)a)->text, ((const struct word *)b)->text);
}

/* Sorts the offsets pushed since `mark`, and leaves each one once. */
static void
words_sort(struct facts_reader *reader, size_t mark)
{
    const size_t count = (reader->records.length - mark) / sizeof(blob_offset);
    struct word *words = memory_alloc(count * sizeof *words + 1);

    for (size_t i = 0; i < count; i++) {
        memcpy(&words[i].offset, reader->records.bytes + mark + i * sizeof words[i].offset, sizeof words[i].offset);
        words[i].text = blob_text(reader->blob->bytes, words[i].offset);
    }
    qsort(words, count, sizeof *words, word_compare);
    reader->records.length = mark;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || words[i].offset != words[i - 1].offset) {
            facts_push(reader, &words[i].offset, sizeof words[i].offset);
        }
    }
    memory_free(words);
}

/* "f=" for `f.attribute = ...`: no name, so it is told from those. */
static void
assigned_word_add(struct facts_reader *reader, const struct token *name)
{
    const uint32_t length = name->end - name->start;
    char *word = memory_alloc(length + 1);

    memcpy(word, reader->source + name->start, length);
    word[length] = '=';
    blob_offset offset = facts_text(reader, word, length + 1);
    facts_push(reader, &offset, sizeof offset);
    memory_free(word);
}

/* The names whose attributes the statement names, until a sign tells whether it assigns to them. */
struct attribute_names {
    struct token items[16];
    unsigned count;
    bool has_more;
};

/* What is called in the brackets that are open. */
struct open_calls {
    struct token items[LEXER_MAX_DEPTH];
    uint32_t depth;
};

/* What stands before its bracket; NULL: nothing is called. */
static const struct token *
innermost_call(const struct open_calls *calls)
{
    for (uint32_t i = calls->depth; i-- > 0;) {
        if (calls->items[i].kind != TOKEN_END) {
            return &calls->items[i];
        }
    }
    return NULL;
}

/* Functions that do nothing to what they are given. */
static bool
is_harmless_callee(const struct facts_reader *reader, const struct token *callee)
{
    static const char *const NAMES[] = {"wraps",
                                        "isinstance",
                                        "issubclass",
                                        "callable",
                                        "len",
                                        "append",
                                        "add",
                                        "iscoroutinefunction",
                                        "signature",
                                        "getattr",
                                        "hasattr",
                                        "isgeneratorfunction",
                                        "id",
                                        "repr",
                                        "print",
                                        "str",
                                        "hash",
                                        "type",
                                        "isasyncgenfunction",
                                        "get_type_hints",
                                        "getsource",
                                        "getfullargspec",
                                        "isclass"};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (is_word(reader, callee, NAMES[i])) {
            return true;
        }
    }
    return false;
}

/* A sign that assigns, or begins to delete: all names so far may get attributes. */
static void
names_assign(struct facts_reader *reader, struct attribute_names *names)
{
    for (unsigned i = 0; i < names->count; i++) {
        assigned_word_add(reader, &names->items[i]);
    }
    names->count = 0;
}

/* Looks at one token for what changes attributes. `last`: those before it, the newest first. */
static void
attribute_note(struct facts_reader *reader, const struct token last[4], const struct token *token,
               struct attribute_names *names, const struct open_calls *calls)
{
    if (token->kind == TOKEN_NAME && token_is(&last[0], OPERATOR1('.')) && last[1].kind == TOKEN_NAME &&
        names->count < COUNT_OF(names->items)) {
        names->items[names->count++] = last[1];
    }
    const bool is_annotated = token_is(token, OPERATOR1(':')) && last[3].kind < TOKEN_NAME;
    const bool is_assigning =
        token_is(token, OPERATOR1('=')) || token_is_augmented(token) || is_word(reader, token, "in") || is_annotated;
    if (is_assigning && (!calls->depth || is_word(reader, token, "in"))) {
        names_assign(reader, names);
    }
    if (is_word(reader, &last[0], "del") || is_word(reader, &last[0], "as")) {
        assigned_word_add(reader, token);
    }
    /* f(name), also deep inside: who knows what f does to it. */
    const bool is_argument = last[0].kind == TOKEN_NAME && !token_is(&last[1], OPERATOR1('.')) &&
                             !token_is(token, OPERATOR1('.')) && !token_is(token, OPERATOR1('(')) &&
                             !token_is(token, OPERATOR1('='));
    const struct token *callee = is_argument ? innermost_call(calls) : NULL;
    const bool is_alias = last[0].kind == TOKEN_NAME && token_is(&last[1], OPERATOR1('=')) &&
                          last[2].kind == TOKEN_NAME && token->kind == TOKEN_NEWLINE;
    if (is_alias || (callee && !is_harmless_callee(reader, callee))) {
        assigned_word_add(reader, &last[0]);
    }
}

struct blob_range
facts_words_read(struct facts_reader *reader, uint32_t index)
{
    struct body_lexer body = body_lexer_make(reader, index);
    const size_t mark = reader->records.length;
    struct token last[4] = {{.kind = TOKEN_END}}; /* the newest first */
    struct attribute_names names = {.count = 0};
    struct open_calls calls;
    struct token token;

    calls.depth = 0;
    for (; body_lexer_next(&body, &token); last[3] = last[2], last[2] = last[1], last[1] = last[0], last[0] = token) {
        attribute_note(reader, last, &token, &names, &calls);
        if (token_opens(&token) && calls.depth < LEXER_MAX_DEPTH) {
            const bool is_call = token_is(&token, OPERATOR1('(')) && !is_word(reader, &last[1], "def") &&
                                 (last[0].kind == TOKEN_NAME || token_closes(&last[0]));
            calls.items[calls.depth++] = is_call ? last[0] : (struct token){.kind = TOKEN_END};
        } else if (token_closes(&token) && calls.depth) {
            calls.depth--;
        }
        if (token.kind == TOKEN_NEWLINE) {
            names.count = 0;
        } else if (token.kind == TOKEN_NAME) {
            word_add(reader, reader->source + token.start, token.end - token.start);
        } else if (token.kind == TOKEN_FORMATTED_STRING) {
            formatted_words_add(reader, &token);
        }
    }
    words_sort(reader, mark);
    return facts_take(reader, mark, sizeof(blob_offset));
}

/* ---- What a function returns ---- */

/* What the returns of a body say. */
struct returned {
    struct token name; /* TOKEN_NAME once there was one */
    bool is_same;      /* all of them return this name */
    bool is_last;      /* and the body ends with one */
};

static bool
tokens_are_equal(const struct facts_reader *reader, const struct token *a, const struct token *b)
{
    uint32_t length = a->end - a->start;

    return a->kind == b->kind && length == b->end - b->start &&
           memcmp(reader->source + a->start, reader->source + b->start, length) == 0;
}

/* One `return` was read: what it returns. */
static bool
returned_read(struct body_lexer *body, struct returned *returned)
{
    struct token name;
    struct token after;

    if (!body_lexer_next(body, &name) || !facts_token_is_plain_name(body->reader, &name) ||
        (returned->name.kind == TOKEN_NAME && !tokens_are_equal(body->reader, &name, &returned->name))) {
        return false;
    }
    returned->name = name;
    after = lexer_next(&body->lexer);
    return after.kind == TOKEN_NEWLINE || after.kind == TOKEN_END;
}

static struct returned
returned_find(struct facts_reader *reader, uint32_t index)
{
    struct body_lexer body = body_lexer_make(reader, index);
    struct returned returned = {.is_same = true};
    struct token token;
    bool is_line_start = true;
    uint32_t base = 0; /* how deep the statements of the body itself are */

    for (bool is_first = true; returned.is_same && body_lexer_next(&body, &token); is_first = false) {
        base = is_first && token.kind == TOKEN_NEWLINE ? 1 : base;
        if (token.kind < TOKEN_NAME) {
            is_line_start = true;
            continue;
        }
        const bool is_return = is_word(reader, &token, "return");
        if (is_line_start && body.lexer.indent_count == base) {
            returned.is_last = is_return;
        }
        is_line_start = is_return || (token.kind == TOKEN_NAME && body_lexer_skip_definition(&body, &token));
        if (is_return) {
            returned.is_same = returned_read(&body, &returned);
        }
    }
    return returned;
}

/* Whether a name stands where it is, or may be, bound; brackets are closed around neither neighbour. */
static bool
is_binding_place(const struct facts_reader *reader, const struct token *before, const struct token *after)
{
    static const char *const WORDS[] = {"as", "for", "del", "global", "nonlocal", "import"};

    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (is_word(reader, before, WORDS[i])) {
            return true;
        }
    }
    if (token_is(before, OPERATOR1(',')) || token_is(before, OPERATOR1('*')) || token_is(after, OPERATOR1(',')) ||
        token_is(after, OPERATOR1(':'))) {
        return true;
    }
    const char last = after->kind == TOKEN_OPERATOR ? reader->source[after->end - 1] : ' ';
    const char first = after->kind == TOKEN_OPERATOR ? reader->source[after->start] : ' ';
    return last == '=' && !token_is(after, OPERATOR2('=', '=')) && first != '!' &&
           !token_is(after, OPERATOR2('<', '=')) && !token_is(after, OPERATOR2('>', '='));
}

/* Whether the body may bind the name otherwise than by a definition. */
static bool
is_rebound(struct facts_reader *reader, uint32_t index, const struct token *name)
{
    struct body_lexer body = body_lexer_make(reader, index);
    struct token before = {.kind = TOKEN_NEWLINE};
    struct token token = before;
    struct token after;

    while (body_lexer_next(&body, &after)) {
        if (tokens_are_equal(reader, &token, name) && !token_is(&before, OPERATOR1('.')) &&
            (body.lexer.depth ? token_is(&after, OPERATOR2(':', '=')) : is_binding_place(reader, &before, &after))) {
            return true;
        }
        before = token;
        token = after;
        if (token.kind == TOKEN_NAME && body_lexer_skip_definition(&body, &token)) {
            token = (struct token){.kind = TOKEN_NEWLINE};
        }
    }
    return false;
}

/* How many definitions directly in a function have this name. */
static unsigned
definitions_count(const struct facts_reader *reader, uint32_t index, blob_offset name)
{
    const uint32_t end = facts_subtree_end(reader, index);
    unsigned count = 0;

    for (uint32_t i = index + 1; i < end; i++) {
        const struct outline_entry *entry = &reader->outline->entries[i];
        if (entry->parent == index && (entry->kind == OUTLINE_FUNCTION || entry->kind == OUTLINE_CLASS)) {
            count += facts_name(reader, i) == name ? 1 : 0;
        }
    }
    return count;
}

static unsigned
parameters_count(const struct facts_reader *reader, struct blob_range parameters, blob_offset name)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < parameters.count; i++) {
        struct parameter parameter;
        memcpy(&parameter, reader->blob->bytes + parameters.first + i * sizeof parameter, sizeof parameter);
        count += parameter.name == name ? 1 : 0;
    }
    return count;
}

blob_offset
facts_returned_name(struct facts_reader *reader, uint32_t index, struct blob_range parameters)
{
    const struct returned returned = returned_find(reader, index);

    if (!returned.is_same || !returned.is_last || returned.name.kind != TOKEN_NAME) {
        return 0;
    }
    const blob_offset name = facts_token_text(reader, &returned.name);
    if (definitions_count(reader, index, name) + parameters_count(reader, parameters, name) != 1) {
        return 0;
    }
    return is_rebound(reader, index, &returned.name) ? 0 : name;
}

/* ---- Names that functions declare global ---- */

static void
globals_bind(struct facts_reader *reader, uint32_t index, const struct context *context)
{
    struct body_lexer body = body_lexer_make(reader, index);
    struct token token;
    bool is_declaring = false;

    while (body_lexer_next(&body, &token)) {
        if (is_word(reader, &token, "global")) {
            is_declaring = true;
        } else if (is_declaring && facts_token_is_plain_name(reader, &token)) {
            facts_bind(reader, context, BINDING_UNKNOWN, facts_token_text(reader, &token), token.line, 0);
        } else if (!token_is(&token, OPERATOR1(','))) {
            is_declaring = false;
        }
    }
}

/* The offset of the word from `from` on; the source's length when it is not there. */
static size_t
global_find(const struct facts_reader *reader, size_t from)
{
    static const char WORD[] = "global ";
    const char *found = memmem(reader->source + from, reader->length - from, WORD, sizeof WORD - 1);

    return found ? (size_t)(found - reader->source) : reader->length;
}

void
facts_globals_read(struct facts_reader *reader, const struct context *context)
{
    const struct outline *outline = reader->outline;
    size_t found = global_find(reader, 0);

    for (uint32_t i = 0; i < outline->count && found < reader->length; i++) {
        const struct outline_entry *entry = &outline->entries[i];
        if (entry->kind != OUTLINE_FUNCTION || entry->flags & OUTLINE_IN_FUNCTION) {
            continue;
        }
        const uint32_t end = facts_subtree_end(reader, i);
        const size_t end_offset = end < outline->count ? outline->entries[end].start : reader->length;
        if (found < entry->end) {
            found = global_find(reader, entry->end);
        }
        if (found < end_offset) {
            globals_bind(reader, i, context);
            found = global_find(reader, end_offset);
        }
        i = end - 1;
    }
}
