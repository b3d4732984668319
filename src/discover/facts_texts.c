/* Texts of a blob of facts, each one stored once; and ranges of records while they grow. */
#include <string.h>

#include "base/arena.h"
#include "discover/facts_reader.h"

enum { FIRST_SLOTS = 64 };

static uint32_t
hash_bytes(const char *bytes, size_t length)
{
    const uint64_t multiplier = 0x9E3779B97F4A7C15U;
    uint64_t hash = length * multiplier;
    uint64_t word = 0;
    size_t at = 0;

    for (; at + sizeof word <= length; at += sizeof word) {
        memcpy(&word, bytes + at, sizeof word);
        hash = (hash ^ word) * multiplier;
        hash ^= hash >> 32;
    }
    for (word = 0; at < length; at++) {
        word = word << 8 | (unsigned char)bytes[at];
    }
    hash = (hash ^ word) * multiplier;
    return (uint32_t)(hash >> 32);
}

static void
slots_grow(struct facts_reader *reader)
{
    uint32_t count = reader->slot_count ? reader->slot_count * 2 : FIRST_SLOTS;
    struct text_slot *slots = memory_alloc_zeroed(count * sizeof *slots);

    for (uint32_t i = 0; i < reader->slot_count; i++) {
        if (reader->slots[i].offset) {
            uint32_t at = reader->slots[i].hash & (count - 1);
            while (slots[at].offset) {
                at = (at + 1) & (count - 1);
            }
            slots[at] = reader->slots[i];
        }
    }
    memory_free(reader->slots);
    reader->slots = slots;
    reader->slot_count = count;
}

blob_offset
facts_text(struct facts_reader *reader, const char *bytes, size_t length)
{
    if (reader->text_count * 2 >= reader->slot_count) {
        slots_grow(reader);
    }
    const uint32_t mask = reader->slot_count - 1;
    const uint32_t hash = hash_bytes(bytes, length);
    uint32_t at = hash & mask;

    for (; reader->slots[at].offset; at = (at + 1) & mask) {
        const struct text_slot *slot = &reader->slots[at];
        if (slot->hash == hash && blob_text_length(reader->blob->bytes, slot->offset) == length &&
            (!length || memcmp(blob_text(reader->blob->bytes, slot->offset), bytes, length) == 0)) {
            return slot->offset;
        }
    }
    blob_offset offset = blob_add_text(reader->blob, bytes, length);
    reader->slots[at] = (struct text_slot){.hash = hash, .offset = offset};
    reader->text_count++;
    return offset;
}

void
facts_push(struct facts_reader *reader, const void *record, size_t size_bytes)
{
    text_add(&reader->records, record, size_bytes);
}

struct blob_range
facts_take(struct facts_reader *reader, size_t mark, size_t size_bytes)
{
    size_t length = reader->records.length - mark;
    struct blob_range range = {.count = (uint32_t)(length / size_bytes)};

    if (range.count) {
        range.first = blob_add(reader->blob, reader->records.bytes + mark, length);
        reader->records.length = mark;
    }
    return range;
}
