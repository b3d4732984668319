/* AssertionRewritingHook from within. Private to hooks/. */
#ifndef HOOKS_REWRITE_FINDER_H
#define HOOKS_REWRITE_FINDER_H

#include <stdbool.h>

#include "hooks/internal.h"

/* A finder and loader on sys.meta_path, one per run. */
typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *config;
    PyObject *patterns;        /* list of str: python_files */
    PyObject *session;         /* NULL before and after collection */
    PyObject *must_rewrite;    /* set of module names */
    PyObject *marked_cache;    /* dict: module name -> bool */
    PyObject *rewritten_names; /* dict: module name -> path (str) */
    PyObject *basenames;       /* set: last parts of names that are looked at more closely */
    bool has_session_names;
    bool is_foreign_session; /* it only resembles one: asked as pytest asks */
} RewriteHook;

/* ---- rewrite_choice.c ---- */

/* Whether the name alone does not rule a module out: 1, 0, -1. Finding its file costs far more than this. */
int rewrite_hook_may_rewrite(RewriteHook *self, PyObject *name);
/* Whether the module in this file is to be rewritten: 1, 0, -1. */
int rewrite_hook_should_rewrite(RewriteHook *self, PyObject *name, PyObject *path);
/* Of the module and all below it; warns if that is too late. `is_asked`: by Python code, in which the warning is
 * located. */
int rewrite_hook_mark(RewriteHook *self, PyObject *name, bool is_asked);

#endif
