"""Writing to terminals, and representations of objects that cannot fail."""

from fastest._fastest import TerminalWriter
from fastest._fastest import get_terminal_width


__all__ = ["TerminalWriter", "get_terminal_width"]
