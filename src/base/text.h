/* A string that grows. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <string.h>

#include "base/compiler.h"

/* Zero-initialised is the empty text. `bytes` is NUL-terminated once anything was added, else NULL. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
};

/* Makes room for more bytes and the NUL behind them; for the functions below. */
void text_grow(struct text *text, size_t more);

static inline void
text_reserve(struct text *text, size_t more)
{
    if (UNLIKELY(text->capacity - text->length <= more)) {
        text_grow(text, more);
    }
}

static inline void
text_add(struct text *text, const char *bytes, size_t length)
{
    text_reserve(text, length);
    if (length) {
        memcpy(text->bytes + text->length, bytes, length);
    }
    text->length += length;
    text->bytes[text->length] = '\0';
}

static inline void
text_add_char(struct text *text, char character)
{
    text_reserve(text, 1);
    text->bytes[text->length++] = character;
    text->bytes[text->length] = '\0';
}

void text_add_string(struct text *text, const char *string);
void text_add_repeated(struct text *text, char character, size_t count);
void text_add_format(struct text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Never NULL. Borrowed until the next change. */
const char *text_string(const struct text *text);

void text_clear(struct text *text); /* keeps the memory */
void text_release(struct text *text);

#endif
