/* The plan of an assertion: its tree, as bytes that travel inside the compiled code. Private to rewrite/. */
#ifndef REWRITE_PLAN_H
#define REWRITE_PLAN_H

#include "base/text.h"
#include "syntax/syntax.h"

/*
 * A plan is a flags byte, with PLAN_HAS_ORIGINAL the line and the text of the test, and the root node. A node is its
 * kind, its temporary's number + 1 (0: none), then
 *     NAME       flags, name, with NODE_IS_MANGLED the name that the compiler uses
 *     CONSTANT   text
 *     NAMED      flags, name of the target
 *     BOOL       operator, count, nodes
 *     UNARY      operator, node
 *     BINARY     operator, node, node
 *     CALL       count, callee, arguments
 *     STARRED    node
 *     KEYWORD    name (empty for **), node
 *     ATTRIBUTE  name, node
 *     COMPARE    count, node, then (operator, node) for each further operand
 * Numbers are in groups of seven bits, lowest first; texts are a length and UTF-8.
 */
enum plan_flags { PLAN_HAS_ORIGINAL = 1 };
enum plan_node_flags {
    NODE_IS_MANGLED = 1,
    NODE_SHOWS_VALUE = 2, /* the temporary's value is shown, whatever the name is now */
};

static inline void
plan_add_number(struct text *plan, uint32_t number)
{
    while (number >= 0x80) {
        text_add_char(plan, (char)(number | 0x80));
        number >>= 7;
    }
    text_add_char(plan, (char)number);
}

static inline void
plan_add_bytes(struct text *plan, const char *bytes, size_t length)
{
    plan_add_number(plan, (uint32_t)length);
    text_add(plan, bytes, length);
}

/* ---- Reading: never behind the end; what is not there reads as zeros and empty texts ---- */

/* Where in the plan we are. */
struct plan_cursor {
    const unsigned char *at;
    const unsigned char *end;
};

/* A node's head, read: the cursor is at its children. */
struct plan_node {
    enum expression_kind kind;
    uint32_t temporary; /* number + 1; 0: none */
    uint32_t flags;
    uint32_t count;
    enum expression_operator operator_kind;
    const char *text; /* name or constant */
    size_t text_length;
    const char *mangled;
    size_t mangled_length;
};

uint32_t plan_read_number(struct plan_cursor *cursor);
/* The head of the next node. */
struct plan_node plan_read_node(struct plan_cursor *cursor);
/* Moves behind the next node and all below it. */
void plan_skip_node(struct plan_cursor *cursor);

#endif
