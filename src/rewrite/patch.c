/* Walks marshal's format (versions 4 and 5), copying; only names of ours and location tables change. */
#include "rewrite/patch.h"

#include <string.h>

#include "rewrite/positions.h"

enum { MAX_DEPTH = 500, FLAG_REF = 0x80 };

struct patcher {
    const struct rewritten *rewritten;
    int python_minor;
    bool maps_positions;
    const unsigned char *at;
    const unsigned char *end;
    struct text *out;
    unsigned depth;
};

static bool patch_object(struct patcher *patcher);

static bool
copy(struct patcher *patcher, size_t count)
{
    if ((size_t)(patcher->end - patcher->at) < count) {
        return false;
    }
    text_add(patcher->out, (const char *)patcher->at, count);
    patcher->at += count;
    return true;
}

/* A 32-bit number, copied; it is also returned. */
static bool
copy_number(struct patcher *patcher, uint32_t *value_out)
{
    const unsigned char *at = patcher->at;

    if (!copy(patcher, 4)) {
        return false;
    }
    *value_out = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    return true;
}

static bool
patch_objects(struct patcher *patcher, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!patch_object(patcher)) {
            return false;
        }
    }
    return true;
}

/* Our spellings become names that no source can contain. */
static bool
patch_string(struct patcher *patcher, size_t length)
{
    const struct rewritten *rewritten = patcher->rewritten;
    size_t start = patcher->out->length;

    if (!copy(patcher, length)) {
        return false;
    }
    char *string = patcher->out->bytes + start;
    if (length >= SPELLING_BYTES - 1 && string[0] == '_') {
        if (memcmp(string, rewritten->temporary_spelling, SPELLING_BYTES - 1) == 0 ||
            memcmp(string, rewritten->fail_spelling, SPELLING_BYTES - 1) == 0 ||
            memcmp(string, rewritten->pass_spelling, SPELLING_BYTES - 1) == 0) {
            string[0] = '@';
            string[1] = 'p';
        }
    }
    return true;
}

/* A location table: its own length changes. */
static bool
patch_table(struct patcher *patcher, int first_line)
{
    struct text *out = patcher->out;
    const unsigned char *at = patcher->at;

    if (!patcher->maps_positions || patcher->end - at < 5 || (at[0] & ~FLAG_REF) != 's') {
        return patch_object(patcher);
    }
    uint32_t length = (uint32_t)at[1] | (uint32_t)at[2] << 8 | (uint32_t)at[3] << 16 | (uint32_t)at[4] << 24;
    if ((size_t)(patcher->end - at) - 5 < length) {
        return false;
    }
    size_t head = out->length;
    text_add(out, (const char *)at, 5);
    if (!positions_map(patcher->rewritten, first_line, at + 5, length, out)) {
        return false;
    }
    uint32_t new_length = (uint32_t)(out->length - head - 5);
    for (size_t i = 0; i < 4; i++) {
        out->bytes[head + 1 + i] = (char)(new_length >> (8 * i));
    }
    patcher->at += 5 + length;
    return true;
}

static bool
patch_code(struct patcher *patcher)
{
    bool is_old = patcher->python_minor < 11;
    uint32_t first_line = 0;

    /* Counts and flags; then code, constants, names, variables ..., file name, name[, qualified name]. */
    if (!copy(patcher, is_old ? 24 : 20) || !patch_objects(patcher, is_old ? 8 : 8) ||
        !copy_number(patcher, &first_line)) {
        return false;
    }
    return patch_table(patcher, (int)first_line) && (is_old || patch_object(patcher));
}

static bool
patch_sequence(struct patcher *patcher)
{
    uint32_t count = 0;
    return copy_number(patcher, &count) && patch_objects(patcher, count);
}

static bool
patch_dict(struct patcher *patcher)
{
    while (patcher->at < patcher->end && *patcher->at != '0') {
        if (!patch_objects(patcher, 2)) {
            return false;
        }
    }
    return copy(patcher, 1);
}

static bool
patch_sized(struct patcher *patcher)
{
    uint32_t length = 0;
    return copy_number(patcher, &length) && patch_string(patcher, length);
}

static bool
patch_short_string(struct patcher *patcher)
{
    if (patcher->at == patcher->end) {
        return false;
    }
    size_t length = *patcher->at;
    return copy(patcher, 1) && patch_string(patcher, length);
}

static bool
patch_long(struct patcher *patcher)
{
    uint32_t digits = 0;

    if (!copy_number(patcher, &digits)) {
        return false;
    }
    int32_t count = (int32_t)digits;
    return copy(patcher, 2 * (size_t)(count < 0 ? -(int64_t)count : count));
}

static bool
patch_body(struct patcher *patcher, unsigned char type)
{
    switch (type) {
    case '0':
    case 'N':
    case 'F':
    case 'T':
    case 'S':
    case '.':
        return true;
    case 'i':
    case 'r':
        return copy(patcher, 4);
    case 'I':
    case 'g':
        return copy(patcher, 8);
    case 'y':
        return copy(patcher, 16);
    case 'l':
        return patch_long(patcher);
    case 's':
    case 't':
    case 'u':
    case 'a':
    case 'A':
        return patch_sized(patcher);
    case 'z':
    case 'Z':
        return patch_short_string(patcher);
    case '(':
    case '[':
    case '<':
    case '>':
        return patch_sequence(patcher);
    case ')': {
        if (patcher->at == patcher->end) {
            return false;
        }
        unsigned count = *patcher->at;
        return copy(patcher, 1) && patch_objects(patcher, count);
    }
    case '{':
        return patch_dict(patcher);
    case ':':
        return patch_objects(patcher, 3);
    case 'c':
        return patch_code(patcher);
    default:
        return false;
    }
}

static bool
patch_object(struct patcher *patcher)
{
    if (patcher->at == patcher->end || patcher->depth == MAX_DEPTH) {
        return false;
    }
    unsigned char type = *patcher->at & (unsigned char)~FLAG_REF;
    patcher->depth++;
    bool is_done = copy(patcher, 1) && patch_body(patcher, type);
    patcher->depth--;
    return is_done;
}

bool
code_patch(const struct rewritten *rewritten, int python_minor, bool maps_positions, const unsigned char *bytes,
           size_t length, struct text *out)
{
    struct patcher patcher = {
        .rewritten = rewritten,
        .python_minor = python_minor,
        .maps_positions = maps_positions,
        .at = bytes,
        .end = bytes + length,
        .out = out,
    };
    return patch_object(&patcher) && patcher.at == patcher.end;
}
