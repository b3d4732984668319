/* From the bytes of a source to UTF-8: encodings, and what no Python source may hold. */
#include "discover/library.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "os/transcode.h"
#include "syntax/syntax.h"

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
        text_add_point(text, (unsigned char)bytes[i]);
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
    size_t invalid = utf8_find_invalid(decoded->source, decoded->length);
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
