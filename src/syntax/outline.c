/* Blocks and their statements, from logical lines: only the first words of most are looked at. */
#include "syntax/outline.h"

#include <string.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "syntax/outline_lines.h"
#include "syntax/outline_words.h"
#include "syntax/strings.h"

enum {
    MAX_LEVELS = 100, /* of indentation, the module's included: CPython's own limit */
    FIRST_CAPACITY = 64,
};

#define NO_ENTRY OUTLINE_NO_PARENT

/* What statements stand in: a block of their own, or the rest of its head's line. */
struct place {
    uint32_t parent;   /* entry */
    uint32_t function; /* entry of the innermost function */
    uint32_t owner;    /* entry that the end of this block ends */
    bool is_match;     /* holds nothing but `case` */
};

struct level {
    struct indentation indentation;
    struct place place;
};

struct block_reader {
    struct line_reader lines;
    struct outline *outline;
    const char *source;
    struct level levels[MAX_LEVELS];
    uint32_t level;      /* index of the current one */
    struct place next;   /* is_head: of the block that has to follow */
    struct place inside; /* is_inside: of what a semicolon adds to the line of a head */
    bool is_head;        /* the last statement ends in a colon */
    bool is_inside;
    size_t yield_index;
    uint32_t end; /* of the statement before */
};

static bool
fail(struct block_reader *reader, const char *error, size_t offset)
{
    reader->outline->has_failed = true;
    reader->outline->error = error;
    reader->outline->error_line = line_reader_line(&reader->lines, offset);
    return false;
}

static struct outline_entry *
add_entry(struct block_reader *reader, enum outline_kind kind, const struct place *place, size_t start, size_t end)
{
    struct outline *outline = reader->outline;

    if (outline->count == outline->capacity) {
        outline->capacity = outline->capacity ? outline->capacity * 2 : FIRST_CAPACITY;
        outline->entries = memory_resize(outline->entries, outline->capacity * sizeof(*outline->entries));
    }
    struct outline_entry *entry = &outline->entries[outline->count++];
    *entry = (struct outline_entry){
        .kind = (uint8_t)kind,
        .flags = (uint8_t)((place->function != NO_ENTRY ? OUTLINE_IN_FUNCTION : 0) |
                           (reader->is_inside ? OUTLINE_ON_HEAD_LINE : 0)),
        .parent = place->parent,
        .start = (uint32_t)start,
        .end = (uint32_t)end,
        .line = line_reader_line(&reader->lines, start),
        .end_line = line_reader_line(&reader->lines, end - 1),
    };
    return entry;
}

/* The statement before was the last of this place. */
static void
end_place(struct block_reader *reader, const struct place *place)
{
    if (place->owner != NO_ENTRY) {
        reader->outline->entries[place->owner].end_line = line_reader_line(&reader->lines, reader->end - 1);
    }
}

static bool
push_level(struct block_reader *reader, struct indentation found, size_t start)
{
    if (!reader->is_head) {
        return fail(reader, "unexpected indent", start);
    }
    if (found.alternative <= reader->levels[reader->level].indentation.alternative) {
        return fail(reader, "inconsistent use of tabs and spaces in indentation", start);
    }
    if (reader->level + 1 == MAX_LEVELS) {
        return fail(reader, "too many levels of indentation", start);
    }
    reader->levels[++reader->level] = (struct level){.indentation = found, .place = reader->next};
    reader->is_head = false;
    return true;
}

/* The indentation of a line differs from that of the line before, or is to be looked at anyway. */
static bool
change_level(struct block_reader *reader, struct indentation found, size_t start)
{
    if (found.column > reader->levels[reader->level].indentation.column) {
        return push_level(reader, found, start);
    }
    if (reader->is_head) {
        return fail(reader, "expected an indented block", start);
    }
    while (found.column < reader->levels[reader->level].indentation.column) {
        end_place(reader, &reader->levels[reader->level].place);
        reader->level--;
    }
    if (found.column != reader->levels[reader->level].indentation.column) {
        return fail(reader, "unindent does not match any outer indentation level", start);
    }
    if (found.alternative != reader->levels[reader->level].indentation.alternative) {
        return fail(reader, "inconsistent use of tabs and spaces in indentation", start);
    }
    return true;
}

/* A simple statement, or what is taken for one. */
static void
add_simple(struct block_reader *reader, const struct place *place, enum statement_word word, size_t start, size_t end)
{
    if (reader->source[start] == '@') {
        struct outline_entry *entry = add_entry(reader, OUTLINE_DECORATOR, place, start, end);
        entry->name_start = (uint32_t)blanks_skip(reader->source, start + 1, end);
    } else if (word == WORD_IMPORT || word == WORD_FROM) {
        add_entry(reader, word == WORD_IMPORT ? OUTLINE_IMPORT : OUTLINE_FROM, place, start, end);
    } else if (place->function == NO_ENTRY) {
        add_entry(reader, OUTLINE_STATEMENT, place, start, end);
    }
}

/* The entry of a compound statement, and what its block is. */
static struct place
add_head(struct block_reader *reader, const struct place *place, enum statement_word word, size_t start, size_t end)
{
    const char *source = reader->source;
    struct place inner = {.parent = place->parent, .function = place->function, .owner = NO_ENTRY};
    struct outline_entry *entry = NULL;
    size_t at = start;
    bool is_async = word == WORD_ASYNC;

    if (is_async) {
        at = blanks_skip(source, word_skip(source, start, end), end);
        word = statement_word_find(source, at, end);
    }
    if (word == WORD_DEF || word == WORD_CLASS) {
        size_t behind_word = at + (word == WORD_DEF ? strlen("def") : strlen("class"));
        size_t name = blanks_skip(source, behind_word, end);
        size_t length = word_skip(source, name, end) - name;
        entry = add_entry(reader, word == WORD_DEF ? OUTLINE_FUNCTION : OUTLINE_CLASS, place, start, end);
        entry->name_start = (uint32_t)name;
        entry->name_length = (uint16_t)(length < UINT16_MAX ? length : UINT16_MAX);
    } else if (place->function == NO_ENTRY) {
        entry = add_entry(reader, OUTLINE_BLOCK, place, start, end);
    }
    if (entry) {
        entry->flags |= is_async ? OUTLINE_ASYNC : 0;
        inner.parent = inner.owner = (uint32_t)(entry - reader->outline->entries);
        inner.function = word == WORD_DEF ? inner.owner : place->function;
    }
    inner.is_match = word == WORD_MATCH;
    return inner;
}

static void
mark_yield(struct block_reader *reader, uint32_t function, size_t start, size_t end)
{
    if (function != NO_ENTRY && !(reader->outline->entries[function].flags & OUTLINE_HAS_YIELD) &&
        statement_has_yield(reader->source, start, end)) {
        reader->outline->entries[function].flags |= OUTLINE_HAS_YIELD;
    }
}

/* Whether some `yield` is in [start, end); forgets those before `end`. */
static bool
take_yields(struct block_reader *reader, size_t start, size_t end)
{
    bool has_yield = false;

    while (reader->lines.yields[reader->yield_index] < end) {
        has_yield |= reader->lines.yields[reader->yield_index++] >= start;
    }
    return has_yield;
}

/* Where a compound statement's head ends; 0 when the statement is none. */
static size_t
compound_head_end(const struct block_reader *reader, const struct place *place, enum statement_word word, size_t start,
                  size_t end)
{
    bool ends_in_colon = reader->source[end - 1] == ':';

    switch (word) {
    case WORD_OTHER:
    case WORD_IMPORT:
    case WORD_FROM:
        return 0;
    case WORD_MATCH:
        return ends_in_colon ? end : 0;
    case WORD_CASE:
        return !place->is_match ? 0 : ends_in_colon ? end : head_end_find(reader->source, start, end);
    default:
        return ends_in_colon ? end : head_end_find(reader->source, start, end);
    }
}

/* A simple statement behind blanks, if there is one. */
static void
read_simple(struct block_reader *reader, const struct place *place, size_t start, size_t end)
{
    start = blanks_skip(reader->source, start, end);
    if (take_yields(reader, start, end)) {
        mark_yield(reader, place->function, start, end);
    }
    if (start < end) {
        add_simple(reader, place, statement_word_find(reader->source, start, end), start, end);
    }
}

/* One statement, looked at closely. */
static void
read_statement(struct block_reader *reader, const struct place *place, enum statement_word word, size_t start,
               size_t end)
{
    size_t head_end = compound_head_end(reader, place, word, start, end);
    bool has_yield = take_yields(reader, start, head_end ? head_end : end);

    if (has_yield) {
        mark_yield(reader, place->function, start, head_end ? head_end : end);
    }
    if (!head_end) {
        reader->is_head = reader->source[end - 1] == ':';
        reader->next = (struct place){.parent = place->parent, .function = place->function, .owner = NO_ENTRY};
        add_simple(reader, place, word, start, end);
        return;
    }
    struct place inner = add_head(reader, place, word, start, head_end);
    if (head_end == end) {
        reader->is_head = true;
        reader->next = inner;
        return;
    }
    reader->is_inside = true;
    reader->inside = inner;
    read_simple(reader, &inner, head_end, end);
}

/* A semicolon and what is behind it. */
static bool
read_behind_semicolon(struct block_reader *reader, size_t semicolon, size_t end)
{
    struct place place = reader->is_inside ? reader->inside : reader->levels[reader->level].place;

    if (reader->source[end - 1] == ':') {
        return fail(reader, "invalid syntax", semicolon);
    }
    read_simple(reader, &place, semicolon + 1, end);
    return true;
}

/*
 * Inside functions most statements leave no entry: this is all that is done for them. False: the statement needs a
 * closer look.
 */
static inline bool
pass_plain(struct block_reader *reader, const struct place *place, enum statement_word word, size_t start, size_t end)
{
    bool ends_in_colon = reader->source[end - 1] == ':';
    bool is_plain = word >= WORD_MATCH ? ends_in_colon : word == WORD_OTHER && reader->source[start] != '@';

    if (place->function == NO_ENTRY || !is_plain || reader->lines.yields[reader->yield_index] < end) {
        return false;
    }
    reader->is_head = ends_in_colon;
    reader->next = (struct place){
        .parent = place->parent, .function = place->function, .owner = NO_ENTRY, .is_match = word == WORD_MATCH};
    return true;
}

/* One logical line, or the part of it up to a semicolon. */
static bool
read_line(struct block_reader *reader, const struct logical_line *line, size_t end)
{
    size_t start = line->start;
    struct indentation found = {line->indent, line->indent};

    if (UNLIKELY(reader->source[start] == ';')) {
        return read_behind_semicolon(reader, start, end);
    }
    if (UNLIKELY(reader->is_inside)) {
        end_place(reader, &reader->inside);
        reader->is_inside = false;
    }
    if (UNLIKELY(reader->lines.has_odd_blanks || reader->source[start] == '\\')) {
        found = indentation_measure(reader->source, start - line->indent, end, &start);
        if (start >= end) {
            return true;
        }
    }
    struct level *level = &reader->levels[reader->level];
    if ((found.column != level->indentation.column || found.alternative != level->indentation.alternative ||
         reader->is_head)) {
        if (!change_level(reader, found, start)) {
            return false;
        }
        level = &reader->levels[reader->level];
    }
    enum statement_word word = statement_word_find(reader->source, start, end);
    if (!pass_plain(reader, &level->place, word, start, end)) {
        read_statement(reader, &level->place, word, start, end);
    }
    return true;
}

static bool
read_batch(struct block_reader *reader)
{
    struct line_reader *lines = &reader->lines;

    reader->yield_index = 0;
    for (uint32_t i = 0; i < lines->line_count; i++) {
        uint32_t end = lines->lines[i + 1].previous_end;
        if (!read_line(reader, &lines->lines[i], end)) {
            return false;
        }
        reader->end = end;
    }
    return true;
}

/* Of the whole source; what is behind the last line end is a line, too. */
static uint32_t
lines_count(const struct line_reader *lines)
{
    const char last = lines->length ? lines->source[lines->length - 1] : '\n';

    return lines->newline_count + (last != '\n' && last != '\r');
}

static void
read_blocks(struct block_reader *reader, line_walker *walk)
{
    struct line_reader *lines = &reader->lines;
    struct outline *outline = reader->outline;

    while (line_reader_next(lines, walk)) {
        if (!read_batch(reader)) {
            break;
        }
    }
    if (!outline->has_failed && lines->error) {
        outline->has_failed = true;
        outline->error = lines->error;
        outline->error_line = source_line_of(reader->source, lines->length, lines->error_offset);
    }
    outline->line_count = lines_count(lines);
    if (!outline->has_failed && reader->is_head) {
        fail(reader, "expected an indented block", lines->length - 1);
    }
    if (reader->is_inside) {
        end_place(reader, &reader->inside);
    }
    for (; reader->level; reader->level--) {
        end_place(reader, &reader->levels[reader->level].place);
    }
}

static void
read_source(line_walker *walk, const char *source, size_t length, struct outline *outline)
{
    const struct place module = {.parent = NO_ENTRY, .function = NO_ENTRY, .owner = NO_ENTRY};
    struct block_reader reader;

    outline->count = 0;
    outline->line_count = 0;
    outline->has_failed = false;
    outline->error_line = 0;
    outline->error = NULL;
    if (length >= UINT32_MAX) {
        outline->has_failed = true;
        outline->error_line = 1;
        outline->error = "the source is too large";
        return;
    }
    line_reader_init(&reader.lines, source, length);
    reader.outline = outline;
    reader.source = source;
    reader.level = 0;
    reader.levels[0] = (struct level){.place = module};
    reader.next = reader.inside = module;
    reader.is_head = reader.is_inside = false;
    reader.yield_index = 0;
    reader.end = 1;
    read_blocks(&reader, walk);
}

static line_walker *
find_walker(enum outline_engine engine)
{
    switch (engine) {
    case OUTLINE_SSE2:
        return line_walker_sse2();
    case OUTLINE_AVX2:
        return line_walker_avx2();
    case OUTLINE_NEON:
        return line_walker_neon();
    default:
        return line_walk_scalar;
    }
}

enum outline_engine
outline_best_engine(void)
{
    static const enum outline_engine BEST_FIRST[] = {OUTLINE_AVX2, OUTLINE_SSE2, OUTLINE_NEON};

    for (size_t i = 0; i < COUNT_OF(BEST_FIRST); i++) {
        if (find_walker(BEST_FIRST[i])) {
            return BEST_FIRST[i];
        }
    }
    return OUTLINE_SCALAR;
}

void
outline_read(const char *source, size_t length, struct outline *outline)
{
    read_source(find_walker(outline_best_engine()), source, length, outline);
}

bool
outline_read_with(enum outline_engine engine, const char *source, size_t length, struct outline *outline)
{
    line_walker *walk = find_walker(engine);

    if (!walk) {
        return false;
    }
    read_source(walk, source, length, outline);
    return true;
}

void
outline_release(struct outline *outline)
{
    memory_free(outline->entries);
    *outline = (struct outline){0};
}
