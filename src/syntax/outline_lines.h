/* Where the logical lines of a source begin and end. Private to syntax/. */
#ifndef SYNTAX_OUTLINE_LINES_H
#define SYNTAX_OUTLINE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syntax/outline_masks.h"

enum {
    BATCH_BLOCKS = 32,
    BATCH_BYTES = BATCH_BLOCKS * BLOCK_BYTES,
    MAX_BRACKETS = 200, /* CPython's own limit */
};

/* The first byte of a statement: of a logical line, or a semicolon with the statement behind it. */
struct logical_line {
    uint32_t start;
    uint32_t indent;       /* bytes of the line before `start` */
    uint32_t previous_end; /* behind the last byte of code before `start` */
};

enum literal_mode { MODE_CODE, MODE_COMMENT, MODE_STRING };

/* Reads a source once, a batch of blocks at a time. */
struct line_reader {
    const char *source;
    size_t length;
    size_t offset; /* of the next block */
    masks_reader *masks_read;

    /* What the last batch found. */
    struct logical_line lines[BATCH_BYTES + 2]; /* complete ones; lines[line_count].previous_end ends the last */
    uint32_t line_count, start_count;           /* start_count: lines that began */
    uint32_t yields[BATCH_BYTES / 2 + 2];       /* `yield`, and f-strings that hold one; UINT32_MAX ends them */
    uint32_t yield_count;
    bool has_odd_blanks; /* not only spaces and \n were seen between words */
    bool is_last;
    size_t batch_start;
    uint64_t newlines[BATCH_BLOCKS];
    uint32_t lines_before[BATCH_BLOCKS];
    uint32_t newline_count; /* up to the end of the batch */
    uint32_t first_line;    /* line of lines[0].start, and of the end of code before it, if they precede the batch */
    uint32_t previous_end_line;

    /* What goes on from block to block. */
    size_t code_end;        /* behind the last byte of code */
    size_t line_start;      /* of the physical line */
    uint64_t is_line_start; /* bit 0: the next block begins a line, or is still in its indentation */
    enum literal_mode mode;
    char quote;
    bool is_triple;
    size_t literal_start;
    size_t consumed;                     /* bytes before this belong to a literal or to joined lines */
    uint32_t depth;                      /* of open brackets */
    uint64_t brackets[MAX_BRACKETS + 2]; /* offset << 8 | byte, from the second on; the first is none */

    const char *error; /* not NULL: no Python from here on */
    size_t error_offset;
};

void line_reader_init(struct line_reader *reader, masks_reader *masks_read, const char *source, size_t length);

/* Fills the batch; false when there is no more. A reader that failed still gives the lines before the error. */
bool line_reader_next(struct line_reader *reader);

/* The line of a byte of the batch, of its first statement, or of the last byte of code before that. */
uint32_t line_reader_line(const struct line_reader *reader, size_t offset);

/* The line of any byte, by counting from the start: for errors. */
uint32_t source_line_of(const char *source, size_t length, size_t offset);

/* outline_literals.c: what strings, comments and joined lines take of a block. */
struct block_literals {
    uint64_t literal; /* of strings, and newlines behind a backslash: no code begins there */
    uint64_t comment;
    uint64_t joined; /* backslashes of code */
    uint64_t yield;  /* f-strings that hold one */
};

void literals_read(struct line_reader *reader, const struct block_masks *masks, struct block_literals *literals_out);

#endif
