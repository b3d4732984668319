/* What counts in a discovery: the command line, PYTEST_ADDOPTS, addopts and the configuration, as pytest joins them. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "discover/path_glob.h"
#include "discover/settings_parts.h"
#include "discover/surroundings.h"
#include "os/file.h"

/* ---- Words ---- */

/* One list before the other. */
static void
words_join(struct reading *reading, const char *const *first, size_t first_count)
{
    struct string_list joined = {0};

    for (size_t i = 0; i < first_count; i++) {
        string_list_add(&joined, reading->arena, first[i]);
    }
    for (size_t i = 0; i < reading->words.count; i++) {
        string_list_add(&joined, reading->arena, reading->words.items[i]);
    }
    reading->words = joined;
}

static bool
words_read_again(struct reading *reading)
{
    struct string_list overrides = {0};

    if (!words_read(reading->words.items, reading->words.count, reading->question->folder, reading->arena,
                    &reading->given, reading->error)) {
        return false;
    }
    for (size_t i = 0; i < reading->given.option_count; i++) {
        const struct given_option *option = &reading->given.options[i];
        if (option->effect == EFFECT_OVERRIDE) {
            string_list_add(&overrides, reading->arena, option->detail);
        } else if (option->effect == EFFECT_OVERRIDE_GIVEN) {
            if (!strchr(option->value, '=')) {
                return error_set(reading->error, ERROR_USAGE,
                                 "-o/--override-ini expects option=value style (got: '%s').", option->value);
            }
            string_list_add(&overrides, reading->arena, option->value);
        }
    }
    reading->values.overrides = overrides.items;
    reading->values.override_count = overrides.count;
    return true;
}

static bool
environment_words_add(struct reading *reading)
{
    const char *text = environment_find(reading->question->environment, "PYTEST_ADDOPTS");
    const char **words = NULL;
    size_t count = 0;

    if (text && !shell_split(text, reading->arena, &words, &count, reading->error)) {
        return error_prefix(reading->error, "PYTEST_ADDOPTS does not split into words");
    }
    words_join(reading, words, count);
    return true;
}

/* The last one counts. */
static const char *
option_value(const struct reading *reading, enum option_effect effect)
{
    for (size_t i = reading->given.option_count; i-- > 0;) {
        if (reading->given.options[i].effect == effect) {
            return reading->given.options[i].value;
        }
    }
    return NULL;
}

static bool
option_is_given(const struct reading *reading, enum option_effect effect)
{
    for (size_t i = 0; i < reading->given.option_count; i++) {
        if (reading->given.options[i].effect == effect) {
            return true;
        }
    }
    return false;
}

/* All values of an option, each made absolute where `folder` is given. */
static const char *const *
option_values(struct reading *reading, enum option_effect effect, const char *folder)
{
    struct string_list list = {0};

    for (size_t i = 0; i < reading->given.option_count; i++) {
        const struct given_option *option = &reading->given.options[i];
        if (option->effect == effect) {
            string_list_add(&list, reading->arena,
                            folder ? path_from(reading->arena, folder, option->value) : option->value);
        }
    }
    return string_list_end(&list, reading->arena);
}

/* ---- The project ---- */

static bool
project_read_settings(struct reading *reading)
{
    const char *root = option_value(reading, EFFECT_ROOT_FOLDER);
    struct project_question question = {
        .invocation_folder = reading->question->folder,
        .config_file = option_value(reading, EFFECT_CONFIG_FILE),
        .root_folder = root && *root ? path_expand(reading->arena, reading->question->environment, root) : NULL,
        .arguments = reading->given.positionals,
        .argument_count = reading->given.positional_count,
    };
    const char *const *addopts = NULL;
    static const char *const NONE[] = {NULL};
    size_t count = 0;

    if (!project_find(&question, &reading->settings->project, reading->error)) {
        if (reading->error->kind == ERROR_FORMAT) {
            reading->error->kind = ERROR_USAGE; /* as pytest has it */
        }
        return false;
    }
    reading->values.project = &reading->settings->project;
    if (!ini_words(&reading->values, "addopts", NONE, &addopts, reading->error)) {
        return false;
    }
    while (addopts[count]) {
        count++;
    }
    words_join(reading, addopts, count);
    return words_read_again(reading);
}

static bool
cache_folder_find(struct reading *reading)
{
    const char *given = NULL;
    const char *tox = environment_find(reading->question->environment, "TOX_ENV_DIR");
    struct text fallback = {0};

    if (!ini_string(&reading->values, "cache_dir", &given, reading->error)) {
        return false;
    }
    if (!given) {
        text_add_format(&fallback, "%s%s.pytest_cache", tox ? tox : "", tox ? "/" : "");
        given = arena_copy_bytes(reading->arena, text_string(&fallback), fallback.length);
        text_release(&fallback);
    }
    given = path_expand(reading->arena, reading->question->environment, given);
    reading->settings->cache_folder = path_from(reading->arena, reading->settings->project.root_folder, given);
    return true;
}

/* Only versions that are plain numbers are judged. */
static bool
minversion_check(struct reading *reading)
{
    const char *wanted = NULL;
    const char *ours = FASTEST_PYTEST_VERSION;
    const char *file = reading->settings->project.config_file;
    int order = 0;

    if (!ini_string(&reading->values, "minversion", &wanted, reading->error)) {
        return false;
    }
    for (const char *at = wanted; at && *at && order == 0;) {
        char *end = NULL;
        char *our_end = NULL;
        long number = strtol(at, &end, 10);
        long our_number = *ours ? strtol(ours, &our_end, 10) : 0;
        if (end == at || (*end && *end != '.')) {
            reading_add_reason(reading, "minversion", "a version with more than numbers");
            return true;
        }
        order = (number > our_number) - (number < our_number);
        at = end + (*end == '.');
        ours = *ours ? our_end + (*our_end == '.') : ours;
    }
    if (order > 0) {
        return error_set(reading->error, ERROR_USAGE, "%s: 'minversion' requires pytest-%s, actual pytest-%s'",
                         file ? file : "None", wanted, FASTEST_PYTEST_VERSION);
    }
    return true;
}

/* ---- What to collect ---- */

static bool
arguments_decide(struct reading *reading)
{
    static const char *const NONE[] = {NULL};
    struct discover_settings *settings = reading->settings;
    struct string_list arguments = {0};
    const char *const *testpaths = NULL;
    bool names_modules = option_is_given(reading, EFFECT_PYARGS);

    settings->has_arguments = reading->given.positional_count > 0;
    if (!ini_words(&reading->values, "testpaths", NONE, &testpaths, reading->error)) {
        return false;
    }
    for (size_t i = 0; i < reading->given.positional_count; i++) {
        string_list_add(&arguments, reading->arena, reading->given.positionals[i]);
    }
    if (!settings->has_arguments && strcmp(reading->question->folder, settings->project.root_folder) == 0) {
        for (size_t i = 0; testpaths[i]; i++) {
            const char **found = NULL;
            if (names_modules) {
                string_list_add(&arguments, reading->arena, testpaths[i]);
                continue;
            }
            size_t count = path_glob(reading->question->folder, testpaths[i], reading->arena, &found);
            for (size_t j = 0; j < count; j++) {
                string_list_add(&arguments, reading->arena, found[j]);
            }
        }
    }
    if (names_modules) {
        arguments_find_modules(reading, &arguments);
    }
    if (arguments.count == 0) {
        string_list_add(&arguments, reading->arena, reading->question->folder);
    }
    settings->arguments = arguments.items;
    settings->argument_count = arguments.count;
    return true;
}

static bool
confcutdir_decide(struct reading *reading)
{
    struct discover_settings *settings = reading->settings;
    const char *given = option_value(reading, EFFECT_CONFCUTDIR);
    const char *file = settings->project.config_file;

    if (given) {
        settings->confcutdir = path_from(reading->arena, reading->question->folder, given);
        if (!*given || !file_is_folder(settings->confcutdir)) {
            return error_set(reading->error, ERROR_USAGE, "--confcutdir must be a directory, given: %s", given);
        }
    } else if (file) {
        const char *slash = strrchr(file, '/');
        settings->confcutdir = slash == file ? "/" : arena_copy_bytes(reading->arena, file, (size_t)(slash - file));
    } else {
        settings->confcutdir = settings->project.root_folder;
    }
    return true;
}

/* ---- Options ---- */

static void
options_apply(struct reading *reading)
{
    struct discover_settings *settings = reading->settings;
    const char *folder = reading->question->folder;
    const char *disabled = environment_find(reading->question->environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD");
    const char *mode = option_value(reading, EFFECT_IMPORT_MODE);

    settings->keyword = option_value(reading, EFFECT_KEYWORD);
    settings->marks = option_value(reading, EFFECT_MARKS);
    settings->ignored = option_values(reading, EFFECT_IGNORE, folder);
    settings->ignored_globs = option_values(reading, EFFECT_IGNORE_GLOB, folder);
    settings->deselected = option_values(reading, EFFECT_DESELECT, NULL);
    settings->has_noconftest = option_is_given(reading, EFFECT_NOCONFTEST);
    settings->keeps_duplicates = option_is_given(reading, EFFECT_KEEP_DUPLICATES);
    settings->collects_in_virtualenv = option_is_given(reading, EFFECT_IN_VIRTUALENV);
    settings->loads_plugins_automatically = !(disabled && *disabled) && !option_is_given(reading, EFFECT_NO_AUTOLOAD);
    settings->import_mode = !mode || mode[0] == 'p' ? IMPORT_MODE_PREPEND
                            : mode[0] == 'a'        ? IMPORT_MODE_APPEND
                                                    : IMPORT_MODE_IMPORTLIB;
}

static const char *
reason_make(struct reading *reading, const char *subject, const char *detail)
{
    struct text text = {0};

    text_add_format(&text, "%s: %s", subject, detail);
    const char *copy = arena_copy_bytes(reading->arena, text_string(&text), text.length);
    text_release(&text);
    return copy;
}

void
reading_add_reason(struct reading *reading, const char *subject, const char *detail)
{
    if (!reading->settings->reason) {
        reading->settings->reason = reason_make(reading, subject, detail);
    }
}

static void
reasons_find(struct reading *reading)
{
    if (reading->given.unknown) {
        reading_add_reason(reading, reading->given.unknown,
                           "an option that is not pytest's, whose effect on collection is not known");
    }
    for (size_t i = 0; i < reading->given.option_count; i++) {
        if (reading->given.options[i].effect == EFFECT_REASON) {
            reading_add_reason(reading, reading->given.options[i].name, reading->given.options[i].detail);
        } else if (reading->given.options[i].effect == EFFECT_PYARGS) {
            reading_add_reason(reading, "--pyargs", "modules are found by the interpreter");
        }
    }
}

bool
settings_read(const struct discover_question *question, struct arena *arena, struct discover_settings *settings_out,
              struct error *error)
{
    struct reading reading = {
        .question = question,
        .arena = arena,
        .settings = settings_out,
        .error = error,
        .values = {.folder = question->folder, .arena = arena},
    };

    *settings_out = (struct discover_settings){0};
    for (size_t i = 0; i < question->argument_count; i++) {
        string_list_add(&reading.words, arena, question->arguments[i]);
    }
    if (!environment_words_add(&reading) || !words_read_again(&reading) || !project_read_settings(&reading)) {
        return false;
    }
    options_apply(&reading);
    if (!minversion_check(&reading) || !settings_read_ini(&reading) || !cache_folder_find(&reading) ||
        !settings_read_plugins(&reading) || !arguments_decide(&reading) || !confcutdir_decide(&reading)) {
        return false;
    }
    reasons_find(&reading);
    settings_make_key(&reading);
    return true;
}

bool
discover_collecting_words(const struct discover_question *question, struct arena *arena, const char *const **words_out,
                          size_t *count_out, struct error *error)
{
    struct given_words given = {0};

    if (!words_read(question->arguments, question->argument_count, question->folder, arena, &given, error)) {
        return false;
    }
    *words_out = string_list_end(&given.collecting, arena);
    *count_out = given.collecting.count;
    return true;
}

bool
discover_hooks_key(const struct discover_question *question, const unsigned char steering_key[16], int minor_version,
                   unsigned char key_out[16])
{
    struct arena arena = {0};
    struct discover_settings settings = {0};
    struct error error = ERROR_INIT;
    bool is_told = settings_read(question, &arena, &settings, &error) && !settings.reason;

    if (is_told) {
        records_hooks_key(settings.key, steering_key, minor_version, key_out);
    }
    project_release(&settings.project);
    arena_release(&arena);
    return is_told;
}
