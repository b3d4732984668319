/* Anonymous memory that several processes map, and that can grow. */
#ifndef OS_SHARED_MEMORY_H
#define OS_SHARED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* `bytes` may move when the memory grows. */
struct shared_memory {
    unsigned char *bytes;
    size_t size_bytes;
    int fd; /* close-on-exec */
};

#define SHARED_MEMORY_EMPTY ((struct shared_memory){.fd = -1})

/* Zeroed memory of a name that only debuggers see. Size 0: not mapped, to be used as a file. */
MUST_CHECK bool shared_memory_create(struct shared_memory *memory, const char *name, size_t size_bytes,
                                     struct error *error);

/* Maps what another process made: all of it. Takes `fd`, on failure too, and makes it close-on-exec. */
MUST_CHECK bool shared_memory_open(struct shared_memory *memory, int fd, struct error *error);

/* Makes it larger, and maps what another process has added. False leaves it as it was. */
MUST_CHECK bool shared_memory_grow(struct shared_memory *memory, size_t size_bytes, struct error *error);
MUST_CHECK bool shared_memory_remap(struct shared_memory *memory, struct error *error);

void shared_memory_close(struct shared_memory *memory);

/*
 * A flag that is true in the process that made it and false in every process forked from it, at the cost of a load.
 * NULL where the system has no such memory: then compare process ids.
 */
const volatile bool *fork_flag_new(void);
void fork_flag_free(const volatile bool *flag); /* NULL is allowed */

#endif
