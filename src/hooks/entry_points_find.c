/* Finds *.dist-info/entry_points.txt along sys.path, and reads it. */
#include <ctype.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "hooks/entry_points.h"
#include "os/file.h"
#include "py/py.h"

enum { MAX_FILE_BYTES = 16 * 1024 * 1024 };

/* ---- one file ---- */

static void
add_point(struct entry_points *found, const char *name, size_t name_length, const char *value, size_t value_length,
          const char *folder)
{
    size_t end = 0;
    size_t start = 0;

    while (end < value_length && value[end] != ':' && value[end] != '[' && !isspace((unsigned char)value[end])) {
        end++;
    }
    if (found->count == found->capacity) {
        found->capacity = found->capacity ? 2 * found->capacity : 16;
        found->points = memory_resize(found->points, found->capacity * sizeof *found->points);
    }
    struct entry_point *point = &found->points[found->count++];
    *point = (struct entry_point){
        .name = arena_copy_bytes(&found->arena, name, name_length),
        .module = arena_copy_bytes(&found->arena, value, end),
        .attribute = "",
        .folder = folder,
    };
    while (end < value_length && isspace((unsigned char)value[end])) {
        end++;
    }
    if (end < value_length && value[end] == ':') {
        start = end + 1;
        while (start < value_length && isspace((unsigned char)value[start])) {
            start++;
        }
        end = start;
        while (end < value_length && value[end] != '[' && !isspace((unsigned char)value[end])) {
            end++;
        }
        point->attribute = arena_copy_bytes(&found->arena, value + start, end - start);
    }
}

static void
trim(const char **text, size_t *length)
{
    while (*length > 0 && isspace((unsigned char)**text)) {
        ++*text;
        --*length;
    }
    while (*length > 0 && isspace((unsigned char)(*text)[*length - 1])) {
        --*length;
    }
}

static void
read_line(struct entry_points *found, const char *line, size_t length, const char *folder)
{
    const char *equals = memchr(line, '=', length);

    if (!equals) {
        return;
    }
    const char *name = line;
    size_t name_length = (size_t)(equals - line);
    const char *value = equals + 1;
    size_t value_length = length - name_length - 1;
    trim(&name, &name_length);
    trim(&value, &value_length);
    add_point(found, name, name_length, value, value_length, folder);
}

/* Adds the entry points of `group` from the text of an entry_points.txt. */
static void
read_entry_points(struct entry_points *found, const struct text *text, const char *group, const char *folder)
{
    const char *end = text->bytes + text->length;
    size_t group_length = strlen(group);
    bool is_in_group = false;

    for (const char *line = text->bytes; line && line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *next = newline ? newline + 1 : end;
        size_t length = (size_t)((newline ? newline : end) - line);
        trim(&line, &length);
        if (length > 1 && *line == '[' && line[length - 1] == ']') {
            is_in_group = length - 2 == group_length && memcmp(line + 1, group, group_length) == 0;
        } else if (is_in_group && length > 0 && *line != '#') {
            read_line(found, line, length, folder);
        }
        line = next;
    }
}

/* ---- one folder of sys.path ---- */

static bool
has_info_suffix(const char *name)
{
    size_t length = strlen(name);
    return length > 10 &&
           (strcasecmp(name + length - 10, ".dist-info") == 0 || strcasecmp(name + length - 10, ".egg-info") == 0 ||
            strcasecmp(name + length - 9, ".egg-info") == 0);
}

/* The project's name from "Some.Name-1.0.dist-info", lower case with "_" for runs of "-_.". */
static size_t
normalized_name(const char *name, char *out, size_t out_bytes)
{
    size_t length = strlen(name);
    size_t used = 0;

    length = (size_t)(strrchr(name, '.') - name);
    const char *dash = memchr(name, '-', length);
    length = dash ? (size_t)(dash - name) : length;
    for (size_t i = 0; i < length && used < out_bytes; i++) {
        bool is_separator = name[i] == '-' || name[i] == '_' || name[i] == '.';
        if (is_separator && used > 0 && out[used - 1] == '_') {
            continue;
        }
        out[used++] = is_separator ? '_' : (char)tolower((unsigned char)name[i]);
    }
    return used;
}

/* The distributions of one folder: importlib.metadata groups them by name, in the order of the folder. */
struct distribution {
    const char *folder;
    struct distribution *next;
};

static void
add_distribution(struct arena *arena, struct table *table, const char *folder, const char *name)
{
    enum { NAME_BYTES = 256 };
    char key[NAME_BYTES];
    struct text path = {0};
    size_t length = normalized_name(name, key, sizeof key);
    struct distribution *distribution = arena_alloc_zeroed(arena, sizeof *distribution);
    struct distribution *first = table_find(table, key, length);

    text_add_format(&path, "%s/%s", folder, name);
    distribution->folder = arena_copy_bytes(arena, path.bytes, path.length);
    text_release(&path);
    if (!first) {
        table_set(table, arena_copy_bytes(arena, key, length), length, distribution);
        return;
    }
    while (first->next) {
        first = first->next;
    }
    first->next = distribution;
}

static void
scan_folder(const char *folder, const char *group, struct entry_points *found)
{
    struct text names = {0};
    struct text path = {0};
    struct text content = {0};
    struct table table = {0};

    if (folder_list(folder, &names)) {
        for (const char *name = names.bytes; name && name < names.bytes + names.length; name += strlen(name) + 1) {
            if (has_info_suffix(name)) {
                add_distribution(&found->arena, &table, folder, name);
            }
        }
    }
    for (size_t i = 0; i < table.count; i++) {
        for (const struct distribution *one = table.entries[i].value; one; one = one->next) {
            struct error error = ERROR_INIT;
            text_clear(&path);
            text_clear(&content);
            text_add_format(&path, "%s/entry_points.txt", one->folder);
            if (file_read(text_string(&path), MAX_FILE_BYTES, &content, &error)) {
                read_entry_points(found, &content, group, one->folder);
            }
        }
    }
    table_release(&table);
    text_release(&names);
    text_release(&path);
    text_release(&content);
}

void
entry_points_drop(struct entry_points *found)
{
    if (!found || --found->references > 0) {
        return;
    }
    Py_XDECREF(found->group);
    Py_XDECREF(found->path);
    arena_release(&found->arena);
    memory_free(found->points);
    memory_free(found);
}

int
entry_points_is_current(const struct entry_points *found, PyObject *group)
{
    PyObject *borrowed_path = PySys_GetObject("path");
    int is_current = borrowed_path ? PyObject_RichCompareBool(found->path, borrowed_path, Py_EQ) : 0;

    return is_current > 0 ? PyObject_RichCompareBool(found->group, group, Py_EQ) : is_current;
}

struct entry_points *
entry_points_find(PyObject *group)
{
    const char *group_text = PyUnicode_Check(group) ? py_utf8(group) : "";
    PyObject *borrowed_path = PySys_GetObject("path");
    PyObject *folders = borrowed_path && group_text ? PySequence_List(borrowed_path) : NULL;
    Py_ssize_t count = folders ? PyList_Size(folders) : 0;
    struct entry_points *found = NULL;

    if (!folders) {
        return NULL;
    }
    found = memory_alloc_zeroed(sizeof *found);
    found->references = 1;
    found->group = Py_NewRef(group);
    found->path = folders;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *borrowed_folder = PyList_GetItem(folders, i);
        const char *text = PyUnicode_Check(borrowed_folder) ? py_utf8(borrowed_folder) : NULL;
        if (text) {
            scan_folder(*text ? text : ".", group_text, found);
        } else {
            PyErr_Clear(); /* no folder that we could name */
        }
    }
    return found;
}
