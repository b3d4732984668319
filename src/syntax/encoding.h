/* Which encoding a source file declares: byte order mark and PEP 263 comment. */
#ifndef SYNTAX_ENCODING_H
#define SYNTAX_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

enum { ENCODING_NAME_BYTES = 64 };

struct source_encoding {
    size_t mark_bytes;              /* 3 when a UTF-8 byte order mark comes first, else 0 */
    char name[ENCODING_NAME_BYTES]; /* as the comment spells it, in lower case with '-'; "utf-8" when there is none */
    bool is_utf8;                   /* nothing to transcode */
};

/* Reads the first two lines. A name too long for `name` is cut: no codec has it. */
struct source_encoding source_encoding_find(const char *bytes, size_t length);

#endif
