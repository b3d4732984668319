/* Strings, comments and joined lines, block by block. */
#include "base/compiler.h"
#include "syntax/outline_lines.h"
#include "syntax/strings.h"

/* The bits of a block from `at` on. */
static inline uint64_t
bits_from(size_t at)
{
    return at < BLOCK_BYTES ? ~(uint64_t)0 << at : 0;
}

static inline size_t
lowest_bit(uint64_t bits)
{
    return (size_t)__builtin_ctzll(bits);
}

static char
byte_at(const struct line_reader *reader, size_t offset)
{
    return offset < reader->length ? reader->source[offset] : '\0';
}

/* Nothing behind the error counts. */
static uint64_t
fail(struct line_reader *reader, const char *error, size_t offset)
{
    reader->error = error;
    reader->error_offset = offset;
    reader->mode = MODE_CODE;
    reader->consumed = reader->length + BLOCK_BYTES;
    return 0;
}

/* Bytes up to `offset` are dealt with: what remains of the block. */
static uint64_t
consume(struct line_reader *reader, size_t base, size_t offset)
{
    reader->consumed = offset;
    return bits_from(offset - base);
}

/* How many bytes a backslash and what it escapes take: a line end of two bytes is one character. */
static size_t
escape_length(const struct line_reader *reader, size_t offset)
{
    return byte_at(reader, offset + 1) == '\r' && byte_at(reader, offset + 2) == '\n' ? 3 : 2;
}

static bool
is_triple_at(const struct line_reader *reader, size_t offset)
{
    return reader->length - offset > 2 && reader->source[offset + 1] == reader->source[offset] &&
           reader->source[offset + 2] == reader->source[offset];
}

/* Inside a plain string: what is behind it in this block; none when it goes on. */
static uint64_t
string_finish(struct line_reader *reader, const struct block_masks *masks, size_t base, uint64_t ahead)
{
    uint64_t same = reader->quote == '"' ? masks->double_quote : masks->single_quote;
    uint64_t stops = same | masks->backslash | (reader->is_triple ? 0 : masks->newline);

    while (stops & ahead) {
        size_t at = lowest_bit(stops & ahead);
        if (same >> at & 1) {
            if (!reader->is_triple) {
                reader->mode = MODE_CODE;
                return bits_from(at + 1);
            }
            if (is_triple_at(reader, base + at)) {
                reader->mode = MODE_CODE;
                return consume(reader, base, base + at + 3);
            }
            ahead = bits_from(at + 1);
        } else if (masks->backslash >> at & 1) {
            ahead = consume(reader, base, base + at + escape_length(reader, base + at));
        } else {
            return fail(reader, "unterminated string literal", reader->literal_start);
        }
    }
    return 0;
}

static uint64_t
comment_finish(struct line_reader *reader, const struct block_masks *masks, uint64_t ahead)
{
    uint64_t ends = masks->newline & ahead;

    if (!ends) {
        return 0;
    }
    reader->mode = MODE_CODE;
    return bits_from(lowest_bit(ends));
}

/* A backslash in code joins lines, or is an error. */
static uint64_t
join_lines(struct line_reader *reader, size_t base, size_t at)
{
    char next = byte_at(reader, base + at + 1);

    if (base + at + 1 >= reader->length) {
        return fail(reader, "unexpected EOF while parsing", base + at);
    }
    if (next != '\n' && next != '\r') {
        return fail(reader, "unexpected character after line continuation character", base + at);
    }
    return consume(reader, base, base + at + escape_length(reader, base + at));
}

/* The last letter of "f", "t", "fr", "rf", ... */
static inline bool
is_prefix_end(char byte)
{
    char lower = (char)(byte | 0x20);

    return lower == 'f' || lower == 't' || lower == 'r';
}

/* Whether the string whose quote is at `quote` is formatted; only its prefix decides. */
static bool
is_formatted(const struct line_reader *reader, size_t quote, unsigned *flags_out)
{
    size_t length = 0;

    if (!quote || !is_prefix_end(reader->source[quote - 1])) {
        return false;
    }
    while (length < quote && length < 3 && is_word_byte(reader->source[quote - 1 - length])) {
        length++;
    }
    return string_prefix_parse(reader->source + quote - length, length, flags_out) && *flags_out & STRING_FORMATTED;
}

/* A quote in code. Formatted strings hold code: they are read to their end at once. */
static uint64_t
string_open(struct line_reader *reader, const struct block_masks *masks, struct block_literals *literals, size_t base,
            size_t at)
{
    size_t quote = base + at;
    unsigned flags = 0;

    if (UNLIKELY(is_formatted(reader, quote, &flags))) {
        size_t end = string_end_find(reader->source, reader->length, quote, flags);
        if (!end) {
            return fail(reader,
                        is_triple_at(reader, quote) ? "unterminated triple-quoted f-string literal"
                                                    : "unterminated f-string literal",
                        quote);
        }
        literals->yield |= (uint64_t)formatted_string_has_yield(reader->source, quote, end) << at;
        return consume(reader, base, end);
    }
    reader->mode = MODE_STRING;
    reader->quote = reader->source[quote];
    reader->is_triple = is_triple_at(reader, quote);
    reader->literal_start = quote;
    uint64_t ahead = reader->is_triple ? consume(reader, base, quote + 3) : bits_from(at + 1);
    return string_finish(reader, masks, base, ahead);
}

void
literals_read(struct line_reader *reader, const struct block_masks *masks, struct block_literals *literals_out)
{
    size_t base = reader->offset;
    uint64_t special = masks->double_quote | masks->single_quote | masks->backslash | masks->hash;
    uint64_t ahead = reader->consumed > base ? bits_from(reader->consumed - base) : ~(uint64_t)0;
    struct block_literals literals = {.literal = ~ahead};

    if (reader->mode == MODE_STRING) {
        ahead = string_finish(reader, masks, base, ahead);
        literals.literal = ~ahead;
    } else if (reader->mode == MODE_COMMENT) {
        uint64_t behind = comment_finish(reader, masks, ahead);
        literals.comment = ahead & ~behind;
        ahead = behind;
    }
    while (special & ahead) {
        size_t at = lowest_bit(special & ahead);
        uint64_t from = bits_from(at);
        if (masks->hash >> at & 1) {
            reader->mode = MODE_COMMENT;
            ahead = comment_finish(reader, masks, from);
            literals.comment |= from & ~ahead;
        } else if (masks->backslash >> at & 1) {
            literals.joined |= (uint64_t)1 << at;
            ahead = join_lines(reader, base, at);
            literals.literal |= from & ~ahead;
        } else {
            ahead = string_open(reader, masks, &literals, base, at);
            literals.literal |= from & ~ahead;
        }
    }
    *literals_out = literals;
}
