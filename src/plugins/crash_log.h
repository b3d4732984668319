/* The event log's two ends in the host: appending while tests run, reading when this host takes over. */
#ifndef PLUGINS_CRASH_LOG_H
#define PLUGINS_CRASH_LOG_H

#include "plugins/plugins.h"

/* For front_notes.c: registers the plugin that replays, when this host takes over from one that died. 0 or -1. */
int crash_log_resume(struct engine *engine);

int crash_log_add(PyObject *module, struct state *state);

#endif
