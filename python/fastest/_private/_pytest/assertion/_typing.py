"""Limits on explanations."""

from dataclasses import dataclass
from typing import ClassVar
from typing import Literal


_AssertionTextDiffStyle = Literal["ndiff", "block"]


@dataclass(frozen=True, kw_only=True)
class TruncationBudget:
    """How much of an explanation is worth making; 0 is no limit."""

    DEFAULT_MAX_LINES: ClassVar[int] = 8
    DEFAULT_MAX_CHARS: ClassVar[int] = 8 * 80

    max_lines: int = DEFAULT_MAX_LINES
    max_chars: int = DEFAULT_MAX_CHARS


NO_TRUNCATION_BUDGET = TruncationBudget(max_lines=0, max_chars=0)
