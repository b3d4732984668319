"""The modules that plugins import from: faces of what fastest does in C."""

__all__ = ["__version__", "version_tuple"]

__version__ = "9.2.0"
version_tuple = (9, 2, 0)
