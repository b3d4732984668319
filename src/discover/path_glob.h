/* Files by shell pattern. Private to discover/. */
#ifndef DISCOVER_PATH_GLOB_H
#define DISCOVER_PATH_GLOB_H

#include <stddef.h>

#include "base/arena.h"

/* sorted(glob.iglob(pattern, recursive=True)) in `folder`: paths as the pattern spells them. Returns how many. */
size_t path_glob(const char *folder, const char *pattern, struct arena *arena, const char ***paths_out);

#endif
