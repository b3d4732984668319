/* Any text as an expression of -k or -m: with the alphabet of an interpreter, and without. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syntax/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned
classify(uint32_t point)
{
    return point % 16;
}

static enum match_answer
match(void *context, const struct match_term *term)
{
    size_t *asked = context;

    ++*asked;
    return term->arguments ? MATCH_UNKNOWN : strlen(term->name) % 2 ? MATCH_YES : MATCH_NO;
}

static void
parse(struct match_source source)
{
    struct arena arena = {0};
    struct match_expression expression;
    struct match_fault fault;
    size_t asked = 0;

    if (match_expression_parse(&source, &arena, &expression, &fault)) {
        (void)match_expression_evaluate(&expression, match, &asked);
        if (asked > expression.term_count || expression.term_count > source.length) {
            abort();
        }
    } else if (!fault.message_length || fault.column == 0 || fault.column > source.length + 1) {
        abort();
    }
    arena_release(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const char *text = arena_copy_bytes(&arena, (const char *)data, size);

    parse((struct match_source){text, size, classify});
    parse((struct match_source){text, size, NULL});
    arena_release(&arena);
    return 0;
}
