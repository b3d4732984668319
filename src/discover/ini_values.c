/* Settings as values of their types: strings of ini files are converted, TOML has to be of the right type already. */
#include "discover/ini_values.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* One setting: text in ini mode, else a TOML value (of which ini mode takes lists, and the text of scalars). */
struct setting {
    const char *text;
    const struct toml_value *toml;
    bool is_native; /* TOML mode: nothing is converted */
};

static bool
setting_find(const struct ini_values *values, const char *name, struct setting *setting_out)
{
    size_t length = strlen(name);
    const struct project *project = values->project;

    for (size_t i = values->override_count; i-- > 0;) {
        if (strncmp(values->overrides[i], name, length) == 0 && values->overrides[i][length] == '=') {
            *setting_out = (struct setting){.text = values->overrides[i] + length + 1};
            return true;
        }
    }
    for (size_t i = project->setting_count; i-- > 0;) {
        const struct config_setting *setting = &project->settings[i];
        if (setting->name_length != length || memcmp(setting->name, name, length) != 0) {
            continue;
        }
        *setting_out = (struct setting){.toml = setting->toml, .is_native = project->mode == CONFIG_TOML};
        if (setting->text) {
            setting_out->text = arena_copy_bytes(values->arena, setting->text, setting->text_length);
            setting_out->is_native = false;
        } else if (!setting_out->is_native && setting->toml->kind != TOML_ARRAY) {
            bool is_truth = setting->toml->kind == TOML_BOOLEAN;
            setting_out->text = is_truth ? setting->toml->truth ? "True" : "False" : setting->toml->text;
        }
        return true;
    }
    return false;
}

/* ---- Messages ---- */

static const char *
type_name(const struct toml_value *value)
{
    static const char *const NAMES[] = {"str", "int", "float", "bool", "datetime", "list", "dict"};
    return NAMES[value->kind];
}

static void
repr_add(struct text *text, const struct toml_value *value)
{
    if (value->kind == TOML_STRING) {
        text_add_python_repr(text, value->text, value->length);
    } else if (value->kind == TOML_BOOLEAN) {
        text_add_string(text, value->truth ? "True" : "False");
    } else if (value->kind == TOML_ARRAY) {
        text_add_char(text, '[');
        for (size_t i = 0; i < value->count; i++) {
            text_add_string(text, i ? ", " : "");
            repr_add(text, value->items[i]);
        }
        text_add_char(text, ']');
    } else {
        text_add_string(text, value->kind == TOML_TABLE ? "{...}" : value->text);
    }
}

/* "FILE: config option 'x' expects WHAT, got int: 1" */
static bool
refuse(const struct ini_values *values, const char *name, const char *what, const struct toml_value *got,
       struct error *error)
{
    struct text shown = {0};

    repr_add(&shown, got);
    error_set(error, ERROR_USAGE, "%s: config option '%s' expects %s %s: %s", values->project->config_file, name, what,
              type_name(got), text_string(&shown));
    text_release(&shown);
    return false;
}

/* ---- Lists ---- */

static bool
list_of_array(const struct ini_values *values, const char *name, const char *type, const struct setting *setting,
              const char *const **list_out, struct error *error)
{
    const struct toml_value *array = setting->toml;
    char what[64];

    if (array->kind != TOML_ARRAY) {
        (void)snprintf(what, sizeof what, "a list for type '%s', got", type);
        return refuse(values, name, what, array, error);
    }
    const char **list = arena_alloc(values->arena, (array->count + 1) * sizeof *list);
    for (size_t i = 0; i < array->count; i++) {
        if (array->items[i]->kind != TOML_STRING) {
            (void)snprintf(what, sizeof what, "a list of strings, but item at index %zu is", i);
            return refuse(values, name, what, array->items[i], error);
        }
        list[i] = arena_copy_bytes(values->arena, array->items[i]->text, array->items[i]->length);
    }
    list[array->count] = NULL;
    *list_out = list;
    return true;
}

static bool
words_of(const struct ini_values *values, const char *name, const char *type, const char *const *fallback,
         const char *const **list_out, struct error *error)
{
    struct setting setting;
    const char **split = NULL;
    size_t count = 0;

    if (!setting_find(values, name, &setting)) {
        *list_out = fallback;
        return true;
    }
    if (!setting.text) {
        return list_of_array(values, name, type, &setting, list_out, error);
    }
    if (!shell_split(setting.text, values->arena, &split, &count, error)) {
        return false;
    }
    const char **list = arena_alloc(values->arena, (count + 1) * sizeof *list);
    if (count) {
        memcpy(list, split, count * sizeof *list);
    }
    list[count] = NULL;
    *list_out = list;
    return true;
}

static const char *const NO_WORDS[] = {NULL};

bool
ini_words(const struct ini_values *values, const char *name, const char *const *fallback, const char *const **list_out,
          struct error *error)
{
    return words_of(values, name, "args", fallback, list_out, error);
}

bool
ini_lines(const struct ini_values *values, const char *name, const char *const **list_out, struct error *error)
{
    struct setting setting;
    size_t count = 0;

    if (!setting_find(values, name, &setting)) {
        *list_out = NO_WORDS;
        return true;
    }
    if (!setting.text) {
        return list_of_array(values, name, "linelist", &setting, list_out, error);
    }
    const char **list = arena_alloc(values->arena, (strlen(setting.text) / 2 + 2) * sizeof *list);
    for (const char *line = setting.text; *line;) {
        size_t length = strcspn(line, "\n");
        size_t start = strspn(line, " \t\r\f\v");
        size_t end = length;
        while (end > start && strchr(" \t\r\f\v", line[end - 1])) {
            end--;
        }
        if (start < end) {
            list[count++] = arena_copy_bytes(values->arena, line + start, end - start);
        }
        line += length + (line[length] == '\n');
    }
    list[count] = NULL;
    *list_out = list;
    return true;
}

bool
ini_paths(const struct ini_values *values, const char *name, const char *const **list_out, struct error *error)
{
    const char *file = values->project->config_file;
    const char *slash = file ? strrchr(file, '/') : NULL;
    const char *folder = slash ? arena_copy_bytes(values->arena, file, (size_t)(slash - file)) : values->folder;
    const char *const *words = NULL;
    size_t count = 0;

    if (!words_of(values, name, "paths", NO_WORDS, &words, error)) {
        return false;
    }
    while (words[count]) {
        count++;
    }
    const char **list = arena_alloc(values->arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        struct text path = {0};
        path_add_absolute(&path, folder, words[i]);
        list[i] = arena_copy_bytes(values->arena, text_string(&path), path.length);
        text_release(&path);
    }
    list[count] = NULL;
    *list_out = list;
    return true;
}

/* ---- Single values ---- */

static bool
truth_of_text(const char *text, int *truth_out, struct error *error)
{
    static const char *const TRUE_WORDS[] = {"y", "yes", "t", "true", "on", "1"};
    static const char *const FALSE_WORDS[] = {"n", "no", "f", "false", "off", "0"};
    char word[8] = {0};
    size_t start = strspn(text, " \t\r\n\f\v");
    size_t length = strcspn(text + start, " \t\r\n\f\v");

    if (length < sizeof word && !text[start + length + strspn(text + start + length, " \t\r\n\f\v")]) {
        for (size_t i = 0; i < length; i++) {
            char letter = text[start + i];
            word[i] = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
        }
        for (size_t i = 0; i < COUNT_OF(TRUE_WORDS); i++) {
            if (strcmp(word, TRUE_WORDS[i]) == 0 || strcmp(word, FALSE_WORDS[i]) == 0) {
                *truth_out = strcmp(word, TRUE_WORDS[i]) == 0;
                return true;
            }
        }
    }
    return error_set(error, ERROR_USAGE, "invalid truth value '%s'", text);
}

bool
ini_truth(const struct ini_values *values, const char *name, int *truth_out, struct error *error)
{
    struct setting setting;

    *truth_out = -1;
    if (!setting_find(values, name, &setting)) {
        return true;
    }
    if (setting.text) {
        return truth_of_text(setting.text, truth_out, error);
    }
    if (setting.toml->kind != TOML_BOOLEAN) {
        return setting.is_native ? refuse(values, name, "a bool, got", setting.toml, error)
                                 : error_set(error, ERROR_USAGE, "invalid truth value of '%s'", name);
    }
    *truth_out = setting.toml->truth;
    return true;
}

bool
ini_string(const struct ini_values *values, const char *name, const char **text_out, struct error *error)
{
    struct setting setting;

    *text_out = NULL;
    if (!setting_find(values, name, &setting)) {
        return true;
    }
    if (setting.text) {
        *text_out = setting.text;
        return true;
    }
    if (setting.toml->kind != TOML_STRING) {
        return refuse(values, name, "a string, got", setting.toml, error);
    }
    *text_out = arena_copy_bytes(values->arena, setting.toml->text, setting.toml->length);
    return true;
}

bool
ini_choice(const struct ini_values *values, const char *name, const char *const *choices, unsigned *index_out,
           struct error *error)
{
    const char *text = NULL;
    struct text shown = {0};

    *index_out = 0;
    if (!ini_string(values, name, &text, error)) {
        return false;
    }
    for (unsigned i = 0; text && choices[i]; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *index_out = i;
            text_release(&shown);
            return true;
        }
        text_add_format(&shown, "%s'%s'", i ? " | " : "", choices[i]);
    }
    if (text) {
        const char *file = values->project->config_file;
        error_set(error, ERROR_USAGE, "%s: config option '%s' expects one of %s, got '%s'", file ? file : "None", name,
                  text_string(&shown), text);
    }
    text_release(&shown);
    return !text;
}
