/* The cache folder of a project, as pytest's cache provider makes it. Private to discover/. */
#ifndef DISCOVER_CACHE_FOLDER_H
#define DISCOVER_CACHE_FOLDER_H

#include <stdbool.h>

/* Makes the folders above "CACHE/d/fastest/FILE", and the cache folder with what pytest puts there. */
bool cache_folder_make_for(const char *path);

#endif
