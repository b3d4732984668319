/* Text in the encodings that the system knows. */
#ifndef OS_TRANSCODE_H
#define OS_TRANSCODE_H

#include <stdbool.h>
#include <stddef.h>

struct text; /* base/text.h */

enum transcode_result { TRANSCODE_DONE, TRANSCODE_UNKNOWN, TRANSCODE_INVALID };

/* Adds the UTF-8 of `bytes`; INVALID: at `*failed_at`. `encoding` as Python spells it, in lower case with '-'. */
enum transcode_result transcode(const char *encoding, const char *bytes, size_t length, struct text *text,
                                size_t *failed_at);

#endif
