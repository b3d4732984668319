/* A string that grows. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

#include "base/compiler.h"

/* Zero-initialised is the empty text. `bytes` is NUL-terminated once anything was added, else NULL. */
struct text {
    char *bytes;
    size_t length;
    size_t capacity;
};

void text_add(struct text *text, const char *bytes, size_t length);
void text_add_string(struct text *text, const char *string);
void text_add_char(struct text *text, char character);
void text_add_repeated(struct text *text, char character, size_t count);
void text_add_format(struct text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Never NULL. Borrowed until the next change. */
const char *text_string(const struct text *text);

void text_clear(struct text *text); /* keeps the memory */
void text_release(struct text *text);

#endif
