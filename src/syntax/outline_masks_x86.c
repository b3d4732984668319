/* The bits of a block by SSE2, which every x86-64 has, and by AVX2, where it is at run time. */
#include <stddef.h>

#include "syntax/outline_masks.h"

#if defined(__x86_64__)

#include <immintrin.h>

enum { SSE2_BYTES = 16, AVX2_BYTES = 32 };

/* What one vector says: struct block_masks, as long as it is. */
struct sse2_masks {
    uint32_t newline, control, space, double_quote, single_quote, backslash, hash, bracket, semicolon, yield;
};

static inline uint32_t
sse2_equal(__m128i bytes, char byte)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)));
}

/* ( and ) differ in their last bit; [ and { , ] and } in the one that makes letters small. */
static inline uint32_t
sse2_brackets(__m128i bytes)
{
    __m128i even = _mm_and_si128(bytes, _mm_set1_epi8((char)0xfe));
    __m128i small = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    __m128i round = _mm_cmpeq_epi8(even, _mm_set1_epi8('('));
    __m128i open = _mm_cmpeq_epi8(small, _mm_set1_epi8('{'));
    __m128i close = _mm_cmpeq_epi8(small, _mm_set1_epi8('}'));

    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(round, open), close));
}

static inline struct sse2_masks
sse2_masks_read(const char *bytes)
{
    __m128i here = _mm_loadu_si128((const __m128i *)bytes);
    __m128i next = _mm_loadu_si128((const __m128i *)(bytes + 1));
    __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(here, _mm_set1_epi8(' ' - 1)), here);
    __m128i is_y = _mm_cmpeq_epi8(here, _mm_set1_epi8('y'));
    __m128i is_i = _mm_cmpeq_epi8(next, _mm_set1_epi8('i'));

    return (struct sse2_masks){
        .newline = sse2_equal(here, '\n'),
        .control = (uint32_t)_mm_movemask_epi8(is_control),
        .space = sse2_equal(here, ' '),
        .double_quote = sse2_equal(here, '"'),
        .single_quote = sse2_equal(here, '\''),
        .backslash = sse2_equal(here, '\\'),
        .hash = sse2_equal(here, '#'),
        .bracket = sse2_brackets(here),
        .semicolon = sse2_equal(here, ';'),
        .yield = (uint32_t)_mm_movemask_epi8(_mm_and_si128(is_y, is_i)),
    };
}

static inline uint64_t
join(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return (uint64_t)(a | b << SSE2_BYTES) | (uint64_t)(c | d << SSE2_BYTES) << AVX2_BYTES;
}

static void
masks_read_sse2(const char *bytes, struct block_masks *masks_out)
{
    struct sse2_masks a = sse2_masks_read(bytes);
    struct sse2_masks b = sse2_masks_read(bytes + SSE2_BYTES);
    struct sse2_masks c = sse2_masks_read(bytes + 2 * SSE2_BYTES);
    struct sse2_masks d = sse2_masks_read(bytes + 3 * SSE2_BYTES);
    uint64_t newline = join(a.newline, b.newline, c.newline, d.newline);
    uint64_t odd = join(a.control, b.control, c.control, d.control) & ~newline;

    masks_out->newline = newline;
    masks_out->odd = odd;
    masks_out->blank = odd | join(a.space, b.space, c.space, d.space);
    masks_out->double_quote = join(a.double_quote, b.double_quote, c.double_quote, d.double_quote);
    masks_out->single_quote = join(a.single_quote, b.single_quote, c.single_quote, d.single_quote);
    masks_out->backslash = join(a.backslash, b.backslash, c.backslash, d.backslash);
    masks_out->hash = join(a.hash, b.hash, c.hash, d.hash);
    masks_out->bracket = join(a.bracket, b.bracket, c.bracket, d.bracket);
    masks_out->semicolon = join(a.semicolon, b.semicolon, c.semicolon, d.semicolon);
    masks_out->yield = join(a.yield, b.yield, c.yield, d.yield);
}

#define AVX2 __attribute__((target("avx2")))

/* The bits of both halves of a block. */
AVX2 static inline uint64_t
avx2_bits(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << AVX2_BYTES;
}

AVX2 static inline uint64_t
avx2_equal(__m256i low, __m256i high, char byte)
{
    __m256i bytes = _mm256_set1_epi8(byte);

    return avx2_bits(_mm256_cmpeq_epi8(low, bytes), _mm256_cmpeq_epi8(high, bytes));
}

AVX2 static inline __m256i
avx2_brackets(__m256i bytes)
{
    __m256i even = _mm256_and_si256(bytes, _mm256_set1_epi8((char)0xfe));
    __m256i small = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
    __m256i round = _mm256_cmpeq_epi8(even, _mm256_set1_epi8('('));
    __m256i open = _mm256_cmpeq_epi8(small, _mm256_set1_epi8('{'));
    __m256i close = _mm256_cmpeq_epi8(small, _mm256_set1_epi8('}'));

    return _mm256_or_si256(_mm256_or_si256(round, open), close);
}

AVX2 static inline __m256i
avx2_controls(__m256i bytes)
{
    return _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(' ' - 1)), bytes);
}

AVX2 static inline __m256i
avx2_yields(__m256i bytes, const char *behind)
{
    __m256i next = _mm256_loadu_si256((const __m256i *)behind);

    return _mm256_and_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('y')),
                            _mm256_cmpeq_epi8(next, _mm256_set1_epi8('i')));
}

AVX2 static void
masks_read_avx2(const char *bytes, struct block_masks *masks_out)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + AVX2_BYTES));
    uint64_t newline = avx2_equal(low, high, '\n');
    uint64_t odd = avx2_bits(avx2_controls(low), avx2_controls(high)) & ~newline;

    masks_out->newline = newline;
    masks_out->odd = odd;
    masks_out->blank = odd | avx2_equal(low, high, ' ');
    masks_out->double_quote = avx2_equal(low, high, '"');
    masks_out->single_quote = avx2_equal(low, high, '\'');
    masks_out->backslash = avx2_equal(low, high, '\\');
    masks_out->hash = avx2_equal(low, high, '#');
    masks_out->bracket = avx2_bits(avx2_brackets(low), avx2_brackets(high));
    masks_out->semicolon = avx2_equal(low, high, ';');
    masks_out->yield = avx2_bits(avx2_yields(low, bytes + 1), avx2_yields(high, bytes + AVX2_BYTES + 1));
}

masks_reader *
masks_reader_sse2(void)
{
    return masks_read_sse2;
}

masks_reader *
masks_reader_avx2(void)
{
    return __builtin_cpu_supports("avx2") ? masks_read_avx2 : NULL;
}

#else

masks_reader *
masks_reader_sse2(void)
{
    return NULL;
}

masks_reader *
masks_reader_avx2(void)
{
    return NULL;
}

#endif
