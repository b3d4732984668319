"""pytest.RaisesGroup: an exception group with the expected exceptions in it. Imported when a test asks."""

from __future__ import annotations

import sys
from textwrap import indent

from fastest._fastest import AbstractRaises
from fastest._fastest import ExceptionInfo
from fastest._fastest import RaisesExc
from fastest._fastest import fail

from _pytest.raises import exception_type_name
from _pytest.raises import explain_raw_type
from _pytest.raises import match_pattern
from _pytest.raises import parse_unusual
from _pytest.raises import repr_callable

if sys.version_info < (3, 11):
    from _pytest._code.code import BaseExceptionGroup

_UNKNOWN = object()


def _explain(expected, exception):
    """Why an exception is not what is expected; None when it is."""
    if isinstance(expected, type):
        return explain_raw_type(expected, exception)
    if expected.matches(exception):
        return None
    reason = expected.fail_reason
    if reason.startswith("\n"):
        return f"\n{expected!r}: {indent(reason, '  ')}"
    return f"{expected!r}: {reason}"


def _repr_expected(expected):
    return exception_type_name(expected) if isinstance(expected, type) else repr(expected)


def _quote(text):
    return f"`{text}`"


class _Table:
    """What every expected exception says of every raised one, found out when asked for."""

    def __init__(self, expected, actual):
        self.expected = expected
        self.actual = actual
        self._reasons = {}

    def reason(self, i_expected, i_actual):
        key = i_expected, i_actual
        found = self._reasons.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._reasons[key] = _explain(self.expected[i_expected], self.actual[i_actual])
        return found

    def fits(self, i_expected, i_actual):
        return self.reason(i_expected, i_actual) is None

    def expected_fits_none(self, i_expected):
        return not any(self.fits(i_expected, i) for i in range(len(self.actual)))

    def actual_fits_none(self, i_actual):
        return not any(self.fits(i, i_actual) for i in range(len(self.expected)))

    def has_perfect_match(self, used=frozenset()):
        row = len(used)
        if row == len(self.actual):
            return True
        return any(
            i not in used and self.fits(i, row) and self.has_perfect_match(used | {i})
            for i in range(len(self.expected))
        )


class RaisesGroup(AbstractRaises):
    """A context manager that expects an exception group, and an object to look for one with."""

    __module__ = "_pytest.raises"

    def __init__(
        self,
        expected_exception,
        /,
        *other_exceptions,
        allow_unwrapped=False,
        flatten_subgroups=False,
        match=None,
        check=None,
    ):
        super().__init__(match=match, check=check)
        self.allow_unwrapped = allow_unwrapped
        self.flatten_subgroups = flatten_subgroups
        self.is_baseexception = False
        if allow_unwrapped:
            self._refuse_with_unwrapped(expected_exception, other_exceptions, match, check)
        wanted = "a BaseException type, RaisesExc, or RaisesGroup"
        self.expected_exceptions = tuple(
            self._parse_excgroup(one, wanted) for one in (expected_exception, *other_exceptions)
        )

    @staticmethod
    def _refuse_with_unwrapped(expected, others, match, check):
        if others:
            raise ValueError(
                "You cannot specify multiple exceptions with `allow_unwrapped=True.` If you want to match one of "
                "multiple possible exceptions you should use a `RaisesExc`. E.g. "
                "`RaisesExc(check=lambda e: isinstance(e, (...)))`"
            )
        if isinstance(expected, RaisesGroup):
            raise ValueError(
                "`allow_unwrapped=True` has no effect when expecting a `RaisesGroup`. You might want it in the "
                "expected `RaisesGroup`, or `flatten_subgroups=True` if you don't care about the structure."
            )
        if match is not None or check is not None:
            raise ValueError(
                "`allow_unwrapped=True` bypasses the `match` and `check` parameters if the exception is unwrapped. "
                "If you intended to match/check the exception you should use a `RaisesExc` object. If you want to "
                "match/check the exceptiongroup when the exception *is* wrapped you need to do e.g. "
                "`if isinstance(exc.value, ExceptionGroup): assert RaisesGroup(...).matches(exc.value)` afterwards."
            )

    def _parse_excgroup(self, expected, wanted):
        if isinstance(expected, RaisesGroup) and self.flatten_subgroups:
            raise ValueError(
                "You cannot specify a nested structure inside a RaisesGroup with `flatten_subgroups=True`. The "
                "parameter will flatten subgroups in the raised exceptiongroup before matching, which would never "
                "match a nested structure."
            )
        if isinstance(expected, (RaisesGroup, RaisesExc)):
            self.is_baseexception |= expected.is_baseexception
            expected._nested = True
            return expected
        if isinstance(expected, tuple):
            raise TypeError(
                f"Expected {wanted}, but got {type(expected).__name__!r}.\nRaisesGroup does not support tuples of "
                "exception types when expecting one of several possible exception types like RaisesExc.\nIf you "
                "meant to expect a group with multiple exceptions, list them as separate arguments."
            )
        if isinstance(expected, type) and issubclass(expected, BaseException):
            self.is_baseexception |= not issubclass(expected, Exception)
            return expected
        return parse_unusual(self, expected, wanted)

    def __repr__(self):
        parts = [one.__name__ if isinstance(one, type) else repr(one) for one in self.expected_exceptions]
        for name in ("allow_unwrapped", "flatten_subgroups"):
            if getattr(self, name):
                parts.append(f"{name}={getattr(self, name)}")
        if self.match is not None:
            parts.append(f"match={match_pattern(self.match)!r}")
        if self.check is not None:
            parts.append(f"check={repr_callable(self.check)}")
        return f"RaisesGroup({', '.join(parts)})"

    def expected_type(self):
        """The type that is expected, as one would write it."""
        parts = []
        for one in self.expected_exceptions:
            if isinstance(one, RaisesGroup):
                parts.append(one.expected_type())
            else:
                parts.append(one.__name__ if isinstance(one, type) else repr(one))
        return f"{'Base' if self.is_baseexception else ''}ExceptionGroup({', '.join(parts)})"

    # -- matching --

    def _unroll_exceptions(self, exceptions):
        flat = []
        for exception in exceptions:
            is_group = isinstance(exception, BaseExceptionGroup)
            flat += self._unroll_exceptions(exception.exceptions) if is_group else [exception]
        return flat

    def matches(self, exception):
        """Whether it is a group as expected; if not, fail_reason says why."""
        self._fail_reason = None
        if exception is None:
            self._fail_reason = "exception is None"
            return False
        if not isinstance(exception, BaseExceptionGroup):
            return self._matches_unwrapped(exception)
        actual = exception.exceptions
        if self.flatten_subgroups:
            actual = self._unroll_exceptions(actual)
        return (
            self._matches_text(exception, actual)
            and self._matches_exceptions(exception, actual)
            and self._matches_check(exception, actual)
        )

    def _matches_unwrapped(self, exception):
        no_group = f"`{type(exception).__name__}()` is not an exception group"
        self._fail_reason = no_group
        if len(self.expected_exceptions) > 1:
            return False
        reason = _explain(self.expected_exceptions[0], exception)
        if reason is None and self.allow_unwrapped:
            self._fail_reason = None
            return True
        if reason is None:
            self._fail_reason = f"{no_group}, but would match with `allow_unwrapped=True`"
        elif self.allow_unwrapped:
            self._fail_reason = reason
        return False

    def _only_pair(self, actual):
        """(expected type, exception) where there is one of each, else None."""
        is_single = len(actual) == len(self.expected_exceptions) == 1
        expected = self.expected_exceptions[0]
        return (expected, actual[0]) if is_single and isinstance(expected, type) else None

    def _matches_text(self, exception, actual):
        if self._check_match(exception):
            return True
        reason = self._fail_reason
        pair = self._only_pair(actual)
        if pair and isinstance(pair[1], pair[0]) and self._check_match(pair[1]):
            reason += (
                f"\n but matched the expected `{_repr_expected(pair[0])}`.\n You might want "
                f"`RaisesGroup(RaisesExc({pair[0].__name__}, match={match_pattern(self.match)!r}))`"
            )
        self._fail_reason = reason
        return False

    def _matches_exceptions(self, exception, actual):
        if self._check_exceptions(actual):
            return True
        reason = self._fail_reason
        may_flatten = not self.flatten_subgroups and not any(
            isinstance(one, RaisesGroup) for one in self.expected_exceptions
        )
        if may_flatten and any(isinstance(one, BaseExceptionGroup) for one in actual):
            if self._check_exceptions(self._unroll_exceptions(exception.exceptions)):
                gap = "  " if "\n" not in reason else ""
                reason += f"\n{gap}Did you mean to use `flatten_subgroups=True`?"
        self._fail_reason = reason
        return False

    def _matches_check(self, exception, actual):
        if self._check_check(exception):
            return True
        reason = f"{self._fail_reason} on the {type(exception).__name__}"
        pair = self._only_pair(actual)
        if pair and self._check_check(pair[1]):
            reason += (
                f", but did return True for the expected {_repr_expected(pair[0])}. You might want "
                f"RaisesGroup(RaisesExc({pair[0].__name__}, check=<...>))"
            )
        self._fail_reason = reason
        return False

    def _check_exceptions(self, actual):
        """Pairs them greedily, in order; whether nothing is left on either side."""
        table = _Table(self.expected_exceptions, actual)
        remaining = list(range(len(actual)))
        failed, pairs = [], {}
        for i_expected in range(len(self.expected_exceptions)):
            fitting = next((i for i in remaining if table.fits(i_expected, i)), None)
            if fitting is None:
                failed.append(i_expected)
            else:
                remaining.remove(fitting)
                pairs[i_expected] = fitting
        if not remaining and not failed:
            return True
        if len(actual) == len(self.expected_exceptions) == 1:
            self._fail_reason = table.reason(0, 0)
        else:
            self._fail_reason = self._explain_pairing(table, pairs, failed, remaining)
        return False

    def _explain_pairing(self, table, pairs, failed, remaining):
        count = len(pairs)
        matched = f"{count} matched exception{'s' if count > 1 else ''}. " if count else ""
        actual_is_clear = all(table.actual_fits_none(i) for i in remaining)
        expected_is_clear = all(table.expected_fits_none(i) for i in failed)
        if not failed and actual_is_clear:
            return f"{matched}Unexpected exception(s): {[table.actual[i] for i in remaining]!r}"
        if not remaining and expected_is_clear:
            names = ", ".join(_repr_expected(table.expected[i]) for i in failed)
            return f"{matched}Too few exceptions raised, found no match for: [{names}]"
        if len(remaining) == len(failed) == 1 and actual_is_clear and expected_is_clear:
            return f"{matched}{table.reason(failed[0], remaining[0])}"
        text = f"\n{matched}" if matched else ""
        if not remaining:
            text += "\nToo few exceptions raised!"
        elif not failed:
            text += "\nUnexpected exception(s)!"
        text += self._explain_failed(table, pairs, failed)
        text += self._explain_remaining(table, pairs, failed, remaining)
        if len(table.expected) == len(table.actual) and table.has_perfect_match():
            text += (
                "\nThere exist a possible match when attempting an exhaustive check, but RaisesGroup uses a greedy "
                "algorithm. Please make your expected exceptions more stringent with `RaisesExc` etc so the greedy "
                "algorithm can function."
            )
        return text

    @staticmethod
    def _explain_failed(table, pairs, failed):
        text = "\nThe following expected exceptions did not find a match:" if failed else ""
        partner = {i_actual: i_expected for i_expected, i_actual in pairs.items()}
        for i_failed in failed:
            text += f"\n  {_repr_expected(table.expected[i_failed])}"
            for i_actual, exception in enumerate(table.actual):
                if table.fits(i_failed, i_actual):
                    other = _quote(_repr_expected(table.expected[partner[i_actual]]))
                    text += f"\n    It matches {_quote(repr(exception))} which was paired with {other}"
        return text

    @staticmethod
    def _explain_remaining(table, pairs, failed, remaining):
        text = "\nThe following raised exceptions did not find a match" if remaining else ""
        for i_actual in remaining:
            text += f"\n  {table.actual[i_actual]!r}:"
            for i_expected, expected in enumerate(table.expected):
                reason = table.reason(i_expected, i_actual)
                if i_expected in failed:
                    text += ("" if reason[0] == "\n" else "\n") + indent(reason, "    ")
                if reason is None:
                    other = _quote(repr(table.actual[pairs[i_expected]]))
                    text += f"\n    It matches {_quote(_repr_expected(expected))} which was paired with {other}"
        return text

    # -- as a context manager --

    def __enter__(self):
        self.excinfo = ExceptionInfo.for_later()
        return self.excinfo

    def __exit__(self, exc_type, exc_val, exc_tb):
        __tracebackhide__ = True
        if exc_type is None:
            fail(f"DID NOT RAISE any exception, expected `{self.expected_type()}`")
        is_unwrapped = self.allow_unwrapped and not issubclass(exc_type, BaseExceptionGroup)
        if not self.matches(exc_val):
            group = "(group)" if is_unwrapped else "group"
            fail(f"Raised exception {group} did not match: {self._fail_reason}")
        self.excinfo.fill_unfilled((exc_type, exc_val, exc_tb))
        return True
