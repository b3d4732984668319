/* Whether bytes from the disk are a found_file. */
#include "discover/internal.h"

static bool
marks_check(const void *bytes, size_t size_bytes, struct blob_range range)
{
    const struct found_mark *marks = blob_at(bytes, range.first);
    bool is_good = blob_holds_range(size_bytes, range, sizeof *marks);

    for (uint32_t i = 0; is_good && i < range.count; i++) {
        is_good =
            blob_holds_text(bytes, size_bytes, marks[i].name) && blob_holds_text(bytes, size_bytes, marks[i].arguments);
    }
    return is_good;
}

static bool
parametrization_check(const void *bytes, size_t size_bytes, struct blob_range range)
{
    const struct found_parametrization *sets = blob_at(bytes, range.first);
    bool is_good = blob_holds_range(size_bytes, range, sizeof *sets);

    for (uint32_t i = 0; is_good && i < range.count; i++) {
        is_good = blob_holds_texts(bytes, size_bytes, sets[i].names) &&
                  blob_holds_text(bytes, size_bytes, sets[i].fixture) &&
                  blob_holds_texts(bytes, size_bytes, sets[i].ids);
    }
    return is_good;
}

static bool
id_marks_check(const void *bytes, size_t size_bytes, const struct found_function *function)
{
    const struct blob_range *ranges = blob_at(bytes, function->id_marks.first);
    bool is_good = function->id_marks.count == 0 || (function->id_marks.count == function->ids.count &&
                                                     blob_holds_range(size_bytes, function->id_marks, sizeof *ranges));

    for (uint32_t i = 0; is_good && i < function->id_marks.count; i++) {
        is_good = marks_check(bytes, size_bytes, ranges[i]);
    }
    return is_good;
}

/* Most are a name and lines: one look tells. */
static bool
is_plain(const struct found_function *function)
{
    return (function->classes | function->reason | function->file | function->marks.count | function->fixtures.count |
            function->parametrization.count | function->ids.count | function->id_marks.count) == 0;
}

static bool
function_check(const void *bytes, size_t size_bytes, const struct found_function *function)
{
    if (is_plain(function)) {
        return blob_holds_text(bytes, size_bytes, function->name);
    }
    return blob_holds_text(bytes, size_bytes, function->name) &&
           blob_holds_text(bytes, size_bytes, function->classes) &&
           blob_holds_text(bytes, size_bytes, function->reason) && blob_holds_text(bytes, size_bytes, function->file) &&
           marks_check(bytes, size_bytes, function->marks) && blob_holds_texts(bytes, size_bytes, function->fixtures) &&
           parametrization_check(bytes, size_bytes, function->parametrization) &&
           blob_holds_texts(bytes, size_bytes, function->ids) && id_marks_check(bytes, size_bytes, function);
}

bool
found_check(const void *bytes, size_t size_bytes)
{
    const struct found_file *file = bytes;

    if (size_bytes < sizeof *file || file->format != FOUND_FORMAT || file->size_bytes != size_bytes ||
        !blob_holds_text(bytes, size_bytes, file->error) || !blob_holds_text(bytes, size_bytes, file->reason)) {
        return false;
    }
    const struct found_function *functions = blob_at(bytes, file->functions.first);
    const struct found_test *tests = blob_at(bytes, file->tests.first);
    bool is_good = blob_holds_range(size_bytes, file->functions, sizeof *functions) &&
                   blob_holds_range(size_bytes, file->tests, sizeof *tests);
    for (uint32_t i = 0; is_good && i < file->functions.count; i++) {
        is_good = function_check(bytes, size_bytes, &functions[i]);
    }
    for (uint32_t i = 0; is_good && i < file->tests.count; i++) {
        is_good = tests[i].function < file->functions.count &&
                  (tests[i].id == 0 || tests[i].id < functions[tests[i].function].ids.count);
    }
    return is_good;
}
