/* Whether the hooks of plugins left of a file what its sources say: by the items that a run had in the end. */
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "discover/internal.h"

/* The sum that recorded_item.marks is. */
static uint64_t
marks_sum(const struct found_file *found, struct blob_range range)
{
    const struct found_mark *marks = blob_at(found, range.first);
    uint64_t sum = 0;

    for (uint32_t i = 0; i < range.count; i++) {
        sum += hash_64(blob_text(found, marks[i].name), blob_text_length(found, marks[i].name));
    }
    return sum;
}

static bool
has_same_marks(const struct found_file *found, const struct found_function *function, const struct found_test *test,
               const struct recorded_item *item)
{
    const struct found_details *details = found_details(found, function);
    const struct blob_range *id_marks = blob_at(found, details->id_marks.first);
    uint64_t sum = marks_sum(found, details->marks);

    if (test->id < details->id_marks.count) {
        sum += marks_sum(found, id_marks[test->id]);
    }
    return sum == item->marks;
}

/* Whether all exact tests are among the items, in their order; all items among them if the file is exact. */
static bool
is_as_told(const struct hooks_left *left, const struct discovered_file *file, const struct recorded_item *items,
           size_t count)
{
    const struct found_file *found = file->found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    size_t file_length = strlen(file->nodeid);
    struct text id = {0};
    size_t at = 0;
    bool is_good = !(found->flags & FILE_EXACT) || found_test_count(found) == count;

    for (uint32_t i = 0; is_good && i < found_test_count(found); i++) {
        const struct found_test test = found_test_at(found, i);
        const struct found_function *function = &functions[test.function];
        if (!(function->flags & TEST_EXACT)) {
            continue;
        }
        text_clear(&id);
        discovered_id_add(file, &test, &id);
        uint64_t hash = hash_64(id.bytes + file_length, id.length - file_length);
        while (at < count && items[at].id != hash) {
            at++;
        }
        is_good = at < count && (!left->needs_marks || has_same_marks(found, function, &test, &items[at]));
        at++;
    }
    text_release(&id);
    return is_good;
}

const struct recorded_run *
hooks_left_file(const struct hooks_left *left, const struct resolver *resolver, const struct source *source,
                const struct source_check *check, struct arena *kept, struct discovered_file *file)
{
    struct arena arena = {0};
    struct string_list conftests = {0};
    struct string_list imports = {0};
    const struct recorded_run *run = NULL;
    const char *reason = resolver_find_hooks(resolver, source, &arena, &conftests, &imports);

    for (size_t i = 0; i < file->import_count; i++) {
        string_list_add(&imports, &arena, file->imports[i]);
    }
    reason = left->reason ? left->reason : reason;
    const struct recorded_rest rest = {imports.items, imports.count, conftests.items, conftests.count};
    const struct recorded_file *recorded =
        reason && left->records ? records_find_hooks(left->records, left->key, file->path, &rest, check, &run) : NULL;

    bool is_left = recorded && !(recorded->flags & ITEMS_VARY) &&
                   is_as_told(left, file, blob_at(run, recorded->items.first), recorded->items.count);

    if (recorded && !is_left) {
        struct text text = {0};
        text_add_format(&text, "%s, and a run found something else", reason);
        reason = arena_copy_bytes(kept, text.bytes, text.length);
        text_release(&text);
    }
    file->reason = is_left ? NULL : reason;
    arena_release(&arena);
    return is_left ? run : NULL;
}
