/* Any lines as the words of a command line. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "discover/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct given_words given;
    struct error error = ERROR_INIT;
    struct string_list words = {0};
    char *text = arena_copy_bytes(&arena, (const char *)data, size);

    for (char *line = text; line < text + size;) {
        size_t length = strcspn(line, "\n");
        line[length] = '\0';
        if (line[0] != '@') { /* what files hold is up to the machine */
            string_list_add(&words, &arena, line);
        }
        line += length + 1;
    }
    if (words_read(words.items, words.count, "/nowhere", &arena, &given, &error)) {
        for (size_t i = 0; i < given.option_count; i++) {
            if (!given.options[i].name || given.option_count > size) {
                abort();
            }
        }
        if (given.positional_count > words.count) {
            abort();
        }
    } else if (!error.message[0]) {
        abort();
    }
    arena_release(&arena);
    return 0;
}
