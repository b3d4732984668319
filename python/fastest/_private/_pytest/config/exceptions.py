"""Exceptions of the command line and of configuration files."""

from fastest._fastest import UsageError


class PrintHelp(Exception):
    """--help was given: the rest of the command line does not matter."""


__all__ = ["PrintHelp", "UsageError"]
