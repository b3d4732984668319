"""Where the configuration comes from: the functions of pytest's module, over the C search."""

import os
from pathlib import Path

from fastest._fastest import ConfigValue
from fastest._fastest import UsageError

ConfigDict = dict

CONFIG_NAMES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
CFG_PYTEST_SECTION = (
    "[pytest] section in {filename} files is no longer supported, change to [tool:pytest] instead."
)


def load_config_dict_from_file(filepath):
    """The settings of one file, None when it holds none for pytest."""
    from fastest._fastest import _read_config_file

    return _read_config_file(str(filepath))


def locate_config(invocation_dir, args):
    """(root folder, file, settings, ignored files) for the first file that counts, upward from each path."""
    paths = [path for path in args if not str(path).startswith("-")] or [invocation_dir]
    pyproject = None
    for path in paths:
        absolute = Path(os.path.abspath(path))
        for base in (absolute, *absolute.parents):
            for index, name in enumerate(CONFIG_NAMES):
                file = base / name
                if not file.is_file():
                    continue
                if name == "pyproject.toml" and pyproject is None:
                    pyproject = file
                settings = load_config_dict_from_file(file)
                if settings is not None:
                    ignored = [
                        other
                        for other in CONFIG_NAMES[index + 1 :]
                        if (base / other).is_file() and load_config_dict_from_file(base / other) is not None
                    ]
                    return base, file, settings, ignored
    if pyproject is not None:
        return pyproject.parent, pyproject, {}, []
    return None, None, {}, []


def get_common_ancestor(invocation_dir, paths):
    existing = [path for path in paths if path.exists()]
    if not existing:
        return invocation_dir
    common = Path(os.path.commonpath([str(path) for path in existing]))
    return common.parent if common.is_file() else common


def get_dirs_from_args(args):
    from _pytest.pathlib import safe_exists

    paths = (Path(os.path.abspath(arg.partition("::")[0])) for arg in args if not arg.startswith("-"))
    return [path if path.is_dir() else path.parent for path in paths if safe_exists(path)]


def parse_override_ini(override_ini):
    overrides = {}
    for text in override_ini or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"-o/--override-ini expects option=value style (got: {text!r}).")
        overrides[name] = ConfigValue(value, origin="override", mode="ini")
    return overrides


def determine_setup(*, inifile, override_ini, args, rootdir_cmd_arg, invocation_dir):
    """(root folder, file or None, settings, ignored files) of a command line."""
    from fastest._fastest import _find_project

    root, file, settings, ignored = _find_project(
        str(invocation_dir), inifile, rootdir_cmd_arg, [str(arg) for arg in args]
    )
    settings.update(parse_override_ini(override_ini))
    return Path(root), None if file is None else Path(file), settings, ignored


def is_fs_root(p):
    return os.path.splitdrive(str(p))[1] == os.sep
