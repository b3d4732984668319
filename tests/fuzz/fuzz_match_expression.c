/* Any text as an expression of -k or -m. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "discover/match_expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum match_answer
match(void *context, const struct match_term *term)
{
    size_t *asked = context;

    ++*asked;
    return term->argument_count ? MATCH_UNKNOWN : strlen(term->name) % 2 ? MATCH_YES : MATCH_NO;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct match_expression expression;
    struct error error = ERROR_INIT;
    const char *text = arena_copy_bytes(&arena, (const char *)data, size);
    size_t asked = 0;

    if (match_expression_parse(text, &arena, &expression, &error)) {
        (void)match_expression_evaluate(&expression, match, &asked);
        if (asked > expression.term_count || expression.term_count > size) {
            abort();
        }
    } else if (!error.message[0]) {
        abort();
    }
    arena_release(&arena);
    return 0;
}
