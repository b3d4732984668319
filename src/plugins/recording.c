/* At the end of a session: which modules of the project it imported, which files gave no sign, what plugins there are.
 */
#include "plugins/recording.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/table.h"
#include "base/text.h"
#include "discover/discover.h"
#include "os/file.h"
#include "os/source_file.h"
#include "rewrite/rewrite.h"

/* ---- The modules of the project ---- */

enum { MAX_SOURCE_BYTES = 64 * 1024 * 1024 };

/* Reads a module that was imported past us; false when it is not certain to be what was imported. */
static bool
source_read_again(struct gathering *gathering, struct gathered_source *source)
{
    const struct recorded_source *known = NULL;
    struct text text = {0};
    struct error error = ERROR_INIT;

    if (!file_stamp_read(source->path, &source->stamp) || source->stamp.size_bytes > MAX_SOURCE_BYTES ||
        source->stamp.changed_ns >= gathering->engine->started_ns) {
        return false;
    }
    known = records_find_source(gathering->records, source->path);
    if (known && memcmp(&known->stamp, &source->stamp, sizeof known->stamp) == 0) {
        memcpy(source->hash, known->hash, sizeof source->hash);
        return true;
    }
    bool is_read = file_read(source->path, MAX_SOURCE_BYTES, &text, &error);
    if (is_read) {
        hash_128(text_string(&text), text.length, source->hash);
        if (!file_stamp_is_settled(&source->stamp)) {
            source->stamp = (struct file_stamp){0};
        }
    }
    text_release(&text);
    return is_read;
}

/* Whether it is nobody's library. */
static bool
is_of_the_project(const struct gathering *gathering, const char *path)
{
    size_t length = strlen(path);

    return *path == '/' && length > 3 && strcmp(path + length - 3, ".py") == 0 &&
           strncmp(path, gathering->library.bytes, gathering->library.length) != 0 &&
           strncmp(path, gathering->own.bytes, gathering->own.length) != 0 && !strstr(path, "/site-packages/") &&
           !strstr(path, "/dist-packages/");
}

struct gathered_source *
gathering_add(struct gathering *gathering, const char *path)
{
    size_t length = strlen(path);
    struct gathered_source *kept = table_find(&gathering->by_path, path, length);
    struct gathered_source source = {.path = path};

    if (kept) {
        return kept;
    }
    const struct loaded_source *loaded = source_find_loaded(gathering->engine, path);
    if (loaded) {
        source.stamp = loaded->stamp;
        memcpy(source.hash, loaded->hash, sizeof source.hash);
    } else if (!source_read_again(gathering, &source)) {
        return NULL;
    }
    kept = arena_alloc(&gathering->arena, sizeof *kept);
    *kept = source;
    kept->path = arena_copy_bytes(&gathering->arena, path, length);
    table_set(&gathering->by_path, kept->path, length, kept);
    return kept;
}

const char *
module_path(struct state *state, PyObject *module, PyObject **holder)
{
    PyObject *borrowed_file =
        PyModule_Check(module) ? PyDict_GetItemWithError(PyModule_GetDict(module), state->names.__file__) : NULL;
    const char *path = borrowed_file && PyUnicode_Check(borrowed_file) ? py_fs_text(borrowed_file, holder) : NULL;

    PyErr_Clear(); /* a name that cannot be encoded is no file's */
    return path;
}

/* Adds the folder that a module lies in, with a slash. 0 or -1. */
static int
add_folder_of(struct gathering *gathering, const char *name, struct text *folder)
{
    PyObject *module = PyImport_ImportModule(name);
    PyObject *holder = NULL;
    const char *path = module ? module_path(gathering->engine->state, module, &holder) : NULL;
    const char *slash = path ? strrchr(path, '/') : NULL;

    text_add(folder, slash ? path : "/", slash ? (size_t)(slash - path) + 1 : 1);
    Py_XDECREF(holder);
    Py_XDECREF(module);
    return module ? 0 : -1;
}

static int
gather_modules(struct gathering *gathering)
{
    PyObject *borrowed_modules = PyImport_GetModuleDict();
    PyObject *modules = add_folder_of(gathering, "os", &gathering->library) == 0 &&
                                add_folder_of(gathering, "fastest", &gathering->own) == 0
                            ? PyDict_Values(borrowed_modules)
                            : NULL;

    for (Py_ssize_t i = 0; modules && i < PyList_Size(modules); i++) {
        PyObject *holder = NULL;
        const char *path = module_path(gathering->engine->state, PyList_GetItem(modules, i), &holder);
        if (path && is_of_the_project(gathering, path)) {
            (void)gathering_add(gathering, path);
        }
        Py_XDECREF(holder);
    }
    Py_XDECREF(modules);
    return modules ? 0 : -1;
}

/* ---- The run ---- */

void
gathering_write(const struct gathering *gathering, struct blob *blob, blob_offset sources)
{
    for (size_t i = 0; i < gathering->by_path.count; i++) {
        const struct gathered_source *source = gathering->by_path.entries[i].value;
        blob_offset path = blob_add_text(blob, source->path, strlen(source->path));
        struct recorded_source *entry = (struct recorded_source *)(blob->bytes + sources) + i;
        entry->stamp = source->stamp;
        memcpy(entry->hash, source->hash, sizeof entry->hash);
        entry->path = path;
        entry->flags = source->flags;
    }
}

void
gathering_number(const struct gathering *gathering, struct table *numbers)
{
    for (size_t i = 0; i < gathering->by_path.count; i++) {
        const struct table_entry *entry = &gathering->by_path.entries[i];
        table_set(numbers, entry->key, entry->key_length, (void *)(i + 1));
    }
}

/* The number of the source in `by_path`, from 1; 0: it was not loaded by us. */
static size_t
source_number(const struct gathering *gathering, const struct table *numbers, const char *path)
{
    return source_find_loaded(gathering->engine, path) ? (size_t)table_find(numbers, path, strlen(path)) : 0;
}

static uint32_t
add_clean_files(const struct gathering *gathering, struct blob *blob, blob_offset clean)
{
    struct table numbers = {0};
    size_t count = 0;
    const struct whole_file *files = session_whole_files(gathering->engine, &count);
    uint32_t added = 0;

    gathering_number(gathering, &numbers);
    for (size_t i = 0; i < count; i++) {
        size_t number = files[i].is_quiet ? source_number(gathering, &numbers, files[i].path) : 0;
        if (number) {
            struct recorded_file *entry = (struct recorded_file *)(blob->bytes + clean) + added++;
            *entry = (struct recorded_file){.source = (uint32_t)number - 1, .test_count = files[i].test_count};
        }
    }
    table_release(&numbers);
    return added;
}

static void
run_format(const struct gathering *gathering, const unsigned char key[16], bool with_clean_files, struct blob *blob)
{
    size_t clean_count = 0;
    (void)session_whole_files(gathering->engine, &clean_count);
    blob_offset header = blob_reserve(blob, sizeof(struct recorded_run));
    blob_offset sources = blob_reserve(blob, gathering->by_path.count * sizeof(struct recorded_source));
    blob_offset clean = blob_reserve(blob, clean_count * sizeof(struct recorded_file));
    uint32_t added = with_clean_files ? add_clean_files(gathering, blob, clean) : 0;

    gathering_write(gathering, blob, sources);
    struct recorded_run *run = (struct recorded_run *)(blob->bytes + header);
    memcpy(run->key, key, sizeof run->key);
    run->sources = (struct blob_range){.first = sources, .count = (uint32_t)gathering->by_path.count};
    run->files = (struct blob_range){.first = clean, .count = added};
}

/* Whether everything that is written while modules are imported would have been seen: captured at the descriptors. */
static int
captures_all(struct engine *engine)
{
    PyObject *method = option_get(engine, "capture");
    int captures = method ? py_text_equals(method, "fd") : -1;
    Py_XDECREF(method);
    return captures;
}

static int
keep_run(struct gathering *gathering)
{
    unsigned char key[16];
    struct blob blob = {0};
    int captures = captures_all(gathering->engine);
    int status = captures < 0 ? -1 : collect_key(gathering->engine, key);

    if (status == 0 && captures) {
        run_format(gathering, key, true, &blob);
        if (!records_know_run(gathering->records, &blob)) {
            records_add_run(gathering->records, &blob);
        }
    }
    blob_release(&blob);
    return status;
}

int
recording_keep_imports(struct engine *engine)
{
    struct gathering gathering = {.engine = engine, .records = collect_records(engine)};
    int status = PyErr_Occurred() ? -1 : 0;

    if (gathering.records) {
        status = gather_modules(&gathering);
        if (status == 0) {
            status = keep_run(&gathering);
        }
        if (status == 0) {
            status = recording_keep_hooks(&gathering);
        }
    }
    table_release(&gathering.by_path);
    text_release(&gathering.library);
    text_release(&gathering.own);
    arena_release(&gathering.arena);
    return status;
}

/*
 * 1, 0 or -1: whether the cache's folder is there. Where the cache has not made it (with --collect-only it writes
 * nothing), it is made if discovery needs to know what plugins or hooks did.
 */
static int
folder_is_there(struct engine *engine, const char *cache)
{
    PyObject *foreign = NULL;
    uint32_t flags = 0;

    if (file_is_folder(cache)) {
        return 1;
    }
    int needs_folder = session_saw_hooks(engine, &flags);
    if (needs_folder == 0) {
        foreign = plugins_list_foreign(engine);
        needs_folder = foreign ? PyList_Size(foreign) > 0 : -1;
        Py_XDECREF(foreign);
    }
    return needs_folder > 0 ? cache_folder_make(cache) : needs_folder;
}

int
recording_save(struct engine *engine)
{
    struct records *records = collect_records(engine);
    PyObject *holder = NULL;
    const char *cache = records ? py_fs_text(engine->cache_folder, &holder) : NULL;
    struct error error = ERROR_INIT;
    int is_there = PyErr_Occurred() ? -1 : 0;

    if (cache) {
        is_there = folder_is_there(engine, cache);
    }
    if (is_there > 0) {
        is_there = recording_keep_plugins(engine, records);
        if (is_there == 0) {
            (void)!records_save(records, &error);
        }
    }
    Py_XDECREF(holder);
    return is_there < 0 ? -1 : 0;
}
