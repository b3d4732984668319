/* Ini options: what addini() and the rows of built-in plugins declare. */
#include <string.h>

#include "hooks/config_internal.h"

static bool
is_list_tag(const char *tag)
{
    return strcmp(tag, "paths") == 0 || strcmp(tag, "pathlist") == 0 || strcmp(tag, "args") == 0 ||
           strcmp(tag, "linelist") == 0;
}

/* The value of an option that nobody configured and that was declared without a default. */
static PyObject *
default_for_tag(const char *tag)
{
    if (is_list_tag(tag)) {
        return PyList_New(0);
    }
    if (strcmp(tag, "bool") == 0) {
        return Py_NewRef(Py_False);
    }
    if (strcmp(tag, "int") == 0) {
        return PyLong_FromLong(0);
    }
    if (strcmp(tag, "float") == 0) {
        return PyFloat_FromDouble(0.0);
    }
    return PyUnicode_FromString("");
}

/* Takes the references of type and default; NULL in either fails at once. */
static int
store_entry_take(Parser *parser, PyObject *name, PyObject *help, PyObject *type, PyObject *default_value)
{
    PyObject *entry = type && default_value ? PyTuple_Pack(3, help, type, default_value) : NULL;

    Py_XDECREF(type);
    Py_XDECREF(default_value);
    return py_dict_set_take(parser->inidict, name, entry);
}

static int
add_alias(Parser *parser, PyObject *alias, PyObject *name)
{
    int known = PyDict_Contains(parser->inidict, alias);

    if (known != 0) {
        if (known > 0) {
            PyErr_Format(PyExc_ValueError, "alias %R conflicts with existing configuration option", alias);
        }
        return -1;
    }
    PyObject *already = NULL;
    if (py_dict_find(parser->ini_aliases, alias, &already) != 0) {
        if (already) {
            PyErr_Format(PyExc_ValueError, "%R is already an alias of %R", alias, already);
            Py_DECREF(already);
        }
        return -1;
    }
    return PyDict_SetItem(parser->ini_aliases, alias, name);
}

static PyObject *
spec_default(const struct ini_spec *spec, const char *type)
{
    const char *folder = spec->folder_variable ? getenv(spec->folder_variable) : NULL;
    PyObject *value = spec->default_text ? literal_value(spec->default_text) : default_for_tag(type);
    PyObject *join = value && folder ? py_import_attr("os.path", "join") : NULL;

    if (value && folder) {
        py_replace_take(&value,
                        join ? PyObject_CallFunction(join, "NO", PyUnicode_DecodeFSDefault(folder), value) : NULL);
    }
    Py_XDECREF(join);
    return value;
}

int
ini_add_spec(Parser *parser, const struct ini_spec *spec)
{
    const char *type = spec->type ? spec->type : "string";
    PyObject *name = PyUnicode_InternFromString(spec->name);
    PyObject *help = PyUnicode_FromString(spec->help ? spec->help : "");
    int status = -1;

    if (name && help) {
        status = store_entry_take(parser, name, help, PyUnicode_InternFromString(type), spec_default(spec, type));
    }
    for (size_t i = 0; status == 0 && i < COUNT_OF(spec->aliases) && spec->aliases[i]; i++) {
        PyObject *alias = PyUnicode_InternFromString(spec->aliases[i]);
        status = alias ? add_alias(parser, alias, name) : -1;
        Py_XDECREF(alias);
    }
    Py_XDECREF(name);
    Py_XDECREF(help);
    return status;
}

/* The tag of a plain type argument, NULL for what needs a closer look (or is wrong). */
static const char *
tag_of_type(PyObject *type)
{
    static const char *const TAGS[] = {"string", "paths", "pathlist", "args", "linelist", "bool", "int", "float"};

    if (!type || type == Py_None || type == (PyObject *)&PyUnicode_Type) {
        return "string";
    }
    if (type == (PyObject *)&PyBool_Type || type == (PyObject *)&PyLong_Type || type == (PyObject *)&PyFloat_Type) {
        return type == (PyObject *)&PyBool_Type ? "bool" : type == (PyObject *)&PyLong_Type ? "int" : "float";
    }
    for (size_t i = 0; i < COUNT_OF(TAGS); i++) {
        if (py_text_equals(type, TAGS[i])) {
            return TAGS[i];
        }
    }
    return NULL;
}

PyObject *
parser_addini(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const NAMES[] = {"name", "help", "type", "default", "aliases", NULL};
    PyObject *values[COUNT_OF(NAMES)];
    PyObject *type = NULL;
    PyObject *default_value = NULL;
    PyObject *aliases = NULL;
    Parser *self = (Parser *)op;
    int status = -1;

    if (py_unpack_tuple("Parser.addini", args, kwargs, NAMES, 4, 2, values) < 0) {
        return NULL;
    }
    const char *tag = tag_of_type(values[2]);
    if (tag) {
        type = PyUnicode_InternFromString(tag);
    } else {
        PyObject *normalize = py_import_attr("_pytest.config.argparsing", "_normalize_ini_type");
        type = normalize ? PyObject_CallFunction(normalize, "OOi", values[0], values[2], values[3] != NULL) : NULL;
        Py_XDECREF(normalize);
    }
    default_value = values[3] ? Py_NewRef(values[3]) : default_for_tag(tag ? tag : "string");
    status = store_entry_take(self, values[0], values[1], type, default_value);
    if (status < 0 || !values[4]) {
        return py_none_or_error(status);
    }
    aliases = PySequence_List(values[4]);
    for (Py_ssize_t i = 0; aliases && status == 0 && i < PyList_Size(aliases); i++) {
        status = add_alias(self, PyList_GetItem(aliases, i), values[0]);
    }
    PyObject *result = aliases && status == 0 ? Py_NewRef(Py_None) : NULL;
    Py_XDECREF(aliases);
    return result;
}
