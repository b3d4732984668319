/* Which version is in force: $PYENV_VERSION, the next .python-version, the global one; the first that is installed. */
#include "discover/pyenv_shim.h"

#include <string.h>

#include "base/text.h"
#include "discover/surroundings.h"
#include "os/file.h"

enum { MAX_FILE_BYTES = 64 * 1024 };

static const char *
file_text(const char *folder, const char *name, struct arena *arena)
{
    struct text path = {0};
    struct text bytes = {0};
    struct error error = ERROR_INIT;
    const char *copy = NULL;

    text_add_format(&path, "%s/%s", folder, name);
    if (file_is_regular(path.bytes) && file_read(path.bytes, MAX_FILE_BYTES, &bytes, &error)) {
        copy = arena_copy_string(arena, text_string(&bytes));
    }
    text_release(&path);
    text_release(&bytes);
    return copy;
}

/* The text of the closest .python-version; NULL. */
static const char *
local_versions(const char *const *environment, struct arena *arena)
{
    struct text folder = {0};
    struct error error = ERROR_INIT;
    const char *given = environment_find(environment, "PYENV_DIR");
    const char *found = NULL;

    if (given && *given == '/') {
        text_add_string(&folder, given);
    } else if (!working_folder(&folder, &error)) {
        return NULL;
    }
    while (folder.length && !found) {
        found = file_text(folder.bytes, ".python-version", arena);
        char *slash = strrchr(folder.bytes, '/');
        folder.length = slash ? (size_t)(slash - folder.bytes) : 0;
        folder.bytes[folder.length] = '\0';
    }
    text_release(&folder);
    return found;
}

/* The first of several versions that has the program. */
static const char *
version_program(const char *root, const char *versions, const char *name, struct arena *arena)
{
    const char *found = NULL;

    while (*versions && !found) {
        size_t length = strcspn(versions, ": \t\r\n#");
        struct text path = {0};
        text_add_format(&path, "%s/versions/%.*s/bin/%s", root, (int)length, versions, name);
        if (length && file_is_executable(path.bytes)) {
            found = arena_copy_bytes(arena, path.bytes, path.length);
        }
        text_release(&path);
        versions += length;
        versions += *versions == '#' ? strcspn(versions, "\n") : strspn(versions, ": \t\r\n");
    }
    return found;
}

const char *
pyenv_shim_resolve(const char *program, const char *const *environment, struct arena *arena)
{
    static const char SHIMS[] = "/shims/";
    const char *name = strrchr(program, '/');
    size_t length = name ? (size_t)(name - program) + 1 : 0;
    const char *given = environment_find(environment, "PYENV_VERSION");

    if (length < strlen(SHIMS) || strncmp(name + 1 - strlen(SHIMS), SHIMS, strlen(SHIMS)) != 0) {
        return program;
    }
    const char *root = arena_copy_bytes(arena, program, length - strlen(SHIMS));
    const char *everywhere = file_text(root, "version", arena);
    const char *versions = given && *given ? given : local_versions(environment, arena);
    versions = versions ? versions : everywhere;
    return versions ? version_program(root, versions, name + 1, arena) : NULL;
}
