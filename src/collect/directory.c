/* Dir and Package: what a directory holds becomes collectors through the hooks. */
#include "collect/internal.h"

#include <errno.h>
#include <string.h>

#include "os/folder.h"

/* ---- Collecting ---- */

/* The entries' paths are made from bytes of the file system's encoding. */
static PyObject *
entry_path(PyObject *directory, const char *name)
{
    PyObject *decoded = PyUnicode_DecodeFSDefault(name);
    Py_ssize_t length = PyUnicode_GetLength(directory);
    const char *separator = length && PyUnicode_ReadChar(directory, length - 1) == '/' ? "" : "/";
    PyObject *path = decoded ? PyUnicode_FromFormat("%U%s%U", directory, separator, decoded) : NULL;
    Py_XDECREF(decoded);
    return path;
}

/* Asks pytest_ignore_collect: 1, 0 or -1. */
static int
is_ignored(Node *directory, PyObject *path, bool is_folder)
{
    struct collect_engine *room = collect_engine(directory->engine);
    PyObject *args[] = {path, directory->config};

    room->hint_path = path;
    room->hint_is_folder = is_folder;
    PyObject *ignored = hook_call(node_relay(directory), HOOK_ignore_collect, args);
    room->hint_path = NULL;
    int result = ignored ? PyObject_IsTrue(ignored) : -1;
    Py_XDECREF(ignored);
    return result;
}

static int
collect_folder(Node *directory, PyObject *path, PyObject *collectors)
{
    PyObject *args[] = {path, (PyObject *)directory};
    int ignored = session_is_initial(directory->engine, path, true) ? 0 : is_ignored(directory, path, true);

    if (ignored != 0) {
        return ignored < 0 ? -1 : 0;
    }
    PyObject *collector = hook_call(node_relay(directory), HOOK_collect_directory, args);
    int status = !collector ? -1 : collector == Py_None ? 0 : PyList_Append(collectors, collector);
    Py_XDECREF(collector);
    return status;
}

static int
extend_list(PyObject *list, PyObject *values)
{
    Py_ssize_t size = PyList_Size(list);
    return PyList_SetSlice(list, size, size, values);
}

static int
collect_file(Node *directory, PyObject *path, PyObject *collectors)
{
    PyObject *args[] = {path, (PyObject *)directory};
    int ignored = session_is_initial(directory->engine, path, false) ? 0 : is_ignored(directory, path, false);

    if (ignored != 0) {
        return ignored < 0 ? -1 : 0;
    }
    PyObject *found = hook_call(node_relay(directory), HOOK_collect_file, args);
    int status = found ? extend_list(collectors, found) : -1;
    Py_XDECREF(found);
    return status;
}

static int
collect_entry(Node *directory, const struct folder_entry *entry, PyObject *collectors)
{
    PyObject *path = NULL;
    int status = 0;

    if (entry->kind != FILE_FOLDER && entry->kind != FILE_REGULAR) {
        return 0;
    }
    if (entry->kind == FILE_FOLDER && strcmp(entry->name, "__pycache__") == 0 &&
        hook_is_native(node_relay(directory), HOOK_ignore_collect)) {
        return 0;
    }
    path = entry_path(directory->path_text, entry->name);
    if (!path) {
        return -1;
    }
    status = entry->kind == FILE_FOLDER ? collect_folder(directory, path, collectors)
                                        : collect_file(directory, path, collectors);
    Py_DECREF(path);
    return status;
}

static int
collect_entries(Node *directory, const struct folder_entries *entries, bool init_first, PyObject *collectors)
{
    for (size_t i = 0; init_first && i < entries->count; i++) {
        if (strcmp(entries->items[i].name, "__init__.py") == 0 &&
            collect_entry(directory, &entries->items[i], collectors) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < entries->count; i++) {
        bool is_done = init_first && strcmp(entries->items[i].name, "__init__.py") == 0;
        if (!is_done && collect_entry(directory, &entries->items[i], collectors) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The entry of the folder on the way to `path`: 1, 0 when it is not below the folder, -1. */
static int
find_entry_on_the_way(PyObject *folder, PyObject *path, struct arena *arena, struct folder_entry *entry)
{
    PyObject *folder_holder = NULL;
    PyObject *path_holder = NULL;
    const char *folder_text = py_fs_text(folder, &folder_holder);
    const char *path_text = folder_text ? py_fs_text(path, &path_holder) : NULL;
    size_t length = folder_text ? strlen(folder_text) : 0;
    int found = path_text ? 0 : -1;

    if (path_text && strncmp(path_text, folder_text, length) == 0 && path_text[length] == '/') {
        size_t name_length = strcspn(path_text + length + 1, "/");
        entry->name = arena_copy_bytes(arena, path_text + length + 1, name_length);
        entry->kind = file_kind_of(arena_copy_bytes(arena, path_text, length + 1 + name_length), NULL);
        found = name_length > 0;
    }
    Py_XDECREF(folder_holder);
    Py_XDECREF(path_holder);
    return found;
}

/* Adds to sorted entries, once. */
static void
insert_entry(struct folder_entries *entries, const struct folder_entry *entry)
{
    size_t at = entries->count;

    while (at > 0 && strcmp(entries->items[at - 1].name, entry->name) > 0) {
        at--;
    }
    if (at > 0 && strcmp(entries->items[at - 1].name, entry->name) == 0) {
        return;
    }
    memmove(&entries->items[at + 1], &entries->items[at], (entries->count - at) * sizeof *entry);
    entries->items[at] = *entry;
    entries->count++;
}

/* What the run's arguments need of the folder: for a folder that none of them means as a whole. 0 or -1. */
static int
scan_the_way(struct collect_engine *room, PyObject *folder, struct arena *arena, struct folder_entries *entries)
{
    *entries = (struct folder_entries){
        .items = arena_alloc(arena, room->arguments.count * sizeof *entries->items),
    };
    for (size_t i = 0; i < room->arguments.count; i++) {
        struct folder_entry entry;
        int found = find_entry_on_the_way(folder, room->arguments.items[i].path, arena, &entry);
        if (found < 0) {
            return -1;
        }
        if (found) {
            insert_entry(entries, &entry);
        }
    }
    return 0;
}

/* Many arguments are looked for in what is there, not the other way round. */
enum { MAX_ARGUMENTS_ON_THE_WAY = 32 };

bool
directory_is_passed_through(Node *directory)
{
    static const enum hook_id HOOKS_THAT_SEE_ENTRIES[] = {
        HOOK_ignore_collect, HOOK_collect_directory,   HOOK_collect_file,  HOOK_pycollect_makemodule,
        HOOK_collectstart,   HOOK_make_collect_report, HOOK_collectreport,
    };
    struct collect_types *types = collect_types(directory->engine->state);
    PyTypeObject *type = Py_TYPE((PyObject *)directory);
    PyObject *relay = node_relay(directory);

    if (collect_engine(directory->engine)->arguments.count > MAX_ARGUMENTS_ON_THE_WAY || !relay ||
        (type != types->dir && type != types->package)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(HOOKS_THAT_SEE_ENTRIES); i++) {
        if (!hook_is_native(relay, HOOKS_THAT_SEE_ENTRIES[i])) {
            return false;
        }
    }
    return true;
}

/* The collectors in the folder: a new list. */
static PyObject *
directory_collect(Node *directory, bool init_first)
{
    struct arena arena = {0};
    struct folder_entries entries;
    PyObject *holder = NULL;
    const char *path = py_fs_text(directory->path_text, &holder);
    PyObject *collectors = path && node_relay(directory) ? PyList_New(0) : NULL;
    struct collect_engine *room = collect_engine(directory->engine);
    int status = 0;

    if (collectors && room->passed_through == directory) {
        if (scan_the_way(room, directory->path_text, &arena, &entries) < 0 ||
            collect_entries(directory, &entries, init_first, collectors) < 0) {
            Py_CLEAR(collectors);
        }
    } else if (collectors) {
        status = folder_scan(path, &arena, &entries);
        if (status != 0) {
            errno = status;
            PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, directory->path_text);
            Py_CLEAR(collectors);
        } else if (collect_entries(directory, &entries, init_first, collectors) < 0) {
            Py_CLEAR(collectors);
        }
    }
    Py_XDECREF(holder);
    arena_release(&arena);
    return collectors;
}

/* ---- Dir ---- */

static PyObject *
dir_collect(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_iterate_take(directory_collect((Node *)op, false));
}

static PyMethodDef DIR_METHODS[] = {
    {"collect", dir_collect, METH_NOARGS,
     "collect($self)\n--\n\n"
     "Collect children (items and collectors) for this collector."},
    PY_END_METHOD,
};

PyObject *
main_collect_directory(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *path = py_path_text(engine->state, args[0]);
    Node *dir = path ? node_new(collect_types(engine->state)->dir, (Node *)args[1], NULL, path, NULL) : NULL;
    Py_XDECREF(path);
    return (PyObject *)dir;
}

/* ---- Package ---- */

static PyObject *
package_collect(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_iterate_take(directory_collect((Node *)op, true));
}

/* The constructor that takes `session` from its parent. */
static PyObject *
package_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"fspath", "parent", "config", "session", "nodeid", "path", NULL};
    static const char *const PASSED[] = {"fspath", "path", "parent", "config", "session", "nodeid"};
    struct state *state = state_of((PyObject *)Py_TYPE(op));
    PyObject *values[6];
    PyObject *session = NULL;
    PyObject *keywords = NULL;
    int status = -1;

    if (py_unpack_tuple("Package.__init__", args, kwargs, NAMES, 6, 2, values) < 0) {
        return NULL;
    }
    session = PyObject_GetAttr(values[1], state->names.session);
    keywords = session ? PyDict_New() : NULL;
    PyObject *passed[] = {values[0], values[5], values[1], values[2], session, values[4]};
    if (!keywords) {
        goto done;
    }
    for (size_t i = 0; i < COUNT_OF(PASSED); i++) {
        if (PyDict_SetItemString(keywords, PASSED[i], passed[i] ? passed[i] : Py_None) < 0) {
            goto done;
        }
    }
    status = node_super_init(state, collect_types(state)->package, (Node *)op, NULL, keywords);
done:
    Py_XDECREF(session);
    Py_XDECREF(keywords);
    return py_none_or_error(status);
}

/* setup_module of __init__.py, and its teardown as a finalizer: not fixtures, which packages do not call. */
static PyObject *
package_setup(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    static const char *const SETUP[] = {"setUpModule", "setup_module", NULL};
    static const char *const TEARDOWN[] = {"tearDownModule", "teardown_module", NULL};
    Node *self = (Node *)op;
    struct state *state = self->engine->state;
    PyObject *path = path_join(self->path_text, "__init__.py");
    PyObject *module = path ? import_test_module(self->engine, path) : NULL;
    PyObject *function = NULL;
    int found = module ? find_non_fixture(state, module, SETUP, &function) : -1;

    if (found > 0) {
        found = call_with_optional_argument(state, function, module);
        Py_CLEAR(function);
    }
    if (found >= 0) {
        found = find_non_fixture(state, module, TEARDOWN, &function);
    }
    if (found > 0) {
        PyObject *partial = py_import_attr("functools", "partial");
        PyObject *call = partial ? py_import_attr("_pytest.python", "_call_with_optional_argument") : NULL;
        PyObject *finalizer = call ? py_call3(partial, call, function, module) : NULL;
        PyObject *added = finalizer ? py_method1(op, state->names.addfinalizer, finalizer) : NULL;
        found = added ? 0 : -1;
        Py_XDECREF(partial);
        Py_XDECREF(call);
        Py_XDECREF(finalizer);
        Py_XDECREF(added);
        Py_CLEAR(function);
    }
    Py_XDECREF(path);
    Py_XDECREF(module);
    return py_none_or_error(found);
}

static PyMethodDef PACKAGE_METHODS[] = {
    {"__init__", PY_WITH_KEYWORDS(package_init),
     "__init__($self, /, fspath, parent, config=None, session=None, nodeid=None, path=None)\n--\n\n"},
    {"setup", package_setup, METH_NOARGS, "setup($self)\n--\n\n"},
    {"collect", package_collect, METH_NOARGS,
     "collect($self)\n--\n\n"
     "Collect children (items and collectors) for this collector."},
    PY_END_METHOD,
};

/* A directory with __init__.py; None for others, which the plugin "main" then takes. */
PyObject *
python_collect_directory(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *path = py_path_text(engine->state, args[0]);
    PyObject *init = path ? path_join(path, "__init__.py") : NULL;
    PyObject *holder = NULL;
    const char *text = init ? py_fs_text(init, &holder) : NULL;
    PyObject *result = NULL;

    if (text) {
        result = file_kind_of(text, NULL) == FILE_REGULAR
                     ? (PyObject *)node_new(collect_types(engine->state)->package, (Node *)args[1], NULL, path, NULL)
                     : Py_NewRef(Py_None);
    }
    Py_XDECREF(path);
    Py_XDECREF(init);
    Py_XDECREF(holder);
    return result;
}

int
directory_classes_add(PyObject *module, struct state *state)
{
    struct collect_types *types = collect_types(state);
    PyObject *base = (PyObject *)nodes_types(state)->directory;

    types->dir = node_class_new(module, "_pytest.main.Dir", base, NODE_DIR, DIR_METHODS, NULL,
                                "Collector of files in a file system directory.\n\n.. versionadded:: 8.0");
    types->package = node_class_new(module, "_pytest.python.Package", base, NODE_PACKAGE, PACKAGE_METHODS, NULL,
                                    "Collector for files and directories in a Python packages -- directories\nwith "
                                    "an `__init__.py` file.");
    return types->dir && types->package ? 0 : -1;
}
