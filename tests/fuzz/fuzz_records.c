/* Any body behind a head that is right, and any file: what is taken up can be read to its end. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "discover/internal.h"
#include "discover/records_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned
sum_text(const void *base, blob_offset offset)
{
    return (unsigned)strlen(blob_text(base, offset));
}

static unsigned
read_plugins(const struct plugin_facts *facts)
{
    const struct recorded_plugin *plugins = blob_at(facts, facts->plugins.first);
    unsigned sum = 0;

    for (uint32_t i = 0; i < facts->plugins.count; i++) {
        const struct recorded_fixture *fixtures = blob_at(facts, plugins[i].fixtures.first);
        sum += sum_text(facts, plugins[i].name) + sum_text(facts, plugins[i].path);
        for (uint32_t j = 0; j < plugins[i].fixtures.count; j++) {
            const blob_offset *ids = blob_at(facts, fixtures[j].ids.first);
            for (uint32_t k = 0; k < fixtures[j].ids.count; k++) {
                sum += sum_text(facts, ids[k]);
            }
        }
    }
    return sum;
}

static unsigned
sum_texts(const void *base, struct blob_range range)
{
    const blob_offset *texts = blob_at(base, range.first);
    unsigned sum = 0;

    for (uint32_t i = 0; i < range.count; i++) {
        sum += sum_text(base, texts[i]);
    }
    return sum;
}

static unsigned
sum_marks(const void *base, struct blob_range range)
{
    const struct found_mark *marks = blob_at(base, range.first);
    unsigned sum = 0;

    for (uint32_t i = 0; i < range.count; i++) {
        sum += sum_text(base, marks[i].name) + sum_text(base, marks[i].arguments);
    }
    return sum;
}

static unsigned
sum_parametrization(const void *base, struct blob_range range)
{
    const struct found_parametrization *sets = blob_at(base, range.first);
    unsigned sum = 0;

    for (uint32_t i = 0; i < range.count; i++) {
        sum += sum_texts(base, sets[i].names) + sum_text(base, sets[i].fixture) + sum_texts(base, sets[i].ids);
    }
    return sum;
}

static unsigned
read_found(const struct found_file *file)
{
    const struct found_function *functions = blob_at(file, file->functions.first);
    unsigned sum = 0;

    for (uint32_t i = 0; i < found_test_count(file); i++) {
        const struct found_test test = found_test_at(file, i);
        const struct found_function *function = &functions[test.function];
        const struct found_details *details = found_details(file, function);
        const blob_offset *ids = blob_at(file, details->ids.first);
        sum += sum_text(file, function->name) + (details->ids.count ? sum_text(file, ids[test.id]) : 0);
        sum += sum_marks(file, details->marks) + sum_texts(file, details->fixtures);
        sum += sum_text(file, function->classes) + sum_text(file, details->reason) + sum_text(file, details->file);
        sum += sum_parametrization(file, details->parametrization);
        if (test.id < details->id_marks.count) {
            const struct blob_range *id_marks = blob_at(file, details->id_marks.first);
            sum += sum_marks(file, id_marks[test.id]);
        }
    }
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t body_bytes = size / 8 * 8;
    uint32_t *body = malloc(body_bytes + 8);
    unsigned sum = 0;

    if (body_bytes < 8) {
        free(body);
        return 0;
    }
    memcpy(body, data, body_bytes);
    body[0] = RECORDS_FORMAT;
    body[1] = (uint32_t)body_bytes;
    if (plugin_facts_check(body, body_bytes)) {
        sum += read_plugins((const void *)body);
    }
    if (recorded_run_check(body, body_bytes)) {
        const struct recorded_run *run = (const void *)body;
        const struct recorded_source *sources = blob_at(run, run->sources.first);
        const struct recorded_file *files = blob_at(run, run->files.first);
        for (uint32_t i = 0; i < run->files.count; i++) {
            const struct recorded_item *items = blob_at(run, files[i].items.first);
            sum += sum_text(run, sources[files[i].source].path);
            for (uint32_t j = 0; j < files[i].items.count; j++) {
                sum += (unsigned)(items[j].id ^ items[j].marks);
            }
        }
    }
    if (recorded_tests_check(body, body_bytes)) {
        sum += sum_text(body, ((const struct recorded_tests *)body)->path);
    }
    if (found_check(body, body_bytes)) {
        sum += read_found((const void *)body);
    }
    free(body);
    return sum == 1 ? -1 : 0;
}
