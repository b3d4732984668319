/* Shared memory by memfd, and a page that forking wipes. */
#include "os/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
memory_map(struct shared_memory *memory, size_t size_bytes, struct error *error)
{
    void *mapped = NULL;

    if (memory->bytes) {
        mapped = mremap(memory->bytes, memory->size_bytes, size_bytes, MREMAP_MAYMOVE);
    } else {
        mapped = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
    }
    if (mapped == MAP_FAILED) {
        return error_set_errno(error, errno, "cannot map %zu bytes of shared memory", size_bytes);
    }
    memory->bytes = mapped;
    memory->size_bytes = size_bytes;
    return true;
}

/* A memfd, never in the place of a standard stream that somebody closed. */
static int
memory_file(const char *name)
{
    int low = memfd_create(name, MFD_CLOEXEC);
    int fd = low;

    if (low >= 0 && low <= STDERR_FILENO) {
        fd = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(low);
    }
    return fd;
}

bool
shared_memory_create(struct shared_memory *memory, const char *name, size_t size_bytes, struct error *error)
{
    *memory = SHARED_MEMORY_EMPTY;
    memory->fd = memory_file(name);
    if (memory->fd < 0) {
        return error_set_errno(error, errno, "cannot make shared memory");
    }
    if (size_bytes && !shared_memory_grow(memory, size_bytes, error)) {
        shared_memory_close(memory);
        return false;
    }
    return true;
}

bool
shared_memory_open(struct shared_memory *memory, int fd, struct error *error)
{
    *memory = SHARED_MEMORY_EMPTY;
    memory->fd = fd;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        memory->fd = -1; /* not a descriptor of this process: not ours to close */
        return error_set_errno(error, errno, "cannot use descriptor %d as shared memory", fd);
    }
    if (!shared_memory_remap(memory, error)) {
        shared_memory_close(memory);
        return false;
    }
    return true;
}

bool
shared_memory_grow(struct shared_memory *memory, size_t size_bytes, struct error *error)
{
    if (ftruncate(memory->fd, (off_t)size_bytes) != 0) {
        return error_set_errno(error, errno, "cannot grow shared memory to %zu bytes", size_bytes);
    }
    return memory_map(memory, size_bytes, error);
}

bool
shared_memory_remap(struct shared_memory *memory, struct error *error)
{
    struct stat status;

    if (fstat(memory->fd, &status) != 0) {
        return error_set_errno(error, errno, "cannot see the size of shared memory");
    }
    if (status.st_size <= 0) {
        return error_set(error, ERROR_FORMAT, "shared memory is empty");
    }
    if ((size_t)status.st_size == memory->size_bytes) {
        return true;
    }
    return memory_map(memory, (size_t)status.st_size, error);
}

void
shared_memory_close(struct shared_memory *memory)
{
    if (memory->bytes) {
        munmap(memory->bytes, memory->size_bytes);
    }
    if (memory->fd >= 0) {
        close(memory->fd);
    }
    *memory = SHARED_MEMORY_EMPTY;
}

enum { FLAG_PAGE_BYTES = 4096 };

const volatile bool *
fork_flag_new(void)
{
    void *page = mmap(NULL, FLAG_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED) {
        return NULL;
    }
    if (madvise(page, FLAG_PAGE_BYTES, MADV_WIPEONFORK) != 0) {
        munmap(page, FLAG_PAGE_BYTES);
        return NULL;
    }
    *(bool *)page = true;
    return page;
}

void
fork_flag_free(const volatile bool *flag)
{
    if (flag) {
        munmap((void *)(uintptr_t)flag, FLAG_PAGE_BYTES);
    }
}
