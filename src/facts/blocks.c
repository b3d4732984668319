/* Bodies of modules and classes: statement by statement, into the blocks that run there. */
#include "facts/reader.h"

/* Which statement the next `else` belongs to. */
enum opener { OPENER_NONE, OPENER_IF, OPENER_LOOP, OPENER_TRY };

struct body {
    struct facts_reader *reader;
    const struct context *context;
    struct chain chain;
    enum opener opener;
};

static bool
is_word(const struct facts_reader *reader, uint32_t at, const char *word)
{
    return facts_token_is_word(reader, &reader->tokens[at], word);
}

static struct context
context_conditional(const struct context *outer, unsigned flags)
{
    struct context context = *outer;

    context.flags = (uint8_t)(context.flags | flags);
    if (flags & BINDING_CONDITIONAL) {
        context.condition = 0;
    }
    return context;
}

/* ---- Names that heads of blocks bind ---- */

/* for TARGETS in ...: */
static void
loop_bind(struct facts_reader *reader, uint32_t first, const struct context *context)
{
    uint32_t end = first;

    while (end < reader->token_count && !is_word(reader, end, "in")) {
        end = token_opens(&reader->tokens[end]) ? facts_token_close(reader, end) + 1 : end + 1;
    }
    if (end < reader->token_count) {
        facts_targets_bind(reader, first, end, BINDING_UNKNOWN, context);
    }
}

/* `as TARGET` of with and except. */
static void
as_bind(struct facts_reader *reader, const struct context *context)
{
    for (uint32_t at = 0; at < reader->token_count; at++) {
        if (!is_word(reader, at, "as")) {
            continue;
        }
        uint32_t end = at + 1;
        while (end < reader->token_count && !token_is(&reader->tokens[end], OPERATOR1(',')) &&
               !token_is(&reader->tokens[end], OPERATOR1(':')) && !token_closes(&reader->tokens[end])) {
            end = token_opens(&reader->tokens[end]) ? facts_token_close(reader, end) + 1 : end + 1;
        }
        facts_targets_bind(reader, at + 1, end < reader->token_count ? end : reader->token_count, BINDING_UNKNOWN,
                           context);
        at = end - 1;
    }
}

/* What the pattern of a case captures. */
static void
pattern_bind(struct facts_reader *reader, const struct context *context)
{
    for (uint32_t at = 1; at < reader->token_count && !is_word(reader, at, "if"); at++) {
        const struct token *token = &reader->tokens[at];
        const struct token *next = token + 1;
        if (!facts_token_is_plain_name(reader, token) || is_word(reader, at, "_") ||
            token_is(token - 1, OPERATOR1('.')) || token_is(next, OPERATOR1('.')) || token_is(next, OPERATOR1('(')) ||
            token_is(next, OPERATOR1('='))) {
            continue;
        }
        facts_targets_bind(reader, at, at + 1, BINDING_UNKNOWN, context);
    }
}

/* ---- Blocks ---- */

/* The context inside of an if, elif or else; false: it is never reached. */
static bool
branch_enter(struct body *body, uint32_t head, struct context *inside)
{
    struct facts_reader *reader = body->reader;
    const uint32_t end = reader->token_count - 1; /* the colon */

    if (is_word(reader, head, "else")) {
        switch (body->opener) {
        case OPENER_IF:
            return facts_chain_branch(reader, &body->chain, 0, 0, body->context, inside);
        case OPENER_TRY:
            *inside = context_conditional(body->context, BINDING_IN_TRY);
            return true;
        default:
            *inside = context_conditional(body->context, BINDING_CONDITIONAL);
            return true;
        }
    }
    if (is_word(reader, head, "if")) {
        body->opener = OPENER_IF;
        body->chain = (struct chain){.earlier_count = 0};
    }
    return facts_chain_branch(reader, &body->chain, head + 1, end, body->context, inside);
}

/* The context inside of any other block. */
static struct context
block_enter(struct body *body, uint32_t head)
{
    struct facts_reader *reader = body->reader;
    struct context conditional = context_conditional(body->context, BINDING_CONDITIONAL);

    if (is_word(reader, head, "try")) {
        body->opener = OPENER_TRY;
        return context_conditional(body->context, BINDING_IN_TRY);
    }
    if (is_word(reader, head, "with")) {
        as_bind(reader, body->context);
        return context_conditional(body->context, BINDING_IN_TRY);
    }
    if (is_word(reader, head, "except")) {
        conditional.flags |= BINDING_IN_EXCEPT;
        as_bind(reader, &conditional);
    } else if (is_word(reader, head, "for")) {
        body->opener = OPENER_LOOP;
        loop_bind(reader, head + 1, &conditional);
    } else if (is_word(reader, head, "while")) {
        body->opener = OPENER_LOOP;
    } else if (is_word(reader, head, "case")) {
        pattern_bind(reader, &conditional);
    } else if (is_word(reader, head, "finally")) {
        return *body->context;
    }
    return conditional;
}

/* `except ... as name`: the name is gone behind it. */
static void
except_leave(struct facts_reader *reader, uint32_t index, const struct context *inside)
{
    const struct outline_entry *entry = &reader->outline->entries[index];

    facts_tokens_read(reader, entry->start, entry->end, entry->line);
    for (uint32_t at = 1; at < reader->token_count; at++) {
        if (is_word(reader, at - 1, "as") && reader->tokens[at].kind == TOKEN_NAME) {
            facts_bind(reader, inside, BINDING_DELETED, facts_token_text(reader, &reader->tokens[at]), entry->end_line,
                       0);
        }
    }
}

static uint32_t
block_read(struct body *body, uint32_t index)
{
    struct facts_reader *reader = body->reader;
    const struct outline_entry *entry = &reader->outline->entries[index];
    struct context inside = *body->context;
    bool is_reached = true;

    facts_tokens_read(reader, entry->start, entry->end, entry->line);
    if (!reader->token_count) {
        return facts_subtree_end(reader, index);
    }
    const uint32_t head = is_word(reader, 0, "async") ? 1 : 0;
    const bool is_branch =
        is_word(reader, head, "if") || is_word(reader, head, "elif") || is_word(reader, head, "else");
    const bool is_except = is_word(reader, head, "except");
    facts_tokens_note(reader, body->context);
    if (is_branch) {
        is_reached = branch_enter(body, head, &inside);
    } else {
        inside = block_enter(body, head);
    }
    if (!is_reached) {
        uint32_t end = facts_subtree_end(reader, index);
        facts_imports_skip(reader, index, end);
        return end;
    }
    uint32_t end = facts_body_read(reader, index + 1, index, &inside);
    if (is_except) {
        except_leave(reader, index, &inside);
    }
    return end;
}

/* ---- Definitions ---- */

static void
class_head_read(struct facts_reader *reader, const struct outline_entry *entry, struct class_facts *facts)
{
    if (reader->source[entry->name_start + entry->name_length] == ':') {
        return;
    }
    facts_tokens_read(reader, entry->start, entry->end, entry->line);
    reader->at = 2;
    if (reader->token_count > 2 && token_is(&reader->tokens[2], OPERATOR1('['))) {
        reader->at = facts_token_close(reader, 2) + 1; /* type parameters */
    }
    if (reader->at < reader->token_count && token_is(&reader->tokens[reader->at], OPERATOR1('('))) {
        facts_bases_read(reader, facts);
    }
}

static uint32_t
class_read(struct body *body, uint32_t index, uint32_t first_decorator)
{
    struct facts_reader *reader = body->reader;
    const struct outline_entry *entry = &reader->outline->entries[index];
    const struct scope *outer = body->context->scope;
    struct scope scope = {.depth = outer->depth + 1, .is_class = true};
    const struct context inside = {.scope = &scope};
    struct class_facts facts = {
        .line = entry->line,
        .column = facts_column(reader, entry->start),
        .end_line = entry->end_line,
        .first_line = reader->outline->entries[first_decorator].line,
    };

    if (outer->depth == CLASS_MAX_DEPTH) {
        facts_bind(reader, body->context, BINDING_UNKNOWN, facts_name(reader, index), entry->line, 0);
        return facts_subtree_end(reader, index);
    }
    facts.name = facts_name_tell(reader, index);
    facts.decorators = facts_decorators_read(reader, first_decorator, index);
    class_head_read(reader, entry, &facts);
    const size_t mark = reader->records.length;
    uint32_t end = facts_body_read(reader, index + 1, index, &inside);
    facts.bindings = facts_take(reader, mark, sizeof(struct binding));
    facts.scope_flags = scope.flags;
    facts_bind(reader, body->context, BINDING_CLASS, facts.name, entry->line,
               blob_add(reader->blob, &facts, sizeof facts));
    return end;
}

static uint32_t
function_read(struct body *body, uint32_t index, uint32_t first_decorator)
{
    struct facts_reader *reader = body->reader;
    const struct function_facts facts =
        facts_function_read(reader, index, first_decorator, body->context->scope->is_class, 0);

    facts_bind(reader, body->context, BINDING_FUNCTION, facts.name, facts.line,
               blob_add(reader->blob, &facts, sizeof facts));
    return facts_subtree_end(reader, index);
}

uint32_t
facts_body_read(struct facts_reader *reader, uint32_t first, uint32_t parent, const struct context *context)
{
    const struct outline *outline = reader->outline;
    struct body body = {.reader = reader, .context = context};
    uint32_t index = first;
    uint32_t first_decorator = UINT32_MAX;

    while (index < outline->count && outline->entries[index].parent == parent) {
        const uint32_t at = index;
        switch ((enum outline_kind)outline->entries[at].kind) {
        case OUTLINE_DECORATOR:
            first_decorator = first_decorator < at ? first_decorator : at;
            index++;
            continue;
        case OUTLINE_FUNCTION:
            index = function_read(&body, at, first_decorator < at ? first_decorator : at);
            break;
        case OUTLINE_CLASS:
            index = class_read(&body, at, first_decorator < at ? first_decorator : at);
            break;
        case OUTLINE_IMPORT:
        case OUTLINE_FROM:
            facts_import_bind(reader, at, context);
            index++;
            break;
        case OUTLINE_BLOCK:
            index = block_read(&body, at);
            break;
        case OUTLINE_STATEMENT:
            facts_statement_read(reader, at, context);
            index++;
            break;
        }
        first_decorator = UINT32_MAX;
    }
    return index;
}
