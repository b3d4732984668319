/* Reads pytest's settings from each kind of configuration file. */
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config/internal.h"
#include "config/project.h"
#include "os/file.h"

enum { MAX_FILE_BYTES = 64 * 1024 * 1024 };

enum file_format {
    FORMAT_NONE,
    FORMAT_PYTEST_TOML, /* [pytest], always counts */
    FORMAT_PYTEST_INI,  /* [pytest], always counts */
    FORMAT_PYPROJECT,   /* [tool.pytest], [tool.pytest.ini_options] */
    FORMAT_INI,         /* [pytest] */
    FORMAT_CFG,         /* [tool:pytest] */
    FORMAT_TOML,        /* [pytest] or the tables of pyproject.toml */
};

const char *const PROJECT_FILE_NAMES[] = {
    "pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", NULL,
};

static const enum file_format FORMATS[] = {
    FORMAT_PYTEST_TOML, FORMAT_PYTEST_TOML, FORMAT_PYTEST_INI, FORMAT_PYTEST_INI,
    FORMAT_PYPROJECT,   FORMAT_INI,         FORMAT_CFG,
};

static enum file_format
format_of(const char *path)
{
    const char *name = path_name(path);
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; PROJECT_FILE_NAMES[i]; i++) {
        if (strcmp(name, PROJECT_FILE_NAMES[i]) == 0) {
            return FORMATS[i];
        }
    }
    if (!dot || dot == name || !dot[1]) {
        return FORMAT_NONE;
    }
    return strcmp(dot, ".ini") == 0    ? FORMAT_INI
           : strcmp(dot, ".cfg") == 0  ? FORMAT_CFG
           : strcmp(dot, ".toml") == 0 ? FORMAT_TOML
                                       : FORMAT_NONE;
}

bool
project_file_is_supported(const char *path)
{
    return format_of(path) != FORMAT_NONE;
}

static bool
check_utf8(const char *path, const struct text *text, struct error *error)
{
    const char *bytes = text_string(text);
    size_t valid = utf8_find_invalid(bytes, text->length);
    unsigned line = 1;

    for (size_t i = 0; i < valid; i++) {
        line += bytes[i] == '\n';
    }
    return valid == text->length ||
           error_set(error, ERROR_FORMAT, "%s:%u: not UTF-8: byte 0x%02x", path, line, (unsigned char)bytes[valid]);
}

/* ---- Ini ---- */

static void
take_section(struct project *project, const struct ini_section *section, struct project_settings *settings)
{
    settings->is_found = true;
    settings->mode = CONFIG_INI;
    settings->settings = arena_alloc(&project->arena, (section->value_count + 1) * sizeof *settings->settings);
    settings->count = section->value_count;
    for (size_t i = 0; i < section->value_count; i++) {
        const struct ini_value *value = &section->values[i];
        settings->settings[i] = (struct config_setting){.name = value->name,
                                                        .name_length = value->name_length,
                                                        .text = value->value,
                                                        .text_length = value->value_length};
    }
}

static bool
read_ini(struct project *project, const char *path, const struct text *bytes, enum file_format format,
         struct project_settings *settings, struct error *error)
{
    struct ini_file file = {0};
    const struct ini_section *section = NULL;

    if (!ini_parse(path, text_string(bytes), bytes->length, &project->arena, &file, error)) {
        return false;
    }
    section = ini_find_section(&file, format == FORMAT_CFG ? "tool:pytest" : "pytest");
    if (section) {
        take_section(project, section, settings);
    } else if (format == FORMAT_CFG && ini_find_section(&file, "pytest")) {
        project->failure = PROJECT_FAILED_SETUP_CFG;
        return error_set(
            error, ERROR_USAGE,
            "[pytest] section in setup.cfg files is no longer supported, change to [tool:pytest] instead.");
    }
    settings->is_found |= format == FORMAT_PYTEST_INI;
    return true;
}

/* ---- TOML ---- */

static void
take_table(struct project *project, const struct toml_value *table, enum config_mode mode, const char *skipped,
           struct project_settings *settings)
{
    settings->is_found = true;
    settings->mode = mode;
    settings->settings = arena_alloc(&project->arena, (table->count + 1) * sizeof *settings->settings);
    for (size_t i = 0; i < table->count; i++) {
        const struct toml_entry *entry = &table->entries[i];
        if (skipped && strcmp(entry->key, skipped) == 0) {
            continue;
        }
        settings->settings[settings->count++] =
            (struct config_setting){.name = entry->key, .name_length = entry->key_length, .toml = entry->value};
    }
}

/* [pytest]; settings outside of any table are a mistake that pytest names. */
static bool
take_pytest_table(struct project *project, const char *path, const struct toml_value *root,
                  struct project_settings *settings, struct error *error)
{
    const struct toml_value *table = toml_find(root, "pytest");
    struct text names = {0};
    bool is_good = true;

    if (table && table->kind == TOML_TABLE) {
        take_table(project, table, CONFIG_TOML, NULL, settings);
        return true;
    }
    for (size_t i = 0; !table && i < root->count; i++) {
        if (root->entries[i].value->kind != TOML_TABLE) {
            text_add_string(&names, names.length ? ", " : "");
            text_add(&names, root->entries[i].key, root->entries[i].key_length);
        }
    }
    if (table) {
        is_good = error_set(error, ERROR_USAGE, "%s: 'pytest' must be a table", path);
    } else if (names.length) {
        is_good = error_set(error, ERROR_USAGE,
                            "%s: pytest configuration must be under a [pytest] table (found top-level options: %s)",
                            path, text_string(&names));
    }
    text_release(&names);
    return is_good;
}

static bool
take_tool_pytest(struct project *project, const char *path, const struct toml_value *root,
                 struct project_settings *settings, struct error *error)
{
    const struct toml_value *table = toml_find(toml_find(root, "tool"), "pytest");
    const struct toml_value *ini_options = toml_find(table, "ini_options");

    if (table && table->kind != TOML_TABLE) {
        return error_set(error, ERROR_USAGE, "%s: 'tool.pytest' must be a table", path);
    }
    if (ini_options && ini_options->kind != TOML_TABLE) {
        return error_set(error, ERROR_USAGE, "%s: 'tool.pytest.ini_options' must be a table", path);
    }
    bool has_typed = table && table->count > (ini_options ? 1 : 0);
    if (has_typed && ini_options && ini_options->count) {
        return error_set(error, ERROR_USAGE,
                         "%s: Cannot use both [tool.pytest] (native TOML types) and [tool.pytest.ini_options] "
                         "(string-based INI format) simultaneously. Please use [tool.pytest] with native TOML types "
                         "(recommended) or [tool.pytest.ini_options] for backwards compatibility.",
                         path);
    }
    if (has_typed) {
        take_table(project, table, CONFIG_TOML, "ini_options", settings);
    } else if (ini_options) {
        take_table(project, ini_options, CONFIG_INI, NULL, settings);
    }
    return true;
}

/* A file of any name given with -c: [pytest], or the tables of pyproject.toml. */
static bool
take_custom_toml(struct project *project, const char *path, const struct toml_value *root,
                 struct project_settings *settings, struct error *error)
{
    if (!take_tool_pytest(project, path, root, settings, error)) {
        return false;
    }
    if (!settings->is_found) {
        return take_pytest_table(project, path, root, settings, error);
    }
    if (toml_find(root, "pytest")) {
        return error_set(error, ERROR_USAGE,
                         "%s: Cannot use both [pytest] and [tool.pytest]/[tool.pytest.ini_options] in the same file. "
                         "Please use [pytest], which is what pytest's own configuration files use; the [tool.pytest] "
                         "tables are meant for pyproject.toml.",
                         path);
    }
    return true;
}

static bool
read_toml(struct project *project, const char *path, const struct text *bytes, enum file_format format,
          struct project_settings *settings, struct error *error)
{
    struct toml_value *root = NULL;

    if (!toml_parse(text_string(bytes), bytes->length, &project->arena, &root, error)) {
        project->failure = PROJECT_FAILED_IN_TOML;
        return error_prefix(error, "%s", path);
    }
    if (format == FORMAT_PYPROJECT) {
        return take_tool_pytest(project, path, root, settings, error);
    }
    if (format == FORMAT_TOML) {
        return take_custom_toml(project, path, root, settings, error);
    }
    bool is_taken = take_pytest_table(project, path, root, settings, error);
    settings->is_found = true;
    return is_taken;
}

bool
project_file_read(struct project *project, const char *path, struct project_settings *settings_out, struct error *error)
{
    enum file_format format = format_of(path);
    struct project_settings settings = {.mode = CONFIG_INI};
    struct text bytes = {0};
    bool is_read = file_read(path, MAX_FILE_BYTES, &bytes, error);

    project->failed_path = arena_copy_string(&project->arena, path);
    is_read = is_read && check_utf8(path, &bytes, error);
    if (is_read && (format == FORMAT_PYPROJECT || format == FORMAT_TOML || format == FORMAT_PYTEST_TOML)) {
        settings.mode = CONFIG_TOML;
        is_read = read_toml(project, path, &bytes, format, &settings, error);
    } else if (is_read) {
        is_read = read_ini(project, path, &bytes, format, &settings, error);
    }
    text_release(&bytes);
    if (is_read) {
        *settings_out = settings;
    }
    return is_read;
}

bool
project_read(struct project *project, const char *path, bool *is_found_out, struct error *error)
{
    struct project_settings settings = {.mode = CONFIG_INI};

    if (project_file_is_supported(path) && !project_file_read(project, path, &settings, error)) {
        return false;
    }
    project->mode = settings.mode;
    project->settings = settings.settings;
    project->setting_count = settings.count;
    *is_found_out = settings.is_found;
    return true;
}
