/* Prints the facts of source files as one JSON document a line, for compare.py to hold against ast. */
#include <stdio.h>
#include <string.h>

#include "../whole_file.h"
#include "base/arena.h"
#include "base/error.h"
#include "facts/facts.h"
#include "os/clock.h"
#include "syntax/syntax.h"

static void print_value(const void *base, const struct value *value);
static void print_function(const void *base, const struct function_facts *function);
static void print_bindings(const void *base, struct blob_range range);

/* Each byte as one character: what reads it encodes to latin-1 again. */
static void
print_bytes(const char *bytes, size_t length)
{
    putchar('"');
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\') {
            printf("\\u%04x", byte);
        } else {
            putchar(byte);
        }
    }
    putchar('"');
}

static void
print_text(const void *base, blob_offset offset)
{
    if (offset) {
        print_bytes(blob_text(base, offset), blob_text_length(base, offset));
    } else {
        printf("null");
    }
}

static void
print_texts(const void *base, struct blob_range range)
{
    const blob_offset *offsets = blob_at(base, range.first);

    printf("[");
    for (uint32_t i = 0; i < range.count; i++) {
        printf("%s", i ? "," : "");
        print_text(base, offsets[i]);
    }
    printf("]");
}

static void
print_values(const void *base, struct blob_range range)
{
    const struct value *values = blob_at(base, range.first);

    printf("[");
    for (uint32_t i = 0; i < range.count; i++) {
        printf("%s", i ? "," : "");
        print_value(base, &values[i]);
    }
    printf("]");
}

static void
print_keywords(const void *base, struct blob_range range)
{
    const struct value_keyword *keywords = blob_at(base, range.first);

    printf("[");
    for (uint32_t i = 0; i < range.count; i++) {
        printf("%s[", i ? "," : "");
        print_text(base, keywords[i].name);
        printf(",");
        print_value(base, &keywords[i].value);
        printf("]");
    }
    printf("]");
}

static void
print_value(const void *base, const struct value *value)
{
    printf("[%u,", value->kind);
    print_text(base, value->text);
    printf(",");
    print_values(base, value->items);
    printf(",");
    print_keywords(base, value->keywords);
    printf("]");
}

static void
print_decorators(const void *base, struct blob_range range)
{
    const struct decorator *decorators = blob_at(base, range.first);

    printf("[");
    for (uint32_t i = 0; i < range.count; i++) {
        printf("%s[%u,", i ? "," : "", decorators[i].line);
        print_value(base, &decorators[i].expression);
        printf("]");
    }
    printf("]");
}

static void
print_function(const void *base, const struct function_facts *function)
{
    const struct function_details *details = function_details(base, function);
    const struct parameter *parameters = blob_at(base, function->parameters);
    const uint32_t count = function_parameters(base, function).count;
    const struct function_facts *inner = blob_at(base, details->inner.first);

    printf("{\"name\":");
    print_text(base, function->name);
    printf(",\"at\":[%u,%u,%u,%u],\"flags\":%u,\"parameters\":[", function->line, function->column, function->end_line,
           function_first_line(base, function), function->flags);
    for (uint32_t i = 0; i < count; i++) {
        printf("%s[", i ? "," : "");
        print_text(base, parameters[i].name);
        printf(",%u,%u]", parameters[i].kind, parameters[i].has_default);
    }
    printf("],\"decorators\":");
    print_decorators(base, details->decorators);
    printf(",\"words\":");
    print_texts(base, details->words);
    printf(",\"returned\":");
    print_text(base, details->returned_name);
    printf(",\"inner\":[");
    for (uint32_t i = 0; i < details->inner.count; i++) {
        printf("%s", i ? "," : "");
        print_function(base, &inner[i]);
    }
    printf("]}");
}

static void
print_class(const void *base, const struct class_facts *facts)
{
    printf("{\"at\":[%u,%u,%u,%u],\"flags\":%u,\"has_keywords\":%u,\"bases\":", facts->line, facts->column,
           facts->end_line, facts->first_line, facts->scope_flags, facts->has_keywords);
    print_values(base, facts->bases);
    printf(",\"keywords\":");
    print_keywords(base, facts->keywords);
    printf(",\"decorators\":");
    print_decorators(base, facts->decorators);
    printf(",\"bindings\":");
    print_bindings(base, facts->bindings);
    printf("}");
}

static void
print_import(const void *base, const struct import_facts *import)
{
    printf("[%u,%u,%u,", import->line, import->level, import->flags);
    print_text(base, import->module);
    printf(",");
    print_text(base, import->name);
    printf(",");
    print_text(base, import->as_name);
    printf("]");
}

static void
print_condition(const void *base, blob_offset offset)
{
    const struct condition *condition = blob_at(base, offset);

    if (!offset) {
        printf("null");
        return;
    }
    printf("[");
    print_texts(base, condition->earlier);
    printf(",");
    print_text(base, condition->test);
    printf("]");
}

static void
print_target(const void *base, const struct binding *binding)
{
    const void *target = blob_at(base, binding->target);

    if (!binding->target) {
        printf("null");
        return;
    }
    switch ((enum binding_kind)binding->kind) {
    case BINDING_FUNCTION:
        print_function(base, target);
        break;
    case BINDING_CLASS:
        print_class(base, target);
        break;
    case BINDING_IMPORT:
    case BINDING_STAR:
        print_import(base, target);
        break;
    default:
        print_value(base, target);
        break;
    }
}

static void
print_bindings(const void *base, struct blob_range range)
{
    const struct binding *bindings = blob_at(base, range.first);

    printf("[");
    for (uint32_t i = 0; i < range.count; i++) {
        printf("%s[%u,%u,%u,", i ? "," : "", bindings[i].kind, bindings[i].flags, bindings[i].line);
        print_text(base, bindings[i].name);
        printf(",");
        print_condition(base, bindings[i].condition);
        printf(",");
        print_target(base, &bindings[i]);
        printf("]");
    }
    printf("]");
}

/* ---- All definitions ---- */

struct definitions {
    const void *base;
    struct definition_line *lines;
    uint32_t count, capacity;
};

static void add_bindings(struct definitions *all, struct blob_range range);

static void
add_line(struct definitions *all, struct definition_line line)
{
    if (all->count == all->capacity) {
        all->capacity = all->capacity ? all->capacity * 2 : 64;
        all->lines = memory_resize(all->lines, all->capacity * sizeof line);
    }
    all->lines[all->count++] = line;
}

static void
add_functions(struct definitions *all, const struct function_facts *functions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct blob_range inner = function_details(all->base, &functions[i])->inner;
        add_line(all, (struct definition_line){functions[i].name, functions[i].line, functions[i].end_line & 0x7FFFFFFF,
                                               false});
        add_functions(all, blob_at(all->base, inner.first), inner.count);
    }
}

static void
add_bindings(struct definitions *all, struct blob_range range)
{
    const struct binding *bindings = blob_at(all->base, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        const void *target = blob_at(all->base, bindings[i].target);
        if (bindings[i].kind == BINDING_FUNCTION) {
            add_functions(all, target, 1);
        } else if (bindings[i].kind == BINDING_CLASS) {
            const struct class_facts *facts = target;
            add_line(all, (struct definition_line){facts->name, facts->line, facts->end_line & 0x7FFFFFFF, true});
            add_bindings(all, facts->bindings);
        }
    }
}

static int
compare_lines(const void *left, const void *right)
{
    const struct definition_line *one = left;
    const struct definition_line *other = right;
    return one->line < other->line ? -1 : one->line > other->line;
}

/* The number of the innermost that holds definition `i`; -1. */
static int
find_parent(const struct definitions *all, uint32_t i)
{
    int parent = (int)i - 1;

    while (parent >= 0 && all->lines[parent].end_line < all->lines[i].line) {
        parent--;
    }
    return parent;
}

static struct definitions
definitions_of(const struct facts *facts)
{
    const struct definition_line *lines = blob_at(facts, facts->definitions.first);
    struct definitions all = {.base = facts};

    for (uint32_t i = 0; i < facts->definitions.count; i++) {
        add_line(&all, lines[i]);
    }
    add_bindings(&all, facts->bindings);
    if (all.count) {
        qsort(all.lines, all.count, sizeof *all.lines, compare_lines);
    }
    return all;
}

static void
print_definitions(const struct facts *facts)
{
    struct definitions all = definitions_of(facts);

    for (uint32_t i = 0; i < all.count; i++) {
        const struct definition_line *line = &all.lines[i];
        printf("%s[", i ? "," : "");
        print_text(facts, line->name);
        printf(",%d,%u,%u,%u]", find_parent(&all, i), line->line, line->end_line, line->is_class);
    }
    memory_free(all.lines);
}

static void
print_facts(const struct facts *facts)
{
    const struct import_facts *imports = blob_at(facts, facts->imports.first);

    printf("{\"error\":");
    print_text(facts, facts->error);
    printf(",\"error_line\":%u,\"lines\":%u,\"flags\":%u,\"docstring\":", facts->error_line, facts->line_count,
           facts->scope_flags);
    print_text(facts, facts->docstring);
    printf(",\"dont_rewrite\":%u,\"calls\":", facts->has_dont_rewrite);
    print_texts(facts, facts->calls);
    printf(",\"imports\":[");
    for (uint32_t i = 0; i < facts->imports.count; i++) {
        printf("%s", i ? "," : "");
        print_import(facts, &imports[i]);
    }
    printf("],\"definitions\":[");
    print_definitions(facts);
    printf("],\"bindings\":");
    print_bindings(facts, facts->bindings);
    printf("}\n");
}

/* How long the outline takes, and the facts with it: each file many times, the best of some rounds. */
static void
print_times(char **paths, int count)
{
    enum { ROUNDS = 5 };
    double best[2] = {1e9, 1e9};
    size_t bytes_total = 0;
    size_t blob_bytes = 0;
    size_t definition_count = 0;
    char **sources = memory_alloc((size_t)count * sizeof *sources);
    size_t *lengths = memory_alloc((size_t)count * sizeof *lengths);
    struct outline outline = {0};
    struct blob blob = {0};

    for (int i = 0; i < count; i++) {
        sources[i] = read_whole(paths[i], &lengths[i]);
        bytes_total += lengths[i];
    }
    for (int round = 0; round < ROUNDS; round++) {
        double start = clock_now_s();
        for (int i = 0; i < count; i++) {
            outline_read(sources[i], lengths[i], &outline);
        }
        double middle = clock_now_s();
        blob_bytes = 0;
        for (int i = 0; i < count; i++) {
            facts_read(sources[i], lengths[i], &outline, &blob);
            blob_bytes += blob.size_bytes;
        }
        double end = clock_now_s();
        best[0] = middle - start < best[0] ? middle - start : best[0];
        best[1] = end - middle < best[1] ? end - middle : best[1];
    }
    for (int i = 0; i < count; i++) {
        facts_read(sources[i], lengths[i], &outline, &blob);
        struct definitions all = definitions_of((const struct facts *)(const void *)blob.bytes);
        definition_count += all.count;
        memory_free(all.lines);
    }
    printf("%d files, %zu bytes, %zu definitions: outline %.3f ms, facts with it %.3f ms, blobs %zu bytes\n", count,
           bytes_total, definition_count, best[0] * 1e3, best[1] * 1e3, blob_bytes);
    outline_release(&outline);
    blob_release(&blob);
}

/* dump facts|time FILE... */
int
main(int argc, char **argv)
{
    struct outline outline = {0};
    struct blob blob = {0};

    if (argc > 1 && strcmp(argv[1], "time") == 0) {
        print_times(argv + 2, argc - 2);
        return 0;
    }
    for (int i = 2; i < argc; i++) {
        size_t length = 0;
        char *bytes = read_whole(argv[i], &length);
        struct source_encoding encoding = source_encoding_find(bytes, length);

        facts_read(bytes + encoding.mark_bytes, length - encoding.mark_bytes, &outline, &blob);
        if (!facts_check(blob.bytes, blob.size_bytes)) {
            BUG("%s: facts_check() refuses what facts_read() made", argv[i]);
        }
        print_facts((const struct facts *)(const void *)blob.bytes);
        memory_free(bytes);
    }
    outline_release(&outline);
    blob_release(&blob);
    return 0;
}
