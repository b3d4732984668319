/* Any bytes as an ini file: parsed or refused with a sentence. */
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
    struct ini_file file = {0};
    size_t sum = 0;

    if (ini_parse("f.ini", (const char *)data, size, &arena, &file, &error)) {
        for (size_t i = 0; i < file.section_count; i++) {
            sum += strlen(file.sections[i].name);
            for (size_t j = 0; j < file.sections[i].value_count; j++) {
                const struct ini_value *value = &file.sections[i].values[j];
                sum += value->name_length + value->value_length + (unsigned char)value->value[value->value_length];
            }
        }
        (void)ini_find_section(&file, "pytest");
    } else if (!error.message[0]) {
        abort();
    }
    arena_release(&arena);
    return sum == SIZE_MAX ? -1 : 0;
}
