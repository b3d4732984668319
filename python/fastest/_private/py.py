"""Stands in for pylib where that is not installed: `py.path.local` and `py.error`."""

import sys

from _pytest._py import error
from _pytest._py import path

sys.modules["py.error"] = error
sys.modules["py.path"] = path

__all__ = ["error", "path"]
