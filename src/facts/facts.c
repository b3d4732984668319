/* Reads a source into a blob of facts: definitions, imports, and what the bodies of modules and classes bind. */
#include "facts/facts.h"

#include <string.h>

#include "base/arena.h"
#include "facts/reader.h"

/* A blob counts in 32 bits, and facts may take many times the bytes of what they tell. */
enum { SOURCE_MAX_BYTES = 128 * 1024 * 1024 };

static bool
is_definition(const struct outline_entry *entry)
{
    return entry->kind == OUTLINE_FUNCTION || entry->kind == OUTLINE_CLASS;
}

/* The names of every function and class, whatever it is in. */
static void
definitions_read(struct facts_reader *reader)
{
    const struct outline *outline = reader->outline;

    reader->definitions = memory_alloc(outline->count * sizeof *reader->definitions);
    for (size_t i = 0; i < outline->count; i++) {
        const struct outline_entry *entry = &outline->entries[i];
        if (is_definition(entry)) {
            reader->definitions[i] = (struct definition){
                .name = facts_name_text(reader, reader->source + entry->name_start, entry->name_length)};
        }
    }
}

/* Those that nothing else tells of. */
static struct blob_range
definitions_take(struct facts_reader *reader)
{
    const size_t mark = reader->records.length;

    for (size_t i = 0; i < reader->outline->count; i++) {
        const struct outline_entry *entry = &reader->outline->entries[i];
        if (is_definition(entry) && !reader->definitions[i].is_told) {
            struct definition_line line = {
                .name = reader->definitions[i].name,
                .line = entry->line,
                .end_line = entry->end_line & 0x7FFFFFFF,
                .is_class = entry->kind == OUTLINE_CLASS,
            };
            facts_push(reader, &line, sizeof line);
        }
    }
    return facts_take(reader, mark, sizeof(struct definition_line));
}

/* Whether the value that was just read is a text with these words. */
static bool
value_holds(const struct facts_reader *reader, const char *words)
{
    const struct value_node *node = &reader->nodes[0];
    const char *texts = node->is_decoded ? text_string(&reader->decoded) : reader->source;

    return node->kind == VALUE_STRING && memmem(texts + node->text_start, node->text_length, words, strlen(words));
}

/* The module's, when its first statement is a string. */
static blob_offset
docstring_read(struct facts_reader *reader, uint32_t *has_dont_rewrite_out)
{
    const struct outline_entry *entry = reader->outline->entries;

    if (!reader->outline->count || entry->kind != OUTLINE_STATEMENT) {
        return 0;
    }
    facts_tokens_read(reader, entry->start, entry->end, entry->line);
    if (reader->tokens[0].kind != TOKEN_STRING && !token_is(&reader->tokens[0], OPERATOR1('('))) {
        return 0;
    }
    struct value value = facts_value_read(reader, reader->token_count, false);
    *has_dont_rewrite_out = value_holds(reader, "PYTEST_DONT_REWRITE");
    return value.kind == VALUE_STRING ? value.text : 0;
}

static void
module_read(struct facts_reader *reader, struct facts *facts)
{
    struct scope scope = {.depth = 0};
    const struct context context = {.scope = &scope};
    const struct context global_context = {.scope = &scope, .flags = BINDING_CONDITIONAL};

    definitions_read(reader);
    facts->docstring = docstring_read(reader, &facts->has_dont_rewrite);
    facts_imports_read(reader);
    facts_body_read(reader, 0, OUTLINE_NO_PARENT, &context);
    if (reader->may_declare) {
        facts_globals_read(reader, &global_context);
    }
    facts->bindings = facts_take(reader, 0, sizeof(struct binding));
    facts->scope_flags = scope.flags | (reader->has_odd_names ? SCOPE_TOUCHES_NAMESPACE : 0);
    facts->definitions = definitions_take(reader);
    facts->imports = reader->imports;
    facts->uses = facts_uses_take(reader);
    facts->calls.count = (uint32_t)(reader->calls.length / sizeof(blob_offset));
    if (facts->calls.count) {
        facts->calls.first = blob_add(reader->blob, reader->calls.bytes, reader->calls.length);
    }
}

static void
reader_release(struct facts_reader *reader)
{
    memory_free(reader->slots);
    memory_free(reader->tokens);
    memory_free(reader->nodes);
    memory_free(reader->definitions);
    memory_free(reader->import_spans);
    text_release(&reader->decoded);
    text_release(&reader->records);
    text_release(&reader->calls);
    text_release(&reader->used);
    text_release(&reader->bound);
}

/* Whether it is Python, and of which versions. NULL, or the error. */
static const char *
grammar_read(struct facts_reader *reader, struct facts *facts)
{
    const struct grammar grammar = grammar_check(reader->source, reader->length);

    if (!grammar.is_python) {
        facts->error_line = grammar.line ? grammar.line : 1;
        return "invalid syntax";
    }
    if (grammar.doubt) {
        struct text text = {0};
        text_add_format(&text, "may not compile: line %u has %s", grammar.line, grammar.doubt);
        facts->doubt = facts_text(reader, text.bytes, text.length);
        text_release(&text);
    }
    reader->is_ascii = grammar.is_ascii;
    reader->may_declare = grammar.may_declare;
    facts->newer_minor = grammar.newer_minor;
    facts->newer_line = grammar.newer_line;
    facts->compile_may_warn = grammar.may_warn;
    return NULL;
}

void
facts_read(const char *source, size_t length, struct outline *outline, struct blob *blob_out)
{
    struct facts_reader reader = {.source = source, .length = length, .outline = outline, .blob = blob_out};
    struct facts facts = {.format = FACTS_FORMAT};
    const char *error = NULL;

    blob_clear(blob_out);
    blob_reserve(blob_out, sizeof facts);
    if (length > SOURCE_MAX_BYTES) {
        error = "the source is larger than 128 MiB";
        facts.error_line = 1;
    } else {
        outline_read(source, length, outline);
        facts.line_count = outline->has_failed ? 0 : outline->line_count;
        if (outline->has_failed) {
            error = outline->error;
            facts.error_line = outline->error_line ? outline->error_line : 1;
        } else {
            error = grammar_read(&reader, &facts);
        }
    }
    if (error) {
        facts.error = facts_text(&reader, error, strlen(error));
    } else {
        module_read(&reader, &facts);
    }
    reader_release(&reader);
    facts.size_bytes = (uint32_t)blob_out->size_bytes;
    memcpy(blob_out->bytes, &facts, sizeof facts);
}
