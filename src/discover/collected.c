/* What an interpreter collected from a file, as the record that a later discovery answers with. */
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "discover/internal.h"
#include "os/file.h"

enum { MAX_SOURCE_BYTES = 256 * 1024 * 1024 };

static blob_offset
add_text(struct blob *blob, const char *text)
{
    return text ? blob_add_text(blob, text, strlen(text)) : 0;
}

static struct blob_range
add_marks(struct blob *blob, const struct collected_item *item)
{
    struct found_mark *marks = memory_alloc_zeroed((item->mark_count + 1) * sizeof *marks);

    for (size_t i = 0; i < item->mark_count; i++) {
        marks[i].name = add_text(blob, item->marks[i].name);
        marks[i].arguments = add_text(blob, item->marks[i].arguments);
    }
    struct blob_range range = {0, (uint32_t)item->mark_count};
    if (item->mark_count) {
        range.first = blob_add(blob, marks, item->mark_count * sizeof *marks);
    }
    memory_free(marks);
    return range;
}

static struct blob_range
add_texts(struct blob *blob, const char *const *texts, size_t count)
{
    blob_offset *offsets = memory_alloc_zeroed((count + 1) * sizeof *offsets);

    for (size_t i = 0; i < count; i++) {
        offsets[i] = add_text(blob, texts[i]);
    }
    struct blob_range range = {0, (uint32_t)count};
    if (count) {
        range.first = blob_add(blob, offsets, count * sizeof *offsets);
    }
    memory_free(offsets);
    return range;
}

static bool
is_same_text(const char *left, const char *right)
{
    return left == right || (left && right && strcmp(left, right) == 0);
}

/* Whether two items are of one function, and differ in their ids alone. */
static bool
is_same_function(const struct collected_item *left, const struct collected_item *right)
{
    if (!left->id || !right->id || left->line != right->line || left->mark_count != right->mark_count ||
        left->fixture_count != right->fixture_count || !is_same_text(left->name, right->name) ||
        !is_same_text(left->classes, right->classes) || !is_same_text(left->file, right->file)) {
        return false;
    }
    for (size_t i = 0; i < left->mark_count; i++) {
        if (!is_same_text(left->marks[i].name, right->marks[i].name) ||
            !is_same_text(left->marks[i].arguments, right->marks[i].arguments)) {
            return false;
        }
    }
    for (size_t i = 0; i < left->fixture_count; i++) {
        if (!is_same_text(left->fixtures[i], right->fixtures[i])) {
            return false;
        }
    }
    return true;
}

/* Of one function: `count` items that follow each other. */
static struct found_details
details_write(struct blob *blob, const struct source *source, const struct collected_item *items, size_t count)
{
    const char **ids = memory_alloc((count + 1) * sizeof *ids);
    const struct collected_item *first = &items[0];
    bool is_elsewhere = first->file && strcmp(first->file, source->nodeid) != 0;

    for (size_t i = 0; i < count; i++) {
        ids[i] = items[i].id;
    }
    struct found_details details = {
        .file = is_elsewhere ? add_text(blob, first->file) : 0,
        .marks = add_marks(blob, first),
        .fixtures = add_texts(blob, first->fixtures, first->fixture_count),
    };
    if (first->id) {
        details.ids = add_texts(blob, ids, count);
    }
    memory_free(ids);
    return details;
}

static struct found_function
function_write(struct blob *blob, const struct collected_item *item)
{
    return (struct found_function){
        .name = add_text(blob, item->name),
        .classes = add_text(blob, item->classes),
        .line = item->line,
        .end_line = item->end_line,
        .column = (uint16_t)(item->column < UINT16_MAX ? item->column : UINT16_MAX),
        .flags = (uint16_t)(item->flags | TEST_EXACT | TEST_RECORDED),
    };
}

static bool
is_empty(const struct found_details *details)
{
    return !(details->file | details->marks.count | details->fixtures.count | details->ids.count);
}

static void
found_write(struct blob *blob, const struct source *source, const struct collected_item *items, size_t item_count)
{
    struct found_function *functions = memory_alloc((item_count + 1) * sizeof *functions);
    struct found_details *details = memory_alloc((item_count + 1) * sizeof *details);
    struct found_test *tests = memory_alloc((item_count + 1) * sizeof *tests);
    uint32_t function_count = 0;
    uint32_t details_count = 0;

    blob_reserve(blob, sizeof(struct found_file));
    for (size_t i = 0; i < item_count;) {
        size_t count = 1;
        while (i + count < item_count && is_same_function(&items[i], &items[i + count])) {
            count++;
        }
        for (size_t j = 0; j < count; j++) {
            tests[i + j] = (struct found_test){.function = function_count, .id = (uint32_t)j};
        }
        functions[function_count] = function_write(blob, &items[i]);
        details[details_count] = details_write(blob, source, &items[i], count);
        if (!is_empty(&details[details_count])) {
            functions[function_count].details = ++details_count;
        }
        function_count++;
        i += count;
    }
    struct found_file file = {
        .format = FOUND_FORMAT,
        .flags = FILE_EXACT | FILE_RECORDED,
        .functions = {0, function_count},
        .details = {0, details_count},
        .tests = {0, (uint32_t)item_count},
    };
    if (item_count) {
        file.functions.first = blob_add(blob, functions, function_count * sizeof *functions);
        file.details.first = blob_add(blob, details, details_count * sizeof *details);
        file.tests.first = blob_add(blob, tests, item_count * sizeof *tests);
    }
    file.size_bytes = (uint32_t)blob->size_bytes;
    memcpy(blob->bytes, &file, sizeof file);
    memory_free(tests);
    memory_free(details);
    memory_free(functions);
}

/* Of a file that cannot be read the hash matches nothing. */
static struct recorded_source
source_write(struct blob *blob, const char *path)
{
    struct recorded_source source = {.path = add_text(blob, path)};
    struct text bytes = {0};
    struct error error = ERROR_INIT;

    if (file_stamp_read(path, &source.stamp) && !file_stamp_is_settled(&source.stamp)) {
        source.stamp = (struct file_stamp){0};
    }
    if (file_read(path, MAX_SOURCE_BYTES, &bytes, &error)) {
        hash_128(text_string(&bytes), bytes.length, source.hash);
    }
    text_release(&bytes);
    return source;
}

void
collected_write(const struct source *source, const struct collected_item *items, size_t item_count,
                const char *const *sources, size_t source_count, struct blob *tests_out)
{
    struct recorded_source *written = memory_alloc((source_count + 1) * sizeof *written);
    struct blob found = {0};
    struct recorded_tests header = {0};

    blob_reserve(tests_out, sizeof header);
    for (size_t i = 0; i < source_count; i++) {
        written[i] = source_write(tests_out, sources[i]);
    }
    found_write(&found, source, items, item_count);
    header.path = add_text(tests_out, source->path);
    header.sources.count = (uint32_t)source_count;
    if (source_count) {
        header.sources.first = blob_add(tests_out, written, source_count * sizeof *written);
    }
    header.found_bytes = (uint32_t)found.size_bytes;
    header.found = blob_add(tests_out, found.bytes, found.size_bytes);
    memcpy(tests_out->bytes, &header, sizeof header);
    blob_release(&found);
    memory_free(written);
}
