/* Two recordings: every kind of difference is told, with both sides, and equal ones are equal. */
#include "front/front.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EXPECTED "V 9.2.0\nR passed a\nR failed b\nR error-teardown b\nR passed c\nE 1\n"

struct row {
    const char *found;
    size_t difference_count;
    const char *report;
};

static void
every_difference_is_told(void **unused)
{
    static const struct row ROWS[] = {
        {EXPECTED, 0, ""},
        {"V 8.0\nX unknown\n\nR passed a\nR failed b\nR error-teardown b\nR passed c\nE 1\n", 0, ""},
        {"R passed a\nR failed b\nR passed c\nE 1\n", 1, "b: pytest: failed, error-teardown; fastest: failed\n"},
        {"R passed a\nR failed b\nR error-teardown b\nE 1\n", 1, "c: pytest: passed; fastest: not reported\n"},
        {EXPECTED "C d\n", 1, "d: pytest: not reported; fastest: collection error\n"},
        {"R passed c\nR passed a\nR failed b\nR error-teardown b\nE 1\n", 1,
         "order: pytest runs a where fastest runs c\n"},
        {"R passed x\nR passed a\nR failed b\nR error-teardown b\nR passed c\nE 0\n", 2,
         "x: pytest: not reported; fastest: passed\nexit status: pytest: 1; fastest: 0\n"},
        {"R passed a\nR failed b\nR error-teardown b\nR passed c\nE", 1,
         "exit status: pytest: 1; fastest: the session did not end\n"},
    };

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct recording expected = {0};
        struct recording found = {0};
        struct text report = {0};
        text_add_string(&expected.bytes, EXPECTED);
        text_add_string(&found.bytes, ROWS[i].found);
        recording_parse(&expected);
        recording_parse(&found);
        size_t difference_count = recording_compare(&expected, &found, &report);
        assert_string_equal(text_string(&report), ROWS[i].report);
        assert_int_equal(difference_count, ROWS[i].difference_count);
        text_release(&report);
        recording_release(&found);
        recording_release(&expected);
    }
}

static void
parse(struct recording *recording, const char *text)
{
    text_add_string(&recording->bytes, text);
    recording_parse(recording);
}

static void
only_ids_that_pytest_does_not_keep_are_settled(void **unused)
{
    struct recording expected = {0};
    struct recording again = {0};
    struct recording found = {0};
    struct text report = {0};

    (void)unused;
    parse(&expected, "R passed a[12:30]\nR passed b[1]\nE 0\n");
    parse(&again, "R passed a[12:31]\nR passed b[1]\nE 0\n");
    parse(&found, "R passed a[12:32]\nR passed b[2]\nE 0\n");
    assert_int_equal(recording_settle(&expected, &again, &found), 1);
    assert_int_equal(recording_compare(&expected, &found, &report), 2);
    assert_string_equal(text_string(&report), "b[1]: pytest: passed; fastest: not reported\n"
                                              "b[2]: pytest: not reported; fastest: passed\n");
    text_release(&report);
    recording_release(&found);
    recording_release(&again);
    recording_release(&expected);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_difference_is_told),
        cmocka_unit_test(only_ids_that_pytest_does_not_keep_are_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
