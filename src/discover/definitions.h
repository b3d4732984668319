/* What the files that look for failures of definitions share. Private to discover/. */
#ifndef DISCOVER_DEFINITIONS_H
#define DISCOVER_DEFINITIONS_H

#include "discover/resolve.h"

struct definitions {
    struct resolve_work *work;
    const char *reason; /* one clause: why importing may fail; NULL */
    unsigned depth;
};

void definitions_fail(struct definitions *definitions, const char *reason); /* keeps the first */

/* enumerations.c: what the enum module refuses. */
void enumeration_check(struct definitions *definitions, struct class_info *info);
/* dataclasses.c: what the decorator refuses; of any class. */
void dataclass_check(struct definitions *definitions, struct class_info *info);

#endif
