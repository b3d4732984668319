/* Which bytes of a source matter to the outline, 64 at a time: one bit for each. Private to syntax/. */
#ifndef SYNTAX_OUTLINE_MASKS_H
#define SYNTAX_OUTLINE_MASKS_H

#include <stdint.h>

enum { BLOCK_BYTES = 64 };

/* Bit i speaks of byte i of the block. */
struct block_masks {
    uint64_t newline; /* \n */
    uint64_t blank;   /* space and every control character but \n */
    uint64_t odd;     /* control characters but \n */
    uint64_t double_quote;
    uint64_t single_quote;
    uint64_t backslash;
    uint64_t hash;
    uint64_t bracket; /* ( ) [ ] { } ; */
    uint64_t yield;   /* 'y' with 'i' behind it */
};

/* Reads BLOCK_BYTES + 1 bytes. One for each enum outline_engine; NULL where the compiler's target lacks it. */
typedef void masks_reader(const char *bytes, struct block_masks *masks_out);

masks_reader masks_read_scalar;
masks_reader *masks_reader_sse2(void);
masks_reader *masks_reader_avx2(void);
masks_reader *masks_reader_neon(void);

#endif
