/* Finding values in a JSON text that is known to be well-formed; in any other, something is found or not. */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* A value in a JSON text: borrowed. */
struct json_slice {
    const char *start;
    size_t length;
};

/* Finds the value of a key in the object at `object`; false when there is none, or it is no object. */
bool json_find(struct json_slice object, const char *key, struct json_slice *value_out);

/* Adds the UTF-8 of a JSON string; false when it is none. Lone surrogates are added as WTF-8. */
bool json_string_read(struct json_slice string, struct text *text);

#endif
