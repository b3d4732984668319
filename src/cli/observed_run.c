/* Runs a session with descriptors 1 and 2, and what a plugin writes, in memory files. */
#include "cli/observed_run.h"

#include <string.h>

#include "base/arena.h"
#include "front/front.h"
#include "os/file.h"
#include "os/shared_memory.h"

enum { MAX_RECORD_BYTES = 1 << 30, MAX_OUTPUT_BYTES = 1 << 16 };

static size_t
count_words(const char *const *words)
{
    size_t count = 0;

    while (words[count]) {
        count++;
    }
    return count;
}

/* The environment of this process, and where the plugin writes. */
static const char **
environment_build(const struct observed_run *run, struct arena *arena, int record_fd)
{
    size_t count = count_words(run->environment);
    const char **environment = arena_alloc(arena, (count + 2) * sizeof *environment);
    struct text variable = {0};

    memcpy(environment, run->environment, count * sizeof *environment);
    text_add_format(&variable, "%s=", run->variable);
    descriptor_path(record_fd, &variable);
    environment[count] = arena_copy_string(arena, variable.bytes);
    environment[count + 1] = NULL;
    text_release(&variable);
    return environment;
}

/* HEAD... -p PLUGIN WORDS... */
static const char **
argv_build(const struct observed_run *run, struct arena *arena)
{
    size_t count = count_words(run->head);
    const char **argv = arena_alloc(arena, (count + run->word_count + 3) * sizeof *argv);

    memcpy(argv, run->head, count * sizeof *argv);
    argv[count] = "-p";
    argv[count + 1] = run->plugin;
    if (run->word_count) {
        memcpy(argv + count + 2, run->words, run->word_count * sizeof *argv);
    }
    argv[count + 2 + run->word_count] = NULL;
    return argv;
}

bool
observed_run(const struct observed_run *run, struct text *record, struct text *output,
             struct process_status *status_out, struct error *error)
{
    struct shared_memory record_file = SHARED_MEMORY_EMPTY;
    struct shared_memory output_file = SHARED_MEMORY_EMPTY;
    struct arena arena = {0};
    bool is_ok = false;

    if (!shared_memory_create(&record_file, "fastest-record", 0, error) ||
        !shared_memory_create(&output_file, "fastest-output", 0, error)) {
        goto done;
    }
    struct process_request request = {
        .argv = argv_build(run, &arena),
        .environment = environment_build(run, &arena, record_file.fd),
        .kept_fds = {-1, -1},
        .output_fd = output_file.fd,
    };
    is_ok = program_run(&request, status_out, error) &&
            descriptor_read(record_file.fd, MAX_RECORD_BYTES, record, error) &&
            descriptor_read(output_file.fd, MAX_OUTPUT_BYTES, output, error);

done:
    arena_release(&arena);
    shared_memory_close(&output_file);
    shared_memory_close(&record_file);
    return is_ok;
}
