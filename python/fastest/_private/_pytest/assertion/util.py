"""Explanations of failed assertions: made in C."""

from fastest import _fastest
from fastest._fastest import format_explanation

from ._guards import isattrs
from ._guards import isdatacls
from ._guards import isiterable
from ._guards import ismapping
from ._guards import isnamedtuple
from ._guards import issequence
from ._guards import isset
from ._guards import istext
from .highlight import dummy_highlighter


__all__ = [
    "assertrepr_compare",
    "dummy_highlighter",
    "format_explanation",
    "isattrs",
    "isdatacls",
    "isiterable",
    "ismapping",
    "isnamedtuple",
    "issequence",
    "isset",
    "istext",
]

# Whoever sets this explains comparisons instead of the hooks: called with operator, left, right.
_reprcompare = None
_assertion_pass = None


def _format_lines(lines):
    """Lines of an explanation as they are shown: nested ones indented, and behind words that connect them."""
    return format_explanation("\n".join(lines)).split("\n") if lines[1:] else list(lines)


def __getattr__(name):
    if name == "_config":
        item = _fastest._asserting_item()
        return None if item is None else item.config
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def assertrepr_compare(
    op, left, right, *, verbose, highlighter, assertion_text_diff_style, truncation_budget=None
):
    """Yields the lines that explain `left op right`: none when there is nothing special to say."""
    max_lines = truncation_budget.max_lines if truncation_budget else 0
    max_chars = truncation_budget.max_chars if truncation_budget else 0
    if highlighter is dummy_highlighter:
        highlighter = None
    return iter(
        _fastest.compare_values(
            op, left, right, verbose, highlighter, assertion_text_diff_style, max_lines, max_chars
        )
    )
