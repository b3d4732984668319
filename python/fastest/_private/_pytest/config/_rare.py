"""What a plain run does not need of the configuration: warnings, requirements, error reports, old names."""

import contextlib
import functools
import os
import sys
from collections import namedtuple
from collections.abc import MutableMapping

from fastest._fastest import Config
from fastest._fastest import ConfigValue
from fastest._fastest import UsageError

PYTEST_VERSION = "9.2.0"


# -- Errors ------------------------------------------------------------------------------------------------


def report_startup_error(exception):
    """Tells the user what kept the run from starting; the exit status, None for somebody else's exception."""
    from _pytest.config import ConftestImportFailure
    from _pytest.config import ExitCode
    from _pytest.config import PluginImportFailure

    if isinstance(exception, UsageError):
        print_usage_error(exception, sys.stderr)
        return int(ExitCode.USAGE_ERROR)
    if isinstance(exception, ConftestImportFailure):
        print_conftest_import_error(exception, sys.stderr)
        return int(ExitCode.USAGE_ERROR)
    if isinstance(exception, PluginImportFailure):
        print_plugin_import_error(exception, sys.stderr)
        return int(ExitCode.INTERNAL_ERROR)
    return None


def report_failure(exception):
    """What ended the run outside of any test: the exit status once it is told, None to raise it."""
    if isinstance(exception, OSError):
        # Only the engine's own: a full disk behind stdout.
        if not is_raised_here(exception.__traceback__):
            return None
        import errno

        full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
        where = exception.filename or ("standard output" if exception.errno in full else "")
        sys.stderr.write(f"fastest: {where}{': ' if where else ''}{exception.strerror}\n")
        silence_stdout()
        return 1
    # pytest.fail() where no test could fail, as for [pytest] in a setup.cfg: its text says all.
    print_usage_error(UsageError(str(exception)), sys.stderr)
    return 4


def is_raised_here(traceback):
    """Whether all its frames are ours, or of an import of ours."""
    import fastest

    ours = (os.path.dirname(fastest.__file__) + os.sep, "<frozen importlib")
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(ours):
            return False
        traceback = traceback.tb_next
    return True


def print_usage_error(e, file):
    from _pytest._io import TerminalWriter

    writer = TerminalWriter(file)
    for message in e.args:
        writer.line(f"ERROR: {message}\n", red=True)
    writer.flush()


def print_conftest_import_error(e, file):
    _print_import_error(f"ImportError while loading conftest '{e.path}'.", e.cause, file)


def print_plugin_import_error(e, file):
    assert e.__cause__ is not None, f"{e!r} must be raised `from` the original error"
    _print_import_error(f'Error while loading plugin "{e}".', e.__cause__, file)


def _print_import_error(header, cause, file):
    from _pytest._code import ExceptionInfo
    from _pytest._io import TerminalWriter

    excinfo = ExceptionInfo.from_exc_info((type(cause), cause, cause.__traceback__))
    excinfo.traceback = excinfo.traceback.filter(filter_traceback_for_import_failure)
    if excinfo.traceback:
        shown = excinfo.getrepr(style="short", chain=False)
    elif cause.__traceback__ is None or isinstance(cause, SyntaxError):
        # Compiled in C: where pytest has a frame of ast.parse() there is none.
        shown = "\n".join("E   " + line for line in excinfo.exconly().split("\n"))
    else:
        shown = excinfo.exconly()
    writer = TerminalWriter(file)
    writer.line(header, red=True)
    for line in str(shown).splitlines():
        writer.line(line.rstrip(), red=True)
    writer.flush()


def filter_traceback_for_import_failure(entry):
    from _pytest._code import filter_traceback

    return filter_traceback(entry) and "importlib" not in str(entry.path).split(os.sep)


def raise_toml_error(path):
    """Raises tomllib's words for a file that does not parse; returns where there is no tomllib."""
    try:
        import tomllib
    except ImportError:
        try:
            import tomli as tomllib
        except ImportError:
            return
    with open(path, encoding="utf-8") as file:
        try:
            text = file.read()
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: {error}") from error
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from error


def help_after_usage_error(config, args):
    """--help and --version still say what they can when the rest of the command line is wrong."""
    if getattr(config.option, "version", False) or "--version" in args:
        from _pytest.helpconfig import show_version_verbose

        show_version_verbose(config)
    elif getattr(config.option, "help", False) or "--help" in args or "-h" in args:
        config._parser.optparser.print_help()
        sys.stdout.write("\nNOTE: displaying only minimal help due to UsageError.\n\n")


def excuse_conftest_failure(config, exception):
    from _pytest.config import ConftestImportFailure

    if not isinstance(exception, ConftestImportFailure):
        raise exception
    warn_from_engine(config, "PytestConfigWarning", f"could not load initial conftests: {exception.path}")


def open_streams():
    """Somebody started the run with stdout or stderr closed: nobody reads what goes there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    if sys.stdout is None:
        sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", closefd=False)


def silence_stdout():
    """After a broken pipe: what is still buffered must not fail again when Python exits."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())


def notify_exception(config, excinfo, option=None):
    style = "long" if option and getattr(option, "fulltrace", False) else "native"
    shown = excinfo.getrepr(funcargs=True, showlocals=getattr(option, "showlocals", False), style=style)
    if any(config.hook.pytest_internalerror(excrepr=shown, excinfo=excinfo)):
        return
    for line in str(shown).split("\n"):
        sys.stderr.write(f"INTERNALERROR> {line}\n")
        sys.stderr.flush()


# -- Requirements ------------------------------------------------------------------------------------------


def checkversion(config):
    check_minversion(config, config.getini("minversion"))


def check_minversion(config, minversion):
    if minversion and _is_newer(minversion):
        raise UsageError(
            f"{config.inipath}: 'minversion' requires pytest-{minversion}, actual pytest-{PYTEST_VERSION}'"
        )


def _is_newer(minversion):
    try:
        from packaging.version import Version
    except ImportError:
        # An environment without pytest need not have it.
        return _numbers(minversion) > _numbers(PYTEST_VERSION)
    return Version(minversion) > Version(PYTEST_VERSION)


def _numbers(version):
    import re

    return [int(digits) for digits in re.findall(r"\d+", version)]


def validate_plugins(config):
    check_required_plugins(config, config.getini("required_plugins"))


def check_required_plugins(config, required):
    if not required:
        return
    installed = {dist.project_name: dist.version for _, dist in config.pluginmanager.list_plugin_distinfo()}
    try:
        from packaging.requirements import InvalidRequirement
        from packaging.requirements import Requirement
        from packaging.version import Version
    except ImportError:
        _check_required_names(installed, required)
        return

    def is_missing(text):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            return True
        version = installed.get(requirement.name)
        return version is None or not requirement.specifier.contains(Version(version), prereleases=True)

    missing = [text for text in sorted(required) if is_missing(text)]
    if missing:
        raise UsageError("Missing required plugins: {}".format(", ".join(missing)))


def _check_required_names(installed, required):
    """Without the library that reads requirements: exact names count, versions cannot be judged."""
    import re

    missing = [text for text in sorted(required) if re.split(r"[^\w.-]", text)[0] not in installed]
    if missing:
        raise UsageError("Missing required plugins: {}".format(", ".join(missing)))


def unconfigure_python_path(config):
    for path in map(str, config.getini("pythonpath")):
        if path in sys.path:
            sys.path.remove(path)


def mark_plugins_for_rewrite(config, hook, disable_autoload):
    """Tells an import hook which modules belong to installed plugins."""
    config.pluginmanager.rewrite_hook = hook
    if not disable_autoload:
        from fastest._distributions import rewrite_names

        for name in rewrite_names():
            hook.mark_rewrite(name)


def sorted_glob(pattern):
    import glob

    return sorted(glob.iglob(pattern, recursive=True))


# -- Settings that nobody knows ----------------------------------------------------------------------------


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


# -- Warnings ----------------------------------------------------------------------------------------------


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


# -- Old names, and methods of Config ----------------------------------------------------------------------


def strtobool(val):
    word = val.lower()
    if word in ("y", "yes", "t", "true", "on", "1"):
        return True
    if word in ("n", "no", "f", "false", "off", "0"):
        return False
    raise ValueError(f"invalid truth value {word!r}")


def assertion_supported():
    try:
        assert False
    except AssertionError:
        return True
    return False


def _legacy_path(path):
    from _pytest.compat import legacy_path

    return legacy_path(str(path))


def get_rootdir(config):
    return _legacy_path(config.rootpath)


def get_invocation_dir(config):
    return _legacy_path(config.invocation_params.dir)


def get_inifile(config):
    return None if config.inipath is None else _legacy_path(config.inipath)


def getini_unknown_type(config, name, type, value):
    if type == "pathlist":
        from _pytest.compat import legacy_path

        folder = config.inipath.parent if config.inipath is not None else config.invocation_params.dir
        import shlex

        words = shlex.split(value) if isinstance(value, str) else value
        return [legacy_path(str(folder / word)) for word in words]
    raise ValueError(f"Option {name} has unknown configuration type {type} with value {value!r}")


def get_inicfg(config):
    import warnings

    from _pytest.deprecated import CONFIG_INICFG

    # The property's frames: this function, and the one that found this module.
    warnings.warn(CONFIG_INICFG.format(), stacklevel=3)
    return InicfgProxy(config)


class InicfgProxy(MutableMapping):
    """config.inicfg: the settings without where they came from."""

    __slots__ = ("_config",)

    def __init__(self, config):
        self._config = config

    def __getitem__(self, key):
        return self._config._inicfg[key].value

    def __setitem__(self, key, value):
        self._config._inicfg[key] = ConfigValue(value, origin="override", mode="toml")

    def __delitem__(self, key):
        del self._config._inicfg[key]

    def __iter__(self):
        return iter(self._config._inicfg)

    def __len__(self):
        return len(self._config._inicfg)


RegisteredMarker = namedtuple("RegisteredMarker", "name signature description", module="_pytest.config")


def cwd_relative_nodeid(config, nodeid):
    """The node id with its path relative to the working folder."""
    if config.invocation_params.dir == config.rootpath:
        return nodeid
    import dataclasses

    from _pytest.pathlib import bestrelpath

    path = bestrelpath(config.invocation_params.dir, config.rootpath / nodeid.path)
    return dataclasses.replace(nodeid, path=path)


def get_terminal_writer(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    assert reporter is not None
    return reporter._tw


def iter_registered_markers(config):
    for line in config.getini("markers"):
        signature, _, description = line.partition(":")
        yield RegisteredMarker(signature.split("(")[0].strip(), signature, description.strip())


def getconftest_pathlist(config, name, path):
    import pathlib

    from _pytest.pathlib import absolutepath

    try:
        module, values = config.pluginmanager._rget_with_confmod(name, path)
    except KeyError:
        return None
    assert module.__file__ is not None
    folder = pathlib.Path(module.__file__).parent
    return [
        pathlib.Path(value)
        if isinstance(value, os.PathLike)
        else absolutepath(folder / value.replace("/", os.sep))
        for value in values
    ]


def add_verbosity_ini(parser, verbosity_type, help):
    from typing import Literal

    parser.addini(
        f"verbosity_{verbosity_type}", help=help, type=int | Literal["auto"], default="auto"
    )


def processopt(config, opt):
    if not hasattr(config.option, opt.dest):
        setattr(config.option, opt.dest, opt.default)


def fromdictargs(cls, option_dict, args):
    """A Config for another process, from the options of this one."""
    from _pytest.config import get_config

    config = get_config(args)
    config.option.__dict__.update(option_dict)
    config.parse(args, addopts=False)
    for name in config.option.plugins:
        config.pluginmanager.consider_pluginarg(name)
    return config


def get_prog_name(argv):
    """What the usage line calls the program, from sys.argv."""
    is_module = argv and os.path.basename(argv[0]) == "__main__.py"
    return "python -m pytest" if is_module else "pytest"


def get_legacy_hook_marks(method, hook_type, opt_names):
    """Options that a hook function got by setting attributes or marks on it, with a warning about that."""
    import _pytest.deprecated
    from _pytest.warning_types import warn_explicit_for

    marks = {mark.name for mark in getattr(method, "pytestmark", [])}
    found = {}
    shown = []
    for name in opt_names:
        value = getattr(method, name, AttributeError)
        found[name] = value is not AttributeError or name in marks
        if found[name]:
            shown.append(f"{name}={True if value is AttributeError else value}")
    if shown:
        warn_explicit_for(
            method,
            _pytest.deprecated.HOOK_LEGACY_MARKING.format(
                type=hook_type, fullname=method.__qualname__, hook_opts=", ".join(shown)
            ),
        )
    return found


def is_editable_install(dist):
    """Whether a distribution was installed for editing (PEP 660): then its files are listed nowhere."""
    import json

    read_text = getattr(dist, "read_text", None)
    text = read_text("direct_url.json") if read_text is not None else None
    if not text:
        return False
    try:
        return bool(json.loads(text).get("dir_info", {}).get("editable"))
    except ValueError:
        return False


def plugin_rewrite_name(module):
    """The outermost package around a plugin's module that is no namespace package; imports nothing."""
    from importlib.machinery import PathFinder

    path = None
    name = ""
    for part in module.split("."):
        name = f"{name}.{part}".lstrip(".")
        spec = PathFinder.find_spec(part, path)
        if spec is None:
            return None
        if spec.origin is not None or spec.submodule_search_locations is None:
            return name
        path = list(spec.submodule_search_locations)
    return None


def get_plugin_specs_as_list(specs):
    import types
    from collections.abc import Sequence

    if specs is None or isinstance(specs, types.ModuleType):
        return []
    if isinstance(specs, str):
        return specs.split(",") if specs else []
    if isinstance(specs, Sequence):
        return list(specs)
    raise UsageError(
        f"Plugins may be specified as a sequence or a ','-separated string of plugin names. Got: {specs!r}"
    )


def iter_rewritable_modules(package_files):
    """The modules and packages among a distribution's files, also one folder down (src/...)."""
    files = list(package_files)
    found = False
    for name in files:
        if name.endswith(".py") and "/" not in name:
            module = name[: -len(".py")]
            if module != "setup" and not module.startswith("__editable__"):
                found = True
                yield module
        elif name.count("/") == 1 and name.endswith("__init__.py"):
            found = True
            yield name.partition("/")[0]
    if not found:
        deeper = [rest for rest in (name.partition("/")[2] for name in files) if rest]
        if deeper:
            yield from iter_rewritable_modules(deeper)


__all__ = ["Config"]


def is_missing_module(error, name):
    """Whether a ModuleNotFoundError means this module, or a package of it: not something that it imports."""
    return error.name is not None and (error.name == name or name.startswith(f"{error.name}."))


def import_without_config(path, mode):
    """The module of a conftest file, for a plugin manager without a Config."""
    from pathlib import Path

    from _pytest.pathlib import import_path

    return import_path(Path(path), mode=mode, root=Path(path).parent, consider_namespace_packages=False)
