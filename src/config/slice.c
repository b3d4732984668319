/* Text as Python's str methods see it: white space, lines, repr(). */
#include "config/internal.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config/config.h"

bool
slice_equals(struct slice slice, const char *bytes, size_t length)
{
    return slice.length == length && memcmp(slice.start, bytes, length) == 0;
}

/* The length of the white space character at the start, 0 when there is none. */
static size_t
space_at(const char *bytes, size_t length)
{
    uint32_t point = 0;
    size_t width = utf8_read(bytes, length, &point);

    return point_is_space(point) ? width : 0;
}

struct slice
slice_strip_end(struct slice slice)
{
    while (slice.length) {
        size_t width = 1;
        while (width < slice.length && width < 3 && utf8_is_tail(slice.start[slice.length - width])) {
            width++;
        }
        if (space_at(slice.start + slice.length - width, width) != width) {
            break;
        }
        slice.length -= width;
    }
    return slice;
}

struct slice
slice_strip(struct slice slice)
{
    size_t width = 0;

    while ((width = space_at(slice.start, slice.length)) > 0) {
        slice.start += width;
        slice.length -= width;
    }
    return slice_strip_end(slice);
}

/* The length of the line boundary at the start; a file is read with \r\n and \r as \n. */
static size_t
boundary_at(const unsigned char *bytes, size_t length)
{
    if (bytes[0] == '\r') {
        return length >= 2 && bytes[1] == '\n' ? 2 : 1;
    }
    if ((bytes[0] >= 0x0a && bytes[0] <= 0x0c) || (bytes[0] >= 0x1c && bytes[0] <= 0x1e)) {
        return 1;
    }
    if (length >= 2 && bytes[0] == 0xc2 && bytes[1] == 0x85) {
        return 2;
    }
    if (length >= 3 && bytes[0] == 0xe2 && bytes[1] == 0x80 && (bytes[2] == 0xa8 || bytes[2] == 0xa9)) {
        return 3;
    }
    return 0;
}

size_t
line_end(const char *bytes, size_t length, size_t position, size_t *line_length_out)
{
    size_t end = position;
    size_t width = 0;

    while (end < length && (width = boundary_at((const unsigned char *)bytes + end, length - end)) == 0) {
        end++;
    }
    *line_length_out = end - position;
    return end + width;
}

void
text_add_python_repr(struct text *text, const char *bytes, size_t length)
{
    bool has_single = memchr(bytes, '\'', length) != NULL;
    char quote = has_single && !memchr(bytes, '"', length) ? '"' : '\'';

    text_add_char(text, quote);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\\' || byte == (unsigned char)quote) {
            text_add_char(text, '\\');
            text_add_char(text, (char)byte);
        } else if (byte == '\t' || byte == '\n' || byte == '\r') {
            text_add_string(text, byte == '\t' ? "\\t" : byte == '\n' ? "\\n" : "\\r");
        } else if (byte < 0x20 || byte == 0x7f) {
            text_add_format(text, "\\x%02x", byte);
        } else {
            text_add_char(text, (char)byte);
        }
    }
    text_add_char(text, quote);
}
