/* Questions about files, and small files whole. */
#ifndef OS_FILE_H
#define OS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

bool file_exists(const char *path); /* of any kind */
bool file_is_folder(const char *path);
bool file_is_regular(const char *path);    /* follows links */
bool file_is_executable(const char *path); /* a program that this user may run; follows links */

/* Whether files can be made in the folder: by making one, since permissions do not tell (/proc, full disks). */
bool folder_is_writable(const char *path);

/* Adds the file's bytes to `text`, at most `max_bytes`. */
MUST_CHECK bool file_read(const char *path, size_t max_bytes, struct text *text, struct error *error);

/* The same of an open file, from its start. */
MUST_CHECK bool descriptor_read(int fd, size_t max_bytes, struct text *text, struct error *error);

/* Adds a path by which other processes of this user can open the descriptor while this process lives. */
void descriptor_path(int fd, struct text *path);

/* Adds the names in a folder to `names`, each with a NUL behind it, in no order, without `.` and `..`. False:
 * unreadable. */
bool folder_list(const char *path, struct text *names);

/* Adds what the link points to, once resolved whole. False when it does not exist. */
bool file_resolve(const char *path, struct text *resolved);

/* Adds the path of the running executable, links resolved. */
MUST_CHECK bool file_own_path(struct text *path, struct error *error);

/* Adds the working folder. */
MUST_CHECK bool working_folder(struct text *path, struct error *error);

#endif
