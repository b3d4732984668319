/* Arguments of the command line: which paths and parts of files they name, and which of them cover others. */
#include "discover/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "os/folder.h"

/* ---- Taking apart ---- */

static bool
split(const struct discover_settings *settings, const char *given, struct arena *arena, struct walk_argument *argument,
      struct error *error)
{
    struct text path = {0};
    size_t base_length = strcspn(given, "[");
    const char *base = arena_copy_bytes(arena, given, base_length);
    const char *separator = strstr(base, "::");

    if (separator) {
        argument->names = separator + 2;
        argument->selector = arena_copy_string(arena, given + (separator - base) + 2);
    }
    if (given[base_length] == '[') {
        if (!separator) {
            return error_set(error, ERROR_USAGE, "path cannot contain [] parametrization: %s", given);
        }
        argument->brackets = arena_copy_string(arena, given + base_length);
    }
    const char *relative = separator ? arena_copy_bytes(arena, base, (size_t)(separator - base)) : base;
    path_add_absolute(&path, settings->folder, relative);
    argument->path = arena_copy_string(arena, text_string(&path));
    text_release(&path);

    enum file_kind kind = file_kind_of(argument->path, NULL);
    argument->is_folder = kind == FILE_FOLDER;
    if (kind == FILE_MISSING) {
        return error_set(error, ERROR_USAGE, "file or directory not found: %s", given);
    }
    if (separator && argument->is_folder) {
        return error_set(error, ERROR_USAGE, "directory argument cannot contain :: selection parts: %s", given);
    }
    return true;
}

/* ---- Leaving out what others cover ---- */

/* Compares until either text or `separator` ends: by the parts between separators. */
static int
compare_parts(const char *left, const char *right, char separator)
{
    size_t i = 0;

    while (left[i] && left[i] == right[i]) {
        i++;
    }
    unsigned a = left[i] == separator ? 1 : (unsigned char)left[i] + (left[i] ? 1u : 0u);
    unsigned b = right[i] == separator ? 1 : (unsigned char)right[i] + (right[i] ? 1u : 0u);
    return a < b ? -1 : a > b;
}

static const char *
or_empty(const char *text)
{
    return text ? text : "";
}

static int
compare_arguments(const void *left, const void *right)
{
    const struct walk_argument *a = left;
    const struct walk_argument *b = right;
    int order = compare_parts(a->path, b->path, '/');

    if (order == 0 && (a->names != NULL) != (b->names != NULL)) {
        order = a->names ? 1 : -1;
    }
    if (order == 0) {
        order = compare_parts(or_empty(a->names), or_empty(b->names), ':');
    }
    if (order == 0) {
        order = strcmp(or_empty(a->brackets), or_empty(b->brackets));
    }
    return order ? order : a->position < b->position ? -1 : 1;
}

static int
compare_positions(const void *left, const void *right)
{
    const struct walk_argument *a = left;
    const struct walk_argument *b = right;
    return a->position < b->position ? -1 : 1;
}

/* Whether `text` is `prefix`, or goes on behind it with `separator`. */
static bool
begins_with_parts(const char *text, const char *prefix, const char *separator)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 &&
           (!text[length] || strncmp(text + length, separator, strlen(separator)) == 0);
}

static bool
is_covered(const struct walk_argument *argument, const struct walk_argument *by)
{
    if (strcmp(argument->path, by->path) != 0) {
        bool is_root = strcmp(by->path, "/") == 0;
        return !by->names && (is_root || begins_with_parts(argument->path, by->path, "/"));
    }
    if (by->names && (!argument->names || !begins_with_parts(argument->names, by->names, "::"))) {
        return false;
    }
    return !by->brackets || (argument->brackets && strcmp(argument->brackets, by->brackets) == 0);
}

static void
leave_out_covered(struct walk_arguments *arguments)
{
    size_t kept = 0;

    qsort(arguments->items, arguments->count, sizeof *arguments->items, compare_arguments);
    for (size_t i = 0; i < arguments->count; i++) {
        if (kept == 0 || !is_covered(&arguments->items[i], &arguments->items[kept - 1])) {
            arguments->items[kept++] = arguments->items[i];
        }
    }
    arguments->count = kept;
    qsort(arguments->items, arguments->count, sizeof *arguments->items, compare_positions);
}

/* ---- All of them ---- */

static void
note_paths(struct walk_arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++) {
        const char *path = arguments->items[i].path;
        size_t length = strlen(path);
        table_set(&arguments->initial, path, length, &arguments->items[i]);
        while (length && !table_find(&arguments->parents, path, length)) {
            table_set(&arguments->parents, path, length, arguments);
            while (length > 1 && path[length - 1] != '/') {
                length--;
            }
            length -= length > 1 ? 1 : 0;
        }
    }
}

bool
walk_arguments_read(const struct discover_settings *settings, struct arena *arena, struct walk_arguments *arguments_out,
                    struct error *error)
{
    *arguments_out = (struct walk_arguments){0};
    arguments_out->items = arena_alloc_zeroed(arena, (settings->argument_count + 1) * sizeof *arguments_out->items);
    for (size_t i = 0; i < settings->argument_count; i++) {
        struct walk_argument *argument = &arguments_out->items[arguments_out->count++];
        argument->position = i;
        if (!split(settings, settings->arguments[i], arena, argument, error)) {
            return false;
        }
    }
    if (!settings->keeps_duplicates) {
        leave_out_covered(arguments_out);
    }
    note_paths(arguments_out);
    return true;
}

void
walk_arguments_release(struct walk_arguments *arguments)
{
    table_release(&arguments->initial);
    table_release(&arguments->parents);
}
