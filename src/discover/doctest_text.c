/* Text files with doctest examples: one test each, under the file's own name. */
#include <string.h>

#include "base/text.h"
#include "discover/internal.h"

/* What reading line by line has seen so far. */
struct reading {
    bool has_example;
    bool is_in_example; /* behind a prompt, and no blank line since */
    size_t indentation; /* of that prompt */
    const char *doubt;  /* the file may fail to be collected, and why */
};

static bool
begins(const char *line, size_t length, const char *word)
{
    size_t word_length = strlen(word);
    return length >= word_length && memcmp(line, word, word_length) == 0;
}

/* A line of source: `line` starts with a prompt. */
static void
read_source_line(struct reading *reading, const char *line, size_t length)
{
    size_t at = 4;

    if (length > 3 && line[3] != ' ') {
        reading->doubt = "a prompt of its examples is not followed by a blank";
    }
    while (at < length && (line[at] == ' ' || line[at] == '\t')) {
        at++;
    }
    if (at < length && line[at] != '#') {
        reading->has_example = true;
    }
    if (length > 8 && memmem(line, length, "doctest:", 8)) {
        reading->doubt = reading->doubt ? reading->doubt : "its examples have options";
    }
}

static void
read_line(struct reading *reading, const char *line, size_t length)
{
    size_t indentation = 0;

    while (indentation < length && (line[indentation] == ' ' || line[indentation] == '\t')) {
        if (line[indentation] == '\t') {
            reading->doubt = reading->is_in_example ? "its examples are indented with tabs" : reading->doubt;
        }
        indentation++;
    }
    const char *text = line + indentation;
    size_t text_length = length - indentation;
    if (begins(text, text_length, ">>>")) {
        reading->is_in_example = true;
        reading->indentation = indentation;
        read_source_line(reading, text, text_length);
    } else if (text_length == 0) {
        reading->is_in_example = false;
    } else if (reading->is_in_example && indentation < reading->indentation) {
        reading->doubt = "lines of its examples are indented less than their prompt";
    } else if (reading->is_in_example && begins(text, text_length, "...")) {
        read_source_line(reading, text, text_length);
    }
}

/* Hooks of conftests may take the file, or leave it out. */
static bool
is_below_hooks(struct library *library, const struct source_folder *folder)
{
    for (; folder; folder = folder->parent) {
        const struct facts *facts = folder->conftest ? source_facts(library, folder->conftest) : NULL;
        const struct binding *bindings = facts ? blob_at(facts, facts->bindings.first) : NULL;
        for (uint32_t i = 0; facts && i < facts->bindings.count; i++) {
            const char *name = blob_text(facts, bindings[i].name);
            if (bindings[i].kind == BINDING_STAR || strncmp(name, "pytest_", 7) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void
read_text(struct reading *reading, const char *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        const char *end = memchr(bytes + at, '\n', length - at);
        size_t line_length = end ? (size_t)(end - bytes) - at : length - at;
        bool has_return = line_length && bytes[at + line_length - 1] == '\r';
        read_line(reading, bytes + at, line_length - (has_return ? 1 : 0));
        at += line_length + 1;
    }
}

/* The one test. */
static void
add_test(struct blob *blob, struct found_file *file, const char *name, const char *doubt)
{
    struct found_function function = {.flags = doubt ? 0 : TEST_EXACT, .line = 1, .end_line = 1};

    function.name = blob_add_text(blob, name, strlen(name));
    if (doubt) {
        file->reason = blob_add_text(blob, doubt, strlen(doubt));
        file->flags &= ~(uint32_t)FILE_EXACT;
    }
    file->functions = (struct blob_range){blob_add(blob, &function, sizeof function), 1};
    file->flags |= FILE_IN_ORDER;
}

void
resolve_text(struct library *library, struct source *source, struct blob *found_out)
{
    struct reading reading = {0};
    struct found_file file = {.format = FOUND_FORMAT, .flags = FILE_NOT_PYTHON | FILE_EXACT};
    size_t length = 0;
    char *bytes = source_identify(library, source) ? source_text(library, source, &length) : NULL;

    blob_clear(found_out);
    blob_reserve(found_out, sizeof file);
    if (bytes) {
        read_text(&reading, bytes, length);
        if (is_below_hooks(library, source->folder) && !reading.doubt) {
            reading.doubt = "a conftest above has hooks";
        }
    } else {
        reading.doubt = "it cannot be read as UTF-8";
    }
    if (reading.has_example || reading.doubt) {
        add_test(found_out, &file, strrchr(source->path, '/') + 1, reading.doubt);
    }
    file.size_bytes = (uint32_t)found_out->size_bytes;
    memcpy(found_out->bytes, &file, sizeof file);
    memory_free(bytes);
}
