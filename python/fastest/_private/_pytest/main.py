"""The session: C, except for what only command lines with modules or folders of their own need."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from fastest._fastest import Dir
from fastest._fastest import Session
from fastest._fastest import SessionFailed as Failed
from fastest._fastest import SessionInterrupted as Interrupted
from fastest._fastest import main_collect_directory as pytest_collect_directory
from fastest._fastest import main_collection_modifyitems as pytest_collection_modifyitems
from fastest._fastest import main_ignore_collect as pytest_ignore_collect
from fastest._fastest import wrap_session


def __getattr__(name):
    if name in ("ExitCode", "UsageError"):
        import _pytest.config as home
    elif name in ("CollectReport", "TestReport"):
        import _pytest.reports as home
    elif name in ("SetupState", "collect_one_node"):
        import _pytest.runner as home
    else:
        from fastest._native_hooks import attribute

        return attribute(__name__, name)
    return getattr(home, name)


def search_pypath(module_name, *, consider_namespace_packages=False):
    """Where the import system finds a module: its file, or its package's folder; None when it does not."""
    import importlib.util

    try:
        spec = importlib.util.find_spec(module_name)
    except (AttributeError, ImportError, ValueError):
        # No module of that name; or a file name, whose last part was taken for one.
        return None
    if spec is None:
        return None
    folders = spec.submodule_search_locations
    if not folders:
        return spec.origin
    if consider_namespace_packages:
        return folders[0]
    return None if spec.origin is None else os.path.dirname(spec.origin)


@dataclasses.dataclass(frozen=True)
class CollectionArgument:
    """An argument of the command line, resolved."""

    path: Path
    parts: Sequence[str]
    parametrization: str | None
    module_name: str | None
    original_index: int


def resolve_collection_argument(
    invocation_path, arg, arg_index, *, as_pypath=False, consider_namespace_packages=False
):
    """Splits "path::names[params]"; the path must exist."""
    from _pytest.config import UsageError
    from _pytest.pathlib import absolutepath
    from _pytest.pathlib import safe_exists

    head, bracket, rest = arg.partition("[")
    location, *parts = head.split("::")
    if bracket and not parts:
        raise UsageError(f"path cannot contain [] parametrization: {arg}")
    module_name = None
    if as_pypath:
        found = search_pypath(location, consider_namespace_packages=consider_namespace_packages)
        if found is not None:
            module_name, location = location, found
    path = absolutepath(invocation_path / location)
    if not safe_exists(path):
        what = "module or package not found: {} (missing __init__.py?)" if as_pypath else "file or directory not found: {}"
        raise UsageError(what.format(arg))
    if parts and path.is_dir():
        kind = "package" if as_pypath else "directory"
        raise UsageError(f"{kind} argument cannot contain :: selection parts: {arg}")
    return CollectionArgument(
        path=path,
        parts=parts,
        parametrization=bracket + rest if bracket else None,
        module_name=module_name,
        original_index=arg_index,
    )


def is_collection_argument_subsumed_by(arg, by):
    """Whether everything that `arg` collects is collected by `by` already."""
    if arg.path != by.path:
        return not by.parts and arg.path.is_relative_to(by.path)
    if list(arg.parts[: len(by.parts)]) != list(by.parts):
        return False
    return by.parametrization is None or by.parametrization == arg.parametrization


def normalize_collection_arguments(collection_args):
    """The arguments without those that another one covers, in their order."""
    kept = []
    in_path_order = sorted(collection_args, key=lambda arg: (arg.path, arg.parts, arg.parametrization or ""))
    for argument in in_path_order:
        # Sorted, an argument directly follows the one that covers it.
        if not kept or not is_collection_argument_subsumed_by(argument, kept[-1]):
            kept.append(argument)
    return sorted(kept, key=lambda arg: arg.original_index)


def validate_basetemp(path):
    """The --basetemp option: a folder that may be emptied, so none that we stand in."""
    import argparse

    def covers(folder, place):
        return folder == place or folder in place.parents

    here = Path.cwd()
    if not path or covers(Path(path).absolute(), here) or covers(Path(path).resolve(), here.resolve()):
        raise argparse.ArgumentTypeError(
            "basetemp must not be empty, the current working directory or any parent directory of it"
        )
    return path


def _confcutdir_argument(path):
    from _pytest.config import directory_arg

    return directory_arg(path, optname="--confcutdir")


def _in_venv(path):
    """Whether a folder is the root of a virtual environment, or of conda's."""
    try:
        return (path / "pyvenv.cfg").is_file() or (path / "conda-meta" / "history").is_file()
    except OSError:
        return False
