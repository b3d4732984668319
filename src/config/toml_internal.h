/* What the two halves of the TOML reader share: documents (toml_file.c) and scalars (toml_scalar.c). */
#ifndef CONFIG_TOML_INTERNAL_H
#define CONFIG_TOML_INTERNAL_H

#include "base/text.h"
#include "config/config.h"

enum toml_flags {
    TOML_DEFINED = 1,   /* a [table] header named it */
    TOML_CLOSED = 2,    /* inline: nothing may be added */
    TOML_DOTTED = 4,    /* made by dotted keys: no header may reopen it */
    TOML_OF_TABLES = 8, /* an array made by [[headers]] */
};

/* `next` is never past `end`; *end is readable (a NUL) so that one byte may be looked at. */
struct toml_reader {
    const char *start;
    const char *next;
    const char *end;
    struct arena *arena;
    struct error *error;
    unsigned depth;
};

enum { TOML_MAX_DEPTH = 200 };

bool toml_fail(struct toml_reader *reader, const char *what);
struct toml_value *toml_new(struct toml_reader *reader, enum toml_kind kind);

/* At a quote: reads a string; one-line ones only for keys. */
bool toml_read_string(struct toml_reader *reader, bool is_key, const char **text_out, size_t *length_out);
/* At anything else that is neither an array nor a table. */
struct toml_value *toml_read_scalar(struct toml_reader *reader);

#endif
