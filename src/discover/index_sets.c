/* Sets of dependencies: many files rest on the same one, and each is written once. */
#include "discover/index.h"

#include <string.h>

#include "base/hash.h"

/* ---- Building ---- */

uint32_t
sets_append_text(struct set_builder *builder, const char *text, size_t length)
{
    size_t position = builder->texts.length;

    text_add(&builder->texts, text, length);
    text_add_char(&builder->texts, '\0');
    return (uint32_t)position;
}

static uint32_t
add_text(struct set_builder *builder, const char *text, size_t length)
{
    uintptr_t known = (uintptr_t)table_find(&builder->texts_at, text, length);

    if (!known) {
        known = (uintptr_t)sets_append_text(builder, text, length) + 1;
        table_set(&builder->texts_at, arena_copy_bytes(&builder->arena, text, length), length, (void *)known);
    }
    return (uint32_t)(known - 1);
}

static void
add_dependency(struct set_builder *builder, const char *path, size_t length, const unsigned char *hash)
{
    if (builder->dependency_count == builder->dependency_capacity) {
        builder->dependency_capacity = builder->dependency_capacity ? builder->dependency_capacity * 2 : 64;
        builder->dependencies =
            memory_resize(builder->dependencies, builder->dependency_capacity * sizeof *builder->dependencies);
    }
    struct index_dependency *dependency = &builder->dependencies[builder->dependency_count++];
    *dependency = (struct index_dependency){.path = add_text(builder, path, length), .path_length = (uint32_t)length};
    if (hash) {
        memcpy(dependency->hash, hash, sizeof dependency->hash);
    }
}

/* The dependencies from `first` on become a set, unless there is the same one. */
static uint32_t
close_set(struct set_builder *builder, size_t first, uint32_t source_count)
{
    size_t count = builder->dependency_count - first;
    struct index_set set = {
        .first = (uint32_t)first, .source_count = source_count, .missing_count = (uint32_t)count - source_count};
    /* Equal texts have equal positions, so equal sets have equal bytes. */
    unsigned char digest[16 + sizeof source_count] = {0};
    if (count) {
        hash_128(&builder->dependencies[first], count * sizeof *builder->dependencies, digest);
    }
    memcpy(digest + 16, &source_count, sizeof source_count);
    uintptr_t known = (uintptr_t)table_find(&builder->known, (const char *)digest, sizeof digest);

    if (known) {
        builder->dependency_count = first;
        return (uint32_t)(known - 1);
    }
    if (builder->set_count == builder->set_capacity) {
        builder->set_capacity = builder->set_capacity ? builder->set_capacity * 2 : 16;
        builder->sets = memory_resize(builder->sets, builder->set_capacity * sizeof *builder->sets);
    }
    builder->sets[builder->set_count++] = set;
    table_set(&builder->known, arena_copy_bytes(&builder->arena, (const char *)digest, sizeof digest), sizeof digest,
              (void *)(uintptr_t)builder->set_count);
    return (uint32_t)(builder->set_count - 1);
}

uint32_t
sets_add(struct set_builder *builder, const struct dependencies *dependencies)
{
    size_t first = builder->dependency_count;

    for (size_t i = 0; i < dependencies->source_count; i++) {
        const struct source *source = dependencies->sources[i];
        add_dependency(builder, source->path, strlen(source->path), source->hash);
    }
    for (size_t i = 0; i < dependencies->missing_count; i++) {
        add_dependency(builder, dependencies->missing[i], strlen(dependencies->missing[i]), NULL);
    }
    return close_set(builder, first, (uint32_t)dependencies->source_count);
}

uint32_t
sets_add_carried(struct set_builder *builder, const struct segment *segment, uint32_t set)
{
    const struct index_set *carried = &segment->sets[set];
    size_t first = builder->dependency_count;

    for (uint32_t i = 0; i < carried->source_count + carried->missing_count; i++) {
        const struct index_dependency *dependency = &segment->dependencies[carried->first + i];
        add_dependency(builder, segment->texts + dependency->path, dependency->path_length, dependency->hash);
    }
    return close_set(builder, first, carried->source_count);
}

void
sets_release(struct set_builder *builder)
{
    memory_free(builder->sets);
    memory_free(builder->dependencies);
    text_release(&builder->texts);
    table_release(&builder->known);
    table_release(&builder->texts_at);
    arena_release(&builder->arena);
    *builder = (struct set_builder){0};
}
