/* Maps the location tables of code compiled from a rewritten source back to the original. Private to rewrite/. */
#ifndef REWRITE_POSITIONS_H
#define REWRITE_POSITIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "rewrite/emit.h"

/*
 * Appends to `out` the location table (of 3.11 and later) with every position mapped back. False when the table is
 * not understood: `out` is then as it was.
 */
bool positions_map(const struct rewritten *rewritten, int first_line, const unsigned char *table, size_t length,
                   struct text *out);

#endif
