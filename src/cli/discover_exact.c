/* fastest discover --exact: the interpreter collects the files that are not exact, and what it finds is kept. */
#include <string.h>

#include "base/arena.h"
#include "cli/discover.h"
#include "cli/discover_collected.h"
#include "front/front.h"

enum { MAX_FILE_WORDS = 1000 };

/* ---- The session ---- */

/* The words of a session that collects the files that are not exact, under the same root and configuration. */
static size_t
record_words(const struct discovery *discovery, const char *const *options, size_t option_count, struct arena *arena,
             const char ***words_out)
{
    const char **words = arena_alloc(arena, (option_count + 5 + discovery->file_count) * sizeof *words);
    size_t count = 0;
    size_t file_count = discovery_count_inexact_files(discovery);

    for (size_t i = 0; i < option_count; i++) {
        words[count++] = options[i];
    }
    if (discovery->config_file) {
        words[count++] = "-c";
        words[count++] = discovery->config_file;
    }
    words[count++] = "--rootdir";
    words[count++] = discovery->root_folder;
    const char *last = "";
    for (size_t i = 0; file_count <= MAX_FILE_WORDS && i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        if (!discovered_file_is_exact(discovery, file, NULL) && strcmp(file->path, last) != 0) {
            words[count++] = file->path;
            last = file->path;
        }
    }
    *words_out = words;
    return count;
}

/* Lets the interpreter collect. */
static bool
session_run(const struct discover_question *question, const struct command_line *line,
            const struct interpreter *interpreter, const struct discovery *discovery, struct arena *arena,
            struct collected *collected, struct error *error)
{
    struct collection collection = {.line = line, .interpreter = interpreter, .plugin = "fastest._collected_details"};
    const char *const *kept = NULL;
    const char **words = NULL;
    size_t count = 0;

    if (!discover_collecting_words(question, arena, &kept, &count, error)) {
        return false;
    }
    collection.word_count = record_words(discovery, kept, count, arena, &words);
    collection.words = words;
    if (!collected_make(&collection, arena, collected, error)) {
        return false;
    }
    if (collected->exit_status < 0) {
        (void)collected_complain(collected);
        return error_set(error, ERROR_INTERNAL, "the interpreter did not collect");
    }
    return true;
}

/* ---- What is kept ---- */

/* The items of a file. */
struct span {
    size_t first;
    size_t count;
    bool is_broken; /* others are between them */
};

/* path -> struct span */
static void
spans_find(const struct collected *collected, struct arena *arena, struct table *spans)
{
    for (size_t i = 0; i < collected->id_count; i++) {
        const char *path = collected->paths[i];
        struct span *span = path ? table_find(spans, path, strlen(path)) : NULL;
        if (path && !span) {
            span = arena_alloc_zeroed(arena, sizeof *span);
            span->first = i;
            table_set(spans, path, strlen(path), span);
        }
        if (span) {
            span->is_broken = span->is_broken || span->first + span->count != i;
            span->count++;
        }
    }
}

/* Whether discovery would give the items the ids that they have. */
static bool
ids_are_regular(const struct collected *collected, const struct discovered_file *file, const struct span *span)
{
    struct text id = {0};
    bool is_regular = true;

    for (size_t i = span->first; is_regular && i < span->first + span->count; i++) {
        const struct collected_item *item = &collected->items[i];
        text_clear(&id);
        text_add_format(&id, "%s::%s%s%s", file->nodeid, item->classes ? item->classes : "", item->classes ? "::" : "",
                        item->name ? item->name : "");
        if (item->id) {
            text_add_format(&id, "[%s]", item->id);
        }
        is_regular = item->name && strcmp(id.bytes, collected->ids[i]) == 0;
    }
    text_release(&id);
    return is_regular;
}

static void
file_keep(const struct discovery *discovery, const struct discovered_file *file, const struct collected *collected,
          const struct table *spans, struct arena *arena)
{
    static const struct span NO_ITEMS = {0};
    const struct span *span = table_find(spans, file->path, strlen(file->path));
    const char **sources = arena_alloc(arena, (collected->source_count + 1) * sizeof *sources);
    size_t source_count = 0;

    span = span ? span : &NO_ITEMS;
    if (span->is_broken || table_find(&collected->ignored, file->path, strlen(file->path)) ||
        table_find(&collected->failed, file->nodeid, strlen(file->nodeid)) || !ids_are_regular(collected, file, span)) {
        return;
    }
    sources[source_count++] = file->path;
    for (size_t i = 0; i < collected->source_count; i++) {
        if (strcmp(collected->sources[i], file->path) != 0) {
            sources[source_count++] = collected->sources[i];
        }
    }
    (void)discovery_keep_collected(discovery, file, collected->items + span->first, span->count, sources, source_count);
}

/* What the session found of files that a discovery, which knows its plugins now, still does not tell. */
static bool
session_keep(const struct discovery *discovery, const struct collected *collected, struct arena *arena,
             struct error *error)
{
    struct table spans = {0};

    spans_find(collected, arena, &spans);
    for (size_t i = 0; i < discovery->file_count; i++) {
        if (!discovered_file_is_exact(discovery, &discovery->files[i], NULL)) {
            file_keep(discovery, &discovery->files[i], collected, &spans, arena);
        }
    }
    table_release(&spans);
    return discovery_save_collected(discovery, error);
}

bool
discover_record(const struct discover_question *question, const struct command_line *line,
                const struct interpreter *interpreter, struct discovery *discovery, struct error *error)
{
    struct arena arena = {0};
    struct collected collected = {0};
    bool is_ok = session_run(question, line, interpreter, discovery, &arena, &collected, error);

    if (is_ok) {
        discovery_release(discovery);
        is_ok = discovery_make(question, discovery, error);
    }
    if (is_ok && discovery_count_inexact_files(discovery)) {
        is_ok = session_keep(discovery, &collected, &arena, error);
        discovery_release(discovery);
        is_ok = is_ok && discovery_make(question, discovery, error);
    }
    collected_release(&collected);
    arena_release(&arena);
    return is_ok;
}
