"""Columns that text takes on a terminal."""

from fastest._fastest import wcswidth
from fastest._fastest import wcwidth


__all__ = ["wcswidth", "wcwidth"]
