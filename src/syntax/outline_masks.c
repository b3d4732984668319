/* The bits of a block, byte by byte: what every other engine is held against. */
#include "syntax/outline_masks.h"

#include <stddef.h>

void
masks_read_scalar(const char *bytes, struct block_masks *masks_out)
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
        case ')':
        case '[':
        case ']':
        case '{':
        case '}':
        case ';':
            masks.bracket |= bit;
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
