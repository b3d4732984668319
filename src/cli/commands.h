/* The commands of the executable, one file each. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stddef.h>

#include "base/error.h"

/* What follows the command's name. */
struct command_line {
    const char *const *words;
    size_t word_count;
    const char *const *environment;
};

/* Each returns the exit status. */
int command_discover(const struct command_line *line);
int command_run(const struct command_line *line);
int command_verify(const struct command_line *line);
int command_version(const struct command_line *line);

/* Prints "fastest: message" and returns the exit status that belongs to the kind of error, pytest's numbers. */
int complain(const struct error *error);

/* Takes our own options out of the words: --python PATH or --python=PATH, not behind `--`. */
struct own_options {
    const char *python; /* NULL when not given */
    const char **rest;  /* what the host gets */
    size_t rest_count;
};
/* `rest` must have room for all words. */
MUST_CHECK bool own_options_take(const struct command_line *line, const char **rest, struct own_options *options,
                                 struct error *error);

#endif
