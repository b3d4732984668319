"""Paths: imports by path in the unusual modes, numbered folders, removal that does not give up."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import stat
import sys
from enum import Enum
from errno import EBADF
from errno import ELOOP
from errno import ENOENT
from errno import ENOTDIR
from pathlib import Path
from pathlib import PurePath

from fastest._fastest import ImportPathMismatchError

LOCK_TIMEOUT = 60 * 60 * 24 * 3

_VANISHED = (ENOENT, ENOTDIR, EBADF, ELOOP)


def _ignore_error(exception):
    return getattr(exception, "errno", None) in _VANISHED


# ---- Removal ----


def get_lock_path(path):
    return path.joinpath(".lock")


def _chmod_rwx(p):
    """Gives the owner what deleting takes; says whether that changed anything."""
    try:
        mode = os.stat(p).st_mode
        needed = stat.S_IRWXU if stat.S_ISDIR(mode) else stat.S_IRUSR | stat.S_IWUSR
        if stat.S_IMODE(mode) | needed == stat.S_IMODE(mode):
            return False
        os.chmod(p, stat.S_IMODE(mode) | needed)
    except OSError:
        return False
    return True


def _warn(message):
    import warnings

    from _pytest.warning_types import PytestWarning

    warnings.warn(PytestWarning(message), stacklevel=3)


def _remove_untraversable(path, start_path):
    """A folder that could not be entered: rmtree leaves it, so it is removed here."""
    changed = [_chmod_rwx(str(path.parent))] if path.parent not in (path, start_path) else []
    changed.append(_chmod_rwx(str(path)))
    if not any(changed):
        return False
    if path.is_dir():
        rm_rf(path)
        return True
    try:
        os.unlink(str(path))
    except OSError:
        return False
    return True


def on_rm_rf_error(func, path, excinfo, *, start_path):
    """Makes what is read-only writable and tries again; True when that was the trouble."""
    error = excinfo if isinstance(excinfo, BaseException) else excinfo[1]
    if isinstance(error, FileNotFoundError):
        return False  # somebody else removed it
    if not isinstance(error, PermissionError):
        _warn(f"(rm_rf) error removing {path}\n{type(error)}: {error}")
        return False
    place = Path(path)
    if func in (os.open, os.scandir):
        return _remove_untraversable(place, start_path)
    if func not in (os.rmdir, os.remove, os.unlink):
        _warn(f"(rm_rf) unknown function {func} when removing {path}:\n{type(error)}: {error}")
        return False
    if place.is_file():
        for parent in place.parents:
            _chmod_rwx(str(parent))
            if parent == start_path:
                break
    _chmod_rwx(str(path))
    func(path)
    return True


def get_extended_length_path_str(path):
    """The path in the form of Windows that has no limit of length."""
    prefix = "\\\\?\\"
    if path.startswith(prefix):
        return path
    return f"{prefix}UNC\\{path[2:]}" if path.startswith("\\\\") else prefix + path


def ensure_extended_length_path(path):
    return path


def rm_rf(path):
    """Removes a tree, also where it is read-only."""
    import shutil
    from functools import partial

    handler = partial(on_rm_rf_error, start_path=path)
    if sys.version_info >= (3, 12):
        shutil.rmtree(str(path), onexc=handler)
    else:
        shutil.rmtree(str(path), onerror=handler)


# ---- Numbered folders ----


def find_prefixed(root, prefix):
    """Entries whose names begin with the prefix, whatever the case."""
    wanted = prefix.lower()
    return (entry for entry in os.scandir(root) if entry.name.lower().startswith(wanted))


def extract_suffixes(entries, prefix):
    return (entry.name[len(prefix) :] for entry in entries)


def find_suffixes(root, prefix):
    return extract_suffixes(find_prefixed(root, prefix), prefix)


def parse_num(maybe_num):
    try:
        return int(maybe_num)
    except ValueError:
        return -1


def _highest_number(root, prefix):
    return max(map(parse_num, find_suffixes(root, prefix)), default=-1)


def _force_symlink(root, target, link_to):
    """Points root/target elsewhere, as well as that goes with others doing the same."""
    link = root.joinpath(target)
    with contextlib.suppress(OSError):
        link.unlink()
    with contextlib.suppress(Exception):
        link.symlink_to(link_to)


def make_numbered_dir(root, prefix, mode=0o700):
    """A new folder prefixN, one above the highest there is."""
    for _attempt in range(10):
        path = root.joinpath(f"{prefix}{_highest_number(root, prefix) + 1}")
        try:
            path.mkdir(mode=mode)
        except Exception:
            continue  # another process was faster
        _force_symlink(root, prefix + "current", path)
        return path
    raise OSError(f"could not create numbered dir with prefix {prefix} in {root} after 10 tries")


def create_cleanup_lock(p):
    """A file that keeps others from removing the folder."""
    lock = get_lock_path(p)
    try:
        descriptor = os.open(str(lock), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError as error:
        raise OSError(f"cannot create lockfile in {p}") from error
    os.write(descriptor, str(os.getpid()).encode())
    os.close(descriptor)
    if not lock.is_file():
        raise OSError("lock path got renamed after successful creation")
    return lock


def register_cleanup_lock_removal(lock_path, register):
    """Removes the lock at the end, in this process only."""
    owner = os.getpid()

    def cleanup_on_exit(lock_path=lock_path, original_pid=owner):
        if os.getpid() == original_pid:
            with contextlib.suppress(OSError):
                lock_path.unlink()

    return register(cleanup_on_exit)


def maybe_delete_a_numbered_dir(path):
    """Removes the folder if nobody holds its lock."""
    import uuid

    lock = None
    try:
        lock = create_cleanup_lock(path)
        garbage = path.parent.joinpath(f"garbage-{uuid.uuid4()}")
        path.rename(garbage)
        rm_rf(garbage)
    except OSError:
        pass  # somebody else is at it, or uses it
    finally:
        if lock is not None:
            with contextlib.suppress(OSError):
                lock.unlink()


def ensure_deletable(path, consider_lock_dead_if_created_before):
    """Whether nobody holds the folder; a lock that is too old is removed."""
    if path.is_symlink():
        return False
    lock = get_lock_path(path)
    try:
        if not lock.is_file():
            return True
        created = lock.stat().st_mtime
    except Exception:
        return False
    if created < consider_lock_dead_if_created_before:
        with contextlib.suppress(OSError):
            lock.unlink()
            return True
    return False


def try_cleanup(path, consider_lock_dead_if_created_before):
    if ensure_deletable(path, consider_lock_dead_if_created_before):
        maybe_delete_a_numbered_dir(path)


def cleanup_candidates(root, prefix, keep):
    """The folders below the `keep` highest numbers."""
    last = _highest_number(root, prefix) - keep
    for entry in find_prefixed(root, prefix):
        if parse_num(entry.name[len(prefix) :]) <= last:
            yield Path(entry)


def cleanup_dead_symlinks(root):
    for entry in root.iterdir():
        if entry.is_symlink() and not entry.resolve().exists():
            entry.unlink()


def cleanup_numbered_dir(root, prefix, keep, consider_lock_dead_if_created_before):
    """Removes old numbered folders, and what earlier removals left."""
    if not root.exists():
        return
    for path in [*cleanup_candidates(root, prefix, keep), *root.glob("garbage-*")]:
        try_cleanup(path, consider_lock_dead_if_created_before)
    cleanup_dead_symlinks(root)


def make_numbered_dir_with_cleanup(*, root, prefix, mode, keep, lock_timeout, register):
    """A locked numbered folder; it and old ones are tidied up at the end."""
    problem = None
    for _attempt in range(10):
        try:
            path = make_numbered_dir(root, prefix, mode)
            if keep != 0:
                register_cleanup_lock_removal(create_cleanup_lock(path), register)
        except Exception as error:
            problem = error
        else:
            register(cleanup_numbered_dir, root, prefix, keep, path.stat().st_mtime - lock_timeout)
            return path
    raise problem


# ---- Names and patterns ----


def resolve_from_str(input, rootpath):
    path = os.path.expandvars(os.path.expanduser(input))
    return Path(path) if os.path.isabs(path) else rootpath.joinpath(path)


def fnmatch_ex(pattern, path):
    """A pattern without a slash matches the name, any other the whole path."""
    path = PurePath(path)
    if os.sep not in pattern:
        return fnmatch.fnmatch(path.name, pattern)
    if path.is_absolute() and not os.path.isabs(pattern):
        pattern = f"*{os.sep}{pattern}"
    return fnmatch.fnmatch(str(path), pattern)


def parts(s):
    """Every leading part of a path."""
    pieces = s.split(os.sep)
    return {os.sep.join(pieces[: count + 1]) or os.sep for count in range(len(pieces))}


def symlink_or_skip(src, dst, **kwargs):
    """Makes a link, or skips the test where that is not possible."""
    try:
        os.symlink(src, dst, **kwargs)
    except OSError as error:
        from _pytest.outcomes import skip

        skip(f"symlinks not supported: {error}")


def absolutepath(path):
    """os.path.abspath() as a Path: normalised, links kept."""
    return Path(os.path.abspath(path))


def commonpath(path1, path2):
    """What two paths share; None when one is relative and the other is not."""
    try:
        return Path(os.path.commonpath((str(path1), str(path2))))
    except ValueError:
        return None


def bestrelpath(directory, dest):
    """The shortest text that leads from `directory` to `dest`."""
    assert isinstance(directory, Path)
    assert isinstance(dest, Path)
    if directory == dest:
        return os.curdir
    base = commonpath(directory, dest)
    if not base:
        return str(dest)
    upwards = [os.pardir] * len(directory.relative_to(base).parts)
    return os.path.join(*upwards, *dest.relative_to(base).parts)


def safe_exists(p):
    """Path.exists(), where names that no file can have do not exist."""
    try:
        return p.exists()
    except (ValueError, OSError):
        return False


def samefile_nofollow(p1, p2):
    """Whether two paths are one file, links not followed."""
    first, second = p1.lstat(), p2.lstat()
    return bool(first.st_ino and second.st_ino) and os.path.samestat(first, second)


def scandir(path, sort_key=lambda entry: entry.name):
    """The sorted entries of a folder; none when it does not exist."""
    try:
        found = os.scandir(path)
    except FileNotFoundError:
        return []
    entries = []
    with found as all_entries:
        for entry in all_entries:
            try:
                entry.is_file()
            except OSError as error:
                if not _ignore_error(error):
                    raise
            else:
                entries.append(entry)
    return sorted(entries, key=sort_key)


def visit(path, recurse):
    """Walks a tree breadth-first, each folder sorted."""
    entries = scandir(path)
    yield from entries
    for entry in entries:
        if entry.is_dir() and recurse(entry):
            yield from visit(entry.path, recurse)


# ---- Imports ----


class ImportMode(Enum):
    """How a test module is imported."""

    prepend = "prepend"
    append = "append"
    importlib = "importlib"


class CouldNotResolvePathError(Exception):
    """The file belongs to no package."""


def import_path(path, *, mode=ImportMode.prepend, root, consider_namespace_packages):
    """Imports a file or package by its path, in one of three manners."""
    path = Path(path)
    mode = ImportMode(mode)
    if not path.exists():
        raise ImportError(path)
    if mode is ImportMode.importlib:
        return _import_standalone(path, root, consider_namespace_packages)
    try:
        folder, name = resolve_pkg_root_and_module_name(path, consider_namespace_packages=consider_namespace_packages)
    except CouldNotResolvePathError:
        folder, name = path.parent, path.stem
    _extend_search_path(str(folder), mode)

    import importlib

    importlib.import_module(name)
    module = sys.modules[name]
    if path.name != "__init__.py" and os.environ.get("PY_IGNORE_IMPORTMISMATCH", "") != "1":
        _check_origin(module, name, path)
    return module


def _extend_search_path(folder, mode):
    """For good: imports inside of functions come later."""
    if mode is ImportMode.append:
        if folder not in sys.path:
            sys.path.append(folder)
    elif folder != sys.path[0]:
        sys.path.insert(0, folder)


def _check_origin(module, name, path):
    """The module must come from `path`, not from a namesake elsewhere."""
    origin = module.__file__
    if origin is not None:
        origin = origin[:-1] if origin.endswith((".pyc", ".pyo")) else origin
        origin = origin.removesuffix(os.sep + "__init__.py")
        with contextlib.suppress(FileNotFoundError):
            if _is_same(str(path), origin):
                return
    raise ImportPathMismatchError(name, origin, path)


def _is_same(first, second):
    return os.path.samefile(first, second)


def _import_standalone(path, root, consider_namespace_packages):
    """Mode importlib: sys.path stays as it is."""
    with contextlib.suppress(CouldNotResolvePathError):
        _, name = resolve_pkg_root_and_module_name(path, consider_namespace_packages=consider_namespace_packages)
        if name in sys.modules:
            return sys.modules[name]
        module = _import_module_using_spec(name, path, insert_modules=False)
        if module is not None:
            return module
    name = module_name_from_path(path, root)
    if name in sys.modules:
        return sys.modules[name]
    module = _import_module_using_spec(name, path, insert_modules=True)
    if module is None:
        raise ImportError(f"Can't find module {name} at location {path}")
    return module


def _import_parent(module_name, module_path, insert_modules):
    """The module that `module_name` is part of, imported by its place if need be."""
    parent_name = module_name.rpartition(".")[0]
    if not parent_name:
        return None
    parent = sys.modules.get(parent_name)
    if hasattr(parent, "__path__"):
        return parent
    folder = module_path.parent.parent if module_path.name == "__init__.py" else module_path.parent
    init = folder / "__init__.py"
    return _import_module_using_spec(parent_name, init if init.is_file() else folder, insert_modules=insert_modules)


def _spec_for(module_name, module_path):
    """From the import system's finders first: hooks among them may want the module."""
    import importlib.util

    for finder in sys.meta_path:
        spec = finder.find_spec(module_name, [str(module_path.parent)])
        if spec_matches_module_path(spec, module_path):
            return spec
    loader = None
    if module_path.is_dir():
        from importlib.machinery import PathFinder

        if sys.version_info >= (3, 11):
            from importlib.machinery import NamespaceLoader
        else:
            from importlib._bootstrap_external import _NamespaceLoader as NamespaceLoader
        loader = NamespaceLoader(module_name.rpartition(".")[2], module_path, PathFinder())
    return importlib.util.spec_from_file_location(module_name, str(module_path), loader=loader)


def _import_module_using_spec(module_name, module_path, *, insert_modules):
    """Imports one file under a given name; None when no finder agrees that it is there."""
    import importlib.util

    parent = _import_parent(module_name, module_path, insert_modules)
    spec = _spec_for(module_name, module_path)
    if not spec_matches_module_path(spec, module_path):
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    if parent is not None:
        setattr(parent, module_name.rpartition(".")[2], module)
    if insert_modules:
        insert_missing_modules(sys.modules, module_name)
    return module


def spec_matches_module_path(module_spec, module_path):
    """Whether the spec is for that file, or for a namespace package of that folder."""
    if module_spec is None:
        return False
    if module_spec.origin:
        return Path(module_spec.origin) == module_path
    return any(Path(folder) == module_path for folder in module_spec.submodule_search_locations or ())


def module_name_from_path(path, root):
    """A dotted name for a file below `root`; for others, of its whole path."""
    path = path.with_suffix("")
    names = path.relative_to(root).parts if path.is_relative_to(root) else path.parts[1:]
    if len(names) > 1 and names[-1] == "__init__":
        names = names[:-1]
    # A dot inside of a part would make another level.
    return ".".join(name.replace(".", "_") for name in names)


def insert_missing_modules(modules, module_name):
    """Makes sure that every parent of a dotted name is there, and has its child as an attribute."""
    import importlib
    from types import ModuleType

    name = module_name
    while "." in name:
        parent_name, _, child = name.rpartition(".")
        parent = modules.get(parent_name)
        if parent is None:
            try:
                if not sys.meta_path:
                    raise ModuleNotFoundError  # import_module() would warn
                parent = importlib.import_module(parent_name)
            except ModuleNotFoundError:
                parent = ModuleType(name, doc="Empty module created by pytest's importmode=importlib.")
            modules[parent_name] = parent
        if not hasattr(parent, child):
            setattr(parent, child, modules[name])
        name = parent_name


def resolve_package_path(path):
    """The topmost folder upwards that is still a package; None when there is none."""
    package = None
    for folder in (path, *path.parents):
        if folder.is_dir():
            if not (folder / "__init__.py").is_file() or not folder.name.isidentifier():
                break
            package = folder
    return package


def resolve_pkg_root_and_module_name(path, *, consider_namespace_packages=False):
    """The folder that a file's dotted name starts from, and that name."""
    package = resolve_package_path(path)
    folder = None if package is None else package.parent
    if consider_namespace_packages:
        start = path.parent if folder is None else folder
        for candidate in (start, *start.parents):
            name = compute_module_name(candidate, path)
            if name and is_importable(name, path):
                folder = candidate
                break
    if folder is not None:
        name = compute_module_name(folder, path)
        if name:
            return folder, name
    raise CouldNotResolvePathError(f"Could not resolve for {path}")


def is_importable(module_name, module_path):
    """Whether `import module_name` would import that file."""
    import importlib.util

    try:
        return spec_matches_module_path(importlib.util.find_spec(module_name), module_path)
    except (ImportError, ValueError, ImportWarning):
        return False


def compute_module_name(root, module_path):
    """The dotted name of a file as seen from a folder."""
    try:
        names = list(module_path.with_suffix("").relative_to(root).parts)
    except ValueError:
        return None
    if not names:
        return None
    if names[-1] == "__init__":
        names.pop()
    return ".".join(names)
