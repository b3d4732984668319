/* fastest version: what this is, and what it behaves as. */
#include <stdio.h>

#include "cli/commands.h"

int
command_version(const struct command_line *line)
{
    (void)line;
    puts("fastest " FASTEST_VERSION " (behaves as pytest " FASTEST_PYTEST_VERSION ")");
    return 0;
}
