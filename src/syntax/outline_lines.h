/* Where the logical lines of a source begin and end. Private to syntax/. */
#ifndef SYNTAX_OUTLINE_LINES_H
#define SYNTAX_OUTLINE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BLOCK_BYTES = 64,
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

struct open_bracket {
    uint32_t offset;
    unsigned char closer;
};

enum literal_mode { MODE_CODE, MODE_COMMENT, MODE_STRING };

/* Reads a source once, a batch of blocks at a time. */
struct line_reader {
    const char *source;
    size_t length;
    size_t offset; /* of the next block */

    /* What the last batch found. */
    struct logical_line lines[BATCH_BYTES + 3]; /* complete ones; lines[line_count].previous_end ends the last */
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
    size_t consumed; /* bytes before this belong to a literal or to joined lines */
    uint32_t depth;  /* of open brackets */
    struct open_bracket brackets[1 + MAX_BRACKETS + BLOCK_BYTES]; /* the first is none */

    const char *error; /* not NULL: no Python from here on */
    size_t error_offset;
    size_t error_seen; /* where it was noticed */
};

void line_reader_init(struct line_reader *reader, const char *source, size_t length);

/* Walks over one batch of blocks: one for each enum outline_engine; NULL where this machine lacks it. */
typedef void line_walker(struct line_reader *reader);

line_walker line_walk_scalar;
line_walker *line_walker_sse2(void);
line_walker *line_walker_avx2(void);
line_walker *line_walker_neon(void);

/* Fills the batch; false when there is no more. A reader that failed still gives the lines before the error. */
bool line_reader_next(struct line_reader *reader, line_walker *walk);

/* The line of a byte of the batch, of its first statement, or of the last byte of code before that. */
uint32_t line_reader_line(const struct line_reader *reader, size_t offset);

/* The line of any byte, by counting from the start: for errors. */
uint32_t source_line_of(const char *source, size_t length, size_t offset);

/* ---- What a walk rarely needs ---- */

/* Nothing behind `offset` counts. Of several errors the one that is `seen` first wins. */
void line_reader_fail(struct line_reader *reader, const char *error, size_t offset, size_t seen);
void line_reader_fail_close(struct line_reader *reader, unsigned char closer, unsigned char wanted, size_t offset);

/* Control characters of the next block: a lone \r ends a line, in front of \n it is blank; NUL is an error. */
void line_reader_read_odd(struct line_reader *reader, uint64_t odd, uint64_t *newline, uint64_t *blank);
/* Those of code. */
void line_reader_check_odd(struct line_reader *reader, uint64_t odd);

/* Fails where the depth of the next block's brackets, which was `depth` before them, is too much. */
void line_reader_check_depth(struct line_reader *reader, uint32_t depth, uint64_t open, uint64_t close);

/* Where "yi" stands in code, or an f-string with a yield. */
void line_reader_note_yield(struct line_reader *reader, size_t offset);

/*
 * The offset behind the formatted string whose quote is at `quote`; 0 after a failure. For quotes behind a letter:
 * `quote` + 1 when the string is not formatted.
 */
size_t line_reader_skip_formatted(struct line_reader *reader, size_t quote, bool *has_yield_out);

/* The offset behind a backslash in code and the newline there; 0 after a failure. */
size_t line_reader_skip_join(struct line_reader *reader, size_t backslash);

#endif
