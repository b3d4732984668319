/* UTF-8: characters read, counted, written. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * The character at the start: its width in bytes, from 1 to 4. 0 where `length` is 0 or no UTF-8 stands there as Python
 * demands it: shortest forms, no surrogates, nothing beyond U+10FFFF; `point_out` is not written then.
 */
size_t utf8_read(const char *bytes, size_t length, uint32_t *point_out);

/* Where the first byte stands that is no UTF-8; `length`: nowhere. */
size_t utf8_find_invalid(const char *bytes, size_t length);

bool utf8_is_ascii(const char *bytes, size_t length);

/* How many characters: bytes that begin one. */
size_t utf8_length(const char *bytes, size_t length);

/* Whether the byte stands within a character, behind the one that begins it. */
static inline bool
utf8_is_tail(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* A surrogate is written as Python's surrogatepass does. */
void text_add_point(struct text *text, uint32_t point);

/* str.isspace(). */
bool point_is_space(uint32_t point);

#endif
