/* Any bytes at all: the lexer and the reader of assertions stay inside them, and come to an end. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syntax/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_tree(const struct expression *node, size_t length)
{
    if (node->outer_start > node->start || node->end > node->outer_end || node->outer_end > length) {
        abort();
    }
    for (const struct expression *child = node->first_child; child; child = child->next) {
        if (child->outer_start < node->start || child->outer_end > node->end) {
            abort();
        }
        check_tree(child, length);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of just this size: reading behind it is seen. */
    char *source = malloc(size ? size : 1);
    struct lexer lexer;
    struct token token;
    struct span_reader reader;
    struct assertion assertion;
    size_t token_count = 0;

    if (size) {
        memcpy(source, data, size);
    }
    (void)source_encoding_find(source, size);
    lexer_init(&lexer, source, size);
    do {
        token = lexer_next(&lexer);
        if (token.start > token.end || token.end > size || token_count++ > 4 * size + 1000) {
            abort();
        }
    } while (token.kind != TOKEN_END && token.kind != TOKEN_ERROR);
    span_reader_init(&reader, source, size);
    while (span_reader_next(&reader, &assertion)) {
        if (assertion.end > size || assertion.start > assertion.end) {
            abort();
        }
        check_tree(assertion.test, size);
    }
    span_reader_release(&reader);
    free(source);
    return 0;
}
