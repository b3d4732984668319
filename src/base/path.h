/* Paths as text. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <string.h>

/* Its last part: what stands behind the last slash, or all of it. */
static inline const char *
path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

#endif
