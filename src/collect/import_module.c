/* Imports test modules and conftests by path: the plain way natively, the unusual through importlib. */
#include "collect/internal.h"

#include <string.h>

#include "base/text.h"
#include "os/folder.h"

/* ---- Where a file stands: its package's root and its dotted name ---- */

static bool
has_init_file(const char *directory, size_t length)
{
    struct text path = {0};

    text_add(&path, directory, length);
    text_add_string(&path, "/__init__.py");
    bool found = file_kind_of(text_string(&path), NULL) == FILE_REGULAR;
    text_release(&path);
    return found;
}

static int
is_identifier(const char *name, size_t length)
{
    PyObject *text = PyUnicode_DecodeFSDefaultAndSize(name, (Py_ssize_t)length);
    int result = text ? PyUnicode_IsIdentifier(text) : -1;
    Py_XDECREF(text);
    return result;
}

/* (root directory, "package.sub." or "") of a directory: a new tuple. */
static PyObject *
compute_package_root(const char *directory)
{
    struct text prefix = {0};
    size_t length = strlen(directory);
    PyObject *result = NULL;

    while (length && has_init_file(directory, length)) {
        size_t start = length;
        while (start && directory[start - 1] != '/') {
            start--;
        }
        int is_name = is_identifier(directory + start, length - start);
        if (is_name < 0) {
            goto done;
        }
        if (!is_name) {
            break;
        }
        struct text longer = {0};
        text_add(&longer, directory + start, length - start);
        text_add_char(&longer, '.');
        text_add(&longer, text_string(&prefix), prefix.length);
        text_release(&prefix);
        prefix = longer;
        length = start ? start - 1 : 0;
    }
    PyObject *root = PyUnicode_DecodeFSDefaultAndSize(directory, (Py_ssize_t)(length ? length : 1));
    PyObject *name = py_text_from(&prefix);
    result = root && name ? PyTuple_Pack(2, root, name) : NULL;
    Py_XDECREF(root);
    Py_XDECREF(name);
done:
    text_release(&prefix);
    return result;
}

/* The same, cached per run. */
static PyObject *
package_root(struct engine *engine, PyObject *directory)
{
    struct collect_engine *room = collect_engine(engine);
    PyObject *result = NULL;

    if (!room->package_roots) {
        room->package_roots = PyDict_New();
    }
    if (!room->package_roots || py_dict_find(room->package_roots, directory, &result) != 0) {
        return result;
    }
    PyObject *holder = NULL;
    const char *text = py_fs_text(directory, &holder);
    result = text ? compute_package_root(text) : NULL;
    Py_XDECREF(holder);
    if (result && PyDict_SetItem(room->package_roots, directory, result) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

/* ---- sys.path and sys.meta_path ---- */

static int
put_first_on_path(PyObject *root)
{
    PyObject *borrowed_path = PySys_GetObject("path");
    PyObject *first = borrowed_path && PyList_Check(borrowed_path) && PyList_Size(borrowed_path) > 0
                          ? PyList_GetItem(borrowed_path, 0)
                          : NULL;

    if (!borrowed_path) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.path");
        return -1;
    }
    if (first && (first == root || (PyUnicode_Check(first) && PyUnicode_Compare(first, root) == 0))) {
        return 0;
    }
    return PyList_Insert(borrowed_path, 0, root);
}

/* Whether a finder may stand before PathFinder without having a say about test modules. */
static int
finder_is_harmless(struct state *state, PyObject *finder, bool *is_path_finder)
{
    static const char *const HARMLESS[] = {"BuiltinImporter", "FrozenImporter", "DistutilsMetaFinder",
                                           "_SixMetaPathImporter"};
    PyObject *type = PyType_Check(finder) ? finder : (PyObject *)Py_TYPE(finder);
    PyObject *name = PyObject_GetAttr(type, state->names.__name__);
    PyObject *module = name ? PyObject_GetAttr(type, state->names.__module__) : NULL;
    int result = module ? 0 : -1;

    if (module) {
        *is_path_finder = py_text_equals(name, "PathFinder");
        result = py_text_equals(module, "fastest._fastest") || py_text_starts_with(module, "_pytest") ||
                 py_text_equals(module, "_virtualenv");
        for (size_t i = 0; i < COUNT_OF(HARMLESS); i++) {
            result = result || py_text_equals(name, HARMLESS[i]);
        }
    }
    Py_XDECREF(name);
    Py_XDECREF(module);
    return result;
}

/* Whether the finders are those of the last time, one by one. */
static bool
are_known(PyObject *finders, PyObject *known)
{
    Py_ssize_t count = PyList_Size(finders);

    if (!known || PyTuple_Size(known) != count) {
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyList_GetItem(finders, i) != PyTuple_GetItem(known, i)) {
            return false;
        }
    }
    return true;
}

/* Whether importing a file of sys.path[0] would surely end with that file: 1, 0 or -1. */
static int
import_system_is_plain(struct engine *engine)
{
    struct state *state = engine->state;
    struct collect_engine *room = collect_engine(engine);
    PyObject *borrowed_finders = PySys_GetObject("meta_path");
    int is_plain = 0;

    if (!borrowed_finders || !PyList_Check(borrowed_finders)) {
        return 0;
    }
    if (are_known(borrowed_finders, room->plain_finders)) {
        return 1;
    }
    PyObject *finders = Py_NewRef(borrowed_finders);
    for (Py_ssize_t i = 0; i < PyList_Size(finders); i++) {
        bool is_path_finder = false;
        is_plain = finder_is_harmless(state, PyList_GetItem(finders, i), &is_path_finder);
        if (is_path_finder) {
            is_plain = 1;
            break;
        }
        if (is_plain <= 0) {
            break;
        }
    }
    if (is_plain > 0) {
        py_replace_take(&room->plain_finders, PyList_AsTuple(finders));
    }
    Py_DECREF(finders);
    return is_plain;
}

static int
is_builtin_name(struct engine *engine, PyObject *name)
{
    struct collect_engine *room = collect_engine(engine);

    if (!room->builtin_names) {
        room->builtin_names = PyFrozenSet_New(PySys_GetObject("builtin_module_names"));
    }
    return room->builtin_names ? PySet_Contains(room->builtin_names, name) : -1;
}

int
module_prepare_path(struct engine *engine, PyObject *path)
{
    PyObject *mode = option_get(engine, "importmode");
    PyObject *directory = mode && py_text_equals(mode, "prepend") ? path_directory(path) : NULL;
    PyObject *place = directory ? package_root(engine, directory) : NULL;
    int status = place ? put_first_on_path(PyTuple_GetItem(place, 0)) : PyErr_Occurred() ? -1 : 0;

    Py_XDECREF(mode);
    Py_XDECREF(directory);
    Py_XDECREF(place);
    return status;
}

/* ---- A module made by us ---- */

static int
load_import_types(struct collect_engine *room)
{
    if (!room->module_spec_type) {
        room->module_spec_type = py_import_attr("_frozen_importlib", "ModuleSpec");
    }
    if (!room->loader_type) {
        room->loader_type = py_import_attr("_frozen_importlib_external", "SourceFileLoader");
    }
    return room->module_spec_type && room->loader_type ? 0 : -1;
}

/* Where the interpreter itself would cache the file's code: a new reference, None when it is not known. */
static PyObject *
cached_path(struct state *state, PyObject *path)
{
    PyObject *borrowed_prefix = PySys_GetObject("pycache_prefix");
    PyObject *borrowed_implementation = PySys_GetObject("implementation");
    PyObject *tag = NULL;
    PyObject *directory = NULL;
    PyObject *name = NULL;
    PyObject *result = NULL;

    if ((borrowed_prefix && borrowed_prefix != Py_None) || !borrowed_implementation) {
        PyObject *function = py_import_attr("_frozen_importlib_external", "cache_from_source");
        result = function ? py_call1(function, path) : NULL;
        Py_XDECREF(function);
        return result;
    }
    tag = py_attr(state, borrowed_implementation, "cache_tag");
    directory = path_directory(path);
    name = path_name(path);
    if (tag && directory && name) {
        PyObject *stem = PyUnicode_Substring(name, 0, PyUnicode_GetLength(name) - 3);
        result = stem ? PyUnicode_FromFormat("%U/__pycache__/%U.%S.pyc", directory, stem, tag) : NULL;
        Py_XDECREF(stem);
    }
    Py_XDECREF(tag);
    Py_XDECREF(directory);
    Py_XDECREF(name);
    return result;
}

/* ModuleSpec(name, SourceFileLoader(name, path), origin=path) with a location: a new reference. */
static PyObject *
make_spec(struct collect_engine *room, PyObject *name, PyObject *path, PyObject **loader_out)
{
    PyObject *loader = py_call2(room->loader_type, name, path);
    PyObject *args = loader ? PyTuple_Pack(2, name, loader) : NULL;
    PyObject *kwargs = args ? Py_BuildValue("{s:O}", "origin", path) : NULL;
    PyObject *spec = kwargs ? PyObject_Call(room->module_spec_type, args, kwargs) : NULL;

    if (spec && (PyObject_SetAttrString(spec, "has_location", Py_True) < 0 ||
                 PyObject_SetAttrString(spec, "_initializing", Py_True) < 0)) {
        Py_CLEAR(spec);
    }
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    *loader_out = loader;
    return spec;
}

static int
fill_module_dict(struct state *state, PyObject *dict, PyObject *const values[5])
{
    struct names *names = &state->names;
    PyObject *const keys[] = {names->__package__, names->__loader__, names->__spec__, names->__file__,
                              names->__cached__};

    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (PyDict_SetItem(dict, keys[i], values[i]) < 0) {
            return -1;
        }
    }
    return PyDict_SetItem(dict, names->__builtins__, PyEval_GetBuiltins());
}

static PyObject *
make_module(struct engine *engine, PyObject *name, PyObject *package, PyObject *path, PyObject **spec_out)
{
    struct collect_engine *room = collect_engine(engine);
    PyObject *loader = NULL;
    PyObject *spec = load_import_types(room) < 0 ? NULL : make_spec(room, name, path, &loader);
    PyObject *cached = spec ? cached_path(engine->state, path) : NULL;
    PyObject *module = cached ? PyModule_NewObject(name) : NULL;

    PyObject *const values[] = {package, loader, spec, path, cached};
    if (module && fill_module_dict(engine->state, PyModule_GetDict(module), values) < 0) {
        Py_CLEAR(module);
    }
    *spec_out = spec;
    Py_XDECREF(loader);
    Py_XDECREF(cached);
    return module;
}

static int
rewrites_asserts(struct engine *engine)
{
    /* Not the option: it is not final yet when the first conftests are loaded. */
    PyObject *hook = py_attr(engine->state, engine->pluginmanager, "rewrite_hook");
    int rewrites = hook ? PyObject_HasAttrString(hook, "find_spec") : -1;
    Py_XDECREF(hook);
    return rewrites;
}

/* Runs the code in the module, which is in sys.modules meanwhile, and leaves it there when that succeeds. */
static int
execute_module(PyObject *modules, PyObject *name, PyObject *module, PyObject *spec, PyObject *code)
{
    PyObject *dict = PyModule_GetDict(module);
    PyObject *result = NULL;

    if (PyDict_SetItem(modules, name, module) < 0) {
        return -1;
    }
    result = PyEval_EvalCode(code, dict, dict);
    if (!result) {
        PyObject *exception = py_error_take();
        if (PyDict_GetItemWithError(modules, name) && PyDict_DelItem(modules, name) < 0) {
            PyErr_Clear();
        }
        py_error_restore_take(exception);
        return -1;
    }
    Py_DECREF(result);
    return PyObject_SetAttrString(spec, "_initializing", Py_False);
}

/* The loader of a module whose asserts are rewritten is the import hook, as in pytest. */
static int
adopt_module(struct engine *engine, PyObject *module, PyObject *spec)
{
    PyObject *dict = PyModule_GetDict(module);
    PyObject *loader = py_attr(engine->state, engine->pluginmanager, "rewrite_hook");
    int status = loader ? engine->state->upcalls.prepare_namespace(engine->state, dict) : -1;

    if (status == 0 && loader != Py_None) {
        status =
            PyDict_SetItemString(dict, "__loader__", loader) < 0 || PyObject_SetAttrString(spec, "loader", loader) < 0
                ? -1
                : 0;
    }
    Py_XDECREF(loader);
    return status;
}

/* Loads the file as module `name` of `package` ("" outside of packages): a new reference to what sys.modules has. */
static PyObject *
load_module(struct engine *engine, PyObject *name, PyObject *package, PyObject *path)
{
    PyObject *modules = PyImport_GetModuleDict();
    int rewrites = rewrites_asserts(engine);
    PyObject *code = rewrites < 0 ? NULL : engine->state->upcalls.load_code(engine, path, rewrites == 1);
    PyObject *spec = NULL;
    PyObject *module = code ? make_module(engine, name, package, path, &spec) : NULL;
    PyObject *result = NULL;

    if (module && rewrites && adopt_module(engine, module, spec) < 0) {
        Py_CLEAR(module);
    }
    if (module && execute_module(modules, name, module, spec, code) == 0 && py_dict_find(modules, name, &result) == 0) {
        PyErr_SetObject(PyExc_KeyError, name);
    }
    Py_XDECREF(code);
    Py_XDECREF(spec);
    Py_XDECREF(module);
    return result;
}

/* ---- Deciding ---- */

/* The parent package when `path` lies in the first folder of its __path__: 1 and a new reference, 0 or -1. */
static int
find_parent(PyObject *package, PyObject *directory, PyObject **parent_out)
{
    PyObject *parent = PyImport_Import(package);
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *search_path = NULL;
    PyObject *first = NULL;
    int status = -1;

    if (!parent) {
        return -1;
    }
    Py_DECREF(parent); /* the topmost package; the one meant is in sys.modules */
    parent = NULL;
    if (py_dict_find(modules, package, &parent) <= 0) {
        return PyErr_Occurred() ? -1 : 0;
    }
    search_path = PyObject_GetAttrString(parent, "__path__");
    first = search_path ? PySequence_GetItem(search_path, 0) : NULL;
    if (!first) {
        PyErr_Clear(); /* no package, or a namespace without folders: importlib will say so */
        status = 0;
    } else {
        status = PyUnicode_Check(first) && PyUnicode_Compare(first, directory) == 0;
    }
    if (status == 1) {
        *parent_out = Py_NewRef(parent);
    }
    Py_XDECREF(parent);
    Py_XDECREF(search_path);
    Py_XDECREF(first);
    return status;
}

static PyObject *
import_by_name(PyObject *name)
{
    PyObject *import_module = py_import_attr("importlib", "import_module");
    PyObject *module = import_module ? py_call1(import_module, name) : NULL;
    Py_XDECREF(import_module);
    return module;
}

/* Whether a package folder of the module's name lies beside the file, and would be found first. */
static bool
is_shadowed(PyObject *path)
{
    const char *text = py_utf8(path);

    if (!text) {
        PyErr_Clear();
        return true;
    }
    return has_init_file(text, strlen(text) - 3);
}

/* importlib.import_module(name) for the file at `path`, of which `stem` is the last part. */
static PyObject *
import_new(struct engine *engine, PyObject *name, PyObject *package, PyObject *stem, PyObject *path)
{
    PyObject *directory = NULL;
    PyObject *parent = NULL;
    PyObject *module = NULL;
    int is_plain = import_system_is_plain(engine);

    if (is_plain > 0 && PyUnicode_GetLength(package) == 0) {
        int is_builtin = is_builtin_name(engine, name);
        is_plain = is_builtin < 0 ? -1 : !is_builtin;
    } else if (is_plain > 0) {
        directory = path_directory(path);
        is_plain = directory ? find_parent(package, directory, &parent) : -1;
    }
    if (is_plain > 0 && is_shadowed(path)) {
        is_plain = 0;
    }
    /* Importing the parents may have imported the module itself. */
    if (is_plain > 0 && py_dict_find(PyImport_GetModuleDict(), name, &module) == 0) {
        module = load_module(engine, name, package, path);
        if (module && parent && PyObject_SetAttr(parent, stem, module) < 0) {
            Py_CLEAR(module);
        }
    } else if (is_plain == 0) {
        module = import_by_name(name);
    }
    Py_XDECREF(directory);
    Py_XDECREF(parent);
    return module;
}

/* ---- The mismatch check ---- */

static int
raise_mismatch(struct state *state, PyObject *name, PyObject *file, PyObject *path)
{
    PyObject *path_object = py_path_object(state, path);
    PyObject *args = path_object ? PyTuple_Pack(3, name, file, path_object) : NULL;

    if (args) {
        PyErr_SetObject(collect_room(state)->import_mismatch, args);
    }
    Py_XDECREF(path_object);
    Py_XDECREF(args);
    return -1;
}

static bool
ignores_mismatch(void)
{
    PyObject *variables = py_import_attr("os", "environ");
    PyObject *value = variables ? PyObject_CallMethod(variables, "get", "s", "PY_IGNORE_IMPORTMISMATCH") : NULL;
    bool ignores = py_text_equals(value, "1");

    if (!value) {
        PyErr_Clear();
    }
    Py_XDECREF(variables);
    Py_XDECREF(value);
    return ignores;
}

static int
is_same_file(PyObject *file, PyObject *path)
{
    PyObject *samefile = py_import_attr("os.path", "samefile");
    PyObject *answer = samefile ? py_call2(samefile, path, file) : NULL;
    int is_same = answer ? PyObject_IsTrue(answer) : -1;

    if (!answer && PyErr_ExceptionMatches(PyExc_FileNotFoundError)) {
        PyErr_Clear();
        is_same = 0;
    }
    Py_XDECREF(samefile);
    Py_XDECREF(answer);
    return is_same;
}

/* The source that a module's __file__ stands for: without "c" of .pyc, without "/__init__.py". */
static PyObject *
source_of(PyObject *file)
{
    Py_ssize_t length = PyUnicode_GetLength(file);
    PyObject *suffixes[] = {PyUnicode_FromString(".pyc"), PyUnicode_FromString(".pyo"),
                            PyUnicode_FromString("/__init__.py")};
    Py_ssize_t end = length;

    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        if (suffixes[i] && PyUnicode_Tailmatch(file, suffixes[i], 0, end, 1) == 1) {
            end -= i < 2 ? 1 : PyUnicode_GetLength(suffixes[i]);
        }
        Py_XDECREF(suffixes[i]);
    }
    return PyUnicode_Substring(file, 0, end);
}

static int
check_module_file(struct state *state, PyObject *module, PyObject *name, PyObject *path)
{
    PyObject *file = PyObject_GetAttr(module, state->names.__file__);
    PyObject *source = NULL;
    int status = -1;

    if (!file) {
        return -1;
    }
    if (PyUnicode_Check(file) && PyUnicode_Compare(file, path) == 0) {
        Py_DECREF(file);
        return 0;
    }
    if (ignores_mismatch()) {
        Py_DECREF(file);
        return 0;
    }
    if (file == Py_None) {
        status = raise_mismatch(state, name, file, path);
    } else {
        source = source_of(file);
        int is_same = source ? is_same_file(source, path) : -1;
        status = is_same == 0 ? raise_mismatch(state, name, source, path) : is_same < 0 ? -1 : 0;
    }
    Py_DECREF(file);
    Py_XDECREF(source);
    return status;
}

/* ---- import_path ---- */

/* _pytest.pathlib.import_path(): every mode, by importlib. */
static PyObject *
import_the_long_way(struct engine *engine, PyObject *path, const char *mode)
{
    PyObject *function = py_import_attr("_pytest.pathlib", "import_path");
    PyObject *root = function ? py_path_object(engine->state, config_rootpath(engine)) : NULL;
    int considers_namespaces = root ? ini_is_true(engine, "consider_namespace_packages") : -1;
    PyObject *path_object = considers_namespaces >= 0 ? py_path_object(engine->state, path) : NULL;
    PyObject *args = path_object ? PyTuple_Pack(1, path_object) : NULL;
    PyObject *kwargs = args ? Py_BuildValue("{s:s,s:O,s:O}", "mode", mode, "root", root, "consider_namespace_packages",
                                            considers_namespaces ? Py_True : Py_False)
                            : NULL;
    PyObject *module = py_call_take(function, args, kwargs);
    Py_XDECREF(root);
    Py_XDECREF(path_object);
    return module;
}

/* The stem of "name.py", NULL without an exception for any other shape. */
static PyObject *
plain_stem(PyObject *path)
{
    PyObject *name = path_name(path);
    Py_ssize_t length = name ? PyUnicode_GetLength(name) : 0;
    PyObject *stem = NULL;

    if (length > 3 && PyUnicode_FindChar(name, '.', 0, length, 1) == length - 3 &&
        PyUnicode_ReadChar(name, length - 2) == 'p' && PyUnicode_ReadChar(name, length - 1) == 'y') {
        stem = PyUnicode_Substring(name, 0, length - 3);
    }
    Py_XDECREF(name);
    return stem;
}

/* Mode "prepend" for a file whose place is known. */
static PyObject *
import_prepended(struct engine *engine, PyObject *path, PyObject *stem, PyObject *root, PyObject *prefix)
{
    Py_ssize_t prefix_length = PyUnicode_GetLength(prefix);
    PyObject *package = PyUnicode_Substring(prefix, 0, prefix_length ? prefix_length - 1 : 0);
    bool is_init = py_text_equals(stem, "__init__") && prefix_length;
    PyObject *name = !package ? NULL : is_init ? Py_NewRef(package) : PyUnicode_Concat(prefix, stem);
    PyObject *module = NULL;

    if (!name || put_first_on_path(root) < 0) {
        goto done;
    }
    if (py_dict_find(PyImport_GetModuleDict(), name, &module) == 0) {
        module = is_init ? import_by_name(name) : import_new(engine, name, package, stem, path);
    }
    if (module && !is_init && check_module_file(engine->state, module, name, path) < 0) {
        Py_CLEAR(module);
    }
done:
    Py_XDECREF(package);
    Py_XDECREF(name);
    return module;
}

PyObject *
module_import_path(struct engine *engine, PyObject *path, const char *mode)
{
    PyObject *stem = plain_stem(path);
    PyObject *directory = NULL;
    PyObject *place = NULL;
    PyObject *module = NULL;
    int considers_namespaces = PyErr_Occurred() ? -1 : ini_is_true(engine, "consider_namespace_packages");

    if (considers_namespaces < 0) {
        goto done;
    }
    /* With -vv the frames of the import itself belong to what is shown of a failed one: there have to be some. */
    if (!stem || considers_namespaces || strcmp(mode, "prepend") != 0 || config_verbosity(engine, NULL) > 1) {
        module = import_the_long_way(engine, path, mode);
        goto done;
    }
    directory = path_directory(path);
    place = directory ? package_root(engine, directory) : NULL;
    if (place) {
        module = import_prepended(engine, path, stem, PyTuple_GetItem(place, 0), PyTuple_GetItem(place, 1));
    }
done:
    Py_XDECREF(stem);
    Py_XDECREF(directory);
    Py_XDECREF(place);
    return module;
}
