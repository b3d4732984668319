"""Command line options, configuration files, plugins and the life of a run.

The work is done in C. Here is what plugins import, and what runs so rarely that Python words it better:
error reports, filters of warnings, requirements of versions.
"""

import os

from fastest._fastest import Config
from fastest._fastest import ConftestImportFailure
from fastest._fastest import create_terminal_writer
from fastest._fastest import get_config
from fastest._fastest import hookimpl
from fastest._fastest import hookspec
from fastest._fastest import main
from fastest._fastest import Parser
from fastest._fastest import PluginImportFailure
from fastest._fastest import PytestPluginManager
from fastest._fastest import UsageError
from fastest._fastest import _prepareconfig

from .exceptions import PrintHelp

FILE_OR_DIR = "file_or_dir"

# Plugins can be any object.
_PluggyPlugin = object

essential_plugins = ("mark", "main", "runner", "fixtures", "helpconfig")

default_plugins = (
    *essential_plugins,
    *("python", "terminal", "debugging", "unittest", "capture", "skipping", "legacypath", "tmpdir"),
    *("monkeypatch", "recwarn", "pastebin", "assertion", "junitxml", "doctest", "cacheprovider", "setuponly"),
    *("setupplan", "stepwise", "unraisableexception", "threadexception", "warnings", "logging", "reports"),
    *("faulthandler", "subtests"),
)

builtin_plugins = {*default_plugins, "pytester", "pytester_assertions", "terminalprogress"}

# Names that are made or imported when somebody asks for them: module, attribute there.
_ELSEWHERE = {
    "Argument": ("_pytest.config.argparsing", "Argument"),
    "ConfigValue": ("_pytest.config.findpaths", "ConfigValue"),
    "ExceptionInfo": ("_pytest._code", "ExceptionInfo"),
    "HookimplMarker": ("pluggy", "HookimplMarker"),
    "HookspecMarker": ("pluggy", "HookspecMarker"),
    "NodeId": ("_pytest.nodeid", "NodeId"),
    "PluginManager": ("pluggy", "PluginManager"),
    "PytestConfigWarning": ("_pytest.warning_types", "PytestConfigWarning"),
    "Skipped": ("_pytest.outcomes", "Skipped"),
    "Stash": ("_pytest.stash", "Stash"),
    "TerminalWriter": ("_pytest._io", "TerminalWriter"),
    "determine_setup": ("_pytest.config.findpaths", "determine_setup"),
    "fail": ("_pytest.outcomes", "fail"),
    "filter_traceback": ("_pytest._code", "filter_traceback"),
    "import_path": ("_pytest.pathlib", "import_path"),
    "absolutepath": ("_pytest.pathlib", "absolutepath"),
    "bestrelpath": ("_pytest.pathlib", "bestrelpath"),
    "parse_override_ini": ("_pytest.config.findpaths", "parse_override_ini"),
    "NOTSET": ("_pytest.compat", "NOTSET"),
    "RegisteredMarker": ("_pytest.config._methods", "RegisteredMarker"),
    "_DeprecatedInicfgProxy": ("_pytest.config._methods", "InicfgProxy"),
    "_assertion_supported": ("_pytest.config._methods", "assertion_supported"),
    "_get_legacy_hook_marks": ("_pytest.config._methods", "get_legacy_hook_marks"),
    "_get_plugin_specs_as_list": ("_pytest.config._plugins", "get_plugin_specs_as_list"),
    "_get_prog_name": ("_pytest.config._methods", "get_prog_name"),
    "_is_editable_install": ("_pytest.config._plugins", "is_editable_install"),
    "_is_missing_module": ("_pytest.config._plugins", "is_missing_module"),
    "_iter_rewritable_modules": ("_pytest.config._plugins", "iter_rewritable_modules"),
    "_plugin_rewrite_name": ("_pytest.config._plugins", "plugin_rewrite_name"),
    "_resolve_warning_category": ("_pytest.config._warnings", "resolve_warning_category"),
    "_strtobool": ("_pytest.config._methods", "strtobool"),
    "apply_warning_filters": ("_pytest.config._warnings", "apply_warning_filters"),
    "parse_warning_filter": ("_pytest.config._warnings", "parse_warning_filter"),
}


def _make_exit_code():
    import enum

    class ExitCode(enum.IntEnum):
        """Encodes the valid exit codes by pytest."""

        OK = 0
        TESTS_FAILED = 1
        INTERRUPTED = 2
        INTERNAL_ERROR = 3
        USAGE_ERROR = 4
        NO_TESTS_COLLECTED = 5
        MAX_WARNINGS_ERROR = 6

    ExitCode.__module__ = "pytest"
    ExitCode.__qualname__ = "ExitCode"
    return ExitCode


def _make_args_source():
    import enum

    class ArgsSource(enum.Enum):
        """Where the arguments that name tests came from."""

        ARGS = enum.auto()
        INVOCATION_DIR = enum.auto()
        INCOVATION_DIR = INVOCATION_DIR
        TESTPATHS = enum.auto()

    ArgsSource.__qualname__ = "Config.ArgsSource"
    return ArgsSource


def __getattr__(name):
    if name in _ELSEWHERE:
        import importlib

        module, attribute = _ELSEWHERE[name]
        value = getattr(importlib.import_module(module), attribute)
    elif name == "ExitCode":
        value = _make_exit_code()
    elif name == "_ArgsSource":
        value = _make_args_source()
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


class cmdline:
    """Kept for programs that say pytest.cmdline.main()."""

    main = staticmethod(main)


def console_main():
    """The CLI entry point of pytest, which is not meant for programs: those call pytest.main()."""
    import warnings

    from _pytest.deprecated import CONSOLE_MAIN

    warnings.warn(CONSOLE_MAIN.format(), stacklevel=2)
    return _console_main()


def _console_main():
    from fastest import _fastest

    return _exit_code_or_int(_fastest.console_main())


def _exit_code_or_int(status):
    try:
        return __getattr__("ExitCode")(status)
    except ValueError:
        return status


def get_plugin_manager():
    """A new PytestPluginManager with the default plugins loaded."""
    return get_config().pluginmanager


def filename_arg(path, optname):
    """Type of options that name a file."""
    if os.path.isdir(path):
        raise UsageError(f"{optname} must be a filename, given: {path}")
    return path


def directory_arg(path, optname):
    """Type of options that name a folder."""
    if not os.path.isdir(path):
        raise UsageError(f"{optname} must be a directory, given: {path}")
    return path


# -- Called from C ------------------------------------------------------------------------------------------


def _late(module, name):
    def call(*args, **kwargs):
        # Not importlib's function: that would import importlib.
        found = __import__(f"{__name__}.{module}", fromlist=(name,))
        return getattr(found, name)(*args, **kwargs)

    return call


_add_verbosity_ini = _late("_methods", "add_verbosity_ini")
_catch_configured_warnings = _late("_warnings", "catch_configured_warnings")
_check_minversion = _late("_plugins", "check_minversion")
_check_required_plugins = _late("_plugins", "check_required_plugins")
_checkversion = _late("_plugins", "checkversion")
_cwd_relative_nodeid = _late("_methods", "cwd_relative_nodeid")
_excuse_conftest_failure = _late("_failures", "excuse_conftest_failure")
_fromdictargs = _late("_methods", "fromdictargs")
_get_inicfg = _late("_methods", "get_inicfg")
_get_inifile = _late("_methods", "get_inifile")
_get_invocation_dir = _late("_methods", "get_invocation_dir")
_get_rootdir = _late("_methods", "get_rootdir")
_get_terminal_writer = _late("_methods", "get_terminal_writer")
_get_unknown_ini_keys = _late("_warnings", "get_unknown_ini_keys")
_getconftest_pathlist = _late("_methods", "getconftest_pathlist")
_getini_unknown_type = _late("_methods", "getini_unknown_type")
_help_after_usage_error = _late("_failures", "help_after_usage_error")
_issue_config_time_warning = _late("_warnings", "issue_config_time_warning")
_iter_registered_markers = _late("_methods", "iter_registered_markers")
_mark_plugins_for_rewrite = _late("_plugins", "mark_plugins_for_rewrite")
_notify_exception = _late("_failures", "notify_exception")
_processopt = _late("_methods", "processopt")
_raise_toml_error = _late("_failures", "raise_toml_error")
_open_streams = _late("_failures", "open_streams")
_report_failure = _late("_failures", "report_failure")
_report_startup_error = _late("_failures", "report_startup_error")
_report_unknown_settings = _late("_warnings", "report_unknown_settings")
_silence_stdout = _late("_failures", "silence_stdout")
_sorted_glob = _late("_methods", "sorted_glob")
_unconfigure_python_path = _late("_methods", "unconfigure_python_path")
_validate_plugins = _late("_plugins", "validate_plugins")
_warn_from_engine = _late("_warnings", "warn_from_engine")
_warn_ini_string = _late("_warnings", "warn_ini_string")
_warn_or_fail_if_strict = _late("_warnings", "warn_or_fail_if_strict")


def _warn_about_skipped_plugins(config):
    """Located here, for there is no better place."""
    from _pytest.warning_types import PytestConfigWarning

    from ._warnings import issue_config_time_warning

    for name, reason in config.pluginmanager.skipped_plugins:
        # No frame of _late() lies between.
        issue_config_time_warning(config, PytestConfigWarning(f"skipped plugin {name!r}: {reason}"), 1)


print_conftest_import_error = _late("_failures", "print_conftest_import_error")
print_plugin_import_error = _late("_failures", "print_plugin_import_error")
print_usage_error = _late("_failures", "print_usage_error")

__all__ = [
    "Config",
    "ConftestImportFailure",
    "FILE_OR_DIR",
    "Parser",
    "PluginImportFailure",
    "PrintHelp",
    "PytestPluginManager",
    "UsageError",
    "_prepareconfig",
    "cmdline",
    "console_main",
    "create_terminal_writer",
    "get_config",
    "hookimpl",
    "hookspec",
    "main",
]
