/* What -k, -m, --deselect and ids leave of a file's tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "discover/internal.h"

/*
 * /p/tests/unit/test_some.py, the root being /p:
 *   test_plain
 *   test_slow            @pytest.mark.slow(reason="a \"b\"", level=3, on=True)
 *   TestÄrger::Inner::test_deep[a-1], [A[2]]   @pytest.mark.parametrize; the second: marks=pytest.mark.Late
 *   test_computed        @pytest.mark.slow(level=compute())
 */
static void
build_file(struct blob *blob)
{
    static const char *const NAMES[] = {"test_plain", "test_slow", "test_deep", "test_computed"};
    struct found_function functions[4] = {{0}};
    struct found_details details[4] = {{0}};
    const struct found_test tests[] = {{0, 0}, {1, 0}, {2, 0}, {2, 1}, {3, 0}};
    static const char ARGUMENTS[] =
        "{\"args\": [], \"kwargs\": {\"reason\": \"a \\\"b\\\" \\u00e4\", \"level\": 3, \"on\": true, \"f\": 2.0, "
        "\"kwargs\": null}}";

    blob_reserve(blob, sizeof(struct found_file));
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        functions[i].name = blob_add_text(blob, NAMES[i], strlen(NAMES[i]));
        functions[i].flags = TEST_EXACT;
        functions[i].details = (uint32_t)i + 1;
    }
    blob_offset slow = blob_add_text(blob, "slow", 4);
    const struct found_mark marks[] = {
        {slow, blob_add_text(blob, ARGUMENTS, strlen(ARGUMENTS))},
        {slow, 0},
        {blob_add_text(blob, "parametrize", 11), 0},
        {blob_add_text(blob, "Late", 4), blob_add_text(blob, "{\"args\": [], \"kwargs\": {}}", 26)},
    };
    blob_offset first = blob_add(blob, marks, sizeof marks);
    details[1].marks = (struct blob_range){first, 1};
    details[3].marks = (struct blob_range){first + (blob_offset)sizeof *marks, 1};
    details[2].marks = (struct blob_range){first + 2 * (blob_offset)sizeof *marks, 1};
    functions[2].classes = blob_add_text(blob, "Test\xc3\x84rger::Inner", 17);
    const blob_offset ids[] = {blob_add_text(blob, "a-1", 3), blob_add_text(blob, "A[2]", 4)};
    details[2].ids = (struct blob_range){blob_add(blob, ids, sizeof ids), 2};
    const struct blob_range id_marks[] = {{0, 0}, {first + 3 * (blob_offset)sizeof *marks, 1}};
    details[2].id_marks = (struct blob_range){blob_add(blob, id_marks, sizeof id_marks), 2};
    blob_offset functions_at = blob_add(blob, functions, sizeof functions);
    blob_offset details_at = blob_add(blob, details, sizeof details);
    blob_offset tests_at = blob_add(blob, tests, sizeof tests);
    struct found_file *file = (struct found_file *)blob->bytes;
    *file = (struct found_file){
        .format = FOUND_FORMAT,
        .flags = FILE_EXACT,
        .functions = {functions_at, COUNT_OF(functions)},
        .details = {details_at, COUNT_OF(details)},
        .tests = {tests_at, COUNT_OF(tests)},
    };
}

struct row {
    const char *keyword, *marks, *deselected;
    const char *selectors[3];
    const char *expected; /* the letters p s 1 2 c of what stays, "+N" deselected, "?" undecided, "!SELECTOR" */
};

static void
check_row(const struct row *row, const char *confcutdir)
{
    static const char LETTERS[] = "ps12c";
    const char *const prefixes[] = {row->deselected, NULL};
    struct discover_settings settings = {
        .keyword = row->keyword, .marks = row->marks, .deselected = prefixes, .confcutdir = confcutdir};
    struct discovered_file file = {.path = "/p/tests/unit/test_some.py", .nodeid = "tests/unit/test_some.py"};
    struct walked_file walked = {.selectors = row->selectors};
    struct selection *selection = NULL;
    struct tests_in_order in_order = {0};
    struct blob blob = {0};
    struct arena arena = {0};
    struct text text = {0};
    struct error error = ERROR_INIT;

    while (walked.selector_count < COUNT_OF(row->selectors) && row->selectors[walked.selector_count]) {
        walked.selector_count++;
    }
    build_file(&blob);
    file.found = (const struct found_file *)blob.bytes;
    if (!selection_make(&settings, &arena, &selection, &error)) {
        text_add_string(&text, error.message);
    } else {
        selection_apply(selection, &walked, &in_order, &arena, &file);
        for (size_t i = 0; i < file.selected_count; i++) {
            const struct found_test *test = &file.selected[i];
            text_add_char(&text, test->function == 3 ? 'c' : LETTERS[test->function + test->id]);
        }
        if (file.deselected_count) {
            text_add_format(&text, "+%zu", file.deselected_count);
        }
        text_add_string(&text, file.undecided ? "?" : "");
        text_add_format(&text, "%s%s", file.unmatched ? "!" : "", file.unmatched ? file.unmatched : "");
    }
    assert_string_equal(text_string(&text), row->expected);
    text_release(&text);
    blob_release(&blob);
    arena_release(&arena);
}

static void
rows_select_as_pytest_does(void **state)
{
    static const struct row ROWS[] = {
        {.expected = "ps12c"},
        {.keyword = "  ", .expected = "ps12c"},
        {.keyword = "PLAIN", .expected = "p+4"},
        {.keyword = "not slow", .expected = "p12+2"},
        {.keyword = "inner or plain", .expected = "p12+2"},
        {.keyword = "test\xc3\xa4rger", .expected = "12+3"},
        {.keyword = "test\xc3\x84RGER and a-1", .expected = "1+4"},
        {.keyword = "[a[2]]", .expected = "2+4"},
        {.keyword = "deep[A", .expected = "12+3"},
        {.keyword = "LATE", .expected = "2+4"},
        {.keyword = "parametrize", .expected = "12+3"},
        {.keyword = "unit and test_some.py", .expected = "ps12c"},
        {.keyword = "tests", .expected = "ps12c"},
        {.keyword = "unittest", .expected = "+5"},
        {.keyword = "a b",
         .expected = "Wrong expression passed to '-k': a b: at column 3: expected end of input; got "
                     "identifier"},
        {.keyword = "a(b=1)", .expected = "Keyword expressions do not support call parameters."},
        {.marks = "slow", .expected = "sc+3"},
        {.marks = "SLOW", .expected = "+5"},
        {.marks = "Late or slow", .expected = "s2c+2"},
        {.marks = "slow(level=3)", .expected = "sc+3?"},
        {.marks = "slow(level=03, on=1)", .expected = "sc+3?"},
        {.marks = "slow(level=4)", .expected = "c+4?"},
        {.marks = "not slow(level=4)", .expected = "ps12c?"},
        {.marks = "slow and not slow(level=4) and Late", .expected = "+5"},
        {.marks = "slow(f=2)", .expected = "sc+3?"},
        {.marks = "slow(f='2')", .expected = "c+4?"},
        {.marks = "slow(kwargs=None)", .expected = "sc+3?"},
        {.marks = "slow(missing=None)", .expected = "c+4?"},
        {.marks = "slow(on=True)", .expected = "sc+3?"},
        {.marks = "slow(on=False)", .expected = "c+4?"},
        {.marks = "slow(reason='a \xc3\xa4')", .expected = "c+4?"},
        {.marks = "slow(",
         .expected = "Wrong expression passed to '-m': slow(: at column 6: expected identifier; got "
                     "end of input"},
        {.deselected = "tests/unit/test_some.py::test_", .expected = "12+3"},
        {.deselected = "tests/unit/test_some.py::Test\xc3\x84rger::Inner::test_deep[a", .expected = "ps2c+1"},
        {.deselected = "unit", .expected = "ps12c"},
        {.selectors = {"test_slow"}, .expected = "s"},
        {.selectors = {"test_computed", "test_plain"}, .expected = "cp"},
        {.selectors = {"Test\xc3\x84rger"}, .expected = "12"},
        {.selectors = {"Test\xc3\x84rger::Inner::test_deep"}, .expected = "12"},
        {.selectors = {"Test\xc3\x84rger::Inner::test_deep[A[2]]"}, .expected = "2"},
        {.selectors = {"test_deep"}, .expected = "!test_deep"},
        {.selectors = {"test_slow[1]", "test_plain"}, .expected = "p!test_slow[1]"},
        {.selectors = {"Test\xc3\x84rger[1]"}, .expected = "!Test\xc3\x84rger[1]"},
        {.selectors = {"Test\xc3\x84rger", "test_slow"}, .keyword = "slow or a-1", .expected = "1s+1"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        check_row(&ROWS[i], "/p");
    }
}

/* The topmost folder that has a node is nobody's name; it is the one that holds confcutdir. */
static void
folders_above_the_tree_are_no_names(void **state)
{
    static const struct {
        const char *confcutdir;
        const char *keyword;
        bool is_found;
    } ROWS[] = {
        {"/p", "tests", true},
        {"/", "p", true},
        {"/p/tests", "tests/", false},
        {"/p/tests", "unit", true},
        {"/p/tests/unit", "unit", false},
        {"/p/tests/unit", "some", true},
        {"/p/other", "unit", true},
        {"/p/tests/unit/deep", "unit", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct row row = {.keyword = ROWS[i].keyword, .expected = ROWS[i].is_found ? "ps12c" : "+5"};
        check_row(&row, ROWS[i].confcutdir);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_select_as_pytest_does),
        cmocka_unit_test(folders_above_the_tree_are_no_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
