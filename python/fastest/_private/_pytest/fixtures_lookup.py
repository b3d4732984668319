"""How a FixtureLookupError is shown."""

from __future__ import annotations

import os

from _pytest._code.code import TerminalRepr


class FixtureLookupErrorRepr(TerminalRepr):
    __module__ = "_pytest.fixtures"

    def __init__(self, filename, firstlineno, tblines, errorstring, argname):
        self.tblines = tblines
        self.errorstring = errorstring
        self.filename = filename
        self.firstlineno = firstlineno
        self.argname = argname

    def toterminal(self, tw):
        for line in self.tblines:
            tw.line(line.rstrip())
        marker = "E"
        for text in self.errorstring.split("\n"):
            tw.line(f"{marker}       {text.strip()}", red=True)
            marker = ">"
        tw.line()
        tw.line(f"{os.fspath(self.filename)}:{self.firstlineno + 1}")
