/* Formats errors into their inline buffers. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
error_set(struct error *error, enum error_kind kind, const char *fmt, ...)
{
    va_list args;

    error->kind = kind;
    va_start(args, fmt);
    vsnprintf(error->message, sizeof error->message, fmt, args);
    va_end(args);
    return false;
}

bool
error_set_errno(struct error *error, int errno_value, const char *fmt, ...)
{
    va_list args;
    size_t used = 0;

    error->kind = ERROR_IO;
    va_start(args, fmt);
    vsnprintf(error->message, sizeof error->message, fmt, args);
    va_end(args);
    used = strlen(error->message);
    snprintf(error->message + used, sizeof error->message - used, ": %s", strerror(errno_value));
    return false;
}

bool
error_prefix(struct error *error, const char *fmt, ...)
{
    char rest[sizeof error->message];
    va_list args;
    size_t used = 0;

    memcpy(rest, error->message, sizeof rest);
    va_start(args, fmt);
    vsnprintf(error->message, sizeof error->message, fmt, args);
    va_end(args);
    used = strlen(error->message);
    snprintf(error->message + used, sizeof error->message - used, ": %.400s", rest);
    return false;
}

void
bug_abort(const char *file, int line, const char *fmt, ...)
{
    va_list args;

    fprintf(stderr, "fastest: bug at %s:%d: ", file, line);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    abort();
}
