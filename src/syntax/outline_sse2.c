/* The engine for every x86-64. */
#include "syntax/outline_lines.h"

#if defined(__x86_64__)

#include <emmintrin.h>

#include "syntax/outline_walk.h"

enum { VECTOR_BYTES = 16 };

/* What one vector says: struct block_masks, as long as it is. */
struct vector_masks {
    uint32_t newline, control, space, double_quote, single_quote, backslash, hash, open, close, semicolon, yield;
};

static inline uint32_t
equal_bits(__m128i bytes, char byte)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)));
}

/* [ and {, ] and } differ in the bit that makes letters small. */
static inline uint32_t
bracket_bits(__m128i bytes, char round, char curly)
{
    __m128i small = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    __m128i is_round = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(round));

    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_round, _mm_cmpeq_epi8(small, _mm_set1_epi8(curly))));
}

static inline struct vector_masks
vector_masks_read(const char *bytes)
{
    __m128i here = _mm_loadu_si128((const __m128i *)bytes);
    __m128i next = _mm_loadu_si128((const __m128i *)(bytes + 1));
    __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(here, _mm_set1_epi8(' ' - 1)), here);
    __m128i is_y = _mm_cmpeq_epi8(here, _mm_set1_epi8('y'));
    __m128i is_i = _mm_cmpeq_epi8(next, _mm_set1_epi8('i'));

    return (struct vector_masks){
        .newline = equal_bits(here, '\n'),
        .control = (uint32_t)_mm_movemask_epi8(is_control),
        .space = equal_bits(here, ' '),
        .double_quote = equal_bits(here, '"'),
        .single_quote = equal_bits(here, '\''),
        .backslash = equal_bits(here, '\\'),
        .hash = equal_bits(here, '#'),
        .open = bracket_bits(here, '(', '{'),
        .close = bracket_bits(here, ')', '}'),
        .semicolon = equal_bits(here, ';'),
        .yield = (uint32_t)_mm_movemask_epi8(_mm_and_si128(is_y, is_i)),
    };
}

static inline uint64_t
join(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return (uint64_t)(a | b << VECTOR_BYTES) | (uint64_t)(c | d << VECTOR_BYTES) << 2 * VECTOR_BYTES;
}

static void
masks_read(const char *bytes, struct block_masks *masks_out)
{
    struct vector_masks a = vector_masks_read(bytes);
    struct vector_masks b = vector_masks_read(bytes + VECTOR_BYTES);
    struct vector_masks c = vector_masks_read(bytes + 2 * VECTOR_BYTES);
    struct vector_masks d = vector_masks_read(bytes + 3 * VECTOR_BYTES);
    uint64_t newline = join(a.newline, b.newline, c.newline, d.newline);
    uint64_t odd = join(a.control, b.control, c.control, d.control) & ~newline;

    masks_out->newline = newline;
    masks_out->odd = odd;
    masks_out->blank = odd | join(a.space, b.space, c.space, d.space);
    masks_out->double_quote = join(a.double_quote, b.double_quote, c.double_quote, d.double_quote);
    masks_out->single_quote = join(a.single_quote, b.single_quote, c.single_quote, d.single_quote);
    masks_out->backslash = join(a.backslash, b.backslash, c.backslash, d.backslash);
    masks_out->hash = join(a.hash, b.hash, c.hash, d.hash);
    masks_out->open = join(a.open, b.open, c.open, d.open);
    masks_out->close = join(a.close, b.close, c.close, d.close);
    masks_out->semicolon = join(a.semicolon, b.semicolon, c.semicolon, d.semicolon);
    masks_out->yield = join(a.yield, b.yield, c.yield, d.yield);
}

static void
line_walk_sse2(struct line_reader *reader)
{
    walk_batch(reader, masks_read, bit_count_plain);
}

line_walker *
line_walker_sse2(void)
{
    return line_walk_sse2;
}

#else

line_walker *
line_walker_sse2(void)
{
    return NULL;
}

#endif
