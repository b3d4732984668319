/* pytest_ignore_collect: what a directory's conftests, the options and the ini file keep out of collection. */
#include "collect/internal.h"

#include <string.h>

#include "base/glob.h"
#include "base/text.h"
#include "os/folder.h"

/* The conftest variable nearest to the directory: its value and the folder of that conftest. 1, 0 or -1. */
static int
find_conftest_variable(struct engine *engine, PyObject *modules, const char *name, PyObject **value_out,
                       PyObject **folder_out)
{
    PyObject *key = PyUnicode_InternFromString(name);
    int found = 0;

    for (Py_ssize_t i = key ? PySequence_Size(modules) - 1 : -1; found == 0 && i >= 0; i--) {
        PyObject *module = PySequence_GetItem(modules, i);
        found = module ? py_find_attr(engine->state, module, key, value_out) : -1;
        if (found > 0) {
            PyObject *file = PyObject_GetAttr(module, engine->state->names.__file__);
            *folder_out = file ? path_directory(file) : NULL;
            found = *folder_out ? 1 : -1;
            Py_XDECREF(file);
        }
        Py_XDECREF(module);
    }
    Py_XDECREF(key);
    return found;
}

/* Adds a conftest's list, relative to its folder; os.PathLike members are taken as they are. */
static int
add_conftest_paths(struct engine *engine, PyObject *modules, const char *name, PyObject *target)
{
    PyObject *value = NULL;
    PyObject *folder = NULL;
    int found = find_conftest_variable(engine, modules, name, &value, &folder);
    PyObject *iterator = found > 0 ? PyObject_GetIter(value) : NULL;
    PyObject *entry = NULL;
    int status = found <= 0 ? found : iterator ? 0 : -1;

    while (status == 0 && iterator && (entry = PyIter_Next(iterator))) {
        PyObject *path = PyUnicode_Check(entry) ? path_absolute(folder, entry) : py_path_text(engine->state, entry);
        status = !path ? -1 : PyList_Check(target) ? PyList_Append(target, path) : PySet_Add(target, path);
        Py_XDECREF(path);
        Py_DECREF(entry);
    }
    Py_XDECREF(iterator);
    Py_XDECREF(value);
    Py_XDECREF(folder);
    return PyErr_Occurred() ? -1 : status;
}

/* --ignore and --ignore-glob: relative to the working directory. */
static int
add_option_paths(struct engine *engine, const char *dest, PyObject *target)
{
    PyObject *option = option_get(engine, dest);
    int is_set = option ? PyObject_IsTrue(option) : -1;
    int status = is_set;

    if (is_set > 0) {
        PyObject *abspath = py_import_attr("os.path", "abspath");
        PyObject *iterator = abspath ? PyObject_GetIter(option) : NULL;
        PyObject *entry = NULL;
        status = iterator ? 0 : -1;
        while (status == 0 && (entry = PyIter_Next(iterator))) {
            PyObject *path = py_call1(abspath, entry);
            status = !path ? -1 : PyList_Check(target) ? PyList_Append(target, path) : PySet_Add(target, path);
            Py_XDECREF(path);
            Py_DECREF(entry);
        }
        Py_XDECREF(abspath);
        Py_XDECREF(iterator);
    }
    Py_XDECREF(option);
    return PyErr_Occurred() ? -1 : status;
}

/* Makes the rules of `directory` the current ones. */
static int
load_rules(struct engine *engine, PyObject *directory)
{
    struct collect_engine *room = collect_engine(engine);
    unsigned generation = hook_generation(engine);

    if (room->rules_directory && room->rules_generation == generation &&
        (room->rules_directory == directory || PyUnicode_Compare(room->rules_directory, directory) == 0)) {
        return 0;
    }
    PyObject *modules = PyObject_CallMethod(engine->pluginmanager, "_getconftestmodules", "O", directory);
    PyObject *paths = modules ? PySet_New(NULL) : NULL;
    PyObject *globs = paths ? PyList_New(0) : NULL;
    int status = -1;
    if (globs && add_conftest_paths(engine, modules, "collect_ignore", paths) == 0 &&
        add_option_paths(engine, "ignore", paths) == 0 &&
        add_conftest_paths(engine, modules, "collect_ignore_glob", globs) == 0 &&
        add_option_paths(engine, "ignore_glob", globs) == 0) {
        py_replace(&room->rules_directory, directory);
        py_replace(&room->rules_paths, paths);
        py_replace(&room->rules_globs, globs);
        room->rules_generation = generation;
        status = 0;
    }
    Py_XDECREF(modules);
    Py_XDECREF(paths);
    Py_XDECREF(globs);
    return status;
}

static int
matches_rules(struct collect_engine *room, PyObject *path, const char *text)
{
    int matches = PySet_Size(room->rules_paths) ? PySet_Contains(room->rules_paths, path) : 0;

    for (Py_ssize_t i = 0; matches == 0 && i < PyList_Size(room->rules_globs); i++) {
        const char *pattern = py_utf8(PyList_GetItem(room->rules_globs, i));
        if (!pattern) {
            return -1;
        }
        matches = glob_match(pattern, text);
    }
    return matches;
}

/* The root of a virtual environment, or of a conda environment. */
static bool
is_environment(const char *path)
{
    static const char *const MARKS[] = {"/pyvenv.cfg", "/conda-meta/history"};
    struct text text = {0};
    bool found = false;

    for (size_t i = 0; i < COUNT_OF(MARKS) && !found; i++) {
        text_clear(&text);
        text_add_string(&text, path);
        text_add_string(&text, MARKS[i]);
        found = file_kind_of(text_string(&text), NULL) == FILE_REGULAR;
    }
    text_release(&text);
    return found;
}

/* 1, 0 or -1: the rules that hold for folders only. */
static int
is_ignored_folder(struct engine *engine, PyObject *path, const char *text)
{
    struct collect_engine *room = collect_engine(engine);
    int allows_environments = option_is_true(engine, "collect_in_virtualenv");

    if (allows_environments < 0) {
        return -1;
    }
    if (!allows_environments && is_environment(text)) {
        return 1;
    }
    return patterns_match_path(engine, &room->norecurse, "norecursedirs", path);
}

static int
is_ignored(struct engine *engine, PyObject *path, const char *text)
{
    struct collect_engine *room = collect_engine(engine);
    const char *name = strrchr(text, '/');
    bool is_folder = false;

    if (name && strcmp(name, "/__pycache__") == 0) {
        return 1;
    }
    PyObject *directory = path_directory(path);
    int ignored = directory ? load_rules(engine, directory) : -1;
    Py_XDECREF(directory);
    if (ignored == 0) {
        ignored = matches_rules(room, path, text);
    }
    if (ignored != 0) {
        return ignored;
    }
    is_folder = room->hint_path == path ? room->hint_is_folder : file_kind_of(text, NULL) == FILE_FOLDER;
    return is_folder ? is_ignored_folder(engine, path, text) : 0;
}

PyObject *
main_ignore_collect(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *path = py_path_text(engine->state, args[0]);
    PyObject *holder = NULL;
    const char *text = path ? py_fs_text(path, &holder) : NULL;
    int ignored = text ? is_ignored(engine, path, text) : -1;

    Py_XDECREF(path);
    Py_XDECREF(holder);
    if (ignored < 0) {
        return NULL;
    }
    return Py_NewRef(ignored ? Py_True : Py_None);
}
