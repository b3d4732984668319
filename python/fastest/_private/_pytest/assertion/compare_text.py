"""Comparing strings: done in C."""

from .highlight import dummy_highlighter


__all__ = ["dummy_highlighter"]
