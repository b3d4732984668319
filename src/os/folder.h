/* What a folder holds, in order, with kinds. */
#ifndef OS_FOLDER_H
#define OS_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum file_kind { FILE_MISSING, FILE_REGULAR, FILE_FOLDER, FILE_OTHER };

struct folder_entry {
    const char *name;    /* in the arena */
    enum file_kind kind; /* links are followed; FILE_OTHER also for dangling ones */
    bool is_link;        /* or may be one */
};

struct folder_entries {
    struct folder_entry *items; /* in the arena */
    size_t count;
};

/*
 * The entries of a folder, sorted by their names' bytes, without "." and "..". Returns 0, or errno; a folder that
 * does not exist has no entries. Entries whose kind cannot be known because they vanished or loop are left out.
 */
int folder_scan(const char *path, struct arena *arena, struct folder_entries *entries);

/* What a folder is the same as under all of its names; false when it cannot be asked. */
struct folder_identity {
    uint64_t device, inode;
};
bool folder_identify(const char *path, struct folder_identity *identity_out);

/* What `path` is, links followed. FILE_MISSING for whatever stat() refuses; errno_out may be NULL. */
enum file_kind file_kind_of(const char *path, int *errno_out);

/*
 * A number that is another one once an entry came, went, was replaced, written to, or given other permissions. Of
 * folders in it only that they are there counts. 0: unreadable.
 */
uint64_t folder_fingerprint(const char *path);

#endif
