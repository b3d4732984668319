/* What the files of the plugin "tmpdir" share. */
#ifndef PLUGINS_TMPDIR_INTERNAL_H
#define PLUGINS_TMPDIR_INTERNAL_H

#include "base/text.h"
#include "plugins/tmpdir/tmpdir.h"

/* A numbered folder of our own below the user's root, and what is to be cleaned up when the session is done. */
struct session_folder {
    struct text root;
    struct text path;
    struct text lock;      /* empty: not locked */
    long keep;             /* sessions to keep */
    double stale_before_s; /* a lock older than this belongs to nobody */
    int process_id;        /* that made it: a forked child must not clean up */
    bool is_made;
};

/* Makes <temproot>/pytest-of-<user>/pytest-<n>: 0, or -1 with an OSError. */
int session_folder_make(struct session_folder *folder, long keep);
/* Drops the lock and removes what older sessions left. */
void session_folder_clean(struct session_folder *folder);
void session_folder_release(struct session_folder *folder);

/* The highest number that follows `prefix` in a name in the folder, without regard to case; -1: there is none. */
long highest_number(const char *folder, const char *prefix);
/* Removes links in the folder that lead nowhere. */
void remove_dead_links(const char *folder);

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *given_basetemp;   /* Path or None */
    PyObject *basetemp;         /* Path; NULL: not made yet, or only as text */
    PyObject *basetemp_text;    /* str; NULL: there is none yet */
    PyObject *trace;            /* callable or None */
    PyObject *retention_count;  /* int */
    PyObject *retention_policy; /* str */
    PyObject *next_number;      /* dict: lower-case prefix -> the number to try first */
    struct session_folder folder;
} TempPathFactory;

struct tmpdir_types {
    PyTypeObject *factory;
    PyObject *result_key; /* StashKey: {phase: passed} of an item */
};
static inline struct tmpdir_types *
tmpdir_types(struct state *state)
{
    return state_room(state, ROOM_TMPDIR);
}

/* TempPathFactory.from_config(config) */
PyObject *factory_from_config(struct engine *engine);
/* factory._make_counted_dir(prefix): a new Path. */
PyObject *factory_make_counted(TempPathFactory *self, PyObject *prefix);
/* Runs what was put off to the end of the session. */
int factory_close(TempPathFactory *self);
int factory_add_type(PyObject *module, struct state *state);

/* An OSError for `path`, as Python raises it: -1. */
int raise_errno(int errno_value, const char *path);

#endif
