/* Writing JSON into a text: strings are what needs a function. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>

#include "base/text.h"

/*
 * Adds the bytes as a JSON string, quotes and all, in ASCII but for characters beyond it, which stay UTF-8. A byte that
 * is no UTF-8 becomes \udc80 to \udcff, as Python's surrogateescape spells file names.
 */
void json_add_string(struct text *json, const char *bytes, size_t length);

#endif
