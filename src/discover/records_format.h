/* What lies in the file of records. Private to records*.c. */
#ifndef DISCOVER_RECORDS_FORMAT_H
#define DISCOVER_RECORDS_FORMAT_H

#include "base/arena.h"
#include "base/text.h"
#include "discover/records.h"

enum segment_kind { SEGMENT_PLUGINS = 1, SEGMENT_TESTS, SEGMENT_RUN };

#define RECORDS_FORMAT 2u
#define RECORDS_MAGIC "FSTRECS1"

/* Precedes the body, a blob. */
struct segment_head {
    char magic[8];
    uint32_t kind;
    uint32_t body_bytes;
    uint64_t checksum; /* of the body and of the two before */
    unsigned char key[16];
};

_Static_assert(sizeof(struct segment_head) == 40, "written as it is");

struct segment {
    const struct segment_head *head;
    const void *body;
    struct segment *previous;           /* of TESTS: the one before for this path, under whichever key */
    struct table by_path;               /* of RUN, made when first asked for: path -> its recorded_source */
    const struct recorded_file **files; /* and of each source, what is said of it; in the arena */
    enum { REST_UNKNOWN, REST_IS_SAME, REST_HAS_CHANGED } rest; /* of RUN: of what is not told, or of its plugins */
    bool is_asked;                                              /* of RUN: by records_find_hooks() */
    bool is_new;
    bool is_live; /* while the file is cleaned up */
};

struct records {
    struct text path;
    struct text bytes;         /* of the file; segments point into it */
    struct arena arena;        /* segments, and the bytes of new ones */
    struct segment **segments; /* in the order of the file, new ones last */
    size_t segment_count, segment_capacity;
    struct table tests; /* path -> its newest segment of TESTS */
    bool has_new;
    bool is_damaged;
};

bool segment_has_key(const struct segment *segment, const unsigned char key[16]);

/* path -> struct recorded_source, of one run; and which of them were collected as a whole. */
const struct table *run_sources(struct records *records, struct segment *segment);
const struct recorded_source *table_find_source(const struct table *table, const char *path);
/* What the run says of a file; NULL: nothing. */
const struct recorded_file *run_find_file(const struct segment *segment, const struct recorded_source *source);
/* Whether the run imported all of them, and they are what they were. */
bool run_holds(const struct table *table, const char *const *imports, size_t count, const struct source_check *check);

/* Whether every offset of the body lies inside of it: only then may it be read. */
bool plugin_facts_check(const void *body, size_t body_bytes);
bool recorded_tests_check(const void *body, size_t body_bytes);
bool recorded_run_check(const void *body, size_t body_bytes);

#endif
