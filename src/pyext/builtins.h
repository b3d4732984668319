/* Which built-in plugins there are, in pytest's order of registration. */
#ifndef PYEXT_BUILTINS_H
#define PYEXT_BUILTINS_H

struct engine; /* hooks/hooks.h */

/* The upcall register_builtins: see py/state.h. */
int builtins_register(struct engine *engine);

#endif
