"""Installed distributions, for the rare questions that importlib.metadata has to answer."""


def of_pytest(private_folder):
    """The distribution "pytest" of this process."""
    from importlib.metadata import PathDistribution
    from pathlib import Path

    return [PathDistribution(Path(private_folder) / "pytest-9.2.0.dist-info")]


def editable_rewrite_name(info_folder, module):
    """What to rewrite of an entry point's module, when its distribution is installed in editable mode (PEP 660).

    That is the outermost package which is no namespace package: those are shared with others. Nothing is imported.
    """
    from pathlib import Path

    try:
        url = (Path(info_folder) / "direct_url.json").read_text("utf-8")
    except OSError:
        return None
    return _editable_name(url, module)


def _editable_name(url, module):
    import json
    from importlib.machinery import PathFinder

    try:
        if not url or not json.loads(url).get("dir_info", {}).get("editable"):
            return None
    except ValueError:
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


class DistFacade:
    """A distribution with the attributes of pkg_resources' class, too: what list_plugin_distinfo() shows."""

    __slots__ = ("_dist",)

    def __init__(self, dist):
        self._dist = dist

    @property
    def project_name(self):
        return self.metadata["name"]

    def __getattr__(self, name):
        return getattr(self._dist, name)

    def __dir__(self):
        return sorted([*dir(self._dist), "_dist", "project_name"])


# -- Where somebody has a say in what is installed: a finder with distributions of its own, or a test of pytest's.


def load(manager, group, name):
    """PluginManager.load_setuptools_entrypoints() by importlib.metadata: how many plugins were loaded."""
    import importlib.metadata

    count = 0
    for dist in list(importlib.metadata.distributions()):
        for point in dist.entry_points:
            if point.group != group or (name is not None and point.name != name):
                continue
            if manager.has_plugin(point.name) or manager.is_blocked(point.name) or _is_replaced(point):
                continue
            plugin = point.load()
            manager.register(plugin, name=point.name)
            manager._plugin_distinfo.append((plugin, dist))
            count += 1
    return count


def _is_replaced(point):
    module = getattr(point, "value", "").partition(":")[0].strip()
    return point.group == "pytest11" and (module == "xdist" or module.startswith("xdist."))


def rewrite_names():
    """The modules of plugins whose asserts are rewritten."""
    import importlib.metadata

    from _pytest.config import _iter_rewritable_modules

    names = []
    for dist in importlib.metadata.distributions():
        points = [point for point in dist.entry_points if point.group == "pytest11"]
        if not points:
            continue
        found = set(_iter_rewritable_modules(str(file) for file in dist.files or []))
        if not found:
            read = getattr(dist, "read_text", None)
            url = read("direct_url.json") if read else None
            modules = (point.value.partition(":")[0].strip() for point in points) if url else ()
            found = {name for module in modules if (name := _editable_name(url, module))}
        names += sorted(found)
    return names
