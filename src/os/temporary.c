/* Temporary folders: making private ones, locking, and removing whole trees. */
#include "os/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
folder_create_private(const char *path)
{
    return mkdir(path, 0700) == 0 ? 0 : errno;
}

bool
path_read_facts(const char *path, struct path_facts *facts_out)
{
    struct stat status;

    if (lstat(path, &status) != 0) {
        return false;
    }
    *facts_out = (struct path_facts){
        .is_link = S_ISLNK(status.st_mode),
        .is_folder = S_ISDIR(status.st_mode),
        .user_id = status.st_uid,
        .mode = status.st_mode & 07777,
        .modified_s = (double)status.st_mtim.tv_sec + (double)status.st_mtim.tv_nsec * 1e-9,
    };
    return true;
}

bool
path_set_mode(const char *path, unsigned mode)
{
    return chmod(path, (mode_t)mode) == 0;
}

void
link_force(const char *link, const char *target)
{
    if (unlink(link) == 0 || errno == ENOENT) {
        if (symlink(target, link) != 0) {
            return; /* another process was faster */
        }
    }
}

bool
link_is_dead(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode) && stat(path, &status) != 0;
}

bool
lock_file_create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    char text[32];
    bool is_written = false;

    if (fd < 0) {
        return false;
    }
    int length = snprintf(text, sizeof text, "%ld", (long)getpid());
    is_written = write(fd, text, (size_t)length) == length;
    close(fd);
    return is_written && access(path, F_OK) == 0;
}

bool
remove_file(const char *path)
{
    return unlink(path) == 0;
}

bool
path_rename(const char *path, const char *new_path)
{
    return rename(path, new_path) == 0;
}

/* State of one removal; `path` is the one at hand. */
struct removal {
    struct text path;
    struct text *failed;
    int first_errno;
};

static bool
removal_fail(struct removal *removal)
{
    if (removal->first_errno == 0) {
        removal->first_errno = errno ? errno : EIO;
        if (removal->failed) {
            text_add_string(removal->failed, text_string(&removal->path));
        }
    }
    return false;
}

static void
removal_push(struct removal *removal, const char *name)
{
    text_add_char(&removal->path, '/');
    text_add_string(&removal->path, name);
}

static void
removal_pop(struct removal *removal, size_t length)
{
    removal->path.length = length;
    removal->path.bytes[length] = '\0';
}

/* Opens a folder in `parent_fd`, if need be after allowing its owner everything: a descriptor or -1. */
static int
open_folder(int parent_fd, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent_fd, name, flags);

    if (fd < 0 && errno == EACCES && fchmodat(parent_fd, name, 0700, 0) == 0) {
        fd = openat(parent_fd, name, flags);
    }
    return fd;
}

static bool remove_folder(struct removal *removal, int parent_fd, const char *name);

static bool
remove_entry(struct removal *removal, int folder_fd, const struct dirent *entry)
{
    struct stat status;
    bool is_folder = entry->d_type == DT_DIR;

    if (!is_folder && unlinkat(folder_fd, entry->d_name, 0) == 0) {
        return true;
    }
    if (entry->d_type == DT_UNKNOWN) {
        is_folder = fstatat(folder_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
    }
    if (is_folder) {
        return remove_folder(removal, folder_fd, entry->d_name);
    }
    /* A folder without write permission keeps its entries. */
    if (errno == EACCES && fchmod(folder_fd, 0700) == 0 && unlinkat(folder_fd, entry->d_name, 0) == 0) {
        return true;
    }
    return errno == ENOENT || removal_fail(removal);
}

static bool
remove_content(struct removal *removal, int folder_fd)
{
    size_t length = removal->path.length;
    DIR *folder = fdopendir(folder_fd);
    struct dirent *entry = NULL;
    bool is_removed = true;

    if (!folder) {
        close(folder_fd);
        return removal_fail(removal);
    }
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        removal_push(removal, entry->d_name);
        is_removed = remove_entry(removal, dirfd(folder), entry) && is_removed;
        removal_pop(removal, length);
    }
    closedir(folder);
    return is_removed;
}

static bool
remove_folder(struct removal *removal, int parent_fd, const char *name)
{
    int fd = open_folder(parent_fd, name);

    if (fd < 0) {
        return errno == ENOENT || removal_fail(removal);
    }
    if (!remove_content(removal, fd)) {
        return false;
    }
    if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
        return true;
    }
    if (errno == EACCES && parent_fd != AT_FDCWD && fchmod(parent_fd, 0700) == 0 &&
        unlinkat(parent_fd, name, AT_REMOVEDIR) == 0) {
        return true;
    }
    return removal_fail(removal);
}

bool
tree_remove(const char *path, struct text *failed, int *errno_out)
{
    struct removal removal = {.failed = failed};
    bool is_removed = false;

    text_add_string(&removal.path, path);
    is_removed = remove_folder(&removal, AT_FDCWD, path);
    text_release(&removal.path);
    if (errno_out) {
        *errno_out = removal.first_errno;
    }
    return is_removed;
}

unsigned
current_user_id(void)
{
    return getuid();
}

int
current_process_id(void)
{
    return (int)getpid();
}
