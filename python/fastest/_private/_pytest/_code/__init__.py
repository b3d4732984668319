"""Python inspection: code, frames, tracebacks, exceptions."""

from fastest._fastest import Code
from fastest._fastest import ExceptionInfo
from fastest._fastest import Frame
from fastest._fastest import Traceback
from fastest._fastest import TracebackEntry

from .code import filter_traceback
from .code import getfslineno
from .source import Source
from .source import getrawcode

__all__ = [
    "Code",
    "ExceptionInfo",
    "Frame",
    "Source",
    "Traceback",
    "TracebackEntry",
    "filter_traceback",
    "getfslineno",
    "getrawcode",
]
