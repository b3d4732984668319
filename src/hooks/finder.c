/* The finder on sys.meta_path that serves our pytest and _pytest, and nothing else. */
#include <string.h>

#include "base/text.h"
#include "hooks/finder.h"

/* ---- the loader: hands out the module objects that exist already ---- */

typedef struct {
    PyObject_HEAD
    PyObject *inner; /* a SourceFileLoader: get_source() and the like */
} Loader;

/* The module of a spec: a new reference. */
static PyObject *
loader_create_module(PyObject *op, PyObject *spec)
{
    struct state *state = state_of(op);
    PyObject *name = PyObject_GetAttr(spec, state->names.name);
    const char *text = name ? py_utf8(name) : NULL;
    PyObject *module = NULL;

    if (text) {
        bool is_pytest = strcmp(text, "pytest") == 0;
        module = is_pytest ? Py_NewRef(hooks_room(state)->the_pytest) : lazy_module(state, text);
        if (module && !is_pytest && lazy_module_start(state, module) < 0) {
            Py_CLEAR(module);
        }
    }
    Py_XDECREF(name);
    return module;
}

static PyObject *
loader_exec_module(PyObject *op, PyObject *module)
{
    struct state *state = state_of(op);

    if (Py_TYPE(module) == hooks_room(state)->public_module) {
        Py_RETURN_NONE;
    }
    if (Py_TYPE(module) != hooks_room(state)->lazy_module) {
        return PyObject_CallMethod(((Loader *)op)->inner, "exec_module", "O", module); /* importlib.reload of a copy */
    }
    return py_none_or_error(lazy_module_finish(state, module));
}

static PyObject *
loader_getattro(PyObject *op, PyObject *name)
{
    struct state *state = state_of(op);
    PyObject *own = NULL;

    if (py_text_equals(name, "create_module") || py_text_equals(name, "exec_module") ||
        py_text_equals(name, "__class__")) {
        return PyObject_GenericGetAttr(op, name);
    }
    if (py_find_attr(state, ((Loader *)op)->inner, name, &own) != 0) {
        return own;
    }
    return PyObject_GenericGetAttr(op, name);
}

static int
loader_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((Loader *)op)->inner);
    return 0;
}

static int
loader_clear(PyObject *op)
{
    Py_CLEAR(((Loader *)op)->inner);
    return 0;
}

static void
loader_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    loader_clear(op);
    py_free_instance(op);
}

PY_NAMED_ONE(loader_create_module_named, loader_create_module, "create_module", "spec")
PY_NAMED_ONE(loader_exec_module_named, loader_exec_module, "exec_module", "module")
static PyMethodDef LOADER_METHODS[] = {
    {"create_module", PY_FAST_WITH_KEYWORDS(loader_create_module_named), "create_module($self, spec)\n--\n\n"},
    {"exec_module", PY_FAST_WITH_KEYWORDS(loader_exec_module_named), "exec_module($self, module)\n--\n\n"},
    PY_END_METHOD,
};

static PyType_Slot LOADER_SLOTS[] = {
    PY_SLOT(tp_getattro, loader_getattro), PY_SLOT(tp_traverse, loader_traverse), PY_SLOT(tp_clear, loader_clear),
    PY_SLOT(tp_dealloc, loader_dealloc),   PY_SLOT(tp_methods, LOADER_METHODS),   PY_END_SLOT,
};

static PyType_Spec LOADER_SPEC = {
    .name = "fastest._fastest.PrivateLoader",
    .basicsize = sizeof(Loader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = LOADER_SLOTS,
};

/* importlib's spec for one of our sources: a new reference. */
static PyObject *
make_spec(struct state *state, PyObject *name, PyObject *path, bool is_package)
{
    PyObject *importlib = PyImport_ImportModule("_frozen_importlib_external");
    PyObject *locations = NULL;
    PyObject *spec = NULL;
    PyObject *make = NULL;
    Loader *loader = (Loader *)py_new_instance(hooks_room(state)->loader);

    if (!importlib || !loader) {
        goto done;
    }
    loader->inner = PyObject_CallMethod(importlib, "SourceFileLoader", "OO", name, path);
    make = loader->inner ? PyObject_GetAttrString(importlib, "spec_from_file_location") : NULL;
    if (make) {
        PyObject *args = PyTuple_Pack(2, name, path);
        PyObject *kwargs = Py_BuildValue("{s:O}", "loader", loader);
        if (is_package && kwargs) {
            const char *text = py_utf8(path);
            locations = Py_BuildValue("[N]", PyUnicode_DecodeUTF8(text, strrchr(text, '/') - text, NULL));
            if (!locations || PyDict_SetItemString(kwargs, "submodule_search_locations", locations) < 0) {
                Py_CLEAR(kwargs);
            }
        }
        spec = py_call_take(Py_NewRef(make), args, kwargs);
    }

done:
    Py_XDECREF(importlib);
    Py_XDECREF(locations);
    Py_XDECREF(make);
    Py_XDECREF(loader);
    return spec;
}

/* ---- the finder ---- */

typedef struct {
    PyObject_HEAD
} Finder;

static bool
is_ours(PyObject *name)
{
    return py_text_equals(name, "pytest") || py_text_equals(name, "_pytest") || py_text_starts_with(name, "_pytest.");
}

static PyObject *
spec_of(struct state *state, PyObject *name)
{
    const char *text = py_utf8(name);
    PyObject *path = NULL;
    PyObject *spec = NULL;
    bool is_package = false;
    int found = text ? private_source(state, text, &path, &is_package) : -1;

    if (found == 0) {
        Py_RETURN_NONE;
    }
    if (found > 0) {
        spec = make_spec(state, name, path, is_package);
        Py_DECREF(path);
    }
    return spec;
}

/* find_spec(name, path=None, target=None): called for every import that nothing else has answered. */
static PyObject *
finder_find_spec(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *Py_UNUSED(kwnames))
{
    if (given < 1 || !PyUnicode_Check(args[0]) || !is_ours(args[0])) {
        Py_RETURN_NONE;
    }
    return spec_of(state_of(op), args[0]);
}

/* find_distributions(context): the distribution "pytest" is ours. A new list. */
static PyObject *
finder_find_distributions(PyObject *op, PyObject *const *args, Py_ssize_t given, PyObject *Py_UNUSED(kwnames))
{
    struct state *state = state_of(op);
    PyObject *name = NULL;
    PyObject *helper = NULL;
    PyObject *result = NULL;

    if (given > 0 && py_find_attr(state, args[0], state->names.name, &name) < 0) {
        return NULL;
    }
    bool is_asked = !name || name == Py_None || py_text_equals(name, "pytest");
    Py_XDECREF(name);
    if (!is_asked) {
        return PyList_New(0);
    }
    helper = py_import_attr("fastest._distributions", "of_pytest");
    result = helper ? py_call1(helper, hooks_room(state)->private_folder) : NULL;
    Py_XDECREF(helper);
    return result;
}

static PyObject *
finder_invalidate_caches(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(none))
{
    Py_RETURN_NONE;
}

static PyMethodDef FINDER_METHODS[] = {
    {"find_spec", PY_FAST_WITH_KEYWORDS(finder_find_spec), "find_spec($self, name, path=None, target=None)\n--\n\n"},
    {"find_distributions", PY_FAST_WITH_KEYWORDS(finder_find_distributions), NULL},
    {"invalidate_caches", finder_invalidate_caches, METH_NOARGS, "invalidate_caches($self)\n--\n\n"},
    PY_END_METHOD,
};

static void
finder_dealloc(PyObject *op)
{
    py_free_instance(op);
}

static PyType_Slot FINDER_SLOTS[] = {
    PY_SLOT(tp_methods, FINDER_METHODS),
    PY_SLOT(tp_dealloc, finder_dealloc),
    PY_END_SLOT,
};

static PyType_Spec FINDER_SPEC = {
    .name = "fastest._fastest.PytestFinder",
    .basicsize = sizeof(Finder),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = FINDER_SLOTS,
};

/* ---- installation ---- */

/* Modules that tools look for in sys.modules to see whether they run under pytest. */
static const char *const PRESENT_MODULES[] = {"_pytest", "_pytest.outcomes", "_pytest.fixtures", "_pytest._code"};

/* The folder _private beside the extension: a new str. */
static PyObject *
find_private_folder(PyObject *module)
{
    PyObject *spec = PyObject_GetAttrString(module, "__spec__");
    PyObject *origin = spec ? PyObject_GetAttrString(spec, "origin") : NULL;
    const char *text = origin ? py_utf8(origin) : NULL;
    const char *slash = text ? strrchr(text, '/') : NULL;
    PyObject *folder = NULL;

    if (slash) {
        struct text path = {0};
        text_add(&path, text, (size_t)(slash - text));
        text_add_string(&path, "/_private");
        folder = PyUnicode_FromString(text_string(&path));
        text_release(&path);
    } else if (text) {
        PyErr_Format(PyExc_ImportError, "fastest cannot tell where its own files are from %R", origin);
    }
    Py_XDECREF(spec);
    Py_XDECREF(origin);
    return folder;
}

/* Refuses to run beside another pytest in the same process. 0 or -1. */
static int
refuse_foreign(PyObject *modules)
{
    static const char *const NAMES[] = {"_pytest", "pytest"};

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        PyObject *foreign = PyDict_GetItemString(modules, NAMES[i]);
        if (foreign && foreign != Py_None) {
            PyObject *file = PyObject_GetAttrString(foreign, "__file__");
            PyErr_Clear(); /* a module without a file is named by its repr */
            PyErr_Format(PyExc_ImportError,
                         "fastest cannot run in this process: another %s is imported already (%S); "
                         "start fastest before anything imports pytest",
                         NAMES[i], file ? file : foreign);
            Py_XDECREF(file);
            return -1;
        }
    }
    return 0;
}

/* Puts one of our modules into sys.modules, and into its package, without running its code. */
static int
add_present(struct state *state, PyObject *modules, const char *name)
{
    PyObject *module = lazy_module(state, name);
    PyObject *key = module ? PyUnicode_FromString(name) : NULL;
    PyObject *spec = key ? spec_of(state, key) : NULL;
    PyObject *locations = NULL;
    PyObject *origin = NULL;
    PyObject *package = NULL;
    const char *dot = strrchr(name, '.');
    int status = -1;

    if (!spec || PyDict_SetItem(modules, key, module) < 0) {
        goto done;
    }
    PyObject *dict = PyModule_GetDict(module);
    if (spec == Py_None) {
        status = 0;
        goto done; /* not written yet */
    }
    locations = PyObject_GetAttrString(spec, "submodule_search_locations");
    origin = PyObject_GetAttrString(spec, "origin");
    if (!locations || !origin || PyDict_SetItemString(dict, "__spec__", spec) < 0 ||
        PyDict_SetItemString(dict, "__file__", origin) < 0) {
        goto done;
    }
    if (locations != Py_None && PyDict_SetItemString(dict, "__path__", locations) < 0) {
        goto done;
    }
    package = locations != Py_None ? Py_NewRef(key) : PyUnicode_FromString("_pytest");
    if (!package || PyDict_SetItemString(dict, "__package__", package) < 0) {
        goto done;
    }
    status = dot ? PyObject_SetAttrString(PyDict_GetItemString(modules, "_pytest"), dot + 1, module) : 0;

done:
    Py_XDECREF(module);
    Py_XDECREF(key);
    Py_XDECREF(spec);
    Py_XDECREF(locations);
    Py_XDECREF(origin);
    Py_XDECREF(package);
    return status;
}

static int
add_pytest(struct state *state, PyObject *modules)
{
    struct hooks_room *room = hooks_room(state);
    PyObject *name = PyUnicode_InternFromString("pytest");
    PyObject *path = PyUnicode_FromFormat("%U/pytest/__init__.py", room->private_folder);
    PyObject *spec = NULL;
    PyObject *dict = NULL;
    PyObject *locations = NULL;
    int status = -1;

    room->the_pytest = public_module_new(state);
    spec = name && path && room->the_pytest ? make_spec(state, name, path, true) : NULL;
    locations = spec ? PyObject_GetAttrString(spec, "submodule_search_locations") : NULL;
    if (locations) {
        dict = PyModule_GetDict(room->the_pytest);
        if (PyDict_SetItemString(dict, "__spec__", spec) == 0 &&
            PyDict_SetItemString(dict, "__path__", locations) == 0 &&
            PyDict_SetItemString(dict, "__file__", path) == 0 && PyDict_SetItemString(dict, "__package__", name) == 0) {
            status = PyDict_SetItem(modules, name, room->the_pytest);
        }
    }
    Py_XDECREF(name);
    Py_XDECREF(path);
    Py_XDECREF(spec);
    Py_XDECREF(locations);
    return status;
}

/* The finder goes first on sys.meta_path, the private folder last on sys.path. */
static int
add_to_paths(struct hooks_room *room)
{
    PyObject *borrowed_meta_path = PySys_GetObject("meta_path");
    PyObject *borrowed_path = PySys_GetObject("path");
    int has_finder = borrowed_meta_path ? PySequence_Contains(borrowed_meta_path, room->the_finder) : -1;
    int has_folder = borrowed_path ? PySequence_Contains(borrowed_path, room->private_folder) : -1;

    if (has_finder < 0 || has_folder < 0) {
        return -1;
    }
    if (!has_finder && PyList_Insert(borrowed_meta_path, 0, room->the_finder) < 0) {
        return -1;
    }
    if (!has_finder) {
        py_replace_take(&room->first_finders, PySequence_List(borrowed_meta_path));
        if (!room->first_finders) {
            return -1;
        }
    }
    return has_folder ? 0 : PyList_Append(borrowed_path, room->private_folder);
}

bool
finder_is_pytest(struct state *state, PyObject *object)
{
    return object == hooks_room(state)->the_pytest;
}

int
finder_restore(struct state *state)
{
    struct hooks_room *room = hooks_room(state);
    PyObject *borrowed_meta_path = PySys_GetObject("meta_path");
    int has_finder = 1;

    if (room->first_finders) {
        has_finder = borrowed_meta_path ? PySequence_Contains(borrowed_meta_path, room->the_finder) : 0;
    }
    if (has_finder != 0) {
        return has_finder < 0 ? -1 : 0;
    }
    PyObject *finders = PySequence_List(room->first_finders);
    int status = finders ? PySys_SetObject("meta_path", finders) : -1;
    Py_XDECREF(finders);
    return status;
}

static int
install_modules(PyObject *module, struct state *state)
{
    struct hooks_room *room = hooks_room(state);
    PyObject *borrowed_modules = PyImport_GetModuleDict();

    if (refuse_foreign(borrowed_modules) < 0) {
        return -1;
    }
    room->private_folder = find_private_folder(module);
    room->the_finder = room->private_folder ? py_new_instance(room->finder) : NULL;
    if (!room->the_finder) {
        return -1;
    }
    for (size_t i = 0; i < COUNT_OF(PRESENT_MODULES); i++) {
        if (add_present(state, borrowed_modules, PRESENT_MODULES[i]) < 0) {
            return -1;
        }
    }
    return add_pytest(state, borrowed_modules);
}

static PyObject *
install_finder(PyObject *module, PyObject *Py_UNUSED(none))
{
    struct state *state = state_from_module(module);
    struct hooks_room *room = hooks_room(state);

    if (!room->the_finder && install_modules(module, state) < 0) {
        Py_CLEAR(room->the_finder);
        return NULL;
    }
    if (add_to_paths(room) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef FUNCTIONS[] = {
    {"install_finder", install_finder, METH_NOARGS,
     "install_finder($module)\n--\n\n"
     "From now on `import pytest` finds fastest's own in this process. ImportError when another is imported already."},
    PY_END_METHOD,
};

int
finder_add_types(PyObject *module, struct state *state)
{
    struct hooks_room *room = hooks_room(state);

    room->finder = py_type_add(module, &FINDER_SPEC, NULL);
    room->loader = py_type_add(module, &LOADER_SPEC, NULL);
    if (!room->finder || !room->loader || PyModule_AddFunctions(module, FUNCTIONS) < 0) {
        return -1;
    }
    return lazy_module_add_type(module, state) < 0 ? -1 : public_module_add_type(module, state);
}
