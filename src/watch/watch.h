/* Public face of src/watch: tells when something in a set of folders may have changed. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct loop; /* os/loop.h */
struct watch;

struct watch_listener {
    /*
     * Something may have changed, and nothing more did for a moment (or it went on for long). What tests and tools
     * leave behind (__pycache__, .pytest_cache, editors' swap files) does not count.
     */
    void (*changed)(void *context);
    /* Told once: some folders cannot be watched and are looked at every second; one sentence. */
    void (*limited)(void *context, const char *sentence);
    void *context;
};

struct watch *watch_new(struct loop *loop, const struct watch_listener *listener);
void watch_free(struct watch *watch); /* NULL is allowed */

/*
 * From now on these folders are watched, absolute paths, each without what is below it, and no others. In place of one
 * that does not exist or may not be read it is the closest one above it.
 * True: some were not watched until now, also because another folder has the path meanwhile. What happened there before
 * was not told: look at them again, and call this again.
 */
bool watch_folders(struct watch *watch, const char *const *folders, size_t count);

#endif
