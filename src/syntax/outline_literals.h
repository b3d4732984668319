/* Strings, comments and joined lines, block by block: a part of outline_walk.h. Private to syntax/. */
#ifndef SYNTAX_OUTLINE_LITERALS_H
#define SYNTAX_OUTLINE_LITERALS_H

#include "base/compiler.h"
#include "syntax/outline_lines.h"
#include "syntax/outline_masks.h"

/* What of a block is not plain code. */
struct block_literals {
    uint64_t literal; /* strings, and newlines behind a backslash: no code begins there */
    uint64_t comment;
    uint64_t joined; /* backslashes of code */
    uint64_t yield;  /* quotes of f-strings that hold one */
};

/* The bits of a block from `at` on. */
ALWAYS_INLINE uint64_t
bits_from(size_t at)
{
    return at < BLOCK_BYTES ? ~(uint64_t)0 << at : 0;
}

ALWAYS_INLINE size_t
lowest_bit(uint64_t bits)
{
    return (size_t)__builtin_ctzll(bits);
}

/* The bits behind the lowest one. */
ALWAYS_INLINE uint64_t
bits_behind(uint64_t bits)
{
    return ~(bits ^ (bits - 1));
}

/* Bytes up to `offset` are dealt with (0: all, after a failure): what remains of the block. */
ALWAYS_INLINE uint64_t
consume(struct line_reader *reader, size_t offset)
{
    if (UNLIKELY(!offset)) {
        reader->mode = MODE_CODE;
        reader->consumed = SIZE_MAX;
        return 0;
    }
    reader->consumed = offset;
    return bits_from(offset - reader->offset);
}

ALWAYS_INLINE bool
is_triple_at(const struct line_reader *reader, size_t quote)
{
    const char *at = reader->source + quote;

    return reader->length - quote > 2 && at[1] == at[0] && at[2] == at[0];
}

/* Behind a backslash inside a string and what it escapes: a line end of two bytes is one character. */
ALWAYS_INLINE size_t
skip_escape(const struct line_reader *reader, size_t backslash)
{
    const char *at = reader->source + backslash;

    return backslash + (reader->length - backslash > 2 && at[1] == '\r' && at[2] == '\n' ? 3 : 2);
}

/* Inside a plain string: what is behind it in this block; none when it goes on. */
ALWAYS_INLINE uint64_t
string_finish(struct line_reader *reader, const struct block_masks *masks, uint64_t ahead)
{
    uint64_t same = reader->quote == '"' ? masks->double_quote : masks->single_quote;
    uint64_t stops = same | masks->backslash | (reader->is_triple ? 0 : masks->newline);
    uint64_t rest;

    while ((rest = stops & ahead) != 0) {
        uint64_t first = rest & -rest;
        size_t offset = reader->offset + lowest_bit(rest);
        if (same & first) {
            ahead = bits_behind(rest);
            if (!reader->is_triple) {
                reader->mode = MODE_CODE;
                return ahead;
            }
            if (is_triple_at(reader, offset)) {
                reader->mode = MODE_CODE;
                return consume(reader, offset + 3);
            }
        } else if (masks->backslash & first) {
            ahead = consume(reader, skip_escape(reader, offset));
        } else {
            line_reader_fail(reader, "unterminated string literal", reader->literal_start, offset);
            return consume(reader, 0);
        }
    }
    return 0;
}

ALWAYS_INLINE uint64_t
comment_finish(struct line_reader *reader, const struct block_masks *masks, uint64_t ahead)
{
    uint64_t ends = masks->newline & ahead;

    reader->mode = ends ? MODE_CODE : MODE_COMMENT;
    return ends ? bits_behind(ends) | (ends & -ends) : 0;
}

/* The last letter of "f", "t", "fr", "rf", ... */
ALWAYS_INLINE bool
is_prefix_end(char byte)
{
    char lower = (char)(byte | 0x20);

    return (lower == 'f') | (lower == 't') | (lower == 'r');
}

/* At a quote in code: what is behind the string in this block. Formatted ones are read to their end at once. */
ALWAYS_INLINE uint64_t
string_read(struct line_reader *reader, const struct block_masks *masks, struct block_literals *literals,
            uint64_t ahead)
{
    size_t at = lowest_bit(ahead);
    size_t quote = reader->offset + at;

    if (UNLIKELY(quote && is_prefix_end(reader->source[quote - 1]))) {
        bool has_yield = false;
        size_t end = line_reader_skip_formatted(reader, quote, &has_yield);
        literals->yield |= (uint64_t)has_yield << at;
        if (end != quote + 1) {
            return consume(reader, end);
        }
    }
    reader->mode = MODE_STRING;
    reader->quote = reader->source[quote];
    reader->is_triple = is_triple_at(reader, quote);
    reader->literal_start = quote;
    return string_finish(reader, masks, reader->is_triple ? consume(reader, quote + 3) : bits_behind(ahead));
}

/* What was begun in an earlier block: what is behind it. */
ALWAYS_INLINE uint64_t
literal_resume(struct line_reader *reader, const struct block_masks *masks, struct block_literals *literals)
{
    uint64_t ahead = reader->consumed > reader->offset ? bits_from(reader->consumed - reader->offset) : ~(uint64_t)0;

    if (reader->mode == MODE_COMMENT) {
        ahead = comment_finish(reader, masks, ahead);
        literals->comment = ~ahead;
        return ahead;
    }
    if (reader->mode == MODE_STRING) {
        ahead = string_finish(reader, masks, ahead);
    }
    literals->literal = ~ahead;
    return ahead;
}

ALWAYS_INLINE struct block_literals
literals_read(struct line_reader *reader, const struct block_masks *masks)
{
    struct block_literals literals = {0};
    uint64_t quotes = masks->double_quote | masks->single_quote;
    uint64_t special = quotes | masks->backslash | masks->hash;
    uint64_t ahead = literal_resume(reader, masks, &literals);

    while (special & ahead) {
        uint64_t rest = special & ahead;
        uint64_t first = rest & -rest;
        uint64_t from = bits_behind(rest) | first;
        if (quotes & first) {
            ahead = string_read(reader, masks, &literals, from);
            literals.literal |= from & ~ahead;
        } else if (masks->hash & first) {
            ahead = comment_finish(reader, masks, from);
            literals.comment |= from & ~ahead;
        } else {
            literals.joined |= first;
            ahead = consume(reader, line_reader_skip_join(reader, reader->offset + lowest_bit(rest)));
            literals.literal |= from & ~ahead;
        }
    }
    return literals;
}

#endif
