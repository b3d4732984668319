"""Match expressions of -k and -m; they are scanned and evaluated in C."""

from fastest._fastest import Expression

__all__ = ["Expression", "ExpressionMatcher"]


def __getattr__(name):
    if name != "ExpressionMatcher":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from typing import Protocol

    class ExpressionMatcher(Protocol):
        """Answers whether a name, with the keyword arguments given to it, matches."""

        def __call__(self, name: str, /, **kwargs: "str | int | bool | None") -> bool: ...

    globals()[name] = ExpressionMatcher
    return ExpressionMatcher
