/* Any bytes at all: every engine of the outline sees what the scalar one sees, and stays inside of them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syntax/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void
check_entry(const struct outline *outline, size_t index, size_t size)
{
    const struct outline_entry *entry = &outline->entries[index];

    check(entry->start < entry->end && entry->end <= size);
    check(entry->line >= 1 && entry->line <= entry->end_line && entry->end_line <= size + 1);
    check(entry->parent == OUTLINE_NO_PARENT || entry->parent < index);
    check(index == 0 || (entry - 1)->start < entry->start);
    check(entry->name_start + entry->name_length <= size);
    if (entry->parent != OUTLINE_NO_PARENT) {
        const struct outline_entry *parent = &outline->entries[entry->parent];
        check(parent->kind == OUTLINE_FUNCTION || parent->kind == OUTLINE_CLASS || parent->kind == OUTLINE_BLOCK);
        check(parent->end <= entry->start && entry->end_line <= parent->end_line);
    }
}

static void
check_same(const struct outline *a, const struct outline *b)
{
    check(a->count == b->count && a->has_failed == b->has_failed && a->error_line == b->error_line);
    check(!a->has_failed || strcmp(a->error, b->error) == 0);
    check(a->count == 0 || memcmp(a->entries, b->entries, a->count * sizeof(*a->entries)) == 0);
}

/* A comment in front moves all that is found, and changes nothing else: where blocks begin does not matter. */
static void
check_moved(const struct outline *outline, const char *source, size_t size)
{
    size_t before = 1 + (size * 2654435761u >> 7) % 130;
    char *moved = malloc(before + size);
    struct outline other = {0};

    memset(moved, '#', before);
    moved[before - 1] = '\n';
    memcpy(moved + before, source, size);
    outline_read(moved, before + size, &other);
    check(other.count == outline->count && other.error_line == outline->error_line + outline->has_failed);
    for (size_t i = 0; i < other.count; i++) {
        struct outline_entry expected = outline->entries[i];
        expected.start += (uint32_t)before;
        expected.end += (uint32_t)before;
        expected.name_start += expected.name_start ? (uint32_t)before : 0;
        expected.line++;
        expected.end_line++;
        check(memcmp(&expected, &other.entries[i], sizeof(expected)) == 0);
    }
    outline_release(&other);
    free(moved);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of just this size: reading behind it is seen. */
    char *source = malloc(size ? size : 1);
    struct outline scalar = {0};
    struct outline other = {0};

    if (size) {
        memcpy(source, data, size);
    }
    (void)outline_read_with(OUTLINE_SCALAR, source, size, &scalar);
    check(scalar.has_failed == (scalar.error != NULL) && scalar.has_failed == (scalar.error_line != 0));
    for (size_t i = 0; i < scalar.count; i++) {
        check_entry(&scalar, i, size);
    }
    for (int engine = OUTLINE_SSE2; engine <= OUTLINE_NEON; engine++) {
        if (outline_read_with((enum outline_engine)engine, source, size, &other)) {
            check_same(&scalar, &other);
        }
    }
    check_moved(&scalar, source, size);
    outline_release(&scalar);
    outline_release(&other);
    free(source);
    return 0;
}
