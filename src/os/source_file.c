/* POSIX files. */
#include "os/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"

/* File systems that keep whole seconds (or two of them) are common enough. */
static const int64_t SETTLED_NS = INT64_C(2500000000);

static int64_t
nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static struct file_stamp
stamp_from(const struct stat *status)
{
    return (struct file_stamp){
        .modified_ns = nanoseconds(status->st_mtim),
        .changed_ns = nanoseconds(status->st_ctim),
        .size_bytes = (uint64_t)status->st_size,
        .inode = (uint64_t)status->st_ino,
    };
}

bool
file_stamp_read(const char *path, struct file_stamp *stamp_out)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        return false;
    }
    *stamp_out = stamp_from(&status);
    return true;
}

bool
file_stamp_is_equal(const struct file_stamp *stamp, const struct file_stamp *other)
{
    return stamp->modified_ns == other->modified_ns && stamp->changed_ns == other->changed_ns &&
           stamp->size_bytes == other->size_bytes && stamp->inode == other->inode;
}

bool
file_stamp_is_settled(const struct file_stamp *stamp)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(now) - stamp->changed_ns > SETTLED_NS;
}

int
source_open(const char *path, size_t *size_out)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, &status) < 0 || S_ISDIR(status.st_mode)) {
        int reason = S_ISDIR(status.st_mode) ? EISDIR : errno;
        close(fd);
        errno = reason;
        return -1;
    }
    *size_out = (size_t)status.st_size;
    return fd;
}

bool
source_read(int fd, void *bytes, size_t count)
{
    char *at = bytes;

    while (count) {
        ssize_t got = read(fd, at, count);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got < 0 ? errno : 0;
            return false;
        }
        at += got;
        count -= (size_t)got;
    }
    return true;
}

void
source_close(int fd)
{
    close(fd);
}

/*
 * Whether a change while the file was read would go unnoticed. Who writes after the stamp was taken changes the stamp,
 * once it is settled: what was read then is too new for its stamp, and whoever compares stamps later reads again. Only
 * a stamp that is not settled may be the same for two contents. A large file is read in pieces, which may be of both.
 */
static bool
needs_second_look(const struct file_stamp *stamp)
{
    enum { LARGE_BYTES = 64 * 1024 };

    return stamp->size_bytes > LARGE_BYTES || !file_stamp_is_settled(stamp);
}

/* One attempt: the size is what it was when the file was opened; of a file that has become smaller, not all is there.
 */
static enum file_whole_result
read_once(int fd, size_t most_bytes, char **bytes, size_t *capacity, size_t *length_out, struct file_stamp *stamp_out)
{
    struct stat status;

    if (fstat(fd, &status) < 0) {
        return FILE_WHOLE_FAILED;
    }
    if (!S_ISREG(status.st_mode)) {
        return FILE_WHOLE_SPECIAL;
    }
    if ((uint64_t)status.st_size > most_bytes) {
        return FILE_WHOLE_TOO_LARGE;
    }
    size_t length = (size_t)status.st_size;
    if (*capacity < length + 1) {
        memory_free(*bytes);
        *bytes = memory_alloc(length + 1);
        *capacity = length + 1;
    }
    *stamp_out = stamp_from(&status);
    *length_out = length;
    const bool is_doubtful = needs_second_look(stamp_out);
    if (!source_read(fd, *bytes, length)) {
        return errno ? FILE_WHOLE_FAILED : FILE_WHOLE_CHANGING;
    }
    (*bytes)[length] = '\0';
    if (!is_doubtful) {
        return FILE_WHOLE;
    }
    if (fstat(fd, &status) < 0) {
        return FILE_WHOLE_FAILED;
    }
    struct file_stamp after = stamp_from(&status);
    return file_stamp_is_equal(stamp_out, &after) ? FILE_WHOLE : FILE_WHOLE_CHANGING;
}

enum file_whole_result
file_read_whole(const char *path, size_t most_bytes, char **bytes, size_t *capacity, size_t *length_out,
                struct file_stamp *stamp_out)
{
    enum file_whole_result result = FILE_WHOLE_FAILED;
    /* Without O_NONBLOCK a named pipe would wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return FILE_WHOLE_FAILED;
    }
    for (int attempt = 0; attempt < 3; attempt++) {
        result = read_once(fd, most_bytes, bytes, capacity, length_out, stamp_out);
        if (result != FILE_WHOLE_CHANGING || lseek(fd, 0, SEEK_SET) < 0) {
            break;
        }
    }
    int number = errno;
    close(fd);
    errno = number;
    return result;
}

static bool
write_whole(int fd, const void *bytes, size_t count)
{
    const char *at = bytes;

    while (count) {
        ssize_t put = write(fd, at, count);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return false;
        }
        at += put;
        count -= (size_t)put;
    }
    return true;
}

bool
file_replace(const char *path, const void *head, size_t head_bytes, const void *body, size_t body_bytes)
{
    struct text temporary = {0};
    bool is_done = false;
    int reason = 0;

    text_add_format(&temporary, "%s.%ld", path, (long)getpid());
    int fd = open(temporary.bytes, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        reason = errno;
        goto done;
    }
    is_done = write_whole(fd, head, head_bytes) && write_whole(fd, body, body_bytes);
    reason = errno;
    close(fd);
    if (is_done) {
        is_done = rename(temporary.bytes, path) == 0;
        reason = errno;
    }
    if (!is_done) {
        unlink(temporary.bytes);
    }
done:
    text_release(&temporary);
    errno = reason;
    return is_done;
}

bool
file_append(const char *path, const void *bytes, size_t count)
{
    struct stat status;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    bool is_done = false;

    if (fd < 0) {
        return false;
    }
    /* Where nothing can be locked, one write() at the end is still in one piece between processes. */
    (void)flock(fd, LOCK_EX);
    if (fstat(fd, &status) == 0) {
        is_done = write_whole(fd, bytes, count);
        if (!is_done) {
            int reason = errno;
            (void)!ftruncate(fd, status.st_size);
            errno = reason;
        }
    }
    int reason = errno;
    close(fd);
    errno = reason;
    return is_done;
}

bool
file_overwrite_start(const char *path, const void *bytes, size_t count)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    bool is_done = write_whole(fd, bytes, count);
    close(fd);
    return is_done;
}

bool
folder_make(const char *path)
{
    struct text prefix = {0};
    bool is_done = mkdir(path, 0777) == 0 || errno == EEXIST;

    if (!is_done && errno == ENOENT) {
        const char *slash = strrchr(path, '/');
        if (slash && slash != path) {
            text_add(&prefix, path, (size_t)(slash - path));
            is_done = folder_make(prefix.bytes) && (mkdir(path, 0777) == 0 || errno == EEXIST);
        }
    }
    text_release(&prefix);
    return is_done;
}

void
file_remove(const char *path)
{
    unlink(path);
}
