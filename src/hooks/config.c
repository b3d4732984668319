/* What other folders ask of the config: options, ini values, paths, warnings. */
#include <stdarg.h>

#include "hooks/config_internal.h"

struct engine *
engine_from_config(PyObject *config)
{
    return ((Config *)config)->engine;
}

int
config_adopt_native(struct engine *engine, const struct native_plugin *plugin)
{
    return parser_adopt_native(config_of(engine)->parser, plugin);
}

PyObject *
option_get(struct engine *engine, const char *dest)
{
    PyObject *borrowed_key = py_literal(engine->state, dest);
    PyObject *value = NULL;

    if (!borrowed_key || py_dict_find(namespace_dict(engine->options), borrowed_key, &value) < 0) {
        return NULL;
    }
    return value ? value : Py_NewRef(Py_None);
}

int
option_is_true(struct engine *engine, const char *dest)
{
    PyObject *value = option_get(engine, dest);
    int truth = value ? PyObject_IsTrue(value) : -1;

    Py_XDECREF(value);
    return truth;
}

long
option_int(struct engine *engine, const char *dest, long otherwise)
{
    PyObject *value = option_get(engine, dest);
    long number = otherwise;

    if (value && value != Py_None) {
        number = PyLong_AsLong(value);
    }
    Py_XDECREF(value);
    if (PyErr_Occurred()) {
        PyErr_Clear(); /* somebody put something else there */
        return otherwise;
    }
    return number;
}

unsigned
option_generation(struct engine *engine)
{
    Namespace *namespace = (Namespace *)engine->options;

    if (namespace->is_exposed) {
        namespace->generation++;
    }
    return namespace->generation;
}

PyObject *
ini_get(struct engine *engine, const char *name)
{
    PyObject *borrowed_key = py_literal(engine->state, name);
    return borrowed_key ? config_getini(config_of(engine), borrowed_key) : NULL;
}

int
ini_is_true(struct engine *engine, const char *name)
{
    PyObject *value = ini_get(engine, name);
    int truth = value ? PyObject_IsTrue(value) : -1;

    Py_XDECREF(value);
    return truth;
}

PyObject *
config_rootpath(struct engine *engine)
{
    return config_of(engine)->rootpath;
}

PyObject *
config_invocation_dir(struct engine *engine)
{
    return config_of(engine)->invocation_dir;
}

PyObject *
config_inipath(struct engine *engine)
{
    PyObject *inipath = config_of(engine)->inipath;
    return inipath ? inipath : Py_None;
}

int
config_warn(struct engine *engine, const char *category, const char *fmt, ...)
{
    va_list args;
    PyObject *message = NULL;
    PyObject *name = PyUnicode_FromString(category);
    PyObject *done = NULL;

    va_start(args, fmt);
    message = PyUnicode_FromFormatV(fmt, args);
    va_end(args);
    if (name && message) {
        done = config_call_python("_warn_from_engine", engine->config, name, message);
    }
    Py_XDECREF(name);
    Py_XDECREF(message);
    return py_status_take(done);
}

int
config_add(PyObject *module, struct state *state)
{
    if (namespace_add_type(module, state) < 0 || parser_add_types(module, state) < 0 ||
        config_add_type(module, state) < 0 || config_value_add_types(module, state) < 0) {
        return -1;
    }
    return config_project_add(module) < 0 ? -1 : config_main_add(module, state);
}
