/* Offsets instead of pointers: what is built here can be written to a file as it is. */
#include "base/blob.h"

#include <string.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/error.h"

enum { ALIGNMENT = 8, FIRST_CAPACITY = 1024 };

static SELDOM void
blob_grow(struct blob *blob, size_t end)
{
    size_t capacity = blob->capacity ? blob->capacity : FIRST_CAPACITY;

    if (end > UINT32_MAX) {
        BUG("a blob of %zu bytes", end);
    }
    while (capacity < end) {
        capacity = capacity > UINT32_MAX / 2 ? UINT32_MAX : capacity * 2;
    }
    blob->bytes = memory_resize(blob->bytes, capacity);
    blob->capacity = capacity;
}

/* Adds bytes, of which only the last ALIGNMENT are zeroed. NULL: none. */
static inline unsigned char *
blob_extend(struct blob *blob, size_t size_bytes)
{
    size_t start = blob->size_bytes;
    size_t end = start + (size_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    if (!size_bytes) {
        return NULL;
    }
    if (UNLIKELY(end > blob->capacity)) {
        blob_grow(blob, end);
    }
    blob->size_bytes = end;
    memset(blob->bytes + end - ALIGNMENT, 0, ALIGNMENT);
    return blob->bytes + start;
}

blob_offset
blob_reserve(struct blob *blob, size_t size_bytes)
{
    blob_offset start = (blob_offset)blob->size_bytes;
    unsigned char *added = blob_extend(blob, size_bytes);

    if (added) {
        memset(added, 0, size_bytes);
    }
    return start;
}

blob_offset
blob_add(struct blob *blob, const void *bytes, size_t size_bytes)
{
    blob_offset start = (blob_offset)blob->size_bytes;
    unsigned char *added = blob_extend(blob, size_bytes);

    if (added) {
        memcpy(added, bytes, size_bytes);
    }
    return start;
}

blob_offset
blob_add_text(struct blob *blob, const char *text, size_t length)
{
    uint32_t stored = (uint32_t)length;
    blob_offset start = (blob_offset)blob->size_bytes;
    unsigned char *added = blob_extend(blob, sizeof stored + length + 1);

    memcpy(added, &stored, sizeof stored);
    if (length) {
        memcpy(added + sizeof stored, text, length);
    }
    return start;
}

void
blob_clear(struct blob *blob)
{
    blob->size_bytes = 0;
}

void
blob_release(struct blob *blob)
{
    memory_free(blob->bytes);
    *blob = (struct blob){0};
}

bool
blob_holds(size_t size_bytes, blob_offset offset, size_t item_bytes)
{
    return offset % ALIGNMENT == 0 && offset <= size_bytes && item_bytes <= size_bytes - offset;
}

bool
blob_holds_range(size_t size_bytes, struct blob_range range, size_t item_bytes)
{
    return range.count == 0 ||
           (range.count <= size_bytes / item_bytes && blob_holds(size_bytes, range.first, range.count * item_bytes));
}

bool
blob_holds_text(const void *base, size_t size_bytes, blob_offset offset)
{
    uint32_t length = 0;

    if (offset == 0) {
        return true;
    }
    if (!blob_holds(size_bytes, offset, sizeof length + 1)) {
        return false;
    }
    memcpy(&length, blob_at(base, offset), sizeof length);
    return blob_holds(size_bytes, offset, sizeof length + (size_t)length + 1) &&
           blob_text(base, offset)[length] == '\0';
}

bool
blob_holds_texts(const void *base, size_t size_bytes, struct blob_range range)
{
    const blob_offset *texts = blob_at(base, range.first);
    bool holds = blob_holds_range(size_bytes, range, sizeof *texts);

    for (uint32_t i = 0; holds && i < range.count; i++) {
        holds = blob_holds_text(base, size_bytes, texts[i]);
    }
    return holds;
}
