/* Config: from the command line to a configured run, in pytest's order of events. */
#include <stdlib.h>

#include "config/config.h"
#include "hooks/config_internal.h"

/* namespace.<name>: borrowed, NULL when there is no such option or it is None. */
static PyObject *
namespace_find(PyObject *namespace, const char *name)
{
    PyObject *borrowed = PyDict_GetItemString(namespace_dict(namespace), name);
    return borrowed == Py_None ? NULL : borrowed;
}

static bool
namespace_is_true(PyObject *namespace, const char *name)
{
    PyObject *borrowed = namespace_find(namespace, name);
    int truth = borrowed ? PyObject_IsTrue(borrowed) : 0;

    if (truth < 0) {
        PyErr_Clear();
    }
    return truth > 0;
}

static PyObject *
getini_named(Config *config, const char *name)
{
    PyObject *key = PyUnicode_InternFromString(name);
    PyObject *value = key ? config_getini(config, key) : NULL;

    Py_XDECREF(key);
    return value;
}

/* Calls pluginmanager.<name>(a), dropping the result. */
static int
call_manager(Config *config, const char *name, PyObject *a, PyObject *kwargs)
{
    PyObject *method = PyObject_GetAttrString(config->pluginmanager, name);
    PyObject *args = a ? PyTuple_Pack(1, a) : PyTuple_New(0);
    PyObject *result = method && args ? PyObject_Call(method, args, kwargs) : NULL;

    Py_XDECREF(method);
    Py_XDECREF(args);
    return py_status_take(result);
}

/* ---- Extra words: PYTEST_ADDOPTS and addopts ---- */

/* Words from `source` must parse before they join the command line: its mistakes then name it. */
static int
prepend_words(Config *config, PyObject *args, PyObject *words, const char *source)
{
    Parser *parser = (Parser *)config->parser;
    PyObject *text = PyUnicode_FromString(source);
    PyObject *namespace = namespace_copy(config->option);
    int status = -1;

    if (text && namespace && PyDict_SetItemString(parser->extra_info, "config source", text) == 0) {
        status = parser_parse_known(config->parser, words, namespace, NULL);
        PyObject *exception = py_error_take();
        PyObject *borrowed = PyDict_GetItemString(parser->extra_info, "config source");
        if (borrowed) {
            PyDict_DelItemString(parser->extra_info, "config source");
        }
        if (exception) {
            py_error_restore_take(exception);
        }
    }
    status = status < 0 ? status : PyList_SetSlice(args, 0, 0, words);
    Py_XDECREF(text);
    Py_XDECREF(namespace);
    return status;
}

static int
add_environment_words(Config *config, PyObject *args)
{
    const char *value = getenv("PYTEST_ADDOPTS");
    PyObject *text = NULL;
    PyObject *words = NULL;
    int status = -1;

    if (!value || !*value) {
        return 0;
    }
    text = PyUnicode_DecodeFSDefault(value);
    words = text ? config_split_words(text) : NULL;
    if (words) {
        status = prepend_words(config, args, words, "via PYTEST_ADDOPTS");
    } else if (PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        usage_error(state_of((PyObject *)config), "PYTEST_ADDOPTS does not split into words: %U", text);
    }
    Py_XDECREF(text);
    Py_XDECREF(words);
    return status;
}

static int
add_ini_words(Config *config, PyObject *args)
{
    PyObject *words = getini_named(config, "addopts");
    int status = words ? 0 : -1;

    if (words && PyList_Check(words) && PyList_Size(words) > 0) {
        status = prepend_words(config, args, words, "via addopts config");
    }
    Py_XDECREF(words);
    return status;
}

/* config.known_args_namespace, anew from the options that are known by now. */
static int
parse_known(Config *config, PyObject *args)
{
    PyObject *namespace = namespace_copy(config->option);
    int status = namespace ? parser_parse_known(config->parser, args, namespace, NULL) : -1;

    if (status == 0) {
        py_replace(&config->known_args_namespace, namespace);
    }
    Py_XDECREF(namespace);
    return status;
}

/* ---- The project ---- */

static int
add_late_inis(Config *config)
{
    static const struct ini_spec ROWS[] = {
        {"addopts", "args", NULL, "Extra command line options", {NULL}, NULL},
        {"minversion", NULL, NULL, "Minimally required pytest version", {NULL}, NULL},
        {"pythonpath", "paths", "[]", "Add paths to sys.path", {NULL}, NULL},
        {"required_plugins", "args", "[]", "Plugins that must be present for pytest to run", {NULL}, NULL},
    };

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (ini_add_spec((Parser *)config->parser, &ROWS[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
find_project(Config *config, PyObject *args)
{
    Parser *parser = (Parser *)config->parser;
    PyObject *namespace = namespace_copy(config->option);
    PyObject *inifile = NULL;
    int status = namespace ? parser_parse_known(config->parser, args, namespace, NULL) : -1;

    status = status == 0 ? config_find_project(config, namespace) : status;
    if (status == 0) {
        inifile = PyObject_Str(config->inipath);
        status = inifile ? PyDict_SetItemString(parser->extra_info, "rootdir", config->rootpath) : -1;
        status = status == 0 ? PyDict_SetItemString(parser->extra_info, "inifile", inifile) : status;
    }
    status = status == 0 ? add_late_inis(config) : status;
    Py_XDECREF(namespace);
    Py_XDECREF(inifile);
    return status;
}

/* Settings that addopts itself overrides: one level, as pytest. */
static int
apply_late_overrides(Config *config)
{
    PyObject *overrides = namespace_find(config->known_args_namespace, "override_ini");
    int status = overrides ? config_apply_overrides(config, overrides) : 0;

    if (status > 0) {
        PyDict_Clear(config->inicache);
    }
    return status < 0 ? -1 : 0;
}

/* ---- Plugins ---- */

static bool
is_autoload_disabled(Config *config)
{
    const char *disabled = getenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD");
    return (disabled && *disabled) || namespace_is_true(config->known_args_namespace, "disable_plugin_autoload");
}

/* From here on imports of plugins, conftests and test modules get rewritten asserts. */
static int
consider_import_hook(Config *config)
{
    PyObject *borrowed_mode = namespace_find(config->known_args_namespace, "assertmode");

    if (!borrowed_mode || !py_text_equals(borrowed_mode, "rewrite")) {
        return 0;
    }
    return rewrite_finder_install(engine_from_config((PyObject *)config), !is_autoload_disabled(config));
}

static int
load_plugins(Config *config, PyObject *args)
{
    PyObject *kwargs = PyDict_New();
    PyObject *group = PyUnicode_FromString("pytest11");
    int status = -1;

    if (!kwargs || !group || PyDict_SetItemString(kwargs, "exclude_only", Py_False) < 0) {
        goto done;
    }
    status = call_manager(config, "consider_preparse", args, kwargs);
    if (status == 0 && !is_autoload_disabled(config)) {
        status = call_manager(config, "load_setuptools_entrypoints", group, NULL);
    }
    status = status == 0 ? call_manager(config, "consider_env", NULL, NULL) : status;
done:
    Py_XDECREF(kwargs);
    Py_XDECREF(group);
    return status;
}

static int
warn_about_skipped_plugins(Config *config)
{
    PyObject *skipped = PyObject_GetAttrString(config->pluginmanager, "skipped_plugins");
    Py_ssize_t count = skipped ? PySequence_Size(skipped) : -1;
    PyObject *done =
        count > 0 ? config_call_python("_warn_about_skipped_plugins", (PyObject *)config, NULL, NULL) : NULL;

    Py_XDECREF(skipped);
    Py_XDECREF(done);
    return count < 0 || (count > 0 && !done) ? -1 : 0;
}

/* A conftest is looked for up to the folder of the configuration file, or the root. */
static int
set_confcutdir(Config *config)
{
    PyObject *folder = NULL;
    int status = -1;

    if (namespace_find(config->known_args_namespace, "confcutdir")) {
        return 0;
    }
    folder = config->inipath == Py_None ? Py_NewRef(config->rootpath) : config_folder_of_settings(config);
    if (folder) {
        status = PyObject_SetAttrString(config->known_args_namespace, "confcutdir", folder);
        Py_DECREF(folder);
    }
    return status;
}

/* A conftest that fails to import must not keep --help and --version from working. */
static int
excuse_conftest_failure(Config *config)
{
    PyObject *namespace = config->known_args_namespace;
    PyObject *exception = NULL;
    PyObject *done = NULL;

    if (!namespace_is_true(namespace, "help") && !namespace_is_true(namespace, "version")) {
        return -1;
    }
    exception = py_error_take();
    done = config_call_python("_excuse_conftest_failure", (PyObject *)config, exception, NULL);
    Py_XDECREF(exception);
    return py_status_take(done);
}

static int
load_initial_conftests(Config *config, PyObject *args)
{
    PyObject *const hook_args[] = {(PyObject *)config, config->parser, args};

    if (hook_notify(config->hook, HOOK_load_initial_conftests, hook_args) < 0) {
        return excuse_conftest_failure(config);
    }
    return 0;
}

/* ---- What to collect ---- */

static bool
has_magic(const char *pattern)
{
    return strpbrk(pattern, "*?[") != NULL;
}

/* sorted(glob(path, recursive=True)), appended: the rare pattern is left to Python. */
static int
add_testpath(PyObject *list, PyObject *path)
{
    const char *text = py_utf8(path);
    PyObject *found = NULL;
    PyObject *exists = NULL;
    int status = -1;

    if (!text) {
        return -1;
    }
    if (has_magic(text)) {
        found = config_call_python("_sorted_glob", path, NULL, NULL);
        status = found ? PyList_SetSlice(list, PyList_Size(list), PyList_Size(list), found) : -1;
        Py_XDECREF(found);
        return status;
    }
    exists = py_import_attr("os.path", "lexists");
    found = exists ? py_call1(exists, path) : NULL;
    if (found) {
        status = found == Py_True ? PyList_Append(list, path) : 0;
    }
    Py_XDECREF(exists);
    Py_XDECREF(found);
    return status;
}

static PyObject *
testpaths_of(Config *config, PyObject *testpaths, bool is_pyargs, bool warns)
{
    PyObject *list = is_pyargs ? PySequence_List(testpaths) : PyList_New(0);
    Py_ssize_t count = PySequence_Size(testpaths);

    for (Py_ssize_t i = 0; list && !is_pyargs && i < count; i++) {
        PyObject *path = PySequence_GetItem(testpaths, i);
        if (!path || add_testpath(list, path) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(path);
    }
    if (list && !is_pyargs && warns && count > 0 && PyList_Size(list) == 0) {
        if (config_warn(config->engine, "PytestConfigWarning",
                        "No files were found in testpaths; consider removing or adjusting your testpaths "
                        "configuration. Searching recursively from the current directory instead.") < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

PyObject *
config_decide_args(Config *config, PyObject *given, PyObject *namespace, bool warns, enum args_source *source_out)
{
    PyObject *list = NULL;
    PyObject *testpaths = NULL;

    *source_out = ARGS_FROM_ARGS;
    if (given && PySequence_Size(given) > 0) {
        return Py_NewRef(given);
    }
    if (PyUnicode_Compare(config->invocation_dir, config->rootpath) == 0) {
        *source_out = ARGS_FROM_TESTPATHS;
        testpaths = getini_named(config, "testpaths");
        list = testpaths ? testpaths_of(config, testpaths, namespace_is_true(namespace, "pyargs"), warns) : NULL;
        Py_XDECREF(testpaths);
    } else {
        list = PyList_New(0);
    }
    if (list && PyList_Size(list) == 0) {
        *source_out = ARGS_FROM_INVOCATION_DIR;
        if (PyList_Append(list, config->invocation_dir) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static int
decide_args(Config *config)
{
    PyObject *given = namespace_find(config->option, "file_or_dir");
    PyObject *list = config_decide_args(config, given, config->option, true, &config->args_source);

    if (!list) {
        return -1;
    }
    py_replace_take(&config->args, list);
    return 0;
}

/* ---- The order of events ---- */

/* Up to the point where the configuration is known and plugins may be loaded. */
static int
prepare(Config *config, PyObject *args, bool uses_addopts)
{
    PyObject *const hook_args[] = {config->pluginmanager};

    if (hook_notify(config->hook, HOOK_addhooks, hook_args) < 0) {
        return -1;
    }
    if (uses_addopts && add_environment_words(config, args) < 0) {
        return -1;
    }
    if (find_project(config, args) < 0) {
        return -1;
    }
    if (uses_addopts && add_ini_words(config, args) < 0) {
        return -1;
    }
    if (parse_known(config, args) < 0) {
        return -1;
    }
    return uses_addopts ? apply_late_overrides(config) : 0;
}

int
config_parse(Config *config, PyObject *args, bool uses_addopts)
{
    if (PyList_Size(config->args) > 0) {
        PyErr_SetString(PyExc_AssertionError, "can only parse cmdline args at most once per Config object");
        return -1;
    }
    if (prepare(config, args, uses_addopts) < 0 || config_check_minversion(config) < 0 ||
        consider_import_hook(config) < 0 || config_extend_python_path(config) < 0) {
        return -1;
    }
    struct config_warnings warnings;
    if (config_warnings_begin(config, &warnings) < 0) {
        return -1;
    }
    load_plugins(config, args);
    if (config_warnings_end(config, &warnings) < 0 || parse_known(config, args) < 0) {
        return -1;
    }
    if (config_check_required_plugins(config) < 0 || warn_about_skipped_plugins(config) < 0) {
        return -1;
    }
    if (set_confcutdir(config) < 0 || load_initial_conftests(config, args) < 0) {
        return -1;
    }
    int is_help = parser_parse_strict(config->parser, args, config->option);
    return is_help != 0 ? (is_help < 0 ? -1 : 0) : decide_args(config);
}
