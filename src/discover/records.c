/* The file of records: segments, each checked for itself; of two that say the same the later one counts. */
#include "discover/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/table.h"
#include "base/text.h"
#include "discover/internal.h"
#include "discover/records_format.h"
#include "os/file.h"

static const char MAGIC[8] = RECORDS_MAGIC;

enum { MAX_FILE_BYTES = 1024 * 1024 * 1024, SMALL_FILE_BYTES = 64 * 1024, MAX_RUNS = 64, MAX_ENVIRONMENTS = 16 };

/* ---- Segments ---- */

static uint64_t
segment_checksum(const struct segment_head *head, const void *body)
{
    struct {
        uint32_t kind, body_bytes;
        unsigned char key[16];
    } rest = {.kind = head->kind, .body_bytes = head->body_bytes};

    memcpy(rest.key, head->key, sizeof rest.key);
    return hash_64(body, head->body_bytes) ^ hash_64(&rest, sizeof rest);
}

static struct segment *
segment_add(struct records *records, const struct segment_head *head, const void *body)
{
    struct segment *segment = arena_alloc_zeroed(&records->arena, sizeof *segment);

    segment->head = head;
    segment->body = body;
    if (records->segment_count == records->segment_capacity) {
        records->segment_capacity = records->segment_capacity ? records->segment_capacity * 2 : 16;
        records->segments = memory_resize(records->segments, records->segment_capacity * sizeof(struct segment *));
    }
    records->segments[records->segment_count++] = segment;
    if (head->kind == SEGMENT_TESTS) {
        const struct recorded_tests *tests = body;
        const char *path = blob_text(body, tests->path);
        segment->previous = table_find(&records->tests, path, strlen(path));
        table_set(&records->tests, path, strlen(path), segment);
    }
    return segment;
}

static bool
body_check(const struct segment_head *head, const void *body)
{
    switch (head->kind) {
    case SEGMENT_PLUGINS:
        return plugin_facts_check(body, head->body_bytes);
    case SEGMENT_TESTS:
        return recorded_tests_check(body, head->body_bytes);
    case SEGMENT_RUN:
        return recorded_run_check(body, head->body_bytes);
    default:
        return false;
    }
}

/* Takes up the file's segments as far as they are whole. */
static void
records_parse(struct records *records)
{
    size_t at = 0;

    while (records->bytes.length - at >= sizeof(struct segment_head)) {
        const struct segment_head *head = (const void *)(records->bytes.bytes + at);
        const void *body = head + 1;
        if (memcmp(head->magic, MAGIC, sizeof head->magic) != 0 || head->body_bytes % 8 != 0 ||
            head->body_bytes > records->bytes.length - at - sizeof *head ||
            segment_checksum(head, body) != head->checksum || !body_check(head, body)) {
            break;
        }
        segment_add(records, head, body);
        at += sizeof *head + head->body_bytes;
    }
    records->is_damaged = at != records->bytes.length;
}

/* Adds a segment that is not in the file yet; the blob's own header is filled in. */
static void
segment_add_new(struct records *records, enum segment_kind kind, const unsigned char key[16], const struct blob *blob)
{
    char *memory = arena_alloc(&records->arena, sizeof(struct segment_head) + blob->size_bytes);
    struct segment_head *head = (void *)memory;
    uint32_t *body = (void *)(head + 1);

    memcpy(body, blob->bytes, blob->size_bytes);
    body[0] = RECORDS_FORMAT;
    body[1] = (uint32_t)blob->size_bytes;
    *head = (struct segment_head){.kind = (uint32_t)kind, .body_bytes = (uint32_t)blob->size_bytes};
    memcpy(head->magic, MAGIC, sizeof head->magic);
    memcpy(head->key, key, sizeof head->key);
    head->checksum = segment_checksum(head, body);
    if (!body_check(head, body)) {
        BUG("a record that could not be read again");
    }
    segment_add(records, head, body)->is_new = true;
    records->has_new = true;
}

/* ---- The file ---- */

struct records *
records_open(const char *folder)
{
    struct records *records = memory_alloc_zeroed(sizeof *records);
    struct error error = ERROR_INIT;

    text_add_format(&records->path, "%s/records", folder);
    if (file_read(records->path.bytes, MAX_FILE_BYTES, &records->bytes, &error)) {
        records_parse(records);
    } else {
        text_clear(&records->bytes);
    }
    return records;
}

void
records_free(struct records *records)
{
    if (!records) {
        return;
    }
    for (size_t i = 0; i < records->segment_count; i++) {
        table_release(&records->segments[i]->by_path);
    }
    memory_free(records->segments);
    table_release(&records->tests);
    text_release(&records->path);
    text_release(&records->bytes);
    arena_release(&records->arena);
    memory_free(records);
}

bool
segment_has_key(const struct segment *segment, const unsigned char key[16])
{
    return memcmp(segment->head->key, key, sizeof segment->head->key) == 0;
}

/* Whether a run says something of a file that no later run of its key says: then all such files are its. */
static bool
run_take_files(const struct segment *segment, struct table *known)
{
    const struct recorded_run *run = segment->body;
    const struct recorded_source *sources = blob_at(run, run->sources.first);
    const struct recorded_file *files = blob_at(run, run->files.first);
    bool is_live = false;

    for (uint32_t i = 0; i < run->files.count; i++) {
        const char *path = blob_text(run, sources[files[i].source].path);
        size_t length = strlen(path);
        const struct segment *later = table_find(known, path, length);
        if (!later || memcmp(later->head->key, segment->head->key, sizeof later->head->key) != 0) {
            is_live = true;
            table_set(known, path, length, (void *)segment);
        }
    }
    return is_live;
}

static bool
tests_are_live(const struct records *records, const struct segment *segment)
{
    const struct recorded_tests *tests = segment->body;
    const char *path = blob_text(tests, tests->path);
    const struct segment *newest = table_find(&records->tests, path, strlen(path));

    return newest == segment && file_exists(path);
}

/* Marks what is worth keeping; returns its size. */
static size_t
records_mark_live(struct records *records)
{
    struct table known = {0};
    struct table environments = {0};
    size_t run_count = 0;
    size_t live_bytes = 0;

    for (size_t i = records->segment_count; i-- > 0;) {
        struct segment *segment = records->segments[i];
        const char *key = (const char *)segment->head->key;
        switch (segment->head->kind) {
        case SEGMENT_PLUGINS:
            segment->is_live = environments.count < MAX_ENVIRONMENTS && !table_find(&environments, key, 16);
            table_set(&environments, key, 16, segment);
            break;
        case SEGMENT_TESTS:
            segment->is_live = tests_are_live(records, segment);
            break;
        default:
            segment->is_live = run_count < MAX_RUNS && run_take_files(segment, &known);
            run_count += segment->is_live;
            break;
        }
        live_bytes += segment->is_live ? sizeof *segment->head + segment->head->body_bytes : 0;
    }
    table_release(&known);
    table_release(&environments);
    return live_bytes;
}

/* Adds the bytes of the segments that are live or new. */
static void
records_format(const struct records *records, bool live_ones, struct text *text)
{
    for (size_t i = 0; i < records->segment_count; i++) {
        const struct segment *segment = records->segments[i];
        if (live_ones ? segment->is_live : segment->is_new) {
            text_add(text, (const char *)segment->head, sizeof *segment->head);
            text_add(text, segment->body, segment->head->body_bytes);
        }
    }
}

static bool
folder_of_file_make(const struct text *path)
{
    struct text folder = {0};

    text_add(&folder, path->bytes, (size_t)(strrchr(path->bytes, '/') - path->bytes));
    bool is_made = folder_make(folder.bytes);
    text_release(&folder);
    return is_made;
}

bool
records_save(struct records *records, struct error *error)
{
    struct text bytes = {0};
    bool is_done = true;

    if (!records->has_new) {
        return true;
    }
    size_t live_bytes = records_mark_live(records);
    bool is_anew =
        records->is_damaged || (records->bytes.length > SMALL_FILE_BYTES && records->bytes.length / 2 > live_bytes);
    records_format(records, is_anew, &bytes);
    is_done = folder_of_file_make(&records->path) &&
              (is_anew ? file_replace(records->path.bytes, bytes.bytes, bytes.length, "", 0)
                       : file_append(records->path.bytes, bytes.bytes, bytes.length));
    if (!is_done) {
        error_set_errno(error, errno, "cannot write %.300s", records->path.bytes);
    }
    for (size_t i = 0; i < records->segment_count; i++) {
        records->segments[i]->is_new = false;
    }
    records->has_new = false;
    text_release(&bytes);
    return is_done;
}

/* ---- Plugins ---- */

const struct plugin_facts *
records_find_plugins(const struct records *records, const unsigned char key[16])
{
    for (size_t i = records->segment_count; i-- > 0;) {
        const struct segment *segment = records->segments[i];
        if (segment->head->kind == SEGMENT_PLUGINS && segment_has_key(segment, key)) {
            return segment->body;
        }
    }
    return NULL;
}

void
records_add_plugins(struct records *records, const unsigned char key[16], const struct blob *facts)
{
    segment_add_new(records, SEGMENT_PLUGINS, key, facts);
}

/* ---- Sources ---- */

/* Enough for any source that somebody wrote. */
enum { MAX_SOURCE_BYTES = 256 * 1024 * 1024 };

static bool
is_same_on_disk(const struct source_check *check, const char *path, const struct recorded_source *source)
{
    struct file_stamp stamp;
    struct text text = {0};
    struct error error = ERROR_INIT;
    unsigned char hash[16];
    bool is_same = false;

    (void)check;
    if (!file_stamp_read(path, &stamp)) {
        return false;
    }
    if (source->stamp.inode && memcmp(&stamp, &source->stamp, sizeof stamp) == 0) {
        return true;
    }
    if (stamp.size_bytes <= MAX_SOURCE_BYTES && file_read(path, MAX_SOURCE_BYTES, &text, &error)) {
        hash_128(text_string(&text), text.length, hash);
        is_same = memcmp(hash, source->hash, sizeof hash) == 0;
    }
    text_release(&text);
    return is_same;
}

const struct source_check SOURCE_CHECK_ON_DISK = {.is_same = is_same_on_disk};

/* ---- Tests ---- */

static bool
sources_are_same(const void *body, struct blob_range range, const struct source_check *check)
{
    const struct recorded_source *sources = blob_at(body, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        if (!check->is_same(check, blob_text(body, sources[i].path), &sources[i])) {
            return false;
        }
    }
    return true;
}

const struct found_file *
records_find_tests(const struct records *records, const char *path, const unsigned char key[16],
                   const struct source_check *check)
{
    const struct segment *segment = table_find(&records->tests, path, strlen(path));

    while (segment && !segment_has_key(segment, key)) {
        segment = segment->previous;
    }
    const struct recorded_tests *tests = segment ? segment->body : NULL;
    if (!tests || !found_check(blob_at(tests, tests->found), tests->found_bytes) ||
        !sources_are_same(tests, tests->sources, check)) {
        return NULL;
    }
    return blob_at(tests, tests->found);
}

void
records_add_tests(struct records *records, const struct blob *tests)
{
    const struct recorded_tests *header = (const void *)tests->bytes;
    segment_add_new(records, SEGMENT_TESTS, header->key, tests);
}

/* ---- Runs ---- */

const struct table *
run_sources(struct records *records, struct segment *segment)
{
    const struct recorded_run *run = segment->body;
    const struct recorded_source *sources = blob_at(run, run->sources.first);
    const struct recorded_file *files = blob_at(run, run->files.first);

    if (segment->files) {
        return &segment->by_path;
    }
    segment->files = arena_alloc_zeroed(&records->arena, (run->sources.count + 1) * sizeof *segment->files);
    for (uint32_t i = 0; i < run->sources.count; i++) {
        const char *path = blob_text(run, sources[i].path);
        table_set(&segment->by_path, path, strlen(path), (void *)&sources[i]);
    }
    for (uint32_t i = 0; i < run->files.count; i++) {
        segment->files[files[i].source] = &files[i];
    }
    return &segment->by_path;
}

const struct recorded_file *
run_find_file(const struct segment *segment, const struct recorded_source *source)
{
    const struct recorded_run *run = segment->body;
    const struct recorded_source *first = blob_at(run, run->sources.first);

    return source ? segment->files[source - first] : NULL;
}

const struct recorded_source *
table_find_source(const struct table *table, const char *path)
{
    return table_find(table, path, strlen(path));
}

bool
run_holds(const struct table *table, const char *const *imports, size_t count, const struct source_check *check)
{
    for (size_t i = 0; i < count; i++) {
        const struct recorded_source *source = table_find_source(table, imports[i]);
        if (!source || !check->is_same(check, imports[i], source)) {
            return false;
        }
    }
    return true;
}

/* Whether all that the run imported and nobody follows is what it was. */
static bool
rest_is_same(struct segment *segment, const struct table *told, const struct source_check *check)
{
    for (size_t i = 0; segment->rest == REST_UNKNOWN && told && i < segment->by_path.count; i++) {
        const struct table_entry *entry = &segment->by_path.entries[i];
        if (!table_find(told, entry->key, entry->key_length) && !check->is_same(check, entry->key, entry->value)) {
            segment->rest = REST_HAS_CHANGED;
        }
    }
    if (segment->rest == REST_UNKNOWN) {
        segment->rest = REST_IS_SAME;
    }
    return segment->rest == REST_IS_SAME;
}

bool
records_is_clean(struct records *records, const unsigned char key[16], const char *path, const char *const *imports,
                 size_t import_count, const struct table *told, const struct source_check *check,
                 size_t *test_count_out)
{
    for (size_t i = records->segment_count; i-- > 0;) {
        struct segment *segment = records->segments[i];
        if (segment->head->kind != SEGMENT_RUN || !segment_has_key(segment, key)) {
            continue;
        }
        const struct table *table = run_sources(records, segment);
        const struct recorded_source *source = table_find_source(table, path);
        const struct recorded_file *file = run_find_file(segment, source);
        if (file && check->is_same(check, path, source) && run_holds(table, imports, import_count, check) &&
            rest_is_same(segment, told, check)) {
            if (test_count_out) {
                *test_count_out = file->test_count;
            }
            return true;
        }
    }
    return false;
}

void
records_add_run(struct records *records, const struct blob *run)
{
    const struct recorded_run *header = (const void *)run->bytes;
    segment_add_new(records, SEGMENT_RUN, header->key, run);
}

/* The same content, and nothing learned about its stamp. */
static bool
source_is_known(const struct recorded_source *known, const struct recorded_source *source)
{
    return memcmp(known->hash, source->hash, sizeof known->hash) == 0 &&
           (!source->stamp.inode || memcmp(&known->stamp, &source->stamp, sizeof known->stamp) == 0);
}

static bool
is_same_file(const void *base, const struct recorded_file *file, const void *other_base,
             const struct recorded_file *other)
{
    return file->test_count == other->test_count && file->flags == other->flags &&
           file->items.count == other->items.count &&
           memcmp(blob_at(base, file->items.first), blob_at(other_base, other->items.first),
                  file->items.count * sizeof(struct recorded_item)) == 0;
}

/* Whether the segment's run says all of it. */
static bool
run_includes(struct records *records, struct segment *segment, const struct recorded_run *run)
{
    const struct table *table = run_sources(records, segment);
    const struct recorded_source *sources = blob_at(run, run->sources.first);
    const struct recorded_file *files = blob_at(run, run->files.first);

    if (((const struct recorded_run *)segment->body)->flags != run->flags) {
        return false;
    }
    for (uint32_t i = 0; i < run->sources.count; i++) {
        const struct recorded_source *known = table_find_source(table, blob_text(run, sources[i].path));
        if (!known || !source_is_known(known, &sources[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < run->files.count; i++) {
        const struct recorded_source *known = table_find_source(table, blob_text(run, sources[files[i].source].path));
        const struct recorded_file *other = run_find_file(segment, known);
        if (!other || !is_same_file(segment->body, other, run, &files[i])) {
            return false;
        }
    }
    return true;
}

bool
records_know_run(struct records *records, const struct blob *blob)
{
    const struct recorded_run *run = (const void *)blob->bytes;

    for (size_t i = records->segment_count; i-- > 0;) {
        struct segment *segment = records->segments[i];
        if (segment->head->kind == SEGMENT_RUN && segment_has_key(segment, run->key) &&
            run_includes(records, segment, run)) {
            return true;
        }
    }
    return false;
}

const struct recorded_source *
records_find_source(struct records *records, const char *path)
{
    for (size_t i = records->segment_count; i-- > 0;) {
        struct segment *segment = records->segments[i];
        const struct recorded_source *source =
            segment->head->kind == SEGMENT_RUN ? table_find_source(run_sources(records, segment), path) : NULL;
        if (source) {
            return source;
        }
    }
    return NULL;
}

bool
records_have_run(const struct records *records, const unsigned char key[16])
{
    for (size_t i = 0; i < records->segment_count; i++) {
        if (records->segments[i]->head->kind == SEGMENT_RUN && segment_has_key(records->segments[i], key)) {
            return true;
        }
    }
    return false;
}
