/* UTF-8: characters read, counted, written. */
#include "base/utf8.h"

#include <string.h>

size_t
utf8_read(const char *bytes, size_t length, uint32_t *point_out)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = length ? (unsigned char)bytes[0] : 0x80;
    size_t width = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    uint32_t point = width == 1 ? first : first & (0xFFU >> (width + 1));

    if (width == 0 || width > length) {
        return 0;
    }
    for (size_t i = 1; i < width; i++) {
        if (!utf8_is_tail(bytes[i])) {
            return 0;
        }
        point = point << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    if (point < LEAST[width] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
        return 0;
    }
    *point_out = point;
    return width;
}

size_t
utf8_find_invalid(const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        uint64_t words[4];
        while (at + sizeof words <= length) {
            memcpy(words, bytes + at, sizeof words);
            if ((words[0] | words[1] | words[2] | words[3]) & UINT64_C(0x8080808080808080)) {
                break;
            }
            at += sizeof words;
        }
        while (at < length && (unsigned char)bytes[at] < 0x80) {
            at++;
        }
        while (at < length && (unsigned char)bytes[at] >= 0x80) {
            uint32_t point = 0;
            size_t width = utf8_read(bytes + at, length - at, &point);
            if (width == 0) {
                return at;
            }
            at += width;
        }
    }
    return length;
}

bool
utf8_is_ascii(const char *bytes, size_t length)
{
    uint64_t seen[4] = {0};
    unsigned char last = 0;
    size_t at = 0;

    for (; at + sizeof seen <= length; at += sizeof seen) {
        uint64_t words[4];
        memcpy(words, bytes + at, sizeof words);
        for (int i = 0; i < 4; i++) {
            seen[i] |= words[i];
        }
    }
    for (; at < length; at++) {
        last |= (unsigned char)bytes[at];
    }
    return !((seen[0] | seen[1] | seen[2] | seen[3]) & UINT64_C(0x8080808080808080)) && last < 0x80;
}

size_t
utf8_length(const char *bytes, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        count += !utf8_is_tail(bytes[i]);
    }
    return count;
}

void
text_add_point(struct text *text, uint32_t point)
{
    static const unsigned char MARKS[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t width = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    char bytes[4];

    for (size_t i = width; i-- > 1;) {
        bytes[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    bytes[0] = (char)(MARKS[width] | point);
    text_add(text, bytes, width);
}

bool
point_is_space(uint32_t point)
{
    return (point >= 0x09 && point <= 0x0D) || (point >= 0x1C && point <= 0x20) || point == 0x85 || point == 0xA0 ||
           point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 ||
           point == 0x202F || point == 0x205F || point == 0x3000;
}
