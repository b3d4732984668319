/* Any segment whose checksums are right: what the index takes up can be followed to its end. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "discover/index.h"
#include "os/source_file.h"

enum { GENERATION = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Makes the head at `position` say what lets a reader go on to the rest. */
static void
seal(unsigned char *bytes, size_t position, size_t size)
{
    struct segment_head *head = (struct segment_head *)(bytes + position);
    uint64_t end = position + head->size_bytes;

    head->magic = SEGMENT_MAGIC;
    head->generation = GENERATION;
    head->position = position;
    if (head->directory <= end && end <= size) {
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
    static char folder[64];
    struct text path = {0};
    size_t start = sizeof(struct index_head);
    size_t whole = start + sizeof(struct segment_head) + size / 8 * 8;
    unsigned char *bytes = calloc(1, whole);

    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/fastest-fuzz-index-%ld", (long)getpid());
    }
    index_head_fill((struct index_head *)bytes, GENERATION);
    memcpy(bytes + start, data, size < whole - start ? size : whole - start);
    seal(bytes, start, whole);
    text_add_format(&path, "%s/index", folder);
    if (!folder_make(folder) || !file_replace(path.bytes, bytes, whole, NULL, 0)) {
        abort();
    }
    struct index *index = index_open(folder);
    unsigned sum = follow(index);
    index_close(index);
    file_remove(path.bytes);
    rmdir(folder);
    text_release(&path);
    free(bytes);
    return sum == 1 ? -1 : 0;
}
