/* Shell patterns as Python's fnmatch understands them. */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>

/* fnmatch.fnmatchcase(text, pattern): `*` also matches slashes; UTF-8, `?` is one character. */
bool glob_match(const char *pattern, const char *text);

/* fnmatch_ex() of pytest: a pattern without a slash is matched against the last part of the path. */
bool glob_match_path(const char *pattern, const char *path);

#endif
