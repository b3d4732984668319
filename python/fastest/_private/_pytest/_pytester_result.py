"""What a run gave: its exit code, its output, and the counts that it says at its end."""

from __future__ import annotations

import re

from _pytest._pytester_matcher import LineMatcher
from _pytest.config import ExitCode

# The duration at the end of the summary: "74.34s". The counts before it: "34 passed, 111 skipped".
rex_session_duration = re.compile(r"\d+\.\d\ds")
rex_outcome = re.compile(r"(\d+) (\w+)")

_PLURALS = {"warning": "warnings", "error": "errors"}

_NO_SUMMARY = (
    "Pytest terminal summary report not found. "
    "Plugins that modify pytest's terminal output can break outcome parsing. "
    "Disable the plugin for the test run, for example with `-p no:<plugin>`, "
    "or disable plugin autoloading with `PYTEST_DISABLE_PLUGIN_AUTOLOAD=1`."
)


def exit_code(status):
    """The ExitCode of a status that has one, else the status."""
    try:
        return ExitCode(status)
    except ValueError:
        return status


class RunResult:
    """The result of running a command from :class:`~pytest.Pytester`.

    `ret` is its exit code, `outlines` and `errlines` are the lines of stdout and stderr, `stdout` and `stderr` the
    :class:`~pytest.LineMatcher` objects over them, and `duration` the seconds it took.
    """

    def __init__(self, ret, outlines, errlines, duration):
        self.ret = exit_code(ret)
        self.outlines = outlines
        self.errlines = errlines
        self.stdout = LineMatcher(outlines)
        self.stderr = LineMatcher(errlines)
        self.duration = duration

    def __repr__(self):
        counts = f"len(stdout.lines)={len(self.stdout.lines)} len(stderr.lines)={len(self.stderr.lines)}"
        return f"<RunResult ret={self.ret!s} {counts} duration={self.duration:.2f}s>"

    def parseoutcomes(self):
        """The counts of the terminal summary: {"failed": 1, "warnings": 2}; the nouns are always plurals."""
        return self.parse_summary_nouns(self.outlines)

    @classmethod
    def parse_summary_nouns(cls, lines):
        """The counts of the last line that looks like a summary: {"failed": 1, "warnings": 2}."""
        for line in reversed(lines):
            if rex_session_duration.search(line):
                return {_PLURALS.get(noun, noun): int(count) for count, noun in rex_outcome.findall(line)}
        raise ValueError(_NO_SUMMARY)

    def assert_outcomes(
        self, passed=0, skipped=0, failed=0, errors=0, xpassed=0, xfailed=0, warnings=None, deselected=None
    ):
        """Fails unless the terminal summary has these counts; of warnings and deselected tests if they are given."""
        __tracebackhide__ = True
        from _pytest.pytester_assertions import assert_outcomes

        assert_outcomes(
            self.parseoutcomes(),
            passed=passed,
            skipped=skipped,
            failed=failed,
            errors=errors,
            xpassed=xpassed,
            xfailed=xfailed,
            warnings=warnings,
            deselected=deselected,
        )


RunResult.__module__ = "_pytest.pytester"
