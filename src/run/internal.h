/* What the files of src/run share with each other only. */
#ifndef RUN_INTERNAL_H
#define RUN_INTERNAL_H

#include "os/variable.h"
#include "run/run.h"

/* Everything of one run that src/run remembers: ROOM_RUN of the engine. */
struct run_room {
    PyObject *environ;      /* owned: os.environ as it was when first used */
    PyObject *environ_data; /* owned: the dict behind it */
    PyObject *os_dict;      /* owned: vars(os) */
    PyObject *current_test_key;
    struct held_variable current_test; /* PYTEST_CURRENT_TEST in the C environment */
    unsigned verbosity_generation;
    bool shows_places; /* as of that generation of the options */
};
struct run_room *run_room(struct engine *engine);

/* One reading of both clocks: seconds since the epoch, and monotonic. */
struct instant {
    double time;
    double perf_count;
};
struct instant instant_now(struct state *state);

/* PYTEST_CURRENT_TEST: "nodeid (when)" in os.environ and in the C environment. 0 or -1. */
int current_test_set(struct engine *engine, PyObject *nodeid, const char *when);
int current_test_remove(struct engine *engine);
void current_test_release(struct run_room *room);

/* A CallInfo of the given phase; takes `result` and `excinfo` (either may be NULL). */
PyObject *call_info_new_take(struct state *state, enum phase phase, PyObject *result, PyObject *excinfo,
                             struct instant start, struct instant stop);
const char *phase_text(enum phase phase);
PyObject *phase_name(struct state *state, enum phase phase); /* borrowed, interned */

/* cls.from_item_and_call(item, call) where cls is TestReport or derived from it. */
PyObject *test_report_make(PyTypeObject *cls, Node *item, PyObject *call);
/* pytest_make_collect_report's report; see runner. */
PyObject *collect_report_make(struct engine *engine, Node *collector);

int call_info_add(PyObject *module, struct state *state);

/* ---- report.c and report_text.c: what the tables of the report types refer to. New references. ---- */

PyObject *report_get_outcome(PyObject *report, void *closure); /* str */
PyObject *report_get_when(PyObject *report, void *closure);    /* str or None */
PyObject *test_report_repr(PyObject *report);
PyObject *collect_report_repr(PyObject *report);
PyObject *report_get_sections(PyObject *report, PyObject *prefix); /* an iterator of (name, content) */
/* The contents of the sections whose names begin so: the closure of report_get_captured(). */
struct captured {
    const char *prefix;
    const char *separator;
};
extern const struct captured CAPTURED_LOG, CAPTURED_STDOUT, CAPTURED_STDERR;
PyObject *report_get_captured(PyObject *report, void *closure);
PyObject *report_toterminal(PyObject *report, PyObject *out);
PyObject *report_get_text(PyObject *report, void *closure); /* longreprtext */
int report_add(PyObject *module, struct state *state);

int protocol_add(PyObject *module, struct state *state);
int session_loop_add(PyObject *module, struct state *state);

/* Hooks of the plugin "main" that are the run's half of it. */
PyObject *main_cmdline_main(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *main_collection(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *main_runtestloop(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *durations_terminal_summary(struct engine *engine, PyObject *self, PyObject *const *args);

#endif
