/* .pytest_cache: made under another name, and renamed when complete. */
#include "discover/cache_folder.h"

#include <string.h>

#include "base/text.h"
#include "discover/discover.h"
#include "os/folder.h"
#include "os/source_file.h"
#include "os/temporary.h"

const struct cache_folder_file CACHE_FOLDER_FILES[] = {
    {"README.md", "# pytest cache directory #\n"
                  "\n"
                  "This directory contains data from the pytest's cache plugin,\n"
                  "which provides the `--lf` and `--ff` options, as well as the `cache` fixture.\n"
                  "\n"
                  "**Do not** commit this to version control.\n"
                  "\n"
                  "See [the docs](https://docs.pytest.org/en/stable/how-to/cache.html) for more information.\n"},
    {".gitignore", "# Created by pytest automatically.\n"
                   "*\n"},
    {"CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n"
                     "# This file is a cache directory tag created by pytest.\n"
                     "# For information about cache directory tags, see:\n"
                     "#\thttps://bford.info/cachedir/spec.html\n"},
    {NULL, NULL},
};

static bool
make_complete(const char *folder)
{
    struct text path = {0};
    bool is_done = folder_make(folder);

    for (size_t i = 0; is_done && CACHE_FOLDER_FILES[i].name; i++) {
        text_clear(&path);
        text_add_format(&path, "%s/%s", folder, CACHE_FOLDER_FILES[i].name);
        is_done =
            file_replace(path.bytes, CACHE_FOLDER_FILES[i].content, strlen(CACHE_FOLDER_FILES[i].content), NULL, 0);
    }
    text_release(&path);
    return is_done;
}

bool
cache_folder_make(const char *path)
{
    struct text temporary = {0};
    const char *slash = strrchr(path, '/');

    if (file_kind_of(path, NULL) == FILE_FOLDER) {
        return true;
    }
    text_add(&temporary, path, slash ? (size_t)(slash - path + 1) : 0);
    text_add_format(&temporary, "pytest-cache-files-%08x", (unsigned)current_process_id());
    /* When another process was faster, its folder is as good. */
    bool is_done = make_complete(temporary.bytes) && path_rename(temporary.bytes, path);
    if (!is_done) {
        tree_remove(temporary.bytes, NULL, NULL);
    }
    text_release(&temporary);
    return is_done || file_kind_of(path, NULL) == FILE_FOLDER;
}

bool
cache_folder_make_for(const char *path)
{
    struct text folder = {0};
    bool is_done = false;

    text_add_string(&folder, path);
    for (int levels = 0; levels < 3; levels++) {
        char *slash = strrchr(folder.bytes, '/');
        folder.length = slash ? (size_t)(slash - folder.bytes) : 0;
        folder.bytes[folder.length] = '\0';
    }
    is_done = cache_folder_make(folder.bytes);
    if (is_done) {
        const char *slash = strrchr(path, '/');
        text_clear(&folder);
        text_add(&folder, path, (size_t)(slash - path));
        is_done = folder_make(folder.bytes);
    }
    text_release(&folder);
    return is_done;
}
