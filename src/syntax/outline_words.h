/* A closer look at single statements of an outline. Private to syntax/. */
#ifndef SYNTAX_OUTLINE_WORDS_H
#define SYNTAX_OUTLINE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum statement_word {
    WORD_OTHER,
    WORD_DEF,
    WORD_CLASS,
    WORD_ASYNC,
    WORD_IMPORT,
    WORD_FROM,
    WORD_MATCH,
    WORD_CASE,
    WORD_BLOCK, /* if, elif, else, try, except, finally, for, while, with */
};

/* What a statement in [start, end) begins with. */
enum statement_word statement_word_find(const char *source, size_t start, size_t end);

/* The offset behind blanks and joined lines; at most `end`. */
size_t blanks_skip(const char *source, size_t start, size_t end);
size_t word_skip(const char *source, size_t start, size_t end);

/* The offset behind the colon that ends a compound statement's head; 0 when there is none. */
size_t head_end_find(const char *source, size_t start, size_t end);

/* Whether some `yield` in [start, end) is not a lambda's. */
bool statement_has_yield(const char *source, size_t start, size_t end);

struct indentation {
    uint32_t column;
    uint32_t alternative; /* with tabs as wide as spaces: two columns agree only when both do */
};

/* From the start of a line to the first code of its logical line, whose offset is stored. */
struct indentation indentation_measure(const char *source, size_t line_start, size_t end, size_t *start_out);

#endif
