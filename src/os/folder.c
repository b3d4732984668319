/* Folders through readdir(3); stat(2) only where the entry does not say what it is. */
#include "os/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

static enum file_kind
kind_from_mode(mode_t mode)
{
    return S_ISREG(mode) ? FILE_REGULAR : S_ISDIR(mode) ? FILE_FOLDER : FILE_OTHER;
}

enum file_kind
file_kind_of(const char *path, int *errno_out)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        if (errno_out) {
            *errno_out = errno;
        }
        return FILE_MISSING;
    }
    return kind_from_mode(status.st_mode);
}

bool
folder_identify(const char *path, struct folder_identity *identity_out)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return false;
    }
    *identity_out = (struct folder_identity){.device = (uint64_t)status.st_dev, .inode = (uint64_t)status.st_ino};
    return true;
}

/* stat() by the whole path: links count there that the open folder is already behind. 0 or -1. */
static int
stat_whole(const char *path, const char *name, struct stat *status)
{
    struct text whole = {0};

    text_add_format(&whole, "%s/%s", path, name);
    int result = stat(whole.bytes, status);
    int number = errno;
    text_release(&whole);
    errno = number;
    return result;
}

/* 0 or errno; FILE_MISSING in *kind for an entry to leave out. */
static int
entry_kind(const char *path, DIR *folder, const struct dirent *entry, enum file_kind *kind)
{
    struct stat status;

    *kind = FILE_OTHER;
    if (entry->d_type == DT_REG) {
        *kind = FILE_REGULAR;
    } else if (entry->d_type == DT_DIR) {
        *kind = FILE_FOLDER;
    } else if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) {
        bool is_link = entry->d_type == DT_LNK;
        if ((is_link ? stat_whole(path, entry->d_name, &status) : fstatat(dirfd(folder), entry->d_name, &status, 0)) ==
            0) {
            *kind = kind_from_mode(status.st_mode);
        } else if (errno == ENOTDIR || errno == EBADF || errno == ELOOP) {
            *kind = FILE_MISSING;
        } else if (errno != ENOENT) {
            return errno;
        }
    }
    return 0;
}

static int
compare_names(const void *left, const void *right)
{
    const struct folder_entry *a = left;
    const struct folder_entry *b = right;
    return strcmp(a->name, b->name);
}

int
folder_scan(const char *path, struct arena *arena, struct folder_entries *entries)
{
    DIR *folder = opendir(path);
    size_t capacity = 0;
    int status = 0;

    *entries = (struct folder_entries){0};
    if (!folder) {
        return errno == ENOENT ? 0 : errno;
    }
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(folder);
        enum file_kind kind = FILE_OTHER;
        if (!entry) {
            status = errno;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        status = entry_kind(path, folder, entry, &kind);
        if (status != 0) {
            break;
        }
        if (kind == FILE_MISSING) {
            continue;
        }
        if (entries->count == capacity) {
            size_t wanted = capacity ? capacity * 2 : 32;
            struct folder_entry *grown = arena_alloc(arena, wanted * sizeof *grown);
            if (capacity) {
                memcpy(grown, entries->items, capacity * sizeof *grown);
            }
            entries->items = grown;
            capacity = wanted;
        }
        entries->items[entries->count++] =
            (struct folder_entry){.name = arena_copy_string(arena, entry->d_name),
                                  .kind = kind,
                                  .is_link = entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN};
    }
    closedir(folder);
    if (entries->count) {
        qsort(entries->items, entries->count, sizeof *entries->items, compare_names);
    }
    return status;
}

static uint64_t
mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
    return hash ^ (hash >> 29);
}

static uint64_t
entry_fingerprint(int folder_fd, const char *name)
{
    struct stat status;
    uint64_t hash = 1;

    for (const char *at = name; *at; at++) {
        hash = mix(hash, (unsigned char)*at);
    }
    if (fstatat(folder_fd, name, &status, 0) != 0) {
        return mix(hash, (uint64_t)errno);
    }
    hash = mix(mix(hash, status.st_ino), status.st_mode);
    if (!S_ISDIR(status.st_mode)) {
        hash = mix(mix(hash, (uint64_t)status.st_size), (uint64_t)status.st_mtim.tv_sec);
        hash = mix(mix(hash, (uint64_t)status.st_mtim.tv_nsec), (uint64_t)status.st_ctim.tv_sec);
        hash = mix(hash, (uint64_t)status.st_ctim.tv_nsec);
    }
    return hash;
}

uint64_t
folder_fingerprint(const char *path)
{
    DIR *folder = opendir(path);
    uint64_t sum = 1; /* the order of the entries is nobody's */

    if (!folder) {
        return 0;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            sum += entry_fingerprint(dirfd(folder), entry->d_name);
        }
    }
    closedir(folder);
    return sum;
}
