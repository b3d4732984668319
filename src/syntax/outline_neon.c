/* The engine for 64-bit ARM. */
#include "syntax/outline_lines.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>

#include "syntax/outline_walk.h"

enum { NEON_BYTES = 16, VECTORS = BLOCK_BYTES / NEON_BYTES };

/* One bit of each of 64 bytes that are 0 or 255. */
static inline uint64_t
neon_bits(const uint8x16_t bytes[VECTORS])
{
    static const uint8_t BITS[NEON_BYTES] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bits = vld1q_u8(BITS);
    uint8x16_t low = vpaddq_u8(vandq_u8(bytes[0], bits), vandq_u8(bytes[1], bits));
    uint8x16_t high = vpaddq_u8(vandq_u8(bytes[2], bits), vandq_u8(bytes[3], bits));
    uint8x16_t sum = vpaddq_u8(low, high);

    sum = vpaddq_u8(sum, sum);
    return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0);
}

static inline uint64_t
neon_equal(const uint8x16_t bytes[VECTORS], char byte)
{
    uint8x16_t found[VECTORS];

    for (size_t i = 0; i < VECTORS; i++) {
        found[i] = vceqq_u8(bytes[i], vdupq_n_u8((uint8_t)byte));
    }
    return neon_bits(found);
}

static inline uint64_t
neon_below(const uint8x16_t bytes[VECTORS], char limit)
{
    uint8x16_t found[VECTORS];

    for (size_t i = 0; i < VECTORS; i++) {
        found[i] = vcltq_u8(bytes[i], vdupq_n_u8((uint8_t)limit));
    }
    return neon_bits(found);
}

/* [ and {, ] and } differ in the bit that makes letters small. */
static inline uint64_t
neon_brackets(const uint8x16_t bytes[VECTORS], char round, char curly)
{
    uint8x16_t found[VECTORS];

    for (size_t i = 0; i < VECTORS; i++) {
        uint8x16_t small = vorrq_u8(bytes[i], vdupq_n_u8(0x20));
        found[i] =
            vorrq_u8(vceqq_u8(bytes[i], vdupq_n_u8((uint8_t)round)), vceqq_u8(small, vdupq_n_u8((uint8_t)curly)));
    }
    return neon_bits(found);
}

static void
masks_read(const char *bytes, struct block_masks *masks_out)
{
    uint8x16_t here[VECTORS];

    for (size_t i = 0; i < VECTORS; i++) {
        here[i] = vld1q_u8((const uint8_t *)bytes + i * NEON_BYTES);
    }
    uint64_t newline = neon_equal(here, '\n');
    uint64_t behind_i = neon_equal(here, 'i') >> 1 | (uint64_t)(bytes[BLOCK_BYTES] == 'i') << (BLOCK_BYTES - 1);
    uint64_t odd = neon_below(here, ' ') & ~newline;
    *masks_out = (struct block_masks){
        .newline = newline,
        .blank = odd | neon_equal(here, ' '),
        .odd = odd,
        .double_quote = neon_equal(here, '"'),
        .single_quote = neon_equal(here, '\''),
        .backslash = neon_equal(here, '\\'),
        .hash = neon_equal(here, '#'),
        .open = neon_brackets(here, '(', '{'),
        .close = neon_brackets(here, ')', '}'),
        .semicolon = neon_equal(here, ';'),
        .yield = neon_equal(here, 'y') & behind_i,
    };
}

static inline uint32_t
bit_count(uint64_t bits)
{
    return (uint32_t)__builtin_popcountll(bits);
}

static void
line_walk_neon(struct line_reader *reader)
{
    walk_batch(reader, masks_read, bit_count);
}

line_walker *
line_walker_neon(void)
{
    return line_walk_neon;
}

#else

line_walker *
line_walker_neon(void)
{
    return NULL;
}

#endif
