/* Runs a session with --collect-only and a plugin that writes what it found, and reads that. */
#include "cli/discover_collected.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/observed_run.h"
#include "front/front.h"
#include "os/file.h"

enum { EXIT_BROKEN = 3 };

void
collected_release(struct collected *collected)
{
    table_release(&collected->places);
    table_release(&collected->failed);
    table_release(&collected->ignored);
    text_release(&collected->bytes);
    text_release(&collected->output);
}

/* ---- Reading ---- */

/* On the way through the entries; the arrays have room for as many as there are entries. */
struct reader {
    struct collected *collected;
    struct collected_item *item; /* the last one; NULL */
    struct collected_mark *marks;
    size_t mark_count;
    const char **fixtures;
    size_t fixture_count;
};

static void
read_item(struct reader *reader, const char *id)
{
    struct collected *collected = reader->collected;

    reader->item = &collected->items[collected->id_count];
    *reader->item = (struct collected_item){
        .marks = &reader->marks[reader->mark_count],
        .fixtures = &reader->fixtures[reader->fixture_count],
    };
    collected->paths[collected->id_count] = NULL;
    collected->ids[collected->id_count++] = id;
    table_set(&collected->places, id, strlen(id), (void *)(uintptr_t)collected->id_count);
}

static void
read_place(struct collected_item *item, const char *value)
{
    char *end = NULL;

    item->line = (unsigned)strtoul(value, &end, 10);
    item->column = (unsigned)strtoul(end, &end, 10);
    item->end_line = (unsigned)strtoul(end, &end, 10);
    item->flags = (unsigned)strtoul(end, &end, 10);
}

/* What is said of the last item: the letters of fastest/_collected_details.py. */
static void
read_detail(struct reader *reader, char letter, const char *value)
{
    struct collected_item *item = reader->item;

    if (letter == 'c') {
        item->classes = value;
    } else if (letter == 'n') {
        item->name = value;
    } else if (letter == 'i') {
        item->id = value;
    } else if (letter == 'f') {
        item->file = value;
    } else if (letter == 'p') {
        reader->collected->paths[reader->collected->id_count - 1] = value;
    } else if (letter == 'l') {
        read_place(item, value);
    } else if (letter == 'm') {
        reader->marks[reader->mark_count++] = (struct collected_mark){.name = value};
        item->mark_count++;
    } else if (letter == 'a' && item->mark_count) {
        reader->marks[reader->mark_count - 1].arguments = value;
    } else if (letter == 'x') {
        reader->fixtures[reader->fixture_count++] = value;
        item->fixture_count++;
    }
}

static void
read_entry(struct reader *reader, char letter, const char *value)
{
    struct collected *collected = reader->collected;

    if (letter == 'I') {
        read_item(reader, value);
    } else if (letter == 'C') {
        table_set(&collected->failed, value, strlen(value), collected);
    } else if (letter == 'E') {
        collected->exit_status = (int)strtol(value, NULL, 10);
    } else if (letter == 'G') {
        table_set(&collected->ignored, value, strlen(value), collected);
    } else if (letter == 'S') {
        collected->sources[collected->source_count++] = value;
    } else if (reader->item) {
        read_detail(reader, letter, value);
    }
}

static void
collected_parse(struct collected *collected, struct arena *arena)
{
    const char *start = text_string(&collected->bytes);
    const char *end = start + collected->bytes.length;
    struct reader reader = {.collected = collected};
    size_t capacity = 1;

    for (const char *at = start; at < end; at += strlen(at) + 1) {
        capacity++;
    }
    collected->ids = arena_alloc(arena, capacity * sizeof *collected->ids);
    collected->paths = arena_alloc(arena, capacity * sizeof *collected->paths);
    collected->items = arena_alloc(arena, capacity * sizeof *collected->items);
    collected->sources = arena_alloc(arena, capacity * sizeof *collected->sources);
    reader.marks = arena_alloc(arena, capacity * sizeof *reader.marks);
    reader.fixtures = arena_alloc(arena, capacity * sizeof *reader.fixtures);
    collected->exit_status = -1;
    for (const char *at = start; at < end; at += strlen(at) + 1) {
        if (at[0] && at[1] == ' ') {
            read_entry(&reader, at[0], at + 2);
        }
    }
}

/* ---- Running ---- */

bool
collected_make(const struct collection *collection, struct arena *arena, struct collected *collected,
               struct error *error)
{
    struct text own = {0};
    bool is_ok = false;

    if (file_own_path(&own, error)) {
        const char *const head[] = {own.bytes,        "--python", collection->interpreter->path.bytes,
                                    "--collect-only", "-q",       NULL};
        struct observed_run run = {
            .head = head,
            .plugin = collection->plugin,
            .variable = "FASTEST_COLLECTED_LOG",
            .words = collection->words,
            .word_count = collection->word_count,
            .environment = collection->line->environment,
        };
        is_ok = observed_run(&run, &collected->bytes, &collected->output, &collected->status, error);
        collected_parse(collected, arena);
    }
    text_release(&own);
    return is_ok;
}

int
collected_complain(const struct collected *collected)
{
    fwrite(text_string(&collected->output), 1, collected->output.length, stderr);
    return collected->status.signal_number || collected->status.exit_code == 0 ? EXIT_BROKEN
                                                                               : collected->status.exit_code;
}
