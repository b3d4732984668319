/* What the files of stage 4 share. Private to discover/. */
#ifndef DISCOVER_LIBRARY_H
#define DISCOVER_LIBRARY_H

#include "base/text.h"
#include "discover/internal.h"

/* A source as UTF-8. Zeroed at first; `text` and `error` are released by the owner, and used again. */
struct decoded {
    const char *source; /* in the bytes given, or in `text` */
    size_t length;
    struct text text;
    struct text error; /* why not */
    uint32_t error_line;
};

/* False: `error` and `error_line` are set. */
bool source_decode(const char *bytes, size_t length, struct decoded *decoded);

#endif
