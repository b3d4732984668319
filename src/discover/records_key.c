/* The keys of records: what they hold under. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/path.h"
#include "base/text.h"
#include "config/config.h"
#include "discover/records_format.h"
#include "model/plugin_names.h"

/* ---- Plugins ---- */

/* What identifies an entry point. */
struct plugin_entry {
    const char *folder; /* the name alone */
    const char *name;
    const char *module;
};

/* Those that are loaded: the caller frees them. */
static struct plugin_entry *
entries_new(const struct entry_point *points, size_t point_count, size_t *count_out)
{
    struct plugin_entry *entries = memory_alloc((point_count + 1) * sizeof *entries);
    size_t count = 0;

    for (size_t i = 0; i < point_count; i++) {
        if (!plugin_is_replaced(points[i].module)) {
            entries[count++] = (struct plugin_entry){path_name(points[i].folder), points[i].name, points[i].module};
        }
    }
    *count_out = count;
    return entries;
}

static int
compare_entries(const void *first, const void *second)
{
    const struct plugin_entry *one = first;
    const struct plugin_entry *other = second;
    int order = strcmp(one->folder, other->folder);

    order = order ? order : strcmp(one->name, other->name);
    return order ? order : strcmp(one->module, other->module);
}

void
records_plugin_key(const struct entry_point *points, size_t count, unsigned char key_out[16])
{
    struct plugin_entry *sorted = entries_new(points, count, &count);
    struct text text = {0};

    text_add(&text, RECORDS_MAGIC, strlen(RECORDS_MAGIC));
    qsort(sorted, count, sizeof *sorted, compare_entries);
    for (size_t i = 0; i < count; i++) {
        text_add(&text, sorted[i].folder, strlen(sorted[i].folder) + 1);
        text_add(&text, sorted[i].name, strlen(sorted[i].name) + 1);
        text_add(&text, sorted[i].module, strlen(sorted[i].module) + 1);
    }
    hash_128(text.bytes, text.length, key_out);
    text_release(&text);
    memory_free(sorted);
}

/* ---- What steers them ---- */

/* Those that every run sets for itself, or that are read as words of the command line. */
static bool
is_of_the_run(const char *variable)
{
    static const char *const NAMES[] = {"PYTEST_CURRENT_TEST=", "PYTEST_VERSION=", "PYTEST_ADDOPTS="};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strncmp(variable, NAMES[i], strlen(NAMES[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* "HYPOTHESIS_" of "hypothesis-6.0.dist-info", "COV_" of "pytest_cov-7.1.0.dist-info". */
static void
prefix_make(const char *folder, struct text *prefix)
{
    static const char COMMON[] = "PYTEST_";

    text_clear(prefix);
    for (; *folder && *folder != '-'; folder++) {
        bool is_lower = *folder >= 'a' && *folder <= 'z';
        text_add_char(prefix, *folder == '.' ? '_' : is_lower ? (char)(*folder - 'a' + 'A') : *folder);
    }
    text_add_char(prefix, '_');
    size_t common = strncmp(prefix->bytes, COMMON, strlen(COMMON)) == 0 ? strlen(COMMON) : 0;
    memmove(prefix->bytes, prefix->bytes + common, prefix->length - common + 1);
    prefix->length -= common;
}

static bool
is_steering(const char *variable, const struct plugin_entry *entries, size_t count)
{
    struct text prefix = {0};
    bool is_one = strncmp(variable, "PYTEST_", strlen("PYTEST_")) == 0 && !is_of_the_run(variable);

    for (size_t i = 0; i < count && !is_one; i++) {
        prefix_make(entries[i].folder, &prefix);
        is_one = prefix.length > 1 && strncmp(variable, prefix.bytes, prefix.length) == 0;
    }
    text_release(&prefix);
    return is_one;
}

static int
compare_texts(const void *first, const void *second)
{
    return strcmp(*(const char *const *)first, *(const char *const *)second);
}

void
records_steering_key(const struct entry_point *points, size_t count, const char *const *environment,
                     unsigned char key_out[16])
{
    size_t entry_count = 0;
    struct plugin_entry *entries = entries_new(points, count, &entry_count);
    size_t variable_count = 0;
    size_t steering_count = 0;
    struct text text = {0};
    unsigned char key[16];

    while (environment[variable_count]) {
        variable_count++;
    }
    const char **steering = memory_alloc((variable_count + 1) * sizeof *steering);
    for (size_t i = 0; i < variable_count; i++) {
        if (is_steering(environment[i], entries, entry_count)) {
            steering[steering_count++] = environment[i];
        }
    }
    qsort(steering, steering_count, sizeof *steering, compare_texts);
    records_plugin_key(points, count, key);
    text_add(&text, (const char *)key, sizeof key);
    for (size_t i = 0; i < steering_count; i++) {
        text_add(&text, steering[i], strlen(steering[i]) + 1);
    }
    hash_128(text.bytes, text.length, key_out);
    text_release(&text);
    memory_free(steering);
    memory_free(entries);
}

void
records_hooks_key(const unsigned char settings_key[16], const unsigned char steering_key[16], int minor_version,
                  unsigned char key_out[16])
{
    struct text text = {0};

    text_add_format(&text, "hooks %d\n", minor_version);
    text_add(&text, (const char *)settings_key, 16);
    text_add(&text, (const char *)steering_key, 16);
    hash_128(text.bytes, text.length, key_out);
    text_release(&text);
}
