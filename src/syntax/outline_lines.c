/* What a walk over blocks hands to the outline: batches of logical lines; and what it rarely needs. */
#include "syntax/outline_lines.h"

#include <string.h>

#include "syntax/outline_masks.h"
#include "syntax/strings.h"

void
line_reader_init(struct line_reader *reader, const char *source, size_t length)
{
    reader->source = source;
    reader->length = length;
    reader->offset = 0;
    reader->line_count = reader->start_count = reader->yield_count = 0;
    reader->has_odd_blanks = reader->is_last = false;
    reader->batch_start = 0;
    reader->newline_count = 0;
    reader->first_line = reader->previous_end_line = 1;
    reader->lines[0].start = 0;
    reader->code_end = reader->line_start = 0;
    reader->is_line_start = 1;
    reader->mode = MODE_CODE;
    reader->consumed = 0;
    reader->depth = 0;
    reader->error = NULL;
    reader->error_offset = reader->error_seen = 0;
    reader->brackets[0].closer = 0;
}

static uint32_t
count_lines(const char *source, size_t length, size_t start, size_t end)
{
    uint32_t count = 0;

    for (size_t i = start; i < end && i < length; i++) {
        count += source[i] == '\n' || (source[i] == '\r' && (i + 1 == length || source[i + 1] != '\n'));
    }
    return count;
}

uint32_t
source_line_of(const char *source, size_t length, size_t offset)
{
    return count_lines(source, length, 0, offset) + 1;
}

uint32_t
line_reader_line(const struct line_reader *reader, size_t offset)
{
    size_t first = reader->lines[0].start;

    if (offset < reader->batch_start) {
        return offset < first ? reader->previous_end_line
                              : reader->first_line + count_lines(reader->source, reader->length, first, offset);
    }
    size_t block = (offset - reader->batch_start) / BLOCK_BYTES;
    uint64_t below = ((uint64_t)1 << offset % BLOCK_BYTES) - 1;
    return reader->lines_before[block] + bit_count_plain(reader->newlines[block] & below) + 1;
}

void
line_reader_fail(struct line_reader *reader, const char *error, size_t offset, size_t seen)
{
    if (!reader->error || seen < reader->error_seen) {
        reader->error = error;
        reader->error_offset = offset;
        reader->error_seen = seen;
    }
}

static void
fail_at(struct line_reader *reader, const char *error, size_t offset)
{
    line_reader_fail(reader, error, offset, offset);
}

void
line_reader_read_odd(struct line_reader *reader, uint64_t odd, uint64_t *newline, uint64_t *blank)
{
    const char *bytes = reader->source + reader->offset;
    size_t rest = reader->length - reader->offset;

    for (; odd; odd &= odd - 1) {
        unsigned at = (unsigned)__builtin_ctzll(odd);
        if (bytes[at] == '\r' && (at + 1 == rest || bytes[at + 1] != '\n')) {
            *newline |= (uint64_t)1 << at;
            *blank &= ~((uint64_t)1 << at);
        } else if (bytes[at] == '\0') {
            fail_at(reader, "source code cannot contain null bytes", reader->offset + at);
        }
    }
    reader->has_odd_blanks = true;
}

void
line_reader_check_odd(struct line_reader *reader, uint64_t odd)
{
    for (; odd; odd &= odd - 1) {
        size_t offset = reader->offset + (unsigned)__builtin_ctzll(odd);
        char byte = reader->source[offset];
        if (byte != '\t' && byte != '\f' && byte != '\r' && byte != '\0') {
            fail_at(reader, "invalid non-printable character", offset);
        }
    }
}

void
line_reader_note_yield(struct line_reader *reader, size_t offset)
{
    const char *at = reader->source + offset;
    size_t rest = reader->length - offset;
    bool is_word = rest >= 5 && memcmp(at, "yield", 5) == 0 && (rest == 5 || !is_word_byte(at[5])) &&
                   (offset == 0 || !is_word_byte(at[-1]));

    if (is_word || *at != 'y') {
        reader->yields[reader->yield_count++] = (uint32_t)offset;
    }
}

size_t
line_reader_skip_formatted(struct line_reader *reader, size_t quote, bool *has_yield_out)
{
    const char *source = reader->source;
    size_t length = 0;
    unsigned flags = 0;

    while (length < quote && length < 3 && is_word_byte(source[quote - 1 - length])) {
        length++;
    }
    if (!string_prefix_parse(source + quote - length, length, &flags) || !(flags & STRING_FORMATTED)) {
        return quote + 1;
    }
    size_t end = string_end_find(source, reader->length, quote, flags);
    if (!end) {
        bool is_triple =
            reader->length - quote > 2 && source[quote + 1] == source[quote] && source[quote + 2] == source[quote];
        fail_at(reader, is_triple ? "unterminated triple-quoted f-string literal" : "unterminated f-string literal",
                quote);
        return 0;
    }
    *has_yield_out = formatted_string_has_yield(source, quote, end);
    return end;
}

size_t
line_reader_skip_join(struct line_reader *reader, size_t backslash)
{
    size_t end = backslash + 2;

    if (end > reader->length) {
        fail_at(reader, "unexpected EOF while parsing", backslash);
        return 0;
    }
    char next = reader->source[backslash + 1];
    if (next != '\n' && next != '\r') {
        fail_at(reader, "unexpected character after line continuation character", backslash);
        return 0;
    }
    return next == '\r' && end < reader->length && reader->source[end] == '\n' ? end + 1 : end;
}

static const char *
unmatched_words(unsigned char closer)
{
    return closer == ')' ? "unmatched ')'" : closer == ']' ? "unmatched ']'" : "unmatched '}'";
}

static const char *
mismatch_words(unsigned char closer, unsigned char wanted)
{
    switch (closer) {
    case ')':
        return wanted == ']' ? "closing parenthesis ')' does not match opening parenthesis '['"
                             : "closing parenthesis ')' does not match opening parenthesis '{'";
    case ']':
        return wanted == ')' ? "closing parenthesis ']' does not match opening parenthesis '('"
                             : "closing parenthesis ']' does not match opening parenthesis '{'";
    default:
        return wanted == ')' ? "closing parenthesis '}' does not match opening parenthesis '('"
                             : "closing parenthesis '}' does not match opening parenthesis '['";
    }
}

void
line_reader_fail_close(struct line_reader *reader, unsigned char closer, unsigned char wanted, size_t offset)
{
    fail_at(reader, wanted ? mismatch_words(closer, wanted) : unmatched_words(closer), offset);
}

void
line_reader_check_depth(struct line_reader *reader, uint32_t depth, uint64_t open, uint64_t close)
{
    for (uint64_t brackets = open | close; brackets; brackets &= brackets - 1) {
        depth += brackets & -brackets & open ? 1 : UINT32_MAX;
        if (depth > MAX_BRACKETS) {
            fail_at(reader, "too many nested parentheses", reader->offset + (unsigned)__builtin_ctzll(brackets));
            return;
        }
    }
}

/* What the end of the source leaves open. */
static void
check_end(struct line_reader *reader)
{
    if (reader->mode == MODE_STRING) {
        const char *words =
            reader->is_triple ? "unterminated triple-quoted string literal" : "unterminated string literal";
        fail_at(reader, words, reader->literal_start);
    } else if (reader->depth) {
        struct open_bracket last = reader->brackets[reader->depth];
        const char *words = last.closer == ')'   ? "'(' was never closed"
                            : last.closer == ']' ? "'[' was never closed"
                                                 : "'{' was never closed";
        fail_at(reader, words, last.offset);
    }
}

/* The end of the source ends the last line, too. */
static void
finish(struct line_reader *reader)
{
    if (!reader->error) {
        check_end(reader);
    }
    if (!reader->error) {
        reader->lines[reader->start_count++] =
            (struct logical_line){.start = (uint32_t)reader->length, .previous_end = (uint32_t)reader->code_end};
    }
    reader->is_last = true;
}

/* The line that the last batch did not end begins this one. */
static void
begin_batch(struct line_reader *reader)
{
    uint32_t kept = 0;

    if (reader->start_count) {
        uint32_t last = reader->start_count - 1;
        while (kept < reader->yield_count && reader->yields[kept] < reader->lines[last].start) {
            kept++;
        }
        uint32_t first_line = line_reader_line(reader, reader->lines[last].start);
        if (reader->lines[last].previous_end) {
            reader->previous_end_line = line_reader_line(reader, reader->lines[last].previous_end - 1);
        }
        reader->first_line = first_line;
        reader->lines[0] = reader->lines[last];
        reader->start_count = 1;
    }
    /* One of its yields is enough. */
    reader->yields[0] = reader->yields[kept];
    reader->yield_count = kept < reader->yield_count;
    reader->batch_start = reader->offset;
}

bool
line_reader_next(struct line_reader *reader, line_walker *walk)
{
    if (reader->is_last) {
        return false;
    }
    begin_batch(reader);
    walk(reader);
    if (reader->offset >= reader->length || reader->error) {
        finish(reader);
    }
    reader->line_count = reader->start_count ? reader->start_count - 1 : 0;
    reader->yields[reader->yield_count] = UINT32_MAX;
    return true;
}
