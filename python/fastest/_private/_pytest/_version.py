"""The pytest release whose behaviour this is."""

from _pytest import __version__
from _pytest import version_tuple

__all__ = ["__version__", "__version_tuple__", "version", "version_tuple"]

version = __version__
__version_tuple__ = version_tuple
