/* Paths as text. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <string.h>

/* Its last part: what stands behind the last slash, or all of it. */
static inline const char *
path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether it is named as a Python source: anything and ".py". */
static inline bool
path_is_python(const char *path)
{
    const size_t length = strlen(path);
    return length > 3 && memcmp(path + length - 3, ".py", 3) == 0;
}

#endif
