/*
 * The walk over the blocks of a source. Each engine compiles it for its own instructions: what runs for every block is
 * here, what is rare is in outline_lines.c. Private to syntax/.
 */
#ifndef SYNTAX_OUTLINE_WALK_H
#define SYNTAX_OUTLINE_WALK_H

#include <string.h>

#include "base/compiler.h"
#include "syntax/outline_lines.h"
#include "syntax/outline_literals.h"
#include "syntax/outline_masks.h"

ALWAYS_INLINE uint64_t
bits_below(unsigned at)
{
    return ((uint64_t)1 << at) - 1;
}

ALWAYS_INLINE void
read_masks(struct line_reader *reader, masks_reader *masks_read, struct block_masks *masks_out)
{
    const char *bytes = reader->source + reader->offset;
    size_t rest = reader->length - reader->offset;
    char padded[BLOCK_BYTES + 1];

    if (UNLIKELY(rest <= BLOCK_BYTES)) {
        memset(padded, ' ', sizeof(padded));
        memcpy(padded, bytes, rest);
        bytes = padded;
    }
    masks_read(bytes, masks_out);
    if (UNLIKELY(masks_out->odd)) {
        line_reader_read_odd(reader, masks_out->odd, &masks_out->newline, &masks_out->blank);
    }
}

/* The first bytes of physical lines that are no blanks, as far as these lines begin in code. */
ALWAYS_INLINE uint64_t
find_first_bytes(struct line_reader *reader, const struct block_masks *masks, uint64_t newlines)
{
    uint64_t starts = newlines << 1 | reader->is_line_start;
    unsigned long long sum = 0;
    /* Adding a line's start to the run of blanks there leaves a bit behind the run. */
    bool goes_on = __builtin_uaddll_overflow(starts & masks->blank, masks->blank, &sum);

    reader->is_line_start = newlines >> (BLOCK_BYTES - 1) | goes_on;
    return (sum | starts) & ~masks->blank & ~(masks->newline | masks->hash);
}

/* The bracket that an opening one asks for; 0: not an opening one. */
ALWAYS_INLINE unsigned char
closer_of(unsigned char byte)
{
    static const unsigned char CLOSERS[256] = {['('] = ')', ['['] = ']', ['{'] = '}'};

    return CLOSERS[byte];
}

/* No branch of the loop depends on the bytes: guessing them wrong would cost more than all the rest. */
ALWAYS_INLINE void
read_brackets(struct line_reader *reader, uint64_t brackets)
{
    const char *bytes = reader->source + reader->offset;
    struct open_bracket *slot = reader->brackets + reader->depth; /* of the innermost one */

    for (; brackets; brackets &= brackets - 1) {
        size_t at = lowest_bit(brackets);
        unsigned char byte = (unsigned char)bytes[at];
        unsigned char closer = closer_of(byte);
        size_t is_open = closer != 0;
        if (UNLIKELY((slot->closer != byte) & !is_open)) {
            line_reader_fail_close(reader, byte, slot->closer, reader->offset + at);
            break;
        }
        slot[1] = (struct open_bracket){.offset = (uint32_t)(reader->offset + at), .closer = closer};
        slot += 2 * (ptrdiff_t)is_open - 1;
    }
    reader->depth = (uint32_t)(slot - reader->brackets);
}

ALWAYS_INLINE size_t
behind_last(size_t offset, uint64_t bits, size_t otherwise)
{
    return bits ? offset + BLOCK_BYTES - (size_t)__builtin_clzll(bits) : otherwise;
}

/* The brackets of a block, and how deep they begin. */
struct block_brackets {
    uint64_t open, close;
    uint32_t depth;
};

/* Statements begin at those of the bits `starts` that no bracket is around. */
ALWAYS_INLINE void
note_lines(struct line_reader *reader, uint64_t starts, const struct block_brackets *brackets, uint64_t code,
           uint64_t newlines, bit_counter *bit_count)
{
    uint32_t count = reader->start_count;

    for (; starts; starts &= starts - 1) {
        uint64_t below = (starts & -starts) - 1;
        size_t offset = reader->offset + lowest_bit(starts);
        size_t line_start = behind_last(reader->offset, newlines & below, reader->line_start);
        reader->lines[count] = (struct logical_line){
            .start = (uint32_t)offset,
            .indent = (uint32_t)(offset - line_start),
            .previous_end = (uint32_t)behind_last(reader->offset, code & below, reader->code_end),
        };
        uint32_t opened = brackets->depth + bit_count(brackets->open & below);
        count += opened == bit_count(brackets->close & below);
    }
    reader->start_count = count;
}

/* What precedes the error, if there is one, and its own byte. */
ALWAYS_INLINE uint64_t
valid_bits(const struct line_reader *reader)
{
    if (LIKELY(!reader->error)) {
        return ~(uint64_t)0;
    }
    return reader->error_offset >= reader->offset ? ~bits_from(reader->error_offset - reader->offset + 1) : 0;
}

/* What plain code a block holds, around its literals. */
ALWAYS_INLINE void
read_code(struct line_reader *reader, const struct block_masks *masks, const struct block_literals *literals,
          bit_counter *bit_count)
{
    uint64_t inert = literals->literal | literals->comment;
    uint64_t newlines = masks->newline & ~literals->literal;
    uint64_t code = ~(masks->blank | masks->newline | literals->comment | literals->joined);
    struct block_brackets brackets = {masks->open & ~inert, masks->close & ~inert, reader->depth};

    if (UNLIKELY(masks->odd & ~inert)) {
        line_reader_check_odd(reader, masks->odd & ~inert);
    }
    read_brackets(reader, (brackets.open | brackets.close) & valid_bits(reader));
    if (UNLIKELY(brackets.depth > MAX_BRACKETS - BLOCK_BYTES)) {
        line_reader_check_depth(reader, brackets.depth, brackets.open, brackets.close);
    }
    uint64_t starts = find_first_bytes(reader, masks, newlines) | (masks->semicolon & ~inert);
    note_lines(reader, starts & valid_bits(reader), &brackets, code, newlines, bit_count);
    for (uint64_t yields = (masks->yield & ~inert) | literals->yield; yields; yields &= yields - 1) {
        line_reader_note_yield(reader, reader->offset + lowest_bit(yields));
    }
    reader->code_end = behind_last(reader->offset, code, reader->code_end);
    reader->line_start = behind_last(reader->offset, newlines, reader->line_start);
}

ALWAYS_INLINE void
read_block(struct line_reader *reader, masks_reader *masks_read, bit_counter *bit_count, size_t block)
{
    struct block_masks masks;
    bool is_inside = reader->mode == MODE_STRING || reader->consumed > reader->offset;

    read_masks(reader, masks_read, &masks);
    struct block_literals literals = literals_read(reader, &masks);
    if (!is_inside || literals.literal != ~(uint64_t)0 || literals.joined) {
        read_code(reader, &masks, &literals, bit_count);
    } else {
        reader->code_end = reader->offset + BLOCK_BYTES;
    }
    reader->newlines[block] = masks.newline;
    reader->lines_before[block] = reader->newline_count;
    reader->newline_count += bit_count(masks.newline);
    reader->offset += BLOCK_BYTES;
}

/* One batch; less at the end and after an error. */
ALWAYS_INLINE void
walk_batch(struct line_reader *reader, masks_reader *masks_read, bit_counter *bit_count)
{
    for (size_t block = 0; block < BATCH_BLOCKS && reader->offset < reader->length && !reader->error; block++) {
        read_block(reader, masks_read, bit_count, block);
    }
}

#endif
