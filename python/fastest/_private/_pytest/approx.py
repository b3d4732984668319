"""pytest.approx: numbers, and collections of numbers, equal within a tolerance. Imported when a test asks."""

from __future__ import annotations

import itertools
import math
import pprint
import sys
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sized
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from decimal import FloatOperation
from numbers import Complex

_abs = abs  # the constructors have an argument of that name


# ---- what things are ----


def _numpy():
    return sys.modules.get("numpy")


def _is_bool(value):
    numpy = _numpy()
    return isinstance(value, bool) or (numpy is not None and isinstance(value, numpy.bool_))


def _is_nan(value):
    return value.is_nan() if isinstance(value, Decimal) else math.isnan(value)


def _is_inf(value):
    return value.is_infinite() if isinstance(value, Decimal) else math.isinf(value)


def _is_number(value):
    return isinstance(value, (Complex, Decimal))


def _is_sequence_like(value):
    return hasattr(value, "__getitem__") and isinstance(value, Sized) and not isinstance(value, (str, bytes))


def _is_nested_container(value):
    return isinstance(value, Collection) and not isinstance(value, (str, bytes, bytearray))


def _as_numpy_array(value):
    """The array that a value is or can become; None for scalars and where NumPy is not in use."""
    numpy = _numpy()
    if numpy is None or numpy.isscalar(value):
        return None
    if isinstance(value, numpy.ndarray):
        return value
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return numpy.asarray(value)
    return None


def _unbox(value):
    item = getattr(value, "item", None)
    return value if item is None else item()


def _recursive_sequence_map(function, value):
    if isinstance(value, (list, tuple)):
        return type(value)(_recursive_sequence_map(function, inner) for inner in value)
    if _is_sequence_like(value):
        return [_recursive_sequence_map(function, inner) for inner in value]
    return function(value)


# ---- tables of differences ----


class _Differences:
    """The elements that differ, and by how much at most."""

    def __init__(self, element_count):
        self.element_count = element_count
        self.rows = []
        self.max_absolute = None
        self.max_relative = None

    def add_row(self, index, obtained, expected):
        self.rows.append((str(index), str(obtained), str(expected)))

    def add_absolute(self, difference):
        self.max_absolute = difference if self.max_absolute is None else max(self.max_absolute, difference)

    def add_relative(self, difference):
        self.max_relative = difference if self.max_relative is None else max(self.max_relative, difference)

    def lines(self):
        rows = [("Index", "Obtained", "Expected"), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        absolute = -math.inf if self.max_absolute is None else self.max_absolute
        relative = -math.inf if self.max_relative is None else self.max_relative
        return [
            f"comparison failed. Mismatched elements: {len(self.rows)} / {self.element_count}:",
            f"Max absolute difference: {absolute}",
            f"Max relative difference: {relative}",
            *(" | ".join(f"{text:<{width}}" for text, width in zip(row, widths)) for row in rows),
        ]


# ---- the classes ----


class Approx:
    """Something that compares equal to what it nearly is."""

    __module__ = "pytest"
    # NumPy must let our __eq__ decide.
    __array_ufunc__ = None
    __array_priority__ = 100

    def __init__(self, expected, rel, abs, nan_ok):
        self.expected = expected
        self.rel = rel
        self.abs = abs
        self.nan_ok = nan_ok

    def __repr__(self):
        raise NotImplementedError

    def _repr_compare(self, other_side):
        return ["comparison failed", f"Obtained: {other_side}", f"Expected: {self}"]

    def __eq__(self, actual):
        return all(one == self._approx_scalar(expected) for one, expected in self._yield_comparisons(actual))

    __hash__ = None

    def __bool__(self):
        __tracebackhide__ = True
        raise AssertionError(
            "approx() is not supported in a boolean context.\nDid you mean: `assert a == approx(b)`?"
        )

    def _approx_scalar(self, value):
        if isinstance(value, Decimal):
            cls = ApproxDecimal
        elif isinstance(value, (datetime, timedelta)):
            cls = ApproxTimedelta
        else:
            cls = ApproxScalar
        return cls(value, rel=self.rel, abs=self.abs, nan_ok=self.nan_ok)

    def _yield_comparisons(self, actual):
        raise NotImplementedError


class ApproxNumpy(Approx):
    """An array."""

    def __repr__(self):
        return f"approx({_recursive_sequence_map(self._approx_scalar, self.expected.tolist())!r})"

    def _repr_compare(self, other_side):
        expected = _recursive_sequence_map(self._approx_scalar, self.expected.tolist())
        actual = _as_numpy_array(other_side)
        if self.expected.shape != actual.shape:
            return [
                "Impossible to compare arrays with different shapes.",
                f"Shapes: {self.expected.shape} and {actual.shape}",
            ]
        found = _Differences(self.expected.size)
        for index in itertools.product(*map(range, self.expected.shape)):
            wanted, other = expected, actual
            for i in index:
                wanted, other = wanted[i], other[i]
            if wanted != other:
                difference = _abs(wanted.expected - other)
                found.add_absolute(difference)
                found.add_relative(math.inf if other == 0 else difference / _abs(other))
                found.add_row(index, other, wanted)
        return found.lines()

    def __eq__(self, actual):
        numpy = _numpy()
        if not numpy.isscalar(actual):
            try:
                actual = numpy.asarray(actual)
            except Exception as error:
                raise TypeError(f"cannot compare '{actual}' to numpy.ndarray") from error
            if actual.shape != self.expected.shape:
                return False
        return super().__eq__(actual)

    __hash__ = None

    def _yield_comparisons(self, actual):
        numpy = _numpy()
        is_scalar = numpy.isscalar(actual)
        for index in numpy.ndindex(self.expected.shape):
            yield actual if is_scalar else _unbox(actual[index]), _unbox(self.expected[index])


class ApproxMapping(Approx):
    """A mapping whose values are numbers."""

    def __init__(self, expected, rel, abs, nan_ok):
        __tracebackhide__ = True
        for key, value in expected.items():
            if _is_nested_container(value):
                raise TypeError(
                    f"pytest.approx() does not support nested dictionaries: key={key!r} value={value!r}\n"
                    f"  full mapping={pprint.pformat(expected)}"
                )
        super().__init__(expected, rel=rel, abs=abs, nan_ok=nan_ok)

    def __repr__(self):
        return f"approx({ {key: self._approx_scalar(value) for key, value in self.expected.items()}!r})"

    def _repr_compare(self, other_side):
        if len(self.expected) != len(other_side):
            return [
                "Impossible to compare mappings with different sizes.",
                f"Lengths: {len(self.expected)} and {len(other_side)}",
            ]
        if self.expected.keys() != other_side.keys():
            return [
                "comparison failed.",
                f"Mappings has different keys: expected {self.expected.keys()} but got {other_side.keys()}",
            ]
        found = _Differences(len(self.expected))
        for key, value in self.expected.items():
            wanted, other = self._approx_scalar(value), other_side[key]
            if wanted != other:
                self._add_difference(found, value, other)
                found.add_row(key, other, wanted)
        return found.lines()

    @staticmethod
    def _add_difference(found, value, other):
        if value is None or other is None:
            return
        try:
            found.add_absolute(_abs(value - other))
            found.add_relative(math.inf if value == 0 else _abs((value - other) / value))
        except ZeroDivisionError:
            pass

    def __eq__(self, actual):
        try:
            if set(actual.keys()) != set(self.expected.keys()):
                return False
        except AttributeError:
            return False
        return super().__eq__(actual)

    __hash__ = None

    def _yield_comparisons(self, actual):
        return ((actual[key], value) for key, value in self.expected.items())


class ApproxSequenceLike(Approx):
    """An ordered sequence of numbers."""

    def __init__(self, expected, rel, abs, nan_ok):
        __tracebackhide__ = True
        for index, value in enumerate(expected):
            if _is_nested_container(value):
                raise TypeError(
                    f"pytest.approx() does not support nested data structures: {value!r} at index {index}\n"
                    f"  full sequence: {pprint.pformat(expected)}"
                )
        super().__init__(expected, rel=rel, abs=abs, nan_ok=nan_ok)

    def __repr__(self):
        shown_type = type(self.expected) if type(self.expected) in (tuple, list) else list
        return f"approx({shown_type(self._approx_scalar(value) for value in self.expected)!r})"

    def _repr_compare(self, other_side):
        if len(self.expected) != len(other_side):
            return [
                "Impossible to compare lists with different sizes.",
                f"Lengths: {len(self.expected)} and {len(other_side)}",
            ]
        wanted_values = _recursive_sequence_map(self._approx_scalar, self.expected)
        found = _Differences(len(wanted_values))
        for index, (wanted, other) in enumerate(zip(wanted_values, other_side)):
            if wanted != other:
                self._add_difference(found, wanted.expected, other)
                found.add_row(index, other, wanted)
        return found.lines()

    @staticmethod
    def _add_difference(found, value, other):
        try:
            difference = _abs(value - other)
            found.add_absolute(difference)
        except FloatOperation:
            raise
        except TypeError:
            return  # not numbers: they differ, by nothing that can be said
        found.add_relative(math.inf if other == 0 else difference / _abs(other))

    def __eq__(self, actual):
        try:
            if len(actual) != len(self.expected):
                return False
        except TypeError:
            return False
        return super().__eq__(actual)

    __hash__ = None

    def _yield_comparisons(self, actual):
        return zip(actual, self.expected)


class ApproxScalar(Approx):
    """One number."""

    DEFAULT_ABSOLUTE_TOLERANCE = 1e-12
    DEFAULT_RELATIVE_TOLERANCE = 1e-6

    def __init__(self, expected, rel, abs, nan_ok):
        __tracebackhide__ = True
        for kind, tolerance in (("relative", rel), ("absolute", abs)):
            if tolerance is not None and not isinstance(tolerance, (int, float, Decimal)):
                raise TypeError(
                    f"{kind} tolerance for a scalar value must be an int, float or Decimal, "
                    f"got {type(tolerance).__name__}"
                )
            if kind == "relative" and tolerance is not None and not hasattr(expected, "__abs__"):
                raise TypeError(
                    "expected value must support abs(...) when relative tolerance is used, "
                    f"got {type(expected).__name__}"
                )
        super().__init__(expected, rel=rel, abs=abs, nan_ok=nan_ok)

    def __repr__(self):
        expected = self.expected
        if _is_bool(expected) or not _is_number(expected) or _is_inf(_abs(expected)):
            return str(expected)
        try:
            tolerance = self.tolerance
            is_moderate = not isinstance(tolerance, Decimal) and 1e-3 <= tolerance < 1e3
            shown = f"{tolerance:n}" if is_moderate else f"{tolerance:.1e}"
            if isinstance(expected, Complex) and expected.imag and not _is_inf(tolerance):
                shown += " ∠ ±180°"
        except ValueError:
            shown = "???"
        return f"{expected} ± {shown}"

    def __eq__(self, actual):
        array = _as_numpy_array(actual)
        if array is not None:
            return all(self.__eq__(one) for one in array.flat)
        expected = self.expected
        if _is_bool(expected) and not _is_bool(actual):
            return False
        if actual == expected:
            return True
        if _is_bool(expected) or not (_is_number(expected) and _is_number(actual)):
            return False
        if _is_nan(_abs(expected)):
            return self.nan_ok and _is_nan(_abs(actual))
        if _is_inf(_abs(expected)):
            return False
        return _abs(expected - actual) <= self.tolerance

    __hash__ = None

    @property
    def tolerance(self):
        """How far apart two numbers may be: the larger of the absolute and the relative tolerance."""
        absolute = self.DEFAULT_ABSOLUTE_TOLERANCE if self.abs is None else self.abs
        self._check("absolute", absolute)
        if self.rel is None and self.abs is not None:
            return absolute
        relative = (self.DEFAULT_RELATIVE_TOLERANCE if self.rel is None else self.rel) * _abs(self.expected)
        self._check("relative", relative)
        return max(relative, absolute)

    @staticmethod
    def _check(kind, tolerance):
        if _is_nan(tolerance):
            raise ValueError(f"{kind} tolerance can't be NaN.")
        if tolerance < 0:
            raise ValueError(f"{kind} tolerance can't be negative: {tolerance}")


class ApproxDecimal(ApproxScalar):
    """One decimal number."""

    DEFAULT_ABSOLUTE_TOLERANCE = Decimal("1e-12")
    DEFAULT_RELATIVE_TOLERANCE = Decimal("1e-6")

    def __init__(self, expected, rel, abs, nan_ok):
        rel, abs = (Decimal.from_float(one) if isinstance(one, (float, int)) else one for one in (rel, abs))
        super().__init__(expected, rel, abs, nan_ok)


class ApproxTimedelta(Approx):
    """A moment or a span of time."""

    def __init__(self, expected, rel, abs, nan_ok):
        __tracebackhide__ = True
        if isinstance(expected, datetime) and rel is not None:
            raise TypeError(
                "pytest.approx() does not support relative tolerance for datetime comparisons. "
                "Use abs=timedelta(...) instead."
            )
        if nan_ok:
            raise TypeError("pytest.approx() does not support nan_ok for datetime/timedelta comparisons.")
        if abs is None and rel is None:
            raise TypeError(
                "pytest.approx() requires an explicit tolerance for datetime/timedelta comparisons: "
                "e.g. approx(expected, abs=timedelta(seconds=1)) or approx(expected, rel=0.01)"
            )
        self._check_absolute(abs)
        self._check_relative(rel)
        tolerances = [] if abs is None else [abs]
        if rel is not None:
            tolerances.append(rel * _abs(expected))
        super().__init__(expected, rel=rel, abs=max(tolerances), nan_ok=False)

    @staticmethod
    def _check_absolute(tolerance):
        if tolerance is None:
            return
        if not isinstance(tolerance, timedelta):
            raise TypeError(
                "absolute tolerance for datetime/timedelta must be a timedelta, " f"got {type(tolerance).__name__}"
            )
        if tolerance < timedelta(0):
            raise ValueError(f"absolute tolerance can't be negative: {tolerance}")

    @staticmethod
    def _check_relative(tolerance):
        if tolerance is None:
            return
        if not isinstance(tolerance, (int, float)):
            raise TypeError(f"relative tolerance for timedelta must be a number, got {type(tolerance).__name__}")
        if tolerance < 0:
            raise ValueError(f"relative tolerance can't be negative: {tolerance}")
        if math.isnan(tolerance):
            raise ValueError("relative tolerance can't be NaN.")
        if math.isinf(tolerance):
            raise ValueError("relative tolerance can't be infinite.")

    def __repr__(self):
        return f"{self.expected} ± {self.abs}"

    def __eq__(self, actual):
        try:
            return bool(_abs(self.expected - actual) <= self.abs)
        except (TypeError, OverflowError):
            return False

    __hash__ = None

    def _yield_comparisons(self, actual):
        yield actual, self.expected

    def _repr_compare(self, other_side):
        try:
            difference = _abs(self.expected - other_side)
        except (TypeError, OverflowError):
            difference = "N/A"
        return [
            "comparison failed",
            f"Obtained: {other_side}",
            f"Expected: {self.expected} ± {self.abs}",
            f"Absolute difference: {difference}",
            f"Tolerance: {self.abs}",
        ]


# ---- pytest.approx ----


def _contains_decimal(expected):
    if isinstance(expected, Mapping):
        expected = expected.values()
    elif not isinstance(expected, Decimal) and _is_sequence_like(expected):
        expected = getattr(expected, "flat", expected)
    else:
        return isinstance(expected, Decimal)
    return any(isinstance(value, Decimal) for value in expected)


def _warn_on_inexact_decimal_tolerance(expected, rel, abs):
    inexact = [
        (name, value)
        for name, value in (("rel", rel), ("abs", abs))
        if type(value) is float and Decimal.from_float(value) != Decimal(repr(value))
    ]
    if not inexact or not _contains_decimal(expected):
        return
    import warnings

    from _pytest.warning_types import PytestApproxDecimalToleranceWarning

    for name, value in inexact:
        warnings.warn(
            PytestApproxDecimalToleranceWarning(
                f"{name}={value!r} cannot be represented exactly as a Decimal and was widened to "
                f"{Decimal.from_float(value)}.\nPass {name}=Decimal({str(value)!r}) to compare against the tolerance "
                "you wrote."
            ),
            stacklevel=3,
        )


def approx(expected, rel=None, abs=None, nan_ok=False):
    """Assert that two numbers (or two ordered sequences of numbers) are equal to each other within some tolerance."""
    __tracebackhide__ = True
    _warn_on_inexact_decimal_tolerance(expected, rel, abs)
    array = None
    if isinstance(expected, Decimal):
        cls = ApproxDecimal
    elif isinstance(expected, Mapping):
        cls = ApproxMapping
    elif (array := _as_numpy_array(expected)) is not None:
        cls, expected = ApproxNumpy, array
    elif _is_sequence_like(expected):
        cls = ApproxSequenceLike
    elif isinstance(expected, Collection) and not isinstance(expected, (str, bytes)):
        raise TypeError(f"pytest.approx() only supports ordered sequences, but got: {expected!r}")
    elif isinstance(expected, (datetime, timedelta)):
        cls = ApproxTimedelta
    else:
        cls = ApproxScalar
    return cls(expected, rel=rel, abs=abs, nan_ok=nan_ok)
