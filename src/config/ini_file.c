/* Reads ini files as the iniconfig library does, whose dialect pytest's configuration is written in. */
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/internal.h"

enum { MAX_INI_BYTES = 64 * 1024 * 1024 };

struct reader {
    const char *path;
    struct arena *arena;
    struct error *error;
    struct ini_file *file;
    struct text value; /* lines of the newest value so far */
    bool has_lines;
    bool has_value; /* a continuation may follow */
    unsigned line_number;
};

/* What a line is, blank ones and comments aside. */
struct line {
    enum { LINE_SECTION, LINE_ASSIGNMENT, LINE_CONTINUATION } kind;
    struct slice name;
    struct slice value;
};

static bool
fail(struct reader *reader, const char *what, const struct slice *quoted)
{
    struct text repr = {0};

    if (quoted) {
        text_add_python_repr(&repr, quoted->start, quoted->length);
    }
    error_set(reader->error, ERROR_FORMAT, "%s:%u: %s%s", reader->path, reader->line_number, what, text_string(&repr));
    text_release(&repr);
    return false;
}

static void
finish_value(struct reader *reader)
{
    if (!reader->has_value) {
        return;
    }
    struct ini_section *section = &reader->file->sections[reader->file->section_count - 1];
    struct ini_value *value = &section->values[section->value_count - 1];
    value->value = arena_copy_bytes(reader->arena, text_string(&reader->value), reader->value.length);
    value->value_length = reader->value.length;
    text_clear(&reader->value);
    reader->has_lines = false;
    reader->has_value = false;
}

static void
add_value_line(struct reader *reader, struct slice line)
{
    if (reader->has_lines) {
        text_add_char(&reader->value, '\n');
    }
    reader->has_lines = true;
    text_add(&reader->value, line.start, line.length);
}

static bool
begin_section(struct reader *reader, struct slice name)
{
    struct ini_file *file = reader->file;

    finish_value(reader);
    if (!name.length) {
        return fail(reader, "empty section name", NULL);
    }
    for (size_t i = 0; i < file->section_count; i++) {
        if (slice_equals(name, file->sections[i].name, file->sections[i].name_length)) {
            return fail(reader, "duplicate section ", &name);
        }
    }
    file->sections = arena_grow(reader->arena, file->sections, file->section_count, sizeof *file->sections);
    file->sections[file->section_count++] = (struct ini_section){
        .name = arena_copy_bytes(reader->arena, name.start, name.length), .name_length = name.length};
    return true;
}

static bool
begin_value(struct reader *reader, struct slice name, struct slice value)
{
    finish_value(reader);
    if (!reader->file->section_count) {
        return fail(reader, "no section header defined", NULL);
    }
    struct ini_section *section = &reader->file->sections[reader->file->section_count - 1];
    for (size_t i = 0; i < section->value_count; i++) {
        if (slice_equals(name, section->values[i].name, section->values[i].name_length)) {
            return fail(reader, "duplicate name ", &name);
        }
    }
    section->values = arena_grow(reader->arena, section->values, section->value_count, sizeof *section->values);
    section->values[section->value_count++] = (struct ini_value){
        .name = arena_copy_bytes(reader->arena, name.start, name.length), .name_length = name.length};
    reader->has_value = true;
    if (value.length) {
        add_value_line(reader, value);
    }
    return true;
}

/* "[name]  # comment"; without the closing bracket it is a continuation. */
static struct line
read_bracket(struct slice line)
{
    struct slice head = line;

    for (size_t i = 0; i < 2; i++) {
        const char *comment = memchr(head.start, "#;"[i], head.length);
        if (comment) {
            head.length = (size_t)(comment - head.start);
            head = slice_strip_end(head);
        }
    }
    if (head.start[head.length - 1] == ']') {
        return (struct line){.kind = LINE_SECTION, .name = {head.start + 1, head.length - 2}};
    }
    return (struct line){.kind = LINE_CONTINUATION, .value = slice_strip(line)};
}

static bool
read_assignment(struct reader *reader, struct slice line, struct line *line_out)
{
    const char *equals = memchr(line.start, '=', line.length);
    const char *colon = memchr(line.start, ':', line.length);
    const char *separator = equals && (!colon || colon > equals) ? equals : colon;

    if (!separator) {
        return fail(reader, "unexpected line: ", &line);
    }
    struct slice name = {line.start, (size_t)(separator - line.start)};
    struct slice value = {separator + 1, line.length - name.length - 1};
    *line_out = (struct line){.kind = LINE_ASSIGNMENT, .name = slice_strip(name), .value = slice_strip(value)};
    return true;
}

static bool
read_line(struct reader *reader, struct slice line)
{
    struct slice stripped = slice_strip(line);
    struct line parsed = {.kind = LINE_CONTINUATION, .value = stripped};

    if (!stripped.length || stripped.start[0] == '#' || stripped.start[0] == ';') {
        return true;
    }
    line = slice_strip_end(line);
    if (line.start[0] == '[') {
        parsed = read_bracket(line);
    } else if (stripped.start == line.start && !read_assignment(reader, line, &parsed)) {
        return false;
    }
    switch (parsed.kind) {
    case LINE_SECTION:
        return begin_section(reader, parsed.name);
    case LINE_ASSIGNMENT:
        return begin_value(reader, parsed.name, parsed.value);
    case LINE_CONTINUATION:
        break;
    }
    if (!reader->has_value) {
        return fail(reader, "unexpected value continuation", NULL);
    }
    add_value_line(reader, parsed.value);
    return true;
}

bool
ini_parse(const char *path, const char *bytes, size_t length, struct arena *arena, struct ini_file *file_out,
          struct error *error)
{
    struct ini_file file = {0};
    struct reader reader = {.path = path, .arena = arena, .error = error, .file = &file};
    size_t position = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    bool is_read = length <= MAX_INI_BYTES || error_set(error, ERROR_FORMAT, "%s: too large", path);

    while (is_read && position < length) {
        struct slice line = {bytes + position, 0};
        position = line_end(bytes, length, position, &line.length);
        reader.line_number++;
        is_read = read_line(&reader, line);
    }
    if (is_read) {
        finish_value(&reader);
        *file_out = file;
    }
    text_release(&reader.value);
    return is_read;
}

const struct ini_section *
ini_find_section(const struct ini_file *file, const char *name)
{
    for (size_t i = 0; i < file->section_count; i++) {
        if (strcmp(file->sections[i].name, name) == 0) {
            return &file->sections[i];
        }
    }
    return NULL;
}
