/* Finds *.dist-info/entry_points.txt in a folder of packages, and reads it; and METADATA's headers. */
#include <ctype.h>
#include <string.h>

#include "base/table.h"
#include "base/text.h"
#include "config/config.h"
#include "config/internal.h"
#include "os/file.h"

enum { MAX_FILE_BYTES = 16 * 1024 * 1024 };

/* ---- one file ---- */

static void
add_point(struct entry_point_list *list, const char *name, size_t name_length, const char *value, size_t value_length,
          const char *folder)
{
    size_t end = 0;
    size_t start = 0;

    while (end < value_length && value[end] != ':' && value[end] != '[' && !isspace((unsigned char)value[end])) {
        end++;
    }
    list->points = arena_grow(list->arena, list->points, list->count, sizeof *list->points);
    struct entry_point *point = &list->points[list->count++];
    *point = (struct entry_point){
        .name = arena_copy_bytes(list->arena, name, name_length),
        .module = arena_copy_bytes(list->arena, value, end),
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
        point->attribute = arena_copy_bytes(list->arena, value + start, end - start);
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
read_line(struct entry_point_list *list, const char *line, size_t length, const char *folder)
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
    add_point(list, name, name_length, value, value_length, folder);
}

/* Adds the entry points of `group` from the text of an entry_points.txt. */
static void
read_entry_points(struct entry_point_list *list, const struct text *text, const char *group, const char *folder)
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
            read_line(list, line, length, folder);
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
           (strcasecmp(name + length - 10, ".dist-info") == 0 || strcasecmp(name + length - 9, ".egg-info") == 0);
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

void
entry_points_read(const char *folder, const char *group, struct entry_point_list *list)
{
    struct text names = {0};
    struct text path = {0};
    struct text content = {0};
    struct table table = {0};

    if (folder_list(folder, &names)) {
        for (const char *name = names.bytes; name && name < names.bytes + names.length; name += strlen(name) + 1) {
            if (has_info_suffix(name)) {
                add_distribution(list->arena, &table, folder, name);
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
                read_entry_points(list, &content, group, one->folder);
            }
        }
    }
    table_release(&table);
    text_release(&names);
    text_release(&path);
    text_release(&content);
}

/* ---- a distribution's metadata ---- */

static const char *
header_value(const struct text *text, const char *header, struct arena *arena)
{
    size_t length = strlen(header);

    for (const char *line = text_string(text); *line && *line != '\n' && *line != '\r';) {
        size_t line_length = strcspn(line, "\r\n");
        if (line_length > length && memcmp(line, header, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1;
            value += strspn(value, " \t");
            return arena_copy_bytes(arena, value, (size_t)(line + line_length - value));
        }
        line += line_length;
        line += *line == '\r';
        line += *line == '\n';
    }
    return NULL;
}

void
distribution_read(const char *folder, struct arena *arena, struct distribution_facts *facts_out)
{
    static const char *const FILES[] = {"METADATA", "PKG-INFO", ""};
    struct text text = {0};
    struct text path = {0};

    for (size_t i = 0; i < COUNT_OF(FILES) && text.length == 0; i++) {
        struct error error = ERROR_INIT;
        text_clear(&path);
        text_add_format(&path, "%s%s%s", folder, *FILES[i] ? "/" : "", FILES[i]);
        if (!file_exists(text_string(&path)) || !file_read(text_string(&path), MAX_FILE_BYTES, &text, &error)) {
            text_clear(&text);
        }
    }
    *facts_out = (struct distribution_facts){
        .name = header_value(&text, "Name", arena),
        .version = header_value(&text, "Version", arena),
    };
    text_release(&text);
    text_release(&path);
}
