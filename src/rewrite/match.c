/*
 * The algorithm of Ratcliff and Obershelp with difflib's notions of junk: blanks, where asked for, and what is too
 * popular in a long sequence.
 */
#include "rewrite/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { POPULAR_MIN_LENGTH = 200 };

/* One distinct element of b. */
struct match_entry {
    uint32_t item;
    uint32_t first; /* 1 + its first index; 0: the slot is free */
    uint32_t last;
    uint32_t count;
    bool is_junk;
    bool is_popular;
};

static struct match_entry *
entry_find(const struct matcher *matcher, uint32_t item)
{
    size_t mask = matcher->slot_count - 1;
    size_t slot = (item * UINT32_C(2654435769)) & mask;

    while (matcher->entries[slot].first && matcher->entries[slot].item != item) {
        slot = (slot + 1) & mask;
    }
    return &matcher->entries[slot];
}

static void
reserve(struct matcher *matcher, size_t length)
{
    size_t slots = 16;

    if (length > matcher->capacity) {
        matcher->capacity = length * 2;
        matcher->next = memory_resize(matcher->next, matcher->capacity * sizeof *matcher->next);
        for (size_t i = 0; i < 2; i++) {
            matcher->lengths[i] = memory_resize(matcher->lengths[i], matcher->capacity * sizeof *matcher->lengths[i]);
            memory_free(matcher->stamps[i]);
            matcher->stamps[i] = memory_alloc_zeroed(matcher->capacity * sizeof *matcher->stamps[i]);
        }
        matcher->generation = 0;
    }
    while (slots < length * 2) {
        slots *= 2;
    }
    if (slots > matcher->slot_count) {
        memory_free(matcher->entries);
        matcher->entries = memory_alloc(slots * sizeof *matcher->entries);
        matcher->slot_count = slots;
    }
    memset(matcher->entries, 0, matcher->slot_count * sizeof *matcher->entries);
}

void
matcher_set_b(struct matcher *matcher, struct sequence b)
{
    matcher->b = b;
    reserve(matcher, b.length);
    for (size_t j = 0; j < b.length; j++) {
        struct match_entry *entry = entry_find(matcher, b.items[j]);
        matcher->next[j] = 0;
        if (entry->first) {
            matcher->next[entry->last - 1] = (uint32_t)j + 1;
        } else {
            entry->item = b.items[j];
            entry->first = (uint32_t)j + 1;
            entry->is_junk = matcher->has_character_junk && (entry->item == ' ' || entry->item == '\t');
        }
        entry->last = (uint32_t)j + 1;
        entry->count++;
    }
    if (b.length >= POPULAR_MIN_LENGTH) {
        for (size_t slot = 0; slot < matcher->slot_count; slot++) {
            struct match_entry *entry = &matcher->entries[slot];
            entry->is_popular = !entry->is_junk && entry->count > b.length / 100 + 1;
        }
    }
}

void
matcher_set_a(struct matcher *matcher, struct sequence a)
{
    matcher->a = a;
}

static bool
is_junk(const struct matcher *matcher, size_t j)
{
    return matcher->has_character_junk && (matcher->b.items[j] == ' ' || matcher->b.items[j] == '\t');
}

/* Grows the block at both ends over elements that are equal and are junk, or are none. */
static void
extend(const struct matcher *matcher, struct match_block *best, const struct match_step *range, bool over_junk)
{
    const uint32_t *a = matcher->a.items;
    const uint32_t *b = matcher->b.items;

    while (best->a > range->a_start && best->b > range->b_start && is_junk(matcher, best->b - 1) == over_junk &&
           a[best->a - 1] == b[best->b - 1]) {
        best->a--;
        best->b--;
        best->size++;
    }
    while (best->a + best->size < range->a_end && best->b + best->size < range->b_end &&
           is_junk(matcher, best->b + best->size) == over_junk && a[best->a + best->size] == b[best->b + best->size]) {
        best->size++;
    }
}

static struct match_block
find_longest(struct matcher *matcher, const struct match_step *range)
{
    struct match_block best = {range->a_start, range->b_start, 0};

    matcher->generation++; /* nothing is remembered from an earlier search */
    for (size_t i = range->a_start; i < range->a_end; i++) {
        size_t now = ++matcher->generation;
        uint32_t *lengths = matcher->lengths[now & 1];
        size_t *stamps = matcher->stamps[now & 1];
        const uint32_t *old_lengths = matcher->lengths[~now & 1];
        const size_t *old_stamps = matcher->stamps[~now & 1];
        const struct match_entry *entry = entry_find(matcher, matcher->a.items[i]);

        if (!entry->first || entry->is_junk || entry->is_popular) {
            continue;
        }
        for (uint32_t at = entry->first; at; at = matcher->next[at - 1]) {
            size_t j = at - 1;
            if (j < range->b_start) {
                continue;
            }
            if (j >= range->b_end) {
                break;
            }
            uint32_t length = 1 + (j && old_stamps[j - 1] == now - 1 ? old_lengths[j - 1] : 0);
            lengths[j] = length;
            stamps[j] = now;
            if (length > best.size) {
                best = (struct match_block){i + 1 - length, j + 1 - length, length};
            }
        }
    }
    extend(matcher, &best, range, false);
    extend(matcher, &best, range, true);
    return best;
}

static void
add_block(struct matcher *matcher, struct match_block block)
{
    if (matcher->block_count == matcher->block_capacity) {
        matcher->block_capacity = matcher->block_capacity ? matcher->block_capacity * 2 : 32;
        matcher->blocks = memory_resize(matcher->blocks, matcher->block_capacity * sizeof *matcher->blocks);
    }
    matcher->blocks[matcher->block_count++] = block;
}

static void
add_step(struct matcher *matcher, struct match_step step)
{
    if (matcher->step_count == matcher->step_capacity) {
        matcher->step_capacity = matcher->step_capacity ? matcher->step_capacity * 2 : 32;
        matcher->steps = memory_resize(matcher->steps, matcher->step_capacity * sizeof *matcher->steps);
    }
    matcher->steps[matcher->step_count++] = step;
}

static int
compare_blocks(const void *left, const void *right)
{
    const struct match_block *a = left;
    const struct match_block *b = right;

    if (a->a != b->a) {
        return a->a < b->a ? -1 : 1;
    }
    return a->b == b->b ? 0 : a->b < b->b ? -1 : 1;
}

/* Adjacent blocks become one; the last is empty and stands at both ends. */
static void
merge_blocks(struct matcher *matcher)
{
    size_t kept = 0;

    for (size_t i = 0; i < matcher->block_count; i++) {
        struct match_block block = matcher->blocks[i];
        struct match_block *last = kept ? &matcher->blocks[kept - 1] : NULL;
        if (last && last->a + last->size == block.a && last->b + last->size == block.b) {
            last->size += block.size;
        } else {
            matcher->blocks[kept++] = block;
        }
    }
    matcher->block_count = kept;
    add_block(matcher, (struct match_block){matcher->a.length, matcher->b.length, 0});
}

/* get_matching_blocks(). The steps array is the stack of ranges still to be searched. */
static void
build_blocks(struct matcher *matcher)
{
    matcher->block_count = matcher->step_count = 0;
    add_step(matcher, (struct match_step){MATCH_EQUAL, 0, matcher->a.length, 0, matcher->b.length});
    while (matcher->step_count) {
        struct match_step range = matcher->steps[--matcher->step_count];
        struct match_block block = find_longest(matcher, &range);
        if (!block.size) {
            continue;
        }
        add_block(matcher, block);
        if (range.a_start < block.a && range.b_start < block.b) {
            add_step(matcher, (struct match_step){MATCH_EQUAL, range.a_start, block.a, range.b_start, block.b});
        }
        if (block.a + block.size < range.a_end && block.b + block.size < range.b_end) {
            add_step(matcher, (struct match_step){MATCH_EQUAL, block.a + block.size, range.a_end, block.b + block.size,
                                                  range.b_end});
        }
    }
    if (matcher->block_count) {
        qsort(matcher->blocks, matcher->block_count, sizeof *matcher->blocks, compare_blocks);
    }
    merge_blocks(matcher);
}

void
matcher_build_steps(struct matcher *matcher)
{
    size_t i = 0;
    size_t j = 0;

    build_blocks(matcher);
    matcher->step_count = 0;
    for (size_t at = 0; at < matcher->block_count; at++) {
        struct match_block block = matcher->blocks[at];
        if (i < block.a || j < block.b) {
            enum match_tag tag = i == block.a ? MATCH_INSERT : j == block.b ? MATCH_DELETE : MATCH_REPLACE;
            add_step(matcher, (struct match_step){tag, i, block.a, j, block.b});
        }
        i = block.a + block.size;
        j = block.b + block.size;
        if (block.size) {
            add_step(matcher, (struct match_step){MATCH_EQUAL, block.a, i, block.b, j});
        }
    }
}

static double
ratio_of(const struct matcher *matcher, size_t matches)
{
    size_t length = matcher->a.length + matcher->b.length;
    return length ? 2.0 * (double)matches / (double)length : 1.0;
}

double
matcher_ratio(struct matcher *matcher)
{
    size_t matches = 0;

    build_blocks(matcher);
    for (size_t i = 0; i < matcher->block_count; i++) {
        matches += matcher->blocks[i].size;
    }
    return ratio_of(matcher, matches);
}

/* How many elements of `a` have a partner in `b` anywhere. */
double
matcher_quick_ratio(const struct matcher *matcher)
{
    size_t matches = 0;
    uint32_t *left = memory_alloc(matcher->slot_count * sizeof *left);

    for (size_t slot = 0; slot < matcher->slot_count; slot++) {
        left[slot] = matcher->entries[slot].count;
    }
    for (size_t i = 0; i < matcher->a.length; i++) {
        size_t slot = (size_t)(entry_find(matcher, matcher->a.items[i]) - matcher->entries);
        if (left[slot]) {
            left[slot]--;
            matches++;
        }
    }
    memory_free(left);
    return ratio_of(matcher, matches);
}

double
matcher_real_quick_ratio(const struct matcher *matcher)
{
    return ratio_of(matcher, matcher->a.length < matcher->b.length ? matcher->a.length : matcher->b.length);
}

void
matcher_release(struct matcher *matcher)
{
    memory_free(matcher->entries);
    memory_free(matcher->next);
    for (size_t i = 0; i < 2; i++) {
        memory_free(matcher->lengths[i]);
        memory_free(matcher->stamps[i]);
    }
    memory_free(matcher->blocks);
    memory_free(matcher->steps);
    *matcher = (struct matcher){0};
}
