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


def has_default_eq(obj):
    """Whether == compares the fields, and is no method that somebody wrote."""
    code_name = getattr(getattr(obj.__eq__, "__code__", None), "co_filename", None)
    if code_name is None:
        return True
    if isattrs(obj):
        return "attrs generated " in code_name
    return code_name == "<string>"


def isiterable(obj):
    try:
        iter(obj)
    except Exception:
        return False
    return not istext(obj)
