/* Prints the outlines of source files, for compare.py to hold against ast. */
#include <stdio.h>
#include <string.h>

#include "../whole_file.h"
#include "base/arena.h"
#include "syntax/syntax.h"

enum { MAX_PATH_BYTES = 4096 };

static void
print_outline(const struct outline *outline)
{
    for (size_t i = 0; i < outline->count; i++) {
        const struct outline_entry *entry = &outline->entries[i];
        printf("E %d %d %d %u %u %u %u %u %u\n", entry->kind, entry->flags, (int)entry->parent, entry->start,
               entry->end, entry->name_start, entry->name_length, entry->line, entry->end_line);
    }
    if (outline->has_failed) {
        printf("F %u %s\n", outline->error_line, outline->error);
    }
}

/* dump: paths on stdin, one a line. */
int
main(void)
{
    char path[MAX_PATH_BYTES];
    struct outline outline = {0};

    while (fgets(path, sizeof(path), stdin)) {
        size_t length = 0;
        path[strcspn(path, "\n")] = '\0';
        char *bytes = read_whole(path, &length);
        size_t mark = source_encoding_find(bytes, length).mark_bytes;

        printf("S\n");
        outline_read(bytes + mark, length - mark, &outline);
        print_outline(&outline);
        memory_free(bytes);
    }
    outline_release(&outline);
    return 0;
}
