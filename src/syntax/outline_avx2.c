/* The engine for x86-64 with AVX2, and the instructions for bits that such processors have. */
#include "syntax/outline_lines.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "syntax/outline_walk.h"

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

enum { VECTOR_BYTES = 32 };

/* The bits of both halves of a block. */
AVX2 static inline uint64_t
both_bits(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << VECTOR_BYTES;
}

AVX2 static inline uint64_t
equal_bits(__m256i low, __m256i high, char byte)
{
    __m256i bytes = _mm256_set1_epi8(byte);

    return both_bits(_mm256_cmpeq_epi8(low, bytes), _mm256_cmpeq_epi8(high, bytes));
}

/* [ and {, ] and } differ in the bit that makes letters small. */
AVX2 static inline __m256i
find_brackets(__m256i bytes, char round, char curly)
{
    __m256i small = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
    __m256i is_round = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(round));

    return _mm256_or_si256(is_round, _mm256_cmpeq_epi8(small, _mm256_set1_epi8(curly)));
}

AVX2 static inline __m256i
find_controls(__m256i bytes)
{
    return _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(' ' - 1)), bytes);
}

AVX2 static inline __m256i
find_yields(__m256i bytes, const char *behind)
{
    __m256i next = _mm256_loadu_si256((const __m256i *)behind);

    return _mm256_and_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('y')),
                            _mm256_cmpeq_epi8(next, _mm256_set1_epi8('i')));
}

AVX2 static void
masks_read(const char *bytes, struct block_masks *masks_out)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + VECTOR_BYTES));
    uint64_t newline = equal_bits(low, high, '\n');
    uint64_t odd = both_bits(find_controls(low), find_controls(high)) & ~newline;

    masks_out->newline = newline;
    masks_out->odd = odd;
    masks_out->blank = odd | equal_bits(low, high, ' ');
    masks_out->double_quote = equal_bits(low, high, '"');
    masks_out->single_quote = equal_bits(low, high, '\'');
    masks_out->backslash = equal_bits(low, high, '\\');
    masks_out->hash = equal_bits(low, high, '#');
    masks_out->open = both_bits(find_brackets(low, '(', '{'), find_brackets(high, '(', '{'));
    masks_out->close = both_bits(find_brackets(low, ')', '}'), find_brackets(high, ')', '}'));
    masks_out->semicolon = equal_bits(low, high, ';');
    masks_out->yield = both_bits(find_yields(low, bytes + 1), find_yields(high, bytes + VECTOR_BYTES + 1));
}

AVX2 static inline uint32_t
bit_count(uint64_t bits)
{
    return (uint32_t)__builtin_popcountll(bits);
}

AVX2 static void
line_walk_avx2(struct line_reader *reader)
{
    walk_batch(reader, masks_read, bit_count);
}

/* glibc has asked the processor already, and asking again takes long where a hypervisor answers. */
#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define HAS(feature, name) x86_cpu_active(feature)
#else
#define HAS(feature, name) __builtin_cpu_supports(name)
#endif

line_walker *
line_walker_avx2(void)
{
    bool has_all = HAS(x86_cpu_AVX2, "avx2") && HAS(x86_cpu_BMI1, "bmi") && HAS(x86_cpu_BMI2, "bmi2") &&
                   HAS(x86_cpu_POPCNT, "popcnt");

    return has_all ? line_walk_avx2 : NULL;
}

#else

line_walker *
line_walker_avx2(void)
{
    return NULL;
}

#endif
