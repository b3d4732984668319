/* What the files of this room share with each other only. */
#ifndef PLUGINS_WARNINGS_INTERNAL_H
#define PLUGINS_WARNINGS_INTERNAL_H

#include "plugins/warnings/warnings.h"

/* The state of the module `warnings` that catch_warnings() saves and restores. */
struct warnings_module_state {
    PyObject *filters; /* the list object itself */
    PyObject *showwarning;
    PyObject *showwarnmsg_impl;
};

/*
 * warnings.catch_warnings(record=True) with the configured filters. Entered once for many tests: between two of them
 * nothing is done unless a test changed the state or issued a warning.
 */
struct warnings_scope {
    bool is_active;
    struct warnings_module_state outer; /* restored on leave */
    PyObject *filters;                  /* ours, while active: the list object that is warnings.filters */
    PyObject *snapshot;                 /* tuple of its elements */
    PyObject *log;                      /* list of WarningMessage */
    PyObject *append;                   /* log.append: what records */
};

/* ROOM_WARNINGS of the engine. */
struct warnings_room {
    PyObject *module;            /* warnings */
    PyObject *module_dict;       /* vars(warnings) */
    PyObject *prepared;          /* tuple: the configured filters on top of `prepared_on` */
    PyObject *prepared_on;       /* tuple: elements of the filters that they were made for */
    struct warnings_scope scope; /* the one of tests */
};
struct warnings_room *warnings_room(struct engine *engine);

/* Enters a scope: filters of the configuration in force, warnings recorded. 0 or -1. */
int warnings_scope_enter(struct engine *engine, struct warnings_scope *scope);
/* Puts the state back that was there before. Keeps an exception that is set. 0 or -1. */
int warnings_scope_leave(struct engine *engine, struct warnings_scope *scope);
/* For the next test: as if left and entered anew, for nothing where nothing changed. */
int warnings_scope_renew(struct engine *engine, struct warnings_scope *scope);
/* Tells pytest_warning_recorded what was recorded, and forgets it. Keeps an exception that is set. 0 or -1. */
int warnings_scope_report(struct engine *engine, struct warnings_scope *scope, PyObject *relay, const char *when,
                          PyObject *nodeid);

#endif
