"""Scopes of fixtures, from the narrowest."""

from enum import Enum
from functools import total_ordering


@total_ordering
class Scope(Enum):
    """One of the possible fixture scopes; a wider scope is greater.

    Function < Class < Module < Package < Session
    """

    Function = "function"
    Class = "class"
    Module = "module"
    Package = "package"
    Session = "session"

    def next_lower(self):
        """Return the next lower scope."""
        index = _SCOPE_INDICES[self]
        if index == 0:
            raise ValueError(f"{self} is the lower-most scope")
        return _ALL_SCOPES[index - 1]

    def next_higher(self):
        """Return the next higher scope."""
        index = _SCOPE_INDICES[self] + 1
        if index == len(_ALL_SCOPES):
            raise ValueError(f"{self} is the upper-most scope")
        return _ALL_SCOPES[index]

    def __lt__(self, other):
        return _SCOPE_INDICES[self] < _SCOPE_INDICES[other]

    @classmethod
    def from_user(cls, scope_name, descr, where=None):
        """The scope of that name; fails the test with a message that names its origin when there is none."""
        try:
            return cls(scope_name)
        except ValueError:
            from _pytest.outcomes import fail

            place = f"from {where} " if where else ""
            fail(f"{descr} {place}got an unexpected scope value '{scope_name}'", pytrace=False)


_ALL_SCOPES = list(Scope)
_SCOPE_INDICES = {scope: index for index, scope in enumerate(_ALL_SCOPES)}

#: Those that can hold many tests.
HIGH_SCOPES = [scope for scope in Scope if scope is not Scope.Function]


def __getattr__(name):
    if name != "ScopeName":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from typing import Literal

    return Literal["session", "package", "module", "class", "function"]
