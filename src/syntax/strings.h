/* Where string literals end. Private to syntax/. */
#ifndef SYNTAX_STRINGS_H
#define SYNTAX_STRINGS_H

#include <stdbool.h>
#include <stddef.h>

enum string_flags { STRING_RAW = 1, STRING_FORMATTED = 2 };

/*
 * Whether the `length` bytes of a name are a string prefix (when a quote follows): its enum string_flags through
 * `flags_out`. The empty name is one.
 */
bool string_prefix_parse(const char *name, size_t length, unsigned *flags_out);

/* The offset behind the literal whose opening quote is at `quote`; 0 when it is not closed. */
size_t string_end_find(const char *source, size_t length, size_t quote, unsigned flags);

/* Whether some replacement field of the formatted string in [start, end) is or begins with a `yield`. */
bool formatted_string_has_yield(const char *source, size_t start, size_t end);

/* Letters, digits, underscore, and whatever is not ASCII. */
static inline bool
is_word_byte(char byte)
{
    /* clang-format off */
    static const bool WORD_BYTES[256] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
        0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1,
        0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    };
    /* clang-format on */

    return WORD_BYTES[(unsigned char)byte];
}

#endif
