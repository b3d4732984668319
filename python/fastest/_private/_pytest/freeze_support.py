"""What a program that is frozen with its tests has to include: the runner's modules."""

from __future__ import annotations


def freeze_includes():
    """Return a list of module names used by pytest that should be
    included by cx_freeze."""
    import _pytest

    return list(_iter_all_modules(_pytest.__path__, "_pytest."))


def _iter_all_modules(path, prefix):
    import os
    import pkgutil

    for found in pkgutil.iter_modules(path, prefix):
        if found.ispkg:
            inner = [os.path.join(found.module_finder.path, found.name.rpartition(".")[2])]
            yield from _iter_all_modules(inner, found.name + ".")
        else:
            yield found.name
