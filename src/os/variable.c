/* Rewrites one environment variable in place. */
#include "os/variable.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

/* Where the variable was put; NULL when the environment has moved since. No libc shrinks the array. */
static char **
known_slot(const struct held_variable *variable)
{
    return variable->environment && variable->environment == environ ? &environ[variable->index] : NULL;
}

static void
put(struct held_variable *variable)
{
    putenv(variable->text);
    variable->last = NULL;
    variable->environment = environ;
    for (variable->index = 0; environ[variable->index] != variable->text; variable->index++) {
    }
}

static void
make_room(struct held_variable *variable, const char *name, size_t needed)
{
    size_t name_length = strlen(name);

    unsetenv(name); /* the buffer moves */
    variable->capacity = needed * 2;
    variable->text = memory_resize(variable->text, variable->capacity);
    variable->environment = NULL;
    memcpy(variable->text, name, name_length);
    variable->text[name_length] = '=';
}

void
held_variable_set(struct held_variable *variable, const char *name, const char *value, size_t length)
{
    size_t prefix_length = strlen(name) + 1;
    size_t needed = prefix_length + length + 1;

    if (needed > variable->capacity) {
        make_room(variable, name, needed);
    }
    memcpy(variable->text + prefix_length, value, length);
    variable->text[prefix_length + length] = '\0';

    char **slot = known_slot(variable);
    if (slot && *slot == variable->text) {
        return;
    }
    if (slot && variable->last && !*slot && slot[-1] == variable->last) {
        *slot = variable->text; /* nothing has changed since held_variable_unset() took it off the end */
        variable->last = NULL;
        return;
    }
    put(variable);
}

void
held_variable_unset(struct held_variable *variable, const char *name)
{
    char **slot = known_slot(variable);

    if (slot && variable->index > 0 && *slot == variable->text && !slot[1]) {
        *slot = NULL;
        variable->last = slot[-1];
        return;
    }
    unsetenv(name);
    variable->environment = NULL;
}

void
held_variable_release(struct held_variable *variable, const char *name)
{
    const char *value = variable->text ? getenv(name) : NULL;

    if (value && value == variable->text + strlen(name) + 1) {
        unsetenv(name);
    }
    memory_free(variable->text);
    *variable = (struct held_variable){0};
}

const char *const *
environment_variables(void)
{
    return (const char *const *)environ;
}
