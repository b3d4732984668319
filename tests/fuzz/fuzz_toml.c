/* Any bytes as TOML: parsed or refused with a sentence, never too deep for the stack. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
walk(const struct toml_value *value)
{
    size_t sum = value->length;

    for (size_t i = 0; value->text && i < value->length; i++) {
        sum += (unsigned char)value->text[i];
    }
    for (size_t i = 0; value->kind == TOML_ARRAY && i < value->count; i++) {
        sum += walk(value->items[i]);
    }
    for (size_t i = 0; value->kind == TOML_TABLE && i < value->count; i++) {
        sum += value->entries[i].key_length + walk(value->entries[i].value);
    }
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error error = ERROR_INIT;
    struct toml_value *root = NULL;
    size_t sum = 0;

    if (toml_parse((const char *)data, size, &arena, &root, &error)) {
        sum = walk(root);
        (void)toml_find(root, "tool");
    } else if (!error.message[0]) {
        abort();
    }
    arena_release(&arena);
    return sum == SIZE_MAX ? -1 : 0;
}
