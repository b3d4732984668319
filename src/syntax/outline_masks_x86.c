/* The bits of a block by SSE2, which every x86-64 has, and by AVX2, where it is at run time. */
#include <stddef.h>

#include "syntax/outline_masks.h"

#if defined(__x86_64__)

#include <immintrin.h>

enum { SSE2_BYTES = 16, AVX2_BYTES = 32 };

static inline __m128i
sse2_equal(__m128i bytes, char byte)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte));
}

static inline uint64_t
sse2_bits(__m128i bytes, size_t at)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(bytes) << at;
}

/* ( and ) differ in their last bit; [ and { , ] and } in the one that makes letters small. */
static inline __m128i
sse2_brackets(__m128i bytes)
{
    __m128i round = sse2_equal(_mm_and_si128(bytes, _mm_set1_epi8((char)0xfe)), '(');
    __m128i small = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    __m128i others = _mm_or_si128(sse2_equal(small, '{'), sse2_equal(small, '}'));

    return _mm_or_si128(_mm_or_si128(round, others), sse2_equal(bytes, ';'));
}

static void
masks_read_sse2(const char *bytes, struct block_masks *masks_out)
{
    struct block_masks masks = {0};

    for (size_t at = 0; at < BLOCK_BYTES; at += SSE2_BYTES) {
        __m128i here = _mm_loadu_si128((const __m128i *)(bytes + at));
        __m128i next = _mm_loadu_si128((const __m128i *)(bytes + at + 1));
        __m128i newline = sse2_equal(here, '\n');
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(here, _mm_set1_epi8(' ' - 1)), here);
        __m128i odd = _mm_andnot_si128(newline, control);
        masks.newline |= sse2_bits(newline, at);
        masks.odd |= sse2_bits(odd, at);
        masks.blank |= sse2_bits(_mm_or_si128(odd, sse2_equal(here, ' ')), at);
        masks.double_quote |= sse2_bits(sse2_equal(here, '"'), at);
        masks.single_quote |= sse2_bits(sse2_equal(here, '\''), at);
        masks.backslash |= sse2_bits(sse2_equal(here, '\\'), at);
        masks.hash |= sse2_bits(sse2_equal(here, '#'), at);
        masks.bracket |= sse2_bits(sse2_brackets(here), at);
        masks.yield |= sse2_bits(_mm_and_si128(sse2_equal(here, 'y'), sse2_equal(next, 'i')), at);
    }
    *masks_out = masks;
}

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i
avx2_equal(__m256i bytes, char byte)
{
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte));
}

AVX2 static inline uint64_t
avx2_bits(__m256i bytes, size_t at)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(bytes) << at;
}

AVX2 static inline __m256i
avx2_brackets(__m256i bytes)
{
    __m256i round = avx2_equal(_mm256_and_si256(bytes, _mm256_set1_epi8((char)0xfe)), '(');
    __m256i small = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
    __m256i others = _mm256_or_si256(avx2_equal(small, '{'), avx2_equal(small, '}'));

    return _mm256_or_si256(_mm256_or_si256(round, others), avx2_equal(bytes, ';'));
}

AVX2 static void
masks_read_avx2(const char *bytes, struct block_masks *masks_out)
{
    struct block_masks masks = {0};

    for (size_t at = 0; at < BLOCK_BYTES; at += AVX2_BYTES) {
        __m256i here = _mm256_loadu_si256((const __m256i *)(bytes + at));
        __m256i next = _mm256_loadu_si256((const __m256i *)(bytes + at + 1));
        __m256i newline = avx2_equal(here, '\n');
        __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(here, _mm256_set1_epi8(' ' - 1)), here);
        __m256i odd = _mm256_andnot_si256(newline, control);
        masks.newline |= avx2_bits(newline, at);
        masks.odd |= avx2_bits(odd, at);
        masks.blank |= avx2_bits(_mm256_or_si256(odd, avx2_equal(here, ' ')), at);
        masks.double_quote |= avx2_bits(avx2_equal(here, '"'), at);
        masks.single_quote |= avx2_bits(avx2_equal(here, '\''), at);
        masks.backslash |= avx2_bits(avx2_equal(here, '\\'), at);
        masks.hash |= avx2_bits(avx2_equal(here, '#'), at);
        masks.bracket |= avx2_bits(avx2_brackets(here), at);
        masks.yield |= avx2_bits(_mm256_and_si256(avx2_equal(here, 'y'), avx2_equal(next, 'i')), at);
    }
    *masks_out = masks;
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
