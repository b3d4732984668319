"""The categories of pytest's own warnings."""

import warnings


class PytestWarning(UserWarning):
    """Base class for all warnings emitted by pytest."""

    __module__ = "pytest"


class PytestAssertRewriteWarning(PytestWarning):
    """Something about the rewriting of assertions."""

    __module__ = "pytest"


class PytestCacheWarning(PytestWarning):
    """The cache could not be used."""

    __module__ = "pytest"


class PytestConfigWarning(PytestWarning):
    """Something is wrong with the configuration."""

    __module__ = "pytest"


class PytestCollectionWarning(PytestWarning):
    """A file or a symbol in a module cannot be collected."""

    __module__ = "pytest"


class PytestDeprecationWarning(PytestWarning, DeprecationWarning):
    """A feature will go in a future version."""

    __module__ = "pytest"


class PytestRemovedIn10Warning(PytestDeprecationWarning):
    """A feature will go in pytest 10."""

    __module__ = "pytest"


class PytestExperimentalApiWarning(PytestWarning, FutureWarning):
    """An experiment in pytest, which may change or go."""

    __module__ = "pytest"

    @classmethod
    def simple(cls, apiname):
        return cls(f"{apiname} is an experimental api that may change over time")


class PytestReturnNotNoneWarning(PytestWarning):
    """A test function returned something."""

    __module__ = "pytest"


class PytestUnknownMarkWarning(PytestWarning):
    """A mark is used that nobody registered."""

    __module__ = "pytest"


class PytestUnraisableExceptionWarning(PytestWarning):
    """An exception was raised where it could not go anywhere, as in ``__del__``."""

    __module__ = "pytest"


class PytestUnhandledThreadExceptionWarning(PytestWarning):
    """A thread ended with an exception that nobody handled."""

    __module__ = "pytest"


class PytestApproxDecimalToleranceWarning(PytestWarning):
    """``pytest.approx`` was given a float tolerance for a ``Decimal``."""

    __module__ = "pytest"


class PytestFDWarning(PytestWarning):
    """The lsof plugin found file descriptors that were left open."""

    __module__ = "pytest"


class UnformattedWarning:
    """A warning whose text is filled in when it is issued."""

    def __init__(self, category, template):
        self.category = category
        self.template = template

    def __class_getitem__(cls, parameter):
        return cls

    def __repr__(self):
        return f"UnformattedWarning(category={self.category!r}, template={self.template!r})"

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return (self.category, self.template) == (other.category, other.template)

    __hash__ = None

    def format(self, **kwargs):
        """Returns a new warning."""
        return self.category(self.template.format(**kwargs))


def warn_explicit_for(method, message):
    """Issues the warning as if the definition of the function ``method`` did."""
    import inspect

    filename = inspect.getfile(method)
    lineno = method.__code__.co_firstlineno
    try:
        warnings.warn_explicit(
            message,
            type(message),
            filename=filename,
            module=method.__module__,
            registry=method.__globals__.setdefault("__warningregistry__", {}),
            lineno=lineno,
        )
    except Warning as raised:
        # Warnings are errors: the place would be lost.
        raise type(raised)(f"{raised}\n at {filename}:{lineno}") from None
