/* What the next segment of the index will say, as it is found out, by several threads. */
#include "discover/index.h"

#include <string.h>

#include "base/hash.h"
#include "discover/cache_folder.h"
#include "os/temporary.h"

/* Facts of a project are larger than all else, and nobody reads them again: they leave memory early. */
static const size_t SPOOL_AT_BYTES = (size_t)48 << 10;
static const size_t SPOOL_CAPACITY = INDEX_BUFFER_BYTES; /* with the facts of a file behind that */
static const size_t SPOOL_AT_BYTES_WITH_FILE = (size_t)8 << 20;

/* Where they begin in a new file. */
enum { FACTS_START = sizeof(struct index_head) + sizeof(struct segment_head) };

/* ---- Spool ---- */

/* The spool's descriptor; -1. Not under the lock. */
static int
spool_open(struct index *index)
{
    lock_enter(&index->opening);
    if (index->spool_fd < 0 && !index->is_spool_refused) {
        bool is_made = cache_folder_make_for(index->path);
        int fd = is_made ? file_open_beside(index->path, index->spool_path, sizeof index->spool_path) : -1;
        index->is_spool_refused = fd < 0;
        lock_enter(&index->lock);
        index->spool_fd = fd;
        lock_leave(&index->lock);
    }
    int fd = index->spool_fd;
    lock_leave(&index->opening);
    return fd;
}

bool
index_spool_flush(struct index *index)
{
    uint64_t position = FACTS_START + index->spooled_bytes;
    int fd = index->is_broken ? -1 : spool_open(index);

    if (fd < 0 || !file_write_at(fd, position, index->facts, index->facts_length)) {
        index->is_broken = true;
    }
    index->spooled_bytes += index->facts_length;
    index->facts_length = 0;
    return !index->is_broken;
}

void
index_spool_drop(struct index *index)
{
    if (index->spool_fd >= 0) {
        file_close(index->spool_fd);
        if (*index->spool_path) {
            remove_file(index->spool_path);
        }
        index->spool_fd = -1;
    }
}

/* Takes a copy; gives its position from the start of all facts. Under the lock. */
static uint64_t
spool_facts(struct index *index, const void *bytes, size_t size_bytes)
{
    uint64_t position = index->spooled_bytes + index->facts_length;

    if (index->facts_length + size_bytes > index->facts_capacity) {
        size_t capacity = index->facts_capacity ? index->facts_capacity * 2 : SPOOL_CAPACITY;
        while (capacity < index->facts_length + size_bytes) {
            capacity *= 2;
        }
        index->facts = memory_resize(index->facts, capacity);
        index->facts_capacity = capacity;
    }
    memcpy(index->facts + index->facts_length, bytes, size_bytes);
    index->facts_length += size_bytes;
    return position;
}

/* Writes what is due, while other threads go on. Under the lock, and again when it returns. */
static void
spool_what_is_due(struct index *index)
{
    bool is_spooling = index->spool_fd >= 0 || !index->end;
    unsigned char *bytes = index->facts;
    size_t length = index->facts_length;
    size_t capacity = index->facts_capacity;
    uint64_t position = FACTS_START + index->spooled_bytes;

    if (length < (is_spooling ? SPOOL_AT_BYTES : SPOOL_AT_BYTES_WITH_FILE)) {
        return;
    }
    index->spooled_bytes += length;
    index->facts_length = 0;
    index->facts = index->spare;
    index->facts_capacity = index->spare ? index->spare_capacity : 0;
    index->spare = NULL;
    lock_leave(&index->lock);
    int fd = spool_open(index);
    bool can_write = fd >= 0 && file_write_at(fd, position, bytes, length);
    lock_enter(&index->lock);
    index->is_broken = index->is_broken || !can_write;
    memory_free(index->spare);
    index->spare = bytes;
    index->spare_capacity = capacity;
}

/* ---- Entries ---- */

static struct kept_part
carried_part(const struct index *index, const struct index_part *part)
{
    return part->size_bytes
               ? (struct kept_part){.kind = PART_CARRIED, .bytes = index->mapped.bytes + part->position, .part = *part}
               : (struct kept_part){0};
}

static struct kept_entry *
kept_add(struct index *index)
{
    if (index->kept_count == index->kept_capacity) {
        index->kept_capacity = index->kept_capacity ? index->kept_capacity * 2 : index->expected_count + 64;
        index->kept = memory_resize(index->kept, index->kept_capacity * sizeof *index->kept);
    }
    return &index->kept[index->kept_count++];
}

void
index_keep_alternative(struct index *index, const struct kept_entry *kept, const struct index_entry *entry,
                       const struct segment *segment)
{
    struct kept_entry other = *kept;

    other.facts = (struct kept_part){0};
    other.found = carried_part(index, &entry->found);
    other.carried_from = segment;
    other.set = entry->set;
    memcpy(other.key, entry->key, sizeof other.key);
    *kept_add(index) = other;
}

/* The entry of a source; a new one carries what is known of the same content. Under the lock. */
static struct kept_entry *
keep(struct index *index, const struct source *source)
{
    size_t length = strlen(source->path);
    uintptr_t known = (uintptr_t)table_find(&index->kept_by_path, source->path, length);
    struct kept_entry *kept = NULL;
    const struct segment *segment = NULL;

    if (known) {
        kept = &index->kept[known - 1];
    } else {
        kept = kept_add(index);
        *kept = (struct kept_entry){.path = source->path, .path_length = length, .set = NO_SET};
        table_set(&index->kept_by_path, source->path, length, (void *)(uintptr_t)index->kept_count);
        kept->replaced = index_lookup(index, source->path, &segment);
        if (kept->replaced && memcmp(kept->replaced->hash, source->hash, sizeof source->hash) == 0) {
            kept->facts = carried_part(index, &kept->replaced->facts);
            kept->found = carried_part(index, &kept->replaced->found);
            memcpy(kept->key, kept->replaced->key, sizeof kept->key);
            kept->carried_from = segment;
            kept->set = kept->replaced->set;
        }
    }
    kept->stamp = source->is_moving ? (struct file_stamp){0} : source->stamp;
    memcpy(kept->hash, source->hash, sizeof kept->hash);
    return kept;
}

void
index_expect(struct index *index, size_t file_count)
{
    index->expected_count = file_count;
}

void
index_keep_stamp(struct index *index, const struct source *source)
{
    lock_enter(&index->lock);
    keep(index, source);
    lock_leave(&index->lock);
}

void
index_keep_facts(struct index *index, const struct source *source, const void *facts, size_t size_bytes)
{
    struct index_part part = {.checksum = hash_64(facts, size_bytes), .size_bytes = (uint32_t)size_bytes};

    lock_enter(&index->lock);
    struct kept_entry *kept = keep(index, source);
    if (kept->facts.kind != PART_SPOOLED) {
        part.position = spool_facts(index, facts, size_bytes);
        kept->facts = (struct kept_part){.kind = PART_SPOOLED, .part = part};
        spool_what_is_due(index);
    }
    lock_leave(&index->lock);
}

void
index_keep_tests(struct index *index, struct library *library, const struct source *source, const unsigned char key[16],
                 const struct found_file *found, const struct dependencies *dependencies)
{
    struct index_part part = {.checksum = hash_64(found, found->size_bytes), .size_bytes = found->size_bytes};

    for (size_t i = 0; i < dependencies->source_count; i++) {
        if (!source_identify(library, dependencies->sources[i])) {
            return; /* what cannot be read is asked again next time */
        }
    }
    lock_enter(&index->lock);
    struct kept_entry *kept = keep(index, source);
    kept->found = (struct kept_part){.kind = PART_IN_MEMORY, .bytes = found, .part = part};
    kept->carried_from = NULL;
    kept->set = sets_add(&index->sets, dependencies);
    memcpy(kept->key, key, sizeof kept->key);
    lock_leave(&index->lock);
}
