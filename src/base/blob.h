/* Data without pointers, built in memory and read where it lies: in memory, or in a mapped file. */
#ifndef BASE_BLOB_H
#define BASE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An offset from the blob's start; 0 is "none": what a blob begins with is its owner's header. */
typedef uint32_t blob_offset;

/* Records of one type that follow each other. */
struct blob_range {
    blob_offset first;
    uint32_t count;
};

/* Zero-initialised is empty. Growing moves `bytes`: keep offsets, not pointers. Aborts beyond 4 GiB. */
struct blob {
    unsigned char *bytes;
    size_t size_bytes; /* a multiple of 8 after every call */
    size_t capacity;
};

/* Adds zeroed bytes, aligned to 8. */
blob_offset blob_reserve(struct blob *blob, size_t size_bytes);
/* Adds a copy. */
blob_offset blob_add(struct blob *blob, const void *bytes, size_t size_bytes);
/* Adds `length` bytes behind their length and before a NUL. */
blob_offset blob_add_text(struct blob *blob, const char *text, size_t length);
void blob_clear(struct blob *blob); /* keeps the memory */
void blob_release(struct blob *blob);

/* The record at `offset` of a blob that starts at `base`; `base` has been checked (see discover/). */
static inline const void *
blob_at(const void *base, blob_offset offset)
{
    return (const unsigned char *)base + offset;
}

/* The text at an offset: NUL-terminated; of none, the empty one. */
static inline const char *
blob_text(const void *base, blob_offset offset)
{
    return offset ? (const char *)blob_at(base, offset) + sizeof(uint32_t) : "";
}

/* Whether what an offset or range names lies inside of `size_bytes` bytes: for what comes from a file. */
bool blob_holds(size_t size_bytes, blob_offset offset, size_t item_bytes);
bool blob_holds_range(size_t size_bytes, struct blob_range range, size_t item_bytes);
bool blob_holds_text(const void *base, size_t size_bytes, blob_offset offset); /* 0 is held */
/* The same of a range of texts. */
bool blob_holds_texts(const void *base, size_t size_bytes, struct blob_range range);

static inline uint32_t
blob_text_length(const void *base, blob_offset offset)
{
    return offset ? *(const uint32_t *)blob_at(base, offset) : 0;
}

#endif
