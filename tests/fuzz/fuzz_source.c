/* Any bytes as Python source: tokens stay inside and come to an end, and so do assertions and their trees. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "syntax/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void
check_tree(const struct expression *expression, size_t size)
{
    check(expression->start <= expression->end && expression->end <= size);
    check(expression->outer_start <= expression->start && expression->end <= expression->outer_end);
    for (const struct expression *child = expression->first_child; child; child = child->next) {
        check(child->start >= expression->start && child->end <= expression->end);
        check_tree(child, size);
    }
}

static void
check_tokens(const char *source, size_t size)
{
    struct lexer lexer;
    uint32_t last_end = 0;

    lexer_init(&lexer, source, size);
    /* Every byte gives at most one token, and one more for each level that it closes. */
    for (size_t count = 0;; count++) {
        struct token token = lexer_next(&lexer);
        check(count <= 3 * size + LEXER_MAX_INDENTS + 10);
        if (token.kind == TOKEN_END || token.kind == TOKEN_ERROR) {
            check(lexer_next(&lexer).kind == token.kind);
            return;
        }
        check(last_end <= token.start && token.start <= token.end && token.end <= size);
        last_end = token.end;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *source = (const char *)data;
    struct span_reader reader;
    struct assertion assertion;
    struct source_encoding encoding = source_encoding_find(source, size);

    check(encoding.mark_bytes == 0 || encoding.mark_bytes == 3);
    check_tokens(source, size);
    span_reader_init(&reader, source, size);
    while (span_reader_next(&reader, &assertion)) {
        check(assertion.start < assertion.end && assertion.end <= size);
        check_tree(assertion.test, size);
    }
    span_reader_release(&reader);
    return 0;
}
