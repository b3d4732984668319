/* Turns the marshalled code of a rewritten source into the code of the original. Private to rewrite/. */
#ifndef REWRITE_PATCH_H
#define REWRITE_PATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "rewrite/emit.h"

/*
 * Appends to `out` the marshalled code with the final names of temporaries and helpers and, if `maps_positions`, the
 * original's positions. `python_minor` tells how code objects are laid out. False when the bytes are not understood.
 */
bool code_patch(const struct rewritten *rewritten, int python_minor, bool maps_positions, const unsigned char *bytes,
                size_t length, struct text *out);

#endif
