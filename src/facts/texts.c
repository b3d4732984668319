/* Texts of a blob of facts, each one stored once; and ranges of records while they grow. */
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "facts/reader.h"

enum { FIRST_SLOTS = 64 };

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

/* As much of a text as facts hold, whole characters. */
static size_t
cut_off(const char *bytes)
{
    size_t length = FACTS_MAX_TEXT;

    while (length && utf8_is_tail(bytes[length])) {
        length--;
    }
    return length;
}

blob_offset
facts_text(struct facts_reader *reader, const char *bytes, size_t length)
{
    if (length > FACTS_MAX_TEXT) {
        length = cut_off(bytes);
        reader->has_odd_names = true;
    }
    if (reader->text_count * 2 >= reader->slot_count) {
        slots_grow(reader);
    }
    const uint32_t mask = reader->slot_count - 1;
    const uint32_t hash = (uint32_t)hash_64(bytes, length);
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

/*
 * Python normalizes identifiers (NFKC). Whether that leaves a character alone, whatever stands beside it: for the
 * letters of most alphabets; of all others it is not said.
 */
static bool
is_normal(uint32_t code)
{
    static const uint32_t RANGES[][2] = {
        {0xC0, 0x131},    {0x134, 0x13E},   {0x141, 0x148},   {0x14A, 0x17E},   {0x391, 0x3A9},   {0x3B1, 0x3C9},
        {0x400, 0x47F},   {0x561, 0x586},   {0x5D0, 0x5EA},   {0x621, 0x64A},   {0x905, 0x928},   {0xE01, 0xE30},
        {0x10D0, 0x10F0}, {0x3041, 0x3094}, {0x30A1, 0x30F4}, {0x4E00, 0x9FA5}, {0xAC00, 0xD7A3},
    };

    for (size_t i = 0; i < COUNT_OF(RANGES); i++) {
        if (code >= RANGES[i][0] && code <= RANGES[i][1]) {
            return true;
        }
    }
    return code < 0x80;
}

/* Whether Python has a name as it is written. What is no UTF-8 is no Python either. */
static bool
is_name_normal(const char *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t point = 0;
        size_t width = utf8_read(bytes + at, length - at, &point);
        if (width == 0 || !is_normal(point)) {
            return false;
        }
        at += width;
    }
    return true;
}

blob_offset
facts_name_text(struct facts_reader *reader, const char *bytes, size_t length)
{
    if (!reader->is_ascii && !utf8_is_ascii(bytes, length) && !is_name_normal(bytes, length)) {
        reader->has_odd_names = true;
    }
    return facts_text(reader, bytes, length);
}

void
facts_push(struct facts_reader *reader, const void *record, size_t size_bytes)
{
    text_add(&reader->records, record, size_bytes);
}
