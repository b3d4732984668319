/* Which tests there are, as discovery tells it: plain data in blobs. */
#ifndef MODEL_TEST_INDEX_H
#define MODEL_TEST_INDEX_H

#include <stdint.h>

#include "base/blob.h"

enum test_flags {
    TEST_EXACT = 1, /* the interpreter would collect exactly this id, in this order among the exact ones */
    TEST_ASYNC = 2,
    TEST_UNITTEST = 4,
    TEST_RECORDED = 8, /* from a recorded collection; name, line and marks are what was recorded */
};

/*
 * A test function (its parametrizations share it), or a method through the class that inherits it. 24 bytes: a plain
 * test is nothing else.
 */
struct found_function {
    blob_offset name;
    blob_offset classes;     /* "TestOuter::TestInner"; 0 outside of classes */
    uint32_t line, end_line; /* of `def`: from 1 */
    uint16_t column;         /* in bytes from 0; UINT16_MAX: or more */
    uint16_t flags;          /* enum test_flags */
    uint32_t details;        /* number of its struct found_details + 1; 0: all of it empty. See found_details() */
};

/* What only some functions have; those that have the same share it. */
struct found_details {
    blob_offset reason;         /* not EXACT: why, one clause: "decorated by x.y, whose result is not known" */
    blob_offset file;           /* where it is defined, relative to the root, when that is another file; else 0 */
    struct blob_range marks;    /* of struct found_mark: the closest to the function first, as iter_markers() */
    struct blob_range fixtures; /* of blob_offset: the names in the closure, in pytest's order */
    struct blob_range parametrization; /* of struct found_parametrization, in the order of the ids' parts */
    struct blob_range ids;             /* of blob_offset: what stands in the brackets; count 0: not parametrized */
    struct blob_range id_marks;        /* of struct blob_range, one per id, or empty: marks that pytest.param adds */
};

struct found_mark {
    blob_offset name;
    blob_offset arguments; /* the literal arguments as JSON: {"args": [...], "kwargs": {...}}; 0: not all literal */
};

struct found_parametrization {
    struct blob_range names; /* of blob_offset */
    blob_offset fixture;     /* a parametrized fixture's name; 0: a parametrize mark */
    uint32_t unused;
    struct blob_range ids; /* of blob_offset: of each set, before duplicates are told apart */
};

/* One test: a function, and which of its ids (0 when it has none). */
struct found_test {
    uint32_t function; /* index into found_file.functions */
    uint32_t id;       /* index into its ids */
};

enum found_file_flags {
    FILE_EXACT = 1,           /* all of its tests are exact, and there are no others */
    FILE_RECORDED = 2,        /* its tests come from a recorded collection */
    FILE_NOT_PYTHON = 4,      /* collected by a plugin: only recorded tests */
    FILE_KEEPS_TO_ITSELF = 8, /* importing it changes nothing that others see, as far as sources tell */
    FILE_IMPORTS_KEEP = 16,   /* nor do the project's modules that it imports */
    FILE_LOADS_PLUGINS = 32,  /* collecting it loads plugins, for all that is collected */
    FILE_IN_ORDER = 64,       /* each function is one test, in this order: `tests` is empty */
    FILE_CHANGES_LISTS =
        128,                /* it, or what it imports, may change a list that another of the project's modules holds */
    FILE_TAKES_LISTS = 256, /* parameters come from such a list */
};

/* One collected file; the header of its blob. */
struct found_file {
    uint32_t format; /* FOUND_FORMAT */
    uint32_t size_bytes;
    uint32_t flags; /* enum found_file_flags */
    uint32_t error_line;
    blob_offset error;           /* it cannot be collected: one sentence; else 0 */
    blob_offset reason;          /* not EXACT and it is the file's: why; else 0 */
    struct blob_range functions; /* of struct found_function */
    struct blob_range details;   /* of struct found_details */
    struct blob_range tests;     /* of struct found_test: in collection order. See found_test_at() */
};

#define FOUND_FORMAT 4u

/* Never NULL. */
static inline const struct found_details *
found_details(const struct found_file *file, const struct found_function *function)
{
    static const struct found_details NONE = {.reason = 0};
    const struct found_details *details = (const struct found_details *)blob_at(file, file->details.first);

    return function->details ? &details[function->details - 1] : &NONE;
}

static inline uint32_t
found_test_count(const struct found_file *file)
{
    return file->flags & FILE_IN_ORDER ? file->functions.count : file->tests.count;
}

static inline struct found_test
found_test_at(const struct found_file *file, uint32_t number)
{
    const struct found_test *tests = (const struct found_test *)blob_at(file, file->tests.first);

    return file->flags & FILE_IN_ORDER ? (struct found_test){number, 0} : tests[number];
}

#endif
