/* Expressions of -k and -m: grammar and logic. What a term says of a test, the caller knows. */
#ifndef SYNTAX_MATCH_EXPRESSION_H
#define SYNTAX_MATCH_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"

/* Unknown: it depends on what only the interpreter can tell. Failed: the evaluation ends with it. */
enum match_answer { MATCH_NO, MATCH_YES, MATCH_UNKNOWN, MATCH_FAILED };

/* What Python's str says of a character, as bits. */
enum match_class {
    MATCH_LETTER = 1,     /* isalnum(): part of a term */
    MATCH_DIGIT = 2,      /* isdigit() */
    MATCH_NAME_START = 4, /* may begin an identifier */
    MATCH_NAME = 8,       /* may follow in one */
};

struct match_source {
    const char *text; /* UTF-8 with a NUL behind it */
    size_t length;
    /* The enum match_class of what is not ASCII; NULL: letters that are part of names. No surrogate is asked for. */
    unsigned (*classify)(uint32_t point);
};

enum match_value_kind { MATCH_STRING, MATCH_INTEGER, MATCH_TRUE, MATCH_FALSE, MATCH_NONE };

/* name=value in the parentheses behind a term. */
struct match_argument {
    const char *name;
    enum match_value_kind kind;
    const char *text; /* as it is written; of a string, what is between the quotes */
    size_t text_length;
};

/* An identifier in the expression. */
struct match_term {
    const char *name;
    struct match_argument *arguments; /* NULL: no parentheses; else at least one */
    size_t argument_count;
};

/* Everything lives in the arena it was made in. */
struct match_expression {
    const struct match_node *root; /* match_expression.c */
    struct match_term *terms;      /* in the order of the text */
    size_t term_count;
};

enum match_fault_kind {
    MATCH_FAULT_GRAMMAR,
    MATCH_FAULT_ARGUMENT, /* the grammar has it, but no call in Python: pytest names neither text nor column */
    MATCH_FAULT_DEPTH,    /* where pytest meets Python's limit of recursion: no text */
};

/* Why it is none, in pytest's words. */
struct match_fault {
    enum match_fault_kind kind;
    size_t column;       /* in characters, from 1 */
    const char *message; /* in the arena */
    size_t message_length;
};

/* An empty expression matches nothing. False: `fault_out` is set. */
MUST_CHECK bool match_expression_parse(const struct match_source *source, struct arena *arena,
                                       struct match_expression *expression_out, struct match_fault *fault_out);

/* By Kleene's logic; `matcher` is asked in the order of the text, for no term without need. */
enum match_answer match_expression_evaluate(const struct match_expression *expression,
                                            enum match_answer (*matcher)(void *context, const struct match_term *term),
                                            void *context);

#endif
