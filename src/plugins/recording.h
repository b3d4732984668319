/* What a run's host writes down for discovery and for later runs. */
#ifndef PLUGINS_RECORDING_H
#define PLUGINS_RECORDING_H

#include "base/arena.h"
#include "base/table.h"
#include "base/text.h"
#include "discover/discover.h"
#include "plugins/plugins.h"

/* For front_notes.c: when all is collected, before anything runs. 0 or -1. */
int recording_keep_imports(struct engine *engine);
/* At the session's end. Failing to write is no failure: 0, or -1 with an exception. */
int recording_save(struct engine *engine);

/* For recording.c: keeps what the plugins of others bring, unless that is recorded. 0 or -1. */
int recording_keep_plugins(struct engine *engine, struct records *records);

/* ---- What recording*.c share ---- */

struct gathered_source {
    const char *path;
    struct file_stamp stamp;
    unsigned char hash[16];
    uint32_t flags; /* enum recorded_source_flags */
};

/* The modules of the project that a run has imported. */
struct gathering {
    struct engine *engine;
    struct records *records;
    struct text library; /* the folder of the standard library, with a slash */
    struct text own;     /* that of our own package */
    struct arena arena;
    struct table by_path; /* -> struct gathered_source */
};

/* Adds a file, also of a library; NULL: it is not certain to be what was imported. */
struct gathered_source *gathering_add(struct gathering *gathering, const char *path);
/* The path of a module's source as C text: `holder` owns it. NULL without an exception when there is none. */
const char *module_path(struct state *state, PyObject *module, PyObject **holder);
/* Writes the sources into the room that was reserved for them. */
void gathering_write(const struct gathering *gathering, struct blob *blob, blob_offset sources);
/* path -> its number, from 1. */
void gathering_number(const struct gathering *gathering, struct table *numbers);

/* "pytest_collection", ...: a new list. */
PyObject *recorded_hook_names(void);

/* recording_hooks.c: what the hooks of others left of each file, if there are any. 0 or -1. */
int recording_keep_hooks(struct gathering *gathering);

#endif
