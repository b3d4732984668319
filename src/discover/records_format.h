/* What lies in the file of records. Private to records*.c. */
#ifndef DISCOVER_RECORDS_FORMAT_H
#define DISCOVER_RECORDS_FORMAT_H

#include "discover/records.h"

enum segment_kind { SEGMENT_PLUGINS = 1, SEGMENT_TESTS, SEGMENT_RUN };

#define RECORDS_FORMAT 1u

/* Precedes the body, a blob. */
struct segment_head {
    char magic[8];
    uint32_t kind;
    uint32_t body_bytes;
    uint64_t checksum; /* of the body and of the two before */
    unsigned char key[16];
};

_Static_assert(sizeof(struct segment_head) == 40, "written as it is");

/* Whether every offset of the body lies inside of it: only then may it be read. */
bool plugin_facts_check(const void *body, size_t body_bytes);
bool recorded_tests_check(const void *body, size_t body_bytes);
bool recorded_run_check(const void *body, size_t body_bytes);

#endif
