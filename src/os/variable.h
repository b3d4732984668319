/* A variable of the C environment that changes all the time. */
#ifndef OS_VARIABLE_H
#define OS_VARIABLE_H

#include <stddef.h>

/* The whole C environment: "NAME=value", NULL-terminated. Borrowed until somebody changes it. */
const char *const *environment_variables(void);

/*
 * The environment points to one buffer, which is written in place: setenv() would keep every value it was ever given,
 * and search for the variable each time. Zeroed is "not set yet". Not for use while other threads change the
 * environment.
 */
struct held_variable {
    char *text; /* owned: "NAME=value"; NULL until first set */
    size_t capacity;
    char **environment; /* `environ` when the variable was last put there */
    size_t index;       /* where it was put */
    char *last;         /* the entry before it, which was the last one after held_variable_unset(); else NULL */
};

/* `name` is the same in every call; `length` is of `value`, in bytes, without its NUL. */
void held_variable_set(struct held_variable *variable, const char *name, const char *value, size_t length);
void held_variable_unset(struct held_variable *variable, const char *name);

/* Takes the buffer out of the environment if it is still there, and frees it. */
void held_variable_release(struct held_variable *variable, const char *name);

#endif
