/* Doubling growth; formatting is tried in place first. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"

void
text_grow(struct text *text, size_t more)
{
    size_t needed = text->length + more + 1;
    size_t capacity = text->capacity ? text->capacity : 64;

    while (capacity < needed) {
        capacity *= 2;
    }
    text->bytes = memory_resize(text->bytes, capacity);
    text->capacity = capacity;
}

void
text_add_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void
text_add_repeated(struct text *text, char character, size_t count)
{
    text_reserve(text, count);
    memset(text->bytes + text->length, character, count);
    text->length += count;
    text->bytes[text->length] = '\0';
}

void
text_add_format(struct text *text, const char *fmt, ...)
{
    va_list args;
    int needed = 0;

    text_reserve(text, 128);
    va_start(args, fmt);
    needed = vsnprintf(text->bytes + text->length, text->capacity - text->length, fmt, args);
    va_end(args);
    if (needed < 0) {
        BUG("format '%s' does not format", fmt);
    }
    if ((size_t)needed >= text->capacity - text->length) {
        text_reserve(text, (size_t)needed);
        va_start(args, fmt);
        vsnprintf(text->bytes + text->length, text->capacity - text->length, fmt, args);
        va_end(args);
    }
    text->length += (size_t)needed;
}

const char *
text_string(const struct text *text)
{
    return text->bytes ? text->bytes : "";
}

void
text_clear(struct text *text)
{
    text->length = 0;
    if (text->bytes) {
        text->bytes[0] = '\0';
    }
}

void
text_release(struct text *text)
{
    memory_free(text->bytes);
    *text = (struct text){0};
}
