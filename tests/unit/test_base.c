/* The toolbox: texts grow, tables find, arenas align, errors keep their sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/json_read.h"
#include "base/lower.h"
#include "base/table.h"
#include "base/text.h"
#include "base/utf8.h"

static void
text_holds_what_was_added(void **unused)
{
    struct text text = {0};

    (void)unused;
    assert_string_equal(text_string(&text), "");
    for (int i = 0; i < 1000; i++) {
        text_add_format(&text, "%d,", i);
    }
    assert_int_equal(text.length, 10 * 2 + 90 * 3 + 900 * 4);
    assert_memory_equal(text.bytes, "0,1,2,", 6);
    text_clear(&text);
    text_add_repeated(&text, '-', 300);
    text_add(&text, "a\0b", 3);
    assert_int_equal(text.length, 303);
    assert_memory_equal(text.bytes + 298, "--a\0b", 6);
    text_release(&text);
}

static void
table_finds_every_key_and_no_other(void **unused)
{
    enum { KEYS = 5000 };
    static char keys[KEYS][16];
    struct table table = {0};

    (void)unused;
    assert_null(table_find(&table, "a", 1));
    for (size_t i = 0; i < KEYS; i++) {
        snprintf(keys[i], sizeof keys[i], "key%zu", i);
        table_set(&table, keys[i], strlen(keys[i]), keys[i]);
    }
    table_set(&table, "key7", 4, keys[0]);
    assert_int_equal(table.count, KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        assert_ptr_equal(table_find(&table, keys[i], strlen(keys[i])), keys[i == 7 ? 0 : i]);
    }
    assert_null(table_find(&table, "key", 3));
    assert_null(table_find(&table, "key70000", 8));
    table_release(&table);
}

static void
arena_is_aligned_and_never_overlaps(void **unused)
{
    struct arena arena = {0};
    unsigned char *last = NULL;

    (void)unused;
    for (size_t size = 1; size < 200000; size = size * 3 + 1) {
        unsigned char *memory = arena_alloc_zeroed(&arena, size);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        assert_int_equal(memory[size - 1], 0);
        memset(memory, 0xff, size);
        assert_true(!last || last[0] == 0xff);
        last = memory;
    }
    assert_string_equal(arena_copy_bytes(&arena, "abcdef", 3), "abc");
    arena_release(&arena);
}

static void
error_keeps_the_innermost_sentence(void **unused)
{
    struct error error = ERROR_INIT;

    (void)unused;
    assert_false(error_set_errno(&error, 2, "cannot open '%s'", "x"));
    assert_false(error_prefix(&error, "reading %d", 5));
    assert_string_equal(error.message, "reading 5: cannot open 'x': No such file or directory");
    assert_int_equal(error.kind, ERROR_IO);
    char longer[2000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    error_set(&error, ERROR_USAGE, "%s", longer);
    error_prefix(&error, "%s", longer);
    assert_int_equal(strlen(error.message), sizeof error.message - 1);
}

static void
json_strings_keep_every_byte(void **unused)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *json;
    } ROWS[] = {
        {"", 0, "\"\""},
        {"a \"b\" \\c/", 9, "\"a \\\"b\\\" \\\\c/\""},
        {"\b\t\n\v\f\r", 6, "\"\\b\\t\\n\\u000b\\f\\r\""},
        {"\0\x1f\x7f", 3, "\"\\u0000\\u001f\\u007f\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xff"
         "a\xc3",
         3, "\"\\udcffa\\udcc3\""},                                             /* cut off */
        {"\xc0\xaf\xe0\x80\x80", 5, "\"\\udcc0\\udcaf\\udce0\\udc80\\udc80\""}, /* overlong */
        {"\xed\xa0\x80", 3, "\"\\udced\\udca0\\udc80\""},                       /* a surrogate */
        {"\xf4\x90\x80\x80", 4, "\"\\udcf4\\udc90\\udc80\\udc80\""},            /* beyond U+10FFFF */
    };
    struct text text = {0};

    (void)unused;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        text_clear(&text);
        json_add_string(&text, ROWS[i].bytes, ROWS[i].length);
        assert_string_equal(text.bytes, ROWS[i].json);
    }
    text_release(&text);
}

static void
lower_case_is_unicodes(void **state)
{
    static const char *const ROWS[][2] = {
        {"", ""},
        {"Plain ASCII [1]", "plain ascii [1]"},
        {"\xc3\x84\xc3\x96\xc3\xa4\xc3\x97", "\xc3\xa4\xc3\xb6\xc3\xa4\xc3\x97"}, /* not the times sign */
        {"\xc4\x80\xc4\x81 \xce\xa3", "\xc4\x81\xc4\x81 \xcf\x83"},               /* every other letter; sigma */
        {"\xd0\x96\xe1\xba\x9e", "\xd0\xb6\xc3\x9f"},                             /* becomes shorter */
        {"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"},                                 /* beyond 16 bits */
        {"A\xff\xc3(\xe2\x82", "a\xff\xc3(\xe2\x82"},                             /* no UTF-8 */
        {"\xe2\x84\xaa", "k"},                                                    /* the kelvin sign */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct text text = {0};
        text_add_lower(&text, ROWS[i][0], strlen(ROWS[i][0]));
        assert_string_equal(text_string(&text), ROWS[i][1]);
        text_release(&text);
    }
}

static void
utf8_is_what_python_takes_for_it(void **state)
{
    static const struct {
        const char *bytes;
        size_t width;
        uint32_t point;
        bool is_space;
    } ROWS[] = {
        {"", 0, 0, false},
        {"a\xff", 1, 'a', false},
        {"\x1f", 1, 0x1F, true},
        {"\xc2\xa0", 2, 0xA0, true},
        {"\xdf\xbf", 2, 0x7FF, false},
        {"\xe0\xa0\x80", 3, 0x800, false},
        {"\xe3\x80\x80", 3, 0x3000, true},
        {"\xed\x9f\xbf", 3, 0xD7FF, false},
        {"\xee\x80\x80", 3, 0xE000, false},
        {"\xf0\x90\x80\x80", 4, 0x10000, false},
        {"\xf4\x8f\xbf\xbf", 4, 0x10FFFF, false},
        {"\x80", 0, 0, false},             /* begins with a tail */
        {"\xc1\xbf", 0, 0, false},         /* not the shortest form */
        {"\xe0\x9f\xbf", 0, 0, false},     /* the same */
        {"\xf0\x8f\xbf\xbf", 0, 0, false}, /* the same */
        {"\xed\xa0\x80", 0, 0, false},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0, 0, false}, /* beyond the last one */
        {"\xf8\x88\x80\x80", 0, 0, false},
        {"\xe3\x80", 0, 0, false}, /* cut off */
        {"\xe3\x80(", 0, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct text text = {0};
        uint32_t point = 0;
        size_t length = strlen(ROWS[i].bytes);
        assert_int_equal(utf8_read(ROWS[i].bytes, length, &point), ROWS[i].width);
        assert_int_equal(point, ROWS[i].point);
        assert_int_equal(point_is_space(point), ROWS[i].is_space);
        if (ROWS[i].width) {
            text_add_point(&text, point);
            assert_int_equal(text.length, ROWS[i].width);
            assert_memory_equal(text.bytes, ROWS[i].bytes, text.length);
            assert_int_equal(utf8_length(text.bytes, text.length), 1);
        }
        /* Behind what is read in steps of many bytes. */
        text_clear(&text);
        text_add_repeated(&text, 'x', 70);
        text_add(&text, ROWS[i].bytes, length);
        bool is_whole = ROWS[i].width == length;
        assert_int_equal(utf8_find_invalid(text.bytes, text.length), 70 + (is_whole ? length : ROWS[i].width));
        text_release(&text);
    }
}

static void
json_values_are_found_where_they_lie(void **state)
{
    static const struct {
        const char *object, *key, *value; /* NULL: not found */
    } ROWS[] = {
        {"{\"a\": 1, \"b\": [1, {\"a\": \"]\"}], \"c\": \"x\"}", "c", "\"x\""},
        {"{\"a\": 1, \"b\": [1, {\"a\": \"]\"}], \"c\": \"x\"}", "b", "[1, {\"a\": \"]\"}]"},
        {"{\"a\": 1}", "b", NULL},
        {" { \"a\" : true }", "a", "true"},
        {"{\"\\u00e4\\n\": null}", "\xc3\xa4\n", "null"},
        {"{\"a\": -1.5e3}", "a", "-1.5e3"},
        {"[1]", "a", NULL},
        {"{", "a", NULL},
        {"{\"a", "a", NULL},
        {"{\"a\":", "a", ""},
        {"", "a", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct json_slice object = {ROWS[i].object, strlen(ROWS[i].object)};
        struct json_slice value = {0};
        bool is_found = json_find(object, ROWS[i].key, &value);
        assert_int_equal(is_found, ROWS[i].value != NULL);
        if (is_found) {
            assert_int_equal(value.length, strlen(ROWS[i].value));
            assert_memory_equal(value.start, ROWS[i].value, value.length);
        }
    }
}

static void
json_strings_are_read_back(void **state)
{
    static const char *const ROWS[][2] = {
        {"\"\"", ""},
        {"\"a\\\"\\\\\\/\\n\\t\"", "a\"\\/\n\t"},
        {"\"\\u0041\\ud83d\\ude00\"", "A\xf0\x9f\x98\x80"},
        {"\"\\udcff\"", "\xed\xb3\xbf"},
        {"\"\\u12\"", "u12"},
        {"1", NULL},
        {"\"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct text text = {0};
        bool is_read = json_string_read((struct json_slice){ROWS[i][0], strlen(ROWS[i][0])}, &text);
        assert_int_equal(is_read, ROWS[i][1] != NULL);
        if (is_read) {
            assert_string_equal(text_string(&text), ROWS[i][1]);
        }
        text_release(&text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lower_case_is_unicodes),
        cmocka_unit_test(utf8_is_what_python_takes_for_it),
        cmocka_unit_test(json_values_are_found_where_they_lie),
        cmocka_unit_test(json_strings_are_read_back),
        cmocka_unit_test(json_strings_keep_every_byte),
        cmocka_unit_test(text_holds_what_was_added),
        cmocka_unit_test(table_finds_every_key_and_no_other),
        cmocka_unit_test(arena_is_aligned_and_never_overlaps),
        cmocka_unit_test(error_keeps_the_innermost_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
