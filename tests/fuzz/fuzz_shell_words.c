/* Any text as a shell's words (addopts). */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error error = ERROR_INIT;
    const char **words = NULL;
    size_t count = 0;
    size_t total = 0;
    const char *text = arena_copy_bytes(&arena, (const char *)data, size);

    if (shell_split(text, &arena, &words, &count, &error)) {
        for (size_t i = 0; i < count; i++) {
            total += strlen(words[i]);
        }
        if (total > size) {
            abort();
        }
    } else if (!error.message[0]) {
        abort();
    }
    arena_release(&arena);
    return 0;
}
