/* Whether a source has been compiled as it is: told by the bytecode that Python, pytest or a run keeps beside it. */
#include <string.h>

#include "base/text.h"
#include "discover/resolve.h"
#include "os/folder.h"
#include "os/source_file.h"

/* PEP 552: magic number, flags (0: by time), then modification time and size of the source, modulo 2^32. */
enum { HEADER_BYTES = 16 };

static uint32_t
number_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static bool
is_of(const char *path, const struct file_stamp *stamp)
{
    unsigned char header[HEADER_BYTES];
    size_t size_bytes = 0;
    int fd = source_open(path, &size_bytes);

    if (fd < 0) {
        return false;
    }
    bool is_read = size_bytes > sizeof header && source_read(fd, header, sizeof header);
    source_close(fd);
    return is_read && header[2] == '\r' && header[3] == '\n' && number_at(header + 4) == 0 &&
           number_at(header + 8) == (uint32_t)(stamp->modified_ns / 1000000000) &&
           number_at(header + 12) == (uint32_t)stamp->size_bytes;
}

bool
source_was_compiled(const struct source *source, int minor)
{
    const char *slash = strrchr(source->path, '/');
    const char *dot = strrchr(source->path, '.');
    struct folder_entries entries = {0};
    struct arena arena = {0};
    struct text folder = {0};
    struct text prefix = {0};
    bool was_compiled = false;

    if (!slash || !dot || dot < slash || source->stamp.modified_ns <= 0 || minor <= 0) {
        return false;
    }
    text_add(&folder, source->path, (size_t)(slash + 1 - source->path));
    text_add_string(&folder, "__pycache__/");
    text_add(&prefix, slash + 1, (size_t)(dot - slash - 1));
    text_add_format(&prefix, ".cpython-3%d", minor);
    const size_t folder_length = folder.length;
    (void)folder_scan(folder.bytes, &arena, &entries);
    for (size_t i = 0; i < entries.count && !was_compiled; i++) {
        const char *name = entries.items[i].name;
        const char next = strncmp(name, prefix.bytes, prefix.length) == 0 ? name[prefix.length] : '\0';
        if (next == '.' || next == '-') { /* of this version, and no other one that begins alike */
            text_add_string(&folder, name);
            was_compiled = is_of(folder.bytes, &source->stamp);
            folder.length = folder_length;
        }
    }
    arena_release(&arena);
    text_release(&folder);
    text_release(&prefix);
    return was_compiled;
}
