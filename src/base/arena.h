/* Memory that is freed all at once, when the stage that made it is done. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct block; /* arena.c */

/* Zero-initialised is empty and ready. Not thread-safe. */
struct arena {
    struct block *newest;
};

/* Aligned for any type, not zeroed; never NULL (out of memory aborts). */
void *arena_alloc(struct arena *arena, size_t size_bytes);
void *arena_alloc_zeroed(struct arena *arena, size_t size_bytes);

/* A copy of `length` bytes with a NUL behind it. */
char *arena_copy_bytes(struct arena *arena, const char *bytes, size_t length);
char *arena_copy_string(struct arena *arena, const char *string);

/*
 * Room for one more in an array of `count` items that grew by this alone: the array, or a copy of it with twice the
 * room whenever its count is a power of two.
 */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t item_bytes);

/* Frees everything; the arena can be used again. */
void arena_release(struct arena *arena);
/* The same, but a block of usual size stays: for arenas that are filled over and over. */
void arena_clear(struct arena *arena);

/* malloc and friends that abort when memory is out: for what outlives any stage. */
void *memory_alloc(size_t size_bytes);
void *memory_alloc_zeroed(size_t size_bytes);
void *memory_resize(void *memory, size_t size_bytes);
void memory_free(void *memory); /* NULL is allowed */

#endif
