/* The index: opening it, and finding what it knows of a file. */
#include "discover/index.h"

#include <string.h>

#include "base/hash.h"

/* ---- Opening and closing ---- */

static void
open_segments(struct index *index)
{
    const struct index_head *head = (const void *)index->mapped.bytes;
    uint64_t position = sizeof *head;
    size_t capacity = 0;
    struct segment segment;

    if (index->mapped.size_bytes < sizeof *head || !index_head_is_ours(head)) {
        return;
    }
    index->generation = head->generation;
    while (segment_open(&index->mapped, index->generation, position, &segment)) {
        if (index->segment_count == capacity) {
            capacity = capacity ? capacity * 2 : 8;
            index->segments = memory_resize(index->segments, capacity * sizeof *index->segments);
        }
        index->segments[index->segment_count++] = segment;
        position += segment.head->size_bytes;
        index->end = position;
    }
}

struct index *
index_over(char *path, const struct mapped_file *mapped)
{
    struct index *index = memory_alloc_zeroed(sizeof *index);

    lock_init(&index->opening);
    lock_init(&index->lock);
    index->spool_fd = -1;
    index->path = path;
    index->mapped = *mapped;
    if (mapped->bytes) {
        open_segments(index);
    }
    return index;
}

struct index *
index_open(const char *folder)
{
    struct mapped_file mapped = {0};
    struct text path = {0};

    if (!folder) {
        return NULL;
    }
    text_add_format(&path, "%s/index", folder);
    (void)file_map(path.bytes, &mapped); /* without one, all is new */
    return index_over(path.bytes, &mapped);
}

void
index_close(struct index *index)
{
    if (!index) {
        return;
    }
    for (size_t i = 0; i < index->segment_count; i++) {
        memory_free(index->segments[i].set_states);
    }
    index_spool_drop(index);
    memory_free(index->segments);
    memory_free(index->kept);
    memory_free(index->facts);
    memory_free(index->spare);
    memory_free(index->path);
    table_release(&index->kept_by_path);
    sets_release(&index->sets);
    file_unmap(&index->mapped);
    lock_release(&index->lock);
    lock_release(&index->opening);
    memory_free(index);
}

/* ---- Finding ---- */

/* On to the next entry of the segment for the path; NULL: there is no more. */
static const struct index_entry *
cursor_step(struct entry_cursor *cursor, const struct segment *segment)
{
    uint32_t slot_count = segment->head->slot_count;
    uint32_t mask = slot_count - 1;

    while (cursor->tried < slot_count) {
        uint32_t number = segment->slots[(uint32_t)(cursor->hash + cursor->tried) & mask];
        const struct index_entry *entry = number ? &segment->entries[number - 1] : NULL;
        cursor->tried = entry ? cursor->tried + 1 : slot_count;
        if (entry && entry->path_hash == cursor->hash && entry->path_length == cursor->length &&
            memcmp(segment->texts + entry->path, cursor->path, cursor->length) == 0) {
            return entry;
        }
    }
    return NULL;
}

const struct index_entry *
index_next(struct entry_cursor *cursor, const struct segment **segment_out)
{
    while (cursor->segment > 0) {
        const struct segment *segment = &cursor->index->segments[cursor->segment - 1];
        const struct index_entry *entry = cursor_step(cursor, segment);
        if (entry) {
            *segment_out = segment;
            return entry;
        }
        cursor->segment--;
        cursor->tried = 0;
    }
    return NULL;
}

struct entry_cursor
index_entries(const struct index *index, const char *path)
{
    size_t length = strlen(path);

    return (struct entry_cursor){
        .index = index,
        .path = path,
        .length = length,
        .hash = index->segment_count ? hash_64(path, length) : 0,
        .segment = index->segment_count,
    };
}

const struct index_entry *
index_lookup(const struct index *index, const char *path, const struct segment **segment_out)
{
    struct entry_cursor cursor = index_entries(index, path);

    return index_next(&cursor, segment_out);
}

/* The blob, if its bytes are those that were written. */
static const void *
open_part(const struct index *index, const struct index_part *part)
{
    const unsigned char *bytes = NULL;

    if (part->size_bytes) { /* of no bytes, the position may be any */
        bytes = index->mapped.bytes + part->position;
    }
    return bytes && hash_64(bytes, part->size_bytes) == part->checksum ? bytes : NULL;
}

bool
index_find_hash(struct index *index, const char *path, struct file_stamp *stamp_out, unsigned char hash_out[16])
{
    const struct segment *segment = NULL;
    const struct index_entry *entry = index_lookup(index, path, &segment);

    if (!entry || !file_stamp_read(path, stamp_out) || !file_stamp_is_equal(&entry->stamp, stamp_out)) {
        return false;
    }
    memcpy(hash_out, entry->hash, sizeof entry->hash);
    return true;
}

const struct facts *
index_find_facts_by_hash(struct index *index, const char *path, const unsigned char hash[16])
{
    const struct segment *segment = NULL;
    const struct index_entry *entry = index_lookup(index, path, &segment);
    const struct facts *facts = NULL;

    if (entry && memcmp(entry->hash, hash, sizeof entry->hash) == 0) {
        facts = open_part(index, &entry->facts);
    }
    return facts && facts_check(facts, entry->facts.size_bytes) ? facts : NULL;
}

/* ---- Tests ---- */

static bool
set_holds(struct library *library, const struct segment *segment, uint32_t number)
{
    const struct index_set *set = &segment->sets[number];
    const struct index_dependency *dependencies = &segment->dependencies[set->first];

    for (uint32_t i = 0; i < set->source_count; i++) {
        struct source *source = library_source(library, segment->texts + dependencies[i].path);
        if (!source || !source_identify(library, source) ||
            memcmp(source->hash, dependencies[i].hash, sizeof source->hash) != 0) {
            return false;
        }
    }
    dependencies += set->source_count;
    for (uint32_t i = 0; i < set->missing_count; i++) {
        if (library_has_path(library, segment->texts + dependencies[i].path)) {
            return false;
        }
    }
    return true;
}

/* Whether what the tests rest on is as it was: found out once for each set. */
static bool
set_still_holds(struct library *library, const struct segment *segment, uint32_t number)
{
    unsigned char state = number == NO_SET ? SET_HOLDS : atomic_load(&segment->set_states[number]);

    if (state == SET_UNKNOWN) {
        state = set_holds(library, segment, number) ? SET_HOLDS : SET_IS_STALE;
        atomic_store(&segment->set_states[number], state);
    }
    return state == SET_HOLDS;
}

const struct found_file *
index_find_tests(struct index *index, struct library *library, struct source *source, const unsigned char key[16])
{
    struct entry_cursor cursor = index_entries(index, source->path);
    const struct segment *segment = NULL;
    const struct index_entry *entry = NULL;

    while ((entry = index_next(&cursor, &segment))) {
        if (!entry->found.size_bytes || memcmp(entry->key, key, sizeof entry->key) != 0 ||
            !source_identify(library, source) || memcmp(entry->hash, source->hash, sizeof entry->hash) != 0 ||
            !set_still_holds(library, segment, entry->set)) {
            continue;
        }
        const struct found_file *found = open_part(index, &entry->found);
        if (found && found_check(found, entry->found.size_bytes)) {
            return found;
        }
    }
    return NULL;
}

size_t
index_find_imports(struct index *index, const char *path, const struct found_file *found, struct arena *arena,
                   const char *const **paths_out)
{
    struct entry_cursor cursor = index_entries(index, path);
    const struct segment *segment = NULL;
    const struct index_entry *entry = NULL;

    do {
        entry = index_next(&cursor, &segment);
    } while (entry && (const void *)(index->mapped.bytes + entry->found.position) != found);
    if (!entry || entry->set == NO_SET) {
        return 0;
    }
    const struct index_set *set = &segment->sets[entry->set];
    const char **paths = arena_alloc(arena, (set->source_count + 1) * sizeof *paths);
    for (uint32_t i = 0; i < set->source_count; i++) {
        paths[i] = segment->texts + segment->dependencies[set->first + i].path;
    }
    *paths_out = paths;
    return set->source_count;
}
