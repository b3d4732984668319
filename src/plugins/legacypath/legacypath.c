/*
 * The built-in plugin "legacypath": tmpdir and attributes that give py.path objects. All that is done with them is
 * Python (`_pytest.legacypath`), imported when somebody touches one.
 */
#include "plugins/legacypath/legacypath.h"

#include <assert.h>

#include "fixtures/fixtures.h"

/* ---- Attributes ---- */

/* legacypath.<closure>(self) */
static PyObject *
get_attribute(PyObject *op, void *closure)
{
    PyObject *function = py_import_attr("_pytest.legacypath", closure);
    PyObject *value = function ? py_call1(function, op) : NULL;

    Py_XDECREF(function);
    return value;
}

static int
set_fspath(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    PyObject *function = NULL;
    PyObject *result = NULL;

    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "fspath");
        return -1;
    }
    function = py_import_attr("_pytest.legacypath", "Node_fspath_set");
    result = function ? py_call2(function, op, value) : NULL;
    Py_XDECREF(result);
    Py_XDECREF(function);
    return result ? 0 : -1;
}

static PyObject *
getini_unknown_type(PyObject *op, PyObject *args)
{
    return py_call_of_module("_pytest.legacypath", "Config__getini_unknown_type", op, args, NULL);
}

#define FUNCTION(name) ((void *)(uintptr_t)(name)) /* of legacypath.py */
static PyGetSetDef LEGACY_GETSET[] = {
    {"fspath", get_attribute, set_fspath, "(deprecated) returns a legacy_path copy of self.path",
     FUNCTION("Node_fspath")},
    {"fspath", get_attribute, NULL, "(deprecated) The file system path of the test module which collected this test.",
     FUNCTION("FixtureRequest_fspath")},
    {"startdir", get_attribute, NULL, "The directory from which pytest was invoked.", FUNCTION("startdir")},
    {"startdir", get_attribute, NULL, "The path from which pytest was invoked.", FUNCTION("startdir")},
    {"invocation_dir", get_attribute, NULL, "The directory from which pytest was invoked.",
     FUNCTION("Config_invocation_dir")},
    {"rootdir", get_attribute, NULL, "The path to the :ref:`rootdir <rootdir>`.", FUNCTION("Config_rootdir")},
    {"inifile", get_attribute, NULL, "The path to the :ref:`configfile <configfiles>`.", FUNCTION("Config_inifile")},
    {"_tmpdirhandler", get_attribute, NULL, NULL, FUNCTION("Config__tmpdirhandler")},
};

/* The class, by its name in the extension module, that gets each of them. */
static const char *const CLASS_NAMES[] = {
    "Node", "FixtureRequest", "TerminalReporter", "Session", "Config", "Config", "Config", "Config",
};
static_assert(COUNT_OF(CLASS_NAMES) == COUNT_OF(LEGACY_GETSET), "one class per attribute");

static PyObject *
makedir(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return py_call_of_module("_pytest.legacypath", "Cache_makedir", op, args, kwargs);
}

static PyMethodDef GETINI_UNKNOWN_TYPE = {"_getini_unknown_type", getini_unknown_type, METH_VARARGS,
                                          "_getini_unknown_type($self, name, type, value)\n--\n\n"};
static PyMethodDef MAKEDIR = {"makedir", PY_WITH_KEYWORDS(makedir),
                              "makedir($self, name)\n--\n\n"
                              "Return a directory path object with the given name.\n\n"
                              "Same as :func:`mkdir`, but returns a legacy py path instance."};

static int
add_method(PyObject *module, const char *class_name, PyMethodDef *method)
{
    PyObject *type = PyObject_GetAttrString(module, class_name);
    PyObject *descriptor = type ? PyDescr_NewMethod((PyTypeObject *)type, method) : NULL;
    int status = descriptor ? PyObject_SetAttrString(type, method->ml_name, descriptor) : -1;

    Py_XDECREF(descriptor);
    Py_XDECREF(type);
    return status;
}

static int
add_attribute(PyObject *module, const char *class_name, PyGetSetDef *attribute)
{
    PyObject *type = PyObject_GetAttrString(module, class_name);
    PyObject *descriptor = type ? PyDescr_NewGetSet((PyTypeObject *)type, attribute) : NULL;
    int status = descriptor ? PyObject_SetAttrString(type, attribute->name, descriptor) : -1;

    Py_XDECREF(descriptor);
    Py_XDECREF(type);
    return status;
}

/*
 * The classes belong to all sessions of the interpreter, so what the first one adds stays: a nested session that ends
 * must not take it from the outer one.
 */
static PyObject *
add_attributes(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *config_type = (PyObject *)hooks_types(engine->state)->config;
    int status = 0;

    if (PyObject_HasAttrString(config_type, "_tmpdirhandler")) {
        Py_RETURN_NONE;
    }
    for (size_t i = 0; status == 0 && i < COUNT_OF(LEGACY_GETSET); i++) {
        status = add_attribute(engine->state->module, CLASS_NAMES[i], &LEGACY_GETSET[i]);
    }
    if (status == 0) {
        status = add_method(engine->state->module, "Config", &GETINI_UNKNOWN_TYPE);
    }
    if (status == 0) {
        status = add_method(engine->state->module, "Cache", &MAKEDIR);
    }
    return py_none_or_error(status);
}

/* ---- Fixtures ---- */

static PyObject *
setup_tmpdir_factory(struct engine *engine, PyObject *Py_UNUSED(request), PyObject *const *Py_UNUSED(args))
{
    return PyObject_GetAttrString(engine->config, "_tmpdirhandler");
}

static PyObject *
setup_tmpdir(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(request), PyObject *const *args)
{
    PyObject *convert = py_import_attr("_pytest.compat", "legacy_path");
    PyObject *path = convert ? py_call1(convert, args[0]) : NULL;

    Py_XDECREF(convert);
    return path;
}

static const struct native_fixture FIXTURES[] = {
    {
        .name = "tmpdir_factory",
        .scope = SCOPE_SESSION,
        .argnames = {"request"},
        .setup = setup_tmpdir_factory,
        .module = "_pytest.legacypath",
        .doc = "Return a :class:`pytest.TempdirFactory` instance for the test session.",
        .line = 297,
    },
    {
        .name = "tmpdir",
        .scope = SCOPE_FUNCTION,
        .argnames = {"tmp_path"},
        .setup = setup_tmpdir,
        .module = "_pytest.legacypath",
        .doc = "Return a temporary directory (as `legacy_path`_ object)\n"
               "which is unique to each test function invocation.\n"
               "The temporary directory is created as a subdirectory\n"
               "of the base temporary directory, with configurable retention,\n"
               "as discussed in :ref:`temporary directory location and retention`.\n\n"
               ".. note::\n"
               "    These days, it is preferred to use ``tmp_path``.\n\n"
               "    :ref:`About the tmpdir and tmpdir_factory fixtures<tmpdir and tmpdir_factory>`.\n\n"
               ".. _legacy_path: https://py.readthedocs.io/en/latest/path.html",
        .line = 304,
    },
};

static PyObject *
register_fixtures(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    PyObject *tmpdir = plugin_find(engine, "tmpdir");
    int status = tmpdir ? fixtures_register_native(engine, FIXTURES, COUNT_OF(FIXTURES)) : 0;

    Py_XDECREF(tmpdir);
    return py_none_or_error(status);
}

/* pytester may be registered at any time; then testdir comes with it. */
static PyObject *
follow_pytester(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *make = NULL;
    PyObject *plugin = NULL;
    PyObject *name = NULL;
    int status = -1;

    if (!py_text_equals(args[1], "pytester")) {
        Py_RETURN_NONE;
    }
    make = py_import_attr("_pytest.legacypath", "_testdir_plugin");
    plugin = make ? py_call0(make) : NULL;
    name = plugin ? PyUnicode_FromString("legacypath-pytester") : NULL;
    if (name) {
        status = plugin_register(engine, plugin, name);
    }
    Py_XDECREF(name);
    Py_XDECREF(plugin);
    Py_XDECREF(make);
    return py_none_or_error(status);
}

static const struct native_hook HOOK_TABLE[] = {
    {.id = HOOK_load_initial_conftests, .flags = NATIVE_TRYFIRST, .call = add_attributes},
    {.id = HOOK_sessionstart, .call = register_fixtures},
    {.id = HOOK_plugin_registered, .call = follow_pytester},
};

const struct native_plugin LEGACYPATH_PLUGIN = {
    .name = "legacypath",
    .module = "_pytest.legacypath",
    .hooks = HOOK_TABLE,
    .hook_count = COUNT_OF(HOOK_TABLE),
};
