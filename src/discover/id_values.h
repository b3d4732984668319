/* What a value is in an id. Private to discover/. */
#ifndef DISCOVER_ID_VALUES_H
#define DISCOVER_ID_VALUES_H

#include "base/text.h"
#include "discover/resolve.h"

enum id_function { ID_AUTOMATIC, ID_STR, ID_REPR };

struct id_maker {
    struct resolve_work *work;
    struct text text; /* what is added to */
    const char *name; /* of the argument */
    size_t index;     /* of the set */
    enum id_function function;
    bool is_refused; /* pytest fails there */
    bool is_given;   /* in `ids`: must be of a type that is written */
};

/* Adds a value's part of an id. NULL, or why that is not known. */
const char *id_add_value(struct id_maker *maker, struct context context, const struct value *value);
/* Puts numbers behind ids that occur more than once. NULL, or why pytest refuses them. */
const char *ids_make_unique(struct resolve_work *work, struct parametrization *made);
/* Adds a string as ids escape it. */
void id_add_string(const struct resolve_work *work, const char *bytes, size_t length, struct text *text);
/*
 * Adds what tells a literal from others, such that equal texts mean equal values of one type. False: not known; or it
 * cannot be hashed (`is_unhashable_out`).
 */
bool value_add_key(struct resolve_work *work, struct context context, const struct value *value, struct text *text,
                   bool *is_unhashable_out);

#endif
