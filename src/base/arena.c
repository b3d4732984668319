/* Blocks in a list; only the newest is filled. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Large enough that the index of 10,000 tests needs a few dozen blocks. */
enum { BLOCK_BYTES = 64 * 1024 };

struct block {
    struct block *next;
    size_t used_bytes;
    size_t size_bytes;
    alignas(max_align_t) unsigned char bytes[];
};

void *
memory_alloc(size_t size_bytes)
{
    void *memory = malloc(size_bytes ? size_bytes : 1);
    if (!memory) {
        BUG("out of memory: %zu bytes", size_bytes);
    }
    return memory;
}

void *
memory_alloc_zeroed(size_t size_bytes)
{
    void *memory = calloc(1, size_bytes ? size_bytes : 1);
    if (!memory) {
        BUG("out of memory: %zu bytes", size_bytes);
    }
    return memory;
}

void *
memory_resize(void *memory, size_t size_bytes)
{
    void *resized = realloc(memory, size_bytes ? size_bytes : 1);
    if (!resized) {
        BUG("out of memory: %zu bytes", size_bytes);
    }
    return resized;
}

void
memory_free(void *memory)
{
    free(memory);
}

static struct block *
block_new(size_t size_bytes, struct block *next)
{
    struct block *block = memory_alloc(sizeof *block + size_bytes);
    block->next = next;
    block->used_bytes = 0;
    block->size_bytes = size_bytes;
    return block;
}

void *
arena_alloc(struct arena *arena, size_t size_bytes)
{
    size_t align = alignof(max_align_t);
    size_t rounded_bytes = (size_bytes + align - 1) / align * align;
    struct block *block = arena->newest;

    if (!block || block->size_bytes - block->used_bytes < rounded_bytes) {
        size_t block_bytes = rounded_bytes > BLOCK_BYTES ? rounded_bytes : BLOCK_BYTES;
        block = arena->newest = block_new(block_bytes, block);
    }
    void *memory = block->bytes + block->used_bytes;
    block->used_bytes += rounded_bytes;
    return memory;
}

void *
arena_alloc_zeroed(struct arena *arena, size_t size_bytes)
{
    return memset(arena_alloc(arena, size_bytes), 0, size_bytes);
}

char *
arena_copy_bytes(struct arena *arena, const char *bytes, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    if (length) {
        memcpy(copy, bytes, length);
    }
    copy[length] = '\0';
    return copy;
}

char *
arena_copy_string(struct arena *arena, const char *string)
{
    return arena_copy_bytes(arena, string, strlen(string));
}

void *
arena_grow(struct arena *arena, void *items, size_t count, size_t item_bytes)
{
    if (count & (count - 1)) {
        return items;
    }
    void *larger = arena_alloc(arena, (count ? count * 2 : 1) * item_bytes);
    if (count) {
        memcpy(larger, items, count * item_bytes);
    }
    return larger;
}

void
arena_release(struct arena *arena)
{
    struct block *block = arena->newest;
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    arena->newest = NULL;
}

void
arena_clear(struct arena *arena)
{
    struct arena old = *arena;

    arena->newest = NULL;
    if (old.newest && old.newest->size_bytes == BLOCK_BYTES) {
        arena->newest = old.newest;
        old.newest = arena->newest->next;
        arena->newest->next = NULL;
        arena->newest->used_bytes = 0;
    }
    arena_release(&old);
}
