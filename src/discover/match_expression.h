/* Expressions of -k and -m. Private to discover/. */
#ifndef DISCOVER_MATCH_EXPRESSION_H
#define DISCOVER_MATCH_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* Unknown: it depends on what only the interpreter can tell. */
enum match_answer { MATCH_NO, MATCH_YES, MATCH_UNKNOWN };

enum match_value_kind { MATCH_STRING, MATCH_INTEGER, MATCH_TRUE, MATCH_FALSE, MATCH_NONE };

/* name=value in the parentheses behind a term. */
struct match_argument {
    const char *name;
    enum match_value_kind kind;
    const char *text; /* of a string; of an integer without leading zeros, "-0" as "0" */
};

/* An identifier in the expression. */
struct match_term {
    const char *name;
    const struct match_argument *arguments;
    size_t argument_count;
};

/* Terms and text live in the arena it was made in. */
struct match_expression {
    struct match_node *root; /* match_expression.c */
    struct match_term *terms;
    size_t term_count;
};

/* Fails with pytest's text: "TEXT: at column 3: expected ...". An empty expression matches nothing. */
MUST_CHECK bool match_expression_parse(const char *text, struct arena *arena, struct match_expression *expression_out,
                                       struct error *error);

/* By Kleene's logic; `matcher` is asked for no term twice without need. */
enum match_answer match_expression_evaluate(const struct match_expression *expression,
                                            enum match_answer (*matcher)(void *context, const struct match_term *term),
                                            void *context);

#endif
