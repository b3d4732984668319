"""The specifications of pytest's hooks: names, arguments, and when each is called."""

from fastest._fastest import hookspec


@hookspec(historic=True)
def pytest_addhooks(pluginmanager):
    """A plugin was registered: it may add hooks with ``pluginmanager.add_hookspecs()``."""


@hookspec(historic=True)
def pytest_plugin_registered(plugin, plugin_name, manager):
    """A plugin got registered."""


@hookspec(historic=True)
def pytest_addoption(parser, pluginmanager):
    """Add options with ``parser.addoption()`` and ini values with ``parser.addini()``."""


@hookspec(historic=True)
def pytest_configure(config):
    """The command line is parsed: initial configuration."""


@hookspec(firstresult=True)
def pytest_cmdline_parse(pluginmanager, args):
    """Return the Config for these arguments. The first result counts."""


def pytest_load_initial_conftests(early_config, parser, args):
    """Load the initial conftest files, before the command line is parsed."""


@hookspec(firstresult=True)
def pytest_cmdline_main(config):
    """Perform the main action. The first result counts: the exit code."""


@hookspec(firstresult=True)
def pytest_collection(session):
    """Perform the collection. The first result counts."""


def pytest_collection_modifyitems(session, config, items):
    """The items are collected: filter or reorder them in place."""


def pytest_collection_finish(session):
    """The collection has been performed and modified."""


@hookspec(firstresult=True)
def pytest_ignore_collect(collection_path, config):
    """Return True to ignore the path, False to consider it. The first result counts."""


@hookspec(firstresult=True)
def pytest_collect_directory(path, parent):
    """Make a collector for a directory. The first result counts."""


def pytest_collect_file(file_path, parent):
    """Make a collector for a file, or return None."""


def pytest_collectstart(collector):
    """A collector starts to collect."""


def pytest_itemcollected(item):
    """A test item was collected."""


def pytest_collectreport(report):
    """A collector has finished."""


def pytest_deselected(items):
    """Items were deselected, for example by keyword."""


@hookspec(firstresult=True)
def pytest_make_collect_report(collector):
    """Run ``collector.collect()`` and return a CollectReport. The first result counts."""


@hookspec(firstresult=True)
def pytest_pycollect_makemodule(module_path, parent):
    """Make a Module for a test module path. The first result counts."""


@hookspec(firstresult=True)
def pytest_pycollect_makeitem(collector, name, obj):
    """Make an item or collector for a Python object. The first result counts."""


@hookspec(firstresult=True)
def pytest_pyfunc_call(pyfuncitem):
    """Call a test function. The first result counts."""


def pytest_generate_tests(metafunc):
    """Generate calls of a test function: ``metafunc.parametrize()``."""


@hookspec(firstresult=True)
def pytest_make_parametrize_id(config, val, argname):
    """Return the text of a parameter for ids. The first result counts."""


@hookspec(firstresult=True)
def pytest_runtestloop(session):
    """Run the tests. The first result counts."""


@hookspec(firstresult=True)
def pytest_runtest_protocol(item, nextitem):
    """Run the phases of one item. The first result counts."""


def pytest_runtest_logstart(nodeid, location):
    """The protocol of an item starts."""


def pytest_runtest_logfinish(nodeid, location):
    """The protocol of an item ends."""


def pytest_runtest_setup(item):
    """Set an item up."""


def pytest_runtest_call(item):
    """Run an item."""


def pytest_runtest_teardown(item, nextitem):
    """Tear an item down; ``nextitem`` says how far."""


@hookspec(firstresult=True)
def pytest_runtest_makereport(item, call):
    """Make the TestReport of a phase. The first result counts."""


def pytest_runtest_logreport(report):
    """A phase was reported."""


@hookspec(firstresult=True)
def pytest_report_to_serializable(config, report):
    """Turn a report into data for json. The first result counts."""


@hookspec(firstresult=True)
def pytest_report_from_serializable(config, data):
    """Turn such data into a report. The first result counts."""


@hookspec(firstresult=True)
def pytest_fixture_setup(fixturedef, request):
    """Set a fixture up. The first result counts."""


def pytest_fixture_post_finalizer(fixturedef, request):
    """A fixture was torn down; its cached result is still there."""


def pytest_sessionstart(session):
    """The Session exists, nothing is collected."""


def pytest_sessionfinish(session, exitstatus):
    """The whole run has finished, before the exit status is returned."""


def pytest_unconfigure(config):
    """The process of testing is about to end."""


def pytest_assertrepr_compare(config, op, left, right):
    """Explain a failed comparison: a list of lines, or None."""


def pytest_assertion_pass(item, lineno, orig, expl):
    """An assertion passed; needs the ini value ``enable_assertion_pass_hook``."""


def pytest_report_header(config, start_path):
    """Lines for the header."""


def pytest_report_collectionfinish(config, start_path, items):
    """Lines to show after the collection."""


@hookspec(firstresult=True)
def pytest_report_teststatus(report, config):
    """Return (category, letter, word) of a report. The first result counts."""


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """Add sections to the summary."""


@hookspec(historic=True)
def pytest_warning_recorded(warning_message, when, nodeid, location):
    """A warning was recorded."""


def pytest_markeval_namespace(config):
    """Names for the conditions of skipif and xfail."""


def pytest_internalerror(excrepr, excinfo):
    """An internal error happened; True suppresses its output."""


def pytest_keyboard_interrupt(excinfo):
    """The run was interrupted by the keyboard."""


def pytest_exception_interact(node, call, report):
    """An exception was raised that can be looked into interactively."""


def pytest_enter_pdb(config, pdb):
    """``pdb.set_trace()`` was called."""


def pytest_leave_pdb(config, pdb):
    """The debugger ends."""
