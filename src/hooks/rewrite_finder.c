/* AssertionRewritingHook: imports of test modules, conftests and plugins by others get rewritten code. */
#include <string.h>

#include "base/glob.h"
#include "base/text.h"
#include "hooks/config_internal.h"
#include "hooks/plugin_manager.h"
#include "os/file.h"

/* A finder and loader on sys.meta_path, one per run. */
typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *config;
    PyObject *patterns;        /* list of str: python_files */
    PyObject *session;         /* NULL before and after collection */
    PyObject *must_rewrite;    /* set of module names */
    PyObject *marked_cache;    /* dict: module name -> bool */
    PyObject *rewritten_names; /* dict: module name -> path (str) */
    PyObject *basenames;       /* set: last parts of names that are looked at more closely */
    bool has_session_names;
    bool is_foreign_session; /* it only resembles one: asked as pytest asks */
} RewriteHook;

/* ---- which modules ---- */

/* Whether a marked name is `name` or a package of it: 1, 0, -1. */
static int
is_marked(RewriteHook *self, PyObject *name)
{
    PyObject *borrowed_known = PyDict_GetItemWithError(self->marked_cache, name);
    PyObject *names = NULL;
    int found = 0;

    if (borrowed_known || PyErr_Occurred()) {
        return borrowed_known ? borrowed_known == Py_True : -1;
    }
    names = PySequence_List(self->must_rewrite);
    if (!names) {
        return -1;
    }
    for (Py_ssize_t i = 0; found == 0 && i < PyList_Size(names); i++) {
        PyObject *borrowed_mark = PyList_GetItem(names, i);
        Py_ssize_t length = PyUnicode_GetLength(borrowed_mark);
        if (PyUnicode_Tailmatch(name, borrowed_mark, 0, PY_SSIZE_T_MAX, -1) == 1) {
            found = PyUnicode_GetLength(name) == length || PyUnicode_ReadChar(name, length) == '.';
        }
    }
    Py_DECREF(names);
    return PyDict_SetItem(self->marked_cache, name, found ? Py_True : Py_False) < 0 ? -1 : found;
}

/* A new reference; of anything that only resembles a session, what pytest's sessions have. */
static PyObject *
initial_paths(RewriteHook *self)
{
    PyObject *paths = PyObject_GetAttrString(self->session, "_initial_path_texts");

    if (!paths && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        self->is_foreign_session = true;
        paths = PyObject_GetAttrString(self->session, "_initialpaths");
    }
    return paths;
}

/* Adds the stems of the files given on the command line. */
static int
add_session_names(RewriteHook *self)
{
    struct state *state = state_of((PyObject *)self);
    /* Texts: making pathlib.Path objects would import pathlib, and that comes here. */
    PyObject *paths = initial_paths(self);
    self->has_session_names = true;
    PyObject *list = paths ? PySequence_List(paths) : NULL;
    int status = list ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(list); i++) {
        PyObject *path = py_path_text(state, PyList_GetItem(list, i));
        PyObject *holder = NULL;
        const char *text = path ? py_fs_text(path, &holder) : NULL;
        if (!text) {
            Py_XDECREF(path);
            status = -1;
            break;
        }
        const char *slash = strrchr(text, '/');
        const char *base = slash ? slash + 1 : text;
        const char *dot = strrchr(base, '.');
        PyObject *stem =
            PyUnicode_DecodeFSDefaultAndSize(base, dot && dot > base ? dot - base : (Py_ssize_t)strlen(base));
        status = stem ? PySet_Add(self->basenames, stem) : -1;
        Py_XDECREF(stem);
        Py_DECREF(holder);
        Py_DECREF(path);
    }
    Py_XDECREF(paths);
    Py_XDECREF(list);
    return status;
}

static int
has_known_basename(RewriteHook *self, const char *name)
{
    const char *dot = strrchr(name, '.');
    PyObject *last = PyUnicode_DecodeFSDefault(dot ? dot + 1 : name);
    int found = last ? PySet_Contains(self->basenames, last) : -1;

    Py_XDECREF(last);
    return found;
}

/* Whether the name alone does not rule a module out: 1, 0, -1. Finding its file costs far more than this. */
static int
may_rewrite(RewriteHook *self, PyObject *name)
{
    struct text path = {0};
    PyObject *holder = NULL;
    const char *text = py_fs_text(name, &holder);
    int found = text ? 0 : -1;

    if (text && self->session && !self->has_session_names) {
        found = add_session_names(self);
    }
    if (found == 0) {
        found = has_known_basename(self, text);
    }
    if (found != 0) {
        Py_XDECREF(holder);
        return found;
    }
    text_add_format(&path, "%s.py", text);
    Py_DECREF(holder);
    for (size_t i = 0; i + 3 < path.length; i++) {
        path.bytes[i] = path.bytes[i] == '.' ? '/' : path.bytes[i];
    }
    for (Py_ssize_t i = 0; found == 0 && i < PyList_Size(self->patterns); i++) {
        const char *pattern = py_utf8(PyList_GetItem(self->patterns, i));
        found = !pattern ? -1 : strchr(pattern, '/') || glob_match_path(pattern, text_string(&path));
    }
    text_release(&path);
    return found != 0 ? found : is_marked(self, name);
}

static int
is_initial_path(RewriteHook *self, PyObject *path)
{
    PyObject *answer = NULL;
    int truth = 0;

    if (!self->session) {
        return 0;
    }
    PyObject *object = self->is_foreign_session ? py_path_object(state_of((PyObject *)self), path) : Py_NewRef(path);
    answer = object ? PyObject_CallMethod(self->session, "isinitpath", "O", object) : NULL;
    Py_XDECREF(object);
    truth = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return truth;
}

/* Whether the module in this file is to be rewritten: 1, 0, -1. */
static int
should_rewrite(RewriteHook *self, PyObject *name, PyObject *path)
{
    PyObject *holder = NULL;
    const char *text = py_fs_text(path, &holder);
    const char *slash = text ? strrchr(text, '/') : NULL;
    int found = text ? strcmp(slash ? slash + 1 : text, "conftest.py") == 0 : -1;

    if (found == 0) {
        found = is_initial_path(self, path);
    }
    for (Py_ssize_t i = 0; found == 0 && i < PyList_Size(self->patterns); i++) {
        const char *pattern = py_utf8(PyList_GetItem(self->patterns, i));
        found = pattern ? glob_match_path(pattern, text) : -1;
    }
    Py_XDECREF(holder);
    return found != 0 ? found : is_marked(self, name);
}

/* ---- finding ---- */

/* What the ordinary finder says, when that is a source file that exists: 1 with the spec and its origin, 0, -1. */
static int
find_source(RewriteHook *self, PyObject *name, PyObject *path, PyObject **spec_out, PyObject **origin_out)
{
    struct state *state = state_of((PyObject *)self);
    PyObject *find = PyObject_GetAttrString((PyObject *)self, "_find_spec");
    PyObject *spec = find ? py_call2(find, name, path) : NULL;
    PyObject *origin = NULL;
    PyObject *loader = NULL;
    PyObject *loader_type = NULL;
    int found = -1;

    *spec_out = *origin_out = NULL;
    if (!spec || spec == Py_None) {
        found = spec ? 0 : -1;
        goto done;
    }
    if (py_find_attr(state, spec, state->names.origin, &origin) < 0 ||
        py_find_attr(state, spec, state->names.loader, &loader) < 0) {
        goto done;
    }
    loader_type = py_import_attr("_frozen_importlib_external", "SourceFileLoader");
    int is_source = loader_type && loader ? PyObject_IsInstance(loader, loader_type) : loader_type ? 0 : -1;
    found = is_source < 0 ? -1 : is_source && origin && PyUnicode_Check(origin);
    if (found > 0) {
        PyObject *holder = NULL;
        const char *text = py_fs_text(origin, &holder);
        found = text ? file_exists(text) : -1;
        Py_XDECREF(holder);
    }
    if (found > 0) {
        *spec_out = Py_NewRef(spec);
        *origin_out = Py_NewRef(origin);
    }

done:
    Py_XDECREF(find);
    Py_XDECREF(spec);
    Py_XDECREF(origin);
    Py_XDECREF(loader);
    Py_XDECREF(loader_type);
    return found;
}

/* The same spec with this object as its loader: a new reference. */
static PyObject *
own_spec(RewriteHook *self, PyObject *name, PyObject *origin, PyObject *spec)
{
    PyObject *make = py_import_attr("_frozen_importlib_external", "spec_from_file_location");
    PyObject *locations = make ? PyObject_GetAttrString(spec, "submodule_search_locations") : NULL;
    PyObject *args = locations ? PyTuple_Pack(2, name, origin) : NULL;
    PyObject *kwargs =
        args ? Py_BuildValue("{s:O,s:O}", "loader", self, "submodule_search_locations", locations) : NULL;
    PyObject *result = py_call_take(make, args, kwargs);
    Py_XDECREF(locations);
    return result;
}

/* find_spec(name, path=None, target=None) */
static PyObject *
hook_find_spec(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "path", "target", NULL};
    RewriteHook *self = (RewriteHook *)op;
    PyObject *values[3];
    PyObject *spec = NULL;
    PyObject *origin = NULL;
    PyObject *result = NULL;

    if (py_unpack_tuple("find_spec", args, kwargs, NAMES, 3, 1, values) < 0) {
        return NULL;
    }
    int found = may_rewrite(self, values[0]);
    if (found > 0) {
        found = find_source(self, values[0], values[1] ? values[1] : Py_None, &spec, &origin);
    }
    if (found > 0) {
        found = should_rewrite(self, values[0], origin);
    }
    if (found == 0) {
        result = Py_NewRef(Py_None);
    } else if (found > 0) {
        result = own_spec(self, values[0], origin, spec);
    }
    Py_XDECREF(spec);
    Py_XDECREF(origin);
    return result;
}

static PyObject *
hook_create_module(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(spec))
{
    Py_RETURN_NONE;
}

static PyObject *
hook_exec_module(PyObject *op, PyObject *module)
{
    RewriteHook *self = (RewriteHook *)op;
    struct state *state = state_of(op);
    struct engine *engine = engine_from_config(self->config);
    PyObject *dict = PyModule_GetDict(module); /* borrowed */
    PyObject *spec = PyObject_GetAttr(module, state->names.__spec__);
    PyObject *path = spec ? PyObject_GetAttr(spec, state->names.origin) : NULL;
    PyObject *name = path ? PyObject_GetAttr(module, state->names.__name__) : NULL;
    PyObject *code = NULL;
    PyObject *result = NULL;

    if (name && PyDict_SetItem(self->rewritten_names, name, path) == 0) {
        code = state->upcalls.load_code(engine, path, true);
    }
    if (code && state->upcalls.prepare_namespace(state, dict) == 0) {
        result = PyEval_EvalCode(code, dict, dict);
    }
    Py_XDECREF(spec);
    Py_XDECREF(path);
    Py_XDECREF(name);
    Py_XDECREF(code);
    if (!result) {
        return NULL;
    }
    Py_DECREF(result);
    Py_RETURN_NONE;
}

/* ---- marking ---- */

/* Whether the module says that it does not want to be rewritten: 1, 0, -1. */
static int
is_disabled(struct state *state, PyObject *module)
{
    PyObject *doc = NULL;
    PyObject *word = NULL;
    int found = py_find_attr(state, module, state->names.__doc__, &doc);

    if (found > 0 && PyUnicode_Check(doc)) {
        word = PyUnicode_FromString("PYTEST_DONT_REWRITE");
        found = word ? PyUnicode_Contains(doc, word) : -1;
    } else if (found > 0) {
        found = 0;
    }
    Py_XDECREF(doc);
    Py_XDECREF(word);
    return found;
}

/* Whether such a hook has loaded the module: 1, 0, -1. */
static int
is_loaded_by_hook(RewriteHook *self, PyObject *module)
{
    PyObject *loader = PyObject_GetAttrString(module, "__loader__");
    int is_hook = loader ? PyObject_TypeCheck(loader, Py_TYPE(self)) : -1;

    Py_XDECREF(loader);
    return is_hook;
}

/* Whether the module is imported already, was not rewritten, and does not forbid it: 1, 0, -1. */
static int
is_too_late(RewriteHook *self, PyObject *name)
{
    struct state *state = state_of((PyObject *)self);
    PyObject *module = PyDict_GetItemWithError(PyImport_GetModuleDict(), name);

    if (!module || module == Py_None || PyErr_Occurred()) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int is_known = PyDict_Contains(self->rewritten_names, name);
    /* Modules that the engine itself imported have the names that rewritten code refers to. */
    if (is_known == 0 && PyModule_Check(module)) {
        is_known = PyDict_GetItemString(PyModule_GetDict(module), "@pytest_ar") != NULL;
    }
    if (is_known == 0) {
        is_known = is_disabled(state, module);
    }
    if (is_known == 0) {
        is_known = is_loaded_by_hook(self, module);
    }
    return is_known < 0 ? -1 : !is_known;
}

/* hook._warn_already_imported(name): located in the caller's caller. */
static PyObject *
hook_warn_already_imported(PyObject *op, PyObject *name)
{
    PyObject *warn = py_import_attr("_pytest.config._rare", "warn_already_imported");
    PyObject *result = warn ? PyObject_CallFunctionObjArgs(warn, ((RewriteHook *)op)->config, name, NULL) : NULL;

    Py_XDECREF(warn);
    return result;
}

/* `is_asked`: by Python code, in which the warning is then located. */
static int
mark_rewrite(RewriteHook *self, PyObject *name, bool is_asked)
{
    int status = is_too_late(self, name);

    if (status > 0 && is_asked) {
        status = py_status_take(PyObject_CallMethod((PyObject *)self, "_warn_already_imported", "O", name));
    } else if (status > 0) {
        status = config_warn(engine_from_config(self->config), "PytestAssertRewriteWarning",
                             "Module already imported so cannot be rewritten; %U", name);
    }
    if (status < 0) {
        return -1;
    }
    PyDict_Clear(self->marked_cache);
    return PySet_Add(self->must_rewrite, name);
}

static PyObject *
hook_mark_rewrite(PyObject *op, PyObject *const *args, Py_ssize_t given)
{
    for (Py_ssize_t i = 0; i < given; i++) {
        if (!PyUnicode_Check(args[i])) {
            return PyErr_Format(PyExc_TypeError, "expected module names as *args, got %R instead", args[i]);
        }
        if (mark_rewrite((RewriteHook *)op, args[i], true) < 0) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

static PyObject *
hook_set_session(PyObject *op, PyObject *session)
{
    RewriteHook *self = (RewriteHook *)op;

    py_replace(&self->session, session == Py_None ? NULL : session);
    self->has_session_names = false;
    Py_RETURN_NONE;
}

void
import_hook_set_session(struct engine *engine, PyObject *session)
{
    PyObject *hook = ((PluginManager *)engine->pluginmanager)->rewrite_hook;

    if (hook && PyObject_TypeCheck(hook, hooks_room(engine->state)->rewrite_finder)) {
        py_replace(&((RewriteHook *)hook)->session, session);
        ((RewriteHook *)hook)->has_session_names = false;
    }
}

/* get_data(path), get_source(name), get_resource_reader(name), ...: as a loader of source files. */
static PyObject *
hook_get_data(PyObject *Py_UNUSED(op), PyObject *path)
{
    PyObject *io = PyImport_ImportModule("io");
    PyObject *file = io ? PyObject_CallMethod(io, "open", "Os", path, "rb") : NULL;
    PyObject *data = file ? PyObject_CallMethod(file, "read", NULL) : NULL;
    PyObject *closed = data ? PyObject_CallMethod(file, "close", NULL) : NULL;

    Py_XDECREF(io);
    Py_XDECREF(file);
    if (!closed) {
        Py_CLEAR(data);
    }
    Py_XDECREF(closed);
    return data;
}

static PyObject *
hook_get_resource_reader(PyObject *op, PyObject *name)
{
    RewriteHook *self = (RewriteHook *)op;
    PyObject *path = NULL;
    PyObject *helper = NULL;
    PyObject *reader = NULL;
    int found = py_dict_find(self->rewritten_names, name, &path);

    if (found == 0) {
        PyErr_SetObject(PyExc_KeyError, name);
    }
    helper = found > 0 ? py_import_attr("fastest._distributions", "resource_reader") : NULL;
    reader = helper ? py_call1(helper, path) : NULL;
    Py_XDECREF(path);
    Py_XDECREF(helper);
    return reader;
}

/* ---- life ---- */

static PyObject *
python_files(struct engine *engine)
{
    PyObject *value = ini_get(engine, "python_files");
    PyObject *list = NULL;

    if (!value && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear(); /* -p no:python */
        return Py_BuildValue("[ss]", "test_*.py", "*_test.py");
    }
    list = value ? PySequence_List(value) : NULL;
    Py_XDECREF(value);
    return list;
}

static PyObject *
hook_new(struct state *state, PyObject *config)
{
    RewriteHook *self = (RewriteHook *)py_new_instance(hooks_room(state)->rewrite_finder);

    if (!self) {
        return NULL;
    }
    self->config = Py_NewRef(config);
    self->patterns = python_files(engine_from_config(config));
    self->must_rewrite = PySet_New(NULL);
    self->marked_cache = PyDict_New();
    self->rewritten_names = PyDict_New();
    self->basenames = PySet_New(NULL);
    PyObject *conftest = PyUnicode_FromString("conftest");
    if (!self->patterns || !self->must_rewrite || !self->marked_cache || !self->rewritten_names || !self->basenames ||
        !conftest || PySet_Add(self->basenames, conftest) < 0) {
        Py_CLEAR(self);
    }
    Py_XDECREF(conftest);
    return (PyObject *)self;
}

/* AssertionRewritingHook(config) */
static PyObject *
hook_type_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"config", NULL};
    struct state *state = state_from_type(type);
    PyObject *config = NULL;

    if (py_unpack_tuple("AssertionRewritingHook", args, kwargs, NAMES, 1, 1, &config) < 0) {
        return NULL;
    }
    if (!PyObject_TypeCheck(config, hooks_types(state)->config)) {
        return PyErr_Format(PyExc_TypeError, "AssertionRewritingHook needs a Config, not %R", Py_TYPE(config));
    }
    return hook_new(state, config);
}

static int
hook_traverse(PyObject *op, visitproc visit, void *arg)
{
    RewriteHook *self = (RewriteHook *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->config);
    Py_VISIT(self->patterns);
    Py_VISIT(self->session);
    Py_VISIT(self->must_rewrite);
    Py_VISIT(self->marked_cache);
    Py_VISIT(self->rewritten_names);
    Py_VISIT(self->basenames);
    return 0;
}

static int
hook_clear(PyObject *op)
{
    RewriteHook *self = (RewriteHook *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->config);
    Py_CLEAR(self->patterns);
    Py_CLEAR(self->session);
    Py_CLEAR(self->must_rewrite);
    Py_CLEAR(self->marked_cache);
    Py_CLEAR(self->rewritten_names);
    Py_CLEAR(self->basenames);
    return 0;
}

static void
hook_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (((RewriteHook *)op)->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    hook_clear(op);
    py_free_instance(op);
}

/* PathFinder.find_spec; tests of pytest put another in its place. */
static PyObject *
hook_get_find_spec(PyObject *op, void *Py_UNUSED(closure))
{
    RewriteHook *self = (RewriteHook *)op;
    PyObject *borrowed_own = self->dict ? PyDict_GetItemString(self->dict, "_find_spec") : NULL;
    PyObject *finder = NULL;
    PyObject *function = NULL;

    if (borrowed_own) {
        return Py_NewRef(borrowed_own);
    }
    finder = py_import_attr("_frozen_importlib_external", "PathFinder");
    function = finder ? PyObject_GetAttrString(finder, "find_spec") : NULL;
    Py_XDECREF(finder);
    return function;
}

static int
hook_set_find_spec(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    RewriteHook *self = (RewriteHook *)op;

    if (!self->dict && !(self->dict = PyDict_New())) {
        return -1;
    }
    return value ? PyDict_SetItemString(self->dict, "_find_spec", value)
                 : PyDict_DelItemString(self->dict, "_find_spec");
}

static PyMemberDef HOOK_MEMBERS[] = {
    PY_DICT_MEMBER(RewriteHook),
    PY_WEAKREF_MEMBER(RewriteHook),
    {"config", T_OBJECT, offsetof(RewriteHook, config), READONLY, NULL},
    {"fnpats", T_OBJECT, offsetof(RewriteHook, patterns), 0, NULL},
    {"session", T_OBJECT, offsetof(RewriteHook, session), 0, NULL},
    {"_must_rewrite", T_OBJECT, offsetof(RewriteHook, must_rewrite), READONLY, NULL},
    {"_rewritten_names", T_OBJECT, offsetof(RewriteHook, rewritten_names), READONLY, NULL},
    {"_basenames_to_check_rewrite", T_OBJECT, offsetof(RewriteHook, basenames), READONLY, NULL},
    {"_marked_for_rewrite_cache", T_OBJECT, offsetof(RewriteHook, marked_cache), READONLY, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef HOOK_GETSETS[] = {
    PY_DICT_GETSET,
    {"_find_spec", hook_get_find_spec, hook_set_find_spec, NULL, NULL},
    PY_END_GETSET,
};

PY_NAMED_ONE(hook_create_module_named, hook_create_module, "create_module", "spec")
PY_NAMED_ONE(hook_exec_module_named, hook_exec_module, "exec_module", "module")
PY_NAMED_ONE(hook_set_session_named, hook_set_session, "set_session", "session")
PY_NAMED_ONE(hook_get_data_named, hook_get_data, "get_data", "pathname")
PY_NAMED_ONE(hook_get_resource_reader_named, hook_get_resource_reader, "get_resource_reader", "name")
static PyMethodDef HOOK_METHODS[] = {
    {"find_spec", PY_WITH_KEYWORDS(hook_find_spec), "find_spec($self, name, path=None, target=None)\n--\n\n"},
    {"create_module", PY_FAST_WITH_KEYWORDS(hook_create_module_named), "create_module($self, spec)\n--\n\n"},
    {"exec_module", PY_FAST_WITH_KEYWORDS(hook_exec_module_named), "exec_module($self, module)\n--\n\n"},
    {"mark_rewrite", PY_FAST(hook_mark_rewrite), "mark_rewrite($self, *names)\n--\n\n"},
    {"_warn_already_imported", hook_warn_already_imported, METH_O, NULL},
    {"set_session", PY_FAST_WITH_KEYWORDS(hook_set_session_named), "set_session($self, session)\n--\n\n"},
    {"get_data", PY_FAST_WITH_KEYWORDS(hook_get_data_named), "get_data($self, pathname)\n--\n\n"},
    {"get_resource_reader", PY_FAST_WITH_KEYWORDS(hook_get_resource_reader_named),
     "get_resource_reader($self, name)\n--\n\n"},
    PY_END_METHOD,
};

static PyType_Slot HOOK_SLOTS[] = {
    PY_SLOT(tp_new, hook_type_new),
    PY_SLOT(tp_traverse, hook_traverse),
    PY_SLOT(tp_clear, hook_clear),
    PY_SLOT(tp_dealloc, hook_dealloc),
    PY_SLOT(tp_members, HOOK_MEMBERS),
    PY_SLOT(tp_getset, HOOK_GETSETS),
    PY_SLOT(tp_methods, HOOK_METHODS),
    PY_SLOT(tp_doc, "AssertionRewritingHook(config)\n--\n\n"),
    PY_END_SLOT,
};

static PyType_Spec HOOK_SPEC = {
    .name = "_pytest.assertion.rewrite.AssertionRewritingHook",
    .basicsize = sizeof(RewriteHook),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = HOOK_SLOTS,
};

int
rewrite_finder_add_type(PyObject *module, struct state *state)
{
    hooks_room(state)->rewrite_finder = py_type_add(module, &HOOK_SPEC, NULL);
    return hooks_room(state)->rewrite_finder ? 0 : -1;
}

/* ---- installation ---- */

static void
uninstall(struct engine *Py_UNUSED(engine), void *memory)
{
    PyObject *borrowed_meta_path = PySys_GetObject("meta_path");
    PyObject *hook = memory;

    if (borrowed_meta_path && PyList_Check(borrowed_meta_path)) {
        for (Py_ssize_t i = 0; i < PyList_Size(borrowed_meta_path); i++) {
            if (PyList_GetItem(borrowed_meta_path, i) == hook) {
                PyList_SetSlice(borrowed_meta_path, i, i + 1, NULL);
                break;
            }
        }
    }
    Py_DECREF(hook);
}

static int
mark_plugins(RewriteHook *self, PluginManager *manager)
{
    PyObject *names = entry_points_rewrite_names(manager);
    int status = names ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(names); i++) {
        status = mark_rewrite(self, PyList_GetItem(names, i), false);
    }
    Py_XDECREF(names);
    return status;
}

int
rewrite_finder_install(struct engine *engine, bool marks_plugins)
{
    PluginManager *manager = (PluginManager *)engine->pluginmanager;
    PyObject *borrowed_meta_path = PySys_GetObject("meta_path");
    PyObject *hook = hook_new(engine->state, engine->config);

    if (!hook) {
        return -1;
    }
    if (!borrowed_meta_path || PyList_Insert(borrowed_meta_path, 0, hook) < 0 ||
        config_add_cleanup(engine, uninstall, hook) < 0) {
        Py_DECREF(hook);
        return -1;
    }
    py_replace(&manager->rewrite_hook, hook); /* the cleanup owns the first reference */
    return marks_plugins ? mark_plugins((RewriteHook *)hook, manager) : 0;
}
