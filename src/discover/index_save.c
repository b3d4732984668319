/* Writing the index: one more segment at its end, or a new file in its place. */
#include "discover/index.h"

#include <string.h>

#include "base/hash.h"
#include "discover/cache_folder.h"
#include "os/clock.h"
#include "os/folder.h"
#include "os/temporary.h"

enum { MOST_SEGMENTS = 24, BUFFER_BYTES = INDEX_BUFFER_BYTES };

/* Writes one piece behind the other, few of them at once. */
struct writer {
    int fd;
    uint64_t position; /* of the buffer's start */
    unsigned char *buffer;
    size_t length;
    bool has_failed;
};

static void
writer_flush(struct writer *writer)
{
    if (!writer->has_failed && !file_write_at(writer->fd, writer->position, writer->buffer, writer->length)) {
        writer->has_failed = true;
    }
    writer->position += writer->length;
    writer->length = 0;
}

/* Returns where the bytes start in the file. */
static uint64_t
writer_add(struct writer *writer, const void *bytes, size_t size_bytes)
{
    uint64_t position = writer->position + writer->length;

    if (writer->length + size_bytes > BUFFER_BYTES) {
        writer_flush(writer);
    }
    if (size_bytes > BUFFER_BYTES) {
        writer->has_failed = writer->has_failed || !file_write_at(writer->fd, writer->position, bytes, size_bytes);
        writer->position += size_bytes;
    } else if (size_bytes) {
        memcpy(writer->buffer + writer->length, bytes, size_bytes);
        writer->length += size_bytes;
    }
    return position;
}

/* Blobs are multiples of 8 bytes long, but who knows what a file holds. */
static uint64_t
writer_add_part(struct writer *writer, const void *bytes, size_t size_bytes)
{
    static const unsigned char ZEROS[8];
    uint64_t position = writer_add(writer, bytes, size_bytes);

    writer_add(writer, ZEROS, (8 - size_bytes % 8) % 8);
    return position;
}

/* ---- A segment ---- */

static size_t
slot_count_for(size_t entry_count)
{
    size_t count = 4;

    while (count < entry_count * 2) {
        count *= 2;
    }
    return count;
}

static void
fill_entries(struct index *index, struct index_entry *entries, uint32_t *slots, size_t slot_count)
{
    for (size_t i = 0; i < index->kept_count; i++) {
        const struct kept_entry *kept = &index->kept[i];
        uint64_t hash = hash_64(kept->path, kept->path_length);
        size_t slot = (size_t)hash & (slot_count - 1);
        entries[i] = (struct index_entry){
            .path_hash = hash,
            .path = sets_append_text(&index->sets, kept->path, kept->path_length),
            .path_length = (uint32_t)kept->path_length,
            .stamp = kept->stamp,
            .facts = kept->facts.part,
            .found = kept->found.part,
            .set = kept->set,
        };
        memcpy(entries[i].hash, kept->hash, sizeof entries[i].hash);
        memcpy(entries[i].key, kept->key, sizeof entries[i].key);
        while (slots[slot]) {
            slot = (slot + 1) & (slot_count - 1);
        }
        slots[slot] = (uint32_t)(i + 1);
    }
}

/* How many bytes of texts the directory will have. */
static size_t
count_text_bytes(const struct index *index)
{
    size_t text_bytes = index->sets.texts.length;

    for (size_t i = 0; i < index->kept_count; i++) {
        text_bytes += index->kept[i].path_length + 1;
    }
    return (text_bytes + 7) / 8 * 8;
}

/* The directory in one piece, and its numbers in `head`. Owned by the caller. */
static unsigned char *
make_directory(struct index *index, struct segment_head *head, size_t *size_out)
{
    struct set_builder *sets = &index->sets;
    size_t slot_count = slot_count_for(index->kept_count);
    size_t entry_bytes = index->kept_count * sizeof(struct index_entry);
    size_t slot_bytes = slot_count * sizeof(uint32_t);
    size_t set_bytes = sets->set_count * sizeof *sets->sets;
    size_t dependency_bytes = sets->dependency_count * sizeof *sets->dependencies;
    size_t text_bytes = count_text_bytes(index);
    *size_out = entry_bytes + slot_bytes + set_bytes + dependency_bytes + text_bytes;
    unsigned char *directory = memory_alloc(*size_out);
    uint32_t *slots = (uint32_t *)(directory + entry_bytes);
    unsigned char *at = directory + entry_bytes + slot_bytes;

    memset(slots, 0, slot_bytes);
    text_reserve(&sets->texts, text_bytes - sets->texts.length);
    fill_entries(index, (struct index_entry *)directory, slots, slot_count);
    text_add_repeated(&sets->texts, '\0', text_bytes - sets->texts.length);
    if (set_bytes) {
        memcpy(at, sets->sets, set_bytes);
    }
    at += set_bytes;
    if (dependency_bytes) {
        memcpy(at, sets->dependencies, dependency_bytes);
    }
    at += dependency_bytes;
    memcpy(at, sets->texts.bytes, sets->texts.length);
    head->entry_count = (uint32_t)index->kept_count;
    head->slot_count = (uint32_t)slot_count;
    head->set_count = (uint32_t)sets->set_count;
    head->dependency_count = (uint32_t)sets->dependency_count;
    head->text_bytes = sets->texts.length;
    return directory;
}

/* Positions of facts that wait in the spool or in memory, from now on in the file. */
static void
place_spooled(struct index *index, uint64_t start)
{
    for (size_t i = 0; i < index->kept_count; i++) {
        struct kept_part *facts = &index->kept[i].facts;
        if (facts->kind == PART_SPOOLED) {
            facts->part.position += start;
        }
    }
}

static void
write_parts(struct index *index, struct writer *writer, bool copies_carried)
{
    for (size_t i = 0; copies_carried && i < index->kept_count; i++) {
        struct kept_part *facts = &index->kept[i].facts;
        if (facts->kind == PART_CARRIED) {
            facts->part.position = writer_add_part(writer, facts->bytes, facts->part.size_bytes);
        }
    }
    for (size_t i = 0; i < index->kept_count; i++) {
        struct kept_part *found = &index->kept[i].found;
        if (found->kind == PART_IN_MEMORY || (found->kind == PART_CARRIED && copies_carried)) {
            found->part.position = writer_add_part(writer, found->bytes, found->part.size_bytes);
        }
    }
}

/* The newest tests of the content that are known under another key than the newest entry's; NULL. */
static const struct index_entry *
find_alternative(const struct index *index, const struct kept_entry *kept, const unsigned char *key,
                 const struct segment **segment_out)
{
    struct entry_cursor cursor = index_entries(index, kept->path);
    const struct index_entry *entry = NULL;

    do {
        entry = index_next(&cursor, segment_out);
    } while (entry && (!entry->found.size_bytes || memcmp(entry->hash, kept->hash, sizeof entry->hash) != 0 ||
                       memcmp(entry->key, key, sizeof entry->key) == 0));
    return entry;
}

/* What is known under two keys stays: a third one takes the place of the older. */
static uint64_t
count_dead_tests(const struct index *index, const struct kept_entry *kept)
{
    const struct segment *segment = NULL;
    const struct index_entry *old = kept->replaced;
    bool is_same = memcmp(old->hash, kept->hash, sizeof old->hash) == 0;

    if (kept->found.kind == PART_CARRIED) {
        return 0;
    }
    if (is_same && memcmp(old->key, kept->key, sizeof old->key) != 0) {
        old = find_alternative(index, kept, old->key, &segment);
        return old ? old->found.size_bytes : 0;
    }
    return old->found.size_bytes;
}

/* Blobs of the file that nothing will point to any more. */
static uint64_t
count_dead(const struct index *index)
{
    uint64_t dead_bytes = index->segment_count ? index->segments[index->segment_count - 1].head->dead_bytes : 0;

    for (size_t i = 0; i < index->kept_count; i++) {
        const struct kept_entry *kept = &index->kept[i];
        if (kept->replaced) {
            dead_bytes += kept->facts.kind == PART_CARRIED ? 0 : kept->replaced->facts.size_bytes;
            dead_bytes += count_dead_tests(index, kept);
            dead_bytes += sizeof *kept->replaced;
        }
    }
    return dead_bytes;
}

/* All of a segment but its facts, which stand before the writer's position; the head comes last. */
static bool
write_segment(struct index *index, struct writer *writer, uint64_t position, bool copies_carried)
{
    struct segment_head head = {.magic = SEGMENT_MAGIC, .generation = index->generation, .position = position};
    size_t directory_bytes = 0;

    head.dead_bytes = copies_carried ? 0 : count_dead(index);
    for (size_t i = 0; i < index->kept_count; i++) {
        struct kept_entry *kept = &index->kept[i];
        if (kept->found.kind == PART_CARRIED && kept->set != NO_SET) {
            kept->set = sets_add_carried(&index->sets, kept->carried_from, kept->set);
        }
    }
    write_parts(index, writer, copies_carried);
    unsigned char *directory = make_directory(index, &head, &directory_bytes);
    head.directory_checksum = hash_64(directory, directory_bytes);
    head.directory = writer_add(writer, directory, directory_bytes);
    head.size_bytes = head.directory + directory_bytes - position;
    memory_free(directory);
    writer_flush(writer);
    segment_head_seal(&head);
    return !writer->has_failed && file_write_at(writer->fd, position, &head, sizeof head);
}

/* ---- One more segment ---- */

/* Where the last whole segment ends: other processes may have added some. */
static uint64_t
find_end(const struct index *index, int fd)
{
    uint64_t end = index->end;
    struct segment_head head;

    while (file_read_at(fd, end, &head, sizeof head) && segment_head_is_whole(&head, index->generation, end) &&
           head.size_bytes % 8 == 0 && head.size_bytes >= sizeof head) {
        end += head.size_bytes;
    }
    return end;
}

static void
append(struct index *index, unsigned char *buffer)
{
    int fd = file_open_locked(index->path, &index->mapped.identity);

    if (fd < 0) {
        return;
    }
    uint64_t position = find_end(index, fd);
    struct writer writer = {.fd = fd, .position = position + sizeof(struct segment_head), .buffer = buffer};
    place_spooled(index, writer.position);
    writer_add(&writer, index->facts, index->facts_length);
    /* A segment that cannot be written whole is none, and the next one takes its place. */
    bool is_done = write_segment(index, &writer, position, false);
    (void)is_done;
    file_close(fd);
}

/* ---- A new file ---- */

/* Takes in what the file says of other files, as long as they exist. */
static void
carry_others(struct index *index)
{
    for (size_t i = index->segment_count; i > 0; i--) {
        const struct segment *segment = &index->segments[i - 1];
        for (uint32_t j = 0; j < segment->head->entry_count; j++) {
            const struct index_entry *entry = &segment->entries[j];
            struct source source = {.path = segment->texts + entry->path, .stamp = entry->stamp};
            if (!table_find(&index->kept_by_path, source.path, entry->path_length) &&
                file_kind_of(source.path, NULL) == FILE_REGULAR) {
                memcpy(source.hash, entry->hash, sizeof source.hash);
                index_keep_stamp(index, &source);
            }
        }
    }
}

/* And of each file its tests under one key more. */
static void
carry_alternatives(struct index *index)
{
    for (size_t i = index->kept_count; i > 0; i--) {
        const struct kept_entry *kept = &index->kept[i - 1];
        const struct segment *segment = NULL;
        const struct index_entry *entry = kept->found.kind ? find_alternative(index, kept, kept->key, &segment) : NULL;
        if (entry) {
            index_keep_alternative(index, kept, entry, segment);
        }
    }
}

/* Another one than any file had that a process may still hold. */
static uint64_t
new_generation(void)
{
    double now = clock_wall_s();
    uint64_t bits = 0;

    memcpy(&bits, &now, sizeof bits);
    return bits ^ (uint64_t)current_process_id() << 40;
}

static void
rewrite(struct index *index, unsigned char *buffer)
{
    struct index_head head;
    uint64_t start = sizeof head + sizeof(struct segment_head);

    carry_others(index);
    carry_alternatives(index);
    index->generation = new_generation();
    index_head_fill(&head, index->generation);
    if (!index_spool_flush(index)) {
        return;
    }
    struct writer writer = {.fd = index->spool_fd, .position = start + index->spooled_bytes, .buffer = buffer};
    place_spooled(index, start);
    if (write_segment(index, &writer, sizeof head, true) && file_write_at(index->spool_fd, 0, &head, sizeof head) &&
        file_take_place(index->spool_fd, index->spool_path, sizeof index->spool_path, index->path)) {
        file_close(index->spool_fd);
        index->spool_fd = -1;
    }
}

/* The spare one, if it has any use: what it held is written. */
static unsigned char *
buffer_take(struct index *index)
{
    unsigned char *spare = index->spare;

    if (!spare || index->spare_capacity < BUFFER_BYTES) {
        return memory_alloc(BUFFER_BYTES);
    }
    index->spare = NULL;
    return spare;
}

bool
index_save(struct index *index, struct error *error)
{
    (void)error;
    if (!index || index->kept_count == 0 || index->is_broken) {
        return true;
    }
    unsigned char *buffer = buffer_take(index);
    if (!index->end || index->spool_fd >= 0 || index->segment_count >= MOST_SEGMENTS ||
        count_dead(index) > index->end / 2) {
        rewrite(index, buffer);
    } else {
        append(index, buffer);
    }
    memory_free(buffer);
    return true;
}
