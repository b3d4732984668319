/* Longest matching blocks of two sequences, exactly as difflib.SequenceMatcher finds them. Private to rewrite/. */
#ifndef REWRITE_MATCH_H
#define REWRITE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Elements are numbers: code points, or the numbers of distinct lines. */
struct sequence {
    const uint32_t *items; /* borrowed */
    size_t length;
};

struct match_block {
    size_t a, b, size;
};

enum match_tag { MATCH_EQUAL, MATCH_REPLACE, MATCH_DELETE, MATCH_INSERT };

struct match_step {
    enum match_tag tag;
    size_t a_start, a_end, b_start, b_end;
};

struct match_entry; /* match.c */

/* Compares one `b` with many `a`: what is computed of `b` is kept. Zero-initialised is ready. */
struct matcher {
    struct sequence a, b;
    bool has_character_junk; /* blanks and tabs are no reason to match */
    struct match_entry *entries;
    size_t slot_count;
    uint32_t *next; /* next[j]: 1 + the next index of the same element in b */
    uint32_t *lengths[2];
    size_t *stamps[2];
    size_t generation;
    size_t capacity; /* of the arrays over b */
    struct match_block *blocks;
    size_t block_count, block_capacity;
    struct match_step *steps;
    size_t step_count, step_capacity;
};

void matcher_set_b(struct matcher *matcher, struct sequence b);
void matcher_set_a(struct matcher *matcher, struct sequence a);

/* get_opcodes(): in matcher->steps. */
void matcher_build_steps(struct matcher *matcher);

/* ratio(); the quick ones are upper bounds of it. */
double matcher_ratio(struct matcher *matcher);
double matcher_quick_ratio(const struct matcher *matcher);
double matcher_real_quick_ratio(const struct matcher *matcher);

void matcher_release(struct matcher *matcher);

#endif
