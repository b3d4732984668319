/* Failures that the cache remembers: those of collectors are settled only by collecting them again. */
#include "collect/internal.h"

#include <string.h>

struct failure {
    struct failure *next; /* of the same file */
    const char *id;
    size_t length;
};

static void
add_test_ids(const struct discovered_file *file, struct arena *arena, struct table *ids)
{
    struct text id = {0};

    for (uint32_t i = 0; i < found_test_count(file->found); i++) {
        const struct found_test test = found_test_at(file->found, i);
        text_clear(&id);
        discovered_id_add(file, &test, &id);
        table_set(ids, arena_copy_bytes(arena, id.bytes, id.length), id.length, ids);
    }
    text_release(&id);
}

bool
failures_concern(const struct remembered_failures *failures, const struct discovered_file *file)
{
    const struct failure *failure = table_find(&failures->files, file->nodeid, strlen(file->nodeid));
    struct arena arena = {0};
    struct table ids = {0};

    if (failure) {
        add_test_ids(file, &arena, &ids);
    }
    while (failure && table_find(&ids, failure->id, failure->length)) {
        failure = failure->next;
    }
    table_release(&ids);
    arena_release(&arena);
    return failure;
}

static void
add_failure(struct remembered_failures *failures, const char *id)
{
    struct failure *failure = arena_alloc(&failures->arena, sizeof *failure);
    const char *copy = arena_copy_string(&failures->arena, id);
    const char *colons = strstr(copy, "::");
    size_t length = strlen(copy);
    size_t file_length = colons ? (size_t)(colons - copy) : length;

    *failure = (struct failure){.next = table_find(&failures->files, copy, file_length), .id = copy, .length = length};
    table_set(&failures->files, copy, file_length, failure);
}

int
failures_read(struct engine *engine, struct remembered_failures *failures_out)
{
    PyObject *plugin = plugin_find(engine, "lfplugin");
    PyObject *remembered = plugin ? PyObject_GetAttrString(plugin, "lastfailed") : NULL;
    PyObject *keys = remembered ? PySequence_List(remembered) : NULL;
    int status = !plugin || keys ? 0 : -1;

    *failures_out = (struct remembered_failures){0};
    for (Py_ssize_t i = 0; keys && i < PyList_Size(keys); i++) {
        PyObject *holder = NULL;
        PyObject *borrowed_key = PyList_GetItem(keys, i);
        const char *id = PyUnicode_Check(borrowed_key) ? py_fs_text(borrowed_key, &holder) : NULL;
        if (id) {
            add_failure(failures_out, id);
        }
        PyErr_Clear(); /* what cannot be encoded is no file's */
        Py_XDECREF(holder);
    }
    Py_XDECREF(keys);
    Py_XDECREF(remembered);
    Py_XDECREF(plugin);
    return status;
}

void
failures_release(struct remembered_failures *failures)
{
    table_release(&failures->files);
    arena_release(&failures->arena);
}
