/* What a run's host writes down for discovery and for later runs. */
#ifndef PLUGINS_RECORDING_H
#define PLUGINS_RECORDING_H

#include "discover/discover.h"
#include "plugins/plugins.h"

/* For front_notes.c: when all is collected, before anything runs. 0 or -1. */
int recording_keep_imports(struct engine *engine);
/* At the session's end. Failing to write is no failure: 0, or -1 with an exception. */
int recording_save(struct engine *engine);

/* For recording.c: keeps what the plugins of others bring, unless that is recorded. 0 or -1. */
int recording_keep_plugins(struct engine *engine, struct records *records);

#endif
