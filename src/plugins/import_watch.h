/* Tells when a module that the runner itself does not import has been imported by somebody. */
#ifndef PLUGINS_IMPORT_WATCH_H
#define PLUGINS_IMPORT_WATCH_H

#include "hooks/hooks.h"

/* Called behind the import, once. 0, or -1 with an exception, which the import then raises. */
typedef int (*import_arrived)(struct engine *engine);

/*
 * Waits, first on sys.meta_path, for the import of the top-level module `name` (a literal). Of nested runs the outer
 * one hears of it first. Returns a new reference to the watcher; import_unwatch() ends the wait, before or after.
 */
PyObject *import_watch(struct engine *engine, const char *name, import_arrived arrived);
int import_unwatch(PyObject *watcher); /* NULL is allowed. 0 or -1 */

int import_watch_add(PyObject *module, struct state *state);

#endif
