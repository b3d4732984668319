/* Reads TOML 1.0 documents: keys, tables, arrays. */
#include <string.h>

#include "config/internal.h"
#include "config/toml_internal.h"

enum { MAX_TOML_BYTES = 64 * 1024 * 1024 };

bool
toml_fail(struct toml_reader *reader, const char *what)
{
    unsigned line = 1;

    for (const char *at = reader->start; at < reader->next && at < reader->end; at++) {
        line += *at == '\n';
    }
    return error_set(reader->error, ERROR_FORMAT, "expected %s (at line %u)", what, line);
}

struct toml_value *
toml_new(struct toml_reader *reader, enum toml_kind kind)
{
    struct toml_value *value = arena_alloc_zeroed(reader->arena, sizeof *value);
    value->kind = kind;
    return value;
}

/* ---- White space ---- */

static void
skip_blanks(struct toml_reader *reader)
{
    while (*reader->next == ' ' || *reader->next == '\t') {
        reader->next++;
    }
}

static bool
skip_comment(struct toml_reader *reader)
{
    if (*reader->next != '#') {
        return true;
    }
    while (reader->next < reader->end && *reader->next != '\n') {
        unsigned char character = (unsigned char)*reader->next;
        bool is_line_end = character == '\r' && reader->next[1] == '\n';
        if (((character < 0x20 && character != '\t') || character == 0x7f) && !is_line_end) {
            return toml_fail(reader, "no control characters in a comment");
        }
        reader->next++;
    }
    return true;
}

static bool
skip_newline(struct toml_reader *reader)
{
    if (*reader->next == '\n') {
        reader->next++;
        return true;
    }
    if (reader->next[0] == '\r' && reader->next[1] == '\n') {
        reader->next += 2;
        return true;
    }
    return false;
}

/* Blanks, comments and line ends, as inside arrays. */
static bool
skip_all(struct toml_reader *reader)
{
    do {
        skip_blanks(reader);
        if (!skip_comment(reader)) {
            return false;
        }
    } while (skip_newline(reader));
    return true;
}

/* ---- Tables ---- */

static struct toml_value *
table_get(const struct toml_value *table, struct slice key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (slice_equals(key, table->entries[i].key, table->entries[i].key_length)) {
            return table->entries[i].value;
        }
    }
    return NULL;
}

static void
table_add(struct toml_reader *reader, struct toml_value *table, struct slice key, struct toml_value *value)
{
    table->entries = arena_grow(reader->arena, table->entries, table->count, sizeof *table->entries);
    table->entries[table->count++] = (struct toml_entry){key.start, key.length, value};
}

static void
array_add(struct toml_reader *reader, struct toml_value *array, struct toml_value *value)
{
    array->items = arena_grow(reader->arena, array->items, array->count, sizeof(struct toml_value *));
    array->items[array->count++] = value;
}

static bool
is_bare(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '_';
}

static bool
read_key_part(struct toml_reader *reader, struct slice *part_out)
{
    if (*reader->next == '"' || *reader->next == '\'') {
        return toml_read_string(reader, true, &part_out->start, &part_out->length);
    }
    const char *start = reader->next;
    while (is_bare(*reader->next)) {
        reader->next++;
    }
    part_out->length = (size_t)(reader->next - start);
    part_out->start = arena_copy_bytes(reader->arena, start, part_out->length);
    return part_out->length || toml_fail(reader, "a key");
}

/* Reads "a.b.c": the parts but the last lead, by `step`, to the table that *last_out belongs to. */
typedef struct toml_value *step_function(struct toml_reader *reader, struct toml_value *table, struct slice part);

static struct toml_value *
walk_key(struct toml_reader *reader, struct toml_value *table, step_function *step, struct slice *last_out)
{
    for (;;) {
        if (!read_key_part(reader, last_out)) {
            return NULL;
        }
        skip_blanks(reader);
        if (*reader->next != '.') {
            return table;
        }
        reader->next++;
        skip_blanks(reader);
        table = step(reader, table, *last_out);
        if (!table) {
            return NULL;
        }
    }
}

/* One part of a [header]: into tables, and into the last table of an array of tables. */
static struct toml_value *
step_header(struct toml_reader *reader, struct toml_value *table, struct slice part)
{
    struct toml_value *next = table_get(table, part);

    if (!next) {
        next = toml_new(reader, TOML_TABLE);
        table_add(reader, table, part, next);
    } else if (next->kind == TOML_ARRAY && (next->flags & TOML_OF_TABLES)) {
        next = next->items[next->count - 1];
    }
    if (next->kind != TOML_TABLE || (next->flags & TOML_CLOSED)) {
        toml_fail(reader, "the name of a table");
        return NULL;
    }
    return next;
}

/* One part of a dotted key: only into tables that dotted keys made here. */
static struct toml_value *
step_dotted(struct toml_reader *reader, struct toml_value *table, struct slice part)
{
    struct toml_value *next = table_get(table, part);

    if (!next) {
        next = toml_new(reader, TOML_TABLE);
        next->flags = TOML_DOTTED;
        table_add(reader, table, part, next);
    } else if (next->kind != TOML_TABLE || !(next->flags & TOML_DOTTED) || (next->flags & TOML_CLOSED)) {
        toml_fail(reader, "a key that is not in use");
        return NULL;
    }
    return next;
}

/* ---- Values ---- */

static struct toml_value *read_value(struct toml_reader *reader);

static bool
read_pair(struct toml_reader *reader, struct toml_value *table)
{
    struct slice key = {0};
    struct toml_value *owner = walk_key(reader, table, step_dotted, &key);

    if (!owner) {
        return false;
    }
    if (*reader->next != '=') {
        return toml_fail(reader, "'=' after a key");
    }
    reader->next++;
    skip_blanks(reader);
    struct toml_value *value = read_value(reader);
    if (!value) {
        return false;
    }
    if (table_get(owner, key)) {
        return toml_fail(reader, "a key that is not in use");
    }
    table_add(reader, owner, key, value);
    return true;
}

static struct toml_value *
read_array(struct toml_reader *reader)
{
    struct toml_value *array = toml_new(reader, TOML_ARRAY);

    reader->next++;
    for (;;) {
        if (!skip_all(reader)) {
            return NULL;
        }
        if (*reader->next == ']') {
            reader->next++;
            return array;
        }
        struct toml_value *item = read_value(reader);
        if (!item || !skip_all(reader)) {
            return NULL;
        }
        array_add(reader, array, item);
        if (*reader->next == ',') {
            reader->next++;
        } else if (*reader->next != ']') {
            toml_fail(reader, "',' or ']'");
            return NULL;
        }
    }
}

/* Nothing can be added to an inline table or to what its dotted keys made. */
static void
close_table(struct toml_value *table)
{
    table->flags |= TOML_CLOSED;
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].value->kind == TOML_TABLE) {
            close_table(table->entries[i].value);
        }
    }
}

static struct toml_value *
read_inline_table(struct toml_reader *reader)
{
    struct toml_value *table = toml_new(reader, TOML_TABLE);

    reader->next++;
    skip_blanks(reader);
    while (*reader->next != '}') {
        if (!read_pair(reader, table)) {
            return NULL;
        }
        skip_blanks(reader);
        if (*reader->next == '}') {
            break;
        }
        if (*reader->next != ',') {
            toml_fail(reader, "',' or '}'");
            return NULL;
        }
        reader->next++;
        skip_blanks(reader);
        if (*reader->next == '}') {
            toml_fail(reader, "a key");
            return NULL;
        }
    }
    reader->next++;
    close_table(table);
    return table;
}

static struct toml_value *
read_value(struct toml_reader *reader)
{
    struct toml_value *value = NULL;

    if (*reader->next != '[' && *reader->next != '{') {
        return toml_read_scalar(reader);
    }
    if (++reader->depth > TOML_MAX_DEPTH) {
        toml_fail(reader, "fewer values inside values");
        return NULL;
    }
    value = *reader->next == '[' ? read_array(reader) : read_inline_table(reader);
    reader->depth--;
    return value;
}

/* ---- Headers and lines ---- */

static struct toml_value *
open_table(struct toml_reader *reader, struct toml_value *parent, struct slice key)
{
    struct toml_value *table = table_get(parent, key);

    if (!table) {
        table = toml_new(reader, TOML_TABLE);
        table_add(reader, parent, key, table);
    } else if (table->kind != TOML_TABLE || (table->flags & (TOML_DEFINED | TOML_CLOSED | TOML_DOTTED))) {
        toml_fail(reader, "a table that is not in use");
        return NULL;
    }
    table->flags |= TOML_DEFINED;
    return table;
}

static struct toml_value *
open_array_table(struct toml_reader *reader, struct toml_value *parent, struct slice key)
{
    struct toml_value *array = table_get(parent, key);

    if (!array) {
        array = toml_new(reader, TOML_ARRAY);
        array->flags = TOML_OF_TABLES;
        table_add(reader, parent, key, array);
    } else if (!(array->flags & TOML_OF_TABLES)) {
        toml_fail(reader, "an array of tables");
        return NULL;
    }
    struct toml_value *table = toml_new(reader, TOML_TABLE);
    table->flags = TOML_DEFINED;
    array_add(reader, array, table);
    return table;
}

static struct toml_value *
read_header(struct toml_reader *reader, struct toml_value *root)
{
    bool is_array = reader->next[1] == '[';
    struct slice key = {0};

    reader->next += is_array ? 2 : 1;
    skip_blanks(reader);
    struct toml_value *parent = walk_key(reader, root, step_header, &key);
    if (!parent) {
        return NULL;
    }
    if (*reader->next != ']' || (is_array && reader->next[1] != ']')) {
        toml_fail(reader, is_array ? "']]'" : "']'");
        return NULL;
    }
    reader->next += is_array ? 2 : 1;
    return is_array ? open_array_table(reader, parent, key) : open_table(reader, parent, key);
}

static bool
read_document(struct toml_reader *reader, struct toml_value *root)
{
    struct toml_value *current = root;

    for (;;) {
        if (!skip_all(reader)) {
            return false;
        }
        if (reader->next >= reader->end) {
            return true;
        }
        if (*reader->next == '[') {
            current = read_header(reader, root);
            if (!current) {
                return false;
            }
        } else if (!read_pair(reader, current)) {
            return false;
        }
        skip_blanks(reader);
        if (!skip_comment(reader)) {
            return false;
        }
        if (reader->next < reader->end && !skip_newline(reader)) {
            return toml_fail(reader, "the end of the line");
        }
    }
}

bool
toml_parse(const char *bytes, size_t length, struct arena *arena, struct toml_value **root_out, struct error *error)
{
    /* A copy, since the reader looks one byte past the end. */
    struct toml_reader reader = {.arena = arena, .error = error};

    if (length > MAX_TOML_BYTES) {
        return error_set(error, ERROR_FORMAT, "the file is too large");
    }
    reader.start = reader.next = arena_copy_bytes(arena, bytes, length);
    reader.end = reader.start + length;
    struct toml_value *root = toml_new(&reader, TOML_TABLE);
    if (!read_document(&reader, root)) {
        return false;
    }
    *root_out = root;
    return true;
}

const struct toml_value *
toml_find(const struct toml_value *table, const char *key)
{
    struct slice slice = {key, strlen(key)};
    return table && table->kind == TOML_TABLE ? table_get(table, slice) : NULL;
}
