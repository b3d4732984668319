"""pytest.raises beyond its plainest form: patterns, checks, and what to say when they do not match."""

from __future__ import annotations

import re
import sys

from fastest._fastest import AbstractRaises
from fastest._fastest import RaisesExc
from fastest._fastest import fail
from fastest._fastest import raises

from _pytest._code.code import stringify_exception

if sys.version_info < (3, 11):
    from _pytest._code.code import BaseExceptionGroup

    ExceptionGroup = BaseExceptionGroup

_NO_FLAGS = re.compile("").flags


def raises_in_full(expected_exception=None, func=None, *args, **kwargs):
    """raises() with match, check, or a callable."""
    __tracebackhide__ = True
    if func is None and not args:
        unexpected = set(kwargs) - {"match", "check", "expected_exception"}
        if unexpected:
            names = ", ".join(sorted(kwargs))
            raise TypeError(
                f"Unexpected keyword arguments passed to pytest.raises: {names}\nUse context-manager form instead?"
            )
        return RaisesExc(**kwargs) if expected_exception is None else RaisesExc(expected_exception, **kwargs)
    if not expected_exception:
        raise ValueError(
            f"Expected an exception type or a tuple of exception types, but got `{expected_exception!r}`. Raising "
            "exceptions is already understood as failing the test, so you don't need any special code to say 'this "
            "should never raise an exception'."
        )
    if not callable(func):
        raise TypeError(f"{func!r} object (type: {type(func)}) must be callable")
    with RaisesExc(expected_exception) as excinfo:
        func(*args, **kwargs)
    try:
        return excinfo
    finally:
        del excinfo


# ---- patterns ----


def match_pattern(match):
    """The pattern as the user wrote it, where flags do not matter."""
    return match.pattern if match.flags == _NO_FLAGS else match


def is_fully_escaped(text):
    return not set(re.sub(r"\\.", "", text)) & set("{}()+.*?^$[]|")


def unescape(text):
    return re.sub(r"\\([{}()+-.*?^$\[\]\s\\|])", r"\1", text)


def compile_match(match):
    """(compiled pattern, the text that it stands for literally or None)."""
    __tracebackhide__ = True
    pattern = match
    if isinstance(match, str):
        error = None
        try:
            pattern = re.compile(match)
        except re.error as exception:
            error = exception
        if error is not None:
            fail(f"Invalid regex pattern provided to 'match': {error}")
        if match == "":
            _warn_about_empty_match()
    if not isinstance(pattern, re.Pattern) or pattern.flags != re.compile(pattern.pattern).flags:
        return pattern, None
    text = pattern.pattern
    is_literal = isinstance(text, str) and text[:1] == "^" and text[-1:] == "$" and is_fully_escaped(text[1:-1])
    return pattern, unescape(text[1:-1]) if is_literal else None


def _warn_about_empty_match():
    import warnings

    from _pytest.warning_types import PytestWarning

    warnings.warn(
        PytestWarning(
            "matching against an empty string will *always* pass. If you want to check for an empty message you need "
            "to pass '^$'. If you don't want to match you should pass `None` or leave out the parameter."
        ),
        stacklevel=3,
    )


# ---- types ----


def exception_type_name(types):
    if isinstance(types, type):
        return types.__name__
    names = ", ".join(one.__name__ for one in types)
    return names if len(types) == 1 else f"({names})"


def explain_raw_type(expected, exception):
    """Why the exception is not an instance of the type or types; None when it is."""
    if expected is None or expected == () or isinstance(exception, expected):
        return None
    actual = f"`{type(exception).__name__}()`"
    wanted = f"`{exception_type_name(expected)}`"
    is_nested = isinstance(exception, BaseExceptionGroup) and isinstance(expected, type)
    if is_nested and not issubclass(expected, BaseExceptionGroup):
        return f"Unexpected nested {actual}, expected {wanted}"
    return f"{actual} is not an instance of {wanted}"


def explain_type(raises_exc, exception):
    raises_exc._fail_reason = explain_raw_type(raises_exc.expected_exceptions, exception)
    return raises_exc._fail_reason is None


def parse_unusual(raises_object, expected, wanted):
    """What is no exception type: a generic group is its group, all else is refused."""
    from typing import Any
    from typing import get_args
    from typing import get_origin

    origin = get_origin(expected)
    if isinstance(origin, type) and issubclass(origin, BaseExceptionGroup):
        argument = get_args(expected)[0]
        is_plain = issubclass(origin, ExceptionGroup)
        if (is_plain and argument in (Exception, Any)) or argument in (BaseException, Any):
            raises_object.is_baseexception |= not is_plain
            return origin
        raise ValueError(
            "Only `ExceptionGroup[Exception]` or `BaseExceptionGroup[BaseException]` are accepted as generic types "
            f"but got `{expected}`. As `raises` will catch all instances of the specified group regardless of the "
            "generic argument specific nested exceptions has to be checked with `RaisesGroup`."
        )
    message = f"Expected {wanted}, but got "
    if isinstance(expected, type):
        raise ValueError(f"{message}{expected.__name__!r}")
    if isinstance(expected, BaseException):
        raise TypeError(f"{message}an exception instance: {type(expected).__name__}")
    raise TypeError(message + repr(type(expected).__name__))


# ---- match and check ----


def _diff_of_literal(literal, text):
    from _pytest.assertion import util

    config = util._config
    verbose = 0 if config is None else config.get_verbosity("assertions")
    lines = util.assertrepr_compare(
        "==",
        literal,
        text,
        verbose=verbose,
        highlighter=util.dummy_highlighter,
        assertion_text_diff_style="ndiff",
    )
    diff = list(lines)[2:]  # without the summary and the blank line under it
    return ("\n" if diff[0][0] == "-" else "") + "\n".join(diff)


def check_match(raises_object, exception):
    """Whether the pattern is found in the text of the exception; else says why not."""
    text = stringify_exception(exception, include_subexception_msg=False)
    if re.search(raises_object.match, text):
        return True
    if raises_object.rawmatch is not None:
        raises_object._fail_reason = _diff_of_literal(raises_object.rawmatch, text)
        return False
    whose = f" the `{type(exception).__name__}()`" if isinstance(exception, BaseExceptionGroup) else ""
    pattern = match_pattern(raises_object.match)
    reason = f"Regex pattern did not match{whose}.\n  Expected regex: {pattern!r}\n  Actual message: {text!r}"
    if pattern == text:
        reason += "\n Did you mean to `re.escape()` the regex?"
    raises_object._fail_reason = reason
    return False


def repr_callable(function):
    """How a check is shown."""
    return repr(function)


def check_check(raises_object, exception):
    if raises_object.check(exception):
        return True
    which = "" if raises_object._nested else " " + repr_callable(raises_object.check)
    raises_object._fail_reason = f"check{which} did not return True"
    return False


def repr_raises_exc(raises_exc):
    parts = []
    if raises_exc.expected_exceptions:
        parts.append(exception_type_name(raises_exc.expected_exceptions))
    if raises_exc.match is not None:
        parts.append(f"match={match_pattern(raises_exc.match)!r}")
    if raises_exc.check is not None:
        parts.append(f"check={repr_callable(raises_exc.check)}")
    return f"RaisesExc({', '.join(parts)})"


def __getattr__(name):
    if name == "RaisesGroup":
        from _pytest.raises_group import RaisesGroup

        return RaisesGroup
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
