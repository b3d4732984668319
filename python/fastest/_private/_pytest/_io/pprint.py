"""The pretty printer is C; here is what it asks Python for, and what plugins take from this module."""

import dataclasses

from fastest._fastest import PrettyPrinter
from fastest._fastest import _fill_pretty_dispatch


__all__ = ["PrettyPrinter"]

# Whoever imports this module may look into PrettyPrinter._dispatch.
_fill_pretty_dispatch()


class _safe_key:
    """A key to sort by, for objects that may not compare: those stand by the names of their types, then by id."""

    __slots__ = ("obj",)

    def __init__(self, obj):
        self.obj = obj

    def _place(self):
        return str(type(self.obj)), id(self.obj)

    def __lt__(self, other):
        try:
            return self.obj < other.obj
        except TypeError:
            return self._place() < other._place()


def _safe_tuple(pair):
    """The same for a pair."""
    return tuple(map(_safe_key, pair[:2]))


def _sorted_by_type(elements):
    return sorted(elements, key=_safe_key)


def _has_made_repr(obj):
    """Whether a data class is shown by the __repr__ that was made for it."""
    if not obj.__dataclass_params__.repr:
        return False
    made = getattr(obj.__repr__, "__wrapped__", None)
    return made is not None and "__create_fn__" in made.__qualname__


def _shown_fields(obj):
    """Names and values of the fields that a data class shows."""
    fields = [field for field in dataclasses.fields(obj) if field.repr]
    return [field.name for field in fields], [getattr(obj, field.name) for field in fields]


def _wrap_bytes_repr(object, width, allowance):
    """Representations of pieces that fit the width, grown four bytes at a time."""
    start = 0
    last = len(object) // 4 * 4
    for end in range(0, len(object), 4):
        room = width - allowance if end == last else width
        if len(repr(object[start : end + 4])) > room:
            if end > start:
                yield repr(object[start:end])
            start = end
    if object[start:]:
        yield repr(object[start:])
