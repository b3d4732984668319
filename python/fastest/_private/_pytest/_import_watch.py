"""Tells when a module has been imported. Used for modules whose import the runner itself avoids."""

import sys


class WatchedLoader:
    """Stands in for a loader once: runs the module, then tells the watcher."""

    def __init__(self, loader, watcher):
        self._loader = loader
        self._watcher = watcher

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._watcher._arrived()


def watched_spec(name, watcher):
    """The spec that another finder has for the module, with a loader that tells the watcher; None without one."""
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        spec = find(name, None) if find and finder is not watcher else None
        if spec is not None:
            if spec.loader is not None:
                spec.loader = WatchedLoader(spec.loader, watcher)
            return spec
    return None
