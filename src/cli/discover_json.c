/* Files and tests as JSON: docs/discover.md describes them. */
#include <string.h>

#include "base/json.h"
#include "cli/discover.h"

static void
add_string(struct text *json, const char *string)
{
    if (string) {
        json_add_string(json, string, strlen(string));
    } else {
        text_add(json, "null", 4);
    }
}

static void
add_blob_string(struct text *json, const struct found_file *found, blob_offset offset)
{
    json_add_string(json, blob_text(found, offset), blob_text_length(found, offset));
}

/* , "name": "value" */
static void
add_member(struct text *json, const char *name, const char *value)
{
    text_add_format(json, ", \"%s\": ", name);
    add_string(json, value);
}

static void
add_truth(struct text *json, const char *name, bool truth)
{
    text_add_format(json, ", \"%s\": %s", name, truth ? "true" : "false");
}

static void
add_strings(struct text *json, const struct found_file *found, struct blob_range range)
{
    const blob_offset *strings = blob_at(found, range.first);

    text_add_char(json, '[');
    for (uint32_t i = 0; i < range.count; i++) {
        text_add_string(json, i ? ", " : "");
        add_blob_string(json, found, strings[i]);
    }
    text_add_char(json, ']');
}

/* ---- Tests ---- */

/* Its arguments are told once per function: with each of its tests they would grow with the square of their number. */
static bool
is_parametrize(const struct found_file *found, const struct found_mark *mark)
{
    return strcmp(blob_text(found, mark->name), "parametrize") == 0;
}

static void
add_marks(struct text *json, const struct found_file *found, struct blob_range range, const char **comma)
{
    const struct found_mark *marks = blob_at(found, range.first);

    for (uint32_t i = 0; i < range.count; i++) {
        text_add_format(json, "%s{\"name\": ", *comma);
        add_blob_string(json, found, marks[i].name);
        text_add_string(json, ", \"arguments\": ");
        bool is_told = marks[i].arguments && !is_parametrize(found, &marks[i]);
        text_add_string(json, is_told ? blob_text(found, marks[i].arguments) : "null");
        text_add_char(json, '}');
        *comma = ", ";
    }
}

/* What all tests of a function have in common, behind what their parameters add to the marks. */
static void
add_function_members(struct text *json, const struct discovery *discovery, const struct discovered_file *file,
                     const struct found_function *function)
{
    const struct found_file *found = file->found;
    const struct found_details *details = found_details(found, function);
    const char *reason = NULL;
    bool is_exact = discovered_test_is_exact(discovery, file, function, &reason);

    text_add_string(json, ", \"file\": ");
    if (details->file) {
        add_blob_string(json, found, details->file);
    } else {
        add_string(json, file->nodeid);
    }
    text_add_format(json, ", \"line\": %u, \"column\": %u, \"end_line\": %u, \"class\": ", function->line,
                    function->column, function->end_line);
    add_string(json, function->classes ? blob_text(found, function->classes) : NULL);
    text_add_string(json, ", \"function\": ");
    add_blob_string(json, found, function->name);
    add_truth(json, "async", function->flags & TEST_ASYNC);
    add_truth(json, "unittest", function->flags & TEST_UNITTEST);
    text_add_string(json, ", \"fixtures\": ");
    add_strings(json, found, details->fixtures);
    add_truth(json, "exact", is_exact);
    add_truth(json, "recorded", function->flags & TEST_RECORDED);
    add_member(json, "reason", reason);
}

/* "parameters": what stands in the brackets, and the names of what they are for. */
static void
add_parameters(struct text *json, const struct found_file *found, const struct found_details *details,
               const struct found_test *test)
{
    const struct found_parametrization *by = blob_at(found, details->parametrization.first);
    const blob_offset *ids = blob_at(found, details->ids.first);
    const char *comma = "";

    text_add_string(json, ", \"parameters\": ");
    if (!details->ids.count) {
        text_add_string(json, "null");
        return;
    }
    text_add_string(json, "{\"id\": ");
    add_blob_string(json, found, ids[test->id]);
    text_add_string(json, ", \"names\": [");
    for (uint32_t i = 0; i < details->parametrization.count; i++) {
        const blob_offset *names = blob_at(found, by[i].names.first);
        for (uint32_t j = 0; j < by[i].names.count; j++) {
            text_add_string(json, comma);
            add_blob_string(json, found, names[j]);
            comma = ", ";
        }
    }
    text_add_string(json, "]}");
}

void
discover_json_add_tests(struct text *json, const struct discovery *discovery, const struct discovered_file *file)
{
    const struct found_file *found = file->found;
    const struct found_function *functions = blob_at(found, found->functions.first);
    const struct found_function *last = NULL;
    struct text id = {0};
    struct text members = {0}; /* of `last` */

    for (size_t i = 0; i < file->selected_count; i++) {
        const struct found_test *test = &file->selected[i];
        const struct found_function *function = &functions[test->function];
        const struct found_details *details = found_details(found, function);
        const struct blob_range *id_marks = blob_at(found, details->id_marks.first);
        const char *comma = "";
        text_clear(&id);
        discovered_id_add(file, test, &id);
        text_add_string(json, i ? ",\n{\"id\": " : "\n{\"id\": ");
        json_add_string(json, id.bytes, id.length);
        if (function != last) {
            text_clear(&members);
            add_function_members(&members, discovery, file, function);
            last = function;
        }
        text_add(json, members.bytes, members.length);
        text_add_string(json, ", \"marks\": [");
        if (test->id < details->id_marks.count) {
            add_marks(json, found, id_marks[test->id], &comma);
        }
        add_marks(json, found, details->marks, &comma);
        text_add_char(json, ']');
        add_parameters(json, found, details, test);
        text_add_char(json, '}');
    }
    text_release(&members);
    text_release(&id);
}

/* ---- Files ---- */

/* Of each of its parametrize marks, null where one is no literal. */
static void
add_parametrize_arguments(struct text *json, const struct found_file *found, const struct found_details *details)
{
    const struct found_mark *marks = blob_at(found, details->marks.first);
    const char *comma = "";

    for (uint32_t i = 0; i < details->marks.count; i++) {
        if (is_parametrize(found, &marks[i])) {
            text_add_string(json, comma);
            text_add_string(json, marks[i].arguments ? blob_text(found, marks[i].arguments) : "null");
            comma = ", ";
        }
    }
}

/* Once per function, since the ids of 1,000 parameters in each of 1,000 tests are a million. */
static void
add_parametrizations(struct text *json, const struct found_file *found)
{
    const struct found_function *functions = blob_at(found, found->functions.first);
    const char *comma = "";

    text_add_string(json, ", \"parametrizations\": [");
    for (uint32_t i = 0; i < found->functions.count; i++) {
        const struct found_function *function = &functions[i];
        const struct found_details *details = found_details(found, function);
        const struct found_parametrization *by = blob_at(found, details->parametrization.first);
        if (!details->parametrization.count) {
            continue;
        }
        text_add_format(json, "%s{\"class\": ", comma);
        add_string(json, function->classes ? blob_text(found, function->classes) : NULL);
        text_add_string(json, ", \"function\": ");
        add_blob_string(json, found, function->name);
        text_add_string(json, ", \"by\": [");
        for (uint32_t j = 0; j < details->parametrization.count; j++) {
            text_add_string(json, j ? ", {\"names\": " : "{\"names\": ");
            add_strings(json, found, by[j].names);
            text_add_string(json, ", \"fixture\": ");
            add_string(json, by[j].fixture ? blob_text(found, by[j].fixture) : NULL);
            text_add_string(json, ", \"ids\": ");
            add_strings(json, found, by[j].ids);
            text_add_char(json, '}');
        }
        text_add_string(json, "], \"arguments\": [");
        add_parametrize_arguments(json, found, details);
        text_add_string(json, "]}");
        comma = ", ";
    }
    text_add_char(json, ']');
}

void
discover_json_add_file(struct text *json, const struct discovery *discovery, const struct discovered_file *file)
{
    const struct found_file *found = file->found;
    const char *reason = NULL;
    bool is_exact = discovered_file_is_exact(discovery, file, &reason);

    add_member(json, "path", file->nodeid);
    add_truth(json, "exact", is_exact);
    add_member(json, "reason", reason);
    add_truth(json, "recorded", found->flags & FILE_RECORDED);
    text_add_format(json, ", \"selected\": %zu, \"deselected\": %zu, \"error\": ", file->selected_count,
                    file->deselected_count);
    if (found->error) {
        text_add_format(json, "{\"line\": %u, \"message\": ", found->error_line);
        add_blob_string(json, found, found->error);
        text_add_char(json, '}');
    } else {
        text_add_string(json, "null");
    }
    add_member(json, "unmatched", file->unmatched);
    add_parametrizations(json, found);
}
