"""Dispatch, the plugin manager and the finder, in process. Order of calls as pluggy has it."""

import gc
import os
import subprocess
import sys
import textwrap
import types
import weakref

sys.setdlopenflags(os.RTLD_LAZY)
from fastest import _fastest  # noqa: E402

_fastest.install_finder()

import pluggy  # noqa: E402
import pytest  # noqa: E402


@pytest.fixture
def manager():
    return _fastest.PytestPluginManager()


def plugin(**functions):
    return types.SimpleNamespace(**functions)


def logging_plugin(log, name, hook, **options):
    if options.get("wrapper"):

        def function(item):
            log.append(f"{name} before")
            result = yield
            log.append(f"{name} after")
            return result
    elif options.get("hookwrapper"):

        def function(item):
            log.append(f"{name} before")
            yield
            log.append(f"{name} after")
    else:

        def function(item):
            log.append(name)

    return plugin(**{hook: pytest.hookimpl(**options)(function)})


def test_order_is_pluggys(manager):
    log = []
    forms = [
        ("last", {"trylast": True}),
        ("plain1", {}),
        ("first", {"tryfirst": True}),
        ("wrapper", {"wrapper": True}),
        ("plain2", {}),
        ("old-last", {"hookwrapper": True, "trylast": True}),
        ("old-first", {"hookwrapper": True, "tryfirst": True}),
    ]
    for name, options in forms:
        manager.register(logging_plugin(log, name, "pytest_runtest_call", **options), name)
    assert manager.hook.pytest_runtest_call(item=1) == []
    inside = ["first", "plain2", "plain1", "last"]
    assert log == [
        *("old-first before", "wrapper before", "old-last before"),
        *inside,
        *("old-last after", "wrapper after", "old-first after"),
    ]


def test_firstresult_stops(manager):
    log = []
    manager.register(plugin(pytest_pyfunc_call=lambda pyfuncitem: log.append("never")), "late")
    manager.register(plugin(pytest_pyfunc_call=lambda: "result"), "early")
    assert manager.hook.pytest_pyfunc_call(pyfuncitem=1) == "result"
    assert log == []


def test_wrapper_may_replace_an_exception(manager):
    @pytest.hookimpl(wrapper=True)
    def outer(item):
        try:
            yield
        except ValueError as problem:
            return f"handled {problem}"

    def inner(item):
        raise ValueError("inner")

    manager.register(plugin(pytest_runtest_setup=outer), "outer")
    manager.register(plugin(pytest_runtest_setup=inner), "inner")
    assert manager.hook.pytest_runtest_setup(item=1) == "handled inner"


def test_old_wrapper_forces_results_and_exceptions(manager):
    @pytest.hookimpl(hookwrapper=True)
    def outer(item):
        outcome = yield
        assert isinstance(outcome.exception, KeyError)
        outcome.force_exception(IndexError("other"))

    def inner(item):
        raise KeyError("inner")

    manager.register(plugin(pytest_runtest_setup=outer), "outer")
    manager.register(plugin(pytest_runtest_setup=inner), "inner")
    with pytest.raises(IndexError, match="other"):
        manager.hook.pytest_runtest_setup(item=1)


@pytest.mark.parametrize("options", [{"wrapper": True}, {"hookwrapper": True}])
@pytest.mark.parametrize("yields, message", [(0, "did not yield"), (2, "has second yield")])
def test_wrappers_yield_once(manager, options, yields, message):
    def function(item):
        for _ in range(yields):
            yield

    manager.register(plugin(pytest_runtest_setup=pytest.hookimpl(**options)(function)), "odd")
    with pytest.raises(RuntimeError, match=rf"wrap_controller at 'function' .*test_hooks.py:\d+ {message}"):
        manager.hook.pytest_runtest_setup(item=1)


def test_stop_iteration_passes_through_wrappers(manager):
    @pytest.hookimpl(wrapper=True)
    def outer(item):
        return (yield)

    def inner(item):
        raise StopIteration("mine")

    manager.register(plugin(pytest_runtest_setup=outer), "outer")
    manager.register(plugin(pytest_runtest_setup=inner), "inner")
    with pytest.raises(StopIteration, match="mine"):
        manager.hook.pytest_runtest_setup(item=1)


def test_history_is_replayed_and_forgotten(manager):
    log = []
    manager.hook.pytest_warning_recorded.call_historic(
        kwargs={"warning_message": 1, "when": "config", "nodeid": "", "location": None}
    )
    manager.register(plugin(pytest_warning_recorded=lambda when, nodeid: log.append((when, nodeid))), "late")
    assert log == [("config", "")]
    manager.hook.pytest_warning_recorded._call_history = []
    manager.register(plugin(pytest_warning_recorded=lambda when: log.append(when)), "later")
    assert log == [("config", "")]
    with pytest.raises(AssertionError, match="use call_historic instead"):
        manager.hook.pytest_warning_recorded(when="x")


def test_validation_leaves_no_trace(manager):
    bad = plugin(pytest_runtest_setup=lambda item: 1, pytest_runtest_teardown=lambda item, unknown: 1)
    with pytest.raises(pluggy.PluginValidationError) as caught:
        manager.register(bad, "bad")
    assert str(caught.value) == (
        "Plugin 'bad' for hook 'pytest_runtest_teardown'\n"
        "hookimpl definition: <lambda>(item, unknown)\n"
        "Argument(s) {'unknown'} are declared in the hookimpl but can not be found in the hookspec"
    )
    assert caught.value.plugin is bad
    assert not manager.has_plugin("bad")
    assert manager.hook.pytest_runtest_setup(item=1) == []


def test_unknown_hooks_are_pending_unless_optional(manager):
    manager.register(plugin(pytest_of_another=pytest.hookimpl(optionalhook=True)(lambda value: value)), "optional")
    manager.check_pending()
    assert manager.hook.pytest_of_another(value=3) == [3]
    with pytest.raises(pluggy.HookCallError, match="hook call must provide argument 'value'"):
        manager.hook.pytest_of_another(other=3)
    manager.register(plugin(pytest_misspelt=lambda: 1), "wrong")
    with pytest.raises(pluggy.PluginValidationError, match="unknown hook 'pytest_misspelt' in plugin"):
        manager.check_pending()


def test_blocked_names_do_not_register(manager):
    manager.set_blocked("name")
    assert manager.is_blocked("name")
    assert manager.register(plugin(pytest_runtest_setup=lambda item: 1), "name") is None
    assert manager.unblock("name") and not manager.unblock("name")
    one = plugin(pytest_runtest_setup=lambda item: 1)
    assert manager.register(one, "name") == "name"
    with pytest.raises(ValueError, match="Plugin name already registered: name="):
        manager.register(plugin(), "name")
    with pytest.raises(ValueError, match="Plugin already registered under a different name: other="):
        manager.register(one, "other")
    assert manager.unregister(name="name") is one
    assert manager.hook.pytest_runtest_setup(item=1) == []


def test_registering_during_a_call_takes_effect_after_it(manager):
    log = []

    def register_more(item):
        if not manager.has_plugin("more"):
            manager.register(plugin(pytest_runtest_setup=lambda item: log.append("more")), "more")

    manager.register(plugin(pytest_runtest_setup=register_more), "one")
    manager.hook.pytest_runtest_setup(item=1)
    assert log == []
    manager.hook.pytest_runtest_setup(item=1)
    assert log == ["more"]


def test_subset_leaves_plugins_out(manager):
    one, two = plugin(pytest_runtest_setup=lambda item: "one"), object()
    manager.register(one.__class__, "unrelated")

    class Two:
        def pytest_runtest_setup(self, item):
            return "two"

    two = Two()
    manager.register(two, "two")
    subset = manager.subset_hook_caller("pytest_runtest_setup", [two])
    assert repr(subset) == "<_SubsetHookCaller 'pytest_runtest_setup'>"
    assert subset(item=1) == []
    assert manager.subset_hook_caller("pytest_runtest_call", [two]) is manager.hook.pytest_runtest_call
    manager.register(Two(), "three")
    assert subset(item=1) == ["two"]


def test_monitors_see_every_call(manager):
    seen = []
    manager.register(plugin(pytest_runtest_setup=lambda item: item), "one")
    undo = manager.add_hookcall_monitoring(
        lambda name, impls, kwargs: seen.append((name, len(impls), kwargs)),
        lambda outcome, name, impls, kwargs: seen.append(outcome.get_result()),
    )
    assert manager.hook.pytest_runtest_setup(item=3) == [3]
    undo()
    manager.hook.pytest_runtest_setup(item=4)
    assert seen == [("pytest_runtest_setup", 1, {"item": 3}), [3]]


def test_teardown_warning_names_the_plugin(manager):
    @pytest.hookimpl(hookwrapper=True)
    def wrapper(item):
        yield
        1 / 0

    manager.register(plugin(pytest_runtest_setup=wrapper), "mine")
    with pytest.warns(pluggy.PluggyTeardownRaisedWarning, match="Plugin: mine, Hook: pytest_runtest_setup"):
        with pytest.raises(ZeroDivisionError):
            manager.hook.pytest_runtest_setup(item=1)


def test_unmarked_hooks_with_old_marks_are_warned_about(manager):
    def function(item):
        return 1

    function.tryfirst = True
    module = types.ModuleType("old_style")
    module.pytest_runtest_setup = function
    with pytest.warns(pytest.PytestRemovedIn10Warning, match=r"use the pytest.hookimpl\(tryfirst=True\) decorator"):
        manager.register(module)
    assert manager.hook.pytest_runtest_setup.get_hookimpls()[0].tryfirst


def test_properties_are_not_read(manager):
    class Plugin:
        @property
        def pytest_plugins_of_mine(self):
            raise AttributeError("not a hook")

        @staticmethod
        @pytest.hookimpl
        def pytest_runtest_setup(item):
            return "static"

        @classmethod
        def pytest_runtest_call(cls, item):
            return cls.__name__

    class Plain:
        pytest_runtest_setup = Plugin.pytest_runtest_setup

    manager.register(Plain(), "plain")
    assert manager.hook.pytest_runtest_setup(item=1) == ["static"]


def test_extra_methods_take_part_once(manager):
    manager.register(plugin(pytest_runtest_setup=lambda item: "own"), "own")
    caller = manager.hook.pytest_runtest_setup
    assert caller.call_extra([lambda item: "extra"], {"item": 1}) == ["extra", "own"]
    assert caller(item=1) == ["own"]


def test_missing_arguments_are_warned_about(manager):
    with pytest.warns(UserWarning, match=r"Argument\(s\) 'nextitem' which are declared in the hookspec cannot be found"):
        manager.hook.pytest_runtest_teardown(item=1)


def test_paths_are_paths_for_plugins_only():
    seen = []
    config = _fastest.get_config([], [])
    config.pluginmanager.register(
        plugin(pytest_report_header=lambda start_path: seen.append(start_path)), "mine"
    )
    config.hook.pytest_report_header(config=config, start_path="/some/where")
    assert [type(path).__name__ for path in seen] == ["PosixPath"]


def test_built_in_plugins_are_the_modules_that_an_import_finds():
    config = _fastest.get_config([], [])
    shown = config.pluginmanager.get_plugin("runner")
    import _pytest.runner

    assert shown is _pytest.runner
    assert isinstance(shown, types.ModuleType)


def test_disabled_built_ins_can_be_enabled_again():
    config = _fastest.get_config(["-p", "no:tmpdir"], [])
    manager = config.pluginmanager
    assert manager.is_blocked("tmpdir") and manager.is_blocked("pytest_tmpdir")
    manager.consider_pluginarg("tmpdir")
    assert manager.has_plugin("tmpdir")
    with pytest.raises(pytest.UsageError, match="plugin main cannot be disabled"):
        manager.consider_pluginarg("no:main")


def test_missing_plugins_are_usage_errors(manager, monkeypatch):
    with pytest.raises(pytest.UsageError, match='Error importing plugin "no_such_plugin": No module named'):
        manager.import_plugin("no_such_plugin")


def test_managers_are_collected():
    config = _fastest.get_config([], [])
    one = plugin(pytest_runtest_setup=lambda item: 1)
    config.pluginmanager.register(one, "one")
    references = [weakref.ref(config.pluginmanager), weakref.ref(config)]
    del config
    gc.collect()
    assert [reference() for reference in references] == [None, None]


def run_python(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


def test_another_pytest_is_refused():
    output = run_python(
        """
        import sys, types
        sys.modules["_pytest"] = types.ModuleType("_pytest")
        from fastest import _fastest
        try:
            _fastest.install_finder()
        except ImportError as problem:
            print(problem)
        """
    )
    assert output.startswith("fastest cannot run in this process: another _pytest is imported already")


def test_plain_start_imports_little():
    output = run_python(
        """
        import sys
        before = set(sys.modules)  # what the environment's own site hooks import is not ours to answer for
        from fastest import _fastest
        _fastest.install_finder()
        config = _fastest.get_config([], [])
        banned = {"inspect", "argparse", "typing", "dataclasses", "re", "logging", "pathlib", "tempfile", "json",
                  "traceback", "importlib.metadata", "unittest"}
        print(sorted(banned & set(sys.modules) - before))
        print("_pytest.outcomes" in sys.modules, "_pytest.runner" in sys.modules)
        """
    )
    assert output.split("\n")[:2] == ["[]", "True False"]


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Folders with distributions on sys.path: (folder, project, entry points of pytest11)."""

    def make(folder, project, points, files=(), suffix="dist-info"):
        info = tmp_path / folder / f"{project}-1.0.{suffix}"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n\nText\n")
        (info / "entry_points.txt").write_text(
            "[console_scripts]\nrun = x:y\n\n[pytest11]\n" + "".join(f"{name} = {value}\n" for name, value in points)
        )
        (info / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in files))
        if str(tmp_path / folder) not in sys.path:
            monkeypatch.syspath_prepend(tmp_path / folder)
        return tmp_path / folder

    return make


def test_entry_points_load_in_order_of_the_path(manager, site):
    second = site("second", "plug", [("plug", "plug_second")])
    first = site("first", "plug", [("plug", "plug_first:Holder.inner [extra]"), ("other", "plug_first")])
    (second / "plug_second.py").write_text("1 / 0")
    (first / "plug_first.py").write_text("class Holder:\n    class inner:\n        name = 'inner'\n")
    assert manager.load_setuptools_entrypoints("pytest11", name="plug") == 1
    assert manager.get_plugin("plug").name == "inner"
    [(shown, dist)] = manager.list_plugin_distinfo()
    assert (dist.project_name, dist.version, dist.metadata["Name"]) == ("plug", "1.0", "plug")
    assert manager.load_setuptools_entrypoints("pytest11", name="plug") == 0


def test_xdist_is_never_loaded(manager, site):
    folder = site("xdist", "pytest_xdist", [("xdist", "xdist.plugin")])
    (folder / "xdist").mkdir()
    (folder / "xdist" / "__init__.py").write_text("1 / 0")
    assert manager.load_setuptools_entrypoints("pytest11", name="xdist") == 0
    manager.import_plugin("xdist", consider_entry_points=True)
    assert "xdist" not in sys.modules


def test_broken_entry_points_are_import_failures(manager, site):
    folder = site("broken", "plug_broken", [("plug_broken", "plug_broken")])
    (folder / "plug_broken.py").write_text("1 / 0")
    with pytest.raises(_fastest.PluginImportFailure, match="plug_broken") as caught:
        manager.load_setuptools_entrypoints("pytest11", name="plug_broken")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
