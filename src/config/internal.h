/* Slices of text, as the readers of configuration files need them. */
#ifndef CONFIG_INTERNAL_H
#define CONFIG_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

struct arena; /* base/arena.h */
struct text;  /* base/text.h */

/* Borrowed bytes. */
struct slice {
    const char *start;
    size_t length;
};

bool slice_equals(struct slice slice, const char *bytes, size_t length);

/* str.strip() and str.rstrip(): white space as Unicode has it. */
struct slice slice_strip(struct slice slice);
struct slice slice_strip_end(struct slice slice);

/* The lines of str.splitlines(): stores the length of the one at `position`, returns where the next one starts. */
size_t line_end(const char *bytes, size_t length, size_t position, size_t *line_length_out);

#endif
