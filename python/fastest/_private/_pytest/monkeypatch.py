"""Monkeypatching and mocking functionality; MonkeyPatch lives in C."""

import importlib

from fastest._fastest import MonkeyPatch

__all__ = ["MonkeyPatch"]


def annotated_getattr(obj, name, ann):
    try:
        return getattr(obj, name)
    except AttributeError as error:
        raise AttributeError(f"{type(obj).__name__!r} object at {ann} has no attribute {name!r}") from error


def _import_submodule(dotted):
    """Imports it; says which import failed when it was not this one."""
    try:
        importlib.import_module(dotted)
    except ImportError as error:
        if str(error).split()[-1] == dotted:
            raise
        raise ImportError(f"import error in {dotted}: {error}") from error


def resolve(name):
    """The object of a dotted name: modules as far as they go, attributes from there."""
    missing = object()
    first, *rest = name.split(".")
    dotted = first
    found = importlib.import_module(first)
    for part in rest:
        dotted = f"{dotted}.{part}"
        inner = getattr(found, part, missing)
        if inner is missing:
            _import_submodule(dotted)
            inner = annotated_getattr(found, part, dotted)
        found = inner
    return found


def derive_importpath(import_path, raising):
    """("c", a.b) for "a.b.c"."""
    if not isinstance(import_path, str) or "." not in import_path:
        raise TypeError(f"must be absolute import path string, not {import_path!r}")
    module, _, attribute = import_path.rpartition(".")
    target = resolve(module)
    if raising:
        annotated_getattr(target, attribute, ann=module)
    return attribute, target


def _fix_namespace_packages(path):
    """Tells pkg_resources, which is loaded, of a new folder on sys.path."""
    import os
    import warnings

    import pkg_resources

    for package in getattr(pkg_resources, "_namespace_packages", None) or ():
        if package and os.path.isdir(os.path.join(path, package.replace(".", os.sep))):
            from _pytest.deprecated import MONKEYPATCH_LEGACY_NAMESPACE_PACKAGES

            warnings.warn(MONKEYPATCH_LEGACY_NAMESPACE_PACKAGES.format(), stacklevel=2)
            break
    pkg_resources.fixup_namespace_packages(path)


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
