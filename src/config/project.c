/* Finds the project's root folder and configuration file, by pytest's rules. */
#include <string.h>

#include "base/text.h"
#include "config/project.h"
#include "os/file.h"

struct finder {
    struct project *project;
    const struct project_question *question;
    struct error *error;
    const char **folders; /* of the arguments that exist */
    size_t folder_count;
};

/* ---- Paths, by name only ---- */

void
path_add_absolute(struct text *text, const char *folder, const char *path)
{
    size_t start = text->length;

    if (*path != '/') {
        text_add_string(text, folder);
    }
    for (const char *at = path; *at;) {
        at += strspn(at, "/");
        size_t length = strcspn(at, "/");
        if (length == 2 && at[0] == '.' && at[1] == '.') {
            const char *slash = text->length > start ? strrchr(text->bytes + start, '/') : NULL;
            text->length = slash ? (size_t)(slash - text->bytes) : start;
            if (text->bytes) {
                text->bytes[text->length] = '\0';
            }
        } else if (length && !(length == 1 && *at == '.')) {
            if (text->length == start || text->bytes[text->length - 1] != '/') {
                text_add_char(text, '/');
            }
            text_add(text, at, length);
        }
        at += length;
    }
    if (text->length == start) {
        text_add_char(text, '/');
    }
}

static const char *
absolute(struct finder *finder, const char *path)
{
    struct text text = {0};

    path_add_absolute(&text, finder->question->invocation_folder, path);
    const char *copy = arena_copy_bytes(&finder->project->arena, text_string(&text), text.length);
    text_release(&text);
    return copy;
}

/* NULL above the root. */
static const char *
parent_of(struct finder *finder, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash || !path[1]) {
        return NULL;
    }
    return slash == path ? "/" : arena_copy_bytes(&finder->project->arena, path, (size_t)(slash - path));
}

static const char *
joined(struct finder *finder, const char *folder, const char *name)
{
    struct text text = {0};

    text_add_string(&text, folder);
    text_add_string(&text, folder[1] ? "/" : "");
    text_add_string(&text, name);
    const char *copy = arena_copy_bytes(&finder->project->arena, text_string(&text), text.length);
    text_release(&text);
    return copy;
}

/* Whether `path` is `folder` or inside it. */
static bool
is_inside(const char *path, const char *folder)
{
    size_t length = strlen(folder);

    if (!folder[1]) {
        return true;
    }
    return strncmp(path, folder, length) == 0 && (!path[length] || path[length] == '/');
}

/* Follows links, as Path.exists() does. */
static bool
path_exists(const char *path)
{
    struct text resolved = {0};
    bool exists = file_is_folder(path) || file_is_regular(path) || file_resolve(path, &resolved);

    text_release(&resolved);
    return exists;
}

/* ---- The folders that the arguments name ---- */

static void
collect_folders(struct finder *finder)
{
    const struct project_question *question = finder->question;

    finder->folders = arena_alloc(&finder->project->arena, (question->argument_count + 1) * sizeof(char *));
    for (size_t i = 0; i < question->argument_count; i++) {
        const char *argument = question->arguments[i];
        const char *colons = strstr(argument, "::");
        if (argument[0] == '-') {
            continue;
        }
        const char *path =
            absolute(finder, colons ? arena_copy_bytes(&finder->project->arena, argument, (size_t)(colons - argument))
                                    : argument);
        if (file_is_folder(path)) {
            finder->folders[finder->folder_count++] = path;
        } else if (path_exists(path)) {
            finder->folders[finder->folder_count++] = parent_of(finder, path);
        }
    }
}

static const char *
common_ancestor(struct finder *finder, const char *const *paths, size_t count)
{
    const char *common = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!common) {
            common = paths[i];
        }
        while (!is_inside(paths[i], common)) {
            common = parent_of(finder, common);
        }
    }
    return common ? common : finder->question->invocation_folder;
}

/* ---- Looking for a configuration file ---- */

enum search { SEARCH_FAILED, SEARCH_FOUND, SEARCH_NOTHING };

static void
take_settings(struct finder *finder, const char *path, const struct project_settings *settings)
{
    finder->project->config_file = path;
    finder->project->mode = settings->mode;
    finder->project->settings = settings->settings;
    finder->project->setting_count = settings->count;
}

/* Names the files behind `first` in the same folder that hold configuration, too. */
static bool
note_ignored_files(struct finder *finder, const char *folder, size_t first)
{
    for (size_t i = first; PROJECT_FILE_NAMES[i]; i++) {
        struct project_settings settings;
        const char *path = joined(finder, folder, PROJECT_FILE_NAMES[i]);
        if (!file_is_regular(path)) {
            continue;
        }
        if (!project_file_read(finder->project, path, &settings, finder->error)) {
            return false;
        }
        if (settings.is_found) {
            finder->project->ignored_files[finder->project->ignored_file_count++] = PROJECT_FILE_NAMES[i];
        }
    }
    return true;
}

static enum search
search_folder(struct finder *finder, const char *folder, const char **pyproject_io)
{
    for (size_t i = 0; PROJECT_FILE_NAMES[i]; i++) {
        struct project_settings settings;
        const char *path = joined(finder, folder, PROJECT_FILE_NAMES[i]);
        if (!file_is_regular(path)) {
            continue;
        }
        if (!*pyproject_io && strcmp(PROJECT_FILE_NAMES[i], "pyproject.toml") == 0) {
            *pyproject_io = path;
        }
        if (!project_file_read(finder->project, path, &settings, finder->error)) {
            return SEARCH_FAILED;
        }
        if (settings.is_found) {
            take_settings(finder, path, &settings);
            finder->project->root_folder = folder;
            return note_ignored_files(finder, folder, i + 1) ? SEARCH_FOUND : SEARCH_FAILED;
        }
    }
    return SEARCH_NOTHING;
}

/* Each folder and its parents; a pyproject.toml that says nothing about pytest still marks the root. */
static enum search
search_upward(struct finder *finder, const char *const *folders, size_t count)
{
    const char *pyproject = NULL;

    for (size_t i = 0; i < count; i++) {
        for (const char *folder = folders[i]; folder; folder = parent_of(finder, folder)) {
            enum search search = search_folder(finder, folder, &pyproject);
            if (search != SEARCH_NOTHING) {
                return search;
            }
        }
    }
    if (pyproject) {
        finder->project->root_folder = parent_of(finder, pyproject);
        finder->project->config_file = pyproject;
        return SEARCH_FOUND;
    }
    return SEARCH_NOTHING;
}

static const char *
folder_with_setup_py(struct finder *finder, const char *folder)
{
    while (folder && !file_is_regular(joined(finder, folder, "setup.py"))) {
        folder = parent_of(finder, folder);
    }
    return folder;
}

static const char *
ancestor_of_both(struct finder *finder, const char *ancestor)
{
    const char *const both[] = {finder->question->invocation_folder, ancestor};
    return common_ancestor(finder, both, 2);
}

static bool
find_by_arguments(struct finder *finder)
{
    const char *ancestor = common_ancestor(finder, finder->folders, finder->folder_count);
    struct project *project = finder->project;
    enum search search = search_upward(finder, &ancestor, 1);

    if (search != SEARCH_NOTHING || finder->question->root_folder) {
        return search != SEARCH_FAILED;
    }
    project->root_folder = folder_with_setup_py(finder, ancestor);
    if (project->root_folder) {
        return true;
    }
    bool is_same = finder->folder_count == 1 && strcmp(finder->folders[0], ancestor) == 0;
    if (!is_same) {
        const char *const *folders = finder->folder_count ? finder->folders : &finder->question->invocation_folder;
        search = search_upward(finder, folders, finder->folder_count ? finder->folder_count : 1);
        project->ignored_file_count = 0;
        if (search != SEARCH_NOTHING) {
            return search == SEARCH_FOUND;
        }
    }
    project->root_folder = ancestor_of_both(finder, ancestor);
    if (!project->root_folder[1]) {
        project->root_folder = ancestor;
    }
    return true;
}

/* ---- -c and --rootdir ---- */

static bool
read_given_file(struct finder *finder, const char *path)
{
    struct project_settings settings = {.mode = CONFIG_INI};
    bool is_regular = file_is_regular(path);

    if (!path_exists(path) || file_is_folder(path)) {
        return error_set(finder->error, ERROR_USAGE, "Config file '%s' %s. Check your '-c/--config-file' option.", path,
                         file_is_folder(path) ? "is a directory" : "not found");
    }
    if (project_file_is_supported(path)) {
        if (!project_file_read(finder->project, path, &settings, finder->error)) {
            return false;
        }
    } else if (is_regular) {
        return error_set(finder->error, ERROR_USAGE,
                         "Config file '%s' has an unsupported format. Supported extensions are: .cfg, .ini, .toml.",
                         path);
    }
    take_settings(finder, path, &settings);
    if (finder->question->root_folder) {
        return true;
    }
    if (is_regular) {
        finder->project->root_folder = parent_of(finder, path);
        return true;
    }
    /* /dev/null and the like say nothing about where the project lives. */
    finder->project->root_folder = common_ancestor(finder, finder->folders, finder->folder_count);
    if (!finder->project->root_folder[1]) {
        finder->project->root_folder = finder->question->invocation_folder;
    }
    return true;
}

bool
project_find(const struct project_question *question, struct project *project_out, struct error *error)
{
    struct finder finder = {.project = project_out, .question = question, .error = error};

    *project_out = (struct project){.mode = CONFIG_INI};
    collect_folders(&finder);
    if (question->config_file && *question->config_file) {
        if (!read_given_file(&finder, absolute(&finder, question->config_file))) {
            return false;
        }
    } else if (!find_by_arguments(&finder)) {
        return false;
    }
    if (question->root_folder) {
        project_out->root_folder = absolute(&finder, question->root_folder);
        if (!file_is_folder(project_out->root_folder)) {
            return error_set(error, ERROR_USAGE, "Directory '%s' not found. Check your '--rootdir' option.",
                             project_out->root_folder);
        }
    }
    return true;
}

void
project_release(struct project *project)
{
    arena_release(&project->arena);
}
