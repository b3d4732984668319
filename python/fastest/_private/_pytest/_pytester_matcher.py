"""Asking whether lines of output match patterns; what was tried is told when they do not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatch
from io import StringIO

from _pytest._code import Source
from _pytest.outcomes import fail


def _re_match(line, pattern):
    return re.match(pattern, line) is not None


class LineComp:
    """A text stream whose lines can be compared with what is expected of them."""

    def __init__(self):
        self.stringio = StringIO()

    def assert_contains_lines(self, lines2):
        """Fails unless the lines match in this order what was written since the last time."""
        __tracebackhide__ = True
        written = self.stringio.getvalue()
        self.stringio.truncate(0)
        self.stringio.seek(0)
        LineMatcher(written.split("\n")).fnmatch_lines(lines2)


class LineMatcher:
    """The lines of a text, such as a command's output, and assertions about them.

    Made of the lines without their newlines, as str.splitlines() gives them.
    """

    def __init__(self, lines):
        self.lines = lines
        self._log_output = []

    def __str__(self):
        """The text itself."""
        return "\n".join(self.lines)

    def str(self):
        """The text itself, as str() gives it."""
        return self.__str__()

    def _getlines(self, lines2):
        if isinstance(lines2, str):
            lines2 = Source(lines2)
        return lines2.strip().lines if isinstance(lines2, Source) else lines2

    # -- The log of an assertion, which is its message when it fails

    def _log(self, *args):
        self._log_output.append(" ".join(map(str, args)))

    def _log_pair(self, label, value, nickname):
        """A label aligned with the one of the match's kind, and the value's repr."""
        self._log(label.rjust(len(nickname) + 1), repr(value))

    @property
    def _log_text(self):
        return "\n".join(self._log_output)

    def _fail(self, msg):
        __tracebackhide__ = True
        text = self._log_text
        self._log_output = []
        fail(text)

    # -- Lines in any order

    def fnmatch_lines_random(self, lines2):
        """Fails unless each pattern matches some line (fnmatch.fnmatch), in any order."""
        __tracebackhide__ = True
        self._match_lines_random(lines2, fnmatch)

    def re_match_lines_random(self, lines2):
        """Fails unless each pattern matches some line (re.match), in any order."""
        __tracebackhide__ = True
        self._match_lines_random(lines2, _re_match)

    def _match_lines_random(self, lines2, match_func):
        __tracebackhide__ = True
        for pattern in self._getlines(lines2):
            if not any(pattern == line or match_func(line, pattern) for line in self.lines):
                problem = f"line {pattern!r} not found in output"
                self._log(problem)
                self._fail(problem)
            self._log("matched: ", repr(pattern))

    def get_lines_after(self, fnline):
        """The lines after the first one that is, or matches, the given one."""
        for number, line in enumerate(self.lines, 1):
            if line == fnline or fnmatch(line, fnline):
                return self.lines[number:]
        raise ValueError(f"line {fnline!r} not found in output")

    # -- Lines in order

    def fnmatch_lines(self, lines2, *, consecutive=False):
        """Fails unless the patterns match lines in this order (fnmatch.fnmatch).

        :param lines2: The patterns, as a list of strings or as one string with a pattern in each line.
        :param consecutive: Whether no other line may stand between two that match.
        """
        __tracebackhide__ = True
        self._match_lines(lines2, fnmatch, "fnmatch", consecutive=consecutive)

    def re_match_lines(self, lines2, *, consecutive=False):
        """Fails unless the patterns match lines in this order (re.match).

        :param lines2: The patterns, as a list of strings or as one string with a pattern in each line.
        :param consecutive: Whether no other line may stand between two that match.
        """
        __tracebackhide__ = True
        self._match_lines(lines2, _re_match, "re.match", consecutive=consecutive)

    def _match_lines(self, lines2, match_func, match_nickname, *, consecutive=False):
        __tracebackhide__ = True
        if not isinstance(lines2, Sequence):
            raise TypeError(f"invalid type for lines2: {type(lines2).__name__}")
        rest = iter(list(self.lines))
        has_begun = False
        for pattern in self._getlines(lines2):
            is_first_miss = True
            for line in rest:
                if line == pattern:
                    self._log("exact match:", repr(pattern))
                    break
                if match_func(line, pattern):
                    self._log(f"{match_nickname}:", repr(pattern))
                    self._log_pair("with:", line, match_nickname)
                    break
                if consecutive and has_begun:
                    problem = f"no consecutive match: {pattern!r}"
                    self._log(problem)
                    self._log_pair("with:", line, match_nickname)
                    self._fail(problem)
                if is_first_miss:
                    self._log_pair("nomatch:", pattern, match_nickname)
                    is_first_miss = False
                self._log_pair("and:", line, match_nickname)
            else:
                problem = f"remains unmatched: {pattern!r}"
                self._log(problem)
                self._fail(problem)
            has_begun = True
        self._log_output = []

    # -- Lines that must not be there

    def no_fnmatch_line(self, pat):
        """Fails if the pattern matches any line (fnmatch.fnmatch)."""
        __tracebackhide__ = True
        self._no_match_line(pat, fnmatch, "fnmatch")

    def no_re_match_line(self, pat):
        """Fails if the pattern matches any line (re.match)."""
        __tracebackhide__ = True
        self._no_match_line(pat, _re_match, "re.match")

    def _no_match_line(self, pat, match_func, match_nickname):
        __tracebackhide__ = True
        for number, line in enumerate(self.lines):
            if match_func(line, pat):
                problem = f"{match_nickname}: {pat!r}"
                self._log(problem)
                self._log_pair("with:", line, match_nickname)
                self._fail(problem)
            if number == 0:
                self._log_pair("nomatch:", pat, match_nickname)
            self._log_pair("and:", line, match_nickname)
        self._log_output = []


for _class in (LineComp, LineMatcher):
    _class.__module__ = "_pytest.pytester"
