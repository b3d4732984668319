/* Logical lines from the bits of blocks: what is neither in brackets nor in a literal begins and ends them. */
#include "syntax/outline_lines.h"

#include <string.h>

#include "base/compiler.h"
#include "syntax/strings.h"

/* What a byte does to the depth of brackets. */
struct bracket_rule {
    uint32_t change; /* modulo 2^32 */
    uint8_t is_close;
    uint8_t opener; /* is_close: what it has to close */
};

static const struct bracket_rule BRACKET_RULES[256] = {
    ['('] = {.change = 1},
    ['['] = {.change = 1},
    ['{'] = {.change = 1},
    [')'] = {.change = UINT32_MAX, .is_close = 1, .opener = '('},
    [']'] = {.change = UINT32_MAX, .is_close = 1, .opener = '['},
    ['}'] = {.change = UINT32_MAX, .is_close = 1, .opener = '{'},
};

void
line_reader_init(struct line_reader *reader, masks_reader *masks_read, const char *source, size_t length)
{
    reader->source = source;
    reader->length = length;
    reader->offset = 0;
    reader->masks_read = masks_read;
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
    reader->error_offset = 0;
    reader->brackets[0] = 0;
}

static uint32_t
bit_count(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (uint32_t)(bits * 0x0101010101010101u >> 56);
}

static inline uint64_t
bits_below(unsigned at)
{
    return ((uint64_t)1 << at) - 1;
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
    return reader->lines_before[block] + bit_count(reader->newlines[block] & bits_below(offset % BLOCK_BYTES)) + 1;
}

static void
fail(struct line_reader *reader, const char *error, size_t offset)
{
    if (!reader->error || offset < reader->error_offset) {
        reader->error = error;
        reader->error_offset = offset;
    }
}

/* A lone \r ends a line; in front of \n it is blank. */
static void
read_odd_bytes(struct line_reader *reader, struct block_masks *masks)
{
    const char *bytes = reader->source + reader->offset;
    size_t rest = reader->length - reader->offset;

    for (uint64_t odd = masks->odd; odd; odd &= odd - 1) {
        unsigned at = (unsigned)__builtin_ctzll(odd);
        if (bytes[at] == '\r' && (at + 1 == rest || bytes[at + 1] != '\n')) {
            masks->newline |= (uint64_t)1 << at;
            masks->blank &= ~((uint64_t)1 << at);
        } else if (bytes[at] == '\0') {
            fail(reader, "source code cannot contain null bytes", reader->offset + at);
        }
    }
    reader->has_odd_blanks = true;
}

/* Control characters are for literals and comments alone. */
static void
check_odd_bytes(struct line_reader *reader, uint64_t odd)
{
    for (; odd; odd &= odd - 1) {
        size_t offset = reader->offset + (unsigned)__builtin_ctzll(odd);
        char byte = reader->source[offset];
        if (byte != '\t' && byte != '\f' && byte != '\r' && byte != '\0') {
            fail(reader, "invalid non-printable character", offset);
        }
    }
}

static void
read_masks(struct line_reader *reader, struct block_masks *masks_out)
{
    size_t rest = reader->length - reader->offset;

    if (LIKELY(rest > BLOCK_BYTES)) {
        reader->masks_read(reader->source + reader->offset, masks_out);
    } else {
        char bytes[BLOCK_BYTES + 1];
        memset(bytes, ' ', sizeof(bytes));
        memcpy(bytes, reader->source + reader->offset, rest);
        reader->masks_read(bytes, masks_out);
    }
    if (UNLIKELY(masks_out->odd)) {
        read_odd_bytes(reader, masks_out);
    }
}

/* The first bytes of physical lines that are no blanks, as far as these lines begin in code. */
static uint64_t
find_first_bytes(struct line_reader *reader, const struct block_masks *masks, uint64_t newlines)
{
    uint64_t starts = newlines << 1 | reader->is_line_start;
    uint64_t sum = 0;
    /* Adding a line's start to the run of blanks there leaves a bit behind the run. */
    bool goes_on = __builtin_add_overflow(starts & masks->blank, masks->blank, &sum);

    reader->is_line_start = newlines >> (BLOCK_BYTES - 1) | goes_on;
    return (sum | starts) & ~masks->blank & ~(masks->newline | masks->hash);
}

static const char *
unmatched_words(char closer)
{
    return closer == ')' ? "unmatched ')'" : closer == ']' ? "unmatched ']'" : "unmatched '}'";
}

static const char *
mismatch_words(char closer, char opener)
{
    switch (closer) {
    case ')':
        return opener == '[' ? "closing parenthesis ')' does not match opening parenthesis '['"
                             : "closing parenthesis ')' does not match opening parenthesis '{'";
    case ']':
        return opener == '(' ? "closing parenthesis ']' does not match opening parenthesis '('"
                             : "closing parenthesis ']' does not match opening parenthesis '{'";
    default:
        return opener == '(' ? "closing parenthesis '}' does not match opening parenthesis '('"
                             : "closing parenthesis '}' does not match opening parenthesis '['";
    }
}

static void
fail_bracket(struct line_reader *reader, char byte, char opener, size_t offset)
{
    if (!BRACKET_RULES[(unsigned char)byte].is_close) {
        fail(reader, "too many nested parentheses", offset);
    } else {
        fail(reader, opener ? mismatch_words(byte, opener) : unmatched_words(byte), offset);
    }
}

/* Where "yi" stands in code, or an f-string with a yield. */
static void
note_yield(struct line_reader *reader, size_t offset)
{
    const char *at = reader->source + offset;
    size_t rest = reader->length - offset;
    bool is_word = rest >= 5 && memcmp(at, "yield", 5) == 0 && (rest == 5 || !is_word_byte(at[5])) &&
                   (offset == 0 || !is_word_byte(at[-1]));

    if (is_word || *at != 'y') {
        reader->yields[reader->yield_count++] = (uint32_t)offset;
    }
}

/*
 * Keeps the depth, and notes the statements that begin where it is zero: `first` bytes of lines, and semicolons. The
 * loop has no branch that depends on the bytes: guessing them wrong would cost more than all the rest.
 */
static void
read_brackets(struct line_reader *reader, uint64_t brackets, uint64_t first, uint64_t code, uint64_t line_starts)
{
    const char *bytes = reader->source + reader->offset;
    uint32_t depth = reader->depth;
    uint32_t count = reader->start_count;

    for (uint64_t bits = brackets | first; bits; bits &= bits - 1) {
        unsigned at = (unsigned)__builtin_ctzll(bits);
        unsigned char byte = (unsigned char)bytes[at];
        const struct bracket_rule *rule = &BRACKET_RULES[byte];
        uint64_t code_before = code & bits_below(at);
        uint64_t starts_before = line_starts & (bits_below(at) << 1 | 1);
        size_t end = reader->offset + BLOCK_BYTES - (unsigned)__builtin_clzll(code_before | 1);
        size_t line_start = reader->offset + BLOCK_BYTES - 1 - (unsigned)__builtin_clzll(starts_before | 1);
        struct logical_line *line = &reader->lines[count];
        line->start = (uint32_t)(reader->offset + at);
        line->indent = (uint32_t)(reader->offset + at - (starts_before ? line_start : reader->line_start));
        line->previous_end = (uint32_t)(code_before ? end : reader->code_end);
        count += (unsigned)((first >> at & 1) | (byte == ';')) & (depth == 0);

        uint64_t *slot = &reader->brackets[1 + depth - rule->is_close];
        char opener = (char)(*slot & 0xff);
        depth += rule->change;
        if (UNLIKELY((rule->is_close & ((unsigned char)opener != rule->opener)) | (depth > MAX_BRACKETS))) {
            fail_bracket(reader, (char)byte, opener, reader->offset + at);
            break;
        }
        *slot = (reader->offset + at) << 8 | byte;
    }
    reader->start_count = count;
    reader->depth = depth;
}

static void
read_block(struct line_reader *reader, size_t block)
{
    struct block_masks masks;
    struct block_literals literals;

    read_masks(reader, &masks);
    literals_read(reader, &masks, &literals);
    reader->newlines[block] = masks.newline;
    reader->lines_before[block] = reader->newline_count;
    reader->newline_count += bit_count(masks.newline);

    uint64_t inert = literals.literal | literals.comment;
    uint64_t valid = ~(uint64_t)0;
    if (UNLIKELY(masks.odd & ~inert)) {
        check_odd_bytes(reader, masks.odd & ~inert);
    }
    if (UNLIKELY(reader->error != NULL)) {
        valid =
            bits_below((unsigned)(reader->error_offset > reader->offset ? reader->error_offset - reader->offset : 0));
    }
    uint64_t newlines = masks.newline & ~literals.literal;
    uint64_t code = ~(masks.blank | masks.newline | literals.comment | literals.joined);
    uint64_t line_starts = newlines << 1;
    uint64_t first = find_first_bytes(reader, &masks, newlines) & valid;
    read_brackets(reader, masks.bracket & ~inert & valid, first, code, line_starts);
    for (uint64_t yields = (masks.yield & ~inert) | literals.yield; yields; yields &= yields - 1) {
        note_yield(reader, reader->offset + (unsigned)__builtin_ctzll(yields));
    }
    if (code) {
        reader->code_end = reader->offset + BLOCK_BYTES - (unsigned)__builtin_clzll(code);
    }
    if (newlines) {
        reader->line_start = reader->offset + BLOCK_BYTES - (unsigned)__builtin_clzll(newlines);
    }
    reader->offset += BLOCK_BYTES;
}

/* What the end of the source leaves open, and the end of the last line. */
static void
finish(struct line_reader *reader)
{
    if (reader->mode == MODE_STRING) {
        fail(reader, reader->is_triple ? "unterminated triple-quoted string literal" : "unterminated string literal",
             reader->literal_start);
    } else if (reader->depth) {
        uint64_t opener = reader->brackets[reader->depth];
        const char *words = (opener & 0xff) == '('   ? "'(' was never closed"
                            : (opener & 0xff) == '[' ? "'[' was never closed"
                                                     : "'{' was never closed";
        fail(reader, words, opener >> 8);
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
line_reader_next(struct line_reader *reader)
{
    if (reader->is_last) {
        return false;
    }
    begin_batch(reader);
    for (size_t block = 0; block < BATCH_BLOCKS && reader->offset < reader->length && !reader->error; block++) {
        read_block(reader, block);
    }
    if (reader->offset >= reader->length || reader->error) {
        finish(reader);
    }
    reader->line_count = reader->start_count ? reader->start_count - 1 : 0;
    reader->yields[reader->yield_count] = UINT32_MAX;
    return true;
}
