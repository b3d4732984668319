"""Version info, help messages, tracing configuration: what they print."""

import argparse
import os
import sys

from _pytest.config import PrintHelp
from _pytest.config.argparsing import _ini_type_repr
from _pytest.config.argparsing import _split_help_text

PYTEST_VERSION = "9.2.0"

_ENVIRONMENT = {
    "CI": "When set to a non-empty value, pytest knows it is running in a CI process and does not truncate "
    "summary info",
    "BUILD_NUMBER": "Equivalent to CI",
    "PYTEST_ADDOPTS": "Extra command line options",
    "PYTEST_PLUGINS": "Comma-separated plugins to load during startup",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "Set to disable plugin auto-loading",
    "PYTEST_DEBUG": "Set to enable debug tracing of pytest's internals",
    "PYTEST_DEBUG_TEMPROOT": "Override the system temporary directory",
    "PYTEST_THEME": "The Pygments style to use for code output",
    "PYTEST_THEME_MODE": "Set the PYTEST_THEME to be either 'dark' or 'light'",
}

# Continuation lines of ini options' help start where argparse's help texts start.
_HELP_COLUMN = 24


class HelpAction(argparse.Action):
    """--help: where the caller asked for it, ends parsing before argparse misses anything."""

    def __init__(self, option_strings, dest, *, help=None):
        super().__init__(option_strings=option_strings, dest=dest, nargs=0, const=True, default=False, help=help)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, self.const)
        if getattr(namespace, "_raise_print_help", False):
            raise PrintHelp


def _start_debugging(config):
    path = config.option.debug
    file = open(path, "w", encoding="utf-8")
    file.write(
        f"versions pytest-{PYTEST_VERSION}, python-{'.'.join(map(str, sys.version_info))}\n"
        f"invocation_dir={config.invocation_params.dir}\n"
        f"cwd={os.getcwd()}\n"
        f"args={config.invocation_params.args}\n\n"
    )
    config.trace.root.setwriter(file.write)
    undo = config.pluginmanager.enable_tracing()
    sys.stderr.write(f"writing pytest debug information to {path}\n")

    def stop():
        file.close()
        sys.stderr.write(f"wrote pytest debug information to {file.name}\n")
        config.trace.root.setwriter(None)
        undo()

    config.add_cleanup(stop)


def show_version_verbose(config):
    import pytest

    lines = [f"This is pytest version {pytest.__version__}, imported from {pytest.__file__}"]
    sys.stdout.write("".join(line + "\n" for line in lines + getpluginversioninfo(config)))


def pytest_cmdline_main(config):
    from _pytest.config import ExitCode

    if config.option.version > 1:
        show_version_verbose(config)
        return ExitCode.OK
    if config.option.help:
        config._do_configure()
        showhelp(config)
        config._ensure_unconfigure()
        return ExitCode.OK
    return None


def showhelp(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    writer = reporter._tw
    writer.write(config._parser.optparser.format_help())
    writer.line()
    writer.line(
        "[pytest] configuration options in the first "
        "pytest.toml|pytest.ini|tox.ini|setup.cfg|pyproject.toml file found:"
    )
    writer.line()
    for name, (help, type, _) in config._parser._inidict.items():
        if help is None:
            raise TypeError(f"help argument cannot be None for {name}")
        _show_ini_option(writer, f"{name} ({_ini_type_repr(type)}):", help)
    writer.line()
    writer.line("Environment variables:")
    for name, help in _ENVIRONMENT.items():
        writer.line(f"  {name:<24} {help}")
    writer.line()
    writer.line()
    writer.line("to see available markers type: pytest --markers")
    writer.line("to see available fixtures type: pytest --fixtures")
    writer.line(
        "(shown according to specified file_or_dir or current dir "
        "if not specified; fixtures with leading '_' are only shown "
        "with the '-v' option"
    )
    for report in reporter.stats.get("warnings", []):
        writer.line("warning : " + report.message, red=True)


def _show_ini_option(writer, head, help):
    lines = _split_help_text(help, writer.fullwidth - _HELP_COLUMN)
    writer.write(f"  {head}")
    if len(head) > _HELP_COLUMN - 3:
        writer.line()
    else:
        writer.write(" " * (_HELP_COLUMN - len(head) - 2))
        if lines:
            writer.line(lines.pop(0))
    for line in lines:
        writer.line(" " * _HELP_COLUMN + line if line else "")


def getpluginversioninfo(config):
    rows = config.pluginmanager.list_plugin_distinfo()
    lines = [
        f"  {dist.project_name}-{dist.version} at {getattr(plugin, '__file__', repr(plugin))}"
        for plugin, dist in rows
    ]
    return ["registered third-party plugins:", *lines] if lines else []


def pytest_report_header(config):
    lines = []
    if config.option.debug or config.option.traceconfig:
        lines.append(f"using: pytest-{PYTEST_VERSION}")
        lines += getpluginversioninfo(config)
    if config.option.traceconfig:
        lines.append("active plugins:")
        for name, plugin in config.pluginmanager.list_name_plugin():
            place = plugin.__file__ if hasattr(plugin, "__file__") else repr(plugin)
            lines.append(f"    {name:<20}: {place}")
    return lines
