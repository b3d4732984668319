/* The folders of sys.path as site.py adds them, with those that .pth files name. Private to discover/. */
#ifndef DISCOVER_SITE_FOLDERS_H
#define DISCOVER_SITE_FOLDERS_H

#include <stdbool.h>

#include "base/table.h"
#include "discover/string_list.h"

/* Zero-initialised but for `arena` is empty; release `seen`. */
struct site_folders {
    struct arena *arena;
    struct string_list folders;
    struct table seen;
    bool runs_code; /* a .pth file runs code that may change how modules are found */
};

/* Adds an absolute path once, whether it exists or not. */
void site_folder_add(struct site_folders *site, const char *folder);

/* site.addsitedir(): the folder, if it is one, and what its .pth files name. */
void site_packages_add(struct site_folders *site, const char *folder);

#endif
