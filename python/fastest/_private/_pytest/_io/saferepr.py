"""Representations that neither fail nor grow without bound."""

from fastest._fastest import _format_repr_exception
from fastest._fastest import saferepr
from fastest._fastest import saferepr_unlimited


__all__ = [
    "DEFAULT_REPR_MAX_SIZE",
    "SafeRepr",
    "_format_repr_exception",
    "safeformat",
    "saferepr",
    "saferepr_unlimited",
]

DEFAULT_REPR_MAX_SIZE = 240


def safeformat(obj):
    """Return a pretty printed string for the given object; a failing __repr__ becomes a short exception info."""
    import pprint

    try:
        return pprint.pformat(obj)
    except Exception as error:
        return _format_repr_exception(error, obj)


class SafeRepr:
    """saferepr() with its options kept."""

    def __init__(self, maxsize, use_ascii=False):
        self.maxstring = maxsize if maxsize is not None else 1_000_000_000
        self.maxsize = maxsize
        self.use_ascii = use_ascii

    def repr(self, x):
        return saferepr(x, self.maxsize, self.use_ascii)
