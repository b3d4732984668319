"""Comparing any two values: done in C."""

from fastest._fastest import compare_part

from ._typing import NO_TRUNCATION_BUDGET
from .highlight import dummy_highlighter


def _part(what, left, right, highlighter, verbose, style, budget):
    """Yields what one kind of comparison says, without a summary."""
    if highlighter is dummy_highlighter:
        highlighter = None
    yield from compare_part(what, left, right, verbose, highlighter, style, budget.max_lines, budget.max_chars)


def _compare_eq_any(
    left, right, highlighter, verbose, assertion_text_diff_style, truncation_budget=NO_TRUNCATION_BUDGET
):
    return _part("any", left, right, highlighter, verbose, assertion_text_diff_style, truncation_budget)


def _compare_eq_cls(left, right, highlighter, verbose, assertion_text_diff_style):
    return _part("instance", left, right, highlighter, verbose, assertion_text_diff_style, NO_TRUNCATION_BUDGET)
