/* POSIX: mmap(2), flock(2), pread(2). */
#include "os/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct folder_identity
identity_from(const struct stat *status)
{
    return (struct folder_identity){.device = (uint64_t)status->st_dev, .inode = (uint64_t)status->st_ino};
}

bool
file_map(const char *path, struct mapped_file *mapped_out)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    void *bytes = MAP_FAILED;

    *mapped_out = (struct mapped_file){0};
    if (fd < 0) {
        return false;
    }
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    }
    close(fd);
    if (bytes == MAP_FAILED) {
        return false;
    }
    *mapped_out =
        (struct mapped_file){.bytes = bytes, .size_bytes = (size_t)status.st_size, .identity = identity_from(&status)};
    return true;
}

void
file_unmap(struct mapped_file *mapped)
{
    if (mapped->bytes) {
        munmap((void *)mapped->bytes, mapped->size_bytes);
    }
    *mapped = (struct mapped_file){0};
}

/* flock() that gives up: its holder may have been stopped. */
static bool
lock_soon(int fd)
{
    static const struct timespec PAUSE = {.tv_nsec = 1000000};

    for (int attempt = 0; attempt < 1000; attempt++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return true;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return false;
        }
        nanosleep(&PAUSE, NULL);
    }
    return false;
}

int
file_open_locked(const char *path, const struct folder_identity *identity)
{
    struct folder_identity now;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return -1;
    }
    if (!lock_soon(fd) || !folder_identify(path, &now) || now.device != identity->device ||
        now.inode != identity->inode) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Another name beside `path`; false: it is too long. */
static bool
name_beside(const char *path, unsigned attempt, char *name_out, size_t capacity)
{
    int length = snprintf(name_out, capacity, "%s.%ld.%u", path, (long)getpid(), attempt);

    return length > 0 && (size_t)length < capacity;
}

enum { MOST_ATTEMPTS = 100 };

int
file_open_beside(const char *path, char *name_out, size_t capacity)
{
    const char *slash = strrchr(path, '/');
    int fd = -1;

#ifdef O_TMPFILE
    if (slash && (size_t)(slash - path) < capacity) {
        snprintf(name_out, capacity, "%.*s", (int)(slash - path), path);
        fd = open(name_out, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
        *name_out = '\0';
    }
#endif
    for (unsigned attempt = 0; fd < 0 && attempt < MOST_ATTEMPTS; attempt++) {
        if (!name_beside(path, attempt, name_out, capacity)) {
            return -1;
        }
        fd = open(name_out, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST) {
            return -1;
        }
    }
    return fd;
}

bool
file_take_place(int fd, char *name, size_t capacity, const char *path)
{
    char link[64];
    bool is_named = *name;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    for (unsigned attempt = 0; !is_named && attempt < MOST_ATTEMPTS; attempt++) {
        is_named = name_beside(path, attempt, name, capacity) &&
                   linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
        if (!is_named && errno != EEXIST) {
            *name = '\0';
            return false;
        }
    }
    return is_named && rename(name, path) == 0;
}

bool
file_write_at(int fd, uint64_t position, const void *bytes, size_t count)
{
    const char *at = bytes;

    while (count) {
        ssize_t put = pwrite(fd, at, count, (off_t)position);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        at += put;
        position += (uint64_t)put;
        count -= (size_t)put;
    }
    return true;
}

bool
file_read_at(int fd, uint64_t position, void *bytes, size_t count)
{
    char *at = bytes;

    while (count) {
        ssize_t got = pread(fd, at, count, (off_t)position);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += got;
        position += (uint64_t)got;
        count -= (size_t)got;
    }
    return true;
}

void
file_close(int fd)
{
    close(fd);
}
