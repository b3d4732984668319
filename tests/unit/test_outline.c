/* The outline of sources: what is found where, what is refused, and that every engine agrees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/text.h"
#include "syntax/outline.h"

struct row {
    const char *source;
    /* "KIND name line-end_line parent flags": a letter a kind, `-` for no name and no parent; "! line words" last. */
    const char *expected;
};

static const char KIND_LETTERS[] = "fc@iIbs"; /* enum outline_kind */

static const struct row ROWS[] = {
    {"", ""},
    {"# nothing\n\n", ""},
    {"x", "s - 1-1 -\n"},
    {"x = 1; y = 2;\n", "s - 1-1 -\ns - 1-1 -\n"},
    {"def f(): pass", "f f 1-1 -\n"},
    {"def f[T: (int, str)](x) -> T:\n  x\n\n# end\n", "f f 1-2 -\n"},
    {"class A[T]:\n def f(self):\n  x\n y\n", "c A 1-4 -\nf f 2-3 0\ns - 4-4 0\n"},
    {"async def f():\n  async with x: import a\n  await y\n", "f f 1-3 - async\ni - 2-2 0 in head\n"},
    {"async with x:\n  y\n", "b - 1-2 - async\ns - 2-2 0\n"},
    {"@a.b(\n 1)\n@c\ndef f(): x\n", "@ - 1-2 -\n@ - 3-3 -\nf f 4-4 -\n"},
    {"from a import (b,\n # (\n c); import d\n", "I - 1-3 -\ni - 3-3 -\n"},
    {"if x: import a; import b\nelse:\n  y\n", "b - 1-1 -\ni - 1-1 0 head\ni - 1-1 0 head\nb - 2-3 -\ns - 3-3 3\n"},
    {"class A: x: int = 1; y = {1: 2}\n", "c A 1-1 -\ns - 1-1 0 head\ns - 1-1 0 head\n"},
    {"while lambda: x: y\n", "b - 1-1 -\ns - 1-1 0 head\n"},
    {"if x[1:2] == {3: 4}: y\n", "b - 1-1 -\ns - 1-1 0 head\n"},
    {"if (x := 1): y\nif x := 1: y\n", "b - 1-1 -\ns - 1-1 0 head\nb - 2-2 -\ns - 2-2 2 head\n"},
    {"try:\n  x\nexcept A, B:\n  y\nexcept* C: z\n",
     "b - 1-2 -\ns - 2-2 0\nb - 3-4 -\ns - 4-4 2\nb - 5-5 -\ns - 5-5 4 head\n"},
    /* Soft keywords. */
    {"match x:\n  case [a]: b\n  case {}:\n    c\nmatch = case = type = 1\n",
     "b - 1-4 -\nb - 2-2 0\ns - 2-2 1 head\nb - 3-4 0\ns - 4-4 3\ns - 5-5 -\n"},
    {"match(x)\ncase[0]: int = 1\ntype X = int\n", "s - 1-1 -\ns - 2-2 -\ns - 3-3 -\n"},
    {"iffy = 1\nclasses: int = 2\ndefine(x)\nif_ = 3\nformat(x)\nfrom_ = asyncio\n",
     "s - 1-1 -\ns - 2-2 -\ns - 3-3 -\ns - 4-4 -\ns - 5-5 -\ns - 6-6 -\n"},
    /* Literals. */
    {"x = '''\ndef f(): pass\n''' # '''\ndef g(): pass\n", "s - 1-3 -\nf g 4-4 -\n"},
    {"x = 'a\\\ndef f(): pass'\ny\n", "s - 1-2 -\ns - 3-3 -\n"},
    {"x = r'\\'' + b\"#\" # '\ny\n", "s - 1-1 -\ns - 2-2 -\n"},
    {"x = f'{a['b']}' f\"{x!r:>{'}'}}\" rf'''{\n'''x'''}'''\ny\n", "s - 1-2 -\ns - 3-3 -\n"},
    {"x = f'{{' + f'}}{y}{{' + f'{z:%H:%M}' + f'it\"s'\ny\n", "s - 1-1 -\ns - 2-2 -\n"},
    {"x = f'\\N{LEFT CURLY BRACKET}' t'{a}' Rb'{'\ny\n", "s - 1-1 -\ns - 2-2 -\n"},
    {"x = y if'a'else\"b\"\ny\n", "s - 1-1 -\ns - 2-2 -\n"},
    {"''''a'\\''''\nx\n", "s - 1-1 -\ns - 2-2 -\n"},
    {"x = '' + \"\"\ny = ''''''\nz\n", "s - 1-1 -\ns - 2-2 -\ns - 3-3 -\n"},
    {"'''0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 \n'''\nx\n", "s - 1-2 -\ns - 3-3 -\n"},
    {"class A:\n  '123456789 123456789 123456789 123456789 123456789 123456789 123456789'\n  x\n",
     "c A 1-3 -\ns - 2-2 0\ns - 3-3 0\n"},
    {"x = '123456789 123456789 123456789 123456789 123456789 123456789 123456789 1'\\\n", "s - 1-1 -\n"},
    /* Lines and indentation. */
    {"if x \\\n  and y:\n    z\n", "b - 1-3 -\ns - 3-3 0\n"},
    {"x = 1 \\\n\ny\n", "s - 1-1 -\ns - 3-3 -\n"},
    {"def f():\r\n\tx\r\n\r\ny\rz", "f f 1-2 -\ns - 4-4 -\ns - 5-5 -\n"},
    {"class A:\n\tx\n        y\n", "c A 1-2 -\ns - 2-2 0\n! 3 inconsistent use of tabs and spaces in indentation"},
    {"class A:\n    x\n\f    y\n \fz\n", "c A 1-3 -\ns - 2-2 0\ns - 3-3 0\ns - 4-4 -\n"},
    {"class A:\n    x\n  # odd\n\n    y\n", "c A 1-5 -\ns - 2-2 0\ns - 5-5 0\n"},
    {"class A:\n    \\\n x\n    y\n", "c A 1-4 -\ns - 3-3 0\ns - 4-4 0\n"},
    {"def f():\n  def g():\n    x\n  class A:\n    def h(): y\nz\n",
     "f f 1-5 -\nf g 2-3 0 in\nc A 4-5 0 in\nf h 5-5 2 in\ns - 6-6 -\n"},
    {"def f():\n  if x:\n    def g(): y\n", "f f 1-3 -\nf g 3-3 0 in\n"},
    /* Yields. */
    {"def f():\n  x = yield\n", "f f 1-2 - yield\n"},
    {"def f(): yield from x\n", "f f 1-1 - yield\n"},
    {"def f():\n  lambda: (yield)\n  yields = a.yield_ = '''yield''' # yield\n", "f f 1-3 -\n"},
    {"def f():\n  (lambda x=(yield): x)\n", "f f 1-2 - yield\n"},
    {"def f():\n  g(lambda: 1, (yield))\n", "f f 1-2 - yield\n"},
    {"def f():\n  def g(x=(yield)):\n    x\n", "f f 1-3 - yield\nf g 2-3 0 in\n"},
    {"def f():\n  def g():\n    yield\n", "f f 1-3 -\nf g 2-3 0 in yield\n"},
    {"def f():\n  f'{(yield)}'\ndef g():\n  f'(yield) {x}'\n", "f f 1-2 - yield\nf g 3-4 -\n"},
    /* What is no Python. */
    {"x = (\n1\n", "! 1 '(' was never closed"},
    {"y\nx = [1, {2: (3]\n", "s - 1-1 -\n! 2 closing parenthesis ']' does not match opening parenthesis '('"},
    {"x)\n", "! 1 unmatched ')'"},
    {"x = 'a\n", "! 1 unterminated string literal"},
    {"x\ny = '''a\n", "s - 1-1 -\n! 2 unterminated triple-quoted string literal"},
    {"x = f'{a\n", "! 1 unterminated f-string literal"},
    {"x\n y\n", "s - 1-1 -\n! 2 unexpected indent"},
    {"if x:\n    y\n  z\n", "b - 1-2 -\ns - 2-2 0\n! 3 unindent does not match any outer indentation level"},
    {"def f():\nx\n", "f f 1-1 -\n! 2 expected an indented block"},
    {"def f():\n", "f f 1-1 -\n! 1 expected an indented block"},
    {"x = \\ y\n", "! 1 unexpected character after line continuation character"},
    {"x = \\", "! 1 unexpected EOF while parsing"},
    {"x = \001\n", "! 1 invalid non-printable character"},
    {"x; y:\n  z\n", "s - 1-1 -\n! 1 invalid syntax"},
};

static void
format_entry(const struct outline_entry *entry, const char *source, struct text *text)
{
    static const char *const FLAGS[] = {"async", "in", "head", "yield"};
    bool has_name = entry->kind == OUTLINE_FUNCTION || entry->kind == OUTLINE_CLASS;

    text_add_format(text, "%c %.*s %u-%u ", KIND_LETTERS[entry->kind], has_name ? (int)entry->name_length : 1,
                    has_name ? source + entry->name_start : "-", entry->line, entry->end_line);
    if (entry->parent == OUTLINE_NO_PARENT) {
        text_add_string(text, "-");
    } else {
        text_add_format(text, "%u", entry->parent);
    }
    for (size_t i = 0; i < COUNT_OF(FLAGS); i++) {
        if (entry->flags >> i & 1) {
            text_add_format(text, " %s", FLAGS[i]);
        }
    }
    text_add_string(text, "\n");
}

/* A copy of just its length: sanitizers see what is read behind it. */
static char *
exact_copy(const char *source, size_t length)
{
    char *copy = malloc(length ? length : 1);

    if (length) {
        memcpy(copy, source, length);
    }
    return copy;
}

static void
sources_are_outlined(void **state)
{
    struct outline outline = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct text text = {0};
        size_t length = strlen(ROWS[i].source);
        char *source = exact_copy(ROWS[i].source, length);
        outline_read(source, length, &outline);
        for (size_t at = 0; at < outline.count; at++) {
            format_entry(&outline.entries[at], source, &text);
        }
        if (outline.has_failed) {
            text_add_format(&text, "! %u %s", outline.error_line, outline.error);
        }
        if (strcmp(text_string(&text), ROWS[i].expected) != 0) {
            print_message("%s", ROWS[i].source);
        }
        assert_string_equal(text_string(&text), ROWS[i].expected);
        text_release(&text);
        free(source);
    }
    outline_release(&outline);
}

static void
assert_engines_agree(const char *bytes, size_t length)
{
    struct outline scalar = {0};
    struct outline other = {0};
    char *source = exact_copy(bytes, length);

    assert_true(outline_read_with(OUTLINE_SCALAR, source, length, &scalar));
    for (int engine = OUTLINE_SSE2; engine <= OUTLINE_NEON; engine++) {
        if (outline_read_with((enum outline_engine)engine, source, length, &other)) {
            assert_int_equal(scalar.count, other.count);
            assert_int_equal(scalar.error_line, other.error_line);
            assert_string_equal(scalar.error ? scalar.error : "", other.error ? other.error : "");
            assert_memory_equal(scalar.count ? (void *)scalar.entries : "", scalar.count ? (void *)other.entries : "",
                                scalar.count * sizeof(*scalar.entries));
        }
    }
    outline_release(&scalar);
    outline_release(&other);
    free(source);
}

/* A comment line of `before` bytes in front moves all that is found, and changes nothing else. */
static void
assert_moved(const char *bytes, size_t length, const char *moved, size_t before)
{
    struct outline first = {0};
    struct outline second = {0};

    outline_read(bytes, length, &first);
    outline_read(moved, before + length, &second);
    assert_int_equal(first.count, second.count);
    assert_int_equal(first.error_line + first.has_failed, second.error_line);
    for (size_t i = 0; i < first.count; i++) {
        struct outline_entry expected = first.entries[i];
        expected.start += (uint32_t)before;
        expected.end += (uint32_t)before;
        expected.name_start += expected.name_start ? (uint32_t)before : 0;
        expected.line++;
        expected.end_line++;
        assert_memory_equal(&expected, &second.entries[i], sizeof(expected));
    }
    outline_release(&first);
    outline_release(&second);
}

/* Each source of the table at every distance from the start of a block, and what is left when it is cut anywhere. */
static void
place_in_blocks_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        size_t length = strlen(ROWS[i].source);
        for (size_t before = 0; before < 66; before++) {
            char bytes[512];
            memset(bytes, '#', before);
            bytes[before] = '\n';
            memcpy(bytes + before + 1, ROWS[i].source, length);
            assert_engines_agree(bytes, before + 1 + length);
            assert_moved(ROWS[i].source, length, bytes, before + 1);
        }
        for (size_t cut = 0; cut < length; cut++) {
            assert_engines_agree(ROWS[i].source, cut);
        }
    }
}

static void
engines_agree_on_random_bytes(void **state)
{
    static const char BYTES[] = "yi \n\n\r\t\f\"\"''\\#()[]{};:=fr@def if xé\x01";
    uint32_t random = 1;

    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        char bytes[300];
        size_t length = (size_t)turn % sizeof(bytes);
        for (size_t i = 0; i < length; i++) {
            random = random * 1664525u + 1013904223u;
            bytes[i] = turn % 10 == 0 ? (char)(random >> 24) : BYTES[(random >> 16) % (sizeof(BYTES) - 1)];
        }
        assert_engines_agree(bytes, length);
    }
}

static void
repeat(struct text *text, const char *what, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add_string(text, what);
    }
}

/* Sources of which CPython's limits refuse all or nothing; each is read in no time. */
static void
deep_and_long_sources_end(void **state)
{
    static const struct {
        const char *repeated;
        size_t count;
        const char *error;
    } CASES[] = {
        {"(", 100000, "too many nested parentheses"},
        {"(", 200, "'(' was never closed"},
        {"\"", 600000, NULL},
        {"'\n", 100000, "unterminated string literal"},
        {"f'{", 100000, "unterminated f-string literal"},
        {"\\\n", 1000000, NULL},
        {"x = 1\n", 1000000, NULL},
        {"def f(): yield; lambda: (yield)\n", 100000, NULL},
        {"\r", 1000000, NULL},
    };
    struct outline outline = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct text text = {0};
        repeat(&text, CASES[i].repeated, CASES[i].count);
        outline_read(text_string(&text), text.length, &outline);
        if (outline.has_failed == !CASES[i].error) {
            print_message("%s: %s\n", CASES[i].repeated, outline.error ? outline.error : "");
        }
        if (CASES[i].error) {
            assert_true(outline.has_failed);
            assert_string_equal(outline.error, CASES[i].error);
        } else {
            assert_false(outline.has_failed);
        }
        text_release(&text);
    }
    outline_release(&outline);
}

static void
indentation_has_a_limit(void **state)
{
    struct outline outline = {0};

    (void)state;
    for (size_t depth = 99; depth <= 100; depth++) {
        struct text text = {0};
        for (size_t i = 0; i <= depth; i++) {
            repeat(&text, " ", i);
            text_add_string(&text, i < depth ? "if x:\n" : "y\n");
        }
        outline_read(text_string(&text), text.length, &outline);
        assert_int_equal(outline.has_failed, depth == 100);
        if (outline.has_failed) {
            assert_string_equal(outline.error, "too many levels of indentation");
            assert_int_equal(outline.error_line, 101);
        }
        text_release(&text);
    }
    outline_release(&outline);
}

static void
nul_bytes_are_refused(void **state)
{
    static const char SOURCE[] = "x\n# \0\ny\n";
    struct outline outline = {0};

    (void)state;
    outline_read(SOURCE, sizeof(SOURCE) - 1, &outline);
    assert_true(outline.has_failed);
    assert_string_equal(outline.error, "source code cannot contain null bytes");
    assert_int_equal(outline.error_line, 2);
    outline_release(&outline);
}

/* Positions across the batches that a source is read in. */
static void
long_statements_keep_their_lines(void **state)
{
    struct text text = {0};
    struct outline outline = {0};

    (void)state;
    text_add_string(&text, "x = '''\n");
    repeat(&text, "0123456789\n", 1000);
    text_add_string(&text, "'''; y = [\n");
    repeat(&text, "  (1, 'a'),\n", 1000);
    text_add_string(&text, "]\ndef f():\n");
    repeat(&text, "    '''x'''; y\n", 1000);
    text_add_string(&text, "z\n");
    outline_read(text_string(&text), text.length, &outline);
    assert_false(outline.has_failed);
    assert_int_equal(outline.count, 4);
    assert_int_equal(outline.entries[0].end_line, 1002);
    assert_int_equal(outline.entries[1].line, 1002);
    assert_int_equal(outline.entries[1].end_line, 2003);
    assert_int_equal(outline.entries[2].line, 2004);
    assert_int_equal(outline.entries[2].end_line, 3004);
    assert_int_equal(outline.entries[3].line, 3005);
    outline_release(&outline);
    text_release(&text);
}

static void
best_engine_is_there(void **state)
{
    struct outline outline = {0};

    (void)state;
    assert_true(outline_read_with(outline_best_engine(), "x", 1, &outline));
    assert_int_equal(outline.count, 1);
    outline_release(&outline);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_are_outlined),
        cmocka_unit_test(place_in_blocks_does_not_matter),
        cmocka_unit_test(engines_agree_on_random_bytes),
        cmocka_unit_test(deep_and_long_sources_end),
        cmocka_unit_test(indentation_has_a_limit),
        cmocka_unit_test(nul_bytes_are_refused),
        cmocka_unit_test(long_statements_keep_their_lines),
        cmocka_unit_test(best_engine_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
