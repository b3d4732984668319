/*
 * What the hooks of plugins and conftests have left of a collection: the ids of each file's items, their order and
 * their marks, when all hooks are done. Discovery compares that with what the sources say: see discover/records.h.
 */
#include "collect/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/table.h"

/* ---- Whether there are any ---- */

static bool
others_take_part(PyObject *relay)
{
#define HOOK(name) HOOK_##name,
    static const enum hook_id TAKING_PART[RECORDED_HOOK_COUNT] = {RECORDED_HOOKS};
#undef HOOK

    for (int i = 0; i < RECORDED_HOOK_COUNT; i++) {
        if (!(RECORDED_LISTENERS & 1 << i) && !hook_is_pytests(relay, TAKING_PART[i])) {
            return true;
        }
    }
    return false;
}

/* ---- Around each implementation of others ---- */

static void
remember_items(struct hooks_seen *seen, PyObject *items)
{
    Py_ssize_t count = PyList_Size(items);

    if ((size_t)count > seen->before_capacity) {
        seen->before_capacity = (size_t)count;
        seen->before = memory_resize(seen->before, seen->before_capacity * sizeof *seen->before);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        seen->before[i] = PyList_GetItem(items, i);
    }
    seen->before_count = count;
}

static bool
items_are_as_before(const struct hooks_seen *seen, PyObject *items)
{
    if (PyList_Size(items) != seen->before_count) {
        return false;
    }
    for (Py_ssize_t i = 0; i < seen->before_count; i++) {
        if (PyList_GetItem(items, i) != seen->before[i]) {
            return false;
        }
    }
    return true;
}

static void
look_at_items(struct hooks_seen *seen, PyObject *items, bool is_over)
{
    if (is_over) {
        seen->others_changed = seen->others_changed || !items_are_as_before(seen, items);
    } else {
        remember_items(seen, items);
        seen->others_saw_all = seen->others_saw_all && seen->collected_count == seen->before_count;
    }
}

/* Files of which something was deselected: whoever sees the rest alone may treat it otherwise than all. */
static void
forget_parts(struct whole_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        if (!(files->items[i].item_flags & ITEMS_ARE_FINAL)) {
            files->items[i].items = NULL;
        }
    }
}

static void
look(struct engine *engine, int id, bool is_over, PyObject *value)
{
    struct hooks_seen *seen = &collect_engine(engine)->hooks_seen;
    PyObject *items = session_items(engine);

    if (id == HOOK_collection_modifyitems && seen->collected) {
        look_at_items(seen, items, is_over);
    } else if (id == HOOK_ignore_collect && is_over) {
        /* An answer that does not ignore keeps others from ignoring. */
        seen->others_decide_files = seen->others_decide_files || !value || (value != Py_None && value != Py_True);
    } else if (id == HOOK_collection_finish && seen->has_told) {
        if (is_over) {
            seen->has_told = items_are_as_before(seen, items);
        } else {
            forget_parts(&collect_engine(engine)->whole_files);
            remember_items(seen, items);
        }
    }
}

static const struct hook_watch WATCH = {look};

void
hooks_seen_start(struct engine *engine)
{
    struct hooks_seen *seen = &collect_engine(engine)->hooks_seen;

    seen->count++;
    engine->watch = engine->ends_with_process && seen->count == 1 ? &WATCH : NULL;
}

void
hooks_seen_stop(struct engine *engine)
{
    engine->watch = NULL;
}

/* Whether a path that was asked for by name would have been ignored otherwise: 1, 0 or -1. */
static int
is_ignored(struct engine *engine, PyObject *path)
{
    PyObject *args[] = {path, engine->config};
    PyObject *directory = path_directory(path);
    PyObject *relay = directory ? relay_for_path(engine, directory) : NULL;
    PyObject *answer = relay ? hook_call(relay, HOOK_ignore_collect, args) : NULL;
    int is_ignored = answer ? PyObject_IsTrue(answer) : -1;

    Py_XDECREF(directory);
    Py_XDECREF(answer);
    return is_ignored;
}

/* The same of all that were asked for, and the folders on the way there. */
static int
is_any_ignored(struct engine *engine)
{
    PyObject *paths = collect_engine(engine)->initial_paths_with_parents;
    PyObject *list = paths ? PySequence_List(paths) : PyList_New(0);
    int is_any = list ? 0 : -1;

    for (Py_ssize_t i = 0; is_any == 0 && i < PyList_Size(list); i++) {
        PyObject *path = PyList_GetItem(list, i);
        PyObject *relative = path_relative(path, config_rootpath(engine));
        if (relative && !py_text_equals(relative, ".")) {
            is_any = is_ignored(engine, path);
        } else if (PyErr_Occurred()) {
            is_any = -1;
        }
        Py_XDECREF(relative);
    }
    Py_XDECREF(list);
    return is_any;
}

int
hooks_seen_before(struct engine *engine, PyObject *items)
{
    struct collect_engine *room = collect_engine(engine);
    struct hooks_seen *seen = &room->hooks_seen;

    if (!engine->watch || room->left_out || !others_take_part(engine->relay) || !collect_records(engine)) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (!hook_is_pytests(engine->relay, HOOK_ignore_collect)) {
        int is_any = is_any_ignored(engine);
        if (is_any != 0) {
            return is_any < 0 ? -1 : 0;
        }
    }
    if (seen->others_decide_files) {
        return 0;
    }
    seen->collected = PyList_GetSlice(items, 0, PyList_Size(items));
    seen->collected_count = PyList_Size(items);
    seen->others_saw_all = true;
    return seen->collected ? 0 : -1;
}

/* ---- What is left ---- */

/* The length of what all ids of a file begin with; 0: not known. */
static size_t
file_part_length(Node *item)
{
    Node *module = node_parent_of_kind(item, NODE_MODULE);
    PyObject *holder = NULL;
    PyObject *nodeid = module && !node_overrides(module, OVERRIDE_NODEID) ? node_nodeid(module) : NULL;
    const char *text = nodeid ? py_fs_text(nodeid, &holder) : NULL;
    size_t length = text ? strlen(text) : 0;

    Py_XDECREF(holder);
    return length;
}

/* 1, 0 or -1: whether the item could be told. */
static int
tell_id(Node *item, uint64_t *id_out)
{
    size_t file_length = file_part_length(item);
    PyObject *holder = NULL;
    PyObject *nodeid = file_length && !node_overrides(item, OVERRIDE_NODEID) ? node_nodeid(item) : NULL;
    const char *text = nodeid ? py_fs_text(nodeid, &holder) : NULL;
    size_t length = text ? strlen(text) : 0;
    bool is_told = length > file_length && strncmp(text + file_length, "::", 2) == 0;

    if (is_told) {
        *id_out = hash_64(text + file_length, length - file_length);
    }
    Py_XDECREF(holder);
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        return -1;
    }
    PyErr_Clear(); /* a name that cannot be encoded is told by nobody */
    return is_told;
}

static int
add_mark(PyObject *mark, uint64_t *marks)
{
    const char *name = py_utf8(mark_name(mark));

    if (name) {
        *marks += hash_64(name, strlen(name));
    }
    return name ? 0 : -1;
}

static int
tell_marks(Node *item, uint64_t *marks_out)
{
    PyObject *marks = node_has_markers(item) ? node_markers(item, NULL) : NULL;
    int status = PyErr_Occurred() ? -1 : 0;

    for (Py_ssize_t i = 0; marks && status == 0 && i < PyList_Size(marks); i++) {
        status = add_mark(PyList_GetItem(marks, i), marks_out);
    }
    /* -k looks there, too: what stands there is no source's. */
    if (status == 0 && item->extra_keyword_matches && PyObject_Size(item->extra_keyword_matches) > 0) {
        ++*marks_out;
    }
    Py_XDECREF(marks);
    return status;
}

/* A place in the list of all that were collected, and the one in the end. */
struct place {
    size_t final; /* from 1; 0: deselected */
    Py_ssize_t collected;
};

static int
compare_places(const void *first, const void *second)
{
    const struct place *one = first;
    const struct place *other = second;

    return (one->final > other->final) - (one->final < other->final);
}

/* The places of a file's items, the final order first. False: what became of it cannot be told. */
static bool
file_place(const struct hooks_seen *seen, const struct table *finals, const struct whole_file *file,
           struct place *places, uint32_t *flags_out)
{
    bool is_complete = true;

    for (uint32_t i = 0; i < file->test_count; i++) {
        Py_ssize_t place = file->first + (Py_ssize_t)i;
        PyObject *item = PyList_GetItem(seen->collected, place);
        places[i] = (struct place){.collected = place};
        if (!finals) {
            places[i].final = (size_t)place + 1;
        } else if (item) {
            places[i].final = (size_t)table_find(finals, (const char *)&item, sizeof(PyObject *));
        }
        is_complete = is_complete && places[i].final;
    }
    if (is_complete) {
        qsort(places, file->test_count, sizeof *places, compare_places);
        *flags_out = ITEMS_ARE_FINAL;
        return true;
    }
    *flags_out = seen->others_changed ? ITEMS_VARY : 0;
    return !seen->others_changed && seen->others_saw_all;
}

static int
file_tell(struct engine *engine, const struct hooks_seen *seen, struct whole_file *file, const struct place *places)
{
    struct whole_files *files = &collect_engine(engine)->whole_files;
    struct recorded_item *items = arena_alloc_zeroed(&files->arena, (file->test_count + 1) * sizeof *items);
    int status = 1;

    for (uint32_t i = 0; status > 0 && i < file->test_count; i++) {
        PyObject *item = PyList_GetItem(seen->collected, places[i].collected);
        status = node_check(engine->state, item) ? tell_id((Node *)item, &items[i].id) : 0;
        if (status > 0 && tell_marks((Node *)item, &items[i].marks) < 0) {
            status = -1;
        }
    }
    file->items = status > 0 ? items : NULL;
    file->item_flags = status > 0 ? file->item_flags : ITEMS_VARY;
    return status < 0 ? -1 : 0;
}

/* item -> its place in the end, from 1; whether the items that are left are in their order, and nothing came. */
static bool
finals_find(const struct hooks_seen *seen, PyObject *list, PyObject **items, struct table *finals)
{
    Py_ssize_t count = PyList_Size(list);
    Py_ssize_t at = 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        items[i] = PyList_GetItem(list, i);
        table_set(finals, (const char *)&items[i], sizeof(PyObject *), (void *)(size_t)(i + 1));
        while (at < seen->collected_count && PyList_GetItem(seen->collected, at) != items[i]) {
            at++;
        }
        at++;
    }
    return at <= seen->collected_count;
}

static int
files_tell(struct engine *engine, struct hooks_seen *seen, PyObject *list)
{
    struct whole_files *files = &collect_engine(engine)->whole_files;
    PyObject **items = memory_alloc(((size_t)PyList_Size(list) + 1) * sizeof *items);
    struct place *places = memory_alloc(((size_t)seen->collected_count + 1) * sizeof *places);
    struct table finals = {0};
    int status = 0;

    seen->has_told = true;
    seen->has_order = finals_find(seen, list, items, &finals);
    for (size_t i = 0; status == 0 && i < files->count; i++) {
        struct whole_file *file = &files->items[i];
        bool is_same = seen->has_order && PyList_Size(list) == seen->collected_count;
        if (file_place(seen, is_same ? NULL : &finals, file, places, &file->item_flags)) {
            status = file_tell(engine, seen, file, places);
        }
    }
    table_release(&finals);
    memory_free(places);
    memory_free(items);
    return status;
}

int
hooks_seen_after(struct engine *engine, PyObject *items)
{
    struct hooks_seen *seen = &collect_engine(engine)->hooks_seen;
    int status = seen->collected ? files_tell(engine, seen, items) : 0;

    Py_CLEAR(seen->collected);
    return status;
}

/* Whether all was collected that is when no path is given: 1, 0 or -1. */
static int
is_whole(struct engine *engine)
{
    static const char *const LESSENING[] = {"ignore", "ignore_glob"};
    PyObject *paths = collect_engine(engine)->initial_paths;
    int is_whole = config_args_are_testpaths(engine);

    if (is_whole == 0 && paths) {
        is_whole = PySet_Size(paths) == 1 ? PySet_Contains(paths, config_rootpath(engine)) : 0;
    }
    for (size_t i = 0; is_whole > 0 && i < COUNT_OF(LESSENING); i++) {
        int is_given = option_is_true(engine, LESSENING[i]);
        is_whole = is_given < 0 ? -1 : !is_given;
    }
    return is_whole;
}

int
session_saw_hooks(struct engine *engine, uint32_t *flags_out)
{
    const struct hooks_seen *seen = &collect_engine(engine)->hooks_seen;

    *flags_out = 0;
    if (!seen->has_told || seen->count != 1) {
        return 0;
    }
    int whole = is_whole(engine);
    *flags_out = (seen->has_order ? (uint32_t)RUN_KEPT_ORDER : 0) |
                 (seen->others_changed ? 0 : (uint32_t)RUN_LEFT_ALL) | (whole > 0 ? (uint32_t)RUN_IS_WHOLE : 0);
    return whole < 0 ? -1 : 1;
}

void
hooks_seen_release(struct hooks_seen *seen)
{
    Py_CLEAR(seen->collected);
    memory_free(seen->before);
    *seen = (struct hooks_seen){0};
}
