/* fastest discover -o json: one document; docs/discover.md describes it. */
#include <string.h>

#include "base/json.h"
#include "cli/discover.h"

/* , "name": "value" */
static void
add_member(struct text *json, const char *name, const char *value)
{
    text_add_format(json, ", \"%s\": ", name);
    if (value) {
        json_add_string(json, value, strlen(value));
    } else {
        text_add_string(json, "null");
    }
}

static void
add_problems(struct text *json, const struct discovery *discovery)
{
    text_add_string(json, "],\n\"problems\": [");
    for (size_t i = 0; i < discovery->problem_count; i++) {
        const struct discovery_problem *problem = &discovery->problems[i];
        text_add_format(json, "%s{\"line\": %u", i ? ", " : "", problem->line);
        add_member(json, "path", problem->path);
        add_member(json, "message", problem->message);
        text_add_char(json, '}');
    }
    text_add_string(json, "]}\n");
}

void
discover_print_json(struct printer *printer, const struct discovery *discovery)
{
    struct text *text = &printer->text;
    size_t exact_count = discovery_count_exact(discovery);
    size_t error_count = discovery->problem_count;

    for (size_t i = 0; i < discovery->file_count; i++) {
        error_count += discovery->files[i].found->error != 0;
    }
    text_add_format(text, "{\"version\": %d, \"fastest\": \"%s\"", DISCOVER_SCHEMA_VERSION, FASTEST_VERSION);
    add_member(text, "root", discovery->root_folder);
    add_member(text, "config", discovery->config_file);
    text_add_format(text, ", \"exact_order\": %s", discovery->is_order_exact && !discovery->reason ? "true" : "false");
    add_member(text, "reason", discovery->reason);
    text_add_format(text,
                    ",\n\"counts\": {\"tests\": %zu, \"exact\": %zu, \"deselected\": %zu, \"files\": %zu, \"errors\": "
                    "%zu},\n\"files\": [",
                    discovery->selected_count, exact_count, discovery->deselected_count, discovery->file_count,
                    error_count);
    for (size_t i = 0; i < discovery->file_count; i++) {
        text_add_string(text, i ? ",\n{\"number\": " : "\n{\"number\": ");
        text_add_format(text, "%zu", i);
        discover_json_add_file(text, discovery, &discovery->files[i]);
        text_add_string(text, ", \"tests\": [");
        discover_json_add_tests(text, discovery, &discovery->files[i]);
        text_add_string(text, "]}");
        if (text->length > PRINTER_BYTES) {
            printer_write(printer);
        }
    }
    add_problems(text, discovery);
}
