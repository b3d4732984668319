/* --pyargs: arguments that name modules, as the files and folders that they are. */
#include <string.h>

#include "base/text.h"
#include "discover/settings_parts.h"
#include "os/file.h"

/* "a.b" in one folder of sys.path: a package's folder or a module's file; NULL. */
static const char *
module_in(struct arena *arena, const char *folder, const char *name, size_t length)
{
    static const char *const ENDS[] = {"/__init__.py", ".py"};
    struct text path = {0};
    const char *found = NULL;

    text_add_format(&path, "%s/%.*s", folder, (int)length, name);
    for (size_t i = strlen(folder); i < path.length; i++) {
        path.bytes[i] = path.bytes[i] == '.' ? '/' : path.bytes[i];
    }
    size_t base_length = path.length;
    for (size_t i = 0; i < COUNT_OF(ENDS) && !found; i++) {
        path.length = base_length;
        text_add_string(&path, ENDS[i]);
        if (file_is_regular(path.bytes)) {
            found = arena_copy_bytes(arena, path.bytes, i == 0 ? base_length : path.length);
        }
    }
    text_release(&path);
    return found;
}

static const char *
module_find(const struct reading *reading, const struct python_path *python_path, const char *name, size_t length)
{
    const char *found = NULL;

    for (size_t i = 0; reading->settings->python_path_ini[i] && !found; i++) {
        found = module_in(reading->arena, reading->settings->python_path_ini[i], name, length);
    }
    for (size_t i = 0; python_path->folders[i] && !found; i++) {
        found = module_in(reading->arena, python_path->folders[i], name, length);
    }
    return found;
}

/* What is no module stays as it is: a path. */
static const char *
argument_resolve(const struct reading *reading, const struct python_path *python_path, const char *argument)
{
    const char *colons = strstr(argument, "::");
    size_t length = colons ? (size_t)(colons - argument) : strlen(argument);
    struct text text = {0};

    if (!length || memchr(argument, '/', length) || argument[0] == '.' || argument[length - 1] == '.') {
        return argument;
    }
    const char *path = module_find(reading, python_path, argument, length);
    if (!path) {
        return argument;
    }
    text_add_format(&text, "%s%s", path, argument + length);
    const char *copy = arena_copy_bytes(reading->arena, text.bytes, text.length);
    text_release(&text);
    return copy;
}

void
arguments_find_modules(const struct reading *reading, struct string_list *arguments)
{
    const struct discover_question *question = reading->question;
    struct python_path python_path;

    python_path_find(question->interpreter, question->environment, reading->arena, &python_path);
    for (size_t i = 0; i < arguments->count; i++) {
        arguments->items[i] = argument_resolve(reading, &python_path, arguments->items[i]);
    }
}
