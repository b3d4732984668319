/* Assertions of small sources: where they are, and how their tests are made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "syntax/syntax.h"

/* "compare[name call[name constant]]": the tree, without spans. */
static void
describe(const struct expression *node, struct text *out)
{
    static const char *const KINDS[] = {
        [EXPRESSION_OPAQUE] = "opaque",   [EXPRESSION_NAME] = "name",           [EXPRESSION_CONSTANT] = "constant",
        [EXPRESSION_NAMED] = "named",     [EXPRESSION_BOOL] = "bool",           [EXPRESSION_UNARY] = "unary",
        [EXPRESSION_BINARY] = "binary",   [EXPRESSION_CALL] = "call",           [EXPRESSION_STARRED] = "starred",
        [EXPRESSION_KEYWORD] = "keyword", [EXPRESSION_ATTRIBUTE] = "attribute", [EXPRESSION_COMPARE] = "compare",
    };

    text_add_string(out, KINDS[node->kind]);
    if (!node->first_child) {
        return;
    }
    text_add_char(out, '[');
    for (const struct expression *child = node->first_child; child; child = child->next) {
        describe(child, out);
        text_add_string(out, child->next ? " " : "]");
    }
}

static void
rows_give_their_trees(void **state)
{
    static const struct {
        const char *source;
        const char *tree; /* NULL: not understood */
    } ROWS[] = {
        {"assert x", "name"},
        {"assert x == 1, 'message'", "compare[name constant]"},
        {"assert f(a, *b, k=1, **c)", "call[name name starred[name] keyword[constant] keyword[name]]"},
        {"assert all(x for x in y)", "call[name opaque]"},
        {"assert a.b.c[0].d", "attribute[opaque]"},
        {"assert a < b <= c is not d not in e", "compare[name name name name name]"},
        {"assert not a and b or c", "bool[bool[unary[name] name] name]"},
        {"assert a and b and c", "bool[name name name]"},
        {"assert -a ** -b + c * d", "binary[unary[binary[name unary[name]]] binary[name name]]"},
        {"assert (y := f(x)) == 2", "compare[named constant]"},
        {"assert (a, b)", "opaque"},
        {"assert ()", "opaque"},
        {"assert [x for x in y] == {1: 2}", "compare[opaque opaque]"},
        {"assert (yield x) == 1", "compare[opaque constant]"},
        {"assert await f() == 1", "compare[opaque constant]"},
        {"assert x if y else z", "opaque"},
        {"assert lambda x, *, y=lambda: 1: x", "opaque"},
        {"assert 'a' 'b' == f'c' 'd'", "compare[constant opaque]"},
        {"assert ((x))", "name"},
        {"assert x,", NULL},
        {"assert", NULL},
        {"assert x = 1", NULL},
        {"assert x, y := 1", NULL},
        {"assert f(a b)", NULL},
        {"assert *x", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct span_reader reader;
        struct assertion assertion;
        struct text tree = {0};
        span_reader_init(&reader, ROWS[i].source, strlen(ROWS[i].source));
        bool is_found = span_reader_next(&reader, &assertion);
        if (is_found) {
            describe(assertion.test, &tree);
        }
        assert_int_equal(is_found, ROWS[i].tree != NULL);
        assert_int_equal(reader.has_failed, ROWS[i].tree == NULL);
        assert_string_equal(text_string(&tree), ROWS[i].tree ? ROWS[i].tree : "");
        text_release(&tree);
        span_reader_release(&reader);
    }
}

static void
scopes_and_places_are_told(void **state)
{
    static const char SOURCE[] = "'doc'\n"
                                 "assert a; assert b\n"
                                 "class _C:\n"
                                 "    assert c\n"
                                 "    def f(self): assert d\n"
                                 "    assert e\n"
                                 "if x: assert (\n"
                                 "    g)\n";
    static const struct {
        uint32_t line;
        enum block_kind scope;
        const char *class_name;
    } ROWS[] = {
        {2, BLOCK_MODULE, ""},     {2, BLOCK_MODULE, ""},  {4, BLOCK_CLASS, "_C"},
        {5, BLOCK_FUNCTION, "_C"}, {6, BLOCK_CLASS, "_C"}, {7, BLOCK_MODULE, ""},
    };
    struct span_reader reader;
    struct assertion assertion;
    size_t count = 0;

    (void)state;
    span_reader_init(&reader, SOURCE, strlen(SOURCE));
    for (; span_reader_next(&reader, &assertion); count++) {
        assert_true(count < COUNT_OF(ROWS));
        assert_int_equal(assertion.line, ROWS[count].line);
        assert_int_equal(assertion.scope, ROWS[count].scope);
        assert_int_equal(assertion.class_end - assertion.class_start, strlen(ROWS[count].class_name));
        assert_memory_equal(SOURCE + assertion.class_start, ROWS[count].class_name, strlen(ROWS[count].class_name));
    }
    assert_int_equal(count, COUNT_OF(ROWS));
    assert_true(reader.head.has_docstring);
    assert_false(reader.has_failed);
    span_reader_release(&reader);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_give_their_trees),
        cmocka_unit_test(scopes_and_places_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
