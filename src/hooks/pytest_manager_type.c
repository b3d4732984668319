/* The Python type PytestPluginManager: what pytest adds to pluggy's. */
#include "hooks/plugin_manager.h"

static PluginManager *
as_manager(PyObject *op)
{
    return (PluginManager *)op;
}

/* ---- methods ---- */

static PyObject *
manager_consider_preparse(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"args", "exclude_only", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("consider_preparse", args, kwargs, NAMES, 1, 1, values) < 0) {
        return NULL;
    }
    int excludes = values[1] ? PyObject_IsTrue(values[1]) : 0;
    return excludes < 0 ? NULL : py_none_or_error(plugin_consider_preparse(as_manager(op), values[0], excludes));
}

static PyObject *
manager_consider_pluginarg(PyObject *op, PyObject *arg)
{
    return py_none_or_error(plugin_consider_arg(as_manager(op), arg));
}

static PyObject *
manager_consider_conftest(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"conftestmodule", "registration_name", NULL};
    PyObject *values[2];
    PyObject *name = NULL;

    if (py_unpack_tuple("consider_conftest", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    name = plugin_manager_register(as_manager(op), values[0], values[1]);
    Py_XDECREF(name);
    return name ? Py_NewRef(Py_None) : NULL;
}

static PyObject *
manager_consider_env(PyObject *op, PyObject *Py_UNUSED(none))
{
    PyObject *variables = py_import_attr("os", "environ");
    PyObject *specs = variables ? PyObject_CallMethod(variables, "get", "s", "PYTEST_PLUGINS") : NULL;
    int status = specs ? plugin_import_specs(as_manager(op), specs) : -1;

    Py_XDECREF(variables);
    Py_XDECREF(specs);
    return py_none_or_error(status);
}

static PyObject *
manager_consider_module(PyObject *op, PyObject *module)
{
    return py_none_or_error(plugin_consider_module(as_manager(op), module));
}

static PyObject *
manager_import_specs(PyObject *op, PyObject *specs)
{
    return py_none_or_error(plugin_import_specs(as_manager(op), specs));
}

static PyObject *
manager_import_plugin(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"modname", "consider_entry_points", NULL};
    PyObject *values[2];

    if (py_unpack_tuple("import_plugin", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    int considers = values[1] ? PyObject_IsTrue(values[1]) : 0;
    return considers < 0 ? NULL : py_none_or_error(plugin_import(as_manager(op), values[0], considers));
}

static PyObject *
manager_hasplugin(PyObject *op, PyObject *name)
{
    PyObject *plugin = plugin_manager_find(as_manager(op), name);
    int truth = plugin ? PyObject_IsTrue(plugin) : PyErr_Occurred() ? -1 : 0;

    Py_XDECREF(plugin);
    return truth < 0 ? NULL : PyBool_FromLong(truth);
}

/* ---- attributes ---- */

/* One that does nothing, until a config puts a real one there. */
static PyObject *
manager_get_rewrite_hook(PyObject *op, void *Py_UNUSED(closure))
{
    PluginManager *manager = as_manager(op);

    if (!manager->rewrite_hook) {
        PyObject *type = py_import_attr("_pytest.assertion", "DummyRewriteHook");
        manager->rewrite_hook = type ? py_call0(type) : NULL;
        Py_XDECREF(type);
    }
    return Py_XNewRef(manager->rewrite_hook);
}

static int
manager_set_rewrite_hook(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    py_replace(&as_manager(op)->rewrite_hook, value);
    return 0;
}

/* ---- life ---- */

static PyObject *
pytest_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return plugin_manager_make(type, true);
}

static int
pytest_init(PyObject *op, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    if (PyTuple_Size(args) != 0) {
        PyErr_Format(PyExc_TypeError, "PytestPluginManager.__init__() takes 1 positional argument but %zd were given",
                     PyTuple_Size(args) + 1);
        return -1;
    }
    return pytest_manager_init(as_manager(op));
}

PyObject *
plugin_manager_new(struct state *state)
{
    PyTypeObject *type = hooks_types(state)->pytest_plugin_manager;
    PyObject *manager = plugin_manager_make(type, true);

    if (manager && pytest_manager_init(as_manager(manager)) < 0) {
        Py_CLEAR(manager);
    }
    return manager;
}

/* ---- the type ---- */

PY_NAMED_ONE(manager_getplugin_named, plugin_manager_get_plugin_method, "getplugin", "name")
PY_NAMED_ONE(manager_hasplugin_named, manager_hasplugin, "hasplugin", "name")
PY_NAMED_ONE(manager_consider_pluginarg_named, manager_consider_pluginarg, "consider_pluginarg", "arg")
PY_NAMED_ONE(manager_consider_module_named, manager_consider_module, "consider_module", "mod")
PY_NAMED_ONE(conftest_method_modules_named, conftest_method_modules, "_getconftestmodules", "path")

static PyMethodDef PYTEST_METHODS[] = {
    {"getplugin", PY_FAST_WITH_KEYWORDS(manager_getplugin_named), "getplugin($self, name)\n--\n\n"},
    {"hasplugin", PY_FAST_WITH_KEYWORDS(manager_hasplugin_named),
     "hasplugin($self, name)\n--\n\n"
     "Return whether a plugin with the given name is registered."},
    {"consider_preparse", PY_WITH_KEYWORDS(manager_consider_preparse),
     "consider_preparse($self, args, *, exclude_only=False)\n--\n\n"},
    {"consider_pluginarg", PY_FAST_WITH_KEYWORDS(manager_consider_pluginarg_named),
     "consider_pluginarg($self, arg)\n--\n\n"},
    {"consider_conftest", PY_WITH_KEYWORDS(manager_consider_conftest),
     "consider_conftest($self, conftestmodule, registration_name)\n--\n\n"},
    {"consider_env", manager_consider_env, METH_NOARGS, "consider_env($self)\n--\n\n"},
    {"consider_module", PY_FAST_WITH_KEYWORDS(manager_consider_module_named), "consider_module($self, mod)\n--\n\n"},
    {"import_plugin", PY_WITH_KEYWORDS(manager_import_plugin),
     "import_plugin($self, modname, consider_entry_points=False)\n--\n\n"
     "Import a plugin with the given module name."},
    {"_import_plugin_specs", manager_import_specs, METH_O, NULL},
    {"_set_initial_conftests", PY_WITH_KEYWORDS(conftest_method_set_initial),
     "_set_initial_conftests($self, args, pyargs, noconftest, rootpath, confcutdir, invocation_dir, importmode, *, "
     "consider_namespace_packages)\n--\n\n"},
    {"_is_in_confcutdir", conftest_method_is_in_cutdir, METH_O, NULL},
    {"_loadconftestmodules", PY_WITH_KEYWORDS(conftest_method_load),
     "_loadconftestmodules($self, path, importmode, rootpath, *, consider_namespace_packages)\n--\n\n"},
    {"_getconftestmodules", PY_FAST_WITH_KEYWORDS(conftest_method_modules_named),
     "_getconftestmodules($self, path)\n--\n\n"},
    {"_rget_with_confmod", conftest_method_rget, METH_VARARGS, "_rget_with_confmod($self, name, path, /)\n--\n\n"},
    {"_importconftest", PY_WITH_KEYWORDS(conftest_method_import),
     "_importconftest($self, conftestpath, importmode, rootpath, *, consider_namespace_packages)\n--\n\n"},
    {"_check_non_top_pytest_plugins", conftest_method_check_plugins, METH_VARARGS, NULL},
    PY_END_METHOD,
};

static PyMemberDef PYTEST_MEMBERS[] = {
    {"skipped_plugins", T_OBJECT, offsetof(PluginManager, skipped_plugins), 0, NULL},
    {"_conftest_plugins", T_OBJECT, offsetof(PluginManager, conftest_plugins), 0, NULL},
    {"_configured", T_BOOL, offsetof(PluginManager, configured), 0, NULL},
    {"_noconftest", T_BOOL, offsetof(PluginManager, no_conftest), 0, NULL},
    {"_using_pyargs", T_BOOL, offsetof(PluginManager, using_pyargs), 0, NULL},
    PY_END_MEMBER,
};

static PyGetSetDef PYTEST_GETSETS[] = {
    {"rewrite_hook", manager_get_rewrite_hook, manager_set_rewrite_hook, NULL, NULL},
    {"_confcutdir", conftest_get_cutdir, conftest_set_cutdir, NULL, NULL},
    {"_dirpath2confmods", conftest_get_directories, NULL, NULL, NULL},
    PY_END_GETSET,
};

static PyType_Slot PYTEST_SLOTS[] = {
    PY_SLOT(tp_new, pytest_new),
    PY_SLOT(tp_init, pytest_init),
    PY_SLOT(tp_traverse, plugin_manager_traverse),
    PY_SLOT(tp_clear, plugin_manager_clear),
    PY_SLOT(tp_dealloc, plugin_manager_dealloc),
    PY_SLOT(tp_members, PYTEST_MEMBERS),
    PY_SLOT(tp_getset, PYTEST_GETSETS),
    PY_SLOT(tp_methods, PYTEST_METHODS),
    PY_SLOT(tp_doc, "PytestPluginManager()\n--\n\n"),
    PY_END_SLOT,
};

static PyType_Spec PYTEST_SPEC = {
    .name = "_pytest.config.PytestPluginManager",
    .basicsize = sizeof(PluginManager),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = PYTEST_SLOTS,
};

int
pytest_manager_add_type(PyObject *module, struct state *state)
{
    struct hooks_types *types = hooks_types(state);

    types->pytest_plugin_manager = py_type_add(module, &PYTEST_SPEC, (PyObject *)types->plugin_manager);
    return types->pytest_plugin_manager ? 0 : -1;
}
