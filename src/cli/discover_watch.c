/* fastest discover --watch: which tests there are, and then each change, as JSON lines. docs/discover.md has them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/discover.h"
#include "os/loop.h"
#include "os/process.h"
#include "watch/watch.h"

enum {
    EXIT_INTERRUPTED = 2,
    LOOKS_MAX = 10, /* in a row, while new folders come up; the loop has other work, too */
    AGAIN_MS = 50,
};

/* A file of one look. It has several parts when arguments name parts of it with other files between them. */
struct seen_file {
    const char *path, *nodeid; /* in the look's arena */
    unsigned char digest[16];
    const struct discovered_file *part;        /* while the discovery lives */
    struct seen_file *next_part, *newest_part; /* of the first part */
};

/* What one look saw: what the next one is compared with. */
struct look {
    struct arena arena;
    struct table files;    /* path -> the first part */
    struct table problems; /* what is said of it in JSON -> itself */
    const char *const *folders;
    size_t folder_count, test_count;
};

struct watcher {
    const struct discover_question *question;
    struct loop *loop;
    struct loop_timer *again;
    struct watch *watch;
    struct loop_output *output;
    struct look last;
    bool has_started;
    struct error failure; /* of the last look; none: it went well */
    struct text line;     /* being written */
    struct process_status end;
};

static void
look_release(struct look *look)
{
    table_release(&look->files);
    table_release(&look->problems);
    arena_release(&look->arena);
    *look = (struct look){0};
}

/* ---- Lines ---- */

static void
line_begin(struct watcher *watcher, const char *event)
{
    text_clear(&watcher->line);
    text_add_format(&watcher->line, "{\"event\": \"%s\"", event);
}

static void
line_add(struct watcher *watcher, const char *name, const char *value)
{
    text_add_format(&watcher->line, ", \"%s\": ", name);
    json_add_string(&watcher->line, value, strlen(value));
}

static void
line_end(struct watcher *watcher)
{
    /* The document puts each test on a line of its own; within strings there are none. */
    for (size_t i = 0; i < watcher->line.length; i++) {
        if (watcher->line.bytes[i] == '\n') {
            watcher->line.bytes[i] = ' ';
        }
    }
    text_add(&watcher->line, "}\n", 2);
    loop_output_add(watcher->output, watcher->line.bytes, watcher->line.length);
}

static void
tell_message(struct watcher *watcher, const char *event, const char *message)
{
    line_begin(watcher, event);
    line_add(watcher, "message", message);
    line_end(watcher);
}

/* ---- Files ---- */

/* Equal when nothing that is told of the file differs. */
static void
part_digest(const struct discovery *discovery, const struct discovered_file *part, unsigned char digest[16])
{
    const char *reason = discovery->reason ? discovery->reason : part->reason;
    unsigned char parts[48] = {0};

    hash_128(part->found, part->found->size_bytes, parts);
    hash_128(part->selected, part->selected_count * sizeof *part->selected, parts + 16);
    if (reason) {
        hash_128(reason, strlen(reason), parts + 32);
    }
    hash_128(parts, sizeof parts, digest);
}

static void
look_add_file(struct look *look, const struct discovery *discovery, const struct discovered_file *part)
{
    size_t length = strlen(part->path);
    struct seen_file *first = table_find(&look->files, part->path, length);
    struct seen_file *file = arena_alloc_zeroed(&look->arena, sizeof *file);
    unsigned char digests[32];

    file->part = part;
    part_digest(discovery, part, digests);
    if (!first) {
        file->path = arena_copy_bytes(&look->arena, part->path, length);
        file->nodeid = arena_copy_string(&look->arena, part->nodeid);
        file->newest_part = file;
        memcpy(file->digest, digests, sizeof file->digest);
        table_set(&look->files, file->path, length, file);
        return;
    }
    memcpy(digests + 16, first->digest, 16);
    hash_128(digests, sizeof digests, first->digest);
    first->newest_part->next_part = file;
    first->newest_part = file;
}

static void
tell_file(struct watcher *watcher, const struct discovery *discovery, const char *event, const struct seen_file *file)
{
    bool has_tests = false;

    line_begin(watcher, event);
    line_add(watcher, "file", file->nodeid);
    discover_json_add_file(&watcher->line, discovery, file->part);
    text_add_string(&watcher->line, ", \"tests\": [");
    for (; file; file = file->next_part) {
        if (file->part->selected_count) {
            text_add_string(&watcher->line, has_tests ? ", " : "");
            discover_json_add_tests(&watcher->line, discovery, file->part);
            has_tests = true;
        }
    }
    text_add_char(&watcher->line, ']');
    line_end(watcher);
}

static void
tell_removed(struct watcher *watcher, const struct seen_file *file)
{
    line_begin(watcher, "removed");
    line_add(watcher, "file", file->nodeid);
    text_add_string(&watcher->line, ", \"tests\": []");
    line_end(watcher);
}

/* What is gone, then what came or changed, in the order of collection. */
static void
tell_files(struct watcher *watcher, const struct discovery *discovery, const struct look *look)
{
    const struct table *before = &watcher->last.files;

    for (size_t i = 0; i < before->count; i++) {
        if (!table_find(&look->files, before->entries[i].key, before->entries[i].key_length)) {
            tell_removed(watcher, before->entries[i].value);
        }
    }
    for (size_t i = 0; i < look->files.count; i++) {
        const struct table_entry *entry = &look->files.entries[i];
        const struct seen_file *file = entry->value;
        const struct seen_file *old = table_find(before, entry->key, entry->key_length);
        if (!old) {
            tell_file(watcher, discovery, "added", file);
        } else if (memcmp(old->digest, file->digest, sizeof file->digest) != 0) {
            tell_file(watcher, discovery, "changed", file);
        }
    }
}

/* ---- Looks ---- */

static void
look_add_problems(struct look *look, const struct discovery *discovery)
{
    for (size_t i = 0; i < discovery->problem_count; i++) {
        const struct discovery_problem *problem = &discovery->problems[i];
        struct text text = {0};

        text_add_string(&text, ", \"file\": ");
        json_add_string(&text, problem->path, strlen(problem->path));
        if (problem->line) {
            text_add_format(&text, ", \"line\": %u", problem->line);
        }
        text_add_string(&text, ", \"message\": ");
        json_add_string(&text, problem->message, strlen(problem->message));
        char *key = arena_copy_bytes(&look->arena, text.bytes, text.length);
        table_set(&look->problems, key, text.length, key);
        text_release(&text);
    }
}

/* Problems of one look that the other does not have. */
static void
tell_problems(struct watcher *watcher, const char *event, const struct look *look, const struct look *other)
{
    for (size_t i = 0; i < look->problems.count; i++) {
        const struct table_entry *entry = &look->problems.entries[i];
        if (!table_find(&other->problems, entry->key, entry->key_length)) {
            line_begin(watcher, event);
            text_add(&watcher->line, entry->key, entry->key_length);
            line_end(watcher);
        }
    }
}

static void
tell_start(struct watcher *watcher, const struct discovery *discovery)
{
    line_begin(watcher, "start");
    text_add_format(&watcher->line, ", \"version\": %d", DISCOVER_SCHEMA_VERSION);
    line_add(watcher, "root", discovery->root_folder);
    line_end(watcher);
    watcher->has_started = true;
}

/* Looks once, and tells what is new. False: it could not, and `error` says why. */
static bool
look_once(struct watcher *watcher, struct error *error)
{
    struct discovery discovery;
    struct look look = {0};
    bool is_done = discovery_make(watcher->question, &discovery, error);

    if (is_done) {
        for (size_t i = 0; i < discovery.file_count; i++) {
            look_add_file(&look, &discovery, &discovery.files[i]);
        }
        look_add_problems(&look, &discovery);
        look.test_count = discovery.selected_count;
        look.folder_count = discovery_folders(&discovery, &look.arena, &look.folders);
        if (!watcher->has_started) {
            tell_start(watcher, &discovery);
        }
        if (watcher->failure.kind) {
            line_begin(watcher, "recovered");
            line_end(watcher);
            watcher->failure = ERROR_INIT;
        }
        tell_problems(watcher, "solved", &watcher->last, &look);
        tell_problems(watcher, "problem", &look, &watcher->last);
        tell_files(watcher, &discovery, &look);
        look_release(&watcher->last);
        watcher->last = look;
    }
    discovery_release(&discovery);
    return is_done;
}

/* Looks until nothing can have happened unseen. False: `error` says why not the first time. */
static bool
look_around(struct watcher *watcher, struct error *error)
{
    bool is_done = true;

    for (int i = 0; i < LOOKS_MAX; i++) {
        *error = ERROR_INIT;
        is_done = look_once(watcher, error);
        if (!is_done && !watcher->has_started) {
            return false;
        }
        if (!is_done && strcmp(watcher->failure.message, error->message) != 0) {
            tell_message(watcher, "error", error->message);
            watcher->failure = *error;
        }
        if (!watch_folders(watcher->watch, watcher->last.folders, watcher->last.folder_count)) {
            return true;
        }
    }
    loop_timer_start(watcher->again, AGAIN_MS);
    return true;
}

static void
look_again(void *context)
{
    struct error error;

    if (!look_around(context, &error)) {
        BUG("it has started");
    }
}

/* ---- The command ---- */

static void
end_by_signal(void *context, int signal_number)
{
    struct watcher *watcher = context;

    if (signal_number == SIGINT) {
        watcher->end.exit_code = EXIT_INTERRUPTED;
    } else {
        watcher->end.signal_number = signal_number;
    }
    loop_stop(watcher->loop);
}

static void
end_without_reader(void *context)
{
    const struct watcher *watcher = context;
    loop_stop(watcher->loop);
}

static void
tell_limit(void *context, const char *sentence)
{
    tell_message(context, "limited", sentence);
}

static bool
watcher_run(struct watcher *watcher, struct error *error)
{
    struct watch_listener listener = {.changed = look_again, .limited = tell_limit, .context = watcher};

    if (!loop_new(&watcher->loop, error) || !loop_signal_handle(watcher->loop, SIGINT, end_by_signal, watcher, error) ||
        !loop_signal_handle(watcher->loop, SIGTERM, end_by_signal, watcher, error)) {
        return false;
    }
    watcher->again = loop_timer_new(watcher->loop, look_again, watcher);
    watcher->output = loop_output_open(watcher->loop, STDOUT_FILENO, end_without_reader, watcher);
    watcher->watch = watch_new(watcher->loop, &listener);
    if (!look_around(watcher, error)) {
        return false;
    }
    line_begin(watcher, "ready");
    text_add_format(&watcher->line, ", \"files\": %zu, \"tests\": %zu", watcher->last.files.count,
                    watcher->last.test_count);
    line_end(watcher);
    loop_run(watcher->loop);
    return true;
}

int
discover_watch(const struct discover_question *question)
{
    struct watcher watcher = {.question = question};
    struct error error = ERROR_INIT;
    bool is_done = watcher_run(&watcher, &error);

    watch_free(watcher.watch);
    loop_output_close(watcher.output);
    loop_free(watcher.loop);
    look_release(&watcher.last);
    text_release(&watcher.line);
    if (!is_done) {
        return complain(&error);
    }
    process_end_like(&watcher.end);
}
