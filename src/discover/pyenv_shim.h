/* pyenv's shims: scripts on PATH that start the interpreter of the version in force. Private to discover/. */
#ifndef DISCOVER_PYENV_SHIM_H
#define DISCOVER_PYENV_SHIM_H

#include "base/arena.h"

/* The program that a shim would start; `program` itself when it is no shim; NULL: not to be told. */
const char *pyenv_shim_resolve(const char *program, const char *const *environment, struct arena *arena);

#endif
