/* Which files were collected as a whole, and which of these without anything to be seen: a later run may leave those
 * alone if it wants none of them. */
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

    if (!warnings || watch->warning_count != PyList_Size(warnings) || watch->generation != hook_generation(engine) ||
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

static struct whole_file *
file_add(struct whole_files *files)
{
    if (files->count == files->capacity) {
        files->capacity = files->capacity ? files->capacity * 2 : 64;
        files->items = memory_resize(files->items, files->capacity * sizeof *files->items);
    }
    return &files->items[files->count++];
}

int
clean_watch_end(Node *node, PyObject *report, PyObject *items, const struct clean_watch *watch)
{
    struct collect_engine *room = collect_engine(node->engine);
    PyObject *holder = NULL;

    if (!watch->is_active || watch->failed_report_count != room->failed_report_count) {
        return 0;
    }
    int wrote = was_quiet(node, items, watch) ? wrote_something(node->engine->state, report) : 1;
    const char *path = wrote >= 0 ? py_fs_text(node->path_text, &holder) : NULL;
    if (path) {
        *file_add(&room->whole_files) = (struct whole_file){
            .path = arena_copy_string(&room->whole_files.arena, path),
            .first = watch->item_count,
            .test_count = (uint32_t)(PyList_Size(items) - watch->item_count),
            .is_quiet = wrote == 0,
        };
    }
    Py_XDECREF(holder);
    return path ? 0 : -1;
}

void
whole_files_release(struct whole_files *files)
{
    memory_free(files->items);
    arena_release(&files->arena);
    *files = (struct whole_files){0};
}

const struct whole_file *
session_whole_files(struct engine *engine, size_t *count_out)
{
    const struct whole_files *files = &collect_engine(engine)->whole_files;

    *count_out = files->count;
    return files->items;
}
