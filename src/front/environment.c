/* Finds the executable's own environment by its layout, and looks at what else was installed there. */
#include "front/environment.h"

#include <string.h>

#include "front/front.h"
#include "os/file.h"

void
environment_release(struct environment *environment)
{
    text_release(&environment->folder);
    text_release(&environment->packages);
}

static bool
packages_hold_us(struct text *packages)
{
    size_t length = packages->length;

    text_add_string(packages, "/fastest/__init__.py");
    bool is_there = file_exists(packages->bytes);
    packages->length = length;
    packages->bytes[length] = '\0';
    return is_there;
}

/* Tries the site-packages and dist-packages of every PREFIX/LIBRARY/python3.N. */
static bool
library_holds_us(const char *prefix, const char *library, struct text *packages)
{
    static const char *const KINDS[] = {"site-packages", "dist-packages"};
    struct text folder = {0};
    struct text names = {0};
    bool is_found = false;

    text_add_format(&folder, "%s/%s", prefix, library);
    (void)folder_list(folder.bytes, &names);
    for (size_t at = 0; at < names.length && !is_found; at += strlen(names.bytes + at) + 1) {
        const char *name = names.bytes + at;
        if (strncmp(name, "python3", strlen("python3")) != 0) {
            continue;
        }
        for (size_t i = 0; i < COUNT_OF(KINDS) && !is_found; i++) {
            text_clear(packages);
            text_add_format(packages, "%s/%s/%s", folder.bytes, name, KINDS[i]);
            is_found = packages_hold_us(packages);
        }
    }
    text_release(&names);
    text_release(&folder);
    return is_found;
}

bool
environment_find_own(struct environment *environment)
{
    static const char *const LIBRARIES[] = {"lib", "lib64"};
    struct text own = {0};
    struct error error = ERROR_INIT;
    bool is_found = false;

    if (file_own_path(&own, &error)) {
        char *slash = strrchr(own.bytes, '/');
        *slash = '\0';
        slash = strrchr(own.bytes, '/');
        if (slash && strcmp(slash, "/bin") == 0) {
            text_add(&environment->folder, own.bytes, (size_t)(slash - own.bytes));
        }
    }
    for (size_t i = 0; i < COUNT_OF(LIBRARIES) && environment->folder.length && !is_found; i++) {
        is_found = library_holds_us(environment->folder.bytes, LIBRARIES[i], &environment->packages);
    }
    text_release(&own);
    return is_found;
}

/* Our own distribution, and what tools put into every environment. */
static bool
is_furniture(const char *name)
{
    static const char *const NAMES[] = {"fastest-", "pip-", "setuptools-", "wheel-"};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strncmp(name, NAMES[i], strlen(NAMES[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool
has_suffix(const char *name, const char *suffix)
{
    size_t length = strlen(name);
    size_t suffix_length = strlen(suffix);
    return length > suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

/* Installers mark what was asked for, as against what came along, with a file REQUESTED. */
static bool
was_requested(const struct environment *environment, const char *name)
{
    struct text path = {0};

    text_add_format(&path, "%s/%s/REQUESTED", environment->packages.bytes, name);
    bool is_there = file_exists(path.bytes);
    text_release(&path);
    return is_there;
}

bool
environment_is_tool(const struct environment *environment)
{
    struct text names = {0};
    bool has_others = false;       /* distributions that are not furniture */
    bool has_other_wishes = false; /* ... which somebody asked for */
    bool marks_wishes = false;

    (void)folder_list(environment->packages.bytes, &names);
    for (size_t at = 0; at < names.length && !has_other_wishes; at += strlen(names.bytes + at) + 1) {
        const char *name = names.bytes + at;
        if (has_suffix(name, ".egg-link") || (strncmp(name, "__editable__", strlen("__editable__")) == 0)) {
            has_other_wishes = true;
        } else if (has_suffix(name, ".dist-info")) {
            bool is_ours = is_furniture(name);
            bool is_requested = was_requested(environment, name);
            marks_wishes = marks_wishes || is_requested;
            has_others = has_others || !is_ours;
            has_other_wishes = !is_ours && is_requested;
        }
    }
    text_release(&names);
    return marks_wishes ? !has_other_wishes : !has_others && !has_other_wishes;
}

bool
package_find(struct text *folder, struct error *error)
{
    struct environment own = {0};
    struct text path = {0};
    bool is_found = false;

    if (!file_own_path(&path, error)) {
        return false;
    }
    *strrchr(path.bytes, '/') = '\0';
    text_add_format(folder, "%s/python", path.bytes);
    is_found = packages_hold_us(folder); /* the build folder */
    if (!is_found && environment_find_own(&own)) {
        text_clear(folder);
        text_add_string(folder, own.packages.bytes);
        is_found = true;
    }
    if (!is_found) {
        error_set(error, ERROR_IO, "the Python package of fastest is not where this executable (in %s) expects it",
                  path.bytes);
    }
    environment_release(&own);
    text_release(&path);
    return is_found;
}
