"""Comparing strings: done in C."""

from ._compare_any import _part
from ._typing import NO_TRUNCATION_BUDGET
from .highlight import dummy_highlighter

__all__ = ["dummy_highlighter"]


def _compare_eq_text(
    left, right, highlighter, verbose, assertion_text_diff_style, truncation_budget=NO_TRUNCATION_BUDGET
):
    return _part("text", left, right, highlighter, verbose, assertion_text_diff_style, truncation_budget)


def _diff_text(left, right, highlighter, verbose=0, truncation_budget=NO_TRUNCATION_BUDGET):
    return _part("text", left, right, highlighter, verbose, "ndiff", truncation_budget)


def _notin_text(term, text, verbose=0, truncation_budget=NO_TRUNCATION_BUDGET):
    return _part("not in", term, text, None, verbose, "ndiff", truncation_budget)
