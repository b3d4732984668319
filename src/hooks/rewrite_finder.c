/* AssertionRewritingHook: imports of test modules, conftests and plugins by others get rewritten code. */
#include "hooks/rewrite_finder.h"

#include "hooks/config_internal.h"
#include "hooks/plugin_manager.h"
#include "os/file.h"

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
    int found = rewrite_hook_may_rewrite(self, values[0]);
    if (found > 0) {
        found = find_source(self, values[0], values[1] ? values[1] : Py_None, &spec, &origin);
    }
    if (found > 0) {
        found = rewrite_hook_should_rewrite(self, values[0], origin);
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

/* ---- methods ---- */

/* hook._warn_already_imported(name): located in the caller's caller. */
static PyObject *
hook_warn_already_imported(PyObject *op, PyObject *name)
{
    PyObject *warn = py_import_attr("_pytest.config._warnings", "warn_already_imported");
    PyObject *result = warn ? PyObject_CallFunctionObjArgs(warn, ((RewriteHook *)op)->config, name, NULL) : NULL;

    Py_XDECREF(warn);
    return result;
}

static PyObject *
hook_mark_rewrite(PyObject *op, PyObject *const *args, Py_ssize_t given)
{
    for (Py_ssize_t i = 0; i < given; i++) {
        if (!PyUnicode_Check(args[i])) {
            return PyErr_Format(PyExc_TypeError, "expected module names as *args, got %R instead", args[i]);
        }
        if (rewrite_hook_mark((RewriteHook *)op, args[i], true) < 0) {
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
        py_list_discard(borrowed_meta_path, hook);
    }
    Py_DECREF(hook);
}

static int
mark_plugins(RewriteHook *self, PluginManager *manager)
{
    PyObject *names = entry_points_rewrite_names(manager);
    int status = names ? 0 : -1;

    for (Py_ssize_t i = 0; status == 0 && i < PyList_Size(names); i++) {
        status = rewrite_hook_mark(self, PyList_GetItem(names, i), false);
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
