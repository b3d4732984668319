/* Files by shell pattern, component by component, as Python's glob module finds them. */
#include "discover/path_glob.h"

#include <string.h>

#include "base/glob.h"
#include "base/text.h"
#include "config/config.h"
#include "discover/string_list.h"
#include "os/file.h"
#include "os/folder.h"
#include "os/temporary.h"

enum { MAX_DEPTH = 40 }; /* of folders below a "**": links may loop */

struct search {
    const char *folder;
    struct arena *arena;
    struct string_list found;
};

static bool
has_magic(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr("*?[", text[i])) {
            return true;
        }
    }
    return false;
}

static const char *
absolute(const struct search *search, const char *path)
{
    struct text text = {0};

    path_add_absolute(&text, search->folder, path);
    const char *copy = arena_copy_bytes(search->arena, text_string(&text), text.length);
    text_release(&text);
    return copy;
}

static const char *
joined(struct search *search, const char *path, const char *name, size_t name_length)
{
    size_t length = strlen(path);
    bool needs_slash = length && path[length - 1] != '/';
    char *copy = arena_alloc(search->arena, length + name_length + 2);

    memcpy(copy, path, length);
    copy[length] = '/';
    memcpy(copy + length + needs_slash, name, name_length);
    copy[length + needs_slash + name_length] = '\0';
    return copy;
}

static void descend(struct search *search, const char *path, const char *rest, unsigned depth);

/* `path` matched all but `rest`, which begins behind a component: the end, or slashes and more. */
static void
go_on(struct search *search, const char *path, const char *rest, bool is_folder, unsigned depth)
{
    if (!*rest) {
        string_list_add(&search->found, search->arena, path);
    } else if (is_folder) {
        const char *slashed = joined(search, path, "", 0);
        rest += strspn(rest, "/");
        if (*rest) {
            descend(search, slashed, rest, depth);
        } else {
            string_list_add(&search->found, search->arena, slashed);
        }
    }
}

/* "**": this folder and all below it, but hidden ones. */
static void
descend_all(struct search *search, const char *path, const char *rest, unsigned depth)
{
    struct folder_entries entries = {0};
    const char *more = rest + strspn(rest, "/");

    if (*more) {
        descend(search, path, more, depth);
    } else if (*path) {
        string_list_add(&search->found, search->arena, path);
    }
    if (depth > MAX_DEPTH || folder_scan(absolute(search, path), search->arena, &entries) != 0) {
        return;
    }
    for (size_t i = 0; i < entries.count; i++) {
        const struct folder_entry *entry = &entries.items[i];
        const char *child = joined(search, path, entry->name, strlen(entry->name));
        if (entry->name[0] == '.') {
            continue;
        }
        if (!*rest && entry->kind != FILE_FOLDER) {
            string_list_add(&search->found, search->arena, child);
        } else if (entry->kind == FILE_FOLDER && (*more || !*rest || *rest == '/')) {
            descend_all(search, *more ? joined(search, child, "", 0) : child, rest, depth + 1);
        }
    }
}

/* Matches the first component of `pattern` below `path`, which is "" or ends with a slash. */
static void
descend(struct search *search, const char *path, const char *pattern, unsigned depth)
{
    size_t length = strcspn(pattern, "/");
    const char *rest = pattern + length;
    struct folder_entries entries = {0};

    if (length == 2 && strncmp(pattern, "**", 2) == 0) {
        descend_all(search, path, rest, depth);
        return;
    }
    if (!has_magic(pattern, length)) {
        struct path_facts facts;
        const char *next = joined(search, path, pattern, length);
        if (path_read_facts(absolute(search, next), &facts)) {
            go_on(search, next, rest, file_is_folder(absolute(search, next)), depth);
        }
        return;
    }
    char *component = arena_copy_bytes(search->arena, pattern, length);
    if (folder_scan(absolute(search, path), search->arena, &entries) != 0) {
        return;
    }
    for (size_t i = 0; i < entries.count; i++) {
        const struct folder_entry *entry = &entries.items[i];
        if ((entry->name[0] == '.') == (component[0] == '.') && glob_match(component, entry->name)) {
            go_on(search, joined(search, path, entry->name, strlen(entry->name)), rest, entry->kind == FILE_FOLDER,
                  depth);
        }
    }
}

size_t
path_glob(const char *folder, const char *pattern, struct arena *arena, const char ***paths_out)
{
    struct search search = {.folder = folder, .arena = arena};
    size_t slashes = strspn(pattern, "/");

    if (*pattern) {
        descend(&search, arena_copy_bytes(arena, pattern, slashes), pattern + slashes, 0);
    }
    string_list_sort(&search.found);
    *paths_out = search.found.items;
    return search.found.count;
}
