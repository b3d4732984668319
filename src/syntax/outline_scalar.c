/* The engine for any processor, byte by byte: what every other one is held against. */
#include <stddef.h>

#include "syntax/outline_walk.h"

static void
masks_read(const char *bytes, struct block_masks *masks_out)
{
    struct block_masks masks = {0};

    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        uint64_t bit = (uint64_t)1 << i;
        switch (bytes[i]) {
        case '\n':
            masks.newline |= bit;
            break;
        case ' ':
            masks.blank |= bit;
            break;
        case '"':
            masks.double_quote |= bit;
            break;
        case '\'':
            masks.single_quote |= bit;
            break;
        case '\\':
            masks.backslash |= bit;
            break;
        case '#':
            masks.hash |= bit;
            break;
        case '(':
        case '[':
        case '{':
            masks.open |= bit;
            break;
        case ')':
        case ']':
        case '}':
            masks.close |= bit;
            break;
        case ';':
            masks.semicolon |= bit;
            break;
        case 'y':
            masks.yield |= bytes[i + 1] == 'i' ? bit : 0;
            break;
        default:
            if ((unsigned char)bytes[i] < ' ') {
                masks.blank |= bit;
                masks.odd |= bit;
            }
            break;
        }
    }
    *masks_out = masks;
}

void
line_walk_scalar(struct line_reader *reader)
{
    walk_batch(reader, masks_read, bit_count_plain);
}
