/* Source files and what is cached for them: read whole, told apart, replaced in one step. */
#ifndef OS_SOURCE_FILE_H
#define OS_SOURCE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tells one state of a file from another without reading it. All zero: not to be relied on. */
struct file_stamp {
    int64_t modified_ns;
    int64_t changed_ns;
    uint64_t size_bytes;
    uint64_t inode;
};

/* False, with errno set, when the file cannot be asked. */
bool file_stamp_read(const char *path, struct file_stamp *stamp_out);
bool file_stamp_is_equal(const struct file_stamp *stamp, const struct file_stamp *other);

/* Whether the file rests since long enough that a later change must change its stamp. */
bool file_stamp_is_settled(const struct file_stamp *stamp);

/* An open file to read from: its descriptor and size; -1 with errno set. */
int source_open(const char *path, size_t *size_out);
bool source_read(int fd, void *bytes, size_t count); /* exactly `count`; false with errno set (0: it is shorter) */
void source_close(int fd);

enum file_whole_result {
    FILE_WHOLE,
    FILE_WHOLE_FAILED, /* errno says why */
    FILE_WHOLE_TOO_LARGE,
    FILE_WHOLE_CHANGING, /* it was written to each time that it was read */
    FILE_WHOLE_SPECIAL,  /* no regular file */
};

/*
 * Reads a regular file of at most `most_bytes` into `*bytes`, a buffer of memory_alloc() that grows and that the caller
 * frees, and a NUL behind it. The stamp is that of what was read, or an older one that the file has no longer.
 */
enum file_whole_result file_read_whole(const char *path, size_t most_bytes, char **bytes, size_t *capacity,
                                       size_t *length_out, struct file_stamp *stamp_out);

/* Replaces the file by head and body, so that readers see the old or the new one whole. False with errno set. */
bool file_replace(const char *path, const void *head, size_t head_bytes, const void *body, size_t body_bytes);

/* Adds bytes to a file's end, which is made if need be. Others that append wait; all of it or nothing. */
bool file_append(const char *path, const void *bytes, size_t count);

/* Overwrites the first bytes of an existing file. False with errno set. */
bool file_overwrite_start(const char *path, const void *bytes, size_t count);

/* Makes the folder and those above it. False with errno set. */
bool folder_make(const char *path);

/* Removes a file; whether it was there is not told. */
void file_remove(const char *path);

#endif
