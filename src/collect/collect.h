/* Public face of src/collect: from arguments to items. */
#ifndef COLLECT_COLLECT_H
#define COLLECT_COLLECT_H

#include <stdint.h>

#include "discover/discover.h"
#include "fixtures/fixtures.h"
#include "marks/marks.h"
#include "nodes/nodes.h"

struct collect_types {
    PyTypeObject *session, *dir, *package;
    PyTypeObject *pyobj_mixin, *py_collector, *module, *class_type, *function, *function_definition;
    PyTypeObject *unittest_case, *test_case_function;
    PyObject *session_failed, *session_interrupted; /* Session.Failed, Session.Interrupted */
};
static inline struct collect_types *
collect_types(struct state *state)
{
    return state_room(state, ROOM_COLLECT);
}

/* Session.from_config(config): a new reference; sets engine->session. */
PyObject *session_new(struct engine *engine);

/*
 * session.perform_collect(args, wants_items): NULL args: config.args. A new list: of items, or without `wants_items` of
 * what the arguments name.
 */
PyObject *session_perform_collect(struct engine *engine, PyObject *args, bool wants_items);
PyObject *session_items(struct engine *engine); /* borrowed list */

/* Counters and stop requests: session.testsfailed, shouldstop, shouldfail. */
long session_tests_failed(struct engine *engine);
/* 1: stop (the reason is stored in *reason_out, a new reference), 0, -1. */
int session_should_stop(struct engine *engine, PyObject **reason_out);
int session_should_fail(struct engine *engine, PyObject **reason_out);

/* What a Function is called with and what it calls: item.obj, respecting overrides. A new reference. */
PyObject *function_object(Node *function);
/* (absolute path, line index) where its function is, without making an instance or a Path: a new tuple. */
PyObject *function_source_place(Node *function);
/* Runs item.runtest(), respecting overrides: for plain functions pytest_pyfunc_call without a frame. 0 or -1. */
int item_runtest(Node *item);

/*
 * The records of collections that this run keeps: NULL when it keeps none (--no-index, [tool.fastest] index = false,
 * `fastest verify`, no cache, a run inside of another process's). Borrowed from the engine.
 */
struct records *collect_records(struct engine *engine);
/* The key of its imports: of the interpreter, the plugins, the configuration. 0 or -1. */
int collect_key(struct engine *engine, unsigned char key_out[16]);

/* records_hooks_key(): 1; 0 when this run's words are such that a discovery tells nothing; or -1. */
int collect_hooks_key(struct engine *engine, unsigned char key_out[16]);

/* A file that was collected as a whole, without an error. */
struct whole_file {
    const char *path;
    uint32_t test_count;
    bool is_quiet;    /* without warning, output, or anything that concerns other files, too */
    Py_ssize_t first; /* where its items began in the list of all */
    /* What the hooks of plugins and conftests left of it; NULL: there are none, or they did more than can be told. */
    const struct recorded_item *items;
    uint32_t item_flags; /* enum recorded_file_flags */
};
const struct whole_file *session_whole_files(struct engine *engine, size_t *count_out); /* borrowed from the engine */
/* Whether hooks of others took part, and all is told: 1, 0 or -1. `flags_out`: enum recorded_run_flags. */
int session_saw_hooks(struct engine *engine, uint32_t *flags_out);

/* How many files were left alone because none of their tests is selected, and how many tests they hold. */
size_t session_left_out(struct engine *engine, size_t *test_count_out);

/* The same files, where --collect-only tells all tests from the index; NULL where tests were collected. */
struct indexed_file {
    Node *node;
    const struct discovered_file *file;
};
const struct indexed_file *session_indexed_files(struct engine *engine, size_t *count_out);
/* How many tests were counted without being collected. */
size_t session_uncollected_count(struct engine *engine);

/* Built-in plugins. */
extern const struct native_plugin PYTHON_PLUGIN, UNITTEST_PLUGIN;

/* Collection's half of the plugin "main": src/run puts the table together. */
PyObject *main_ignore_collect(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *main_collect_directory(struct engine *engine, PyObject *self, PyObject *const *args);
PyObject *main_collection_modifyitems(struct engine *engine, PyObject *self, PyObject *const *args);
enum { MAIN_OPTION_COUNT = 21, MAIN_INI_COUNT = 9 };
extern const struct option_spec MAIN_OPTIONS[MAIN_OPTION_COUNT];
extern const struct ini_spec MAIN_INIS[MAIN_INI_COUNT];

int collect_add(PyObject *module, struct state *state);

#endif
