"""Type-safe storage for plugins; it lives in C."""

from fastest._fastest import Stash
from fastest._fastest import StashKey

__all__ = ["Stash", "StashKey"]
