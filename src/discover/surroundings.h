/* Environment variables and paths, as questions are asked about them. Private to discover/. */
#ifndef DISCOVER_SURROUNDINGS_H
#define DISCOVER_SURROUNDINGS_H

#include "base/arena.h"

/* The value of a variable in a NULL-terminated environment (which may be NULL); NULL: not set. */
const char *environment_find(const char *const *environment, const char *name);

/* os.path.abspath() of `path` seen from `folder`. */
const char *path_from(struct arena *arena, const char *folder, const char *path);

/* os.path.expandvars(os.path.expanduser(path)): unknown variables and other users' homes stay as they are. */
const char *path_expand(struct arena *arena, const char *const *environment, const char *path);

#endif
