"""Comparing mappings: done in C."""

from ._compare_any import _part
from ._typing import NO_TRUNCATION_BUDGET


def _compare_eq_mapping(left, right, highlighter, verbose=0, truncation_budget=NO_TRUNCATION_BUDGET):
    return _part("mapping", left, right, highlighter, verbose, "ndiff", truncation_budget)
