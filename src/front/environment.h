/* The Python environment that this executable is installed in. Private to src/front. */
#ifndef FRONT_ENVIRONMENT_H
#define FRONT_ENVIRONMENT_H

#include <stdbool.h>

#include "base/text.h"

/* Zero-initialised is empty. */
struct environment {
    struct text folder;   /* its prefix: bin/ is in it */
    struct text packages; /* the site-packages folder that holds our package */
};
void environment_release(struct environment *environment);

/* False when this executable is in none (used in place, for instance). */
bool environment_find_own(struct environment *environment);

/* Whether fastest is the only thing that somebody asked for there, as pipx and `uv tool install` make them. */
bool environment_is_tool(const struct environment *environment);

#endif
