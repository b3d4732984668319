/* JSON strings. */
#include "base/json.h"

/* The length of the well-formed UTF-8 character at the start of `bytes`, 0 when there is none. */
static size_t
character_length(const unsigned char *bytes, size_t length)
{
    unsigned char first = bytes[0];
    size_t count = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;

    if (count > length) {
        return 0;
    }
    for (size_t i = 1; i < count; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    /* Overlong, a surrogate, beyond U+10FFFF. */
    if ((first == 0xE0 && bytes[1] < 0xA0) || (first == 0xED && bytes[1] > 0x9F) ||
        (first == 0xF0 && bytes[1] < 0x90) || (first == 0xF4 && bytes[1] > 0x8F)) {
        return 0;
    }
    return count;
}

static void
add_escape(struct text *json, unsigned char byte)
{
    static const char LETTERS[] = "btn?fr";

    if (byte == '"' || byte == '\\') {
        text_add_format(json, "\\%c", byte);
    } else if (byte >= '\b' && byte <= '\r' && byte != '\v') {
        text_add_format(json, "\\%c", LETTERS[byte - '\b']);
    } else {
        text_add_format(json, "\\u%04x", byte);
    }
}

void
json_add_string(struct text *json, const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + length;
    const unsigned char *start = at; /* of what is taken as it is */

    text_add_char(json, '"');
    while (at < end) {
        if (*at >= 0x20 && *at < 0x7F && *at != '"' && *at != '\\') {
            at++;
            continue;
        }
        size_t count = *at < 0x80 ? 0 : character_length(at, (size_t)(end - at));
        if (count) {
            at += count;
            continue;
        }
        text_add(json, (const char *)start, (size_t)(at - start));
        if (*at < 0x80) {
            add_escape(json, *at);
        } else {
            text_add_format(json, "\\udc%02x", *at);
        }
        start = ++at;
    }
    text_add(json, (const char *)start, (size_t)(end - start));
    text_add_char(json, '"');
}
