"""Comparing sequences: done in C."""

from ._compare_any import _part
from ._typing import NO_TRUNCATION_BUDGET


def _compare_eq_sequence(left, right, highlighter, verbose=0):
    return _part("sequence", left, right, highlighter, verbose, "ndiff", NO_TRUNCATION_BUDGET)


def _compare_eq_iterable(left, right, highlighter, verbose=0, truncation_budget=NO_TRUNCATION_BUDGET):
    return _part("iterable", left, right, highlighter, verbose, "ndiff", truncation_budget)
