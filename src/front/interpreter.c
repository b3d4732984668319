/* Which interpreter a run uses: the first of five places that has one. */
#include "front/front.h"

#include <stdlib.h>
#include <string.h>

#include "front/environment.h"
#include "os/file.h"

enum { OLDEST_MAJOR = 3, OLDEST_MINOR = 10, MAX_CONFIG_BYTES = 16 * 1024 };

/* Whether a place had an interpreter; if not, `tried` has got a phrase about it. */
typedef bool (*interpreter_place)(struct interpreter *interpreter, struct text *tried);

void
interpreter_release(struct interpreter *interpreter)
{
    text_release(&interpreter->path);
    text_release(&interpreter->reason);
}

static void
tried_add(struct text *tried, const char *subject, const char *verdict)
{
    text_add_format(tried, "%s%s: %s", tried->length ? "; " : "", subject, verdict);
}

/* The first of bin/python, bin/python3 in an environment's folder. */
static bool
environment_has_python(const char *folder, struct text *path)
{
    static const char *const NAMES[] = {"python", "python3"};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        text_clear(path);
        text_add_format(path, "%s/bin/%s", folder, NAMES[i]);
        if (file_is_executable(path->bytes)) {
            return true;
        }
    }
    text_clear(path);
    return false;
}

/* Looks a program up as a shell does. */
static bool
program_find(const char *name, struct text *path)
{
    const char *folders = getenv("PATH");

    while (folders && *folders) {
        size_t length = strcspn(folders, ":");
        text_clear(path);
        text_add_format(path, "%.*s%s%s", (int)length, folders, length ? "/" : "", name);
        if (file_is_executable(path->bytes)) {
            return true;
        }
        folders += length + (folders[length] == ':');
    }
    text_clear(path);
    return false;
}

static bool
choose_own(struct interpreter *interpreter, struct text *tried)
{
    struct environment own = {0};
    bool has_python = false;

    if (!environment_find_own(&own)) {
        tried_add(tried, "the environment that fastest is installed in", "it is installed in none");
    } else if (environment_is_tool(&own)) {
        tried_add(tried, own.folder.bytes, "an environment for the tool fastest alone");
    } else if (!environment_has_python(own.folder.bytes, &interpreter->path)) {
        tried_add(tried, own.folder.bytes, "no bin/python");
    } else {
        text_add_string(&interpreter->reason, "the environment that fastest is installed in");
        has_python = true;
    }
    environment_release(&own);
    return has_python;
}

static bool
choose_virtual_env(struct interpreter *interpreter, struct text *tried)
{
    const char *folder = getenv("VIRTUAL_ENV");

    if (!folder || !*folder) {
        tried_add(tried, "$VIRTUAL_ENV", "not set");
        return false;
    }
    if (!environment_has_python(folder, &interpreter->path)) {
        tried_add(tried, "$VIRTUAL_ENV", "no bin/python in it");
        return false;
    }
    text_add_string(&interpreter->reason, "$VIRTUAL_ENV");
    return true;
}

/* A folder that holds one of these is the root of a project: the search upwards ends there. */
static bool
is_root(const char *folder)
{
    static const char *const MARKS[] = {".git", "pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", "setup.py"};
    struct text path = {0};
    bool is_found = false;

    for (size_t i = 0; i < COUNT_OF(MARKS) && !is_found; i++) {
        text_clear(&path);
        text_add_format(&path, "%s/%s", folder, MARKS[i]);
        is_found = file_exists(path.bytes);
    }
    text_release(&path);
    return is_found;
}

static bool
folder_has_environment(const char *folder, struct interpreter *interpreter)
{
    static const char *const NAMES[] = {".venv", "venv"};
    struct text path = {0};
    bool is_found = false;

    for (size_t i = 0; i < COUNT_OF(NAMES) && !is_found; i++) {
        text_clear(&path);
        text_add_format(&path, "%s/%s", folder, NAMES[i]);
        is_found = environment_has_python(path.bytes, &interpreter->path);
        if (is_found) {
            text_add_format(&interpreter->reason, "%s in %s", NAMES[i], folder);
        }
    }
    text_release(&path);
    return is_found;
}

static bool
choose_project(struct interpreter *interpreter, struct text *tried)
{
    struct text folder = {0};
    struct error error = ERROR_INIT;
    bool is_found = false;

    if (!working_folder(&folder, &error)) {
        tried_add(tried, ".venv, venv", error.message);
        text_release(&folder);
        return false;
    }
    for (;;) {
        is_found = folder_has_environment(folder.bytes, interpreter);
        char *slash = strrchr(folder.bytes, '/');
        if (is_found || is_root(folder.bytes) || !slash || slash == folder.bytes) {
            break;
        }
        *slash = '\0';
    }
    if (!is_found) {
        tried_add(tried, ".venv and venv at the root of the project", "not there");
    }
    text_release(&folder);
    return is_found;
}

static bool
choose_path(struct interpreter *interpreter, struct text *tried)
{
    if (!program_find("python3", &interpreter->path)) {
        tried_add(tried, "python3 on PATH", "not there");
        return false;
    }
    text_add_string(&interpreter->reason, "python3 on PATH");
    return true;
}

/* --python: a program by path, by name, or an environment's folder. */
static bool
choose_option(const char *option, struct interpreter *interpreter, struct error *error)
{
    if (file_is_folder(option)) {
        if (!environment_has_python(option, &interpreter->path)) {
            return error_set(error, ERROR_USAGE, "--python: there is no bin/python in the folder '%s'", option);
        }
    } else if (!strchr(option, '/')) {
        if (!program_find(option, &interpreter->path)) {
            return error_set(error, ERROR_USAGE, "--python: there is no program '%s' on PATH", option);
        }
    } else if (!file_is_executable(option)) {
        return error_set(error, ERROR_USAGE, "--python: '%s' is not a program", option);
    } else {
        text_add_string(&interpreter->path, option);
    }
    text_add_string(&interpreter->reason, "--python");
    return true;
}

/* Reads "3.12" at `text`. */
static bool
version_parse(const char *text, int *major_out, int *minor_out)
{
    char *end = NULL;
    long major = strtol(text, &end, 10);
    if (end == text || *end != '.') {
        return false;
    }
    const char *minor_text = end + 1;
    long minor = strtol(minor_text, &end, 10);
    if (end == minor_text || major < 0 || major > 99 || minor < 0 || minor > 999) {
        return false;
    }
    *major_out = (int)major;
    *minor_out = (int)minor;
    return true;
}

/* An environment's pyvenv.cfg names the version: "version = 3.12.1" or "version_info = 3.12.1". */
static bool
version_from_config(const char *path, int *major_out, int *minor_out)
{
    struct text config = {0};
    struct text name = {0};
    struct error error = ERROR_INIT;
    bool is_found = false;
    const char *slash = strrchr(path, '/');

    text_add_format(&name, "%.*s/../pyvenv.cfg", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (file_read(name.bytes, MAX_CONFIG_BYTES, &config, &error) && config.length) {
        const char *line = config.bytes;
        while (line && !is_found) {
            const char *value = strncmp(line, "version", strlen("version")) == 0 ? strchr(line, '=') : NULL;
            if (value) {
                is_found = version_parse(value + 1 + strspn(value + 1, " \t"), major_out, minor_out);
            }
            line = strchr(line, '\n');
            line = line ? line + 1 : NULL;
        }
    }
    text_release(&name);
    text_release(&config);
    return is_found;
}

/* The file behind the links is called pythonX.Y nearly everywhere. */
static bool
version_from_name(const char *path, int *major_out, int *minor_out)
{
    struct text resolved = {0};
    bool is_found = false;

    if (file_resolve(path, &resolved)) {
        const char *name = strrchr(resolved.bytes, '/') + 1;
        if (strncmp(name, "python", strlen("python")) == 0) {
            is_found = version_parse(name + strlen("python"), major_out, minor_out);
        }
    }
    text_release(&resolved);
    return is_found;
}

/* What cannot be told without starting it is left to the host's own check. */
static bool
version_check(const struct interpreter *interpreter, struct error *error)
{
    int major = OLDEST_MAJOR;
    int minor = OLDEST_MINOR;

    if (!version_from_config(interpreter->path.bytes, &major, &minor)) {
        (void)version_from_name(interpreter->path.bytes, &major, &minor);
    }
    if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)) {
        return error_set(error, ERROR_USAGE, "cannot use %s (%s): it is Python %d.%d, and fastest needs %d.%d or newer",
                         interpreter->path.bytes, interpreter->reason.bytes, major, minor, OLDEST_MAJOR, OLDEST_MINOR);
    }
    return true;
}

bool
interpreter_choose(const char *option, struct interpreter *interpreter, struct error *error)
{
    static const interpreter_place PLACES[] = {choose_own, choose_virtual_env, choose_project, choose_path};
    struct text tried = {0};
    bool is_found = false;

    if (option) {
        return choose_option(option, interpreter, error) && version_check(interpreter, error);
    }
    for (size_t i = 0; i < COUNT_OF(PLACES) && !is_found; i++) {
        is_found = PLACES[i](interpreter, &tried);
    }
    if (!is_found) {
        error_set(error, ERROR_USAGE, "found no Python interpreter; tried %s", text_string(&tried));
    }
    text_release(&tried);
    return is_found && version_check(interpreter, error);
}
