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

/* {name: ConfigValue} */
static PyObject *
settings_as_dict(struct state *state, const struct project *project)
{
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
    return inicfg;
}

static PyObject *
ignored_as_list(const struct project *project)
{
    PyObject *ignored = PyList_New(0);

    for (size_t i = 0; ignored && i < project->ignored_file_count; i++) {
        if (py_list_append_take(ignored, PyUnicode_FromString(project->ignored_files[i])) < 0) {
            Py_CLEAR(ignored);
        }
    }
    return ignored;
}

static int
take_project(Config *config, const struct project *project)
{
    PyObject *ignored = ignored_as_list(project);
    PyObject *inicfg = settings_as_dict(state_of((PyObject *)config), project);

    if (!ignored || !inicfg) {
        Py_XDECREF(ignored);
        Py_XDECREF(inicfg);
        return -1;
    }
    py_replace_take(&config->inicfg, inicfg);
    py_replace_take(&config->ignored_config_files, ignored);
    py_replace_take(&config->rootpath, PyUnicode_DecodeFSDefault(project->root_folder));
    py_replace_take(&config->inipath,
                    project->config_file ? PyUnicode_DecodeFSDefault(project->config_file) : Py_NewRef(Py_None));
    py_replace(&config->rootpath_object, NULL);
    py_replace(&config->inipath_object, NULL);
    return config->rootpath && config->inipath ? 0 : -1;
}

/* The exception for a failed search: tomllib words TOML's mistakes, where there is one. */
static void
raise_failure(struct state *state, const struct project *project, const struct error *error)
{
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
        raise_failure(state_of((PyObject *)config), &project, &error);
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

/* ---- For _pytest.config.findpaths ---- */

/* _read_config_file(path): {name: ConfigValue}, or None when the file holds nothing for pytest. */
static PyObject *
module_read_config_file(PyObject *module, PyObject *path)
{
    struct state *state = state_from_module(module);
    struct project project = {.mode = CONFIG_INI};
    struct error error = ERROR_INIT;
    bool is_found = false;
    PyObject *result = NULL;
    PyObject *bytes = PyUnicode_EncodeFSDefault(path);

    if (!bytes) {
        return NULL;
    }
    if (!project_read(&project, PyBytes_AsString(bytes), &is_found, &error)) {
        raise_failure(state, &project, &error);
    } else {
        result = is_found ? settings_as_dict(state, &project) : Py_NewRef(Py_None);
    }
    project_release(&project);
    Py_DECREF(bytes);
    return result;
}

/* _find_project(folder, config file or None, root folder or None, arguments): (root, file, settings, ignored). */
static PyObject *
module_find_project(PyObject *module, PyObject *args)
{
    struct state *state = state_from_module(module);
    struct arena arena = {0};
    struct project project = {.mode = CONFIG_INI};
    struct project_question question = {0};
    struct error error = ERROR_INIT;
    PyObject *list = NULL;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "szzO!:_find_project", &question.invocation_folder, &question.config_file,
                          &question.root_folder, &PyList_Type, &list)) {
        return NULL;
    }
    question.arguments = texts_of_list(list, &arena, &question.argument_count);
    if (!question.arguments || expand_variables(&question.root_folder, &arena) < 0) {
        goto done;
    }
    if (!project_find(&question, &project, &error)) {
        raise_failure(state, &project, &error);
        goto done;
    }
    PyObject *settings = settings_as_dict(state, &project);
    PyObject *ignored = ignored_as_list(&project);
    if (settings && ignored) {
        result = Py_BuildValue("szOO", project.root_folder, project.config_file, settings, ignored);
    }
    Py_XDECREF(settings);
    Py_XDECREF(ignored);
done:
    project_release(&project);
    arena_release(&arena);
    return result;
}

/* _parse_toml(text): a dict, None when it does not parse: what tests compare with tomllib. */
static PyObject *
module_parse_toml(PyObject *Py_UNUSED(module), PyObject *text)
{
    struct arena arena = {0};
    struct error error = ERROR_INIT;
    struct toml_value *root = NULL;
    Py_ssize_t length = 0;
    const char *bytes = py_utf8_sized(text, &length);
    PyObject *result = NULL;

    if (!bytes) {
        return NULL;
    }
    if (toml_parse(bytes, (size_t)length, &arena, &root, &error)) {
        result = dict_from_toml(root);
    } else {
        result = Py_NewRef(Py_None);
    }
    arena_release(&arena);
    return result;
}

static PyMethodDef project_functions[] = {
    {"_parse_toml", module_parse_toml, METH_O, NULL},
    {"_read_config_file", module_read_config_file, METH_O, NULL},
    {"_find_project", module_find_project, METH_VARARGS, NULL},
    PY_END_METHOD,
};

int
config_project_add(PyObject *module)
{
    return PyModule_AddFunctions(module, project_functions);
}
