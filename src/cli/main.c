/* The native executable: chooses the command. */
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "os/file.h"

extern char **environ;

struct command {
    const char *name;
    int (*run)(const struct command_line *line);
};

static const struct command COMMANDS[] = {
    {"discover", command_discover},
    {"run", command_run},
    {"verify", command_verify},
    {"version", command_version},
};

/* A command is only ever the first word, and only where no file or folder of that name could be meant. */
static const struct command *
command_find(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < COUNT_OF(COMMANDS); i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0) {
            return file_exists(argv[1]) ? NULL : &COMMANDS[i];
        }
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    const struct command *command = command_find(argc, argv);
    int first = command ? 2 : 1;
    struct command_line line = {
        .words = (const char *const *)argv + (argc > 0 ? first : 0),
        .word_count = argc > first ? (size_t)(argc - first) : 0,
        .environment = (const char *const *)environ,
    };

    return command ? command->run(&line) : command_run(&line);
}
