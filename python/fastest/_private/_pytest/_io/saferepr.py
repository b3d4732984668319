"""Representations that neither fail nor grow without bound."""

from itertools import islice
import reprlib

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


def _ellipsize(text, maxsize):
    if len(text) <= maxsize:
        return text
    left = max(0, (maxsize - 3) // 2)
    right = max(0, maxsize - 3 - left)
    return text[:left] + "..." + text[len(text) - right :]


def safeformat(obj):
    """Return a pretty printed string for the given object; a failing __repr__ becomes a short exception info."""
    import pprint

    try:
        return pprint.pformat(obj)
    except Exception as error:
        return _format_repr_exception(error, obj)


class SafeRepr(reprlib.Repr):
    """What saferepr() does, for whoever sets limits of their own."""

    def __init__(self, maxsize, use_ascii=False):
        super().__init__()
        self.maxstring = maxsize if maxsize is not None else 1_000_000_000
        self.maxsize = maxsize
        self.use_ascii = use_ascii

    def _limited(self, make, obj):
        try:
            text = make(obj)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            text = _format_repr_exception(error, obj)
        return text if self.maxsize is None else _ellipsize(text, self.maxsize)

    def repr(self, x):
        return self._limited(ascii if self.use_ascii else super().repr, x)

    def repr_instance(self, x, level):
        return self._limited(repr, x)

    def repr_dict(self, x, level):
        """In the dict's own order."""
        if not x:
            return "{}"
        if level <= 0:
            return "{...}"
        pairs = [f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}" for key in islice(x, self.maxdict)]
        if len(x) > self.maxdict:
            pairs.append("...")
        return "{" + ", ".join(pairs) + "}"
