/* JSON strings. */
#include "base/json.h"

#include <stdint.h>

#include "base/utf8.h"

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
        uint32_t point = 0;
        size_t count = *at < 0x80 ? 0 : utf8_read((const char *)at, (size_t)(end - at), &point);
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
