/* The definitions, decorators, imports and statements of a source, found without parsing what they hold. */
#ifndef SYNTAX_OUTLINE_H
#define SYNTAX_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outline_kind {
    OUTLINE_FUNCTION,  /* def, async def */
    OUTLINE_CLASS,     /* class */
    OUTLINE_DECORATOR, /* @expression: belongs to the next function or class of the same parent */
    OUTLINE_IMPORT,    /* import ... */
    OUTLINE_FROM,      /* from ... import ... */
    /* Outside of functions only: */
    OUTLINE_BLOCK,     /* the head of if, elif, else, try, except, finally, for, while, with, match, case */
    OUTLINE_STATEMENT, /* any other simple statement: assignments, expressions, del, `lazy import` of 3.15, ... */
};

enum outline_flags {
    OUTLINE_ASYNC = 1,        /* FUNCTION and BLOCK: behind the word async */
    OUTLINE_IN_FUNCTION = 2,  /* some function is around it */
    OUTLINE_ON_HEAD_LINE = 4, /* the statement follows the colon of its parent on the same line */
    OUTLINE_HAS_YIELD = 8,    /* FUNCTION: `yield` stands in its body, nested functions and lambdas aside */
};

#define OUTLINE_NO_PARENT UINT32_MAX

/* Offsets are bytes into the source; lines count from 1 as Python counts them (\n, \r\n, \r). */
struct outline_entry {
    uint8_t kind;
    uint8_t flags;
    uint16_t name_length; /* FUNCTION, CLASS: of the name; longer ones are cut; else 0 */
    uint32_t parent;      /* index of the innermost FUNCTION, CLASS or BLOCK around it */
    uint32_t start;       /* of the first word: `async`, `def`, `class`, `@`, `import`, ... */
    uint32_t end;         /* behind the statement; FUNCTION, CLASS, BLOCK: behind the colon of the head */
    uint32_t name_start;  /* FUNCTION, CLASS: of the name; DECORATOR: of the expression; else 0 */
    uint32_t line;        /* of `start` */
    uint32_t end_line;    /* last line of the statement with its block: ast's end_lineno; BLOCK: without else, ... */
};

/* Zero-initialised is empty; used again without being released, it keeps its memory. */
struct outline {
    struct outline_entry *entries; /* in the order of the source */
    size_t count;
    size_t capacity;
    uint32_t line_count; /* unless it has failed */
    bool has_failed;     /* no Python: what was found before stands in `entries` */
    uint32_t error_line; /* has_failed: where, from 1 */
    const char *error;   /* has_failed: what, as CPython words it; static */
};

/*
 * Reads UTF-8 (or a superset of ASCII) without its byte order mark, every version from 3.8 to 3.15. Valid Python is
 * always understood; what is not valid is refused only where its tokens, its brackets or its indentation are
 * broken. Linear in the length whatever the bytes are; reads nothing at or behind source + length. Sources of 4 GiB
 * and more fail. Entries of statements that a semicolon joins are separate.
 */
void outline_read(const char *source, size_t length, struct outline *outline);
void outline_release(struct outline *outline);

/* Which instruction set finds the bytes that matter. */
enum outline_engine { OUTLINE_SCALAR, OUTLINE_SSE2, OUTLINE_AVX2, OUTLINE_NEON };
enum outline_engine outline_best_engine(void);
/* outline_read() by one engine, for tests and benchmarks; false when this machine does not have it. */
bool outline_read_with(enum outline_engine engine, const char *source, size_t length, struct outline *outline);

#endif
