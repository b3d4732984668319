/* Built-in plugin "junitxml": its options and fixtures. The file itself is written in Python, when there is one. */
#include "plugins/junitxml.h"

#include "fixtures/fixtures.h"

static PyObject *
call_python(const char *function, PyObject *argument)
{
    PyObject *callable = py_import_attr("_pytest.junitxml", function);
    PyObject *result = callable ? py_call1(callable, argument) : NULL;

    Py_XDECREF(callable);
    return result;
}

static PyObject *
setup_record_property(struct engine *Py_UNUSED(engine), PyObject *request, PyObject *const *Py_UNUSED(args))
{
    return call_python("record_property", request);
}

static PyObject *
setup_record_xml_attribute(struct engine *Py_UNUSED(engine), PyObject *request, PyObject *const *Py_UNUSED(args))
{
    return call_python("record_xml_attribute", request);
}

static PyObject *
setup_record_testsuite_property(struct engine *Py_UNUSED(engine), PyObject *request, PyObject *const *Py_UNUSED(args))
{
    return call_python("record_testsuite_property", request);
}

static const struct native_fixture JUNIT_FIXTURES[] = {
    {.name = "record_property",
     .scope = SCOPE_FUNCTION,
     .argnames = {"request"},
     .setup = setup_record_property,
     .module = "_pytest.junitxml",
     .doc = "Add extra properties to the calling test.\n"
            "\n"
            "    User properties become part of the test report and are available to the\n"
            "    configured reporters, like JUnit XML.\n"
            "\n"
            "    The fixture is callable with ``name, value``. The value is automatically\n"
            "    XML-encoded.\n"
            "\n"
            "    Example::\n"
            "\n"
            "        def test_function(record_property):\n"
            "            record_property(\"example_key\", 1)\n"
            "    ",
     .line = 321},
    {.name = "record_xml_attribute",
     .scope = SCOPE_FUNCTION,
     .setup = setup_record_xml_attribute,
     .module = "_pytest.junitxml",
     .doc = "Add extra xml attributes to the tag for the calling test.\n"
            "\n"
            "    The fixture is callable with ``name, value``. The value is\n"
            "    automatically XML-encoded.\n"
            "    ",
     .line = 344},
    {.name = "record_testsuite_property",
     .scope = SCOPE_SESSION,
     .argnames = {"request"},
     .setup = setup_record_testsuite_property,
     .module = "_pytest.junitxml",
     .doc = "Record a new ``<property>`` tag as child of the root ``<testsuite>``.\n"
            "\n"
            "    This is suitable to writing global information regarding the entire test\n"
            "    suite, and is compatible with ``xunit2`` JUnit family.\n"
            "\n"
            "    This is a ``session``-scoped fixture which is called with ``(name, value)``. Example:\n"
            "\n"
            "    .. code-block:: python\n"
            "\n"
            "        def test_foo(record_testsuite_property):\n"
            "            record_testsuite_property(\"ARCH\", \"PPC\")\n"
            "            record_testsuite_property(\"STORAGE_TYPE\", \"CEPH\")\n"
            "\n"
            "    :param name:\n"
            "        The property name.\n"
            "    :param value:\n"
            "        The property value. Will be converted to a string.\n"
            "\n"
            "    .. warning::\n"
            "\n"
            "        Currently this fixture **does not work** with the\n"
            "        `pytest-xdist <https://github.com/pytest-dev/pytest-xdist>`__ plugin. See\n"
            "        :issue:`7767` for details.\n"
            "    ",
     .line = 382},
};

static PyObject *
junit_sessionstart(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *Py_UNUSED(args))
{
    if (fixtures_register_native(engine, JUNIT_FIXTURES, COUNT_OF(JUNIT_FIXTURES)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
junit_configure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int is_wanted = option_is_true(engine, "xmlpath");

    if (is_wanted < 0) {
        return NULL;
    }
    return is_wanted ? call_python("pytest_configure", args[0]) : Py_NewRef(Py_None);
}

static PyObject *
junit_unconfigure(struct engine *engine, PyObject *Py_UNUSED(self), PyObject *const *args)
{
    int is_wanted = option_is_true(engine, "xmlpath");

    if (is_wanted < 0) {
        return NULL;
    }
    return is_wanted ? call_python("_stop", args[0]) : Py_NewRef(Py_None);
}

static const struct native_hook JUNIT_HOOKS[] = {
    {.id = HOOK_sessionstart, .call = junit_sessionstart},
    {.id = HOOK_configure, .call = junit_configure},
    {.id = HOOK_unconfigure, .call = junit_unconfigure},
};

static const struct option_spec JUNIT_OPTIONS[] = {
    {.group = "terminal reporting",
     .names = {"--junitxml", "--junit-xml"},
     .dest = "xmlpath",
     .action = OPTION_STORE,
     .type = OPTION_CUSTOM_TYPE,
     .custom_type = "_pytest.junitxml:_xml_path",
     .default_text = "None",
     .metavar = "path",
     .help = "Create junit-xml style report file at given path"},
    {.group = "terminal reporting",
     .names = {"--junitprefix", "--junit-prefix"},
     .dest = "junitprefix",
     .action = OPTION_STORE,
     .default_text = "None",
     .metavar = "str",
     .help = "Prepend prefix to classnames in junit-xml output"},
};

static const struct ini_spec JUNIT_INIS[] = {
    {.name = "junit_suite_name", .default_text = "'pytest'", .help = "Test suite name for JUnit report"},
    {.name = "junit_logging",
     .type = "'no' | 'log' | 'system-out' | 'system-err' | 'out-err' | 'all'",
     .default_text = "'no'",
     .help = "Write captured log messages to JUnit report"},
    {.name = "junit_log_passing_tests",
     .type = "bool",
     .default_text = "True",
     .help = "Capture log information for passing tests to JUnit report: "},
    {.name = "junit_duration_report",
     .type = "'total' | 'call'",
     .default_text = "'total'",
     .help = "Duration time to report"},
    {.name = "junit_family",
     .type = "'legacy' | 'xunit1' | 'xunit2'",
     .default_text = "'xunit2'",
     .help = "Emit XML for schema"},
};

const struct native_plugin JUNITXML_PLUGIN = {
    .name = "junitxml",
    .module = "_pytest.junitxml",
    .hooks = JUNIT_HOOKS,
    .hook_count = COUNT_OF(JUNIT_HOOKS),
    .options = JUNIT_OPTIONS,
    .option_count = COUNT_OF(JUNIT_OPTIONS),
    .inis = JUNIT_INIS,
    .ini_count = COUNT_OF(JUNIT_INIS),
};
