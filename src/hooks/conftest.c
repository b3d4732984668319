/* conftest.py files: which apply to a folder, loading them as plugins. Paths are str inside, Path for Python. */
#include <string.h>

#include "base/text.h"
#include "hooks/plugin_manager.h"
#include "os/file.h"

/* ---- paths ---- */

/* os.path.normpath(os.path.join(base, path)) for an absolute base: fills `out`. */
static void
path_absolute(const char *base, const char *path, struct text *out)
{
    struct text joined = {0};

    text_clear(out);
    if (*path != '/') {
        text_add_string(&joined, base);
        text_add_char(&joined, '/');
    }
    text_add_string(&joined, path);
    for (const char *part = text_string(&joined); *part;) {
        size_t length = strcspn(part, "/");
        if (length == 2 && memcmp(part, "..", 2) == 0) {
            while (out->length > 0 && out->bytes[--out->length] != '/') {
            }
            if (out->bytes) {
                out->bytes[out->length] = '\0';
            }
        } else if (length > 0 && !(length == 1 && *part == '.')) {
            text_add_char(out, '/');
            text_add(out, part, length);
        }
        part += length + (part[length] == '/');
    }
    if (out->length == 0) {
        text_add_char(out, '/');
    }
    text_release(&joined);
}

/* Whether `folder` is a proper parent of `path`. */
static bool
is_parent(const char *folder, const char *path)
{
    size_t length = strlen(folder);

    if (length == 1 && *folder == '/') {
        return path[1] != '\0';
    }
    return strncmp(folder, path, length) == 0 && path[length] == '/';
}

/* The folder of a file, or the folder itself: a new str. */
static PyObject *
folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!file_is_regular(path) || !slash) {
        return PyUnicode_DecodeFSDefault(path);
    }
    return PyUnicode_DecodeFSDefaultAndSize(path, slash == path ? 1 : slash - path);
}

/* str(path), absolute: a new reference. */
static PyObject *
absolute_text(PluginManager *manager, PyObject *path)
{
    PyObject *text = py_path_text(manager->state, path);
    PyObject *abspath = NULL;
    PyObject *absolute = NULL;

    if (text && py_text_starts_with(text, "/")) {
        return text;
    }
    abspath = text ? py_import_attr("os.path", "abspath") : NULL;
    absolute = abspath ? py_call1(abspath, text) : NULL;
    Py_XDECREF(text);
    Py_XDECREF(abspath);
    return absolute;
}

/* ---- one conftest ---- */

/* A conftest outside of packages is called "conftest", as all others of its kind: the last one makes room. */
static int
forget_namesake(const char *path)
{
    struct text folder = {0};
    const char *slash = strrchr(path, '/');
    PyObject *borrowed_modules = PyImport_GetModuleDict();
    bool is_in_package = false;

    text_add(&folder, path, (size_t)(slash - path));
    const char *name = strrchr(text_string(&folder), '/');
    PyObject *folder_name = PyUnicode_FromString(name ? name + 1 : "");
    if (folder_name) {
        is_in_package = PyUnicode_IsIdentifier(folder_name) > 0;
        Py_DECREF(folder_name);
    } else {
        PyErr_Clear(); /* undecodable: no identifier */
    }
    text_add_string(&folder, "/__init__.py");
    is_in_package = is_in_package && file_is_regular(text_string(&folder));
    text_release(&folder);
    if (is_in_package || !PyDict_GetItemString(borrowed_modules, "conftest")) {
        return 0;
    }
    return PyDict_DelItemString(borrowed_modules, "conftest");
}

/* ConftestImportFailure(path, cause=...) from the exception that is set, if that is an Exception. */
static void
raise_import_failure(PluginManager *manager, PyObject *path)
{
    PyObject *type = hooks_room(manager->state)->conftest_import_failure;
    PyObject *cause = NULL;
    PyObject *path_object = NULL;
    PyObject *args = NULL;
    PyObject *kwargs = NULL;
    PyObject *failure = NULL;

    if (!PyErr_ExceptionMatches(PyExc_Exception)) {
        return;
    }
    cause = py_error_take();
    path_object = py_path_object(manager->state, path);
    args = path_object ? PyTuple_Pack(1, path_object) : NULL;
    kwargs = args ? Py_BuildValue("{s:O}", "cause", cause) : NULL;
    failure = kwargs ? PyObject_Call(type, args, kwargs) : NULL;
    if (failure) {
        PyErr_SetObject(type, failure);
        Py_DECREF(failure);
    }
    py_error_set_cause_take(cause);
    Py_XDECREF(path_object);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
}

static int
check_plugin_lists(PluginManager *manager, PyObject *module, PyObject *path)
{
    PyObject *specs = NULL;
    int found = py_find_attr(manager->state, module, manager->state->names.pytest_plugins, &specs);

    Py_XDECREF(specs);
    if (found <= 0 || !manager->configured || manager->using_pyargs) {
        return found < 0 ? -1 : 0;
    }
    outcome_fail(manager->state, false,
                 "Defining 'pytest_plugins' in a non-top-level conftest is no longer supported:\n"
                 "It affects the entire test suite instead of just below the conftest as expected.\n"
                 "  %S\n"
                 "Please move it to a top level conftest file at the rootdir:\n"
                 "  %S\n"
                 "For more information, visit:\n"
                 "  https://docs.pytest.org/en/stable/deprecations.html#pytest-plugins-in-non-top-level-conftest-files",
                 path, manager->confcutdir ? manager->confcutdir : Py_None);
    return -1;
}

/* Adds the module to the folders below it that were looked at before. */
static int
add_to_known_folders(PluginManager *manager, PyObject *module, const char *folder)
{
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_list = NULL;
    Py_ssize_t position = 0;
    PyObject *own = PyUnicode_DecodeFSDefault(folder);
    int is_known = own ? PyDict_Contains(manager->directory_conftests, own) : -1;

    Py_XDECREF(own);
    if (is_known <= 0) {
        return is_known;
    }
    while (PyDict_Next(manager->directory_conftests, &position, &borrowed_key, &borrowed_list)) {
        PyObject *holder = NULL;
        const char *key = py_fs_text(borrowed_key, &holder);
        bool is_below = key && (strcmp(key, folder) == 0 || is_parent(folder, key));
        Py_XDECREF(holder);
        if (!key || (is_below && PyList_Append(borrowed_list, module) < 0)) {
            return -1;
        }
    }
    manager->generation++; /* relays of folders expire */
    return 0;
}

static int
register_conftest(PluginManager *manager, PyObject *module, PyObject *path, const char *text)
{
    struct text folder = {0};
    PyObject *name = NULL;
    int status = -1;

    text_add(&folder, text, (size_t)(strrchr(text, '/') - text));
    if (check_plugin_lists(manager, module, path) == 0 && PySet_Add(manager->conftest_plugins, module) == 0 &&
        add_to_known_folders(manager, module, text_string(&folder)) == 0 &&
        (!manager->trace ||
         plugin_manager_trace_take(manager, PyUnicode_FromFormat("loading conftestmodule %R", module)) == 0)) {
        name = plugin_manager_register(manager, module, path);
        status = name ? 0 : -1;
    }
    Py_XDECREF(name);
    text_release(&folder);
    return status;
}

/* For a plugin manager that somebody made alone: by importlib. A new reference. */
static PyObject *
import_without_config(PyObject *path, const char *import_mode)
{
    PyObject *import = py_import_attr("_pytest.config._plugins", "import_without_config");
    PyObject *module = import ? PyObject_CallFunction(import, "Os", path, import_mode) : NULL;

    Py_XDECREF(import);
    return module;
}

/* The module of a conftest file (str), registered as a plugin under its path: a new reference. */
static PyObject *
import_conftest(PluginManager *manager, PyObject *path, const char *import_mode)
{
    PyObject *module = plugin_manager_find(manager, path);
    PyObject *holder = NULL;
    const char *text = module ? NULL : py_fs_text(path, &holder);

    if (!text) {
        return module;
    }
    if (forget_namesake(text) < 0) {
        goto done;
    }
    if (manager->engine) {
        module = manager->state->upcalls.import_path(manager->engine, path, import_mode);
    } else {
        module = import_without_config(path, import_mode);
    }
    if (!module) {
        raise_import_failure(manager, path);
    } else if (register_conftest(manager, module, path, text) < 0) {
        Py_CLEAR(module);
    }
done:
    Py_DECREF(holder);
    return module;
}

/* ---- folders ---- */

static bool
is_in_cutdir(PluginManager *manager, const char *folder)
{
    const char *cutdir = manager->confcutdir ? py_utf8(manager->confcutdir) : NULL;

    /* What lies above is cut off; other trees are not. */
    return !cutdir || !is_parent(folder, cutdir);
}

/* Adds the conftest of one folder to `modules`, if there is one. */
static int
load_folder(PluginManager *manager, const char *folder, size_t length, const char *import_mode, PyObject *modules)
{
    struct text path = {0};
    int status = 0;

    text_add(&path, folder, length);
    if (is_in_cutdir(manager, text_string(&path))) {
        text_add_string(&path, length > 1 ? "/conftest.py" : "conftest.py");
        if (file_is_regular(text_string(&path))) {
            PyObject *name = PyUnicode_DecodeFSDefault(text_string(&path));
            status = py_list_append_take(modules, name ? import_conftest(manager, name, import_mode) : NULL);
            Py_XDECREF(name);
        }
    }
    text_release(&path);
    return status;
}

/* Loads the conftests of a folder (str) and its parents, topmost first. 0 or -1. */
static int
load_for_folder(PluginManager *manager, PyObject *folder, const char *import_mode)
{
    PyObject *holder = NULL;
    const char *text = py_fs_text(folder, &holder);
    PyObject *modules = NULL;
    int status = text ? PyDict_Contains(manager->directory_conftests, folder) : -1;

    if (status != 0) {
        Py_XDECREF(holder);
        return status < 0 ? -1 : 0;
    }
    modules = PyList_New(0);
    status = modules ? load_folder(manager, "/", 1, import_mode, modules) : -1;
    for (const char *end = text; status == 0 && *end;) {
        end += 1 + strcspn(end + 1, "/");
        if (end > text + 1) {
            status = load_folder(manager, text, (size_t)(end - text), import_mode, modules);
        }
    }
    if (status == 0) {
        status = PyDict_SetItem(manager->directory_conftests, folder, modules);
    }
    if (status == 0 && PyDict_GetItemWithError(manager->proxies, folder)) {
        manager->generation++; /* its relay expires */
    }
    Py_XDECREF(modules);
    Py_DECREF(holder);
    return status;
}

static int
load_for_path(PluginManager *manager, PyObject *path, const char *import_mode)
{
    PyObject *folder = NULL;
    PyObject *holder = NULL;
    const char *text = NULL;
    int status = -1;

    if (manager->no_conftest) {
        return 0;
    }
    text = py_fs_text(path, &holder);
    folder = text ? folder_of(text) : NULL;
    Py_XDECREF(holder);
    if (folder) {
        status = load_for_folder(manager, folder, import_mode);
        Py_DECREF(folder);
    }
    return status;
}

int
plugin_load_conftests(struct engine *engine, PyObject *directory)
{
    PluginManager *manager = (PluginManager *)engine->pluginmanager;
    PyObject *import_mode = NULL;
    int status = -1;

    if (manager->no_conftest || PyDict_GetItemWithError(manager->directory_conftests, directory)) {
        return 0;
    }
    import_mode = option_get(engine, "importmode");
    const char *mode = import_mode && import_mode != Py_None ? py_utf8(import_mode) : "prepend";
    if (import_mode && mode) {
        status = load_for_folder(manager, directory, mode);
    }
    Py_XDECREF(import_mode);
    return status;
}

/* ---- the initial conftests ---- */

/* Loads those of the folder's subfolders test*, too. */
static int
load_with_tests(PluginManager *manager, PyObject *anchor, const char *import_mode)
{
    struct text names = {0};
    struct text path = {0};
    PyObject *holder = NULL;
    const char *text = py_fs_text(anchor, &holder);
    int status = text ? load_for_path(manager, anchor, import_mode) : -1;

    if (status == 0 && file_is_folder(text) && folder_list(text, &names)) {
        for (const char *name = names.bytes; status == 0 && name && name < names.bytes + names.length;
             name += strlen(name) + 1) {
            if (strncmp(name, "test", 4) != 0) {
                continue;
            }
            text_clear(&path);
            text_add_format(&path, "%s/%s", text, name);
            if (file_is_folder(text_string(&path))) {
                PyObject *child = PyUnicode_DecodeFSDefault(text_string(&path));
                status = child ? load_for_path(manager, child, import_mode) : -1;
                Py_XDECREF(child);
            }
        }
    }
    Py_XDECREF(holder);
    text_release(&names);
    text_release(&path);
    return status;
}

/* The file or folder that an argument names, without its "::" part: 1 and a new str, 0 when there is none, -1. */
static int
argument_anchor(const char *base, PyObject *argument, PyObject **anchor_out)
{
    PyObject *string = PyObject_Str(argument);
    PyObject *holder = NULL;
    const char *text = string ? py_fs_text(string, &holder) : NULL;
    struct text path = {0};
    struct text absolute = {0};
    int status = -1;

    *anchor_out = NULL;
    if (text) {
        const char *separator = strstr(text, "::");
        text_add(&path, text, separator ? (size_t)(separator - text) : strlen(text));
        path_absolute(base, text_string(&path), &absolute);
        status = file_exists(text_string(&absolute));
    }
    if (status > 0) {
        *anchor_out = PyUnicode_DecodeFSDefault(text_string(&absolute));
        status = *anchor_out ? 1 : -1;
    }
    Py_XDECREF(holder);
    Py_XDECREF(string);
    text_release(&path);
    text_release(&absolute);
    return status;
}

static int
set_cutdir(PluginManager *manager, PyObject *confcutdir, const char *base)
{
    PyObject *text = NULL;
    struct text absolute = {0};

    py_replace(&manager->confcutdir, NULL);
    if (!confcutdir || confcutdir == Py_None) {
        return 0;
    }
    text = py_path_text(manager->state, confcutdir);
    if (!text || !py_utf8(text)) {
        Py_XDECREF(text);
        return -1;
    }
    if (PyUnicode_GetLength(text) > 0) {
        path_absolute(base, py_utf8(text), &absolute);
        manager->confcutdir = PyUnicode_FromString(text_string(&absolute));
        text_release(&absolute);
    }
    Py_DECREF(text);
    return PyErr_Occurred() ? -1 : 0;
}

static int
load_anchors(PluginManager *manager, PyObject *args, PyObject *base, const char *import_mode)
{
    PyObject *list = PySequence_List(args);
    PyObject *anchors = list ? PyList_New(0) : NULL;
    int status = anchors ? 0 : -1;

    for (Py_ssize_t i = 0; status >= 0 && i < PyList_Size(list); i++) {
        PyObject *anchor = NULL;
        status = argument_anchor(py_utf8(base), PyList_GetItem(list, i), &anchor);
        if (status > 0) {
            status = py_list_append_take(anchors, anchor);
        }
    }
    if (status >= 0 && PyList_Size(anchors) == 0) {
        status = PyList_Append(anchors, base);
    }
    for (Py_ssize_t i = 0; status >= 0 && i < PyList_Size(anchors); i++) {
        status = load_with_tests(manager, PyList_GetItem(anchors, i), import_mode);
    }
    Py_XDECREF(list);
    Py_XDECREF(anchors);
    return status < 0 ? -1 : 0;
}

/* str of an import mode: a str, or an enum whose value is one. A new reference. */
PyObject *
plugin_confcutdir(struct engine *engine)
{
    return ((PluginManager *)engine->pluginmanager)->confcutdir;
}

static PyObject *
import_mode_text(PyObject *mode)
{
    return PyUnicode_Check(mode) ? Py_NewRef(mode) : PyObject_GetAttrString(mode, "value");
}

PyObject *
conftest_method_set_initial(PyObject *op, PyObject *args, PyObject *kwargs)
{
    enum { ARGS, PYARGS, NOCONFTEST, ROOTPATH, CONFCUTDIR, INVOCATION_DIR, IMPORTMODE, NAMESPACES, COUNT };
    static const char *const NAMES[] = {"args",       "pyargs",         "noconftest", "rootpath",
                                        "confcutdir", "invocation_dir", "importmode", "consider_namespace_packages",
                                        NULL};
    PluginManager *manager = (PluginManager *)op;
    PyObject *values[COUNT];
    PyObject *base = NULL;
    PyObject *mode = NULL;
    int status = -1;

    if (py_unpack_tuple("_set_initial_conftests", args, kwargs, NAMES, IMPORTMODE + 1, IMPORTMODE + 1, values) < 0) {
        return NULL;
    }
    manager->using_pyargs = PyObject_IsTrue(values[PYARGS]) > 0;
    manager->no_conftest = PyObject_IsTrue(values[NOCONFTEST]) > 0;
    base = py_path_text(manager->state, values[INVOCATION_DIR]);
    mode = base ? import_mode_text(values[IMPORTMODE]) : NULL;
    if (mode && py_utf8(base) && py_utf8(mode) && set_cutdir(manager, values[CONFCUTDIR], py_utf8(base)) == 0) {
        status = load_anchors(manager, values[ARGS], base, py_utf8(mode));
    }
    Py_XDECREF(base);
    Py_XDECREF(mode);
    return py_none_or_error(status);
}

/* ---- further methods that Python code may call ---- */

PyObject *
conftest_method_is_in_cutdir(PyObject *op, PyObject *path)
{
    PluginManager *manager = (PluginManager *)op;
    PyObject *text = py_path_text(manager->state, path);
    PyObject *holder = NULL;
    const char *folder = text ? py_fs_text(text, &holder) : NULL;
    PyObject *result = folder ? PyBool_FromLong(is_in_cutdir(manager, folder)) : NULL;

    Py_XDECREF(holder);
    Py_XDECREF(text);
    return result;
}

/* _loadconftestmodules(path, importmode, rootpath, *, consider_namespace_packages), _importconftest(the same) */
static int
unpack_import(PluginManager *manager, PyObject *args, PyObject *kwargs, PyObject **path_out, PyObject **mode_out)
{
    static const char *const NAMES[] = {"path", "importmode", "rootpath", "consider_namespace_packages", NULL};
    PyObject *values[4];

    *mode_out = NULL;
    if (py_unpack_tuple("_importconftest", args, kwargs, NAMES, 3, 3, values) < 0) {
        return -1;
    }
    *path_out = absolute_text(manager, values[0]);
    *mode_out = *path_out ? import_mode_text(values[1]) : NULL;
    if (!*mode_out || !py_utf8(*mode_out)) {
        Py_XDECREF(*path_out);
        Py_XDECREF(*mode_out);
        return -1;
    }
    return 0;
}

PyObject *
conftest_method_load(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PluginManager *manager = (PluginManager *)op;
    PyObject *path = NULL;
    PyObject *mode = NULL;

    if (unpack_import(manager, args, kwargs, &path, &mode) < 0) {
        return NULL;
    }
    int status = load_for_path(manager, path, py_utf8(mode));
    Py_DECREF(path);
    Py_DECREF(mode);
    return py_none_or_error(status);
}

PyObject *
conftest_method_import(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PluginManager *manager = (PluginManager *)op;
    PyObject *path = NULL;
    PyObject *mode = NULL;
    PyObject *module = NULL;

    if (unpack_import(manager, args, kwargs, &path, &mode) < 0) {
        return NULL;
    }
    module = import_conftest(manager, path, py_utf8(mode));
    Py_DECREF(path);
    Py_DECREF(mode);
    return module;
}

PyObject *
conftest_method_modules(PyObject *op, PyObject *path)
{
    PluginManager *manager = (PluginManager *)op;
    PyObject *text = absolute_text(manager, path);
    PyObject *holder = NULL;
    const char *path_text = text ? py_fs_text(text, &holder) : NULL;
    PyObject *folder = path_text ? folder_of(path_text) : NULL;
    PyObject *modules = NULL;
    int found = folder ? py_dict_find(manager->directory_conftests, folder, &modules) : -1;

    Py_XDECREF(holder);
    Py_XDECREF(text);
    Py_XDECREF(folder);
    return found == 0 ? PyTuple_New(0) : modules;
}

PyObject *
conftest_method_rget(PyObject *op, PyObject *args)
{
    PluginManager *manager = (PluginManager *)op;
    PyObject *name = NULL;
    PyObject *path = NULL;
    PyObject *modules = NULL;
    PyObject *pair = NULL;

    if (!PyArg_ParseTuple(args, "UO:_rget_with_confmod", &name, &path)) {
        return NULL;
    }
    modules = conftest_method_modules(op, path);
    Py_ssize_t count = modules ? PySequence_Size(modules) : 0;
    for (Py_ssize_t i = count; i-- > 0 && !pair && !PyErr_Occurred();) {
        PyObject *module = PySequence_GetItem(modules, i);
        PyObject *value = NULL;
        if (module && py_find_attr(manager->state, module, name, &value) > 0) {
            pair = PyTuple_Pack(2, module, value);
            Py_DECREF(value);
        }
        Py_XDECREF(module);
    }
    Py_XDECREF(modules);
    if (!pair && !PyErr_Occurred()) {
        PyErr_SetObject(PyExc_KeyError, name);
    }
    return pair;
}

PyObject *
conftest_method_check_plugins(PyObject *op, PyObject *args)
{
    PyObject *module = NULL;
    PyObject *path = NULL;

    if (!PyArg_ParseTuple(args, "OO:_check_non_top_pytest_plugins", &module, &path) ||
        check_plugin_lists((PluginManager *)op, module, path) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
conftest_get_cutdir(PyObject *op, void *Py_UNUSED(closure))
{
    PluginManager *manager = (PluginManager *)op;
    return manager->confcutdir ? py_path_object(manager->state, manager->confcutdir) : Py_NewRef(Py_None);
}

int
conftest_set_cutdir(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    return set_cutdir((PluginManager *)op, value, "/");
}

/* _dirpath2confmods: a copy, with Path keys. */
PyObject *
conftest_get_directories(PyObject *op, void *Py_UNUSED(closure))
{
    PluginManager *manager = (PluginManager *)op;
    PyObject *copy = PyDict_New();
    PyObject *borrowed_key = NULL;
    PyObject *borrowed_value = NULL;
    Py_ssize_t position = 0;

    while (copy && PyDict_Next(manager->directory_conftests, &position, &borrowed_key, &borrowed_value)) {
        PyObject *path = py_path_object(manager->state, borrowed_key);
        if (!path || PyDict_SetItem(copy, path, borrowed_value) < 0) {
            Py_CLEAR(copy);
        }
        Py_XDECREF(path);
    }
    return copy;
}
