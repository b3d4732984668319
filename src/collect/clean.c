/* Which files were collected without anything to be seen: a later run may leave them alone if it wants none of them. */
#include "collect/internal.h"

#include <string.h>

#include "base/arena.h"

void
clean_watch_start(Node *node, PyObject *items, struct clean_watch *watch)
{
    struct engine *engine = node->engine;
    PyObject *warnings = engine->collection_warnings;

    *watch = (struct clean_watch){
        .is_active = engine->ends_with_process && Py_TYPE((PyObject *)node) == collect_types(engine->state)->module,
        .item_count = PyList_Size(items),
        .warning_count = warnings ? PyList_Size(warnings) : 0,
        .failed_report_count = collect_engine(engine)->failed_report_count,
        .generation = hook_generation(engine),
    };
}

/* Whether its parameters take part in sorting the tests of several files. */
static bool
is_sorted_widely(Node *item)
{
    Py_ssize_t count =
        item->callspec && callspec_has_high_scope(item->callspec) ? callspec_argument_count(item->callspec) : 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        if (callspec_scope(item->callspec, callspec_argument_name(item->callspec, i)) > SCOPE_MODULE) {
            return true;
        }
    }
    return false;
}

/* 1, 0 or -1. */
static int
wrote_something(struct state *state, PyObject *report)
{
    PyObject *sections = py_attr(state, report, "sections");
    int wrote = sections ? PyObject_IsTrue(sections) : -1;
    Py_XDECREF(sections);
    return wrote;
}

static bool
was_quiet(Node *node, PyObject *items, const struct clean_watch *watch)
{
    struct engine *engine = node->engine;
    PyObject *warnings = engine->collection_warnings;

    if (watch->failed_report_count != collect_engine(engine)->failed_report_count || !warnings ||
        watch->warning_count != PyList_Size(warnings) || watch->generation != hook_generation(engine) ||
        !hook_is_native(node_relay(node), HOOK_make_collect_report)) {
        return false;
    }
    for (Py_ssize_t i = watch->item_count; i < PyList_Size(items); i++) {
        if (is_sorted_widely((Node *)PyList_GetItem(items, i))) {
            return false;
        }
    }
    return true;
}

int
clean_watch_end(Node *node, PyObject *report, PyObject *items, const struct clean_watch *watch)
{
    struct clean_files *files = &collect_engine(node->engine)->clean_files;
    PyObject *holder = NULL;

    if (!watch->is_active || !was_quiet(node, items, watch)) {
        return 0;
    }
    int wrote = wrote_something(node->engine->state, report);
    const char *path = wrote == 0 ? py_fs_text(node->path_text, &holder) : NULL;
    if (wrote == 0 && path) {
        if (files->count == files->capacity) {
            files->capacity = files->capacity ? files->capacity * 2 : 64;
            files->items = memory_resize(files->items, files->capacity * sizeof *files->items);
        }
        files->items[files->count++] = (struct clean_file){
            .path = arena_copy_string(&files->arena, path),
            .test_count = (uint32_t)(PyList_Size(items) - watch->item_count),
        };
    }
    Py_XDECREF(holder);
    return wrote < 0 || (wrote == 0 && !path) ? -1 : 0;
}

void
clean_files_release(struct clean_files *files)
{
    memory_free(files->items);
    arena_release(&files->arena);
    *files = (struct clean_files){0};
}

const struct clean_file *
session_clean_files(struct engine *engine, size_t *count_out)
{
    const struct clean_files *files = &collect_engine(engine)->clean_files;

    *count_out = files->count;
    return files->items;
}
