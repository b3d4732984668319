/* The one error type of the ground floor and the executable, and the end of the process for bugs. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#include "base/compiler.h"

/*
 * An error is something the user or the machine did: a bad option, a missing
 * file, a host that cannot start. A failing test is not an error (see
 * model/event.h), and a broken invariant is not an error either (see BUG).
 */
enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,    /* the command line or a config file is wrong */
    ERROR_IO,       /* the operating system refused */
    ERROR_FORMAT,   /* a file or a message does not parse */
    ERROR_INTERNAL, /* a host or a plugin misbehaved */
};

/* Lives on the caller's stack. Holds its text inline, so failing never allocates. */
struct error {
    enum error_kind kind;
    char message[512];
};

#define ERROR_INIT ((struct error){.kind = ERROR_NONE})

/* Records the failure and returns false, so that callers can `return error_set(...)`. */
bool error_set(struct error *error, enum error_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Like error_set(ERROR_IO), with strerror(errno_value) appended. */
bool error_set_errno(struct error *error, int errno_value, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "prefix: " before the message; used once per layer that the error crosses. Returns false. */
bool error_prefix(struct error *error, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Stops the process: an invariant of this program does not hold. */
#define BUG(...) bug_abort(__FILE__, __LINE__, __VA_ARGS__)
NO_RETURN void bug_abort(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
