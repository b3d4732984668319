/* Any segment whose checksums are right: what the index takes up can be followed to its end. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "discover/index.h"
#include "os/source_file.h"

enum { GENERATION = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Makes the facts that entries point to count as those that were written. */
static void
seal_facts(unsigned char *bytes, const struct segment_head *head, size_t size)
{
    struct index_entry *entries = (struct index_entry *)(bytes + head->directory);

    for (size_t i = 0; i < head->entry_count && (i + 1) * sizeof *entries <= size - head->directory; i++) {
        struct index_part *part = &entries[i].facts;
        if (part->position < head->directory && part->size_bytes <= head->directory - part->position) {
            part->checksum = hash_64(bytes + part->position, part->size_bytes);
        }
    }
}

/* Makes the head at `position` say what lets a reader go on to the rest. */
static void
seal(unsigned char *bytes, size_t position, size_t size)
{
    struct segment_head *head = (struct segment_head *)(bytes + position);
    uint64_t end = position + head->size_bytes;

    head->magic = SEGMENT_MAGIC;
    head->generation = GENERATION;
    head->position = position;
    if (head->directory % 8 == 0 && head->directory <= end && end <= size) {
        seal_facts(bytes, head, size);
        head->directory_checksum = hash_64(bytes + head->directory, (size_t)(end - head->directory));
    }
    segment_head_seal(head);
}

/* What a discovery asks for, of every file that the segment names. */
static unsigned
follow(struct index *index)
{
    struct library *library = library_new(index);
    unsigned sum = 0;

    for (size_t i = 0; i < index->segment_count; i++) {
        const struct segment *segment = &index->segments[i];
        for (uint32_t j = 0; j < segment->head->entry_count; j++) {
            const struct index_entry *entry = &segment->entries[j];
            struct source source = {.path = segment->texts + entry->path};
            const struct facts *facts = index_find_facts_by_hash(index, source.path, entry->hash);
            sum += facts ? facts->size_bytes : 0;
            sum += entry->found.size_bytes &&
                   found_check(index->mapped.bytes + entry->found.position, entry->found.size_bytes);
            memcpy(source.hash, entry->hash, sizeof source.hash);
            index_keep_stamp(index, &source);
        }
        for (uint32_t j = 0; j < segment->head->set_count; j++) {
            sets_add_carried(&index->sets, segment, j);
        }
    }
    library_free(library);
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t start = sizeof(struct index_head);
    size_t whole = start + sizeof(struct segment_head) + size / 8 * 8;
    struct mapped_file mapped = {.size_bytes = whole};
    unsigned char *bytes = calloc(1, whole);

    index_head_fill((struct index_head *)bytes, GENERATION);
    memcpy(bytes + start, data, size < whole - start ? size : whole - start);
    seal(bytes, start, whole);
    mapped.bytes = bytes;
    struct index *index = index_over(NULL, &mapped);
    unsigned sum = follow(index);
    index->mapped.bytes = NULL; /* they are not mapped */
    index_close(index);
    free(bytes);
    return sum == 1 ? -1 : 0;
}
