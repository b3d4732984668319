/* fastest [run] [pytest's arguments]: one test session. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/commands.h"
#include "front/front.h"

enum { EXIT_INTERNAL_ERROR = 3, EXIT_USAGE_ERROR = 4 };

int
complain(const struct error *error)
{
    fprintf(stderr, "fastest: %s\n", error->message);
    return error->kind == ERROR_USAGE ? EXIT_USAGE_ERROR : EXIT_INTERNAL_ERROR;
}

bool
own_options_take(const struct command_line *line, const char **rest, struct own_options *options, struct error *error)
{
    static const char NAME[] = "--python";
    size_t name_length = strlen(NAME);
    bool is_over = false;

    *options = (struct own_options){.rest = rest};
    for (size_t i = 0; i < line->word_count; i++) {
        const char *word = line->words[i];
        is_over = is_over || strcmp(word, "--") == 0;
        if (is_over || strncmp(word, NAME, name_length) != 0 || (word[name_length] && word[name_length] != '=')) {
            rest[options->rest_count++] = word;
        } else if (word[name_length] == '=') {
            options->python = word + name_length + 1;
        } else if (++i < line->word_count) {
            options->python = line->words[i];
        } else {
            return error_set(error, ERROR_USAGE, "--python needs the path of an interpreter");
        }
    }
    if (options->python && !*options->python) {
        return error_set(error, ERROR_USAGE, "--python needs the path of an interpreter");
    }
    return true;
}

/* Where the host would have written it. */
static void
show_stacks(const struct text *stacks)
{
    fwrite(stacks->bytes, 1, stacks->length, stderr);
}

int
command_run(const struct command_line *line)
{
    const char **rest = memory_alloc((line->word_count + 1) * sizeof *rest);
    struct own_options options;
    struct interpreter interpreter = {0};
    struct process_status status = {0};
    struct error error = ERROR_INIT;
    bool is_ok =
        own_options_take(line, rest, &options, &error) && interpreter_choose(options.python, &interpreter, &error);

    if (is_ok) {
        struct run_request request = {
            .interpreter = &interpreter,
            .arguments = options.rest,
            .argument_count = options.rest_count,
            .environment = line->environment,
            .show_stacks = show_stacks,
        };
        is_ok = host_run(&request, &status, &error);
    }
    interpreter_release(&interpreter);
    memory_free(rest);
    if (!is_ok) {
        return complain(&error);
    }
    process_end_like(&status);
}
