/* What the files of this room share with each other only. */
#ifndef PLUGINS_LOGGING_INTERNAL_H
#define PLUGINS_LOGGING_INTERNAL_H

#include "plugins/logging/logging.h"

/* ROOM_LOGGING of the state. */
struct logging_types {
    PyTypeObject *proxy; /* what the plugin manager shows before the Python half exists */
};
static inline struct logging_types *
logging_types(struct state *state)
{
    return state_room(state, ROOM_LOGGING);
}

/* ROOM_LOGGING of the engine. Everything is NULL until a run has imported `logging` or uses an option of it. */
struct logging_room {
    PyObject *plugin; /* LoggingPlugin */
    PyObject *caplog_handler;
    PyObject *report_handler;
    PyObject *loggers; /* the root manager's loggerDict */
    Py_ssize_t logger_count;
    PyObject *watcher;
    const char *span;  /* "sessionstart", "collection", "runtestloop", "sessionfinish"; NULL outside */
    const char *phase; /* "setup", "call", "teardown" of `item` */
    Node *item;        /* borrowed while `phase` is set */
    bool is_plain;     /* no level, no live log, no log file: a phase without records costs nothing */
    bool is_attached;  /* plain: the handlers are on the root logger */
};
struct logging_room *logging_room(struct engine *engine);

/* Makes the Python half, within whatever the run is in the middle of. 0 or -1. */
int logging_start(struct engine *engine);
/* Waits for the first import of `logging`, then starts. 0 or -1. */
int logging_watch(struct engine *engine);
int logging_unwatch(struct engine *engine);
PyObject *logging_proxy_new(struct engine *engine);

extern const struct native_plugin LOGGING_SESSION_PLUGIN; /* "logging-plugin", registered on configure */

#endif
