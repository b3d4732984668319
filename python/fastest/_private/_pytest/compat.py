"""Small questions about functions, attributes and interpreters."""

from __future__ import annotations

import sys

from fastest._fastest import get_real_func
from fastest._fastest import NOTSET

NotSetType = type(NOTSET)


def __getattr__(name):
    if name == "LEGACY_PATH":
        import py

        value = py.path.local
    elif name == "deprecated":
        value = _deprecated_decorator()
    elif name == "assert_never":
        value = _assert_never()
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def _deprecated_decorator():
    if sys.version_info >= (3, 13):
        from warnings import deprecated

        return deprecated
    return lambda message, /, *, category=None, stacklevel=1: lambda function: function


def _assert_never():
    if sys.version_info >= (3, 11):
        from typing import assert_never

        return assert_never

    def assert_never(value):
        raise AssertionError(f"Unhandled value: {value} ({type(value).__name__})")

    return assert_never


def legacy_path(path):
    """A py.path.local."""
    import py

    return py.path.local(path)


def signature(obj):
    """inspect.signature(), leaving annotations unevaluated."""
    import inspect

    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(obj, annotation_format=Format.STRING)
    return inspect.signature(obj)


def iscoroutinefunction(func):
    """Whether calling it gives a coroutine; without importing asyncio, which imports logging."""
    import inspect

    return inspect.iscoroutinefunction(func) or getattr(func, "_is_coroutine", False)


def is_async_function(func):
    """Whether it is a coroutine function or an async generator."""
    import inspect

    return iscoroutinefunction(func) or inspect.isasyncgenfunction(func)


def getlocation(function, curdir=None):
    """"file:line" of a function, relative to `curdir` when it lies below."""
    import inspect
    from pathlib import Path

    function = get_real_func(function)
    path = Path(inspect.getfile(function))
    if curdir is not None and path.is_relative_to(curdir):
        path = path.relative_to(curdir)
    return f"{path}:{function.__code__.co_firstlineno}"


def num_mock_patch_args(function):
    """How many arguments mock.patch decorators fill in."""
    count = 0
    for patching in getattr(function, "patchings", None) or ():
        defaults = [
            sys.modules[name].DEFAULT for name in ("mock", "unittest.mock") if hasattr(sys.modules.get(name), "DEFAULT")
        ]
        if not patching.attribute_name and any(patching.new is default for default in defaults):
            count += 1
    return count


def _is_named(parameter):
    return parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)


def getfuncargnames(function, *, name="", cls=None):
    """The arguments without defaults that are not self, cls, or filled in by partial or mock."""
    import inspect

    try:
        parameters = list(signature(function).parameters.values())
    except (ValueError, TypeError) as error:
        from _pytest.outcomes import fail

        fail(f"Could not determine arguments of {function!r}: {error}", pytrace=False)
    names = tuple(p.name for p in parameters if _is_named(p) and p.default is p.empty)
    name = name or function.__name__
    binds_first = (
        cls
        and not inspect.ismethod(function)
        and not isinstance(inspect.getattr_static(cls, name, default=None), staticmethod)
    )
    if binds_first and not any(p.kind is p.POSITIONAL_ONLY for p in parameters):
        names = names[1:]
    if hasattr(function, "__wrapped__"):
        names = names[num_mock_patch_args(function) :]
    return names


def get_default_arg_names(function):
    """The arguments that have defaults."""
    parameters = signature(function).parameters.values()
    return tuple(p.name for p in parameters if _is_named(p) and p.default is not p.empty)


def ascii_escaped(val):
    r"""Bytes or text in printable ASCII, with backslash escapes for the rest."""
    if isinstance(val, bytes):
        text = val.decode("ascii", "backslashreplace")
    else:
        text = val.encode("unicode_escape").decode("ascii")
    escapes = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
    escapes.update({ord("\t"): "\\t", ord("\r"): "\\r", ord("\n"): "\\n"})
    return text.translate(escapes)


def getimfunc(func):
    """The function behind a bound method."""
    return getattr(func, "__func__", func)


def safe_getattr(object, name, default):
    """getattr() that takes exceptions and outcomes for "there is none"."""
    from _pytest.outcomes import OutcomeException

    try:
        return getattr(object, name, default)
    except (Exception, OutcomeException):
        return default


def safe_isclass(obj):
    """Whether it is a class; what raises when asked is none."""
    try:
        return isinstance(obj, type)
    except Exception:
        return False


def get_user_id():
    """The process's real user id; None where there is none."""
    import os

    if sys.platform in ("win32", "emscripten"):
        return None
    user_id = os.getuid()
    return None if user_id == -1 else user_id


class CallableBool:
    """A bool that may be called: what was once a method by mistake."""

    def __init__(self, value):
        self._value = value

    def __bool__(self):
        return self._value

    def __call__(self):
        return self._value


def running_on_ci():
    """Whether a continuous integration system runs us."""
    import os

    return any(os.environ.get(name) for name in ("CI", "BUILD_NUMBER"))
