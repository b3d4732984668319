/* Imports: all of a file are read first, bodies then say where each one stands. */
#include <string.h>

#include "base/arena.h"
#include "facts/reader.h"

/* From `at` on: names joined by dots; returns the index behind them. */
static uint32_t
dotted_end(const struct facts_reader *reader, uint32_t at)
{
    while (reader->tokens[at].kind == TOKEN_NAME && token_is(&reader->tokens[at + 1], OPERATOR1('.')) &&
           reader->tokens[at + 2].kind == TOKEN_NAME) {
        at += 2;
    }
    return reader->tokens[at].kind == TOKEN_NAME ? at + 1 : at;
}

/* `as name` at reader->at. */
static blob_offset
as_name_read(struct facts_reader *reader)
{
    if (!facts_token_is_word(reader, &reader->tokens[reader->at], "as") ||
        reader->tokens[reader->at + 1].kind != TOKEN_NAME) {
        return 0;
    }
    reader->at += 2;
    return facts_token_text(reader, &reader->tokens[reader->at - 1]);
}

/* import a.b as c, d: behind the first word. */
static void
import_read(struct facts_reader *reader, struct import_facts import)
{
    while (reader->tokens[reader->at].kind == TOKEN_NAME) {
        uint32_t end = dotted_end(reader, reader->at);
        import.module = facts_dotted_text(reader, reader->at, end);
        reader->at = end;
        import.as_name = as_name_read(reader);
        facts_push(reader, &import, sizeof import);
        if (!token_is(&reader->tokens[reader->at], OPERATOR1(','))) {
            break;
        }
        reader->at++;
    }
}

/* from ..a.b import (c as d, e): behind the first word. */
static void
from_read(struct facts_reader *reader, struct import_facts import)
{
    for (;; reader->at++) {
        if (token_is(&reader->tokens[reader->at], OPERATOR3('.', '.', '.'))) {
            import.level = (uint16_t)(import.level + 3);
        } else if (token_is(&reader->tokens[reader->at], OPERATOR1('.'))) {
            import.level++;
        } else {
            break;
        }
    }
    if (!facts_token_is_word(reader, &reader->tokens[reader->at], "import")) {
        uint32_t end = dotted_end(reader, reader->at);
        import.module = end > reader->at ? facts_dotted_text(reader, reader->at, end) : 0;
        reader->at = end;
    }
    if (!facts_token_is_word(reader, &reader->tokens[reader->at], "import")) {
        return;
    }
    reader->at++;
    if (token_is(&reader->tokens[reader->at], OPERATOR1('*'))) {
        import.flags |= IMPORT_STAR;
        facts_push(reader, &import, sizeof import);
        return;
    }
    reader->at += token_is(&reader->tokens[reader->at], OPERATOR1('(')) ? 1 : 0;
    while (reader->tokens[reader->at].kind == TOKEN_NAME) {
        import.name = facts_token_text(reader, &reader->tokens[reader->at++]);
        import.as_name = as_name_read(reader);
        facts_push(reader, &import, sizeof import);
        reader->at += token_is(&reader->tokens[reader->at], OPERATOR1(',')) ? 1 : 0;
    }
}

static void
span_add(struct facts_reader *reader, struct import_span span)
{
    if (reader->import_span_count == reader->import_span_capacity) {
        reader->import_span_capacity = reader->import_span_capacity ? reader->import_span_capacity * 2 : 32;
        reader->import_spans =
            memory_resize(reader->import_spans, reader->import_span_capacity * sizeof *reader->import_spans);
    }
    reader->import_spans[reader->import_span_count++] = span;
}

/* `lazy import a`, of 3.15: to whoever does not know it, a statement like any other. */
static bool
is_lazy_import(struct facts_reader *reader, const struct outline_entry *entry)
{
    static const char LAZY[] = "lazy";

    if (entry->kind != OUTLINE_STATEMENT || entry->end - entry->start < sizeof LAZY ||
        memcmp(reader->source + entry->start, LAZY, sizeof LAZY - 1) != 0) {
        return false;
    }
    facts_tokens_read(reader, entry->start, entry->end, entry->line);
    return facts_statement_is_lazy_import(reader);
}

static void
entry_read(struct facts_reader *reader, const struct outline_entry *entry)
{
    struct import_facts import = {.line = entry->line};

    import.flags = entry->flags & OUTLINE_IN_FUNCTION ? IMPORT_IN_FUNCTION : 0;
    facts_tokens_read(reader, entry->start, entry->end, entry->line);
    reader->at = entry->kind == OUTLINE_STATEMENT ? 2 : 1;
    if (facts_token_is_word(reader, &reader->tokens[reader->at - 1], "import")) {
        import_read(reader, import);
    } else {
        from_read(reader, import);
    }
}

bool
facts_statement_is_lazy_import(const struct facts_reader *reader)
{
    return reader->token_count > 2 && facts_token_is_word(reader, &reader->tokens[0], "lazy") &&
           (facts_token_is_word(reader, &reader->tokens[1], "import") ||
            facts_token_is_word(reader, &reader->tokens[1], "from"));
}

void
facts_imports_read(struct facts_reader *reader)
{
    const struct outline *outline = reader->outline;
    const size_t mark = reader->records.length;

    for (uint32_t i = 0; i < outline->count; i++) {
        const struct outline_entry *entry = &outline->entries[i];
        if (entry->kind != OUTLINE_IMPORT && entry->kind != OUTLINE_FROM && !is_lazy_import(reader, entry)) {
            continue;
        }
        uint32_t first = (uint32_t)((reader->records.length - mark) / sizeof(struct import_facts));
        entry_read(reader, entry);
        uint32_t end = (uint32_t)((reader->records.length - mark) / sizeof(struct import_facts));
        span_add(reader, (struct import_span){.entry = i, .first = first, .count = end - first});
    }
    reader->imports = facts_take(reader, mark, sizeof(struct import_facts));
}

/* The first span of an entry not before `entry`. */
static uint32_t
span_find(const struct facts_reader *reader, uint32_t entry)
{
    uint32_t low = 0;
    uint32_t high = reader->import_span_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (reader->import_spans[middle].entry < entry) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static blob_offset
import_offset(const struct facts_reader *reader, uint32_t index)
{
    return reader->imports.first + index * (blob_offset)sizeof(struct import_facts);
}

static struct import_facts
import_get(const struct facts_reader *reader, blob_offset offset)
{
    struct import_facts import;

    memcpy(&import, reader->blob->bytes + offset, sizeof import);
    return import;
}

static void
import_set_flags(struct facts_reader *reader, blob_offset offset, unsigned flags)
{
    struct import_facts import = import_get(reader, offset);

    import.flags = (uint16_t)(import.flags | flags);
    memcpy(reader->blob->bytes + offset, &import, sizeof import);
}

/* What `import` binds: its as-name, what it takes from a module, or the first part of the module's name. */
static blob_offset
bound_name(struct facts_reader *reader, const struct import_facts *import)
{
    if (import->as_name || import->name) {
        return import->as_name ? import->as_name : import->name;
    }
    const char *module = blob_text(reader->blob->bytes, import->module);
    const char *dot = strchr(module, '.');
    if (!dot) {
        return import->module;
    }
    struct text first = {0}; /* the blob moves while a text is added to it */
    text_add(&first, module, (size_t)(dot - module));
    blob_offset name = facts_text(reader, text_string(&first), first.length);
    text_release(&first);
    return name;
}

void
facts_import_bind(struct facts_reader *reader, uint32_t index, const struct context *context)
{
    const uint32_t at = span_find(reader, index);
    const struct import_span *span = &reader->import_spans[at];
    unsigned flags = 0;

    flags |= context->flags & BINDING_CONDITIONAL ? IMPORT_CONDITIONAL : 0;
    flags |= context->flags & BINDING_TYPE_CHECKING ? IMPORT_TYPE_CHECKING : 0;
    flags |= context->flags & BINDING_IN_TRY ? IMPORT_IN_TRY : 0;
    for (uint32_t i = 0; i < span->count; i++) {
        blob_offset offset = import_offset(reader, span->first + i);
        import_set_flags(reader, offset, flags);
        struct import_facts import = import_get(reader, offset);
        bool is_star = import.flags & IMPORT_STAR;
        facts_bind(reader, context, is_star ? BINDING_STAR : BINDING_IMPORT, is_star ? 0 : bound_name(reader, &import),
                   import.line, offset);
    }
}

void
facts_imports_skip(struct facts_reader *reader, uint32_t first, uint32_t end)
{
    for (uint32_t at = span_find(reader, first); at < reader->import_span_count; at++) {
        const struct import_span *span = &reader->import_spans[at];
        if (span->entry >= end) {
            return;
        }
        for (uint32_t i = 0; i < span->count; i++) {
            import_set_flags(reader, import_offset(reader, span->first + i), IMPORT_TYPE_CHECKING);
        }
    }
}
