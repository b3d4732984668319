/* What the configuration says about collection, and the key of all that a file's tests depend on. */
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"
#include "discover/settings_parts.h"

static const char *const NO_WORDS[] = {NULL};
static const char *const PYTHON_FILES[] = {"test_*.py", "*_test.py", NULL};
static const char *const PYTHON_CLASSES[] = {"Test", NULL};
static const char *const PYTHON_FUNCTIONS[] = {"test", NULL};
static const char *const NORECURSEDIRS[] = {"*.egg", ".*",           "_darcs", "build",  "CVS",
                                            "dist",  "node_modules", "venv",   "{arch}", NULL};
static const char *const LONG_ID_WORDS[] = {"short", "sha256", "legacy", "disallow", NULL};
static const char *const EMPTY_SET_WORDS[] = {"skip", "xfail", "fail_at_collect", NULL};

/* ---- Values ---- */

static bool
lists_read(struct reading *reading)
{
    struct discover_settings *settings = reading->settings;
    const struct {
        const char *name;
        const char *const *fallback;
        const char *const **list;
    } ROWS[] = {
        {"python_files", PYTHON_FILES, &settings->python_files},
        {"python_classes", PYTHON_CLASSES, &settings->python_classes},
        {"python_functions", PYTHON_FUNCTIONS, &settings->python_functions},
        {"norecursedirs", NORECURSEDIRS, &settings->norecursedirs},
        {"usefixtures", NO_WORDS, &settings->use_fixtures},
        {"required_plugins", NO_WORDS, &settings->required_plugins},
    };

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (!ini_words(&reading->values, ROWS[i].name, ROWS[i].fallback, ROWS[i].list, reading->error)) {
            return false;
        }
    }
    return true;
}

/* A setting of the strict family: its own value, else that of `strict`. */
static bool
strict_read(struct reading *reading, const char *name, bool *is_strict_out)
{
    int truth = -1;

    if (!ini_truth(&reading->values, name, &truth, reading->error)) {
        return false;
    }
    if (truth < 0 && !ini_truth(&reading->values, "strict", &truth, reading->error)) {
        return false;
    }
    *is_strict_out = truth > 0;
    return true;
}

static bool
truths_read(struct reading *reading)
{
    struct discover_settings *settings = reading->settings;
    bool keeps_raw_ids = false;
    const struct {
        const char *name;
        bool fallback;
        bool *value;
    } ROWS[] = {
        {"collect_imported_tests", true, &settings->collects_imported_tests},
        {"consider_namespace_packages", false, &settings->considers_namespace_packages},
        {"disable_test_id_escaping_and_forfeit_all_rights_to_community_support", false, &keeps_raw_ids},
    };

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        int truth = -1;
        if (!ini_truth(&reading->values, ROWS[i].name, &truth, reading->error)) {
            return false;
        }
        *ROWS[i].value = truth < 0 ? ROWS[i].fallback : truth > 0;
    }
    settings->escapes_non_ascii_ids = !keeps_raw_ids;
    return strict_read(reading, "strict_parametrization_ids", &settings->has_strict_parametrization_ids) &&
           strict_read(reading, "strict_markers", &settings->has_strict_marks);
}

static bool
choices_read(struct reading *reading)
{
    unsigned index = 0;

    if (!ini_choice(&reading->values, "parametrize_long_str_id_strategy", LONG_ID_WORDS, &index, reading->error)) {
        return false;
    }
    reading->settings->long_id_strategy = (enum long_id_strategy)index;
    if (!ini_choice(&reading->values, "empty_parameter_set_mark", EMPTY_SET_WORDS, &index, reading->error)) {
        return false;
    }
    reading->settings->empty_set_mark = (enum empty_set_mark)index;
    return true;
}

/* "slow(reason): what it means" registers "slow". */
static bool
marks_read(struct reading *reading)
{
    const char *const *lines = NULL;
    struct string_list names = {0};

    if (!ini_lines(&reading->values, "markers", &lines, reading->error)) {
        return false;
    }
    for (size_t i = 0; lines[i]; i++) {
        size_t length = strcspn(lines[i], ":(");
        while (length && strchr(" \t", lines[i][length - 1])) {
            length--;
        }
        string_list_add(&names, reading->arena, arena_copy_bytes(reading->arena, lines[i], length));
    }
    reading->settings->marks_known = string_list_end(&names, reading->arena);
    return true;
}

/* Whether a filter like "error::DeprecationWarning" raises; an action may be shortened. */
static bool
filter_raises(const char *filter)
{
    size_t length = strcspn(filter, ": \t");
    return length > 0 && length <= strlen("error") && strncmp("error", filter, length) == 0;
}

static bool
filters_read(struct reading *reading)
{
    const char *const *lines = NULL;
    bool raises = false;

    if (!ini_lines(&reading->values, "filterwarnings", &lines, reading->error)) {
        return false;
    }
    for (size_t i = 0; lines[i]; i++) {
        raises = raises || filter_raises(lines[i]);
    }
    for (size_t i = 0; i < reading->given.option_count; i++) {
        const struct given_option *option = &reading->given.options[i];
        raises = raises || (option->effect == EFFECT_WARNING_FILTER && filter_raises(option->value));
    }
    reading->settings->has_error_filters = raises;
    return true;
}

static bool
python_path_read(struct reading *reading)
{
    const char *const *paths = NULL;
    const char **slots = reading->settings->python_path_ini;
    size_t count = 0;

    if (!ini_paths(&reading->values, "pythonpath", &paths, reading->error)) {
        return false;
    }
    for (; paths[count] && count + 1 < COUNT_OF(reading->settings->python_path_ini); count++) {
        slots[count] = paths[count];
    }
    slots[count] = NULL;
    if (paths[count]) {
        reading_add_reason(reading, "pythonpath", "more folders than can be looked at");
    }
    return true;
}

bool
settings_read_ini(struct reading *reading)
{
    return lists_read(reading) && truths_read(reading) && choices_read(reading) && marks_read(reading) &&
           filters_read(reading) && python_path_read(reading);
}

/* ---- The key ---- */

/* Settings that say nothing about the tests of a file, or are in the key by their effect. */
static bool
is_irrelevant(const char *name, size_t length)
{
    static const char *const PREFIXES[] = {"log_", "junit_", "verbosity_", "truncation_", "tmp_path_", "faulthandler_"};
    static const char *const NAMES[] = {
        "addopts",
        "testpaths",
        "norecursedirs",
        "python_files",
        "filterwarnings",
        "minversion",
        "cache_dir",
        "console_output_style",
        "required_plugins",
        "max_warnings",
        "doctest_optionflags",
        "doctest_encoding",
        "strict_xfail",
        "xfail_strict",
        "assertion_text_diff_style",
        "timeout",
        "timeout_method",
        "timeout_func_only",
    };

    for (size_t i = 0; i < COUNT_OF(PREFIXES); i++) {
        if (length >= strlen(PREFIXES[i]) && memcmp(name, PREFIXES[i], strlen(PREFIXES[i])) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (length == strlen(NAMES[i]) && memcmp(name, NAMES[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static void
add_field(struct text *text, const char *bytes, size_t length)
{
    text_add_format(text, "%zu:", length);
    text_add(text, bytes, length);
}

static void
add_list(struct text *text, const char *name, const char *const *list)
{
    text_add_format(text, "\n%s ", name);
    for (; *list; list++) {
        add_field(text, *list, strlen(*list));
    }
}

static void
add_value(struct text *text, const struct toml_value *value)
{
    text_add_format(text, "<%d %d ", (int)value->kind, value->truth);
    if (value->text) {
        add_field(text, value->text, value->length);
    }
    for (size_t i = 0; i < value->count; i++) {
        if (value->kind == TOML_TABLE) {
            add_field(text, value->entries[i].key, value->entries[i].key_length);
        }
        add_value(text, value->kind == TOML_TABLE ? value->entries[i].value : value->items[i]);
    }
    text_add_char(text, '>');
}

/* Settings of plugins, too: nobody knows what they do with them. */
static void
add_settings(struct text *text, const struct reading *reading)
{
    const struct project *project = &reading->settings->project;

    for (size_t i = 0; i < project->setting_count; i++) {
        const struct config_setting *setting = &project->settings[i];
        if (is_irrelevant(setting->name, setting->name_length)) {
            continue;
        }
        text_add_string(text, "\nsetting ");
        add_field(text, setting->name, setting->name_length);
        if (setting->text) {
            add_field(text, setting->text, setting->text_length);
        } else {
            add_value(text, setting->toml);
        }
    }
    for (size_t i = 0; i < reading->values.override_count; i++) {
        const char *override = reading->values.overrides[i];
        if (!is_irrelevant(override, strcspn(override, "="))) {
            text_add_string(text, "\noverride ");
            add_field(text, override, strlen(override));
        }
    }
}

void
settings_make_key(struct reading *reading)
{
    struct discover_settings *settings = reading->settings;
    struct text text = {0};

    add_field(&text, settings->project.root_folder, strlen(settings->project.root_folder));
    add_field(&text, settings->confcutdir, strlen(settings->confcutdir));
    text_add_format(&text, "%d %d%d%d%d", (int)settings->import_mode, settings->has_noconftest,
                    settings->loads_plugins_automatically, settings->has_error_filters,
                    settings->project.mode == CONFIG_TOML);
    add_list(&text, "plugins", settings->early_plugins);
    add_list(&text, "paths", settings->python_path_ini);
    add_settings(&text, reading);
    for (size_t i = 0; i < reading->given.option_count; i++) {
        const struct given_option *option = &reading->given.options[i];
        if (option->effect == EFFECT_KEYED) {
            text_add_string(&text, "\noption ");
            add_field(&text, option->name, strlen(option->name));
            add_field(&text, option->value ? option->value : "", option->value ? strlen(option->value) : 0);
        }
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(text_string(&text), text.length));
    memcpy(settings->key, canonical.digest, sizeof settings->key);
    text_release(&text);
}
