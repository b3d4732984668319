/* Config: the type and its attributes. */
#include "base/text.h"
#include "hooks/config_internal.h"
#include "os/file.h"

PyObject *
config_call_python(const char *function, PyObject *a, PyObject *b, PyObject *c)
{
    PyObject *callable = py_import_attr("_pytest.config", function);
    PyObject *result = callable ? PyObject_CallFunctionObjArgs(callable, a, b, c, NULL) : NULL;

    Py_XDECREF(callable);
    return result;
}

/* ---- Construction ---- */

static PyObject *
current_folder(struct state *state)
{
    struct text text = {0};
    struct error error = ERROR_INIT;
    PyObject *folder = NULL;

    if (working_folder(&text, &error)) {
        folder = PyUnicode_DecodeFSDefault(text_string(&text));
    } else {
        usage_error(state, "%s", error.message);
    }
    text_release(&text);
    return folder;
}

static PyObject *
default_invocation_params(struct state *state)
{
    PyObject *folder = current_folder(state);
    PyObject *params = folder ? invocation_params_new(state, state->empty_tuple, Py_None, folder) : NULL;

    Py_XDECREF(folder);
    return params;
}

static int
make_parts(Config *self, struct state *state, PyObject *prog)
{
    PyObject *usage = PyUnicode_FromString("%(prog)s [options] [file_or_dir] [file_or_dir] [...]");
    PyObject *dir = ((InvocationParams *)self->invocation_params)->dir;

    self->option = namespace_new(state);
    self->inicache = PyDict_New();
    self->inicfg = PyDict_New();
    self->args = PyList_New(0);
    self->cleanups = PyList_New(0);
    self->ignored_config_files = PyList_New(0);
    self->invocation_dir = py_path_text(state, dir);
    self->inipath = Py_NewRef(Py_None);
    self->hook = PyObject_GetAttrString(self->pluginmanager, "hook");
    if (usage && self->option) {
        self->parser = parser_new(state, usage, prog, self->option);
    }
    Py_XDECREF(usage);
    return self->parser && self->inicache && self->inicfg && self->args && self->cleanups &&
                   self->ignored_config_files && self->invocation_dir && self->hook
               ? 0
               : -1;
}

static int
setup(Config *self, struct state *state, PyObject *pluginmanager, PyObject *params, PyObject *prog)
{
    self->pluginmanager = Py_NewRef(pluginmanager);
    self->invocation_params = params ? Py_NewRef(params) : default_invocation_params(state);
    if (!self->invocation_params || make_parts(self, state, prog) < 0) {
        return -1;
    }
    self->engine = engine_new(state, (PyObject *)self, pluginmanager);
    if (!self->engine) {
        return -1;
    }
    self->engine->options = Py_NewRef(self->option);
    if (plugin_register_native(self->engine, &CONFIG_PLUGIN, (PyObject *)self) < 0) {
        return -1;
    }
    PyObject *const args[] = {self->parser, pluginmanager};
    return hook_notify(self->hook, HOOK_addoption, args);
}

PyObject *
config_new(struct state *state, PyObject *pluginmanager, PyObject *invocation_params, PyObject *prog)
{
    PyObject *op = py_new_instance(hooks_types(state)->config);

    if (op && setup((Config *)op, state, pluginmanager, invocation_params, prog) < 0) {
        Py_CLEAR(op);
    }
    return op;
}

static PyObject *
config_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"pluginmanager", "invocation_params", "prog", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *op = NULL;

    if (py_unpack_tuple("Config.__init__", args, kwargs, NAMES, 1, 1, values) < 0) {
        return NULL;
    }
    PyObject *params = values[1] == Py_None ? NULL : values[1];
    op = py_new_instance(type);
    if (op && setup((Config *)op, state_from_type(type), values[0], params, values[2] ? values[2] : Py_None) < 0) {
        Py_CLEAR(op);
    }
    return op;
}

static int
config_traverse(PyObject *op, visitproc visit, void *arg)
{
    Config *self = (Config *)op;

    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->pluginmanager);
    Py_VISIT(self->hook);
    Py_VISIT(self->option);
    Py_VISIT(self->invocation_params);
    Py_VISIT(self->parser);
    Py_VISIT(self->stash);
    Py_VISIT(self->trace);
    Py_VISIT(self->inicache);
    Py_VISIT(self->inicfg);
    Py_VISIT(self->args);
    Py_VISIT(self->known_args_namespace);
    Py_VISIT(self->ignored_config_files);
    Py_VISIT(self->cleanups);
    return self->engine ? engine_traverse(self->engine, visit, arg) : 0;
}

static int
config_clear(PyObject *op)
{
    Config *self = (Config *)op;

    /* Nodes of the same garbage still look at the engine: it goes with the Config itself. */
    if (self->engine) {
        engine_clear(self->engine);
    }
    Py_CLEAR(self->dict);
    Py_CLEAR(self->pluginmanager);
    Py_CLEAR(self->hook);
    Py_CLEAR(self->option);
    Py_CLEAR(self->invocation_params);
    Py_CLEAR(self->parser);
    Py_CLEAR(self->stash);
    Py_CLEAR(self->trace);
    Py_CLEAR(self->inicache);
    Py_CLEAR(self->inicfg);
    Py_CLEAR(self->args);
    Py_CLEAR(self->args_source_object);
    Py_CLEAR(self->known_args_namespace);
    Py_CLEAR(self->ignored_config_files);
    Py_CLEAR(self->cleanups);
    return 0;
}

static void
config_dealloc(PyObject *op)
{
    Config *self = (Config *)op;

    PyObject_GC_UnTrack(op);
    if (self->weakrefs) {
        PyObject_ClearWeakRefs(op);
    }
    config_clear(op);
    engine_free(self->engine);
    self->engine = NULL;
    Py_CLEAR(self->invocation_dir);
    Py_CLEAR(self->rootpath);
    Py_CLEAR(self->rootpath_object);
    Py_CLEAR(self->inipath);
    Py_CLEAR(self->inipath_object);
    py_free_instance(op);
}

/* ---- Attributes ---- */

/* A pathlib.Path of `text`, kept in *slot. */
static PyObject *
path_attribute(PyObject *op, PyObject *text, PyObject **slot, const char *name)
{
    if (!text) {
        return PyErr_Format(PyExc_AttributeError, "'Config' object has no attribute '%s'", name);
    }
    if (text == Py_None) {
        return Py_NewRef(Py_None);
    }
    if (!*slot) {
        PyObject *path = py_path_object(state_of(op), text);
        if (!path) {
            return NULL;
        }
        py_replace_take(slot, path);
    }
    return Py_NewRef(*slot);
}

static PyObject *
get_rootpath(PyObject *op, void *Py_UNUSED(closure))
{
    Config *self = (Config *)op;
    return path_attribute(op, self->rootpath, &self->rootpath_object, "_rootpath");
}

static PyObject *
get_inipath(PyObject *op, void *Py_UNUSED(closure))
{
    Config *self = (Config *)op;
    return path_attribute(op, self->inipath, &self->inipath_object, "_inipath");
}

/* Assigns a path to (text, object). */
static int
set_path(PyObject *op, PyObject *value, PyObject **text_slot, PyObject **object_slot)
{
    PyObject *text = NULL;

    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "cannot delete a path of the config");
        return -1;
    }
    text = value == Py_None ? Py_NewRef(Py_None) : py_path_text(state_of(op), value);
    if (!text) {
        return -1;
    }
    py_replace_take(text_slot, text);
    py_replace(object_slot, PyUnicode_Check(value) || value == Py_None ? NULL : value);
    return 0;
}

static int
set_rootpath(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    return set_path(op, value, &((Config *)op)->rootpath, &((Config *)op)->rootpath_object);
}

static int
set_inipath(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    return set_path(op, value, &((Config *)op)->inipath, &((Config *)op)->inipath_object);
}

static PyObject *
get_stash(PyObject *op, void *Py_UNUSED(closure))
{
    Config *self = (Config *)op;

    if (!self->stash) {
        self->stash = py_call0((PyObject *)hooks_types(state_of(op))->stash);
    }
    return Py_XNewRef(self->stash);
}

static int
set_stash(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((Config *)op)->stash, value);
    return 0;
}

/* config.trace is made by pluginmanager.trace.root.get("config"). */
static PyObject *
get_trace(PyObject *op, void *Py_UNUSED(closure))
{
    Config *self = (Config *)op;

    if (!self->trace) {
        PyObject *trace = PyObject_GetAttrString(self->pluginmanager, "trace");
        PyObject *root = trace ? PyObject_GetAttrString(trace, "root") : NULL;
        self->trace = root ? PyObject_CallMethod(root, "get", "s", "config") : NULL;
        Py_XDECREF(trace);
        Py_XDECREF(root);
    }
    return Py_XNewRef(self->trace);
}

static PyObject *
get_args_source(PyObject *op, void *Py_UNUSED(closure))
{
    static const char *const NAMES[] = {
        [ARGS_FROM_ARGS] = "ARGS",
        [ARGS_FROM_INVOCATION_DIR] = "INVOCATION_DIR",
        [ARGS_FROM_TESTPATHS] = "TESTPATHS",
    };
    Config *self = (Config *)op;
    PyObject *sources = NULL;
    PyObject *member = NULL;

    if (self->args_source_object) {
        return Py_NewRef(self->args_source_object);
    }
    sources = py_import_attr("_pytest.config", "_ArgsSource");
    member = sources ? PyObject_GetAttrString(sources, NAMES[self->args_source]) : NULL;
    Py_XDECREF(sources);
    return member;
}

int
config_args_are_testpaths(struct engine *engine)
{
    Config *self = config_of(engine);
    PyObject *name = NULL;
    int answer = 0;

    if (!self->args_source_object) {
        return self->args_source == ARGS_FROM_TESTPATHS;
    }
    answer = py_find_attr(engine->state, self->args_source_object, engine->state->names.name, &name);
    if (answer > 0) {
        answer = py_text_equals(name, "TESTPATHS");
    }
    Py_XDECREF(name);
    return answer;
}

static int
set_args_source(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&((Config *)op)->args_source_object, value);
    return 0;
}

static PyObject *
get_configured(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((Config *)op)->is_configured);
}

static int
set_configured(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    int truth = value ? PyObject_IsTrue(value) : 0;

    ((Config *)op)->is_configured = truth > 0;
    return truth < 0 ? -1 : 0;
}

static int
set_option(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Config *self = (Config *)op;

    if (!value || !namespace_check(state_of(op), value)) {
        PyErr_SetString(PyExc_TypeError, "config.option must be a namespace of the parser");
        return -1;
    }
    py_replace(&self->option, value);
    py_replace(&self->engine->options, value);
    py_replace(&((Parser *)self->parser)->options, value);
    return 0;
}

static PyObject *
get_option(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(((Config *)op)->option);
}

/* Attributes that live in Python: `closure` names the function of _pytest.config. */
static PyObject *
get_from_python(PyObject *op, void *closure)
{
    return config_call_python(closure, op, NULL, NULL);
}

static PyMemberDef config_members[] = {
    {"pluginmanager", T_OBJECT, offsetof(Config, pluginmanager), 0, NULL},
    {"hook", T_OBJECT, offsetof(Config, hook), 0, NULL},
    {"invocation_params", T_OBJECT, offsetof(Config, invocation_params), 0, NULL},
    {"_parser", T_OBJECT, offsetof(Config, parser), READONLY, NULL},
    {"_inicache", T_OBJECT, offsetof(Config, inicache), 0, NULL},
    {"_inicfg", T_OBJECT, offsetof(Config, inicfg), 0, NULL},
    {"args", T_OBJECT, offsetof(Config, args), 0, NULL},
    {"known_args_namespace", T_OBJECT_EX, offsetof(Config, known_args_namespace), 0, NULL},
    {"_ignored_config_files", T_OBJECT, offsetof(Config, ignored_config_files), 0, NULL},
    PY_DICT_MEMBER(Config),
    PY_WEAKREF_MEMBER(Config),
    PY_END_MEMBER,
};

static PyGetSetDef config_getsets[] = {
    {"option", get_option, set_option, NULL, NULL},
    {"rootpath", get_rootpath, NULL, "The path to the rootdir.", NULL},
    {"inipath", get_inipath, NULL, "The path to the configfile.", NULL},
    {"_rootpath", get_rootpath, set_rootpath, NULL, NULL},
    {"_inipath", get_inipath, set_inipath, NULL, NULL},
    {"stash", get_stash, set_stash, NULL, NULL},
    {"_store", get_stash, set_stash, NULL, NULL},
    {"trace", get_trace, NULL, NULL, NULL},
    {"args_source", get_args_source, set_args_source, NULL, NULL},
    {"_configured", get_configured, set_configured, NULL, NULL},
    {"inicfg", get_from_python, NULL, NULL, (void *)"_get_inicfg"},
    {"rootdir", get_from_python, NULL, NULL, (void *)"_get_rootdir"},
    {"inifile", get_from_python, NULL, NULL, (void *)"_get_inifile"},
    {"invocation_dir", get_from_python, NULL, NULL, (void *)"_get_invocation_dir"},
    PY_DICT_GETSET,
    PY_END_GETSET,
};

static PyType_Slot config_slots[] = {
    PY_SLOT(tp_doc, "Config(pluginmanager, *, invocation_params=None, prog=None)\n--\n\n"
                    "Access to configuration values, pluginmanager and plugin hooks."),
    PY_SLOT(tp_new, config_tp_new),
    PY_SLOT(tp_dealloc, config_dealloc),
    PY_SLOT(tp_traverse, config_traverse),
    PY_SLOT(tp_clear, config_clear),
    PY_SLOT(tp_methods, config_methods),
    PY_SLOT(tp_members, config_members),
    PY_SLOT(tp_getset, config_getsets),
    PY_END_SLOT,
};

static PyType_Spec config_spec = {
    .name = "_pytest.config.Config",
    .basicsize = sizeof(Config),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = config_slots,
};

/* Names of verbosity types, as class attributes. */
static int
add_constants(PyTypeObject *type)
{
    static const char *const ROWS[][2] = {
        {"VERBOSITY_ASSERTIONS", "assertions"},
        {"VERBOSITY_TEST_CASES", "test_cases"},
        {"VERBOSITY_SUBTESTS", "subtests"},
        {"_VERBOSITY_INI_DEFAULT", "auto"},
    };

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        PyObject *value = PyUnicode_InternFromString(ROWS[i][1]);
        int status = value ? PyObject_SetAttrString((PyObject *)type, ROWS[i][0], value) : -1;
        Py_XDECREF(value);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

int
config_add_type(PyObject *module, struct state *state)
{
    PyTypeObject *type = py_type_add(module, &config_spec, NULL);

    hooks_types(state)->config = type;
    return type ? add_constants(type) : -1;
}
