/* Plugins named on the command line and in PYTEST_PLUGINS. */
#include <string.h>

#include "base/text.h"
#include "discover/settings_parts.h"
#include "discover/surroundings.h"
#include "model/plugin_names.h"

/* Whether it is among the first `count` of pytest's own: loading one changes no test, and blocking most neither. */
static bool
is_among_first(const char *name, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, PLUGIN_NAMES[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool
block_builtin(struct reading *reading, const char *name)
{
    struct discover_settings *settings = reading->settings;

    if (is_among_first(name, ESSENTIAL_PLUGIN_COUNT)) {
        return error_set(reading->error, ERROR_USAGE, "plugin %s cannot be disabled", name);
    }
    if (strcmp(name, "cacheprovider") == 0) {
        settings->cache_folder = NULL;
    } else if (strcmp(name, "doctest") == 0) {
        static const char *const NONE[] = {NULL};
        settings->doctest_globs = NONE;
    } else if (strcmp(name, "python") == 0 || strcmp(name, "unittest") == 0) {
        reading_add_reason(reading, name, "the plugin that collects tests is blocked");
    }
    return true;
}

static const char *
stripped(struct reading *reading, const char *text, size_t length)
{
    while (length && strchr(" \t\r\n", *text)) {
        text++;
        length--;
    }
    while (length && strchr(" \t\r\n", text[length - 1])) {
        length--;
    }
    return arena_copy_bytes(reading->arena, text, length);
}

static bool
plugin_consider(struct reading *reading, const char *name, struct string_list *plugins)
{
    bool is_blocked = strncmp(name, "no:", 3) == 0;
    const char *plain = is_blocked ? name + 3 : name;
    size_t length = strlen(plain);

    if (is_blocked && length >= strlen("conftest.py") &&
        strcmp(plain + length - strlen("conftest.py"), "conftest.py") == 0) {
        return error_set(reading->error, ERROR_USAGE,
                         "Blocking conftest files using -p is not supported: -p no:%s\n"
                         "conftest.py files are not plugins and cannot be disabled via -p.\n",
                         plain);
    }
    if (is_among_first(plain, PLUGIN_NAME_COUNT)) {
        return !is_blocked || block_builtin(reading, plain);
    }
    /* Our own only look on. */
    if (*plain && strncmp(plain, "fastest._", strlen("fastest._")) != 0) {
        string_list_add(plugins, reading->arena, name);
    }
    return true;
}

static const char *const *
doctest_globs(struct reading *reading)
{
    static const char *const DEFAULT[] = {"test*.txt", NULL};
    struct string_list globs = {0};

    for (size_t i = 0; i < reading->given.option_count; i++) {
        if (reading->given.options[i].effect == EFFECT_DOCTEST_GLOB) {
            string_list_add(&globs, reading->arena, reading->given.options[i].value);
        }
    }
    return globs.count ? string_list_end(&globs, reading->arena) : DEFAULT;
}

bool
settings_read_plugins(struct reading *reading)
{
    const char *names = environment_find(reading->question->environment, "PYTEST_PLUGINS");
    struct string_list plugins = {0};

    reading->settings->doctest_globs = doctest_globs(reading);
    for (size_t i = 0; i < reading->given.option_count; i++) {
        const struct given_option *option = &reading->given.options[i];
        if (option->effect == EFFECT_PLUGIN &&
            !plugin_consider(reading, stripped(reading, option->value, strlen(option->value)), &plugins)) {
            return false;
        }
    }
    while (names && *names) {
        size_t length = strcspn(names, ",");
        if (!plugin_consider(reading, arena_copy_bytes(reading->arena, names, length), &plugins)) {
            return false;
        }
        names += length + (names[length] == ',');
    }
    reading->settings->early_plugins = string_list_end(&plugins, reading->arena);
    return true;
}
