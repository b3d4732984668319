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
    uint32_t line = 0;

    memcpy(source, data, size);
    if (!grammar_check(source, size, &line) && line == 0) {
        abort();
    }
    free(source);
    return 0;
}
