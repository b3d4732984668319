/* What a run's host writes down of hooks: the items that plugins and conftests have left of each file. */
#include <string.h>

#include "plugins/recording.h"
#include "rewrite/rewrite.h"

/* ---- The sources of plugins ---- */

/* Whether a test file lies in the folder (with a slash), which then is not a plugin's alone. */
static bool
holds_tests(struct engine *engine, const char *folder, size_t length)
{
    size_t count = 0;
    const struct whole_file *files = session_whole_files(engine, &count);

    for (size_t i = 0; i < count; i++) {
        if (strncmp(files[i].path, folder, length) == 0) {
            return true;
        }
    }
    return false;
}

/* A plugin that is a package of the project: all of it that was imported. */
static void
mark_package(struct gathering *gathering, const char *path)
{
    size_t length = (size_t)(strrchr(path, '/') - path) + 1;

    for (size_t i = 0; !holds_tests(gathering->engine, path, length) && i < gathering->by_path.count; i++) {
        struct gathered_source *source = gathering->by_path.entries[i].value;
        source->flags |= strncmp(source->path, path, length) == 0 ? SOURCE_IS_PLUGIN : 0;
    }
}

static int
gather_plugins(struct gathering *gathering)
{
    struct engine *engine = gathering->engine;
    PyObject *foreign = plugins_list_foreign(engine);

    for (Py_ssize_t i = 0; foreign && i < PyList_Size(foreign); i++) {
        PyObject *name = PyTuple_GetItem(PyList_GetItem(foreign, i), 2);
        PyObject *borrowed_module = PyDict_GetItemWithError(PyImport_GetModuleDict(), name);
        PyObject *holder = NULL;
        const char *path = borrowed_module ? module_path(engine->state, borrowed_module, &holder) : NULL;
        struct gathered_source *source = path && *path == '/' ? gathering_add(gathering, path) : NULL;
        if (source) {
            source->flags |= SOURCE_IS_PLUGIN;
            if (PyUnicode_FindChar(name, '.', 0, PyUnicode_GetLength(name), 1) >= 0) {
                mark_package(gathering, source->path);
            }
        }
        Py_XDECREF(holder);
    }
    Py_XDECREF(foreign);
    return PyErr_Occurred() ? -1 : 0;
}

/* ---- Conftests ---- */

/* The source of a conftest, NULL without an exception when it is not certain. */
static struct gathered_source *
conftest_source(struct gathering *gathering, PyObject *module)
{
    PyObject *holder = NULL;
    const char *path = module_path(gathering->engine->state, module, &holder);
    struct gathered_source *source = path ? table_find(&gathering->by_path, path, strlen(path)) : NULL;

    Py_XDECREF(holder);
    return source;
}

/* Asks Python about the conftests of which nothing is known: it costs. */
static int
ask_about(struct gathering *gathering, PyObject *unknown)
{
    PyObject *names = recorded_hook_names();
    PyObject *function = names ? py_import_attr("fastest._plugin_facts", "steady_conftests") : NULL;
    PyObject *verdicts = function ? py_call2(function, unknown, names) : NULL;

    for (Py_ssize_t i = 0; verdicts && i < PyList_Size(verdicts); i++) {
        struct gathered_source *source = conftest_source(gathering, PyList_GetItem(unknown, i));
        source->flags |= PyList_GetItem(verdicts, i) == Py_True ? CONFTEST_IS_STEADY : CONFTEST_IS_UNSTEADY;
    }
    Py_XDECREF(function);
    Py_XDECREF(names);
    Py_XDECREF(verdicts);
    return verdicts ? 0 : -1;
}

static int
judge_conftests(struct gathering *gathering)
{
    PyObject *modules = plugins_list_conftests(gathering->engine);
    PyObject *unknown = modules ? PyList_New(0) : NULL;
    int status = unknown ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(modules); i++) {
        PyObject *module = PyList_GetItem(modules, i);
        struct gathered_source *source = conftest_source(gathering, module);
        if (source) {
            source->flags |= records_find_conftest(gathering->records, source->path, source->hash);
        }
        if (source && !(source->flags & (CONFTEST_IS_STEADY | CONFTEST_IS_UNSTEADY))) {
            status = PyList_Append(unknown, module);
        }
    }
    if (status == 0 && PyList_Size(unknown) > 0) {
        status = ask_about(gathering, unknown);
    }
    Py_XDECREF(unknown);
    Py_XDECREF(modules);
    return status;
}

/* ---- What is known already ---- */

/* Whether a source is the same in this run, as far as this run has it. */
static bool
is_same_here(const struct source_check *check, const char *path, const struct recorded_source *source)
{
    const struct gathering *gathering = check->memory;
    const struct gathered_source *here = table_find(&gathering->by_path, path, strlen(path));

    return !here || memcmp(here->hash, source->hash, sizeof here->hash) == 0;
}

static bool
has_other_ids(const struct recorded_item *earlier, const struct recorded_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (earlier[i].id != items[i].id) {
            return true;
        }
    }
    return false;
}

/*
 * What is to be said of a file after what an earlier run said that differs in nothing: nothing it is (false) when it
 * saw more of it. What comes out differently each time is not to be relied on.
 */
static bool
follow(const struct recorded_run *run, const struct recorded_file *earlier, struct recorded_file *file,
       struct recorded_item *items)
{
    const struct recorded_item *earlier_items = blob_at(run, earlier->items.first);
    bool is_alike = (earlier->flags & ITEMS_ARE_FINAL) == (file->flags & ITEMS_ARE_FINAL);

    if (file->flags & ITEMS_VARY) {
        return true;
    }
    if (earlier->flags & ITEMS_ARE_FINAL && !is_alike) {
        return false;
    }
    file->flags |= earlier->flags & ITEMS_VARY;
    if (!is_alike) {
        return true;
    }
    if (earlier->items.count != file->test_count || has_other_ids(earlier_items, items, file->test_count)) {
        file->flags |= ITEMS_VARY;
        return true;
    }
    for (size_t i = 0; i < file->test_count; i++) {
        items[i].marks = earlier_items[i].marks == items[i].marks ? items[i].marks : UINT64_MAX;
    }
    return true;
}

/* ---- Writing ---- */

struct writing {
    struct gathering *gathering;
    const unsigned char *key;
    struct blob blob;
    struct table numbers; /* path -> the number of its source, from 1 */
    struct table written; /* path -> anything */
    blob_offset files;
    uint32_t file_count;
};

static void
file_write(struct writing *writing, const struct whole_file *whole)
{
    struct gathering *gathering = writing->gathering;
    const struct source_check check = {.is_same = is_same_here, .memory = gathering};
    size_t length = strlen(whole->path);
    size_t number = (size_t)table_find(&writing->numbers, whole->path, length);
    const struct recorded_rest rest = {0};
    const struct recorded_run *run = NULL;
    struct recorded_file file = {.test_count = whole->test_count, .flags = whole->item_flags};
    uint32_t count = whole->items ? whole->test_count : 0;

    if (!number || !source_find_loaded(gathering->engine, whole->path)) {
        return;
    }
    struct recorded_item *items = arena_alloc_zeroed(&gathering->arena, (count + 1) * sizeof *items);
    if (count) {
        memcpy(items, whole->items, count * sizeof *items);
    }
    const struct recorded_file *earlier =
        records_find_hooks(gathering->records, writing->key, whole->path, &rest, &check, &run);
    if (earlier && !follow(run, earlier, &file, items)) {
        return;
    }
    /* Asked for twice, it has all of its items twice. */
    file.flags |= table_find(&writing->written, whole->path, length) ? ITEMS_VARY : 0;
    table_set(&writing->written, whole->path, length, writing);
    file.source = (uint32_t)number - 1;
    file.items.count = count;
    file.items.first = count ? blob_add(&writing->blob, items, count * sizeof *items) : 0;
    ((struct recorded_file *)(writing->blob.bytes + writing->files))[writing->file_count++] = file;
}

static void
run_write(struct writing *writing, uint32_t flags)
{
    struct gathering *gathering = writing->gathering;
    struct blob *blob = &writing->blob;
    size_t count = 0;
    const struct whole_file *files = session_whole_files(gathering->engine, &count);
    blob_offset header = blob_reserve(blob, sizeof(struct recorded_run));
    blob_offset sources = blob_reserve(blob, gathering->by_path.count * sizeof(struct recorded_source));

    writing->files = blob_reserve(blob, count * sizeof(struct recorded_file));
    gathering_number(gathering, &writing->numbers);
    for (size_t i = 0; i < count; i++) {
        if (files[i].items || files[i].item_flags & ITEMS_VARY) {
            file_write(writing, &files[i]);
        }
    }
    gathering_write(gathering, blob, sources);
    struct recorded_run *run = (struct recorded_run *)(blob->bytes + header);
    memcpy(run->key, writing->key, sizeof run->key);
    run->sources = (struct blob_range){.first = sources, .count = (uint32_t)gathering->by_path.count};
    run->files = (struct blob_range){.first = writing->files, .count = writing->file_count};
    run->flags = flags;
}

int
recording_keep_hooks(struct gathering *gathering)
{
    unsigned char key[16];
    struct writing writing = {.gathering = gathering, .key = key};
    const struct source_check check = {.is_same = is_same_here, .memory = gathering};
    uint32_t flags = 0;

    int status = session_saw_hooks(gathering->engine, &flags);

    if (status > 0) {
        status = collect_hooks_key(gathering->engine, key);
    }
    if (status <= 0) {
        return status;
    }
    if (gather_plugins(gathering) < 0 || judge_conftests(gathering) < 0) {
        return -1;
    }
    (void)records_prepare_hooks(gathering->records, key, NULL, &check);
    run_write(&writing, flags);
    if (writing.file_count && !records_know_run(gathering->records, &writing.blob)) {
        records_add_run(gathering->records, &writing.blob);
    }
    table_release(&writing.numbers);
    table_release(&writing.written);
    blob_release(&writing.blob);
    return 0;
}
