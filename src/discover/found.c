/* Whether bytes from the disk are a found_file: every offset inside of them, in time linear in their number. */
#include "discover/internal.h"

struct checker {
    const void *bytes;
    size_t size_bytes;
    size_t left; /* bytes of records that may still be looked at: what is looked at belongs to one owner */
};

/* Whether the records may be looked at. */
static bool
range_holds(struct checker *checker, struct blob_range range, size_t record_bytes)
{
    if (!blob_holds_range(checker->size_bytes, range, record_bytes) || range.count * record_bytes > checker->left) {
        return false;
    }
    checker->left -= range.count * record_bytes;
    return true;
}

static bool
text_holds(const struct checker *checker, blob_offset offset)
{
    return blob_holds_text(checker->bytes, checker->size_bytes, offset);
}

static bool
texts_hold(struct checker *checker, struct blob_range range)
{
    return range_holds(checker, range, sizeof(blob_offset)) &&
           blob_holds_texts(checker->bytes, checker->size_bytes, range);
}

static bool
marks_hold(struct checker *checker, struct blob_range range)
{
    const struct found_mark *marks = blob_at(checker->bytes, range.first);
    bool is_good = range_holds(checker, range, sizeof *marks);

    for (uint32_t i = 0; is_good && i < range.count; i++) {
        is_good = text_holds(checker, marks[i].name) && text_holds(checker, marks[i].arguments);
    }
    return is_good;
}

static bool
parametrization_holds(struct checker *checker, struct blob_range range)
{
    const struct found_parametrization *sets = blob_at(checker->bytes, range.first);
    bool is_good = range_holds(checker, range, sizeof *sets);

    for (uint32_t i = 0; is_good && i < range.count; i++) {
        is_good = texts_hold(checker, sets[i].names) && text_holds(checker, sets[i].fixture) &&
                  texts_hold(checker, sets[i].ids);
    }
    return is_good;
}

static bool
id_marks_hold(struct checker *checker, const struct found_details *details)
{
    const struct blob_range *ranges = blob_at(checker->bytes, details->id_marks.first);
    bool is_good = details->id_marks.count == 0 || (details->id_marks.count == details->ids.count &&
                                                    range_holds(checker, details->id_marks, sizeof *ranges));

    for (uint32_t i = 0; is_good && i < details->id_marks.count; i++) {
        is_good = marks_hold(checker, ranges[i]);
    }
    return is_good;
}

static bool
is_same_range(struct blob_range left, struct blob_range right)
{
    return left.first == right.first && left.count == right.count;
}

/* `before` was looked at: what follows may share its marks and fixtures. */
static bool
details_hold(struct checker *checker, const struct found_details *details, const struct found_details *before)
{
    return text_holds(checker, details->reason) && text_holds(checker, details->file) &&
           (is_same_range(details->marks, before->marks) || marks_hold(checker, details->marks)) &&
           (is_same_range(details->fixtures, before->fixtures) || texts_hold(checker, details->fixtures)) &&
           parametrization_holds(checker, details->parametrization) && texts_hold(checker, details->ids) &&
           id_marks_hold(checker, details);
}

static bool
all_details_hold(struct checker *checker, struct blob_range range)
{
    static const struct found_details NONE = {.reason = 0};
    const struct found_details *details = blob_at(checker->bytes, range.first);
    bool is_good = range_holds(checker, range, sizeof *details);

    for (uint32_t i = 0; is_good && i < range.count; i++) {
        is_good = details_hold(checker, &details[i], i ? &details[i - 1] : &NONE);
    }
    return is_good;
}

static bool
functions_hold(struct checker *checker, const struct found_file *file)
{
    const struct found_function *functions = blob_at(file, file->functions.first);
    bool is_good = range_holds(checker, file->functions, sizeof *functions);

    for (uint32_t i = 0; is_good && i < file->functions.count; i++) {
        is_good = text_holds(checker, functions[i].name) && text_holds(checker, functions[i].classes) &&
                  functions[i].details <= file->details.count;
    }
    return is_good;
}

/* Behind the functions. */
static bool
tests_hold(struct checker *checker, const struct found_file *file)
{
    const struct found_function *functions = blob_at(file, file->functions.first);
    const struct found_test *tests = blob_at(file, file->tests.first);
    bool is_good = file->flags & FILE_IN_ORDER ? !file->tests.count : range_holds(checker, file->tests, sizeof *tests);

    for (uint32_t i = 0; is_good && i < file->tests.count; i++) {
        is_good = tests[i].function < file->functions.count &&
                  (tests[i].id == 0 || tests[i].id < found_details(file, &functions[tests[i].function])->ids.count);
    }
    return is_good;
}

bool
found_check(const void *bytes, size_t size_bytes)
{
    struct checker checker = {.bytes = bytes, .size_bytes = size_bytes, .left = size_bytes};
    const struct found_file *file = bytes;

    return size_bytes >= sizeof *file && file->format == FOUND_FORMAT && file->size_bytes == size_bytes &&
           text_holds(&checker, file->error) && text_holds(&checker, file->reason) &&
           all_details_hold(&checker, file->details) && functions_hold(&checker, file) && tests_hold(&checker, file);
}
