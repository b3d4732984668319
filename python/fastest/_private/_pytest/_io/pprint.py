"""The pretty printer is C; here is what it asks Python for, and what plugins take from this module."""

import dataclasses
from functools import cmp_to_key

from fastest._fastest import PrettyPrinter
from fastest._fastest import _fill_pretty_dispatch


__all__ = ["PrettyPrinter"]

# Whoever imports this module may look into PrettyPrinter._dispatch.
_fill_pretty_dispatch()


def _compare_by_type(left, right):
    try:
        return -1 if left < right else 1
    except TypeError:
        left_key = (str(type(left)), id(left))
        right_key = (str(type(right)), id(right))
        return -1 if left_key < right_key else 1


def _sorted_by_type(elements):
    """sorted(elements), where those that do not compare stand by the names of their types."""
    return sorted(elements, key=cmp_to_key(_compare_by_type))


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
