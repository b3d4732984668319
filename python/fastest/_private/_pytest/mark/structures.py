"""Marks and parameter sets; they live in C."""

from fastest._fastest import HIDDEN_PARAM
from fastest._fastest import MARK_GEN
from fastest._fastest import NOTSET
from fastest._fastest import Mark
from fastest._fastest import MarkDecorator
from fastest._fastest import MarkGenerator
from fastest._fastest import NodeKeywords
from fastest._fastest import NotSetType
from fastest._fastest import ParameterSet
from fastest._fastest import _HiddenParam
from fastest._fastest import get_unpacked_marks
from fastest._fastest import normalize_mark_list
from fastest._fastest import store_mark

EMPTY_PARAMETERSET_OPTION = "empty_parameter_set_mark"


def __getattr__(name):
    if name != "_EmptyParameterSetMark":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from typing import Literal

    return Literal["skip", "xfail", "fail_at_collect"]


def istestfunc(func):
    return callable(func) and getattr(func, "__name__", "<lambda>") != "<lambda>"


def get_empty_parameterset_mark(config, argnames, func):
    """The mark of the one parameter set that stands for an empty list of values."""
    _, sets = ParameterSet._for_parametrize(list(argnames), [], func, config, "")
    return sets[0].marks[0]


def _dataclass_fields(cls):
    """`__dataclass_fields__` of a C type that pytest has as a dataclass."""
    import dataclasses

    empty = {"params": dict, "indices": dict, "_arg2scope": dict, "_idlist": tuple, "marks": list}
    specs = []
    for name in cls.__match_args__:
        if name in empty:
            specs.append((name, object, dataclasses.field(default_factory=empty[name])))
        elif name.startswith("_"):
            specs.append((name, object, dataclasses.field(default=None, repr=False)))
        else:
            specs.append((name, object))
    return dataclasses.make_dataclass(cls.__name__, specs).__dataclass_fields__
