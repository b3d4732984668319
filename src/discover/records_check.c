/* Whether what was read from a file of records may be looked at: it may hold anything. */
#include "discover/records_format.h"

#define HOOK(name) "pytest_" #name,
const char *const RECORDED_HOOK_NAMES[RECORDED_HOOK_COUNT] = {RECORDED_HOOKS};
#undef HOOK

static bool
fixtures_check(const void *body, size_t body_bytes, struct blob_range range)
{
    const struct recorded_fixture *fixtures = blob_at(body, range.first);
    bool is_good = blob_holds_range(body_bytes, range, sizeof *fixtures);

    for (uint32_t i = 0; is_good && i < range.count; i++) {
        is_good = blob_holds_text(body, body_bytes, fixtures[i].name) && fixtures[i].scope < RECORDED_SCOPES &&
                  blob_holds_texts(body, body_bytes, fixtures[i].arguments) &&
                  blob_holds_texts(body, body_bytes, fixtures[i].ids);
    }
    return is_good;
}

bool
plugin_facts_check(const void *body, size_t body_bytes)
{
    const struct plugin_facts *facts = body;

    if (body_bytes < sizeof *facts || facts->format != RECORDS_FORMAT || facts->size_bytes != body_bytes) {
        return false;
    }
    const struct recorded_plugin *plugins = blob_at(body, facts->plugins.first);
    bool is_good = blob_holds_range(body_bytes, facts->plugins, sizeof *plugins);
    for (uint32_t i = 0; is_good && i < facts->plugins.count; i++) {
        is_good = blob_holds_text(body, body_bytes, plugins[i].name) &&
                  blob_holds_text(body, body_bytes, plugins[i].module) &&
                  blob_holds_text(body, body_bytes, plugins[i].distribution) &&
                  blob_holds_text(body, body_bytes, plugins[i].path) &&
                  fixtures_check(body, body_bytes, plugins[i].fixtures);
    }
    return is_good;
}

static bool
sources_check(const void *body, size_t body_bytes, struct blob_range range)
{
    const struct recorded_source *sources = blob_at(body, range.first);
    bool is_good = blob_holds_range(body_bytes, range, sizeof *sources);

    for (uint32_t i = 0; is_good && i < range.count; i++) {
        is_good = sources[i].path && blob_holds_text(body, body_bytes, sources[i].path);
    }
    return is_good;
}

bool
recorded_tests_check(const void *body, size_t body_bytes)
{
    const struct recorded_tests *tests = body;

    return body_bytes >= sizeof *tests && tests->format == RECORDS_FORMAT && tests->size_bytes == body_bytes &&
           tests->path && blob_holds_text(body, body_bytes, tests->path) &&
           blob_holds(body_bytes, tests->found, tests->found_bytes) &&
           tests->found_bytes >= sizeof(struct found_file) && sources_check(body, body_bytes, tests->sources);
}

bool
recorded_run_check(const void *body, size_t body_bytes)
{
    const struct recorded_run *run = body;

    if (body_bytes < sizeof *run || run->format != RECORDS_FORMAT || run->size_bytes != body_bytes) {
        return false;
    }
    const struct recorded_file *files = blob_at(body, run->files.first);
    bool is_good =
        sources_check(body, body_bytes, run->sources) && blob_holds_range(body_bytes, run->files, sizeof *files);
    for (uint32_t i = 0; is_good && i < run->files.count; i++) {
        is_good = files[i].source < run->sources.count &&
                  blob_holds_range(body_bytes, files[i].items, sizeof(struct recorded_item));
    }
    return is_good;
}
