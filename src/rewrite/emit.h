/* Rewrites a source by inserting into it: no line moves. Private to rewrite/. */
#ifndef REWRITE_EMIT_H
#define REWRITE_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

struct emit_options {
    bool has_pass_hook; /* passing assertions call assert_pass */
    bool is_optimized;  /* `assert` would be dropped */
    bool has_columns;   /* the interpreter keeps columns (3.11 on): lines can be mapped back, too */
};

/* `removed` bytes at a place of the original became `text_length` bytes. Ascending. */
struct edit {
    uint32_t offset;
    uint32_t removed;
    uint32_t text_length;
    uint32_t line;       /* the same in both */
    uint32_t column;     /* of `offset` in the original */
    uint32_t new_column; /* of the text in the rewritten source */
    uint32_t assertion;  /* index */
    const char *text;    /* in the arena */
};

/* Where an assert statement is in the original; columns in bytes. */
struct assertion_place {
    uint32_t start, end; /* offsets */
    uint32_t line, column, end_line, end_column;
    bool is_tuple; /* always true: deserves a warning */
};

enum { SPELLING_BYTES = 11 };

struct rewritten {
    struct text source;
    struct edit *edits;
    uint32_t edit_count, edit_capacity;
    struct assertion_place *places;
    uint32_t place_count, place_capacity;
    struct arena arena;
    bool is_disabled;                        /* the docstring says PYTEST_DONT_REWRITE */
    char temporary_spelling[SPELLING_BYTES]; /* stands for "@py_assert" in `source` */
    char fail_spelling[SPELLING_BYTES];      /* stands for "@pytest_ar" */
    char pass_spelling[SPELLING_BYTES];      /* stands for "@pytest_ap" */
};

/*
 * `source` is UTF-8 without a byte order mark, below 4 GiB. False when the source is not understood; what `rewritten`
 * then holds only needs to be released. The caller zero-initialises it.
 */
bool rewritten_build(struct rewritten *rewritten, const char *source, size_t length,
                     const struct emit_options *options);
void rewritten_release(struct rewritten *rewritten);

#endif
