/* Any bytes at all: checking whether they are Python stays inside them, and comes to an end. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syntax/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of just this size: reading behind it is seen. */
    char *source = malloc(size ? size : 1);

    memcpy(source, data, size);
    const struct grammar grammar = grammar_check(source, size);
    if (grammar.line == 0 || (grammar.doubt && !grammar.is_python)) {
        abort();
    }
    free(source);
    return 0;
}
