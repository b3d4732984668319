/* Public face of src/run: the session's life, the test protocol, reports, the event log. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "collect/collect.h"

enum phase { PHASE_COLLECT, PHASE_SETUP, PHASE_CALL, PHASE_TEARDOWN };
enum report_outcome { REPORT_PASSED, REPORT_FAILED, REPORT_SKIPPED };

/* result or exception of one phase. */
typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *result;
    PyObject *excinfo; /* ExceptionInfo, NULL when nothing was raised */
    double start, stop, duration;
    enum phase phase;
    PyObject *when; /* str */
} CallInfo;

/* TestReport and CollectReport: fields until somebody asks for the objects. */
typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *nodeid;          /* str */
    PyObject *location;        /* tuple; may be made when asked for, from `item` */
    PyObject *keywords;        /* dict, made when asked for from `item` */
    PyObject *item;            /* owned: what `location` and `keywords` are made from */
    PyObject *longrepr;        /* NULL is None; maybe one to be made when asked for: code/code.h */
    PyObject *sections;        /* list; NULL is empty */
    PyObject *user_properties; /* list; NULL is empty */
    PyObject *when;            /* str */
    PyObject *outcome_text;    /* str; NULL: of `outcome` */
    PyObject *result;          /* CollectReport */
    double start, stop, duration;
    enum phase phase;
    enum report_outcome outcome;
} Report;

struct run_types {
    PyTypeObject *call_info, *base_report, *test_report, *collect_report;
};
static inline struct run_types *
run_types(struct state *state)
{
    return state_room(state, ROOM_RUN);
}

/* The built-in plugins "runner" and "reports"; "main" joins collection and run. */
extern const struct native_plugin RUNNER_PLUGIN, MAIN_PLUGIN, REPORTS_PLUGIN;

int run_add(PyObject *module, struct state *state);

#endif
