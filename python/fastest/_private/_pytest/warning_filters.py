"""Filters as -W, the ini option filterwarnings and marks spell them. Imported when there is one."""

from __future__ import annotations

import re
import warnings


def _resolve_category(category):
    from _pytest.config import UsageError

    if not category:
        return Warning
    module_name, _, name = category.rpartition(".")
    module = __import__(module_name or "builtins", fromlist=[name])
    found = getattr(module, name)
    if not issubclass(found, Warning):
        raise UsageError(f"{found} is not a Warning subclass")
    return found


def _fail(arg, error):
    from _pytest.config import UsageError

    text = f"while parsing the following warning configuration:\n\n  {arg}\n\nThis error occurred:\n\n{error}\n"
    raise UsageError(text) from None


_TOO_MANY = """\
Too many fields ({count}), expected at most 5 separated by colons:

  action:message:category:module:line

For more information please consult: https://docs.python.org/3/library/warnings.html#describing-warning-filters
"""


def _parse_line(arg, text):
    if not text:
        return 0
    try:
        number = int(text)
        if number < 0:
            raise ValueError("number is negative")
    except ValueError as error:
        _fail(arg, f"invalid lineno {text!r}: {error}")
    return number


def parse_warning_filter(arg, *, escape):
    """action:message:category:module:line as arguments of warnings.filterwarnings()."""
    __tracebackhide__ = True
    parts = arg.split(":")
    if len(parts) > 5:
        _fail(arg, _TOO_MANY.format(count=len(parts)))
    action, message, category, module, line = (part.strip() for part in parts + [""] * (5 - len(parts)))
    try:
        action = warnings._getaction(action)
    except warnings._OptionError as error:
        _fail(arg, str(error))
    try:
        category = _resolve_category(category)
    except ImportError:
        raise
    except Exception:
        from _pytest._code import ExceptionInfo

        _fail(arg, ExceptionInfo.from_current().getrepr(style="native"))
    if escape:
        message = re.escape(message)
        module = module and re.escape(module) + r"\Z"
    line = _parse_line(arg, line)
    for pattern in (message, module):
        try:
            re.compile(pattern)
        except re.error as error:
            _fail(arg, f"Invalid regex {error.pattern!r}: {error}")
    return action, message, category, module, line


def _apply(args, escape):
    for arg in args:
        try:
            parsed = parse_warning_filter(arg, escape=escape)
        except ImportError as error:
            from _pytest.warning_types import PytestConfigWarning

            warnings.warn(f"Failed to import filter module '{error.name}': {arg}", PytestConfigWarning)
            continue
        warnings.filterwarnings(*parsed)


def apply_warning_filters(config_filters, cmdline_filters):
    """Those of the command line come last, and so first in force."""
    _apply(config_filters, False)
    _apply(cmdline_filters, True)


def apply_marks(marks):
    for mark in marks:
        for arg in mark.args:
            warnings.filterwarnings(*parse_warning_filter(arg, escape=False))
