"""Methods and attributes of Config that few ask for, and old names."""

import os
import sys
from collections import namedtuple
from collections.abc import MutableMapping

from fastest._fastest import ConfigValue


def unconfigure_python_path(config):
    for path in map(str, config.getini("pythonpath")):
        if path in sys.path:
            sys.path.remove(path)


def sorted_glob(pattern):
    import glob

    return sorted(glob.iglob(pattern, recursive=True))


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
