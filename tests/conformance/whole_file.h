/* What the dump programs of this folder share. */
#ifndef CONFORMANCE_WHOLE_FILE_H
#define CONFORMANCE_WHOLE_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "os/file.h"

/* The file's bytes, to be freed with memory_free(); ends the program when it cannot be read. */
static inline char *
read_whole(const char *path, size_t *length_out)
{
    struct text text = {0};
    struct error error = ERROR_INIT;

    text_add_string(&text, "");
    if (!file_read(path, SIZE_MAX, &text, &error)) {
        fprintf(stderr, "%s\n", error.message);
        exit(2);
    }
    *length_out = text.length;
    return text.bytes;
}

#endif
