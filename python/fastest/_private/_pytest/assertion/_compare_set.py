"""Comparing sets: done in C."""

from functools import partial

from ._compare_any import _part
from ._typing import NO_TRUNCATION_BUDGET


def _compare_sets(operator, left, right, highlighter, verbose=0):
    return _part(operator, left, right, highlighter, verbose, "ndiff", NO_TRUNCATION_BUDGET)


_compare_eq_set = partial(_compare_sets, "==")

SET_COMPARISON_FUNCTIONS = {operator: partial(_compare_sets, operator) for operator in ("!=", ">=", "<=", ">", "<")}
