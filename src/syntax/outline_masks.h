/* Which bytes of a source matter to the outline, 64 at a time: one bit for each. Private to syntax/. */
#ifndef SYNTAX_OUTLINE_MASKS_H
#define SYNTAX_OUTLINE_MASKS_H

#include <stdint.h>

#include "base/compiler.h"
#include "syntax/outline_lines.h"

/* Bit i speaks of byte i of the block. */
struct block_masks {
    uint64_t newline; /* \n */
    uint64_t blank;   /* space and every control character but \n */
    uint64_t odd;     /* control characters but \n */
    uint64_t double_quote;
    uint64_t single_quote;
    uint64_t backslash;
    uint64_t hash;
    uint64_t open;  /* ( [ { */
    uint64_t close; /* ) ] } */
    uint64_t semicolon;
    uint64_t yield; /* 'y' with 'i' behind it */
};

/* What an engine is made of. Reads BLOCK_BYTES + 1 bytes. */
typedef void masks_reader(const char *bytes, struct block_masks *masks_out);
typedef uint32_t bit_counter(uint64_t bits);

/* A bit_counter for processors without an instruction for it. */
ALWAYS_INLINE uint32_t
bit_count_plain(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (uint32_t)(bits * 0x0101010101010101u >> 56);
}

#endif
