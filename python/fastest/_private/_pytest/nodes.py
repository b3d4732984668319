"""The collection tree's classes; C all of them."""

from __future__ import annotations

import os

from fastest._fastest import Collector
from fastest._fastest import Directory
from fastest._fastest import File
from fastest._fastest import FSCollector
from fastest._fastest import Item
from fastest._fastest import Node
from fastest._fastest import node_source_location as get_fslocation_from_item
from fastest._fastest import NodeKeywords
from fastest._fastest import NodeMeta

SEP = "/"


def norm_sep(path):
    """The path with forward slashes only, as nodeids have them."""
    return os.fspath(path).replace("\\", SEP)


def _check_initialpaths_for_relpath(initial_paths, path):
    """The path relative to the argument that it lies below; "" for an argument, None for what lies elsewhere."""
    for folder in (path, *path.parents):
        if folder in initial_paths:
            return "" if folder == path else str(path.relative_to(folder))
    return None


def __getattr__(name):
    if name == "tracebackcutdir":
        from pathlib import Path

        import _pytest

        value = Path(_pytest.__file__).parent
    elif name == "NodeId":
        from _pytest.nodeid import NodeId as value
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value
