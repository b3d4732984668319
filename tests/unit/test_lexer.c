/* Tokens of small sources, by rows: kinds and texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "syntax/syntax.h"

/* "NAME:x OP:= NUMBER:1 NEWLINE": what a source consists of. */
static void
describe(const char *source, size_t length, struct text *out)
{
    static const char *const KINDS[] = {
        [TOKEN_END] = "END",         [TOKEN_ERROR] = "ERROR",
        [TOKEN_NEWLINE] = "NEWLINE", [TOKEN_INDENT] = "INDENT",
        [TOKEN_DEDENT] = "DEDENT",   [TOKEN_NAME] = "NAME",
        [TOKEN_NUMBER] = "NUMBER",   [TOKEN_STRING] = "STRING",
        [TOKEN_OPERATOR] = "OP",     [TOKEN_FORMATTED_STRING] = "FORMATTED",
    };
    struct lexer lexer;
    struct token token;

    lexer_init(&lexer, source, length);
    do {
        token = lexer_next(&lexer);
        text_add_format(out, "%s%s", out->length ? " " : "", KINDS[token.kind]);
        if (token.kind >= TOKEN_NAME) {
            text_add_char(out, ':');
            text_add(out, source + token.start, token.end - token.start);
        }
    } while (token.kind != TOKEN_END && token.kind != TOKEN_ERROR);
}

static void
rows_give_their_tokens(void **state)
{
    static const struct {
        const char *source;
        const char *tokens;
    } ROWS[] = {
        {"", "END"},
        {"\n# only a comment", "END"},
        {"x=1", "NAME:x OP:= NUMBER:1 NEWLINE END"},
        {"1if x else.5", "NUMBER:1 NAME:if NAME:x NAME:else NUMBER:.5 NEWLINE END"},
        {"0x1for x", "NUMBER:0x1f NAME:or NAME:x NEWLINE END"},
        {"1_0.e-3j", "NUMBER:1_0.e-3j NEWLINE END"},
        {"a.__b...c", "NAME:a OP:. NAME:__b OP:... NAME:c NEWLINE END"},
        {"if x:\n\ty\nz", "NAME:if NAME:x OP:: NEWLINE INDENT NAME:y NEWLINE DEDENT NAME:z NEWLINE END"},
        {"if x:\n  if y:\n    z\n", "NAME:if NAME:x OP:: NEWLINE INDENT NAME:if NAME:y OP:: NEWLINE INDENT NAME:z "
                                    "NEWLINE DEDENT DEDENT END"},
        {"(a,\n\n  b)", "OP:( NAME:a OP:, NAME:b OP:) NEWLINE END"},
        {"a \\\n  b", "NAME:a NAME:b NEWLINE END"},
        {"rb'\\'' Rb\"\"\"a\"b\"\"\"", "STRING:rb'\\'' STRING:Rb\"\"\"a\"b\"\"\" NEWLINE END"},
        {"f'{x!r:>{w}}' x", "FORMATTED:f'{x!r:>{w}}' NAME:x NEWLINE END"},
        {"f'{d['k']}' + t\"{'}'}\"", "FORMATTED:f'{d['k']}' OP:+ FORMATTED:t\"{'}'}\" NEWLINE END"},
        {"f'{f'{1}'}{{'", "FORMATTED:f'{f'{1}'}{{' NEWLINE END"},
        {"rf'\\{x}'", "FORMATTED:rf'\\{x}' NEWLINE END"},
        {"f'\\N{DASH}{x}'", "FORMATTED:f'\\N{DASH}{x}' NEWLINE END"},
        {"x := y -> z != w", "NAME:x OP::= NAME:y OP:-> NAME:z OP:!= NAME:w NEWLINE END"},
        {"a\r\nb\rc", "NAME:a NEWLINE NAME:b NEWLINE NAME:c NEWLINE END"},
        {"\xc3\xa9 = 1", "NAME:\xc3\xa9 OP:= NUMBER:1 NEWLINE END"},
        {"'open", "ERROR"},
        {"f'{x'", "ERROR"},
        {"(", "OP:( ERROR"},
        {")", "ERROR"},
        {"if x:\n    y\n  z", "NAME:if NAME:x OP:: NEWLINE INDENT NAME:y NEWLINE ERROR"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct text tokens = {0};
        describe(ROWS[i].source, strlen(ROWS[i].source), &tokens);
        assert_string_equal(text_string(&tokens), ROWS[i].tokens);
        text_release(&tokens);
    }
}

static void
lines_are_counted_in_strings_and_brackets(void **state)
{
    static const char SOURCE[] = "'''a\nb''' + (\n\n x)\ny";
    struct lexer lexer;
    uint32_t line = 0;

    (void)state;
    lexer_init(&lexer, SOURCE, strlen(SOURCE));
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END; token = lexer_next(&lexer)) {
        assert_int_not_equal(token.kind, TOKEN_ERROR);
        line = token.line;
    }
    assert_int_equal(line, 5);
}

static void
encodings_are_found_in_the_first_two_lines(void **state)
{
    static const struct {
        const char *source;
        const char *name;
        bool is_utf8;
        size_t mark_bytes;
    } ROWS[] = {
        {"x = 1\n", "utf-8", true, 0},
        {"# -*- coding: Latin_1 -*-\n", "latin-1", false, 0},
        {"#!/bin/sh\n# vim: set fileencoding=cp1252 :\n", "cp1252", false, 0},
        {"x = 1\n# coding: latin-1\n", "utf-8", true, 0},
        {"\n\n# coding: latin-1\n", "utf-8", true, 0},
        {"\xef\xbb\xbf# coding: utf8\n", "utf8", true, 3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct source_encoding encoding = source_encoding_find(ROWS[i].source, strlen(ROWS[i].source));
        assert_string_equal(encoding.name, ROWS[i].name);
        assert_int_equal(encoding.is_utf8, ROWS[i].is_utf8);
        assert_int_equal(encoding.mark_bytes, ROWS[i].mark_bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_give_their_tokens),
        cmocka_unit_test(lines_are_counted_in_strings_and_brackets),
        cmocka_unit_test(encodings_are_found_in_the_first_two_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
