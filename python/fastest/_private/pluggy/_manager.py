"""The plugin manager."""

from fastest._distributions import DistFacade
from fastest._fastest import PluginManager


class PluginValidationError(Exception):
    """A plugin does not fit the specification of a hook."""

    def __init__(self, plugin, message):
        super().__init__(message)
        self.plugin = plugin


def _formatdef(func):
    from inspect import signature

    return f"{func.__name__}{signature(func)}"
