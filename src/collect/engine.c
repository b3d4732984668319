/* What collection remembers per run, and the questions about it. */
#include "collect/internal.h"

#include <string.h>

#include "base/arena.h"
#include "base/glob.h"

void
patterns_release(struct patterns *patterns)
{
    Py_CLEAR(patterns->value);
    memory_free(patterns->texts);
    *patterns = (struct patterns){0};
}

static int
collect_engine_traverse(void *data, visitproc visit, void *arg)
{
    struct collect_engine *room = data;

    Py_VISIT(room->should_stop);
    Py_VISIT(room->should_fail);
    Py_VISIT(room->items);
    Py_VISIT(room->initial_paths);
    Py_VISIT(room->initial_paths_with_parents);
    Py_VISIT(room->not_found);
    Py_VISIT(room->reports);
    Py_VISIT(room->trace);
    Py_VISIT(room->relative_paths);
    Py_VISIT(room->package_roots);
    Py_VISIT(room->plain_finders); /* one of them leads back to the config */
    Py_VISIT(room->rules_paths);
    Py_VISIT(room->rules_globs);
    Py_VISIT(room->norecurse.value);
    Py_VISIT(room->python_files.value);
    Py_VISIT(room->python_classes.value);
    Py_VISIT(room->python_functions.value);
    Py_VISIT(room->module_spec_type);
    Py_VISIT(room->loader_type);
    return left_out_traverse(room->left_out, visit, arg);
}

static void
collect_engine_release(void *data)
{
    struct collect_engine *room = data;

    Py_CLEAR(room->should_stop);
    Py_CLEAR(room->should_fail);
    Py_CLEAR(room->items);
    Py_CLEAR(room->initial_paths);
    Py_CLEAR(room->initial_paths_with_parents);
    Py_CLEAR(room->not_found);
    Py_CLEAR(room->reports);
    Py_CLEAR(room->trace);
    Py_CLEAR(room->relative_paths);
    Py_CLEAR(room->rules_directory);
    Py_CLEAR(room->rules_paths);
    Py_CLEAR(room->rules_globs);
    Py_CLEAR(room->package_roots);
    Py_CLEAR(room->module_spec_type);
    Py_CLEAR(room->loader_type);
    Py_CLEAR(room->builtin_names);
    Py_CLEAR(room->plain_finders);
    patterns_release(&room->norecurse);
    patterns_release(&room->python_files);
    patterns_release(&room->python_classes);
    patterns_release(&room->python_functions);
    arguments_release(&room->arguments);
    left_out_free(room->left_out);
    records_free(room->records);
    whole_files_release(&room->whole_files);
    hooks_seen_release(&room->hooks_seen);
    memory_free(room);
}

struct collect_engine *
collect_engine(struct engine *engine)
{
    struct engine_room *room = &engine->rooms[ROOM_COLLECT];

    if (!room->data) {
        room->data = memory_alloc_zeroed(sizeof(struct collect_engine));
        room->traverse = collect_engine_traverse;
        room->release = collect_engine_release;
    }
    return room->data;
}

PyObject *
session_items(struct engine *engine)
{
    struct collect_engine *room = collect_engine(engine);

    if (!room->items) {
        room->items = PyList_New(0);
    }
    return room->items;
}

long
session_tests_failed(struct engine *engine)
{
    return collect_engine(engine)->tests_failed;
}

static int
stop_reason(PyObject *reason, PyObject **reason_out)
{
    if (!reason) {
        return 0;
    }
    if (reason_out) {
        *reason_out = Py_NewRef(reason);
    }
    return 1;
}

int
session_should_stop(struct engine *engine, PyObject **reason_out)
{
    return stop_reason(collect_engine(engine)->should_stop, reason_out);
}

int
session_should_fail(struct engine *engine, PyObject **reason_out)
{
    return stop_reason(collect_engine(engine)->should_fail, reason_out);
}

bool
session_is_initial(struct engine *engine, PyObject *path, bool with_parents)
{
    struct collect_engine *room = collect_engine(engine);
    PyObject *paths = with_parents ? room->initial_paths_with_parents : room->initial_paths;

    return paths && PySet_Contains(paths, path) == 1;
}

/* ---- Patterns ---- */

int
patterns_load(struct engine *engine, struct patterns *patterns, const char *ini)
{
    PyObject *value = ini_get(engine, ini);

    if (!value) {
        return -1;
    }
    if (value == patterns->value) {
        Py_DECREF(value);
        return 0;
    }
    patterns_release(patterns);
    PyObject *list = PySequence_List(value);
    Py_ssize_t count = list ? PyList_Size(list) : 0;
    if (!list) {
        Py_DECREF(value);
        return -1;
    }
    patterns->texts = memory_alloc_zeroed(((size_t)count + 1) * sizeof *patterns->texts);
    for (Py_ssize_t i = 0; i < count; i++) {
        patterns->texts[i] = py_utf8(PyList_GetItem(list, i));
        if (!patterns->texts[i]) {
            Py_DECREF(list);
            Py_DECREF(value);
            return -1;
        }
    }
    patterns->count = (size_t)count;
    patterns->value = value;
    Py_DECREF(list); /* `value` holds the strings */
    return 0;
}

int
patterns_match_path(struct engine *engine, struct patterns *patterns, const char *ini, PyObject *path)
{
    PyObject *holder = NULL;
    int matches = 0;

    if (patterns_load(engine, patterns, ini) < 0) {
        return -1;
    }
    const char *text = py_fs_text(path, &holder);
    if (!text) {
        return -1;
    }
    for (size_t i = 0; i < patterns->count && !matches; i++) {
        matches = glob_match_path(patterns->texts[i], text);
    }
    Py_DECREF(holder);
    return matches;
}

int
name_matches(struct engine *engine, struct patterns *patterns, const char *ini, PyObject *name)
{
    if ((!patterns->value || !collect_engine(engine)->walk_depth) && patterns_load(engine, patterns, ini) < 0) {
        return -1;
    }
    const char *text = py_utf8(name);
    if (!text) {
        PyErr_Clear(); /* an identifier with surrogates matches nothing */
        return 0;
    }
    for (size_t i = 0; i < patterns->count; i++) {
        const char *pattern = patterns->texts[i];
        if (strncmp(text, pattern, strlen(pattern)) == 0) {
            return 1;
        }
        if (strpbrk(pattern, "*?[") && glob_match(pattern, text)) {
            return 1;
        }
    }
    return 0;
}
