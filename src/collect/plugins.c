/* The built-in plugin "python", and what collection gives to "main": hooks, options, ini values. */
#include "collect/internal.h"

#include <assert.h>

/* ---- python ---- */

PyObject *
python_collect_file(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    struct collect_engine *room = collect_engine(engine);
    PyObject *path = py_path_text(engine->state, args[0]);
    PyObject *suffix = path ? PyUnicode_FromString(".py") : NULL;
    PyObject *result = NULL;
    int wanted = -1;

    if (suffix) {
        Py_ssize_t length = PyUnicode_GetLength(path);
        wanted = length > 3 && PyUnicode_Tailmatch(path, suffix, 0, length, 1) == 1 &&
                 PyUnicode_ReadChar(path, length - 4) != '/';
    }
    if (wanted > 0 && !session_is_initial(engine, path, false)) {
        wanted = patterns_match_path(engine, &room->python_files, "python_files", path);
    }
    if (wanted == 0) {
        result = Py_NewRef(Py_None);
    } else if (wanted > 0) {
        PyObject *directory = path_directory(path);
        PyObject *relay = directory ? hook_relay_for_directory(engine, directory) : NULL;
        PyObject *hook_args[] = {path, args[1]};
        result = relay ? hook_call(relay, HOOK_pycollect_makemodule, hook_args) : NULL;
        Py_XDECREF(directory);
    }
    Py_XDECREF(path);
    Py_XDECREF(suffix);
    return result;
}

PyObject *
python_makemodule(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *path = py_path_text(engine->state, args[0]);
    Node *module = path ? node_new(collect_types(engine->state)->module, (Node *)args[1], NULL, path, NULL) : NULL;
    Py_XDECREF(path);
    return (PyObject *)module;
}

PyObject *
python_makeitem(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    if (!node_check(engine->state, args[0]) || !(((Node *)args[0])->kind & (NODE_MODULE | NODE_CLASS))) {
        PyErr_SetObject(PyExc_AssertionError, (PyObject *)Py_TYPE(args[0]));
        return NULL;
    }
    return python_make_item((Node *)args[0], args[1], args[2]);
}

static PyObject *
python_configure(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(self), PyObject *const *args)
{
    static const char *const MARKERS[] = {
        "parametrize(argnames, argvalues): call a test function multiple times passing in different arguments in "
        "turn. argvalues generally needs to be a list of values if argnames specifies only one name or a list of "
        "tuples of values if argnames specifies multiple names. Example: @parametrize('arg1', [1,2]) would lead to "
        "two calls of the decorated test function, one with arg1=1 and another with arg1=2.see "
        "https://docs.pytest.org/en/stable/how-to/parametrize.html for more info and examples.",
        "usefixtures(fixturename1, fixturename2, ...): mark tests as needing all of the specified fixtures. see "
        "https://docs.pytest.org/en/stable/explanation/fixtures.html#usefixtures ",
    };

    for (size_t i = 0; i < COUNT_OF(MARKERS); i++) {
        PyObject *result = PyObject_CallMethod(args[0], "addinivalue_line", "ss", "markers", MARKERS[i]);
        if (!result) {
            return NULL;
        }
        Py_DECREF(result);
    }
    Py_RETURN_NONE;
}

static PyObject *
fail_async(Node *function)
{
    (void)function;
    return outcome_fail(function->engine->state, false,
                        "async def functions are not natively supported.\n"
                        "You need to install a suitable plugin for your async framework, for example:\n"
                        "  - anyio\n"
                        "  - pytest-asyncio\n"
                        "  - pytest-tornasync\n"
                        "  - pytest-trio\n"
                        "  - pytest-twisted");
}

/* The test's arguments by keyword: a new dict. */
static PyObject *
test_arguments(Node *function, PyObject *argnames)
{
    PyObject *arguments = PyDict_New();
    PyObject *funcargs = PyObject_GetAttr((PyObject *)function, function->engine->state->names.funcargs);

    for (Py_ssize_t i = 0; funcargs && arguments && i < PyTuple_Size(argnames); i++) {
        PyObject *name = PyTuple_GetItem(argnames, i);
        PyObject *value = PyObject_GetItem(funcargs, name);
        if (py_dict_set_take(arguments, name, value) < 0) {
            Py_CLEAR(arguments);
        }
    }
    if (!funcargs) {
        Py_CLEAR(arguments);
    }
    Py_XDECREF(funcargs);
    return arguments;
}

static PyObject *
call_test_function(Node *function, PyObject *object)
{
    struct state *state = function->engine->state;
    PyObject *argnames = function->fixtureinfo ? fixture_info_argnames(function->fixtureinfo) : NULL;
    PyObject *arguments = NULL;
    PyObject *result = NULL;

    if (!argnames) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_AttributeError, "_fixtureinfo");
        }
        return NULL;
    }
    if (PyTuple_Size(argnames) == 0) {
        return py_call0(object);
    }
    arguments = test_arguments(function, argnames);
    result = arguments ? PyObject_Call(object, state->empty_tuple, arguments) : NULL;
    Py_XDECREF(arguments);
    return result;
}

/* What a test function returned should have been None. Takes the reference. */
static int
judge_return_value_take(Node *function, PyObject *value)
{
    struct state *state = function->engine->state;
    PyObject *found = NULL;
    PyObject *category = NULL;
    PyObject *nodeid = NULL;
    int is_awaitable = py_find_attr(state, value, state->names.__await__, &found);
    int status = -1;

    Py_CLEAR(found);
    if (is_awaitable == 0) {
        is_awaitable = py_find_attr(state, value, state->names.__aiter__, &found);
        Py_CLEAR(found);
    }
    if (is_awaitable != 0) {
        if (is_awaitable > 0) {
            fail_async(function);
        }
        goto done;
    }
    category = py_import_attr("_pytest.warning_types", "PytestReturnNotNoneWarning");
    nodeid = category ? Py_XNewRef(node_nodeid(function)) : NULL;
    if (nodeid) {
        status = PyErr_WarnFormat(category, 1,
                                  "Test functions should return None, but %U returned %R.\n"
                                  "Did you mean to use `assert` instead of `return`?\n"
                                  "See https://docs.pytest.org/en/stable/how-to/assert.html#return-not-none for more "
                                  "information.",
                                  nodeid, Py_TYPE(value));
    }
done:
    Py_XDECREF(category);
    Py_XDECREF(nodeid);
    Py_DECREF(value);
    return status;
}

PyObject *
python_pyfunc_call(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    Node *function = (Node *)args[0];
    PyObject *object = function_object(function);
    PyObject *result = NULL;
    int is_async = 0;

    if (!object) {
        return NULL;
    }
    if (!(function->kind & FUNCTION_IS_PLAIN)) {
        is_async = is_async_function(engine->state, object);
    }
    if (is_async) {
        Py_DECREF(object);
        return is_async < 0 ? NULL : fail_async(function);
    }
    result = call_test_function(function, object);
    Py_DECREF(object);
    if (!result) {
        return NULL;
    }
    if (result != Py_None) {
        return judge_return_value_take(function, result) < 0 ? NULL : Py_NewRef(Py_True);
    }
    Py_DECREF(result);
    Py_RETURN_TRUE;
}

static const struct native_hook PYTHON_HOOKS[] = {
    {.id = HOOK_configure, .call = python_configure},
    {.id = HOOK_generate_tests, .call = marks_generate_tests},
    {.id = HOOK_pyfunc_call, .flags = NATIVE_TRYLAST, .call = python_pyfunc_call},
    {.id = HOOK_collect_directory, .call = python_collect_directory},
    {.id = HOOK_collect_file, .call = python_collect_file},
    {.id = HOOK_pycollect_makemodule, .call = python_makemodule},
    {.id = HOOK_pycollect_makeitem, .flags = NATIVE_TRYLAST, .call = python_makeitem},
};

static const struct ini_spec PYTHON_INIS[] = {
    {.name = "python_files",
     .type = "args",
     .default_text = "['test_*.py', '*_test.py']",
     .help = "Glob-style file patterns for Python test module discovery"},
    {.name = "python_classes",
     .type = "args",
     .default_text = "['Test']",
     .help = "Prefixes or glob names for Python test class discovery"},
    {.name = "python_functions",
     .type = "args",
     .default_text = "['test']",
     .help = "Prefixes or glob names for Python test function and method discovery"},
    {.name = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support",
     .type = "bool",
     .default_text = "False",
     .help = "Disable string escape non-ASCII characters, might cause unwanted side effects(use at your own risk)"},
    {.name = "strict_parametrization_ids",
     .type = "bool",
     .default_text = "None",
     .help = "Emit an error if non-unique parameter set IDs are detected"},
    {.name = "parametrize_long_str_id_strategy",
     .type = "'short' | 'sha256' | 'legacy' | 'disallow'",
     .default_text = "'short'",
     .help = "strategy for long str/bytes parameter values in auto-generated ids\n"
             "- short (default): values over 100 chars fall back to argname+index\n"
             "- sha256: replace value with its sha256 hex digest\n"
             "- legacy: keep the full value (for temporary backward compatibility)\n"
             "- disallow: raise an error requesting explicit ids"},
};

const struct native_plugin PYTHON_PLUGIN = {
    .name = "python",
    .module = "_pytest.python",
    .hooks = PYTHON_HOOKS,
    .hook_count = COUNT_OF(PYTHON_HOOKS),
    .inis = PYTHON_INIS,
    .ini_count = COUNT_OF(PYTHON_INIS),
};

/* ---- main ---- */

static int
starts_with_any(PyObject *nodeid, PyObject *prefixes)
{
    PyObject *answer = PyObject_CallMethod(nodeid, "startswith", "O", prefixes);
    int result = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return result;
}

/* Splits the items by --deselect: 0 or -1. */
static int
split_items(struct engine *engine, PyObject *items, PyObject *prefixes, PyObject *remaining, PyObject *deselected)
{
    for (Py_ssize_t i = 0; i < PyList_Size(items); i++) {
        PyObject *item = PyList_GetItem(items, i);
        PyObject *nodeid = node_check(engine->state, item) ? Py_XNewRef(node_nodeid((Node *)item)) : NULL;
        /* An argument to startswith() in a tuple of its own: CallMethod would spread it. */
        PyObject *wrapped = nodeid ? PyTuple_Pack(1, prefixes) : NULL;
        int matches = wrapped ? starts_with_any(nodeid, wrapped) : -1;
        Py_XDECREF(nodeid);
        Py_XDECREF(wrapped);
        if (matches < 0 || PyList_Append(matches ? deselected : remaining, item) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
main_collection_modifyitems(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *items = args[2];
    PyObject *option = option_get(engine, "deselect");
    int is_set = option ? PyObject_IsTrue(option) : -1;
    PyObject *prefixes = is_set > 0 ? PySequence_Tuple(option) : NULL;
    PyObject *remaining = prefixes ? PyList_New(0) : NULL;
    PyObject *deselected = remaining ? PyList_New(0) : NULL;
    int status = is_set <= 0 ? is_set : -1;

    if (deselected) {
        status = split_items(engine, items, prefixes, remaining, deselected);
        if (status == 0 && PyList_Size(deselected) > 0) {
            status = hook_notify(engine->relay, HOOK_deselected, &deselected);
            if (status == 0) {
                status = PyList_SetSlice(items, 0, PyList_Size(items), remaining);
            }
        }
    }
    Py_XDECREF(option);
    Py_XDECREF(prefixes);
    Py_XDECREF(remaining);
    Py_XDECREF(deselected);
    return py_none_or_error(status);
}

const struct option_spec MAIN_OPTIONS[] = {
    {.group = "general",
     .names = {"-x", "--exitfirst"},
     .dest = "maxfail",
     .action = OPTION_STORE_CONST,
     .const_text = "1",
     .help = "Exit instantly on first error or failed test"},
    {.group = "general",
     .names = {"--maxfail"},
     .dest = "maxfail",
     .type = OPTION_INT,
     .default_text = "0",
     .metavar = "num",
     .help = "Exit after first num failures or errors"},
    {.group = "general",
     .names = {"--strict-config"},
     .action = OPTION_CUSTOM,
     .custom_action = "_pytest.config.argparsing:OverrideIniAction strict_config=true",
     .help = "Enables the strict_config option"},
    {.group = "general",
     .names = {"--strict-markers"},
     .action = OPTION_CUSTOM,
     .custom_action = "_pytest.config.argparsing:OverrideIniAction strict_markers=true",
     .help = "Enables the strict_markers option"},
    {.group = "general",
     .names = {"--strict"},
     .action = OPTION_CUSTOM,
     .custom_action = "_pytest.config.argparsing:OverrideIniAction strict=true",
     .help = "Enables the strict option"},
    {.group = "pytest-warnings",
     .names = {"-W", "--pythonwarnings"},
     .dest = "pythonwarnings",
     .action = OPTION_APPEND,
     .help = "Set which warnings to report, see -W option of Python itself"},
    {.group = "pytest-warnings",
     .names = {"--max-warnings"},
     .dest = "max_warnings",
     .type = OPTION_INT,
     .default_text = "None",
     .metavar = "num",
     .help = "Exit with error if all tests pass but the number of warnings exceeds this threshold"},
    {.group = "collect",
     .names = {"--collectonly", "--collect-only", "--co"},
     .dest = "collectonly",
     .action = OPTION_STORE_TRUE,
     .help = "Only collect tests, don't execute them"},
    {.group = "collect",
     .names = {"--pyargs"},
     .dest = "pyargs",
     .action = OPTION_STORE_TRUE,
     .help = "Try to interpret all arguments as Python packages"},
    {.group = "collect",
     .names = {"--ignore"},
     .dest = "ignore",
     .action = OPTION_APPEND,
     .metavar = "path",
     .help = "Ignore path during collection (multi-allowed)"},
    {.group = "collect",
     .names = {"--ignore-glob"},
     .dest = "ignore_glob",
     .action = OPTION_APPEND,
     .metavar = "path",
     .help = "Ignore path pattern during collection (multi-allowed)"},
    {.group = "collect",
     .names = {"--deselect"},
     .dest = "deselect",
     .action = OPTION_APPEND,
     .metavar = "nodeid_prefix",
     .help = "Deselect item (via node id prefix) during collection (multi-allowed)"},
    {.group = "collect",
     .names = {"--confcutdir"},
     .dest = "confcutdir",
     .type = OPTION_CUSTOM_TYPE,
     .default_text = "None",
     .metavar = "dir",
     .custom_type = "_pytest.main:_confcutdir_argument",
     .help = "Only load conftest.py's relative to specified dir"},
    {.group = "collect",
     .names = {"--noconftest"},
     .dest = "noconftest",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "Don't load any conftest.py files"},
    {.group = "collect",
     .names = {"--keepduplicates", "--keep-duplicates"},
     .dest = "keepduplicates",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "Keep duplicate tests"},
    {.group = "collect",
     .names = {"--collect-in-virtualenv"},
     .dest = "collect_in_virtualenv",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "Don't ignore tests in a local virtualenv directory"},
    {.group = "collect",
     .names = {"--continue-on-collection-errors"},
     .dest = "continue_on_collection_errors",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "Force test execution even if collection errors occur"},
    {.group = "collect",
     .names = {"--import-mode"},
     .dest = "importmode",
     .default_text = "'prepend'",
     .choices = {"prepend", "append", "importlib"},
     .help = "Prepend/append to sys.path when importing test modules and conftest files. Default: prepend."},
    {.group = "debugconfig",
     .names = {"-c", "--config-file"},
     .dest = "inifilename",
     .metavar = "FILE",
     .help = "Load configuration from `FILE` instead of trying to locate one of the implicit configuration files."},
    {.group = "debugconfig",
     .names = {"--rootdir"},
     .dest = "rootdir",
     .help = "Define root directory for tests. Can be relative path: 'root_dir', './root_dir', "
             "'root_dir/another_dir/'; absolute path: '/home/user/root_dir'; path with variables: "
             "'$HOME/root_dir'."},
    {.group = "debugconfig",
     .names = {"--basetemp"},
     .dest = "basetemp",
     .type = OPTION_CUSTOM_TYPE,
     .default_text = "None",
     .metavar = "dir",
     .custom_type = "_pytest.main:validate_basetemp",
     .help = "Base temporary directory for this test run. (Warning: this directory is removed if it exists.)"},
};
static_assert(COUNT_OF(MAIN_OPTIONS) == MAIN_OPTION_COUNT, "the header says how many");

const struct ini_spec MAIN_INIS[] = {
    {.name = "strict_config",
     .type = "bool",
     .default_text = "None",
     .help = "Any warnings encountered while parsing the `pytest` section of the configuration file raise errors"},
    {.name = "strict_markers",
     .type = "bool",
     .default_text = "None",
     .help = "Markers not registered in the `markers` section of the configuration file raise errors"},
    {.name = "strict",
     .type = "bool",
     .default_text = "False",
     .help = "Enables all strictness options, currently: "
             "strict_config, strict_markers, strict_xfail, strict_parametrization_ids"},
    {.name = "filterwarnings",
     .type = "linelist",
     .help = "Each line specifies a pattern for warnings.filterwarnings. Processed after -W/--pythonwarnings."},
    {.name = "max_warnings",
     .type = "int | string",
     .default_text = "None",
     .help = "Exit with error if all tests pass but the number of warnings exceeds this threshold"},
    {.name = "norecursedirs",
     .type = "args",
     .default_text = "['*.egg', '.*', '_darcs', 'build', 'CVS', 'dist', 'node_modules', 'venv', '{arch}']",
     .help = "Directory patterns to avoid for recursion"},
    {.name = "testpaths",
     .type = "args",
     .default_text = "[]",
     .help = "Directories to search for tests when no files or directories are given on the command line"},
    {.name = "collect_imported_tests",
     .type = "bool",
     .default_text = "True",
     .help = "Whether to collect tests in imported modules outside `testpaths`"},
    {.name = "consider_namespace_packages",
     .type = "bool",
     .default_text = "False",
     .help = "Consider namespace packages when resolving module names during import"},
};
static_assert(COUNT_OF(MAIN_INIS) == MAIN_INI_COUNT, "the header says how many");
