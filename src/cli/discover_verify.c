/* fastest discover --verify: the interpreter collects, too, and every difference is shown. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/table.h"
#include "cli/discover.h"
#include "cli/discover_collected.h"
#include "front/front.h"

enum { EXIT_EQUAL = 0, EXIT_DIFFERENT = 1, EXIT_BROKEN = 3 };

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
    struct collection collection = {
        .line = line,
        .interpreter = interpreter,
        .plugin = "fastest._collected",
        .words = words,
        .word_count = options->rest_count + 1,
    };
    if (!collected_make(&collection, &arena, &collected, &error)) {
        status = complain(&error);
    } else if (collected.exit_status < 0) {
        status = collected_complain(&collected);
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
