/* What the file of records says of the hooks of plugins and conftests: the items that they left. */
#include <string.h>

#include "discover/records_format.h"

/* Whether the sources that may concern every file are what they were. */
static bool
plugins_are_same(const struct recorded_run *run, bool all_sources, const struct source_check *check)
{
    const struct recorded_source *sources = blob_at(run, run->sources.first);

    for (uint32_t i = 0; i < run->sources.count; i++) {
        if ((all_sources || sources[i].flags & SOURCE_IS_PLUGIN) &&
            !check->is_same(check, blob_text(run, sources[i].path), &sources[i])) {
            return false;
        }
    }
    return true;
}

/* Whether the run had all files of the question. */
static bool
is_wide(const struct segment *segment, const struct recorded_question *question)
{
    const struct recorded_run *run = segment->body;

    if (question->is_whole && run->flags & RUN_IS_WHOLE) {
        return true;
    }
    for (size_t i = 0; i < question->count; i++) {
        if (!run_find_file(segment, table_find_source(&segment->by_path, question->paths[i]))) {
            return false;
        }
    }
    return true;
}

bool
records_prepare_hooks(struct records *records, const unsigned char key[16], const struct recorded_question *question,
                      const struct source_check *check)
{
    bool is_any = false;
    bool all_were_left = false;

    for (size_t i = 0; i < records->segment_count; i++) {
        struct segment *segment = records->segments[i];
        if (segment->head->kind != SEGMENT_RUN || !segment_has_key(segment, key)) {
            continue;
        }
        (void)run_sources(records, segment);
        const struct recorded_run *run = segment->body;
        bool is_same = plugins_are_same(run, !question, check);
        segment->rest = is_same ? REST_IS_SAME : REST_HAS_CHANGED;
        segment->is_asked = is_same && (!question || is_wide(segment, question));
        all_were_left = all_were_left || (segment->is_asked && run->flags & RUN_LEFT_ALL);
    }
    for (size_t i = 0; i < records->segment_count; i++) {
        struct segment *segment = records->segments[i];
        if (segment->head->kind == SEGMENT_RUN && segment_has_key(segment, key)) {
            segment->is_asked = segment->is_asked || (all_were_left && segment->rest == REST_IS_SAME);
            is_any = is_any || segment->is_asked;
        }
    }
    return is_any;
}

static bool
conftests_are_steady(const struct table *sources, const struct recorded_rest *rest)
{
    for (size_t i = 0; i < rest->conftest_count; i++) {
        const struct recorded_source *source = table_find_source(sources, rest->conftests[i]);
        if (!source || !(source->flags & CONFTEST_IS_STEADY)) {
            return false;
        }
    }
    return true;
}

const struct recorded_file *
records_find_hooks(const struct records *records, const unsigned char key[16], const char *path,
                   const struct recorded_rest *rest, const struct source_check *check,
                   const struct recorded_run **run_out)
{
    for (size_t i = records->segment_count; i-- > 0;) {
        const struct segment *segment = records->segments[i];
        if (segment->head->kind != SEGMENT_RUN || !segment->is_asked || !segment_has_key(segment, key)) {
            continue;
        }
        const struct table *sources = &segment->by_path;
        const struct recorded_source *source = table_find_source(sources, path);
        const struct recorded_file *file = run_find_file(segment, source);
        if (file && check->is_same(check, path, source) &&
            run_holds(sources, rest->imports, rest->import_count, check) && conftests_are_steady(sources, rest) &&
            run_holds(sources, rest->conftests, rest->conftest_count, check)) {
            *run_out = segment->body;
            return file;
        }
    }
    return NULL;
}

uint32_t
records_find_conftest(struct records *records, const char *path, const unsigned char hash[16])
{
    for (size_t i = records->segment_count; i-- > 0;) {
        struct segment *segment = records->segments[i];
        const struct recorded_source *source =
            segment->head->kind == SEGMENT_RUN ? table_find_source(run_sources(records, segment), path) : NULL;
        uint32_t flags = source ? source->flags & (CONFTEST_IS_STEADY | CONFTEST_IS_UNSTEADY) : 0;
        if (flags && memcmp(source->hash, hash, sizeof source->hash) == 0) {
            return flags;
        }
    }
    return 0;
}
