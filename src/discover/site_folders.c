/* Reads .pth files: a line is a folder, or a statement that Python runs at its start. */
#include "discover/site_folders.h"

#include <string.h>

#include "base/text.h"
#include "discover/surroundings.h"
#include "os/file.h"
#include "os/folder.h"

enum { MAX_FILE_BYTES = 1024 * 1024 };

void
site_folder_add(struct site_folders *site, const char *folder)
{
    size_t length = strlen(folder);

    if (!table_find(&site->seen, folder, length)) {
        table_set(&site->seen, folder, length, site);
        string_list_add(&site->folders, site->arena, folder);
    }
}

static bool
ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text);
    size_t suffix_length = strlen(suffix);
    return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

/* Files whose code has nothing to do with where modules are found. */
static bool
is_harmless(const char *name)
{
    static const char *const NAMES[] = {
        "distutils-precedence.pth", "_virtualenv.pth",   "a1_coverage.pth", "coverage.pth",
        "pytest-cov.pth",           "init_cov_core.pth", "debugpy.pth",     "ruamel.pth",
    };

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return true;
        }
    }
    return ends_with(name, "-nspkg.pth"); /* old namespace packages, whose folders are on the path anyway */
}

static void
read_line(struct site_folders *site, const char *folder, const char *file, const char *line, size_t length)
{
    if (length == 0 || line[0] == '#' || strspn(line, " \t\r\f\v") >= length) {
        return;
    }
    if (length > 6 && (strncmp(line, "import ", 7) == 0 || strncmp(line, "import\t", 7) == 0)) {
        site->runs_code = site->runs_code || !is_harmless(file);
        return;
    }
    while (length && strchr(" \t\r\f\v", line[length - 1])) {
        length--;
    }
    const char *path = path_from(site->arena, folder, arena_copy_bytes(site->arena, line, length));
    if (file_exists(path)) {
        site_folder_add(site, path);
    }
}

static void
read_path_file(struct site_folders *site, const char *folder, const char *name)
{
    struct text path = {0};
    struct text bytes = {0};
    struct error error = ERROR_INIT;

    text_add_format(&path, "%s/%s", folder, name);
    if (file_read(text_string(&path), MAX_FILE_BYTES, &bytes, &error)) {
        const char *at = text_string(&bytes);
        at += strncmp(at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        while (*at) {
            size_t length = strcspn(at, "\n");
            read_line(site, folder, name, at, length);
            at += length + (at[length] == '\n');
        }
    }
    text_release(&path);
    text_release(&bytes);
}

void
site_packages_add(struct site_folders *site, const char *folder)
{
    struct text names = {0};
    struct string_list files = {0};

    if (!file_is_folder(folder)) {
        return;
    }
    const char *absolute = path_from(site->arena, "/", folder);
    site_folder_add(site, absolute);
    (void)folder_list(absolute, &names);
    for (size_t at = 0; at < names.length; at += strlen(names.bytes + at) + 1) {
        const char *name = names.bytes + at;
        if (name[0] != '.' && ends_with(name, ".pth")) {
            string_list_add(&files, site->arena, arena_copy_string(site->arena, name));
        }
    }
    string_list_sort(&files);
    for (size_t i = 0; i < files.count; i++) {
        read_path_file(site, absolute, files.items[i]);
    }
    text_release(&names);
}
