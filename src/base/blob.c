/* Offsets instead of pointers: what is built here can be written to a file as it is. */
#include "base/blob.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"

enum { ALIGNMENT = 8, FIRST_CAPACITY = 1024 };

blob_offset
blob_reserve(struct blob *blob, size_t size_bytes)
{
    size_t start = blob->size_bytes;
    size_t end = start + (size_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    if (end > UINT32_MAX) {
        BUG("a blob of %zu bytes", end);
    }
    if (end > blob->capacity) {
        size_t capacity = blob->capacity ? blob->capacity : FIRST_CAPACITY;
        while (capacity < end) {
            capacity *= 2;
        }
        blob->bytes = memory_resize(blob->bytes, capacity);
        blob->capacity = capacity;
    }
    memset(blob->bytes + start, 0, end - start);
    blob->size_bytes = end;
    return (blob_offset)start;
}

blob_offset
blob_add(struct blob *blob, const void *bytes, size_t size_bytes)
{
    blob_offset offset = blob_reserve(blob, size_bytes);

    if (size_bytes) {
        memcpy(blob->bytes + offset, bytes, size_bytes);
    }
    return offset;
}

blob_offset
blob_add_text(struct blob *blob, const char *text, size_t length)
{
    uint32_t stored = (uint32_t)length;
    blob_offset offset = blob_reserve(blob, sizeof stored + length + 1);

    memcpy(blob->bytes + offset, &stored, sizeof stored);
    if (length) {
        memcpy(blob->bytes + offset + sizeof stored, text, length);
    }
    return offset;
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
