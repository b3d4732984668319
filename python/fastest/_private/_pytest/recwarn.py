"""Tests of warnings: pytest.warns, pytest.deprecated_call and the fixture recwarn. Imported when asked for."""

from __future__ import annotations

import re
import warnings
from pprint import pformat

from fastest._fastest import fail


class WarningsRecorder(warnings.catch_warnings):
    """A context manager to record raised warnings.

    Each recorded warning is an instance of :class:`warnings.WarningMessage`.
    """

    def __init__(self, *, _ispytest=False):
        super().__init__(record=True)
        self._entered = False
        self._list = []

    @property
    def list(self):
        """The list of recorded warnings."""
        return self._list

    def __getitem__(self, i):
        """Get a recorded warning by index."""
        return self._list[i]

    def __iter__(self):
        """Iterate through the recorded warnings."""
        return iter(self._list)

    def __len__(self):
        """The number of recorded warnings."""
        return len(self._list)

    def pop(self, cls=Warning):
        """Take the first warning of exactly `cls`, else the first of the class nearest to it."""
        __tracebackhide__ = True
        nearest = None
        for i, record in enumerate(self._list):
            if record.category == cls:
                return self._list.pop(i)
            if not issubclass(record.category, cls):
                continue
            if nearest is None or not issubclass(record.category, self._list[nearest].category):
                nearest = i
        if nearest is None:
            raise AssertionError(f"{cls!r} not found in warning list")
        return self._list.pop(nearest)

    def clear(self):
        """Clear the list of recorded warnings."""
        self._list[:] = []

    def __enter__(self):
        if self._entered:
            __tracebackhide__ = True
            raise RuntimeError(f"Cannot enter {self!r} twice")
        self._list = super().__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        if not self._entered:
            __tracebackhide__ = True
            raise RuntimeError(f"Cannot exit {self!r} without entering first")
        super().__exit__(exc_type, exc_val, exc_tb)
        self._entered = False  # it can be entered again


class WarningsChecker(WarningsRecorder):
    """What pytest.warns() returns: fails on leaving when the expected warning did not come."""

    def __init__(self, expected_warning=Warning, match_expr=None, *, _ispytest=False):
        super().__init__(_ispytest=True)
        expected = expected_warning if isinstance(expected_warning, tuple) else (expected_warning,)
        for category in expected:
            if not (isinstance(category, type) and issubclass(category, Warning)):
                raise TypeError(f"exceptions must be derived from Warning, not {type(category)}")
        self.expected_warning = expected
        self.match_expr = match_expr

    def matches(self, warning):
        if not issubclass(warning.category, self.expected_warning):
            return False
        return self.match_expr is None or bool(re.search(self.match_expr, str(warning.message)))

    def __exit__(self, exc_type, exc_val, exc_tb):
        super().__exit__(exc_type, exc_val, exc_tb)
        __tracebackhide__ = True
        from _pytest.outcomes import Exit

        # Skips, failures, exits and Ctrl-C go through: they must not turn into "DID NOT WARN".
        if exc_val is not None and (not isinstance(exc_val, Exception) or isinstance(exc_val, Exit)):
            return
        try:
            self._check()
        finally:
            self._reissue_unmatched()
            self._refuse_foreign_messages()

    def _check(self):
        __tracebackhide__ = True
        right_category = [record for record in self if issubclass(record.category, self.expected_warning)]
        emitted = pformat([record.message for record in self], indent=2)
        if not right_category:
            fail(
                f"DID NOT WARN. No warnings of type {self.expected_warning} were emitted.\n"
                f" Emitted warnings: {emitted}."
            )
        if any(self.matches(record) for record in self):
            return
        hint = ""
        if isinstance(self.match_expr, str) and any(self.match_expr == str(r.message) for r in right_category):
            hint = "\n Did you mean to `re.escape()` the regex?"
        fail(
            f"Regex pattern did not match any of the {len(self)} warnings emitted.\n"
            f" Regex: {self.match_expr!r}\n"
            f" Emitted warnings: {emitted}.{hint}"
        )

    def _reissue_unmatched(self):
        for record in self:
            if not self.matches(record):
                warnings.warn_explicit(
                    message=record.message,
                    category=record.category,
                    filename=record.filename,
                    lineno=record.lineno,
                    source=record.source,
                )

    def _refuse_foreign_messages(self):
        """warnings.warn(1) makes UserWarning(1), which filters cannot digest later: say so here."""
        for record in self:
            arguments = record.message.args if type(record.message) is UserWarning else ()
            if arguments and not isinstance(arguments[0], str):
                kind = type(arguments[0]).__name__
                raise TypeError(f"Warning must be str or Warning, got {arguments[0]!r} (type {kind})")


def warns(expected_warning=Warning, func=None, *args, **kwargs):
    """Assert that code raises a particular class of warning: as a context manager, or calling `func`."""
    __tracebackhide__ = True
    if func is None and not args:
        match = kwargs.pop("match", None)
        if kwargs:
            names = ", ".join(sorted(kwargs))
            raise TypeError(
                f"Unexpected keyword arguments passed to pytest.warns: {names}\nUse context-manager form instead?"
            )
        return WarningsChecker(expected_warning, match_expr=match, _ispytest=True)
    if not callable(func):
        raise TypeError(f"{func!r} object (type: {type(func)}) must be callable")
    with WarningsChecker(expected_warning, _ispytest=True):
        return func(*args, **kwargs)


def deprecated_call(func=None, *args, **kwargs):
    """Assert that code produces a DeprecationWarning, PendingDeprecationWarning or FutureWarning."""
    __tracebackhide__ = True
    deprecations = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)
    if func is None:
        return warns(deprecations, *args, **kwargs)
    with warns(deprecations):
        return func(*args, **kwargs)


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
