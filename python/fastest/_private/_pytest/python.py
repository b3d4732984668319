"""Collection of Python tests: the classes are C; here is what only reports of failures need."""

from __future__ import annotations

from fastest._fastest import _call_with_optional_argument
from fastest._fastest import CallSpec
from fastest._fastest import Class
from fastest._fastest import Function
from fastest._fastest import FunctionDefinition
from fastest._fastest import IdMaker
from fastest._fastest import IGNORED_ATTRIBUTES
from fastest._fastest import importtestmodule
from fastest._fastest import Metafunc
from fastest._fastest import Module
from fastest._fastest import Package
from fastest._fastest import PyCollector
from fastest._fastest import PyobjMixin
from fastest._fastest import python_collect_directory as pytest_collect_directory
from fastest._fastest import python_collect_file as pytest_collect_file
from fastest._fastest import python_pycollect_makeitem as pytest_pycollect_makeitem
from fastest._fastest import python_pycollect_makemodule as pytest_pycollect_makemodule
from fastest._fastest import python_pyfunc_call as pytest_pyfunc_call


def __getattr__(name):
    if name == "CallSpec2":
        import warnings

        from _pytest.deprecated import CALLSPEC2_RENAMED

        warnings.warn(CALLSPEC2_RENAMED.format(), stacklevel=2)
        return CallSpec
    homes = {
        "DirectParamFixtureDef": "fastest._fastest",
        "FixtureDef": "_pytest.fixtures",
        "FixtureRequest": "_pytest.fixtures",
        "FuncFixtureInfo": "_pytest.fixtures",
        "Session": "_pytest.main",
        "Mark": "_pytest.mark.structures",
        "MarkDecorator": "_pytest.mark.structures",
        "ParameterSet": "_pytest.mark.structures",
        "HIDDEN_PARAM": "_pytest.mark.structures",
        "NOTSET": "_pytest.compat",
        "Scope": "_pytest.scope",
    }
    if name not in homes:
        from fastest._native_hooks import attribute

        return attribute(__name__, name)
    import importlib

    return getattr(importlib.import_module(homes[name]), name)


def _infer_parametrize_scope(argnames, arg2fixturedefs, indirect):
    """The narrowest scope of the fixtures, where all arguments are theirs; else that of functions."""
    from _pytest.scope import Scope

    is_all = bool(indirect) if isinstance(indirect, bool) else len(indirect) == len(argnames)
    if not is_all:
        return Scope.Function
    scopes = [arg2fixturedefs[name][-1]._scope for name in argnames if name in arg2fixturedefs]
    return min(scopes, default=Scope.Function)


def hasinit(obj):
    """Whether a class has a constructor of its own."""
    init = getattr(obj, "__init__", None)
    return bool(init) and init != object.__init__


def hasnew(obj):
    """Whether a class has a __new__ of its own."""
    new = getattr(obj, "__new__", None)
    return bool(new) and new != object.__new__


def path_matches_patterns(path, patterns):
    """Whether any of the globs matches the path."""
    from _pytest.pathlib import fnmatch_ex

    return any(fnmatch_ex(pattern, path) for pattern in patterns)


def async_fail(nodeid):
    """Fails a test that nobody can await."""
    from _pytest.outcomes import fail

    plugins = ("anyio", "pytest-asyncio", "pytest-tornasync", "pytest-trio", "pytest-twisted")
    lines = [
        "async def functions are not natively supported.",
        "You need to install a suitable plugin for your async framework, for example:",
        *(f"  - {plugin}" for plugin in plugins),
    ]
    fail("\n".join(lines), pytrace=False)


def _get_first_non_fixture_func(obj, names):
    """The first attribute of these names that is no fixture."""
    from _pytest.fixtures import getfixturemarker

    for name in names:
        found = getattr(obj, name, None)
        if found is not None and getfixturemarker(found) is None:
            return found
    return None


def _filter_function_traceback(item, excinfo):
    """Function._traceback_filter(): from the test function on, the frames between shortened."""
    from _pytest._code import Code
    from _pytest._code import filter_traceback
    from _pytest._code.code import Traceback
    from _pytest.compat import get_real_func

    whole = excinfo.traceback
    if item.config.getoption("fulltrace", False) or not hasattr(item, "_obj"):
        return whole
    code = Code.from_function(get_real_func(item.obj))
    # Each attempt keeps more than the one before; the first that cuts anything is taken.
    shown = whole.cut(path=code.path, firstlineno=code.firstlineno)
    if shown == whole:
        shown = shown.cut(path=code.path)
    if shown == whole:
        shown = shown.filter(filter_traceback) or whole
    shown = shown.filter(excinfo)
    if len(shown) > 2 and item.config.getoption("tbstyle", "auto") == "auto":
        between = (entry.with_repr_style("short") for entry in shown[1:-1])
        shown = Traceback((shown[0], *between, shown[-1]))
    return shown
