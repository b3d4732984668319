/*
 * How fast each engine outlines the files named on stdin, one a line: "ENGINE BYTES SECONDS", the sum of each file's
 * best time of several passes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "syntax/syntax.h"

enum { MAX_PATH_BYTES = 4096, PASSES = 9 };

struct source_list {
    char **bytes;
    size_t *lengths;
    size_t count;
    size_t capacity;
    size_t total;
};

static void
source_list_add(struct source_list *list, const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *bytes = memory_alloc(length + 1);
    if (fread(bytes, 1, length, file) != length) {
        perror(path);
        exit(2);
    }
    fclose(file);
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 256;
        list->bytes = memory_resize(list->bytes, list->capacity * sizeof(*list->bytes));
        list->lengths = memory_resize(list->lengths, list->capacity * sizeof(*list->lengths));
    }
    list->bytes[list->count] = bytes;
    list->lengths[list->count++] = length;
    list->total += length;
}

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Seconds for all sources, each at its best; negative when this machine does not have the engine. */
static double
measure(enum outline_engine engine, const struct source_list *list)
{
    struct outline outline = {0};
    double *best = memory_alloc(list->count * sizeof(*best));
    double sum = 0;

    for (int pass = 0; pass < PASSES; pass++) {
        for (size_t i = 0; i < list->count; i++) {
            double start = now();
            if (!outline_read_with(engine, list->bytes[i], list->lengths[i], &outline)) {
                memory_free(best);
                return -1;
            }
            double took = now() - start;
            best[i] = pass == 0 || took < best[i] ? took : best[i];
        }
    }
    for (size_t i = 0; i < list->count; i++) {
        sum += best[i];
    }
    memory_free(best);
    outline_release(&outline);
    return sum;
}

int
main(int argc, char **argv)
{
    static const char *const NAMES[] = {"scalar", "sse2", "avx2", "neon"}; /* enum outline_engine */
    struct source_list list = {0};
    char path[MAX_PATH_BYTES];

    while (fgets(path, sizeof(path), stdin)) {
        path[strcspn(path, "\n")] = '\0';
        source_list_add(&list, path);
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (argc > 1 && strcmp(argv[1], NAMES[i]) != 0) {
            continue;
        }
        double seconds = measure((enum outline_engine)i, &list);
        if (seconds >= 0) {
            printf("%s %zu %.6f\n", NAMES[i], list.total, seconds);
        }
    }
    return 0;
}
