"""What kind of value something is, as far as explanations care."""

from collections.abc import Mapping
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import is_dataclass as isdatacls


__all__ = ["isattrs", "isdatacls", "isiterable", "ismapping", "isnamedtuple", "issequence", "isset", "istext"]


def istext(x):
    return isinstance(x, str)


def issequence(x):
    return isinstance(x, Sequence) and not istext(x)


def ismapping(x):
    return isinstance(x, Mapping)


def isset(x):
    return isinstance(x, AbstractSet)


def isnamedtuple(obj):
    return isinstance(obj, tuple) and getattr(obj, "_fields", None) is not None


def isattrs(obj):
    return getattr(obj, "__attrs_attrs__", None) is not None


def isiterable(obj):
    try:
        iter(obj)
    except Exception:
        return False
    return not istext(obj)
