/* From the bytes of a source to UTF-8: encodings, and what no Python source may hold. */
#include "discover/library.h"

#include <stdint.h>
#include <string.h>

#include "os/transcode.h"
#include "syntax/syntax.h"

/* ---- UTF-8 ---- */

/* The length of the valid character at `bytes`, of at least 2 bytes; 0: it is none. */
static size_t
character_length(const unsigned char *bytes, size_t left)
{
    static const unsigned char LEAST_SECOND[] = {[0x0] = 0xA0, [0x10] = 0x90};
    size_t length = bytes[0] < 0xC2 ? 0 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : bytes[0] < 0xF5 ? 4 : 0;

    if (length == 0 || length > left) {
        return 0;
    }
    unsigned char least = bytes[0] == 0xE0 || bytes[0] == 0xF0 ? LEAST_SECOND[bytes[0] - 0xE0] : 0x80;
    unsigned char most = bytes[0] == 0xED ? 0x9F : bytes[0] == 0xF4 ? 0x8F : 0xBF;
    if (bytes[1] < least || bytes[1] > most) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

/* Where the first byte stands that is no UTF-8; `length`: nowhere. */
static size_t
find_invalid(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
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
        while (at < length && bytes[at] < 0x80) {
            at++;
        }
        while (at < length && bytes[at] >= 0x80) {
            size_t count = character_length(bytes + at, length - at);
            if (count == 0) {
                return at;
            }
            at += count;
        }
    }
    return length;
}

bool
text_is_utf8(const char *bytes, size_t length)
{
    return find_invalid(bytes, length) == length;
}

/* ---- Other encodings ---- */

static bool
is_latin1(const char *name)
{
    static const char *const NAMES[] = {"latin-1", "latin1", "iso-8859-1", "iso8859-1", "l1", "8859", "cp819", "latin"};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        size_t length = strlen(NAMES[i]);
        if (strcmp(name, NAMES[i]) == 0 || (strncmp(name, NAMES[i], length) == 0 && name[length] == '-' && i < 3)) {
            return true;
        }
    }
    return false;
}

static void
add_latin1(struct text *text, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte < 0x80) {
            text_add_char(text, (char)byte);
        } else {
            text_add_char(text, (char)(0xC0 | byte >> 6));
            text_add_char(text, (char)(0x80 | (byte & 0x3F)));
        }
    }
}

/* ---- Both ---- */

static bool
fail_at(const char *bytes, size_t position, struct decoded *decoded)
{
    uint32_t line = 1;

    for (size_t i = 0; i < position; i++) {
        line += bytes[i] == '\n';
    }
    decoded->error_line = line;
    return false;
}

static bool
decode_utf8(const char *bytes, size_t length, const struct source_encoding *encoding, struct decoded *decoded)
{
    bool is_ascii = strcmp(encoding->name, "ascii") == 0 || strcmp(encoding->name, "us-ascii") == 0;

    decoded->source = bytes + encoding->mark_bytes;
    decoded->length = length - encoding->mark_bytes;
    size_t invalid = find_invalid(decoded->source, decoded->length);
    for (size_t i = 0; is_ascii && i < invalid; i++) {
        invalid = (unsigned char)decoded->source[i] >= 0x80 ? i : invalid;
    }
    if (invalid < decoded->length) {
        text_add_format(&decoded->error, "'%s' codec can't decode byte 0x%02x", is_ascii ? "ascii" : "utf-8",
                        (unsigned)(unsigned char)decoded->source[invalid]);
        return fail_at(decoded->source, invalid, decoded);
    }
    return true;
}

static bool
decode_other(const char *bytes, size_t length, const struct source_encoding *encoding, struct decoded *decoded)
{
    size_t failed_at = 0;

    if (encoding->mark_bytes) {
        text_add_format(&decoded->error, "encoding problem: %s with BOM", encoding->name);
        return fail_at(bytes, 0, decoded);
    }
    text_clear(&decoded->text);
    if (is_latin1(encoding->name)) {
        add_latin1(&decoded->text, bytes, length);
    } else {
        enum transcode_result result = transcode(encoding->name, bytes, length, &decoded->text, &failed_at);
        if (result == TRANSCODE_UNKNOWN) {
            text_add_format(&decoded->error, "unknown encoding: %s", encoding->name);
            return fail_at(bytes, 0, decoded);
        }
        if (result == TRANSCODE_INVALID) {
            text_add_format(&decoded->error, "'%s' codec can't decode byte 0x%02x", encoding->name,
                            (unsigned)(unsigned char)bytes[failed_at]);
            return fail_at(bytes, failed_at, decoded);
        }
    }
    decoded->source = text_string(&decoded->text);
    decoded->length = decoded->text.length;
    return true;
}

bool
source_decode(const char *bytes, size_t length, struct decoded *decoded)
{
    const char *nul = length ? memchr(bytes, '\0', length) : NULL;
    struct source_encoding encoding = source_encoding_find(bytes, length);

    text_clear(&decoded->error);
    if (nul) {
        text_add_string(&decoded->error, "source code cannot contain null bytes");
        return fail_at(bytes, (size_t)(nul - bytes), decoded);
    }
    return encoding.is_utf8 ? decode_utf8(bytes, length, &encoding, decoded)
                            : decode_other(bytes, length, &encoding, decoded);
}
