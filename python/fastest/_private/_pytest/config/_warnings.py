"""Warnings about the configuration, and the filters of warnings."""

import contextlib
import functools
import sys

from fastest._fastest import UsageError


def get_unknown_ini_keys(config):
    parser = config._parser
    return config._inicfg.keys() - parser._inidict.keys() - parser._ini_aliases.keys()


def report_unknown_settings(self):
    # The summary of warnings shows this line.
    for key in sorted(self._get_unknown_ini_keys()):
        self._warn_or_fail_if_strict(f"Unknown config option: {key}\n")


def warn_or_fail_if_strict(config, message):
    strict = config.getini("strict_config")
    if strict is None:
        strict = config.getini("strict")
    if strict:
        raise UsageError(message)
    # Frames: this function, the one that found this module, the caller.
    warn_from_engine(config, "PytestConfigWarning", message, 4)


def warn_from_engine(config, category, message, stacklevel=0):
    """A warning about the configuration, by the name of its class."""
    import _pytest.warning_types

    issue_config_time_warning(config, getattr(_pytest.warning_types, category)(message), stacklevel)


def warn_already_imported(config, name):
    """A module that should be rewritten is imported; located where register_assert_rewrite() was called."""
    from _pytest.warning_types import PytestAssertRewriteWarning

    warning = PytestAssertRewriteWarning(f"Module already imported so cannot be rewritten; {name}")
    issue_config_time_warning(config, warning, stacklevel=3)


def warn_ini_string():
    import warnings

    from _pytest.deprecated import INI_STRING_TYPE_NON_STR_VALUE

    warnings.warn(INI_STRING_TYPE_NON_STR_VALUE, stacklevel=2)


def issue_config_time_warning(config, warning, stacklevel):
    """Issues a warning where no test or collector could record it."""
    import warnings

    if config.pluginmanager.is_blocked("warnings"):
        return
    # One frame more than pytest: the function that found this module.
    depth = stacklevel + 1
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always", type(warning))
        apply_warning_filters(
            config.getini("filterwarnings"), getattr(config.known_args_namespace, "pythonwarnings", None) or []
        )
        warnings.warn(warning, stacklevel=depth)
    if records:
        frame = sys._getframe(depth - 1)
        config.hook.pytest_warning_recorded.call_historic(
            kwargs={
                "warning_message": records[0],
                "when": "config",
                "nodeid": "",
                "location": (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name),
            }
        )


@contextlib.contextmanager
def catch_configured_warnings(config, *, record):
    """The filters of -W and of the configuration file, in a warnings context of their own."""
    import warnings

    with warnings.catch_warnings(record=record) as log:
        if not sys.warnoptions:
            warnings.filterwarnings("always", category=DeprecationWarning)
            warnings.filterwarnings("always", category=PendingDeprecationWarning)
        apply_warning_filters(
            config.getini("filterwarnings"), getattr(config.known_args_namespace, "pythonwarnings", None) or []
        )
        yield log


def apply_warning_filters(config_filters, cmdline_filters):
    """Those of the command line win: they are added last."""
    import warnings

    from _pytest.warning_types import PytestConfigWarning

    rows = [(text, False) for text in config_filters] + [(text, True) for text in cmdline_filters]
    for text, escape in rows:
        try:
            warnings.filterwarnings(*parse_warning_filter(text, escape=escape))
        except ImportError as error:
            warnings.warn(f"Failed to import filter module '{error.name}': {text}", PytestConfigWarning)


@functools.lru_cache(maxsize=50)
def parse_warning_filter(arg, *, escape):
    """(action, message, category, module, line) of a filter as -W takes it; UsageError names what is wrong."""
    __tracebackhide__ = True
    import re
    import warnings

    def mistake(error):
        return UsageError(
            f"while parsing the following warning configuration:\n\n  {arg}\n\nThis error occurred:\n\n{error}\n"
        )

    parts = arg.split(":")
    if len(parts) > 5:
        raise mistake(
            f"Too many fields ({len(parts)}), expected at most 5 separated by colons:\n\n"
            "  action:message:category:module:line\n\nFor more information please consult: "
            "https://docs.python.org/3/library/warnings.html#describing-warning-filters\n"
        )
    parts += [""] * (5 - len(parts))
    action, message, category, module, line = (part.strip() for part in parts)
    try:
        action = warnings._getaction(action)
    except warnings._OptionError as error:
        raise mistake(str(error)) from None
    try:
        category = resolve_warning_category(category)
    except ImportError:
        raise
    except Exception:
        from _pytest._code import ExceptionInfo

        raise mistake(ExceptionInfo.from_current().getrepr(style="native")) from None
    if escape:
        message = re.escape(message)
        module = re.escape(module) + r"\Z" if module else ""
    try:
        number = int(line or 0)
        if number < 0:
            raise ValueError("number is negative")
    except ValueError as error:
        raise mistake(f"invalid lineno {line!r}: {error}") from None
    try:
        re.compile(message)
        re.compile(module)
    except re.error as error:
        raise mistake(f"Invalid regex {error.pattern!r}: {error}") from None
    return action, message, category, module, number


def resolve_warning_category(category):
    """The class of a dotted name; a name without a dot is a builtin."""
    __tracebackhide__ = True
    import importlib

    if not category:
        return Warning
    module, _, name = category.rpartition(".")
    found = getattr(importlib.import_module(module or "builtins"), name)
    if not issubclass(found, Warning):
        raise UsageError(f"{found} is not a Warning subclass")
    return found
