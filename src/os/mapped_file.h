/* Files that are mapped to be read, and files that grow at their end under a lock. */
#ifndef OS_MAPPED_FILE_H
#define OS_MAPPED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/folder.h"

/* A file as it was when it was mapped. */
struct mapped_file {
    const unsigned char *bytes;
    size_t size_bytes;
    struct folder_identity identity; /* of the file: another one may get its name */
};

/* False when it is not there, is empty, or is no regular file. */
bool file_map(const char *path, struct mapped_file *mapped_out);
void file_unmap(struct mapped_file *mapped);

/*
 * Opens the file to be written to while no other process does the same: waits a second at most. -1 when it cannot be
 * had, or when the name belongs to another file by now.
 */
int file_open_locked(const char *path, const struct folder_identity *identity);

/*
 * A new file that may take the place of `path`; -1. Where the system can do that it has no name (then `name_out` is
 * empty), and vanishes with a process that is killed; else one beside `path`, at most `capacity` bytes long.
 */
int file_open_beside(const char *path, char *name_out, size_t capacity);
bool file_take_place(int fd, char *name, size_t capacity, const char *path);

/* Exactly `count` bytes at `position`. */
bool file_write_at(int fd, uint64_t position, const void *bytes, size_t count);
bool file_read_at(int fd, uint64_t position, void *bytes, size_t count);
void file_close(int fd);

#endif
