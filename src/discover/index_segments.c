/* Segments of a mapped index: which of them are whole, and whether what they hold may be followed. */
#include "discover/index.h"

#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "discover/build_id.h"

/* ---- Heads ---- */

static uint64_t
head_checksum(const struct segment_head *head)
{
    return hash_64(head, offsetof(struct segment_head, checksum));
}

bool
segment_head_is_whole(const struct segment_head *head, uint64_t generation, uint64_t position)
{
    return head->magic == SEGMENT_MAGIC && head->generation == generation && head->position == position &&
           head->checksum == head_checksum(head);
}

void
segment_head_seal(struct segment_head *head)
{
    head->checksum = head_checksum(head);
}

void
index_head_fill(struct index_head *head, uint64_t generation)
{
    static const unsigned char BUILD[16] = FASTEST_BUILD_ID;

    *head = (struct index_head){
        .byte_order = 0x01020304,
        .version = INDEX_VERSION,
        .facts_format = FACTS_FORMAT,
        .found_format = FOUND_FORMAT,
        .generation = generation,
    };
    memcpy(head->magic, INDEX_MAGIC, sizeof head->magic);
    memcpy(head->build, BUILD, sizeof head->build);
    head->checksum = hash_64(head, offsetof(struct index_head, checksum));
}

bool
index_head_is_ours(const struct index_head *head)
{
    struct index_head expected;

    index_head_fill(&expected, head->generation);
    return memcmp(&expected, head, sizeof expected) == 0;
}

/* ---- Directories ---- */

/* Where the parts of a directory begin; false when they do not fill it exactly. */
static bool
lay_out(const struct mapped_file *mapped, struct segment *segment)
{
    const struct segment_head *head = segment->head;
    uint64_t position = head->directory;
    uint64_t end = head->position + head->size_bytes;
    uint64_t slot_bytes = ((uint64_t)head->slot_count * sizeof(uint32_t) + 7) / 8 * 8;

    segment->entries = (const void *)(mapped->bytes + position);
    position += (uint64_t)head->entry_count * sizeof *segment->entries;
    segment->slots = (const void *)(mapped->bytes + (position < end ? position : end));
    position += slot_bytes;
    segment->sets = (const void *)(mapped->bytes + (position < end ? position : end));
    position += (uint64_t)head->set_count * sizeof *segment->sets;
    segment->dependencies = (const void *)(mapped->bytes + (position < end ? position : end));
    position += (uint64_t)head->dependency_count * sizeof *segment->dependencies;
    segment->texts = (const void *)(mapped->bytes + (position < end ? position : end));
    return position <= end && head->text_bytes == end - position;
}

static bool
text_is_inside(const struct segment *segment, uint64_t position, uint64_t length)
{
    return position + length < segment->head->text_bytes && segment->texts[position + length] == '\0';
}

static bool
part_is_inside(const struct segment_head *head, const struct index_part *part)
{
    return part->size_bytes == 0 ||
           (part->position % 8 == 0 && part->position >= sizeof(struct index_head) &&
            part->position < head->directory && part->size_bytes <= head->directory - part->position);
}

static bool
entries_are_sound(const struct segment *segment)
{
    const struct segment_head *head = segment->head;

    for (uint32_t i = 0; i < head->entry_count; i++) {
        const struct index_entry *entry = &segment->entries[i];
        if (!text_is_inside(segment, entry->path, entry->path_length) || !part_is_inside(head, &entry->facts) ||
            !part_is_inside(head, &entry->found) || (entry->set != NO_SET && entry->set >= head->set_count)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < head->slot_count; i++) {
        if (segment->slots[i] > head->entry_count) {
            return false;
        }
    }
    return true;
}

static bool
sets_are_sound(const struct segment *segment)
{
    const struct segment_head *head = segment->head;

    for (uint32_t i = 0; i < head->set_count; i++) {
        const struct index_set *set = &segment->sets[i];
        if ((uint64_t)set->first + set->source_count + set->missing_count > head->dependency_count) {
            return false;
        }
    }
    for (uint32_t i = 0; i < head->dependency_count; i++) {
        const struct index_dependency *dependency = &segment->dependencies[i];
        if (!text_is_inside(segment, dependency->path, dependency->path_length)) {
            return false;
        }
    }
    return true;
}

bool
segment_open(const struct mapped_file *mapped, uint64_t generation, uint64_t position, struct segment *segment_out)
{
    const struct segment_head *head = (const void *)(mapped->bytes + position);

    *segment_out = (struct segment){.head = head};
    if (position % 8 != 0 || position > mapped->size_bytes || mapped->size_bytes - position < sizeof *head ||
        !segment_head_is_whole(head, generation, position)) {
        return false;
    }
    if (head->size_bytes % 8 != 0 || head->size_bytes < sizeof *head ||
        head->size_bytes > mapped->size_bytes - position || head->directory % 8 != 0 ||
        head->directory < position + sizeof *head || head->directory > position + head->size_bytes ||
        (head->slot_count & (head->slot_count - 1)) != 0 || !lay_out(mapped, segment_out)) {
        return false;
    }
    uint64_t directory_bytes = position + head->size_bytes - head->directory;
    if (head->directory_checksum != hash_64(mapped->bytes + head->directory, (size_t)directory_bytes) ||
        !entries_are_sound(segment_out) || !sets_are_sound(segment_out)) {
        return false;
    }
    segment_out->set_states = memory_alloc_zeroed((head->set_count + 1) * sizeof *segment_out->set_states);
    return true;
}
