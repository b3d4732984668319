/* Folders and files in the order in which pytest collects them, and the conftests above them. */
#include "discover/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/text.h"
#include "os/folder.h"

/* A folder, and what of it is not for the other stages. */
struct visited {
    struct source_folder folder;
    struct visited *parent;
    struct ignore_list ignored, ignored_globs;
    bool is_beneath_link;
};

struct walker {
    const struct discover_settings *settings;
    struct library *library;
    struct arena *arena;
    struct walk_arguments arguments;
    struct table folders;      /* path -> struct visited */
    struct arena scratch;      /* listings, while their folder is visited */
    bool has_disjoint_targets; /* no file can be met twice */
    struct walk *walk;
};

static void
add_problem(struct walker *walker, const char *path, const char *message)
{
    struct walk *walk = walker->walk;
    const char *root = walker->settings->project.root_folder;
    size_t length = strlen(root);

    if (strncmp(path, root, length) == 0 && path[length] == '/') {
        path += length + 1;
    }
    walk->problems = arena_grow(walker->arena, walk->problems, walk->problem_count, sizeof *walk->problems);
    walk->problems[walk->problem_count++] = (struct discovery_problem){.path = path, .message = message};
}

static char *
path_join(struct arena *arena, const char *folder, const char *name)
{
    size_t folder_length = strlen(folder);
    size_t name_length = strlen(name);
    char *path = arena_alloc(arena, folder_length + name_length + 2);

    folder_length -= folder_length == 1 && *folder == '/' ? 1 : 0;
    memcpy(path, folder, folder_length);
    path[folder_length] = '/';
    memcpy(path + folder_length + 1, name, name_length + 1);
    return path;
}

/* What the ids of a file begin with: relative to the root, else to the argument that it was found through. */
static const char *
nodeid_of(const struct walker *walker, const char *path)
{
    const char *root = walker->settings->project.root_folder;
    size_t length = strlen(root);

    if (strncmp(path, root, length) == 0 && (path[length] == '/' || strcmp(root, "/") == 0)) {
        return path + length + (path[length] == '/' ? 1 : 0);
    }
    for (size_t end = strlen(path); end > 0; end--) {
        bool is_end = path[end] == '\0' || path[end] == '/';
        if (is_end && table_find(&walker->arguments.initial, path, end)) {
            return path + end + (path[end] ? 1 : 0);
        }
    }
    return path;
}

/* ---- Folders ---- */

static struct source *
add_source(struct walker *walker, struct visited *visited, const char *path, bool is_new)
{
    struct source *source = library_add(walker->library, path, is_new);

    source->folder = &visited->folder;
    source->nodeid = nodeid_of(walker, source->path);
    return source;
}

static void
read_rules(struct walker *walker, struct visited *visited)
{
    const struct source_folder *folder = &visited->folder;

    if (visited->parent) {
        visited->ignored = visited->parent->ignored;
        visited->ignored_globs = visited->parent->ignored_globs;
    }
    if (folder->conftest) {
        const struct facts *facts = source_facts(walker->library, folder->conftest);
        ignore_list_read(facts, "collect_ignore", folder->conftest, walker->arena, &visited->ignored);
        ignore_list_read(facts, "collect_ignore_glob", folder->conftest, walker->arena, &visited->ignored_globs);
    }
    visited->folder.reason = visited->ignored.reason ? visited->ignored.reason : visited->ignored_globs.reason;
}

static void
make_key(struct visited *visited)
{
    struct source_folder *folder = &visited->folder;
    const char *name = strrchr(folder->path, '/');
    struct text text = {0};

    if (visited->parent && name) {
        text_add(&text, (const char *)visited->parent->folder.key, sizeof folder->key);
        text_add_string(&text, name);
    } else {
        text_add_string(&text, folder->path);
    }
    text_add_char(&text, (char)((folder->conftest ? 1 : 0) | (folder->init ? 2 : 0)));
    hash_128(text.bytes, text.length, folder->key);
    text_release(&text);
}

/* `path` is kept. */
static struct visited *
visit(struct walker *walker, const char *path, struct visited *parent, bool has_conftest, bool has_init)
{
    struct visited *visited = arena_alloc_zeroed(walker->arena, sizeof *visited);
    struct walk *walk = walker->walk;

    visited->folder.path = path;
    visited->folder.parent = parent ? &parent->folder : NULL;
    visited->parent = parent;
    visited->is_beneath_link = parent && parent->is_beneath_link;
    table_set(&walker->folders, path, strlen(path), visited);
    if (has_conftest && !walker->settings->has_noconftest) {
        struct source *conftest = add_source(walker, visited, path_join(walker->arena, path, "conftest.py"), false);
        visited->folder.conftest = conftest;
        walk->conftests = arena_grow(walker->arena, walk->conftests, walk->conftest_count, sizeof *walk->conftests);
        walk->conftests[walk->conftest_count++] = conftest;
    }
    if (has_init) {
        visited->folder.init = add_source(walker, visited, path_join(walker->arena, path, "__init__.py"), false);
    }
    read_rules(walker, visited);
    make_key(visited);
    return visited;
}

/* Conftests count in a folder unless it is above confcutdir. */
static bool
is_in_confcutdir(const struct walker *walker, const char *path)
{
    const char *cut = walker->settings->confcutdir;
    size_t length = strlen(path);

    if (!cut) {
        return true;
    }
    length -= length == 1 ? 1 : 0;
    return !(strncmp(cut, path, length) == 0 && cut[length] == '/' && cut[length + 1]);
}

static bool
has_file(struct walker *walker, const char *folder, const char *name)
{
    return file_kind_of(path_join(&walker->scratch, folder, name), NULL) == FILE_REGULAR;
}

/* The folder and those above it, asking for their conftests one by one; NULL above confcutdir. */
static struct visited *
visit_above(struct walker *walker, const char *path)
{
    struct visited *visited = table_find(&walker->folders, path, strlen(path));
    const char *slash = strrchr(path, '/');
    struct visited *parent = NULL;

    if (visited || !is_in_confcutdir(walker, path)) {
        return visited;
    }
    if (slash && path[1]) {
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        parent = visit_above(walker, arena_copy_bytes(walker->arena, path, length));
    }
    return visit(walker, path, parent, has_file(walker, path, "conftest.py"), has_file(walker, path, "__init__.py"));
}

/* ---- What is left out ---- */

static bool
is_in_list(const char *const *items, const char *path)
{
    for (size_t i = 0; items && items[i]; i++) {
        if (strcmp(items[i], path) == 0) {
            return true;
        }
    }
    return false;
}

static bool
matches_list(const char *const *patterns, const char *path)
{
    for (size_t i = 0; patterns && patterns[i]; i++) {
        if (glob_match(patterns[i], path)) {
            return true;
        }
    }
    return false;
}

static bool
matches_path_list(const char *const *patterns, const char *path)
{
    for (size_t i = 0; patterns[i]; i++) {
        if (glob_match_path(patterns[i], path)) {
            return true;
        }
    }
    return false;
}

static bool
is_ignored(const struct walker *walker, const struct visited *visited, const char *path)
{
    return is_in_list(visited->ignored.items, path) || is_in_list(walker->settings->ignored, path) ||
           matches_list(visited->ignored_globs.items, path) || matches_list(walker->settings->ignored_globs, path);
}

/* ---- Walking ---- */

static const struct folder_entry *
find_entry(const struct folder_entries *entries, const char *name)
{
    size_t low = 0;
    size_t high = entries->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = names_compare(entries->items[middle].name, name);
        if (order == 0) {
            return &entries->items[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static bool
has_regular(const struct folder_entries *entries, const char *name)
{
    const struct folder_entry *entry = find_entry(entries, name);
    return entry && entry->kind == FILE_REGULAR;
}

static bool
is_environment(struct walker *walker, const char *path, const struct folder_entries *entries)
{
    const struct folder_entry *conda = find_entry(entries, "conda-meta");

    return has_regular(entries, "pyvenv.cfg") ||
           (conda && conda->kind == FILE_FOLDER && has_file(walker, path, "conda-meta/history"));
}

static void
add_file(struct walker *walker, struct source *source, const char *selector)
{
    struct walk *walk = walker->walk;
    struct walked_file *last = walk->file_count ? &walk->files[walk->file_count - 1] : NULL;

    if (selector && last && last->source == source && last->selectors) {
        last->selectors = arena_grow(walker->arena, (void *)last->selectors, last->selector_count, sizeof selector);
        ((const char **)last->selectors)[last->selector_count++] = selector;
        return;
    }
    walk->files = arena_grow(walker->arena, walk->files, walk->file_count, sizeof *walk->files);
    last = &walk->files[walk->file_count++];
    *last = (struct walked_file){.source = source};
    if (selector) {
        last->selectors = arena_grow(walker->arena, NULL, 0, sizeof selector);
        ((const char **)last->selectors)[last->selector_count++] = selector;
    }
}

/* Text files that the doctest plugin collects. Its globs are given while it is there. */
static bool
is_doctest(const struct walker *walker, const char *path, bool is_initial)
{
    const char *const *globs = walker->settings->doctest_globs;
    size_t length = strlen(path);

    if (!globs || !globs[0]) {
        return false;
    }
    return (is_initial && length > 4 &&
            (strcmp(path + length - 4, ".txt") == 0 || strcmp(path + length - 4, ".rst") == 0)) ||
           matches_path_list(globs, path);
}

static bool
is_collected(const struct walker *walker, const char *path, bool is_initial)
{
    if (path_is_python(strrchr(path, '/') + 1)) {
        return is_initial || matches_path_list(walker->settings->python_files, path);
    }
    return is_doctest(walker, path, is_initial);
}

static void
walk_file(struct walker *walker, struct visited *visited, const char *name)
{
    struct source_folder *folder = &visited->folder;
    struct source *source = NULL;
    const char *path = path_join(&walker->scratch, folder->path, name);
    bool is_initial = table_find(&walker->arguments.initial, path, strlen(path)) != NULL;

    if (!is_collected(walker, path, is_initial) || (!is_initial && is_ignored(walker, visited, path))) {
        return;
    }
    if (strcmp(name, "conftest.py") == 0 || strcmp(name, "__init__.py") == 0 || !walker->has_disjoint_targets) {
        source = add_source(walker, visited, arena_copy_string(walker->arena, path), false);
    } else {
        source = add_source(walker, visited, arena_copy_string(walker->arena, path), true);
    }
    add_file(walker, source, NULL);
}

/* Whether the folder is one of those above it under another name. */
static bool
is_loop(const char *path, const struct visited *parent)
{
    struct folder_identity own, other;

    if (!folder_identify(path, &own)) {
        return false;
    }
    for (; parent; parent = parent->parent) {
        if (folder_identify(parent->folder.path, &other) && own.device == other.device && own.inode == other.inode) {
            return true;
        }
    }
    return false;
}

static void walk_folder(struct walker *walker, const char *path, struct visited *parent, bool is_link);

static void
walk_entry(struct walker *walker, struct visited *visited, const struct folder_entry *entry)
{
    if (entry->kind == FILE_REGULAR) {
        walk_file(walker, visited, entry->name);
        return;
    }
    if (entry->kind != FILE_FOLDER) {
        return;
    }
    const char *path = path_join(walker->arena, visited->folder.path, entry->name);
    if (!table_find(&walker->arguments.parents, path, strlen(path)) &&
        (strcmp(entry->name, "__pycache__") == 0 || matches_path_list(walker->settings->norecursedirs, path) ||
         is_ignored(walker, visited, path))) {
        return;
    }
    if ((entry->is_link || visited->is_beneath_link) && is_loop(path, visited)) {
        add_problem(walker, path, "links back to a folder that it is in, and is not followed");
        return;
    }
    walk_folder(walker, path, visited, entry->is_link);
}

static int
compare_entries(const void *left, const void *right)
{
    return names_compare(((const struct folder_entry *)left)->name, ((const struct folder_entry *)right)->name);
}

/* They come sorted by bytes, which is another order for few names. */
static void
sort_entries(struct folder_entries *entries)
{
    for (size_t i = 1; i < entries->count; i++) {
        if (compare_entries(&entries->items[i - 1], &entries->items[i]) > 0) {
            qsort(entries->items, entries->count, sizeof *entries->items, compare_entries);
            return;
        }
    }
}

/* `path` is kept. */
static void
walk_folder(struct walker *walker, const char *path, struct visited *parent, bool is_link)
{
    struct folder_entries entries = {0};
    struct arena listing = {0};
    struct visited *visited = table_find(&walker->folders, path, strlen(path));
    int status = folder_scan(path, &listing, &entries);

    if (status != 0) {
        struct text message = {0};
        text_add_format(&message, "cannot be read: %s", strerror(status));
        add_problem(walker, path, arena_copy_string(walker->arena, text_string(&message)));
        text_release(&message);
        goto done;
    }
    sort_entries(&entries);
    if (!visited) {
        if (!walker->settings->collects_in_virtualenv && !table_find(&walker->arguments.parents, path, strlen(path)) &&
            is_environment(walker, path, &entries)) {
            goto done;
        }
        visited =
            visit(walker, path, parent, has_regular(&entries, "conftest.py"), has_regular(&entries, "__init__.py"));
        visited->is_beneath_link = visited->is_beneath_link || is_link;
    }
    if (visited->folder.init) {
        walk_file(walker, visited, "__init__.py");
    }
    for (size_t i = 0; i < entries.count; i++) {
        if (!visited->folder.init || strcmp(entries.items[i].name, "__init__.py") != 0) {
            walk_entry(walker, visited, &entries.items[i]);
        }
    }
done:
    arena_release(&listing);
}

static bool
walk_argument(struct walker *walker, const struct walk_argument *argument, struct error *error)
{
    const char *slash = strrchr(argument->path, '/');
    size_t length = slash == argument->path ? 1 : (size_t)(slash - argument->path);
    struct visited *above = visit_above(walker, arena_copy_bytes(walker->arena, argument->path, length));

    if (argument->is_folder) {
        walk_folder(walker, argument->path, above, false);
        return true;
    }
    if (!is_collected(walker, argument->path, true) || file_kind_of(argument->path, NULL) != FILE_REGULAR) {
        for (const struct visited *folder = above; folder; folder = folder->parent) {
            if (folder->folder.conftest) {
                add_problem(walker, argument->path, "is no Python: whether a plugin collects it is not known");
                return true;
            }
        }
        return error_set(error, ERROR_USAGE, "found no collectors for %s", argument->path);
    }
    if (!above) {
        above = visit(walker, arena_copy_bytes(walker->arena, argument->path, length), NULL, false, false);
    }
    add_file(walker, add_source(walker, above, argument->path, false), argument->selector);
    return true;
}

bool
walk_sources(const struct discover_settings *settings, struct library *library, struct arena *arena,
             struct walk *walk_out, struct error *error)
{
    struct walker walker = {.settings = settings, .library = library, .arena = arena, .walk = walk_out};
    bool is_done = walk_arguments_read(settings, arena, &walker.arguments, error);

    *walk_out = (struct walk){0};
    walker.has_disjoint_targets = !settings->keeps_duplicates;
    for (size_t i = 0; is_done && i < walker.arguments.count; i++) {
        is_done = walk_argument(&walker, &walker.arguments.items[i], error);
        arena_release(&walker.scratch);
    }
    walk_out->folders = arena_alloc(arena, (walker.folders.count + 1) * sizeof *walk_out->folders);
    for (size_t i = 0; i < walker.folders.count; i++) {
        walk_out->folders[walk_out->folder_count++] = walker.folders.entries[i].key;
    }
    table_release(&walker.folders);
    walk_arguments_release(&walker.arguments);
    arena_release(&walker.scratch);
    return is_done;
}
