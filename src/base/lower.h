/* str.lower(). */
#ifndef BASE_LOWER_H
#define BASE_LOWER_H

#include "base/text.h"

/*
 * Adds UTF-8 text in lower case, character by character (the final sigma is no exception, and U+0130 stays). Bytes that
 * are no UTF-8 stay as they are.
 */
void text_add_lower(struct text *text, const char *bytes, size_t length);

#endif
