"""Functions of pytest's plugin modules whose work is done in C: hook implementations and fixtures, as attributes.

A module of ours asks for what it has no name for: `from _pytest.runner import pytest_runtest_makereport`.
"""

# Plain implementations that get an argument which leads to the run: a wrapper means nothing outside of its hook.
HOOKS = {
    "_pytest.assertion": {
        "pytest_collection": "session",
        "pytest_configure": "config",
        "pytest_sessionfinish": "session",
    },
    "_pytest.cacheprovider": {
        "pytest_cmdline_main": "config",
        "pytest_configure": "config",
        "pytest_report_header": "config",
    },
    "_pytest.debugging": {
        "pytest_configure": "config",
    },
    "_pytest.faulthandler": {
        "pytest_configure": "config",
        "pytest_unconfigure": "config",
    },
    "_pytest.fixtures": {
        "pytest_cmdline_main": "config",
        "pytest_sessionstart": "session",
    },
    "_pytest.junitxml": {
        "pytest_unconfigure": "config",
    },
    "_pytest.legacypath": {
        "pytest_load_initial_conftests": "early_config",
        "pytest_plugin_registered": "plugin manager",
    },
    "_pytest.logging": {
        "pytest_configure": "config",
    },
    "_pytest.main": {
        "pytest_cmdline_main": "config",
        "pytest_collection": "session",
        "pytest_runtestloop": "session",
    },
    "_pytest.mark": {
        "pytest_cmdline_main": "config",
        "pytest_collection_modifyitems": "items config",
    },
    "_pytest.pastebin": {
        "pytest_configure": "config",
        "pytest_terminal_summary": "terminalreporter",
        "pytest_unconfigure": "config",
    },
    "_pytest.python": {
        "pytest_configure": "config",
        "pytest_generate_tests": "metafunc",
    },
    "_pytest.runner": {
        "pytest_make_collect_report": "collector",
        "pytest_runtest_makereport": "item call",
        "pytest_runtest_protocol": "item nextitem",
        "pytest_runtest_setup": "item",
        "pytest_runtest_teardown": "item nextitem",
        "pytest_sessionfinish": "session",
        "pytest_terminal_summary": "terminalreporter",
    },
    "_pytest.setuponly": {
        "pytest_cmdline_main": "config",
        "pytest_fixture_post_finalizer": "fixturedef request",
    },
    "_pytest.setupplan": {
        "pytest_cmdline_main": "config",
        "pytest_fixture_setup": "fixturedef request",
    },
    "_pytest.skipping": {
        "pytest_configure": "config",
    },
    "_pytest.stepwise": {
        "pytest_configure": "config",
    },
    "_pytest.subtests": {
        "pytest_configure": "config",
        "pytest_report_teststatus": "report config",
    },
    "_pytest.terminal": {
        "pytest_configure": "config",
    },
    "_pytest.threadexception": {
        "pytest_configure": "config",
        "pytest_runtest_call": "item",
        "pytest_runtest_setup": "item",
        "pytest_runtest_teardown": "item",
    },
    "_pytest.tmpdir": {
        "pytest_configure": "config",
        "pytest_sessionfinish": "session exitstatus",
    },
    "_pytest.unittest": {
        "pytest_pycollect_makeitem": "collector name obj",
        "pytest_runtest_makereport": "item call",
    },
    "_pytest.unraisableexception": {
        "pytest_configure": "config",
        "pytest_runtest_call": "item",
        "pytest_runtest_setup": "item",
        "pytest_runtest_teardown": "item",
        "pytest_unconfigure": "config",
    },
    "_pytest.warnings": {
        "pytest_configure": "config",
    },
}

# By module: the scope of each.
FIXTURES = {
    "_pytest.cacheprovider": {"cache": "function"},
    "_pytest.capture": {
        "capfd": "function",
        "capfdbinary": "function",
        "capsys": "function",
        "capsysbinary": "function",
        "capteesys": "function",
    },
    "_pytest.doctest": {"doctest_namespace": "session"},
    "_pytest.logging": {"caplog": "function"},
    "_pytest.monkeypatch": {"monkeypatch": "function"},
    "_pytest.recwarn": {"recwarn": "function"},
    "_pytest.subtests": {"subtests": "function"},
    "_pytest.tmpdir": {"tmp_path": "function", "tmp_path_factory": "session"},
}


def stand_in(plugin, name):
    """What HookImpl.function gives where there is no function: its name and module, for whoever lists them."""
    module = getattr(plugin, "__name__", None) or type(plugin).__module__
    if name in HOOKS.get(module, ()):
        return hook_function(module, name)

    def function(*args, **kwargs):
        raise TypeError(f"{name} of {module} is not a Python function: call the hook")

    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    return function


def attribute(module, name):
    """What `from module import name` finds, where the module itself has no such name."""
    if name in HOOKS.get(module, ()):
        return hook_function(module, name)
    if name in FIXTURES.get(module, ()):
        return fixture_function(module, name)
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def hook_function(module, name):
    """Runs the hook as if the plugin were the only one that implements it."""
    import inspect

    words = HOOKS[module][name].split()
    signature = inspect.Signature([inspect.Parameter(word, inspect.Parameter.POSITIONAL_OR_KEYWORD) for word in words])

    def function(*args, **kwargs):
        values = signature.bind(*args, **kwargs).arguments
        manager = _config_of(values).pluginmanager
        plugin = manager.get_plugin(module.rpartition(".")[2])
        if plugin is None:
            raise RuntimeError(f"the plugin of {module} is not registered")
        caller = manager.subset_hook_caller(name, [other for other in manager.get_plugins() if other is not plugin])
        for word in caller.spec.argnames:
            values.setdefault(word, None)
        result = caller(**values)
        return (result[0] if result else None) if isinstance(result, list) else result

    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    function.__signature__ = signature
    return function


def _config_of(values):
    from _pytest.config import Config

    for value in values.values():
        config = value if isinstance(value, Config) else getattr(value, "config", None)
        if config is not None:
            return config
    raise TypeError("none of the arguments leads to a config")


def fixture_function(module, name):
    """The fixture under another name: `from _pytest.logging import caplog as _caplog` in a conftest."""
    import pytest

    def function(request):
        return request.getfixturevalue(name)

    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    return pytest.fixture(scope=FIXTURES[module][name])(function)
