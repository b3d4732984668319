/* String literals: plain ones end at their quote; formatted ones hold expressions that hold literals. */
#include "syntax/strings.h"

#include <stdint.h>
#include <string.h>

/* More than CPython allows (150 strings); each string and each replacement field takes one. */
enum { MAX_FRAMES = 400 };

enum frame_mode { MODE_TEXT, MODE_FIELD, MODE_SPEC };

/* One open f-string (MODE_TEXT), or one open replacement field: its expression, then its format specification. */
struct frame {
    char quote;
    bool is_triple;
    bool is_raw;
    uint8_t mode;
    uint32_t depth; /* MODE_FIELD: of open brackets */
};

struct scan {
    const char *source;
    size_t length;
    size_t at;
    struct frame frames[MAX_FRAMES];
    size_t count;
};

bool
string_prefix_parse(const char *name, size_t length, unsigned *flags_out)
{
    unsigned flags = 0;

    if (length > 2) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        switch (name[i]) {
        case 'r':
        case 'R':
            flags |= STRING_RAW;
            break;
        case 'f':
        case 'F':
        case 't':
        case 'T':
            flags |= STRING_FORMATTED;
            break;
        case 'b':
        case 'B':
        case 'u':
        case 'U':
            break;
        default:
            return false;
        }
    }
    *flags_out = flags;
    return true;
}

static bool
is_triple_quote(const char *source, size_t length, size_t at)
{
    return at + 2 < length && source[at + 1] == source[at] && source[at + 2] == source[at];
}

/* What may end a plain string, or keep the byte behind it from doing so. */
static const bool STOPS[256] = {['"'] = true, ['\''] = true, ['\\'] = true, ['\n'] = true, ['\r'] = true};

static size_t
plain_end_find(const char *source, size_t length, size_t quote)
{
    char mark = source[quote];
    bool is_triple = is_triple_quote(source, length, quote);
    size_t at = quote + (is_triple ? 3 : 1);

    while (at < length) {
        char byte = source[at];
        if (!STOPS[(unsigned char)byte]) {
            at++;
        } else if (byte == '\\') {
            /* A line end of two bytes is one character. */
            at += at + 2 < length && source[at + 1] == '\r' && source[at + 2] == '\n' ? 3 : 2;
        } else if (byte == mark && (!is_triple || is_triple_quote(source, length, at))) {
            return at + (is_triple ? 3 : 1);
        } else if (!is_triple && (byte == '\n' || byte == '\r')) {
            return 0;
        } else {
            at++;
        }
    }
    return 0;
}

static bool
push_frame(struct scan *scan, struct frame frame)
{
    if (scan->count == MAX_FRAMES) {
        return false;
    }
    scan->frames[scan->count++] = frame;
    return true;
}

static bool
push_text(struct scan *scan, size_t quote, unsigned flags)
{
    bool is_triple = is_triple_quote(scan->source, scan->length, quote);

    scan->at = quote + (is_triple ? 3 : 1);
    return push_frame(scan, (struct frame){.quote = scan->source[quote],
                                           .is_triple = is_triple,
                                           .is_raw = flags & STRING_RAW,
                                           .mode = MODE_TEXT});
}

/* Behind a backslash of text: braces still count, and \N{...} is no field. */
static void
skip_escape(struct scan *scan, const struct frame *frame)
{
    size_t at = scan->at + 1;

    if (at < scan->length && (scan->source[at] == '{' || scan->source[at] == '}')) {
        scan->at = at;
    } else if (!frame->is_raw && at + 1 < scan->length && scan->source[at] == 'N' && scan->source[at + 1] == '{') {
        at += 2;
        while (at < scan->length && scan->source[at] != '}' && scan->source[at] != frame->quote &&
               scan->source[at] != '\n') {
            at++;
        }
        scan->at = at < scan->length && scan->source[at] == '}' ? at + 1 : at;
    } else {
        scan->at = at + 1;
    }
}

static bool
scan_text(struct scan *scan, struct frame *frame)
{
    char byte = scan->source[scan->at];

    if (byte == frame->quote && (!frame->is_triple || is_triple_quote(scan->source, scan->length, scan->at))) {
        scan->at += frame->is_triple ? 3 : 1;
        scan->count--;
    } else if (byte == '\\') {
        skip_escape(scan, frame);
    } else if (byte == '{' || byte == '}') {
        bool is_doubled = scan->at + 1 < scan->length && scan->source[scan->at + 1] == byte;
        scan->at += is_doubled ? 2 : 1;
        if (byte == '{' && !is_doubled) {
            return push_frame(scan, (struct frame){.quote = frame->quote,
                                                   .is_triple = frame->is_triple,
                                                   .is_raw = frame->is_raw,
                                                   .mode = MODE_FIELD});
        }
    } else if ((byte == '\n' || byte == '\r') && !frame->is_triple) {
        return false;
    } else {
        scan->at++;
    }
    return true;
}

static bool
scan_spec(struct scan *scan, struct frame *frame)
{
    char byte = scan->source[scan->at];

    if (byte == '}') {
        scan->at++;
        scan->count--;
    } else if (byte == '{') {
        scan->at++;
        return push_frame(scan, (struct frame){.quote = frame->quote,
                                               .is_triple = frame->is_triple,
                                               .is_raw = frame->is_raw,
                                               .mode = MODE_FIELD});
    } else if (byte == '\\') {
        skip_escape(scan, frame);
    } else if (byte == frame->quote && (!frame->is_triple || is_triple_quote(scan->source, scan->length, scan->at))) {
        return false;
    } else if ((byte == '\n' || byte == '\r') && !frame->is_triple) {
        return false;
    } else {
        scan->at++;
    }
    return true;
}

/* A quote inside an expression, with the prefix that ends before it. */
static bool
scan_nested_string(struct scan *scan, size_t quote, unsigned flags)
{
    if (flags & STRING_FORMATTED) {
        return push_text(scan, quote, flags);
    }
    scan->at = plain_end_find(scan->source, scan->length, quote);
    return scan->at != 0;
}

static bool
scan_word(struct scan *scan)
{
    size_t start = scan->at;
    unsigned flags = 0;

    while (scan->at < scan->length && is_word_byte(scan->source[scan->at])) {
        scan->at++;
    }
    if (scan->at < scan->length && (scan->source[scan->at] == '"' || scan->source[scan->at] == '\'') &&
        string_prefix_parse(scan->source + start, scan->at - start, &flags)) {
        return scan_nested_string(scan, scan->at, flags);
    }
    return true;
}

static bool
scan_field(struct scan *scan, struct frame *frame)
{
    char byte = scan->source[scan->at];

    if (is_word_byte(byte)) {
        return scan_word(scan);
    }
    switch (byte) {
    case '"':
    case '\'':
        return scan_nested_string(scan, scan->at, 0);
    case '(':
    case '[':
    case '{':
        frame->depth++;
        break;
    case ')':
    case ']':
    case '}':
        if (frame->depth == 0) {
            if (byte != '}') {
                return false;
            }
            scan->count--;
        } else {
            frame->depth--;
        }
        break;
    case ':':
        if (frame->depth == 0) {
            frame->mode = MODE_SPEC;
        }
        break;
    case '#':
        while (scan->at < scan->length && scan->source[scan->at] != '\n' && scan->source[scan->at] != '\r') {
            scan->at++;
        }
        return true;
    default:
        break;
    }
    scan->at++;
    return true;
}

static size_t
formatted_end_find(const char *source, size_t length, size_t quote, unsigned flags)
{
    struct scan scan;

    scan.source = source;
    scan.length = length;
    scan.count = 0;
    if (!push_text(&scan, quote, flags)) {
        return 0;
    }
    while (scan.at < length) {
        struct frame *frame = &scan.frames[scan.count - 1];
        bool goes_on = frame->mode == MODE_TEXT    ? scan_text(&scan, frame)
                       : frame->mode == MODE_FIELD ? scan_field(&scan, frame)
                                                   : scan_spec(&scan, frame);
        if (!goes_on) {
            return 0;
        }
        if (scan.count == 0) {
            return scan.at;
        }
    }
    return 0;
}

/*
 * Most formatted strings hold no quote inside a replacement field. Then braces need counting only: while the count is
 * not negative, zero means text (a doubled brace counts twice, until its partner). 0: not one of those.
 */
static size_t
simple_end_find(const char *source, size_t length, size_t quote)
{
    bool is_triple = is_triple_quote(source, length, quote);
    size_t at = quote + (is_triple ? 3 : 1);
    size_t open = 0;

    for (; at < length; at++) {
        switch (source[at]) {
        case '{':
            open++;
            break;
        case '}':
            if (open == 0) {
                return 0;
            }
            open--;
            break;
        case '"':
        case '\'':
            if (open) {
                return 0;
            }
            if (source[at] == source[quote] && (!is_triple || is_triple_quote(source, length, at))) {
                return at + (is_triple ? 3 : 1);
            }
            break;
        case '\n':
        case '\r':
            if (!is_triple) {
                return 0;
            }
            break;
        case '\\':
            if (open || at + 1 >= length || source[at + 1] == '\r') {
                return 0;
            }
            at += source[at + 1] != '{' && source[at + 1] != '}';
            break;
        case '#':
            if (open) {
                return 0;
            }
            break;
        default:
            break;
        }
    }
    return 0;
}

size_t
string_end_find(const char *source, size_t length, size_t quote, unsigned flags)
{
    if (flags & STRING_FORMATTED) {
        size_t end = simple_end_find(source, length, quote);
        return end ? end : formatted_end_find(source, length, quote, flags);
    }
    return plain_end_find(source, length, quote);
}

bool
formatted_string_has_yield(const char *source, size_t start, size_t end)
{
    static const char WORD[] = "yield";
    size_t length = sizeof(WORD) - 1;
    size_t open = 0;
    char last = '\0'; /* but spaces */

    if (!memmem(source + start, end - start, WORD, length)) {
        return false;
    }
    for (size_t at = start; at + length < end; at++) {
        char byte = source[at];
        if (open && (last == '{' || last == '(') && byte == 'y' && memcmp(source + at, WORD, length) == 0 &&
            !is_word_byte(source[at + length])) {
            return true;
        }
        if ((byte == '{' || byte == '}') && source[at + 1] == byte && !open) {
            at++;
        } else if (byte == '{') {
            open++;
        } else if (byte == '}' && open) {
            open--;
        }
        last = byte == ' ' ? last : byte;
    }
    return false;
}
