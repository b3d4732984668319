/* Expressions of -k and -m: what they say, and why one is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/text.h"
#include "syntax/syntax.h"

/* Beyond ASCII: U+00E9 is a letter, U+00B2 a digit that begins no name, U+2190 neither. */
static unsigned
classify(uint32_t point)
{
    return point == 0xE9   ? MATCH_LETTER | MATCH_NAME_START | MATCH_NAME
           : point == 0xB2 ? MATCH_LETTER | MATCH_DIGIT
                           : 0U;
}

static const char *
describe_fault(const struct match_fault *fault, struct text *text)
{
    text_clear(text);
    if (fault->kind == MATCH_FAULT_GRAMMAR) {
        text_add_format(text, "%zu: ", fault->column);
    }
    text_add(text, fault->message, fault->message_length);
    return text_string(text);
}

static void
faults_name_the_column(void **state)
{
    static const char *const ROWS[][2] = {
        {"(", "2: expected not OR left parenthesis OR identifier; got end of input"},
        {" )", "2: expected not OR left parenthesis OR identifier; got right parenthesis"},
        {"not", "4: expected not OR left parenthesis OR identifier; got end of input"},
        {"a and or", "7: expected not OR left parenthesis OR identifier; got or"},
        {"'a'", "1: expected not OR left parenthesis OR identifier; got string literal"},
        {"a b", "3: expected end of input; got identifier"},
        {"(a", "3: expected right parenthesis; got end of input"},
        {"\xc3\xa9 $", "3: unexpected character \"$\""},
        {"a\xe2\x86\x90", "2: unexpected character \"\xe2\x86\x90\""},
        {"a\xed\xb2\x80", "2: unexpected character \"\xed\xb2\x80\""}, /* a surrogate */
        {"m()", "3: expected identifier; got right parenthesis"},
        {"m(a)", "4: expected =; got right parenthesis"},
        {"m(a==", "5: expected identifier; got ="},
        {"m(a=1,)", "7: expected identifier; got right parenthesis"},
        {"m(1=1)", "3: not a valid python identifier 1"},
        {"m(a-=1)", "3: not a valid python identifier a-"},
        {"m(a\xc2\xb2=1)", "3: not a valid python identifier a\xc2\xb2"},
        {"m(a=1, def=1)", "8: unexpected reserved python keyword `def`"},
        {"m(a=-)", "5: unexpected character/s \"-\""},
        {"m(a=1.1)", "5: unexpected character/s \"1.1\""},
        {"m(a='\")", "5: closing quote \"'\" is missing"},
        {"m(a='b\\n')", "7: escaping with \"\\\" not supported in marker expression"},
        {"m(a=1, b=1, a=1) or n(__debug__=1)", "keyword argument repeated: a"},
        {"n(__debug__=1) or m(a=1, a=1)", "cannot assign to __debug__"},
        {"m(a=1, a=1) $", "13: unexpected character \"$\""},
    };
    struct text text = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct arena arena = {0};
        struct match_expression expression;
        struct match_fault fault;
        struct match_source source = {ROWS[i][0], strlen(ROWS[i][0]), classify};
        assert_false(match_expression_parse(&source, &arena, &expression, &fault));
        assert_string_equal(describe_fault(&fault, &text), ROWS[i][1]);
        arena_release(&arena);
    }
    text_release(&text);
}

/* Notes what is asked: y, n and u answer by their first letter, f fails. */
static enum match_answer
match(void *context, const struct match_term *term)
{
    struct text *asked = context;

    text_add_string(asked, term->name);
    for (size_t i = 0; i < term->argument_count; i++) {
        const struct match_argument *argument = &term->arguments[i];
        text_add_format(asked, "(%s %u %s)", argument->name, (unsigned)argument->kind, argument->text);
    }
    text_add_char(asked, ' ');
    return *term->name == 'y'   ? MATCH_YES
           : *term->name == 'u' ? MATCH_UNKNOWN
           : *term->name == 'f' ? MATCH_FAILED
                                : MATCH_NO;
}

static void
no_term_is_asked_without_need(void **state)
{
    static const struct {
        const char *text;
        enum match_answer answer;
        const char *asked;
    } ROWS[] = {
        {" \t", MATCH_NO, ""},
        {"y", MATCH_YES, "y "},
        {"not not n", MATCH_NO, "n "},
        {"y1 or y2", MATCH_YES, "y1 "},
        {"n1 and y2 or y3", MATCH_YES, "n1 y3 "},
        {"n1 and (y2 or y3)", MATCH_NO, "n1 "},
        {"u or y", MATCH_YES, "u y "},
        {"u and y", MATCH_UNKNOWN, "u y "},
        {"not u or n", MATCH_UNKNOWN, "u n "},
        {"not (n or f or y)", MATCH_FAILED, "n f "},
        {"y:+-.[]\\/_1 and \xc3\xa9\xc2\xb2", MATCH_NO, "y:+-.[]\\/_1 \xc3\xa9\xc2\xb2 "},
        {"notandor", MATCH_NO, "notandor "},
        {"y(a='b \"', \xc3\xa9=\"\",c=-07)", MATCH_YES, "y(a 0 b \")(\xc3\xa9 0 )(c 1 -07) "},
        {"y(a=True,b=False,c=None)", MATCH_YES, "y(a 2 True)(b 3 False)(c 4 None) "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct arena arena = {0};
        struct text asked = {0};
        struct match_expression expression;
        struct match_fault fault;
        struct match_source source = {ROWS[i].text, strlen(ROWS[i].text), classify};
        assert_true(match_expression_parse(&source, &arena, &expression, &fault));
        assert_int_equal(match_expression_evaluate(&expression, match, &asked), ROWS[i].answer);
        assert_string_equal(text_string(&asked), ROWS[i].asked);
        text_release(&asked);
        arena_release(&arena);
    }
}

static void
without_an_alphabet_all_beyond_ascii_are_letters(void **state)
{
    struct arena arena = {0};
    struct match_expression expression;
    struct match_fault fault;
    struct match_source source = {.text = "\xe2\x86\x90\xff", .length = 4};

    (void)state;
    assert_true(match_expression_parse(&source, &arena, &expression, &fault));
    assert_string_equal(expression.terms[0].name, source.text);
    arena_release(&arena);
}

static void
depth_has_a_limit_and_length_has_none(void **state)
{
    static const struct {
        const char *unit;
        size_t count;
        bool is_parsed;
    } ROWS[] = {
        {"(", 100000, false}, {"not ", 100000, false}, {"a and not (", 1000, false},
        {"not ", 900, true},  {"a or ", 100000, true}, {"a and ", 100000, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct arena arena = {0};
        struct text text = {0};
        struct match_expression expression;
        struct match_fault fault;
        for (size_t j = 0; j < ROWS[i].count; j++) {
            text_add_string(&text, ROWS[i].unit);
        }
        text_add_char(&text, 'a');
        struct match_source source = {text.bytes, text.length, NULL};
        bool is_parsed = match_expression_parse(&source, &arena, &expression, &fault);
        assert_int_equal(is_parsed, ROWS[i].is_parsed);
        assert_true(is_parsed || fault.kind == MATCH_FAULT_DEPTH);
        text_release(&text);
        arena_release(&arena);
    }
}

/* A NUL ends nothing: not the text, not a string. */
static void
a_nul_is_a_character(void **state)
{
    struct arena arena = {0};
    struct match_expression expression;
    struct match_fault fault;
    struct match_source source = {.text = "m(a='b\0c')", .length = 10};

    (void)state;
    assert_true(match_expression_parse(&source, &arena, &expression, &fault));
    assert_int_equal(expression.terms[0].arguments[0].text_length, 3);
    source = (struct match_source){.text = "a\0b", .length = 3};
    assert_false(match_expression_parse(&source, &arena, &expression, &fault));
    assert_int_equal(fault.column, 2);
    assert_int_equal(fault.message_length, strlen("unexpected character \"?\""));
    arena_release(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_name_the_column),
        cmocka_unit_test(no_term_is_asked_without_need),
        cmocka_unit_test(without_an_alphabet_all_beyond_ascii_are_letters),
        cmocka_unit_test(depth_has_a_limit_and_length_has_none),
        cmocka_unit_test(a_nul_is_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
