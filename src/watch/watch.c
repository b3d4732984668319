/*
 * Each folder has a watch of its own, kept while it is asked for and still the folder of that path. Nothing depends on
 * every event arriving: one is enough, since whoever is told looks at everything again.
 */
#include "watch/watch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/table.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/folder.h"
#include "os/loop.h"

enum {
    QUIET_MS = 50,   /* editors write, rename and remove within a few milliseconds */
    LATEST_MS = 500, /* and something may be written to all the time */
    LOOK_MS = 1000,
    /* The system's queue of events is finite, and libuv does not say when it overflowed. After so many at once the
     * folders' own events may be among the lost ones. */
    BURST_COUNT = 1000,
};

struct watched_folder {
    struct watch *watch;
    struct folder_watch *events; /* NULL: looked at now and then */
    uint64_t fingerprint;
    char path[];
};

struct watch {
    struct loop *loop;
    struct watch_listener listener;
    struct loop_timer *quiet, *look;
    struct table folders; /* path -> struct watched_folder */
    bool is_waiting;      /* for quiet */
    double latest_s;
    unsigned event_count; /* since `changed` was called */
    bool is_doubtful;     /* no watch is to be relied on */
    bool was_limited;
};

static bool
has_suffix(const char *name, const char *suffix)
{
    size_t length = strlen(name), suffix_length = strlen(suffix);
    return length >= suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

static bool
is_ignored(const char *name)
{
    static const char *const NAMES[] = {"__pycache__", ".pytest_cache", ".git", ".hg",  ".svn",     ".mypy_cache",
                                        ".ruff_cache", ".hypothesis",   ".tox", ".nox", ".coverage"};
    static const char *const SUFFIXES[] = {".pyc", "~", ".swp", ".swx", ".swo"};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(SUFFIXES); i++) {
        if (has_suffix(name, SUFFIXES[i])) {
            return true;
        }
    }
    return false;
}

/* Ours, or made by whoever imports: below these nothing is ever looked at. */
static bool
is_ignored_folder(const char *path)
{
    return strstr(path, "/__pycache__") || strstr(path, "/.pytest_cache");
}

static void
watch_touch(struct watch *watch)
{
    double now_s = clock_now_s();

    if (!watch->is_waiting) {
        watch->is_waiting = true;
        watch->latest_s = now_s + LATEST_MS / 1000.0;
    }
    double left_ms = (watch->latest_s - now_s) * 1000;
    loop_timer_start(watch->quiet, left_ms >= QUIET_MS ? QUIET_MS : left_ms > 0 ? (unsigned)left_ms : 0);
}

static void
folder_changed(void *context, const char *name)
{
    const struct watched_folder *folder = context;

    folder->watch->event_count++;
    if (!name || !is_ignored(name)) {
        watch_touch(folder->watch);
    }
}

static void
quiet_now(void *context)
{
    struct watch *watch = context;

    watch->is_waiting = false;
    watch->is_doubtful = watch->is_doubtful || watch->event_count >= BURST_COUNT;
    watch->event_count = 0;
    watch->listener.changed(watch->listener.context);
}

static void
look_now(void *context)
{
    struct watch *watch = context;

    for (size_t i = 0; i < watch->folders.count; i++) {
        struct watched_folder *folder = watch->folders.entries[i].value;
        if (!folder->events) {
            uint64_t fingerprint = folder_fingerprint(folder->path);
            if (fingerprint != folder->fingerprint) {
                folder->fingerprint = fingerprint;
                watch_touch(watch);
            }
        }
    }
    loop_timer_start(watch->look, LOOK_MS);
}

struct watch *
watch_new(struct loop *loop, const struct watch_listener *listener)
{
    struct watch *watch = memory_alloc_zeroed(sizeof *watch);

    watch->loop = loop;
    watch->listener = *listener;
    watch->quiet = loop_timer_new(loop, quiet_now, watch);
    watch->look = loop_timer_new(loop, look_now, watch);
    return watch;
}

static void
folder_free(struct watched_folder *folder)
{
    if (folder->events) {
        folder_watch_stop(folder->events);
    }
    memory_free(folder);
}

static void
folders_free(struct table *folders)
{
    for (size_t i = 0; i < folders->count; i++) {
        if (folders->entries[i].value) {
            folder_free(folders->entries[i].value);
        }
    }
    table_release(folders);
}

void
watch_free(struct watch *watch)
{
    if (!watch) {
        return;
    }
    loop_timer_stop(watch->quiet);
    loop_timer_stop(watch->look);
    folders_free(&watch->folders);
    memory_free(watch);
}

/* Says which limit it is: the only thing that anybody can do about it. */
static void
watch_limit(struct watch *watch, int number)
{
    struct text sentence = {0};

    loop_timer_start(watch->look, LOOK_MS);
    if (watch->was_limited) {
        return;
    }
    watch->was_limited = true;
    if (number == ENOSPC) {
        text_add_string(&sentence, "the system watches no more folders for this user (fs.inotify.max_user_watches)");
    } else if (number == EMFILE) {
        text_add_string(&sentence, "the system has no more watches for this user (fs.inotify.max_user_instances)");
    } else {
        text_add_format(&sentence, "the system does not watch folders (%s)", strerror(number));
    }
    text_add_string(&sentence, ": those left are looked at every second");
    watch->listener.limited(watch->listener.context, text_string(&sentence));
    text_release(&sentence);
}

/* 0, with the folder watched or looked at; else the errno of one that cannot be. */
static int
folder_new(struct watch *watch, const char *path, struct watched_folder **folder_out)
{
    size_t path_bytes = strlen(path) + 1;
    struct watched_folder *folder = memory_alloc_zeroed(sizeof *folder + path_bytes);

    folder->watch = watch;
    memcpy(folder->path, path, path_bytes);
    int number = folder_watch_start(watch->loop, path, folder_changed, folder, &folder->events);
    if (number == ENOENT || number == ENOTDIR || number == EACCES || number == ELOOP || number == ENAMETOOLONG) {
        memory_free(folder);
        return number;
    }
    if (number) {
        folder->fingerprint = folder_fingerprint(path);
        watch_limit(watch, number);
    }
    *folder_out = folder;
    return 0;
}

/* Moves the folder over from the old ones if it is still the same, else makes it. Whether there is one. */
static bool
folder_keep(struct watch *watch, const char *path, struct table *old, struct table *kept, bool *is_new)
{
    size_t length = strlen(path);
    struct watched_folder *folder = table_find(old, path, length);

    if (table_find(kept, path, length)) {
        return true;
    }
    if (folder && folder->events && (watch->is_doubtful || !folder_watch_is_current(folder->events))) {
        folder_watch_stop(folder->events);
        folder->events = NULL; /* the rest goes with the old ones, which still have its path as a key */
        folder = NULL;
    }
    if (folder) {
        table_set(old, folder->path, length, NULL);
    } else {
        if (folder_new(watch, path, &folder)) {
            return false;
        }
        *is_new = true;
    }
    table_set(kept, folder->path, length, folder);
    return true;
}

bool
watch_folders(struct watch *watch, const char *const *folders, size_t count)
{
    struct table old = watch->folders;
    struct table kept = {0};
    struct text path = {0};
    bool is_new = false;

    for (size_t i = 0; i < count; i++) {
        if (is_ignored_folder(folders[i])) {
            continue;
        }
        text_clear(&path);
        text_add_string(&path, folders[i]);
        while (!folder_keep(watch, path.bytes, &old, &kept, &is_new)) {
            char *slash = strrchr(path.bytes, '/');
            if (!slash || path.length == 1) {
                break;
            }
            path.length = slash == path.bytes ? 1 : (size_t)(slash - path.bytes);
            path.bytes[path.length] = '\0';
        }
    }
    text_release(&path);
    folders_free(&old);
    watch->folders = kept;
    watch->is_doubtful = false;
    return is_new;
}
