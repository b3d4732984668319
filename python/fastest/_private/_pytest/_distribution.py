"""Installed distributions, for the rare questions that importlib.metadata has to answer."""


def distributions(private_folder):
    """The distribution "pytest" of this process."""
    from importlib.metadata import PathDistribution
    from pathlib import Path

    return [PathDistribution(Path(private_folder) / "pytest-9.2.0.dist-info")]


def editable_rewrite_name(info_folder, module):
    """What to rewrite of an entry point's module, when its distribution is installed in editable mode (PEP 660).

    That is the outermost package which is no namespace package: those are shared with others. Nothing is imported.
    """
    import json
    from importlib.machinery import PathFinder
    from pathlib import Path

    try:
        url = json.loads((Path(info_folder) / "direct_url.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not url.get("dir_info", {}).get("editable"):
        return None
    parts = module.split(".")
    search_path = None
    for count, part in enumerate(parts, 1):
        spec = PathFinder.find_spec(part, search_path)
        if spec is None:
            return None
        if spec.origin is not None or spec.submodule_search_locations is None:
            return ".".join(parts[:count])
        search_path = list(spec.submodule_search_locations)
    return None


def resource_reader(path):
    """importlib.resources for a package that the rewriting hook has loaded from this file."""
    from types import SimpleNamespace

    try:
        from importlib.resources.readers import FileReader
    except ImportError:
        from importlib.readers import FileReader
    return FileReader(SimpleNamespace(path=path))
