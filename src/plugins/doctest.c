/* The plugin "doctest": sees at once which files are none of its business; the rest is Python (`_pytest.doctest`). */
#include "plugins/doctest.h"

#include <string.h>

#include "fixtures/fixtures.h"

static bool
ends_with(const char *text, size_t length, const char *suffix)
{
    size_t wanted = strlen(suffix);
    return length >= wanted && memcmp(text + length - wanted, suffix, wanted) == 0;
}

/* Whether the file may hold doctests: 1, 0, -1. Patterns of --doctest-glob are Python's to match. */
static int
may_hold_doctests(struct engine *engine, PyObject *path_text)
{
    Py_ssize_t size = 0;
    const char *text = py_utf8_sized(path_text, &size);

    if (!text) {
        PyErr_Clear(); /* surrogates in the name: Python decides */
        return 1;
    }
    if (ends_with(text, (size_t)size, ".py")) {
        return option_is_true(engine, "doctestmodules");
    }
    if (ends_with(text, (size_t)size, ".txt") || ends_with(text, (size_t)size, ".rst")) {
        return 1;
    }
    return option_is_true(engine, "doctestglob");
}

static PyObject *
on_collect_file(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    PyObject *path_text = py_path_text(engine->state, args[0]);
    int may_hold = path_text ? may_hold_doctests(engine, path_text) : -1;
    PyObject *function = NULL;
    PyObject *collector = NULL;

    if (may_hold > 0) {
        function = py_import_attr("_pytest.doctest", "pytest_collect_file");
        collector = function ? py_call2(function, path_text, args[1]) : NULL;
    } else if (may_hold == 0) {
        collector = Py_NewRef(Py_None);
    }
    Py_XDECREF(function);
    Py_XDECREF(path_text);
    return collector;
}

static PyObject *
setup_namespace(struct engine *Py_UNUSED(engine), PyObject *Py_UNUSED(request), PyObject *const *Py_UNUSED(args))
{
    return PyDict_New();
}

static const struct native_fixture DOCTEST_FIXTURES[] = {
    {.name = "doctest_namespace",
     .scope = SCOPE_SESSION,
     .setup = setup_namespace,
     .module = "_pytest.doctest",
     .doc = "Fixture that returns a :py:class:`dict` that will be injected into the\n"
            "    namespace of doctests.\n\n"
            "    Usually this fixture is used in conjunction with another ``autouse`` fixture:\n\n"
            "    .. code-block:: python\n\n        @pytest.fixture(autouse=True)\n"
            "        def add_np(doctest_namespace):\n            doctest_namespace[\"np\"] = numpy\n\n"
            "    For more details: :ref:`doctest_namespace`.\n    ",
     .line = 737},
};

static PyObject *
register_fixtures(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    if (fixtures_register_native(engine, DOCTEST_FIXTURES, COUNT_OF(DOCTEST_FIXTURES)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static const struct native_hook DOCTEST_HOOKS[] = {
    {.id = HOOK_collect_file, .call = on_collect_file},
    {.id = HOOK_sessionstart, .call = register_fixtures},
};

static const struct option_spec DOCTEST_OPTIONS[] = {
    {.group = "collect",
     .names = {"--doctest-modules"},
     .dest = "doctestmodules",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "Run doctests in all .py modules"},
    {.group = "collect",
     .names = {"--doctest-report"},
     .dest = "doctestreport",
     .type = OPTION_CUSTOM_TYPE,
     .default_text = "'udiff'",
     .help = "Choose another output format for diffs on doctest failure",
     .choices = {"none", "cdiff", "ndiff", "udiff", "only_first_failure"},
     .custom_type = "_pytest.doctest:report_choice"},
    {.group = "collect",
     .names = {"--doctest-glob"},
     .dest = "doctestglob",
     .action = OPTION_APPEND,
     .default_text = "[]",
     .metavar = "pat",
     .help = "Doctests file matching pattern, default: test*.txt"},
    {.group = "collect",
     .names = {"--doctest-ignore-import-errors"},
     .dest = "doctest_ignore_import_errors",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "Ignore doctest collection errors"},
    {.group = "collect",
     .names = {"--doctest-continue-on-failure"},
     .dest = "doctest_continue_on_failure",
     .action = OPTION_STORE_TRUE,
     .default_text = "False",
     .help = "For a given doctest, continue to run after the first failure"},
};

static const struct ini_spec DOCTEST_INIS[] = {
    {.name = "doctest_optionflags",
     .type = "args",
     .default_text = "['ELLIPSIS']",
     .help = "Option flags for doctests"},
    {.name = "doctest_encoding", .default_text = "'utf-8'", .help = "Encoding used for doctest files"},
};

const struct native_plugin DOCTEST_PLUGIN = {
    .name = "doctest",
    .module = "_pytest.doctest",
    .hooks = DOCTEST_HOOKS,
    .hook_count = COUNT_OF(DOCTEST_HOOKS),
    .options = DOCTEST_OPTIONS,
    .option_count = COUNT_OF(DOCTEST_OPTIONS),
    .inis = DOCTEST_INIS,
    .ini_count = COUNT_OF(DOCTEST_INIS),
};
