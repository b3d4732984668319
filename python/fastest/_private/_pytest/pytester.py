"""(Disabled by default) support for testing pytest and pytest plugins.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys

from _pytest._pytester_collect import Nodes
from _pytest._pytester_files import Files
from _pytest._pytester_inline import InlineRuns
from _pytest._pytester_inline import snapshots
from _pytest._pytester_lsof import IGNORE_PAM as IGNORE_PAM
from _pytest._pytester_lsof import LsofFdLeakChecker
from _pytest._pytester_matcher import LineComp
from _pytest._pytester_matcher import LineMatcher
from _pytest._pytester_processes import Processes
from _pytest._pytester_recorder import get_public_names as get_public_names
from _pytest._pytester_recorder import HookRecorder as HookRecorder
from _pytest._pytester_recorder import PytestArg
from _pytest._pytester_recorder import RecordedHookCall as RecordedHookCall
from _pytest._pytester_result import rex_outcome as rex_outcome
from _pytest._pytester_result import rex_session_duration as rex_session_duration
from _pytest._pytester_result import RunResult as RunResult
from _pytest._pytester_snapshots import SysModulesSnapshot
from _pytest._pytester_snapshots import SysPathsSnapshot
from _pytest.deprecated import check_ispytest
from _pytest.fixtures import fixture

pytest_plugins = ["pytester_assertions"]

# Names that nothing here needs, but that may be imported from here: module, attribute (the module itself: None).
_ELSEWHERE = {
    **dict.fromkeys(("collections", "contextlib", "gc", "importlib", "locale", "os", "platform"), (None, None)),
    **dict.fromkeys(("re", "shutil", "subprocess", "traceback", "_pytest"), (None, None)),
    **dict.fromkeys(("Callable", "Generator", "Iterable", "Mapping", "Sequence"), ("collections.abc", None)),
    **dict.fromkeys(("Any", "Final", "IO", "Literal", "TYPE_CHECKING", "TextIO", "final", "overload"), ("typing", None)),
    **dict.fromkeys(("Collector", "Item"), ("_pytest.nodes", None)),
    **dict.fromkeys(("CollectReport", "TestReport"), ("_pytest.reports", None)),
    **dict.fromkeys(("Config", "ExitCode", "PytestPluginManager", "_PluggyPlugin"), ("_pytest.config", None)),
    **dict.fromkeys(("hookimpl", "main"), ("_pytest.config", None)),
    **dict.fromkeys(("NOTSET", "NotSetType"), ("_pytest.compat", None)),
    **dict.fromkeys(("fail", "importorskip", "skip"), ("_pytest.outcomes", None)),
    **dict.fromkeys(("bestrelpath", "make_numbered_dir"), ("_pytest.pathlib", None)),
    "FixtureRequest": ("_pytest.fixtures", None),
    "MonkeyPatch": ("_pytest.monkeypatch", None),
    "Parser": ("_pytest.config.argparsing", None),
    "Path": ("pathlib", None),
    "PytestFDWarning": ("_pytest.warning_types", None),
    "Session": ("_pytest.main", None),
    "Source": ("_pytest._code", None),
    "StringIO": ("io", None),
    "TempPathFactory": ("_pytest.tmpdir", None),
    "WeakKeyDictionary": ("weakref", None),
    "_get_multicapture": ("_pytest.capture", None),
    "fnmatch": ("fnmatch", None),
    "timing": ("_pytest", None),
}


def __getattr__(name):
    import importlib

    if name in ("IniConfig", "SectionWrapper"):
        try:
            import iniconfig as module
        except ImportError:
            import _pytest._pytester_ini as module
        value = getattr(module, name)
    elif name == "_FileContent":
        value = tuple[str | bytes, ...] | list[str | bytes] | str | bytes
    elif name == "timing":
        value = importlib.import_module("_pytest.timing")
    elif name in _ELSEWHERE:
        home, _ = _ELSEWHERE[name]
        value = importlib.import_module(name) if home is None else getattr(importlib.import_module(home), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def pytest_addoption(parser):
    parser.addoption(
        "--lsof", action="store_true", dest="lsof", default=False, help="Run FD checks if lsof is available"
    )
    parser.addoption(
        "--runpytest",
        default="inprocess",
        dest="runpytest",
        choices=("inprocess", "subprocess"),
        help="Run pytest sub runs in tests using an 'inprocess' or 'subprocess' (python -m main) method",
    )
    parser.addini("pytester_example_dir", help="Directory to take the pytester example files from")


def pytest_configure(config):
    if config.getvalue("lsof"):
        checker = LsofFdLeakChecker()
        if checker.matching_platform():
            config.pluginmanager.register(checker)
    config.addinivalue_line(
        "markers",
        "pytester_example_path(*path_segments): join the given path "
        "segments to `pytester_example_dir` for this test.",
    )


class Pytester(Files, Nodes, InlineRuns, Processes):
    """
    Facilities to write tests/configuration files, execute pytest in isolation, and match
    against expected output, perfect for black-box testing of pytest plugins.

    It attempts to isolate the test run from external factors as much as possible, modifying
    the current working directory to :attr:`path` and environment variables during initialization.
    """

    __test__ = False

    def __init__(self, request, tmp_path_factory, monkeypatch, *, _ispytest=False):
        check_ispytest(_ispytest)
        self._request = request
        self._monkeypatch = monkeypatch
        self._init_nodes()
        self._name = request.function.__name__ if request.function else request.node.name
        self._path = tmp_path_factory.mktemp(self._name, numbered=True)
        # For parseconfig() and runs: plugins, or their names. Other processes take names only.
        self.plugins = []
        self._sys_modules_snapshot, self._sys_path_snapshot = snapshots()
        request.addfinalizer(self._finalize)
        self._method = request.config.getoption("--runpytest")
        self._test_tmproot = tmp_path_factory.mktemp(f"tmp-{self._name}", numbered=True)
        self.chdir()
        self._isolate()

    def _isolate(self):
        """Environment variables: no options of the outer run, no user's configuration, no colours."""
        patch = self._monkeypatch
        patch.setenv("PYTEST_DEBUG_TEMPROOT", str(self._test_tmproot))
        for name in ("TOX_ENV_DIR", "PYTEST_ADDOPTS"):
            patch.delenv(name, raising=False)
        for name in ("HOME", "USERPROFILE"):
            patch.setenv(name, str(self.path))
        patch.setenv("PY_COLORS", "0")

    @property
    def path(self):
        """The temporary folder where files are made and tests run."""
        return self._path

    def __repr__(self):
        return f"<Pytester {self.path!r}>"

    def _finalize(self):
        """Forgets modules and paths of the runs; the folder stays, for whoever wants to look into it."""
        self._sys_modules_snapshot.restore()
        self._sys_path_snapshot.restore()


@fixture
def _pytest(request):
    """Return a helper which offers a gethookrecorder(hook) method which
    returns a HookRecorder instance which helps to make assertions about called
    hooks."""
    return PytestArg(request)


@fixture
def linecomp():
    """A :class: `LineComp` instance for checking that an input linearly
    contains a sequence of strings."""
    return LineComp()


@fixture(name="LineMatcher")
def LineMatcher_fixture(request):
    """A reference to the :class: `LineMatcher`.

    This is instantiable with a list of lines (without their trailing newlines).
    This is useful for testing large texts, such as the output of commands.
    """
    return LineMatcher


@fixture
def pytester(request, tmp_path_factory, monkeypatch):
    """
    Facilities to write tests/configuration files, execute pytest in isolation, and match
    against expected output, perfect for black-box testing of pytest plugins.

    It attempts to isolate the test run from external factors as much as possible, modifying
    the current working directory to ``path`` and environment variables during initialization.

    It is particularly useful for testing plugins. It is similar to the :fixture:`tmp_path`
    fixture but provides methods which aid in testing pytest itself.
    """
    return Pytester(request, tmp_path_factory, monkeypatch, _ispytest=True)


@fixture
def _sys_snapshot():
    paths, modules = SysPathsSnapshot(), SysModulesSnapshot()
    yield
    modules.restore()
    paths.restore()


@fixture
def _config_for_test():
    from _pytest.config import get_config

    config = get_config()
    yield config
    config._ensure_unconfigure()
