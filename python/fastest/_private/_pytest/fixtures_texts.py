"""What src/fixtures needs Python for: signatures of unusual callables, and the long texts of errors."""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import sys
import types


# -- Signatures --------------------------------------------------------------------------------------------------


def signature(obj):
    """inspect.signature() that never evaluates annotations."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(obj, annotation_format=Format.STRING)
    return inspect.signature(obj)


def _mocked_argument_count(function):
    """How many arguments mock.patch decorators fill in."""
    sentinels = []
    for name in ("mock", "unittest.mock"):
        module = sys.modules.get(name)
        if module is not None and hasattr(module, "DEFAULT"):
            sentinels.append(module.DEFAULT)
    patchings = getattr(function, "patchings", None) or ()
    return sum(1 for p in patchings if not p.attribute_name and any(p.new is s for s in sentinels))


def argument_names(function, name, cls):
    """The mandatory arguments of any callable: neither bound, nor with a default, nor filled in by mock."""
    from _pytest.outcomes import fail

    try:
        parameters = signature(function).parameters.values()
    except (ValueError, TypeError) as error:
        fail(f"Could not determine arguments of {function!r}: {error}", pytrace=False)
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names = [p.name for p in parameters if p.kind in by_name and p.default is inspect.Parameter.empty]
    is_unbound = cls and not inspect.ismethod(function)
    if is_unbound and not any(p.kind is inspect.Parameter.POSITIONAL_ONLY for p in parameters):
        definition = inspect.getattr_static(cls, name or function.__name__, default=None)
        if not isinstance(definition, staticmethod):
            del names[:1]
    if hasattr(function, "__wrapped__"):
        del names[: _mocked_argument_count(function)]
    return tuple(names)


def function_kind(function):
    """0: plain, 1: generator function, 2: coroutine or async generator function."""
    if inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function):
        return 2
    return 1 if inspect.isgeneratorfunction(function) else 0


# -- Places ------------------------------------------------------------------------------------------------------


def real_function(function):
    """The function under functools.wraps and functools.partial."""
    function = inspect.unwrap(function)
    return function.func if isinstance(function, functools.partial) else function


# Where pytest defines the fixtures behind setUp and its kin, which --fixtures -v shows.
_IMPLICIT = {
    "xunit_setup_module_fixture": ("_pytest.python", 606),
    "xunit_setup_function_fixture": ("_pytest.python", 637),
    "xunit_setup_class_fixture": ("_pytest.python", 820),
    "xunit_setup_method_fixture": ("_pytest.python", 853),
    "unittest_setup_class_fixture": ("_pytest.unittest", 148),
    "unittest_skip_fixture": ("_pytest.unittest", 185),
    "unittest_setup_method_fixture": ("_pytest.unittest", 205),
}


def native_module(function):
    """The module that a function written in C stands for; None for one in Python."""
    module = getattr(function, "_fixture_module", None)
    if module is None and isinstance(function, types.BuiltinFunctionType):
        return _IMPLICIT.get(function.__name__, ("_pytest.python", 1))[0]
    return module


def location(function, folder=None):
    """file:line, the file relative to `folder` if it is below that."""
    native = native_module(function)
    if native is not None:
        import _pytest

        parts = native.split(".")[1:]
        file = os.path.join(os.path.dirname(_pytest.__file__), *parts) + ".py"
        line = getattr(function, "_fixture_line", None) or _IMPLICIT.get(getattr(function, "__name__", ""), ("", 1))[1]
    else:
        function = real_function(function)
        if inspect.isbuiltin(function):
            file, line = inspect.getfile(importlib.import_module(function.__module__)), 1
        else:
            file, line = inspect.getfile(function), function.__code__.co_firstlineno
    if folder is not None:
        start = os.fspath(folder).rstrip(os.sep) + os.sep
        if file.startswith(start):
            file = file[len(start) :]
    return f"{file}:{line}"


def first_value(fixturename, generator):
    """What the generator of a fixture yields; called again by name when it turned out to yield nothing."""
    if generator is not None:
        try:
            return next(generator)
        except StopIteration:
            raise ValueError(f"{fixturename} did not yield a value") from None


def second_yield(function):
    from _pytest._code import Source
    from _pytest._code import getfslineno

    file, line = getfslineno(function)
    source = Source(function).indent()
    return f"fixture function has more than one 'yield':\n\n{source}\n{file}:{line + 1}"


# -- Requests ----------------------------------------------------------------------------------------------------


def _definition_line(request, definition):
    from pathlib import Path

    from _pytest._code import getfslineno
    from _pytest.pathlib import bestrelpath

    function = definition.func
    file, line = getfslineno(function)
    if isinstance(file, Path):
        file = bestrelpath(request._pyfuncitem.session.path, file)
    return f"{file}:{line + 1}:  def {function.__name__}{signature(function)}"


def scope_mismatch(request, requested):
    stack = "\n".join(_definition_line(request, definition) for definition in request._get_fixturestack())
    return (
        f"ScopeMismatch: You tried to access the {requested.scope} scoped "
        f"fixture {requested.argname} with a {request.scope} scoped request object. "
        f"Requesting fixture stack:\n{stack}\n"
        f"Requested fixture:\n{_definition_line(request, requested)}"
    )


def missing_param(request, definition):
    """The test does not parametrize a parametrized fixture that it asks for."""
    item = request._pyfuncitem
    if getattr(item, "nofuncargs", False):
        return (
            f"{item.name} does not support fixtures, maybe unittest.TestCase subclass?\n"
            f"Node id: {item.nodeid}\n"
            f"Function type: {type(item).__name__}"
        )
    root = os.fspath(item.config.rootpath)
    caller = sys._getframe(1)
    file = os.path.abspath(caller.f_code.co_filename)
    if file.startswith(root.rstrip(os.sep) + os.sep):
        file = os.path.relpath(file, root)
    return (
        "The requested fixture has no parameter defined for test:\n"
        f"    {item.nodeid}\n\n"
        f"Requested fixture '{definition.argname}' defined in:\n"
        f"{location(definition.func, root)}\n\n"
        f"Requested here:\n"
        f"{file}:{caller.f_lineno}"
    )


def _function_lines(function):
    from _pytest._code import getfslineno

    file, line = getfslineno(function)
    try:
        source, _ = inspect.getsourcelines(real_function(function))
    except (OSError, IndexError, TypeError):
        return file, line, [f"file {file}, line {line + 1}: source code not available"]
    lines = [f"file {file}, line {line + 1}"]
    for text in source:
        text = text.rstrip()
        lines.append("  " + text)
        if text.lstrip().startswith("def"):
            break
    return file, line, lines


def lookup_error_repr(error):
    """FixtureLookupError.formatrepr()"""
    request = error.request
    functions = [request._pyfuncitem.obj, *(definition.func for definition in error.fixturestack)]
    message = error.msg
    if message is not None and len(functions) > 1:
        # The last fixture raised it: show who asked for that.
        functions.pop()
    lines = []
    for function in functions:
        file, line, its_lines = _function_lines(function)
        lines += its_lines
    if message is None:
        definitions = request._fixturemanager._get_all_fixture_defs_for_node(request._pyfuncitem.parent)
        available = {definition.argname for definition in definitions}
        if error.argname in available:
            message = f" recursive dependency involving fixture '{error.argname}' detected"
        else:
            message = f"fixture '{error.argname}' not found"
        message += "\n available fixtures: {}".format(", ".join(sorted(available)))
        message += "\n use 'pytest --fixtures [testpath]' for help on them."
    from _pytest.fixtures_lookup import FixtureLookupErrorRepr

    return FixtureLookupErrorRepr(file, line, lines, message, error.argname)


# -- Definitions behind other decorators -------------------------------------------------------------------------


def check_wrapped_fixture(name, obj):
    """Warns about `obj`, whose chain of __wrapped__ leads to a fixture."""
    from _pytest.fixtures import FixtureFunctionDefinition
    from _pytest.warning_types import PytestWarning
    from _pytest.warning_types import warn_explicit_for

    found = obj
    while type(found) is not FixtureFunctionDefinition:
        found = found.__wrapped__
    function = found._get_wrapped_function()
    if type(function) in (classmethod, staticmethod):
        function = function.__func__
    if not isinstance(function, types.FunctionType):
        return
    if type(obj) is classmethod:
        message = (
            f"cannot discover fixture {name!r} because it is wrapped by "
            f"@classmethod; place @pytest.fixture above @classmethod"
        )
    elif type(obj) is staticmethod:
        message = (
            f"fixture {name!r} is wrapped by @staticmethod above "
            f"@pytest.fixture; place @pytest.fixture above @staticmethod"
        )
    else:
        message = f"cannot discover fixture {name!r} due to being wrapped in decorators"
    warn_explicit_for(function, PytestWarning(message))
