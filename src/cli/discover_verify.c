/* fastest discover --verify and --exact: what the interpreter itself collects. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/table.h"
#include "cli/discover.h"
#include "cli/observed_run.h"
#include "front/front.h"
#include "os/file.h"

enum { EXIT_EQUAL = 0, EXIT_DIFFERENT = 1, EXIT_BROKEN = 3, MAX_FILE_WORDS = 1000 };

/* What a session collected. Zero-initialised is empty. */
struct collected {
    struct text bytes;
    struct text output;
    struct process_status status;
    const char **ids; /* in the arena */
    size_t id_count;
    struct table places; /* id -> its place + 1 */
    struct table failed; /* ids of collectors */
    int exit_status;     /* of the session; -1: it did not come to its end */
};

static void
collected_release(struct collected *collected)
{
    table_release(&collected->places);
    table_release(&collected->failed);
    text_release(&collected->bytes);
    text_release(&collected->output);
}

/* Entries of fastest/_collected.py. */
static void
collected_parse(struct collected *collected, struct arena *arena)
{
    const char *end = text_string(&collected->bytes) + collected->bytes.length;
    size_t capacity = 1;

    for (const char *at = text_string(&collected->bytes); at < end; at += strlen(at) + 1) {
        capacity++;
    }
    collected->ids = arena_alloc(arena, capacity * sizeof *collected->ids);
    collected->exit_status = -1;
    for (const char *at = text_string(&collected->bytes); at < end; at += strlen(at) + 1) {
        const char *value = at[0] && at[1] == ' ' ? at + 2 : "";
        if (at[0] == 'I') {
            collected->ids[collected->id_count++] = value;
            table_set(&collected->places, value, strlen(value), (void *)(uintptr_t)collected->id_count);
        } else if (at[0] == 'C') {
            table_set(&collected->failed, value, strlen(value), collected);
        } else if (at[0] == 'E') {
            collected->exit_status = (int)strtol(value, NULL, 10);
        }
    }
}

/* Runs a session of our own with --collect-only and these words. */
static bool
collect(const struct command_line *line, const struct interpreter *interpreter, const char *const *words, size_t count,
        struct arena *arena, struct collected *collected, struct error *error)
{
    struct text own = {0};
    bool is_ok = false;

    if (file_own_path(&own, error)) {
        const char *const head[] = {own.bytes, "--python", interpreter->path.bytes, "--collect-only", "-q", NULL};
        struct observed_run run = {
            .head = head,
            .plugin = "fastest._collected",
            .variable = "FASTEST_COLLECTED_LOG",
            .words = words,
            .word_count = count,
            .environment = line->environment,
        };
        is_ok = observed_run(&run, &collected->bytes, &collected->output, &collected->status, error);
        collected_parse(collected, arena);
    }
    text_release(&own);
    return is_ok;
}

/* ---- --verify ---- */

struct comparison {
    const struct discovery *discovery;
    const struct collected *collected;
    struct text report;
    struct table ours;  /* selected ids -> comparison */
    struct table files; /* nodeid -> struct discovered_file */
    struct arena *arena;
    size_t difference_count;
    size_t exact_count, inexact_count; /* of ours */
    size_t found_count;                /* by the interpreter in what is not exact */
    size_t last_place;                 /* of the exact test before */
    const char *last_id;
};

static void
differ(struct comparison *comparison, const char *what, const char *id, const char *more)
{
    comparison->difference_count++;
    text_add_format(&comparison->report, "%s ", what);
    text_add_printable(&comparison->report, id, strlen(id));
    text_add_printable(&comparison->report, more, strlen(more));
    text_add_char(&comparison->report, '\n');
}

static void
compare_exact_test(struct comparison *comparison, const char *id)
{
    size_t place = (size_t)(uintptr_t)table_find(&comparison->collected->places, id, strlen(id));

    comparison->exact_count++;
    if (!place) {
        differ(comparison, "-", id, "  (the interpreter does not find it)");
        return;
    }
    if (place < comparison->last_place) {
        differ(comparison, "order:", id, "  (the interpreter has it earlier)");
    }
    comparison->last_place = place;
}

static void
compare_ours(struct comparison *comparison)
{
    const struct discovery *discovery = comparison->discovery;
    struct text id = {0};

    for (size_t i = 0; i < discovery->file_count; i++) {
        const struct discovered_file *file = &discovery->files[i];
        const struct found_function *functions = blob_at(file->found, file->found->functions.first);
        table_set(&comparison->files, file->nodeid, strlen(file->nodeid), (void *)file);
        comparison->last_place = discovery->is_order_exact ? comparison->last_place : 0;
        for (size_t j = 0; j < file->selected_count; j++) {
            text_clear(&id);
            discovered_id_add(file, &file->selected[j], &id);
            const char *copy = arena_copy_bytes(comparison->arena, id.bytes, id.length);
            table_set(&comparison->ours, copy, id.length, comparison);
            if (discovered_test_is_exact(discovery, file, &functions[file->selected[j].function], NULL)) {
                compare_exact_test(comparison, copy);
            } else {
                comparison->inexact_count++;
            }
        }
        bool has_failed = table_find(&comparison->collected->failed, file->nodeid, strlen(file->nodeid)) != NULL;
        if (has_failed && !file->found->error && discovered_file_is_exact(discovery, file, NULL)) {
            differ(comparison, "!", file->nodeid, "  (the interpreter cannot collect it)");
        }
    }
    text_release(&id);
}

/* What the interpreter alone has: a difference where we said that there are no others. */
static void
compare_theirs(struct comparison *comparison)
{
    const struct discovery *discovery = comparison->discovery;
    bool is_all_exact = !discovery->reason;

    for (size_t i = 0; i < discovery->file_count; i++) {
        is_all_exact = is_all_exact && discovered_file_is_exact(discovery, &discovery->files[i], NULL);
    }
    for (size_t i = 0; i < comparison->collected->id_count; i++) {
        const char *id = comparison->collected->ids[i];
        const char *colons = strstr(id, "::");
        size_t length = colons ? (size_t)(colons - id) : strlen(id);
        const struct discovered_file *file = table_find(&comparison->files, id, length);
        bool is_exact = file ? discovered_file_is_exact(discovery, file, NULL) : is_all_exact;
        comparison->found_count += !is_exact;
        if (is_exact && !table_find(&comparison->ours, id, strlen(id))) {
            differ(comparison, "+", id, "  (only the interpreter finds it)");
        }
    }
}

static int
report_print(const struct comparison *comparison)
{
    fwrite(text_string(&comparison->report), 1, comparison->report.length, stdout);
    printf("%zu exact test%s: ", comparison->exact_count, comparison->exact_count == 1 ? "" : "s");
    if (comparison->difference_count) {
        printf("%zu difference%s\n", comparison->difference_count, comparison->difference_count == 1 ? "" : "s");
    } else {
        printf("ids and order are the interpreter's\n");
    }
    if (comparison->inexact_count || comparison->found_count) {
        printf("%zu not exact; the interpreter finds %zu in those files\n", comparison->inexact_count,
               comparison->found_count);
    }
    return comparison->difference_count ? EXIT_DIFFERENT : EXIT_EQUAL;
}

/* A session that collected nothing for reasons of its own: its words say why. */
static int
session_failed(const struct collected *collected)
{
    fwrite(text_string(&collected->output), 1, collected->output.length, stderr);
    return collected->status.signal_number || collected->status.exit_code == 0 ? EXIT_BROKEN
                                                                               : collected->status.exit_code;
}

int
discover_verify(const struct discover_options *options, const struct command_line *line,
                const struct interpreter *interpreter, const struct discovery *discovery)
{
    struct arena arena = {0};
    struct collected collected = {0};
    struct comparison comparison = {.discovery = discovery, .collected = &collected, .arena = &arena};
    struct error error = ERROR_INIT;
    const char **words = arena_alloc(&arena, (options->rest_count + 2) * sizeof *words);
    int status = EXIT_BROKEN;

    words[0] = "--no-index";
    memcpy(words + 1, options->rest, options->rest_count * sizeof *words);
    if (!collect(line, interpreter, words, options->rest_count + 1, &arena, &collected, &error)) {
        status = complain(&error);
    } else if (collected.exit_status < 0) {
        status = session_failed(&collected);
    } else {
        compare_ours(&comparison);
        compare_theirs(&comparison);
        status = report_print(&comparison);
    }
    text_release(&comparison.report);
    table_release(&comparison.ours);
    table_release(&comparison.files);
    collected_release(&collected);
    arena_release(&arena);
    return status;
}

/* ---- --exact ---- */

/* The words of a session that collects the files that are not exact, under the same root and configuration. */
static size_t
record_words(const struct discovery *discovery, const char *const *options, size_t option_count, struct arena *arena,
             const char ***words_out)
{
    const char **words = arena_alloc(arena, (option_count + 5 + discovery->file_count) * sizeof *words);
    size_t count = 0;
    size_t file_count = 0;

    for (size_t i = 0; i < option_count; i++) {
        words[count++] = options[i];
    }
    if (discovery->config_file) {
        words[count++] = "-c";
        words[count++] = discovery->config_file;
    }
    words[count++] = "--rootdir";
    words[count++] = discovery->root_folder;
    for (size_t i = 0; i < discovery->file_count; i++) {
        file_count += !discovered_file_is_exact(discovery, &discovery->files[i], NULL);
    }
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

bool
discover_record(const struct discover_options *options, const struct command_line *line,
                const struct interpreter *interpreter, const struct discovery *discovery, struct error *error)
{
    struct arena arena = {0};
    struct collected collected = {0};
    struct text folder = {0};
    const char *const *kept = NULL;
    const char **words = NULL;
    size_t count = 0;
    bool is_ok = working_folder(&folder, error);

    struct discover_question question = {
        .folder = text_string(&folder), .arguments = options->rest, .argument_count = options->rest_count};
    is_ok = is_ok && discover_collecting_words(&question, &arena, &kept, &count, error);
    if (is_ok) {
        count = record_words(discovery, kept, count, &arena, &words);
        is_ok = collect(line, interpreter, words, count, &arena, &collected, error);
    }
    if (is_ok && collected.exit_status < 0) {
        (void)session_failed(&collected);
        is_ok = error_set(error, ERROR_INTERNAL, "the interpreter did not collect");
    }
    collected_release(&collected);
    text_release(&folder);
    arena_release(&arena);
    return is_ok;
}
