/* AssertionRewritingHook: the finder and loader of modules that others import and whose asserts are rewritten. */
#include <string.h>

#include "base/glob.h"
#include "base/text.h"
#include "hooks/hooks.h"
#include "rewrite/internal.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *config;
    PyObject *session;         /* None outside of collection */
    PyObject *patterns;        /* python_files: sequence of str */
    PyObject *basenames;       /* set: last parts of module names that are always looked at closely */
    PyObject *must_rewrite;    /* set of module names */
    PyObject *marked;          /* dict: module name -> bool, the answers so far */
    PyObject *rewritten_names; /* dict: module name -> path of those that we executed */
    PyObject *find_spec;       /* PathFinder.find_spec, or what a test puts there */
    bool has_session_names;    /* basenames has those of the command line */
    bool has_plugin_names;     /* must_rewrite has those of installed plugins */
} ImportHook;

static struct engine *
hook_engine(ImportHook *self)
{
    return engine_from_config(self->config);
}

/* ---- Which modules ---- */

/* The part of `text` behind its last `mark`. */
static const char *
last_part(const char *text, char mark)
{
    const char *found = strrchr(text, mark);
    return found ? found + 1 : text;
}

/* The names of the files that the command line names. */
static int
add_session_names(ImportHook *self)
{
    PyObject *paths = NULL;
    PyObject *iterator = NULL;
    PyObject *path = NULL;
    int status = 0;

    if (self->has_session_names || self->session == Py_None) {
        return 0;
    }
    self->has_session_names = true;
    paths = PyObject_GetAttrString(self->session, "_initialpaths");
    iterator = paths ? PyObject_GetIter(paths) : NULL;
    while (iterator && status == 0 && (path = PyIter_Next(iterator))) {
        PyObject *text = py_path_text(hook_engine(self)->state, path);
        const char *name = text ? py_utf8(text) : NULL;
        const char *base = name ? last_part(name, '/') : NULL;
        const char *dot = base ? strrchr(base, '.') : NULL;
        PyObject *stem = base ? PyUnicode_DecodeUTF8(base, dot && dot != base ? dot - base : (Py_ssize_t)strlen(base), NULL) : NULL;
        status = stem ? PySet_Add(self->basenames, stem) : -1;
        Py_XDECREF(stem);
        Py_XDECREF(text);
        Py_DECREF(path);
    }
    Py_XDECREF(paths);
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? -1 : status;
}

/* Names of the modules of installed plugins: read only when an import asks for a name that nothing else decides. */
static int
add_plugin_names(ImportHook *self)
{
    PyObject *names = NULL;
    int status = 0;

    if (self->has_plugin_names) {
        return 0;
    }
    self->has_plugin_names = true;
    if (option_is_true(hook_engine(self), "disable_plugin_autoload") > 0) {
        return 0;
    }
    names = hooks_plugin_module_names(hook_engine(self));
    status = names ? 0 : -1;
    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(names); i++) {
        status = PySet_Add(self->must_rewrite, PyList_GetItem(names, i));
    }
    Py_XDECREF(names);
    return status;
}

/* `name` or one of its parents was marked: 1, 0, -1. */
static int
find_mark(ImportHook *self, PyObject *name)
{
    const char *text = py_utf8(name);
    size_t length = text ? strlen(text) : 0;

    if (!text || add_plugin_names(self) < 0) {
        return -1;
    }
    for (const char *end = text + length; end;) {
        PyObject *part = PyUnicode_DecodeUTF8(text, end - text, NULL);
        int is_marked = part ? PySet_Contains(self->must_rewrite, part) : -1;
        Py_XDECREF(part);
        if (is_marked != 0) {
            return is_marked;
        }
        do {
            end = end == text ? NULL : end - 1;
        } while (end && *end != '.');
    }
    return 0;
}

static int
is_marked_for_rewrite(ImportHook *self, PyObject *name)
{
    PyObject *known = NULL;
    int found = py_dict_find(self->marked, name, &known);

    if (found != 0) {
        int is_marked = known == Py_True;
        Py_XDECREF(known);
        return found < 0 ? -1 : is_marked;
    }
    found = find_mark(self, name);
    if (found >= 0 && PyDict_SetItem(self->marked, name, found ? Py_True : Py_False) < 0) {
        return -1;
    }
    return found;
}

/* Whether a pattern of python_files matches: 1, 0, -1. */
static int
matches_pattern(ImportHook *self, const char *path)
{
    Py_ssize_t count = PySequence_Size(self->patterns);

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *pattern = PySequence_GetItem(self->patterns, i);
        const char *text = pattern ? py_utf8(pattern) : NULL;
        int matches = text ? glob_matches_path(text, path) : -1;
        Py_XDECREF(pattern);
        if (matches != 0) {
            return matches;
        }
    }
    return count < 0 ? -1 : 0;
}

/* Whether a pattern can only be decided with the whole path: 1, 0, -1. */
static int
has_path_pattern(ImportHook *self)
{
    Py_ssize_t count = PySequence_Size(self->patterns);

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *pattern = PySequence_GetItem(self->patterns, i);
        const char *text = pattern ? py_utf8(pattern) : NULL;
        int has_slash = text ? strchr(text, '/') != NULL : -1;
        Py_XDECREF(pattern);
        if (has_slash != 0) {
            return has_slash;
        }
    }
    return count < 0 ? -1 : 0;
}

/* a.b.c as the path a/b/c.py */
static int
matches_name(ImportHook *self, const char *name)
{
    struct text path = {0};

    text_add_string(&path, name);
    for (size_t i = 0; i < path.length; i++) {
        if (path.bytes[i] == '.') {
            path.bytes[i] = '/';
        }
    }
    text_add_string(&path, ".py");
    int matches = matches_pattern(self, path.bytes);
    text_release(&path);
    return matches;
}

/* Most imports are none of our business: told by the name alone. 1, 0, -1. */
static int
bails_out_early(ImportHook *self, PyObject *name)
{
    const char *text = py_utf8(name);

    if (!text || add_session_names(self) < 0) {
        return -1;
    }
    PyObject *base = PyUnicode_FromString(last_part(text, '.'));
    int is_interesting = base ? PySet_Contains(self->basenames, base) : -1;
    Py_XDECREF(base);
    if (is_interesting == 0) {
        is_interesting = has_path_pattern(self);
    }
    if (is_interesting == 0) {
        is_interesting = matches_name(self, text);
    }
    if (is_interesting == 0) {
        is_interesting = is_marked_for_rewrite(self, name);
    }
    return is_interesting < 0 ? -1 : !is_interesting;
}

static int
should_rewrite(ImportHook *self, PyObject *name, PyObject *file)
{
    const char *path = py_utf8(file);
    int should = -1;

    if (!path) {
        return -1;
    }
    if (strcmp(last_part(path, '/'), "conftest.py") == 0) {
        return 1;
    }
    if (self->session != Py_None) {
        PyObject *is_initial = PyObject_CallMethod(self->session, "isinitpath", "O", file);
        should = is_initial ? PyObject_IsTrue(is_initial) : -1;
        Py_XDECREF(is_initial);
        if (should != 0) {
            return should;
        }
    }
    should = matches_pattern(self, path);
    return should == 0 ? is_marked_for_rewrite(self, name) : should;
}

/* ---- Finder ---- */

/* The file of a spec that is a source file that exists: 1 and a new reference, 0, -1. */
static int
source_of_spec(PyObject *spec, PyObject **file_out)
{
    PyObject *loader_type = py_import_attr("_frozen_importlib_external", "SourceFileLoader");
    PyObject *loader = loader_type ? PyObject_GetAttrString(spec, "loader") : NULL;
    PyObject *origin = loader ? PyObject_GetAttrString(spec, "origin") : NULL;
    PyObject *exists = NULL;
    int is_source = origin ? PyObject_IsInstance(loader, loader_type) : -1;

    if (is_source > 0 && PyUnicode_Check(origin)) {
        PyObject *function = py_import_attr("os.path", "exists");
        exists = function ? py_call1(function, origin) : NULL;
        is_source = exists ? PyObject_IsTrue(exists) : -1;
        Py_XDECREF(function);
    } else if (is_source > 0) {
        is_source = 0;
    }
    if (is_source > 0) {
        *file_out = Py_NewRef(origin);
    }
    Py_XDECREF(loader_type);
    Py_XDECREF(loader);
    Py_XDECREF(origin);
    Py_XDECREF(exists);
    return is_source;
}

/* spec_from_file_location(name, file, loader=self, submodule_search_locations=...) */
static PyObject *
make_spec(ImportHook *self, PyObject *name, PyObject *file, PyObject *plain_spec)
{
    PyObject *function = py_import_attr("_frozen_importlib_external", "spec_from_file_location");
    PyObject *locations = PyObject_GetAttrString(plain_spec, "submodule_search_locations");
    PyObject *args = Py_BuildValue("(OO)", name, file);
    PyObject *kwargs = locations ? Py_BuildValue("{sOsO}", "loader", (PyObject *)self, "submodule_search_locations",
                                                 locations)
                                 : NULL;
    PyObject *spec = function && args && kwargs ? PyObject_Call(function, args, kwargs) : NULL;

    Py_XDECREF(function);
    Py_XDECREF(locations);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return spec;
}

static PyObject *
hook_find_spec(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "path", "target", NULL};
    ImportHook *self = (ImportHook *)op;
    PyObject *values[3];
    PyObject *plain_spec = NULL;
    PyObject *file = NULL;
    PyObject *spec = NULL;

    if (py_unpack_tuple("find_spec", args, kwargs, NAMES, 3, 1, values) < 0) {
        return NULL;
    }
    int bails_out = bails_out_early(self, values[0]);
    if (bails_out != 0) {
        return bails_out < 0 ? NULL : Py_NewRef(Py_None);
    }
    plain_spec = py_call2(self->find_spec, values[0], values[1] ? values[1] : Py_None);
    int is_ours = !plain_spec ? -1 : plain_spec == Py_None ? 0 : source_of_spec(plain_spec, &file);
    if (is_ours > 0) {
        is_ours = should_rewrite(self, values[0], file);
    }
    if (is_ours >= 0) {
        spec = is_ours ? make_spec(self, values[0], file, plain_spec) : Py_NewRef(Py_None);
    }
    Py_XDECREF(plain_spec);
    Py_XDECREF(file);
    return spec;
}

/* ---- Loader ---- */

static PyObject *
hook_create_module(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(spec))
{
    return Py_NewRef(Py_None);
}

static PyObject *
hook_exec_module(PyObject *op, PyObject *module)
{
    ImportHook *self = (ImportHook *)op;
    struct engine *engine = hook_engine(self);
    PyObject *spec = PyObject_GetAttr(module, engine->state->names.__spec__);
    PyObject *origin = spec ? PyObject_GetAttrString(spec, "origin") : NULL;
    PyObject *name = origin ? PyObject_GetAttr(module, engine->state->names.__name__) : NULL;
    PyObject *code = NULL;
    PyObject *result = NULL;

    if (name && PyDict_SetItem(self->rewritten_names, name, origin) == 0) {
        code = load_code_upcall(engine, origin, true);
    }
    if (code) {
        PyObject *namespace = PyModule_GetDict(module); /* borrowed */
        if (namespace && rewrite_prepare_namespace(engine->state, namespace) == 0) {
            result = PyEval_EvalCode(code, namespace, namespace);
        }
    }
    Py_XDECREF(spec);
    Py_XDECREF(origin);
    Py_XDECREF(name);
    Py_XDECREF(code);
    if (!result) {
        return NULL;
    }
    Py_DECREF(result);
    return Py_NewRef(Py_None);
}

static PyObject *
hook_get_data(PyObject *op, PyObject *path)
{
    PyObject *text = py_path_text(hook_engine((ImportHook *)op)->state, path);
    PyObject *open = text ? py_import_attr("io", "open_code") : NULL;
    PyObject *file = open ? py_call1(open, text) : NULL;
    PyObject *data = file ? PyObject_CallMethod(file, "read", NULL) : NULL;
    PyObject *closed = file ? PyObject_CallMethod(file, "close", NULL) : NULL;

    Py_XDECREF(text);
    Py_XDECREF(open);
    Py_XDECREF(file);
    Py_XDECREF(closed);
    return data;
}

/* FileReader(SimpleNamespace(path=Path(file))) */
static PyObject *
hook_get_resource_reader(PyObject *op, PyObject *name)
{
    PyObject *make = py_import_attr("_pytest.assertion.rewrite", "_resource_reader");
    PyObject *path = make ? PyObject_GetItem(((ImportHook *)op)->rewritten_names, name) : NULL;
    PyObject *reader = path ? py_call1(make, path) : NULL;

    Py_XDECREF(make);
    Py_XDECREF(path);
    return reader;
}

/* ---- Marking ---- */

static PyObject *
hook_mark_rewrite(PyObject *op, PyObject *names)
{
    ImportHook *self = (ImportHook *)op;
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */

    for (Py_ssize_t i = 0; i < PyTuple_Size(names); i++) {
        PyObject *name = PyTuple_GetItem(names, i); /* borrowed */
        PyObject *module = NULL;
        int is_imported = py_dict_find(modules, name, &module);
        if (is_imported > 0 && PyDict_GetItemWithError(self->rewritten_names, name) == NULL && !PyErr_Occurred()) {
            PyObject *warned = PyObject_CallMethod(op, "_consider_imported", "OO", name, module);
            is_imported = warned ? 1 : -1;
            Py_XDECREF(warned);
        }
        Py_XDECREF(module);
        if (is_imported < 0 || PyErr_Occurred() || PySet_Add(self->must_rewrite, name) < 0) {
            return NULL;
        }
    }
    PyDict_Clear(self->marked);
    return Py_NewRef(Py_None);
}

/* The module is there already: a warning, unless it wants no rewriting or was loaded by a hook of this kind. */
static PyObject *
hook_consider_imported(PyObject *op, PyObject *args)
{
    PyObject *name = NULL;
    PyObject *module = NULL;
    PyObject *doc = NULL;
    PyObject *loader = NULL;
    bool is_excused = false;

    if (!PyArg_ParseTuple(args, "OO", &name, &module)) {
        return NULL;
    }
    struct state *state = hook_engine((ImportHook *)op)->state;
    if (py_find_attr(state, module, state->names.__doc__, &doc) > 0 && PyUnicode_Check(doc)) {
        const char *text = py_utf8(doc);
        is_excused = text && strstr(text, "PYTEST_DONT_REWRITE");
    }
    if (!PyErr_Occurred()) {
        loader = PyObject_GetAttrString(module, "__loader__");
        is_excused = is_excused || (loader && PyObject_TypeCheck(loader, Py_TYPE(op)));
    }
    Py_XDECREF(doc);
    Py_XDECREF(loader);
    if (PyErr_Occurred()) {
        return NULL;
    }
    return is_excused ? Py_NewRef(Py_None) : PyObject_CallMethod(op, "_warn_already_imported", "O", name);
}

static PyObject *
hook_warn_already_imported(PyObject *op, PyObject *name)
{
    PyObject *category = py_import_attr("_pytest.warning_types", "PytestAssertRewriteWarning");
    PyObject *text = PyUnicode_FromFormat("Module already imported so cannot be rewritten; %S", name);
    PyObject *warning = category && text ? py_call1(category, text) : NULL;
    PyObject *result = NULL;

    if (warning) {
        result = PyObject_CallMethod(((ImportHook *)op)->config, "issue_config_time_warning", "Oi", warning, 5);
    }
    Py_XDECREF(category);
    Py_XDECREF(text);
    Py_XDECREF(warning);
    return result;
}

static PyObject *
hook_set_session(PyObject *op, PyObject *session)
{
    ImportHook *self = (ImportHook *)op;

    py_replace(&self->session, session);
    self->has_session_names = false;
    return Py_NewRef(Py_None);
}

static PyObject *
answer(int truth)
{
    return truth < 0 ? NULL : PyBool_FromLong(truth);
}

static PyObject *
hook_early_bailout(PyObject *op, PyObject *args)
{
    PyObject *name = NULL;
    PyObject *state = NULL;
    return PyArg_ParseTuple(args, "O|O", &name, &state) ? answer(bails_out_early((ImportHook *)op, name)) : NULL;
}

static PyObject *
hook_should_rewrite(PyObject *op, PyObject *args)
{
    PyObject *name = NULL;
    PyObject *file = NULL;
    PyObject *state = NULL;
    return PyArg_ParseTuple(args, "OO|O", &name, &file, &state)
               ? answer(should_rewrite((ImportHook *)op, name, file))
               : NULL;
}

static PyObject *
hook_is_marked(PyObject *op, PyObject *args)
{
    PyObject *name = NULL;
    PyObject *state = NULL;
    return PyArg_ParseTuple(args, "O|O", &name, &state) ? answer(is_marked_for_rewrite((ImportHook *)op, name)) : NULL;
}

/* ---- The type ---- */

static int
hook_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"config", NULL};
    ImportHook *self = (ImportHook *)op;
    PyObject *values[1];
    PyObject *conftest = NULL;

    if (py_unpack_tuple("AssertionRewritingHook", args, kwargs, NAMES, 1, 1, values) < 0) {
        return -1;
    }
    py_replace(&self->config, values[0]);
    py_replace(&self->session, Py_None);
    py_replace_take(&self->patterns, PyObject_CallMethod(self->config, "getini", "s", "python_files"));
    if (!self->patterns && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        self->patterns = Py_BuildValue("[ss]", "test_*.py", "*_test.py");
    }
    py_replace_take(&self->basenames, PySet_New(NULL));
    py_replace_take(&self->must_rewrite, PySet_New(NULL));
    py_replace_take(&self->marked, PyDict_New());
    py_replace_take(&self->rewritten_names, PyDict_New());
    PyObject *path_finder = py_import_attr("_frozen_importlib_external", "PathFinder");
    py_replace_take(&self->find_spec, path_finder ? PyObject_GetAttrString(path_finder, "find_spec") : NULL);
    Py_XDECREF(path_finder);
    conftest = PyUnicode_FromString("conftest");
    int status = self->patterns && self->basenames && self->must_rewrite && self->marked && self->rewritten_names &&
                         self->find_spec && conftest
                     ? PySet_Add(self->basenames, conftest)
                     : -1;
    Py_XDECREF(conftest);
    return status;
}

static int
hook_traverse(PyObject *op, visitproc visit, void *arg)
{
    ImportHook *self = (ImportHook *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->config);
    Py_VISIT(self->session);
    Py_VISIT(self->patterns);
    Py_VISIT(self->basenames);
    Py_VISIT(self->must_rewrite);
    Py_VISIT(self->marked);
    Py_VISIT(self->rewritten_names);
    Py_VISIT(self->find_spec);
    return 0;
}

static int
hook_clear(PyObject *op)
{
    ImportHook *self = (ImportHook *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->config);
    Py_CLEAR(self->session);
    Py_CLEAR(self->patterns);
    Py_CLEAR(self->basenames);
    Py_CLEAR(self->must_rewrite);
    Py_CLEAR(self->marked);
    Py_CLEAR(self->rewritten_names);
    Py_CLEAR(self->find_spec);
    return 0;
}

static void
hook_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((ImportHook *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    hook_clear(op);
    py_free_instance(op);
}

static PyMethodDef HOOK_METHODS[] = {
    {"find_spec", (PyCFunction)(void (*)(void))hook_find_spec, METH_VARARGS | METH_KEYWORDS, NULL},
    {"create_module", hook_create_module, METH_O, NULL},
    {"exec_module", hook_exec_module, METH_O, NULL},
    {"get_data", hook_get_data, METH_O, NULL},
    {"get_resource_reader", hook_get_resource_reader, METH_O, NULL},
    {"mark_rewrite", hook_mark_rewrite, METH_VARARGS, NULL},
    {"set_session", hook_set_session, METH_O, NULL},
    {"_consider_imported", hook_consider_imported, METH_VARARGS, NULL},
    {"_warn_already_imported", hook_warn_already_imported, METH_O, NULL},
    {"_early_rewrite_bailout", hook_early_bailout, METH_VARARGS, NULL},
    {"_should_rewrite", hook_should_rewrite, METH_VARARGS, NULL},
    {"_is_marked_for_rewrite", hook_is_marked, METH_VARARGS, NULL},
    PY_END_METHOD,
};

static PyMemberDef HOOK_MEMBERS[] = {
    PY_DICT_MEMBER(ImportHook),
    PY_WEAKREF_MEMBER(ImportHook),
    {"config", T_OBJECT, offsetof(ImportHook, config), 0, NULL},
    {"session", T_OBJECT, offsetof(ImportHook, session), 0, NULL},
    {"fnpats", T_OBJECT, offsetof(ImportHook, patterns), 0, NULL},
    {"_rewritten_names", T_OBJECT, offsetof(ImportHook, rewritten_names), 0, NULL},
    {"_must_rewrite", T_OBJECT, offsetof(ImportHook, must_rewrite), 0, NULL},
    {"_basenames_to_check_rewrite", T_OBJECT, offsetof(ImportHook, basenames), 0, NULL},
    {"_marked_for_rewrite_cache", T_OBJECT, offsetof(ImportHook, marked), 0, NULL},
    {"_find_spec", T_OBJECT, offsetof(ImportHook, find_spec), 0, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef HOOK_GETSETS[] = {
    PY_DICT_GETSET,
    PY_END_GETSET,
};

static PyType_Slot HOOK_SLOTS[] = {
    PY_SLOT(tp_init, hook_init),         PY_SLOT(tp_traverse, hook_traverse), PY_SLOT(tp_clear, hook_clear),
    PY_SLOT(tp_dealloc, hook_dealloc),   PY_SLOT(tp_methods, HOOK_METHODS),   PY_SLOT(tp_members, HOOK_MEMBERS),
    PY_SLOT(tp_getset, HOOK_GETSETS),    PY_END_SLOT,
};

static PyType_Spec HOOK_SPEC = {
    .name = "_pytest.assertion.rewrite.AssertionRewritingHook",
    .basicsize = sizeof(ImportHook),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = HOOK_SLOTS,
};

/* ---- For the engine ---- */

int
import_hook_add_type(PyObject *module, struct rewrite_room *room)
{
    room->types.rewriting_hook = py_type_add(module, &HOOK_SPEC, NULL);
    return room->types.rewriting_hook ? 0 : -1;
}

/* The hook of this engine on sys.meta_path: borrowed, NULL when it is not there. */
static PyObject *
find_hook(struct engine *engine)
{
    PyTypeObject *type = rewrite_types(engine->state)->rewriting_hook;
    PyObject *finders = PySys_GetObject("meta_path"); /* borrowed */

    for (Py_ssize_t i = 0; finders && PyList_Check(finders) && i < PyList_Size(finders); i++) {
        PyObject *finder = PyList_GetItem(finders, i);
        if (PyObject_TypeCheck(finder, type) && ((ImportHook *)finder)->config == engine->config) {
            return finder;
        }
    }
    return NULL;
}

int
import_hook_set_session(struct engine *engine, PyObject *session)
{
    PyObject *hook = find_hook(engine);

    if (hook) {
        PyObject *done = hook_set_session(hook, session);
        Py_XDECREF(done);
    }
    return 0;
}

static void
remove_hook(struct engine *engine, void *Py_UNUSED(memory))
{
    PyObject *finders = PySys_GetObject("meta_path"); /* borrowed */
    PyObject *hook = find_hook(engine);

    for (Py_ssize_t i = 0; hook && i < PyList_Size(finders); i++) {
        if (PyList_GetItem(finders, i) == hook) {
            (void)PyList_SetSlice(finders, i, i + 1, NULL);
            break;
        }
    }
}

PyObject *
import_hook_install(struct engine *engine)
{
    PyTypeObject *type = rewrite_types(engine->state)->rewriting_hook;
    PyObject *hook = py_call1((PyObject *)type, engine->config);
    PyObject *finders = PySys_GetObject("meta_path"); /* borrowed */

    if (hook && (!finders || PyList_Insert(finders, 0, hook) < 0 || config_add_cleanup(engine, remove_hook, NULL) < 0)) {
        Py_CLEAR(hook);
    }
    return hook;
}
