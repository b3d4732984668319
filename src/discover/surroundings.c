/* Looks variables up, and spells paths out with them. */
#include "discover/surroundings.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"

const char *
environment_find(const char *const *environment, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; environment && environment[i]; i++) {
        if (strncmp(environment[i], name, length) == 0 && environment[i][length] == '=') {
            return environment[i] + length + 1;
        }
    }
    return NULL;
}

const char *
path_from(struct arena *arena, const char *folder, const char *path)
{
    struct text text = {0};

    path_add_absolute(&text, folder, path);
    const char *copy = arena_copy_bytes(arena, text_string(&text), text.length);
    text_release(&text);
    return copy;
}

static bool
is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/* The variable at "$NAME" or "${NAME}", and how long that is; NULL when there is none. */
static const char *
variable_at(struct arena *arena, const char *const *environment, const char *at, size_t *length_out)
{
    bool has_braces = at[1] == '{';
    const char *name = at + 1 + has_braces;
    size_t length = 0;

    while (has_braces ? name[length] && name[length] != '}' : is_name_byte(name[length])) {
        length++;
    }
    *length_out = 1 + length + 2 * (size_t)has_braces;
    if (length == 0 || (has_braces && !name[length])) {
        return NULL;
    }
    return environment_find(environment, arena_copy_bytes(arena, name, length));
}

const char *
path_expand(struct arena *arena, const char *const *environment, const char *path)
{
    const char *home = environment_find(environment, "HOME");
    struct text text = {0};

    if (home && path[0] == '~' && (!path[1] || path[1] == '/')) {
        text_add_string(&text, home);
        path++;
    }
    while (*path) {
        size_t length = 1;
        const char *value = *path == '$' ? variable_at(arena, environment, path, &length) : NULL;
        if (value) {
            text_add_string(&text, value);
            path += length;
        } else {
            text_add_char(&text, *path++);
        }
    }
    const char *copy = arena_copy_bytes(arena, text_string(&text), text.length);
    text_release(&text);
    return copy;
}
