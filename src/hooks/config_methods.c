/* Config: its methods. */
#include <string.h>

#include "hooks/config_internal.h"

static PyObject *
method_getini(PyObject *op, PyObject *name)
{
    return config_getini((Config *)op, name);
}

static PyObject *
method_getini_uncached(PyObject *op, PyObject *name)
{
    return config_getini_uncached((Config *)op, name);
}

static PyObject *
method_addinivalue_line(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "line", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *list = NULL;
    int status = -1;

    if (py_unpack_tuple("Config.addinivalue_line", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    list = config_getini((Config *)op, values[0]);
    if (!list) {
        return NULL;
    }
    if (PyList_Check(list)) {
        status = PyList_Append(list, values[1]);
    } else {
        PyErr_SetNone(PyExc_AssertionError);
    }
    Py_DECREF(list);
    return py_none_or_error(status);
}

/* ---- Options ---- */

/* "--lf" is the option's dest: a new reference. */
static PyObject *
dest_of_name(Config *config, PyObject *name)
{
    Py_ssize_t length = 0;
    const char *text = PyUnicode_Check(name) ? py_utf8_sized(name, &length) : NULL;
    Argument *argument = NULL;

    if (!text) {
        PyErr_Clear();
    } else if (text[0] == '-') {
        argument = parser_find_named((Parser *)config->parser, text, (size_t)length);
    }
    return Py_NewRef(argument ? argument->dest : name);
}

static PyObject *
no_such_option(Config *config, PyObject *dest, bool skips)
{
    struct state *state = state_of((PyObject *)config);

    if (skips) {
        PyObject *reason = PyUnicode_FromFormat("no %R option found", dest);
        if (reason) {
            outcome_skip(state, reason);
            Py_DECREF(reason);
        }
        return NULL;
    }
    return PyErr_Format(PyExc_ValueError, "no option named %R", dest);
}

static PyObject *
find_option(Config *config, PyObject *name, PyObject *otherwise, bool skips)
{
    struct state *state = state_of((PyObject *)config);
    PyObject *dest = dest_of_name(config, name);
    PyObject *value = NULL;

    if (py_find_attr(state, config->option, dest, &value) < 0) {
        goto done;
    }
    if (value == Py_None && skips) {
        Py_CLEAR(value);
    }
    if (!value) {
        value = otherwise ? Py_NewRef(otherwise) : no_such_option(config, dest, skips);
    }
done:
    Py_DECREF(dest);
    return value;
}

static PyObject *
method_getoption(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "default", "skip", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Config.getoption", args, kwargs, NAMES, 3, 1, values) < 0) {
        return NULL;
    }
    int skips = values[2] ? PyObject_IsTrue(values[2]) : 0;
    return skips < 0 ? NULL : find_option((Config *)op, values[0], values[1], skips);
}

static PyObject *
get_value(PyObject *op, PyObject *args, PyObject *kwargs, bool skips)
{
    static const char *const NAMES[] = {"name", "path", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Config.getvalue", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    return find_option((Config *)op, values[0], NULL, skips);
}

static PyObject *
method_getvalue(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return get_value(op, args, kwargs, false);
}

static PyObject *
method_getvalueorskip(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return get_value(op, args, kwargs, true);
}

/* ---- Verbosity ---- */

static PyObject *
verbosity_for(Config *config, const char *type)
{
    struct state *state = state_of((PyObject *)config);
    PyObject *global = find_option(config, state->names.verbose, Py_None, false);
    PyObject *name = NULL;
    PyObject *level = NULL;
    PyObject *result = NULL;

    if (global == Py_None) {
        py_replace_take(&global, PyLong_FromLong(0));
    }
    if (!global || !type) {
        return global;
    }
    bool is_usual = strcmp(type, "assertions") == 0;
    name =
        is_usual ? Py_XNewRef(py_literal(state, "verbosity_assertions")) : PyUnicode_FromFormat("verbosity_%s", type);
    if (!name) {
        goto done;
    }
    if (!PyDict_GetItem(((Parser *)config->parser)->inidict, name)) {
        result = Py_NewRef(global);
        goto done;
    }
    level = config_getini(config, name);
    if (level) {
        result = py_text_equals(level, "auto") ? Py_NewRef(global) : PyNumber_Long(level);
    }
done:
    Py_XDECREF(global);
    Py_XDECREF(name);
    Py_XDECREF(level);
    return result;
}

static PyObject *
method_get_verbosity(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"verbosity_type", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    const char *type = NULL;

    if (py_unpack_tuple("Config.get_verbosity", args, kwargs, NAMES, 1, 0, values) < 0) {
        return NULL;
    }
    if (values[0] && values[0] != Py_None) {
        type = py_utf8(values[0]);
        if (!type) {
            return NULL;
        }
    }
    return verbosity_for((Config *)op, type);
}

static PyObject *
method_verbosity_ini_name(PyObject *Py_UNUSED(type), PyObject *verbosity_type)
{
    return PyUnicode_FromFormat("verbosity_%S", verbosity_type);
}

static PyObject *
method_add_verbosity_ini(PyObject *Py_UNUSED(type), PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"parser", "verbosity_type", "help", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("_add_verbosity_ini", args, kwargs, NAMES, 3, 3, values) < 0) {
        return NULL;
    }
    return config_call_python("_add_verbosity_ini", values[0], values[1], values[2]);
}

int
config_check_verbosity(struct engine *engine, const char *type)
{
    PyObject *level = verbosity_for(config_of(engine), type);
    Py_XDECREF(level);
    return level ? 0 : -1;
}

int
config_verbosity(struct engine *engine, const char *type)
{
    PyObject *level = verbosity_for(config_of(engine), type);
    long value = level ? PyLong_AsLong(level) : 0;

    Py_XDECREF(level);
    if (PyErr_Occurred()) {
        PyErr_Clear(); /* no number: as if nobody had asked for more or less */
        return 0;
    }
    return (int)value;
}

/* ---- The run ---- */

static PyObject *
method_parse(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"args", "addopts", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Config.parse", args, kwargs, NAMES, 2, 1, values) < 0) {
        return NULL;
    }
    int uses_addopts = values[1] ? PyObject_IsTrue(values[1]) : 1;
    if (uses_addopts < 0 || config_parse((Config *)op, values[0], uses_addopts) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
method_cmdline_parse(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"pluginmanager", "args", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("pytest_cmdline_parse", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    return CONFIG_PLUGIN.hooks[0].call(((Config *)op)->engine, op, values);
}

static PyObject *
method_do_configure(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(config_do_configure((Config *)op));
}

static PyObject *
method_ensure_unconfigure(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return py_none_or_error(config_ensure_unconfigure((Config *)op));
}

static PyObject *
method_add_cleanup(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"func", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Config.add_cleanup", args, kwargs, NAMES, 1, 1, values) < 0) {
        return NULL;
    }
    return py_none_or_error(PyList_Append(((Config *)op)->cleanups, values[0]));
}

static PyObject *
method_fromdictargs(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"option_dict", "args", NULL};
    PyObject *values[COUNT_OF(NAMES)];

    if (py_unpack_tuple("Config.fromdictargs", args, kwargs, NAMES, 2, 2, values) < 0) {
        return NULL;
    }
    return config_call_python("_fromdictargs", type, values[0], values[1]);
}

PY_NAMED_ONE(method_getini_named, method_getini, "getini", "name")

PY_NAMED_ONE(method_getini_uncached_named, method_getini_uncached, "_getini", "name")
PyMethodDef config_methods[] = {
    {"getini", PY_FAST_WITH_KEYWORDS(method_getini_named),
     "getini($self, name)\n--\n\n"
     "Return configuration value from an ini-file."},
    {"_getini", PY_FAST_WITH_KEYWORDS(method_getini_uncached_named), "_getini($self, name)\n--\n\n"},
    {"addinivalue_line", PY_WITH_KEYWORDS(method_addinivalue_line),
     "addinivalue_line($self, name, line)\n--\n\n"
     "Add a line to a configuration option."},
    {"getoption", PY_WITH_KEYWORDS(method_getoption),
     "getoption($self, name, default=None, skip=False)\n--\n\n"
     "Return command line option value."},
    {"getvalue", PY_WITH_KEYWORDS(method_getvalue),
     "getvalue($self, name, path=None)\n--\n\n"
     "Deprecated, use getoption() instead."},
    {"getvalueorskip", PY_WITH_KEYWORDS(method_getvalueorskip),
     "getvalueorskip($self, name, path=None)\n--\n\n"
     "Deprecated, use getoption(skip=True) instead."},
    {"get_verbosity", PY_WITH_KEYWORDS(method_get_verbosity),
     "get_verbosity($self, verbosity_type=None)\n--\n\n"
     "Retrieve the verbosity level for a fine-grained verbosity type."},
    {"_verbosity_ini_name", method_verbosity_ini_name, METH_O | METH_STATIC, NULL},
    {"_add_verbosity_ini", PY_WITH_KEYWORDS(method_add_verbosity_ini) | METH_STATIC, NULL},
    {"parse", PY_WITH_KEYWORDS(method_parse), "parse($self, args, addopts=True)\n--\n\n"},
    {"pytest_cmdline_parse", PY_WITH_KEYWORDS(method_cmdline_parse),
     "pytest_cmdline_parse($self, pluginmanager, args)\n--\n\n"},
    {"_do_configure", method_do_configure, METH_NOARGS, "_do_configure($self)\n--\n\n"},
    {"_ensure_unconfigure", method_ensure_unconfigure, METH_NOARGS, "_ensure_unconfigure($self)\n--\n\n"},
    {"add_cleanup", PY_WITH_KEYWORDS(method_add_cleanup),
     "add_cleanup($self, func)\n--\n\n"
     "Add a function to be called when the config object gets out of use."},
    {"fromdictargs", PY_WITH_KEYWORDS(method_fromdictargs) | METH_CLASS,
     "fromdictargs($type, option_dict, args)\n--\n\n"
     "Constructor usable for subprocesses."},
    PY_END_METHOD,
};
