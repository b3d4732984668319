/* Config: which folder and which file the run's configuration comes from, as Python objects. */
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "hooks/config_internal.h"

/* ---- TOML values as Python's tomllib would give them ---- */

static PyObject *value_from_toml(const struct toml_value *value);

/* Dates and times are rare: tomllib makes them; without it they stay text. */
static PyObject *
time_from_toml(const struct toml_value *value)
{
    PyObject *loads = py_import_attr("tomllib", "loads");
    PyObject *document = NULL;
    PyObject *table = NULL;
    PyObject *result = NULL;

    if (!loads) {
        if (PyErr_ExceptionMatches(PyExc_ImportError)) {
            PyErr_Clear();
            result = PyUnicode_DecodeUTF8(value->text, (Py_ssize_t)value->length, NULL);
        }
        return result;
    }
    document = PyUnicode_FromFormat("time = %s", value->text);
    table = document ? py_call1(loads, document) : NULL;
    result = table ? PyMapping_GetItemString(table, "time") : NULL;
    Py_DECREF(loads);
    Py_XDECREF(document);
    Py_XDECREF(table);
    return result;
}

static PyObject *
number_from_toml(const struct toml_value *value)
{
    PyObject *text = NULL;
    PyObject *number = NULL;

    if (value->kind == TOML_INTEGER) {
        return PyLong_FromString(value->text, NULL, value->text[0] == '0' && value->length > 1 ? 0 : 10);
    }
    text = PyUnicode_DecodeUTF8(value->text, (Py_ssize_t)value->length, NULL);
    number = text ? PyFloat_FromString(text) : NULL;
    Py_XDECREF(text);
    return number;
}

static PyObject *
list_from_toml(const struct toml_value *value)
{
    PyObject *list = PyList_New(0);

    for (size_t i = 0; list && i < value->count; i++) {
        if (py_list_append_take(list, value_from_toml(value->items[i])) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *
dict_from_toml(const struct toml_value *value)
{
    PyObject *dict = PyDict_New();

    for (size_t i = 0; dict && i < value->count; i++) {
        const struct toml_entry *entry = &value->entries[i];
        PyObject *key = PyUnicode_DecodeUTF8(entry->key, (Py_ssize_t)entry->key_length, NULL);
        if (!key || py_dict_set_take(dict, key, value_from_toml(entry->value)) < 0) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(key);
    }
    return dict;
}

static PyObject *
value_from_toml(const struct toml_value *value)
{
    switch (value->kind) {
    case TOML_STRING:
        return PyUnicode_DecodeUTF8(value->text, (Py_ssize_t)value->length, NULL);
    case TOML_INTEGER:
    case TOML_FLOAT:
        return number_from_toml(value);
    case TOML_BOOLEAN:
        return PyBool_FromLong(value->truth);
    case TOML_TIME:
        return time_from_toml(value);
    case TOML_ARRAY:
        return list_from_toml(value);
    case TOML_TABLE:
        return dict_from_toml(value);
    }
    return NULL;
}

/* ---- The project's settings ---- */

/* In ini mode a TOML value is a list or the text of what it is. */
static PyObject *
value_of_setting(const struct config_setting *setting, enum config_mode mode)
{
    PyObject *value = NULL;
    PyObject *text = NULL;

    if (setting->text) {
        return PyUnicode_DecodeUTF8(setting->text, (Py_ssize_t)setting->text_length, NULL);
    }
    value = value_from_toml(setting->toml);
    if (!value || mode == CONFIG_TOML || PyList_Check(value) || PyUnicode_Check(value)) {
        return value;
    }
    text = PyObject_Str(value);
    Py_DECREF(value);
    return text;
}

static int
take_settings(Config *config, const struct project *project)
{
    struct state *state = state_of((PyObject *)config);
    PyObject *inicfg = PyDict_New();

    for (size_t i = 0; inicfg && i < project->setting_count; i++) {
        const struct config_setting *setting = &project->settings[i];
        PyObject *name = PyUnicode_DecodeUTF8(setting->name, (Py_ssize_t)setting->name_length, NULL);
        PyObject *value = name ? value_of_setting(setting, project->mode) : NULL;
        PyObject *entry =
            value ? config_value_new(state, value, "file", project->mode == CONFIG_INI ? "ini" : "toml") : NULL;
        if (!name || py_dict_set_take(inicfg, name, entry) < 0) {
            Py_CLEAR(inicfg);
        }
        Py_XDECREF(name);
        Py_XDECREF(value);
    }
    if (!inicfg) {
        return -1;
    }
    py_replace_take(&config->inicfg, inicfg);
    return 0;
}

static int
take_project(Config *config, const struct project *project)
{
    PyObject *ignored = PyList_New(0);

    for (size_t i = 0; ignored && i < project->ignored_file_count; i++) {
        if (py_list_append_take(ignored, PyUnicode_FromString(project->ignored_files[i])) < 0) {
            Py_CLEAR(ignored);
        }
    }
    if (!ignored) {
        return -1;
    }
    py_replace_take(&config->ignored_config_files, ignored);
    py_replace_take(&config->rootpath, PyUnicode_DecodeFSDefault(project->root_folder));
    py_replace_take(&config->inipath, project->config_file ? PyUnicode_DecodeFSDefault(project->config_file)
                                                           : Py_NewRef(Py_None));
    py_replace(&config->rootpath_object, NULL);
    py_replace(&config->inipath_object, NULL);
    if (!config->rootpath || !config->inipath) {
        return -1;
    }
    return take_settings(config, project);
}

/* The exception for a failed search: tomllib words TOML's mistakes, where there is one. */
static void
raise_failure(Config *config, const struct project *project, const struct error *error)
{
    struct state *state = state_of((PyObject *)config);
    PyObject *path = NULL;
    PyObject *done = NULL;

    if (project->failure == PROJECT_FAILED_SETUP_CFG) {
        outcome_fail(state, false, "%s", error->message);
        return;
    }
    if (project->failure == PROJECT_FAILED_IN_TOML) {
        path = PyUnicode_DecodeFSDefault(project->failed_path);
        done = path ? config_call_python("_raise_toml_error", path, NULL, NULL) : NULL;
        Py_XDECREF(path);
        Py_XDECREF(done);
        if (PyErr_Occurred()) {
            return;
        }
    }
    usage_error(state, "%s", error->message);
}

/* ---- Asking ---- */

/* The bytes of a list of str as C strings, in `arena`. */
static const char **
texts_of_list(PyObject *list, struct arena *arena, size_t *count_out)
{
    Py_ssize_t count = PyList_Size(list);
    const char **texts = arena_alloc(arena, ((size_t)count + 1) * sizeof *texts);

    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *bytes = PyUnicode_EncodeFSDefault(PyList_GetItem(list, i));
        if (!bytes) {
            return NULL;
        }
        texts[i] = arena_copy_string(arena, PyBytes_AsString(bytes));
        Py_DECREF(bytes);
    }
    *count_out = (size_t)count;
    return texts;
}

/* namespace.<name> as a file name, NULL when it is None; -1 with an exception. */
static int
text_of_option(PyObject *namespace, const char *name, struct arena *arena, const char **text_out)
{
    PyObject *borrowed = PyDict_GetItemString(namespace_dict(namespace), name);

    *text_out = NULL;
    if (!borrowed || borrowed == Py_None) {
        return 0;
    }
    PyObject *bytes = NULL;
    if (!PyUnicode_FSConverter(borrowed, &bytes)) {
        return -1;
    }
    *text_out = arena_copy_string(arena, PyBytes_AsString(bytes));
    Py_DECREF(bytes);
    return 0;
}

/* os.path.expandvars(--rootdir), which is asked only when there is a "$". */
static int
expand_variables(const char **text_io, struct arena *arena)
{
    PyObject *expandvars = NULL;
    PyObject *expanded = NULL;
    int status = -1;

    if (!*text_io || !strchr(*text_io, '$')) {
        return 0;
    }
    expandvars = py_import_attr("os.path", "expandvars");
    PyObject *text = PyUnicode_DecodeFSDefault(*text_io);
    expanded = expandvars && text ? py_call1(expandvars, text) : NULL;
    PyObject *bytes = expanded ? PyUnicode_EncodeFSDefault(expanded) : NULL;
    if (bytes) {
        *text_io = arena_copy_string(arena, PyBytes_AsString(bytes));
        status = 0;
    }
    Py_XDECREF(expandvars);
    Py_XDECREF(text);
    Py_XDECREF(expanded);
    Py_XDECREF(bytes);
    return status;
}

int
config_find_project(Config *config, PyObject *namespace)
{
    struct arena arena = {0};
    struct project project = {0};
    struct project_question question = {0};
    struct error error = ERROR_INIT;
    PyObject *arguments = PyDict_GetItemString(namespace_dict(namespace), "file_or_dir");
    PyObject *overrides = PyDict_GetItemString(namespace_dict(namespace), "override_ini");
    PyObject *folder = PyUnicode_EncodeFSDefault(config->invocation_dir);
    int status = -1;

    if (!folder || text_of_option(namespace, "inifilename", &arena, &question.config_file) < 0 ||
        text_of_option(namespace, "rootdir", &arena, &question.root_folder) < 0 ||
        expand_variables(&question.root_folder, &arena) < 0) {
        goto done;
    }
    question.root_folder = question.root_folder && *question.root_folder ? question.root_folder : NULL;
    question.invocation_folder = PyBytes_AsString(folder);
    if (arguments && PyList_Check(arguments)) {
        question.arguments = texts_of_list(arguments, &arena, &question.argument_count);
        if (!question.arguments) {
            goto done;
        }
    }
    if (!project_find(&question, &project, &error)) {
        raise_failure(config, &project, &error);
        goto done;
    }
    Py_XINCREF(overrides);
    status = take_project(config, &project);
    status = status == 0 ? config_apply_overrides(config, overrides) : status;
    Py_XDECREF(overrides);
done:
    project_release(&project);
    arena_release(&arena);
    Py_XDECREF(folder);
    return status < 0 ? -1 : 0;
}

static int
apply_override(Config *config, PyObject *text)
{
    struct state *state = state_of((PyObject *)config);
    Py_ssize_t length = PyUnicode_GetLength(text);
    Py_ssize_t equals = PyUnicode_FindChar(text, '=', 0, length, 1);
    PyObject *name = NULL;
    PyObject *value = NULL;
    PyObject *entry = NULL;
    int status = -1;

    if (equals < 0) {
        usage_error(state, "-o/--override-ini expects option=value style (got: %R).", text);
        return -1;
    }
    name = PyUnicode_Substring(text, 0, equals);
    value = PyUnicode_Substring(text, equals + 1, length);
    entry = name && value ? config_value_new(state, value, "override", "ini") : NULL;
    if (entry) {
        status = PyDict_SetItem(config->inicfg, name, entry);
    }
    Py_XDECREF(name);
    Py_XDECREF(value);
    Py_XDECREF(entry);
    return status;
}

int
config_apply_overrides(Config *config, PyObject *override_ini)
{
    Py_ssize_t count = override_ini && PyList_Check(override_ini) ? PyList_Size(override_ini) : 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        if (apply_override(config, PyList_GetItem(override_ini, i)) < 0) {
            return -1;
        }
    }
    return count > 0;
}
