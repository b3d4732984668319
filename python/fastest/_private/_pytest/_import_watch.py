"""Tells when a module has been imported. Used for `logging`, whose import the runner itself avoids."""


class WatchedLoader:
    """Stands in for a loader once: runs the module, then calls back."""

    def __init__(self, loader, callback):
        self._loader = loader
        self._callback = callback

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._callback()


def watched_spec(name, callback):
    """The spec of a module whose loader calls back; None when there is no such module."""
    from _frozen_importlib_external import PathFinder

    spec = PathFinder.find_spec(name)
    if spec is not None and spec.loader is not None:
        spec.loader = WatchedLoader(spec.loader, callback)
    return spec
